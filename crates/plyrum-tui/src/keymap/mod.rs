//! Keys to actions. One table makes the bindings, the help, the manual page and the documentation.

mod action;

pub use action::{Action, Context};
