//! Untrusted text as safe, styled lines.
//!
//! Everything that a model, a tool, a file name or an error says passes through here on its way to a terminal: the one
//! sanitiser ([`clean`], [`Sanitizer`]), the exact form for approvals ([`escaped`]), and what makes text pleasant to read:
//! markdown, highlighted code, diffs, wrapping by what a terminal shows. Lines carry a [`Tone`] (a role, not a colour).
//!
//! Knows no terminal, no theme, no file.

mod blocks;
mod code;
mod diff;
mod line;
mod lines;
mod markdown;
mod sanitize;
mod stream;
mod visible;
mod width;
mod wrap;

pub use blocks::{CodeBlock, code_blocks};
pub use code::{code, warm};
pub use diff::{diff, diff_exact};
pub use line::{Emphasis, Line, Span, Tone};
pub use lines::Lines;
pub use sanitize::{Sanitizer, cell, clean};
pub use stream::{Streaming, markdown};
pub use visible::escaped;
pub use width::{fit, pad, width};
pub use wrap::{exact, plain, wrap};
