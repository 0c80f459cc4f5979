//! What needs a terminal. So far a question with a few answers ([`Choosing`]), which `plyrum ask` puts to its user; the
//! whole screen comes here too.

mod choosing;

pub use choosing::{Choosing, Chosen, is_possible, line};
