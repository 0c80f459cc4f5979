//! A wrapper that makes printing a secret a deliberate act.
//!
//! It implements neither `Serialize` nor a revealing `Debug`, so a secret inside a larger structure
//! cannot reach a log by accident: the only way out is [`Secret::expose`], which is easy to search for.

use std::fmt;

/// A value that prints as `«secret»`. Read it with [`Secret::expose`], as late as possible.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret<T = String>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Each call site is a place where the secret may leak: keep them few.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("«secret»")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("«secret»")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_inside_a_structure_does_not_print() {
        #[derive(Debug)]
        struct Endpoint {
            #[expect(dead_code, reason = "read by Debug")]
            key: Option<Secret>,
        }
        let shown = format!("{:?} {:#?}", Endpoint { key: Some("hunter22".into()) }, Secret::new(7_u64));
        assert!(!shown.contains("hunter22") && !shown.contains('7'), "{shown}");
        assert_eq!(Secret::new("hunter22").to_string(), "«secret»");
        assert_eq!(*Secret::new("hunter22").expose(), "hunter22");
    }
}
