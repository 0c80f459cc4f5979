//! What people read, in their language.
//!
//! Messages are Fluent catalogues (`locales/en`, `locales/ru`); money, counts and times follow the language's conventions.
//! JSON keys, codes and the words of the command line are English everywhere and do not come from here.

pub mod money;
mod words;

pub use money::Lang;
pub use words::{Value, Words};
