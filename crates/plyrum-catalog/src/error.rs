//! What is wrong with the configuration, and where in its text.

use std::ops::Range;

use toml::Spanned;

/// One mistake in the sections that this crate owns. The message never holds a key's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    /// Bytes of the file's text that the message is about; `None` where it is about something absent.
    pub span: Option<Range<usize>>,
    /// What is wrong, with whose input, and what to write instead.
    pub message: String,
}

impl CatalogError {
    pub(crate) fn at<T>(place: &Spanned<T>, message: impl Into<String>) -> Self {
        Self { span: Some(place.span()), message: message.into() }
    }
}

/// Collects mistakes, so that a user sees all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<CatalogError>);

impl Problems {
    /// Notes a mistake at `place`.
    pub(crate) fn at<T>(&mut self, place: &Spanned<T>, message: impl Into<String>) {
        self.0.push(CatalogError::at(place, message));
    }

    /// Notes a mistake that is at no single place.
    pub(crate) fn somewhere(&mut self, message: impl Into<String>) {
        self.0.push(CatalogError { span: None, message: message.into() });
    }

    /// Passes a good value on, and notes a mistake.
    pub(crate) fn keep<T>(&mut self, result: Result<T, CatalogError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    /// `value` if nothing was noted.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Vec<CatalogError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}
