//! Secrets that cannot print themselves, and the streaming redactor.
//!
//! Everything that leaves the daemon's memory (frames, logs, transcripts, audit, `SQLite`) passes
//! through one [`Redactor`]. It removes two kinds of text, in this order:
//!
//! 1. **Known secrets** ([`Secret`]s the daemon holds), wherever they stand, raw or in an encoding that
//!    a log or a request would give them. Nothing of a known secret survives.
//! 2. **Shapes** of other people's secrets: several hundred kinds of provider key ([`Redactor::kinds`]),
//!    JSON Web Tokens, PEM private keys, `Authorization` values, passwords in URLs and connection strings.
//!
//! For audit and logs, which nobody reads while they are written, [`Redactor::for_records`] also takes what
//! stands behind a secret's name and looks like one: `DB_PASSWORD=…`, `токен: …`.
//!
//! All become `«redacted:rule:hmac8»`, where `hmac8` is a keyed fingerprint: the same secret is
//! recognisable in two places of one installation, and guessable in none.
//!
//! **One definition.** Redaction of a text is a left-to-right scan; [`RedactStream`] runs the same scan
//! and decides about a byte only when no further input can change the decision. So for every way to cut
//! a text into chunks the stream's output is [`Redactor::redact`] of the whole. It holds back from the
//! first byte that can still begin a match and never more than [`HOLD_BACK_MAX`] bytes; text without such
//! a byte flows through at once. Redacting redacted text changes nothing.
//!
//! This crate knows nothing of files, JSON schemas, providers or sessions.

mod encode;
mod filter;
mod json;
mod known;
mod marker;
mod redactor;
mod rules;
mod secret;
mod stream;

pub use redactor::Redactor;
pub use secret::Secret;
pub use stream::{HOLD_BACK_MAX, RedactStream};

/// Bytes below which a known secret is ignored (see [`Redactor::ignored`]): shorter ones would hit prose.
pub const SECRET_MIN_BYTES: usize = 6;
