//! What people read, in their language.
//!
//! Messages are Fluent catalogues (`locales/en`, `locales/ru`); money, counts and times follow the language's conventions.
//! JSON keys, codes and the words of the command line are English everywhere and do not come from here.

mod catalogue;
mod lang;
mod measure;
pub mod money;
mod value;
mod words;

pub use lang::Lang;
pub use measure::Civil;
pub use value::Value;
pub use words::Words;
