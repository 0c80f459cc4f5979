//! What needs a terminal: the whole screen, and a question with a few answers ([`Choosing`]), which `plyrum ask` puts to
//! its user.

pub mod action;
mod choosing;
pub mod composer;
pub mod keymap;
pub mod run;
pub mod screen;
#[cfg(test)]
mod snapshot;
pub mod theme;

pub use choosing::{Choosing, Chosen, is_possible, line};
