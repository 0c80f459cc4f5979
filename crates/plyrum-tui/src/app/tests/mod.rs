//! The screen as a whole, without a terminal.

mod keys;
mod on_the_way;
mod pictures;
mod random;
mod stage;
