//! The redactor: known secrets first, then shapes, over the result of the first.
//!
//! Two passes in sequence rather than one merged scan: known secrets are then gone whatever the shapes
//! make of the text around them, and a composition of two split-invariant passes is split-invariant.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::encode;
use crate::known::Known;
use crate::marker::{self, KNOWN, Marker};
use crate::rules::{self, Strength};
use crate::{RedactStream, SECRET_MIN_BYTES, Secret};

/// Total bytes of known secrets, after which further ones are ignored (and listed).
const KNOWN_TOTAL_MAX_BYTES: usize = 256 * 1024;

/// Removes secrets from text. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Redactor {
    pub(crate) inner: Arc<Inner>,
    strength: Strength,
}

pub(crate) struct Inner {
    pub(crate) known: Known,
    pub(crate) marker: Marker,
    ignored: Vec<String>,
}

impl Redactor {
    /// A redactor with this installation's key for fingerprints and the secrets the daemon holds, each
    /// with the name to list it under if it must be ignored (see [`Redactor::ignored`]).
    ///
    /// Secrets are searched without the white space around them.
    pub fn new(install_key: [u8; 32], secrets: impl IntoIterator<Item = (String, Secret)>) -> Self {
        let marker = Marker::new(install_key);
        let mut forms = BTreeMap::new();
        let mut ignored = Vec::new();
        let mut total = 0;
        for (name, secret) in secrets {
            let text = secret.expose().trim();
            total += text.len();
            if text.len() < SECRET_MIN_BYTES
                || total > KNOWN_TOTAL_MAX_BYTES
                || marker::is_marker_word(text, rules::names())
            {
                ignored.push(name);
                continue;
            }
            let replacement = marker.of(KNOWN, text.as_bytes());
            for form in encode::variants(text) {
                forms.entry(form).or_insert_with(|| replacement.clone());
            }
        }
        let inner = Inner { known: Known::new(forms), marker, ignored };
        Self { inner: Arc::new(inner), strength: Strength::Screen }
    }

    /// The same redactor for records that nobody reads while they are written (audit, logs): it also takes
    /// what stands behind a secret's name, such as `password = …` or `токен: …`, if it looks like a secret.
    /// That guess is wrong more often than a shape, so it is not for a live screen.
    #[must_use]
    pub fn for_records(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), strength: Strength::Records }
    }

    /// The kinds of secret that are known by their shape, as they are named in markers.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        rules::kinds().into_iter()
    }

    /// Names of the secrets that are **not** searched for: shorter than [`SECRET_MIN_BYTES`], a word of
    /// the markers themselves (`redacted`), or beyond 256 KiB in total. Tell the user.
    pub fn ignored(&self) -> &[String] {
        &self.inner.ignored
    }

    /// `text` without its secrets; borrowed if there were none.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.redact_known(text);
        match self.strength.redact(&known, &self.inner.marker) {
            Some(shaped) => Cow::Owned(shaped),
            None => known,
        }
    }

    /// A stream whose output, put together, is [`Redactor::redact`] of its whole input.
    pub fn stream(&self) -> RedactStream {
        RedactStream::new(Arc::clone(&self.inner), self.strength)
    }

    fn redact_known<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.inner.known.is_match(text) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        self.inner.known.advance(text, &mut 0, true, &mut out);
        Cow::Owned(out)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("strength", &self.strength)
            .field("known_forms", &self.inner.known.len())
            .field("ignored", &self.inner.ignored)
            .finish_non_exhaustive()
    }
}
