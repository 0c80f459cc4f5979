//! What people read, in their language.
//!
//! Messages are Fluent catalogues (`locales/en`, `locales/ru`); money, counts and times follow the language's conventions.
//! The help of the command line is English in the code and Russian in a [`Phrasebook`].
//! Sentences that other crates compose are told by [`Words::told`]: their English text is the key of its translation.
//! JSON keys, codes and the words of the command line are English everywhere and do not come from here.

mod catalogue;
mod lang;
mod measure;
pub mod money;
mod phrasebook;
mod told;
mod value;
mod words;

pub use lang::Lang;
pub use measure::Civil;
pub use phrasebook::Phrasebook;
pub use value::Value;
pub use words::Words;
