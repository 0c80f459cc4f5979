//! The screen as a whole, without a terminal.

mod keys;
mod pictures;
mod random;
mod stage;
