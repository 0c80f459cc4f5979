//! The form of an answer: a JSON Schema, and whether a text is JSON that fits it.
//!
//! The validator behind this is hidden here, and kept to what is safe to be told by others: it loads nothing (a
//! reference stays within its schema), patterns run in linear time, and how deep it can go is bounded by
//! [`Form::new`]. How long it takes is not: a schema that offers itself twice, in an `anyOf` over and over again, is
//! tried in every combination. Whoever checks what he did not write himself gives that a time of his own.

mod depth;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use std::fmt::Write as _;

/// Bytes of a schema as compact JSON.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1024;
/// Room on the stack for the deepest check that [`Form::new`] lets through, in an unoptimised build.
const STACK_BYTES: usize = 64 << 20;
/// Errors that are told of one answer, and bytes of each and of where it is.
const MAX_ERRORS: usize = 8;
const MAX_ERROR_BYTES: usize = 240;

/// Why a JSON value is no schema to check against.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoForm {
    /// It is too large.
    #[error("a schema may have {MAX_SCHEMA_BYTES} bytes, this one has {0}")]
    TooLarge(usize),
    /// It is not JSON at all.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// A reference leaves the schema.
    #[error("`$ref` to {0}: only references within the schema, like #/$defs/name, are followed")]
    Outside(String),
    /// References lead back to themselves, or further than anybody reads.
    #[error(
        "its references lead in a circle or through more than {} schemas without reading a part of the answer",
        depth::MAX_DEPTH
    )]
    TooDeep,
    /// The validator refuses it.
    #[error("it is no JSON Schema: {0}")]
    Invalid(String),
    /// There was no thread to look at it with.
    #[error("there are not the means to look at it now")]
    NotRead,
}

/// A text that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fits {
    /// The JSON text as it was written, without a code fence around it.
    pub text: String,
    /// The value.
    pub value: Value,
}

/// A schema to check answers against.
#[derive(Debug)]
pub struct Form(Validator);

impl Form {
    /// Reads a schema from its text.
    pub fn parse(text: &str) -> Result<Value, NoForm> {
        let schema: Value = serde_json::from_str(text).map_err(|e| NoForm::NotJson(e.to_string()))?;
        Self::new(&schema)?;
        Ok(schema)
    }

    /// The form of a schema, if it is one that can be checked safely.
    pub fn new(schema: &Value) -> Result<Self, NoForm> {
        let bytes = schema.to_string().len();
        if bytes > MAX_SCHEMA_BYTES {
            return Err(NoForm::TooLarge(bytes));
        }
        depth::check(schema)?;
        let built = with_room(|| {
            let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
            options.build(schema).map(Self).map_err(|e| NoForm::Invalid(told(&e)))
        });
        built.unwrap_or(Err(NoForm::NotRead))
    }

    /// Whether a text is JSON that fits, with its value; else why not, in a few lines that are bounded.
    pub fn check(&self, text: &str) -> Result<Fits, String> {
        let text = unfenced(text);
        let value: Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON alone: {e}"))?;
        match with_room(|| self.misfit(&value)) {
            Some(None) => Ok(Fits { text: text.to_owned(), value }),
            Some(Some(why)) => Err(why),
            None => Err("there are not the means to check it now".to_owned()),
        }
    }

    fn misfit(&self, value: &Value) -> Option<String> {
        if self.0.is_valid(value) {
            return None; // of the two ways to ask the quick one, which remembers what it has tried
        }
        let errors: Vec<String> = self.0.iter_errors(value).take(MAX_ERRORS).map(|e| told(&e)).collect();
        Some(errors.join("; "))
    }
}

/// An error with its place, neither of which is longer than people read.
fn told(error: &jsonschema::ValidationError<'_>) -> String {
    let mut place = Short::default();
    let mut what = Short::default();
    let _full = write!(place, "{}", error.instance_path());
    let _full = write!(what, "{error}");
    if place.0.is_empty() { what.0 } else { format!("at its place {}: {}", place.0, what.0) }
}

/// Takes the first bytes of what is written: an error quotes the value that it is about, whatever its size.
#[derive(Default)]
struct Short(String);

impl std::fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = MAX_ERROR_BYTES.saturating_sub(self.0.len());
        let (kept, rest) = text.split_at(text.floor_char_boundary(room));
        self.0.push_str(kept);
        if rest.is_empty() {
            return Ok(());
        }
        self.0.push('…');
        Err(std::fmt::Error) // nothing of the rest is looked at
    }
}

/// The text inside the one code fence around it; the text itself where there is none.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inside = || {
        let rest = text.strip_prefix("```")?.strip_suffix("```")?;
        let (word, body) = rest.split_once('\n')?;
        let is_a_word = word.trim().chars().all(|c| c.is_ascii_alphanumeric());
        (is_a_word && !body.contains("\n```")).then(|| body.trim())
    };
    inside().unwrap_or(text)
}

/// Does the work where the stack is large enough for it, whoever asks. None where no thread can be had for it, or where
/// it failed in a way that nobody foresaw: that must not take its caller along.
fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("schema".to_owned()).stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

#[cfg(test)]
mod tests;
