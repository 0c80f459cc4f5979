//! Where the screen's figures come from: the crates that own them, behind the traits of `plyrum-tui`.

mod usage;

pub(crate) use usage::Usage;
