//! Where files are, how layers merge, and errors with file, line and nearest key.
//!
//! Every process of Plyrum starts here: it must find the same socket, ledger and
//! configuration from every terminal, cron job and ssh session ([`Paths`]), must refuse a
//! home that somebody else could change ([`Paths::prepare`], [`Paths::check`]), and must
//! say exactly which line of which file is wrong ([`Diagnostic`]).
//!
//! This crate finds, bounds, layers, replaces and reports text. It must not know what a section
//! means (each domain parses its own), nor the network, nor the terminal.

mod diagnostic;
mod error;
mod flatten;
mod home;
mod literal;
mod locate;
mod nearest;
mod paths;
mod project;
mod replace;
mod secrecy;
mod source;

pub use diagnostic::Diagnostic;
pub use error::{ConfigError, Failure, Refusal};
pub use flatten::{Entry, Layer, flatten};
pub use nearest::nearest;
pub use paths::Paths;
pub use project::{project_files, project_paths};
pub use replace::replace_file;
pub use source::{FileStamp, MAX_CONFIG_BYTES, SourceFile, read_bounded, user_file};

/// What is printed in the place of a value that could be a secret.
pub const HIDDEN: &str = "«hidden»";
