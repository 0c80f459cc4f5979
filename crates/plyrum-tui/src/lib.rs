//! What needs a terminal: the whole screen, and a question with a few answers ([`Choosing`]), which `plyrum ask` puts to
//! its user.

pub mod action;
pub mod app;
mod approvals;
mod choosing;
pub mod composer;
pub mod conversation;
pub mod keymap;
mod lifecycle;
mod paint;
pub mod run;
pub mod runtime;
pub mod screen;
#[cfg(test)]
mod snapshot;
pub mod theme;
pub mod transcript;
pub mod view;

pub use choosing::{Choosing, Chosen, is_possible, line};
