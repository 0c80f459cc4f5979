//! Every message leaves through here: named after its provider, masked, on one line, bounded. Providers do
//! quote keys back ("Incorrect API key provided: sk-…"), proxies quote headers, and some send a whole traceback.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, OnceLock, PoisonError};

use plyrum_redact::{Redactor, Secret};
use reqwest::Url;

use crate::cassette::Masks;
use crate::{Close, Endpoint, ProviderError, StreamEvent};

/// Lent tokens that are remembered: those that may still be good, and a few before.
const MAX_LENT: usize = 4;
/// Bytes of a message, before the name and after masking.
const MAX_MESSAGE: usize = 4 * 1024;

#[derive(Debug)]
pub(super) struct Mask {
    name: String,
    secrets: Vec<(String, Secret)>,
    /// Tokens that were lent since, the newest last.
    lent: Mutex<VecDeque<Secret>>,
    /// Made with the first failure: most providers never have one.
    redactor: OnceLock<Redactor>,
}

impl Mask {
    /// Takes the endpoint whole: after this nobody else holds its secrets but the headers that carry them.
    pub(super) fn new(endpoint: Endpoint) -> Self {
        let mut secrets: Vec<(String, Secret)> =
            endpoint.key.into_iter().map(|key| ("api_key".to_owned(), key)).collect();
        for (name, value) in &endpoint.headers {
            secrets.push((name.clone(), Secret::from(value.as_str())));
            // `Api-Key …` and the like: the key alone may be quoted, too.
            secrets.extend(value.split_once(' ').map(|(_, key)| (name.clone(), Secret::from(key))));
        }
        let proxy = endpoint.proxy.as_deref().and_then(|proxy| Url::parse(proxy).ok());
        secrets.extend(
            proxy.iter().filter_map(Url::password).map(|word| ("proxy".to_owned(), Secret::from(word))),
        );
        Self { name: endpoint.name, secrets, lent: Mutex::default(), redactor: OnceLock::new() }
    }

    /// A token that was lent is as secret as the key that it was lent for.
    pub(super) fn also(&self, token: Secret) {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        lent.push_back(token);
        if lent.len() > MAX_LENT {
            lent.pop_front();
        }
    }

    /// Masks what an event says about a failure; text of the answer is not touched here.
    pub(super) fn event(&self, event: StreamEvent) -> StreamEvent {
        match event {
            StreamEvent::Closed(Close::Failed(error)) => {
                StreamEvent::Closed(Close::Failed(self.error(error)))
            }
            StreamEvent::Closed(Close::Cut { why }) => {
                StreamEvent::Closed(Close::Cut { why: self.message(&why) })
            }
            other => other,
        }
    }

    fn own(&self) -> &Redactor {
        let all = || Redactor::new(fingerprint_key(), self.secrets.iter().cloned()).for_records();
        self.redactor.get_or_init(all)
    }

    /// Who knows the tokens that were lent, if there are any.
    fn of_lent(&self) -> Option<Redactor> {
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let tokens = lent.into_iter().map(|token| ("token".to_owned(), token));
        Some(tokens)
            .filter(|tokens| tokens.len() > 0)
            .map(|tokens| Redactor::new(fingerprint_key(), tokens).for_records())
    }

    pub(super) fn error(&self, mut error: ProviderError) -> ProviderError {
        error.message = self.message(&error.message);
        error
    }

    fn message(&self, text: &str) -> String {
        let masked = self.own().redact(text);
        let masked = match self.of_lent() {
            None => masked,
            Some(redactor) => redactor.redact(&masked).into_owned().into(),
        };
        // Folded only now: a key of several lines is told by its lines.
        let line = masked.split_whitespace().collect::<Vec<_>>().join(" ");
        let (shown, rest) = line.split_at(line.floor_char_boundary(MAX_MESSAGE));
        let more = if rest.is_empty() { "" } else { "…" };
        format!("provider `{}`: {shown}{more}", self.name)
    }
}

impl Masks for Mask {
    fn redactors(&self) -> Vec<Redactor> {
        std::iter::once(self.own().clone()).chain(self.of_lent()).collect()
    }
}

/// A random key: a fingerprint in a provider's message needs to match nothing but itself.
fn fingerprint_key() -> [u8; 32] {
    let mut key = [0; 32];
    for part in key.chunks_exact_mut(8) {
        part.copy_from_slice(&RandomState::new().build_hasher().finish().to_le_bytes());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wire;

    fn mask(key: &str) -> Mask {
        let key = Some(Secret::from(key));
        Mask::new(Endpoint { key, ..Endpoint::new("lab", Wire::OpenAiChat, "") })
    }

    #[test]
    fn a_message_is_one_line() {
        let text = "status 400: Traceback\n  File \"a.py\",\tline 1\r\n\n   ValueError ";
        assert_eq!(
            mask("k").message(text),
            "provider `lab`: status 400: Traceback File \"a.py\", line 1 ValueError"
        );
    }

    #[test]
    fn a_key_with_blanks_is_masked_before_the_blanks_are_folded() {
        let told = mask("top  secret\tword").message("you sent `top  secret\tword`");
        assert!(told.contains("redacted") && !told.contains("secret"), "{told}");
    }

    #[test]
    fn what_a_server_names_as_a_secret_is_masked_whoever_issued_it() {
        let told = mask("k").message("proxy: login failed: user=app, password=hunter22");
        assert!(told.contains("password=«redacted:") && !told.contains("hunter22"), "{told}");
    }

    #[test]
    fn a_long_message_is_bounded() {
        let told = mask("k").message(&"Ж ".repeat(10_000));
        assert!(told.len() < MAX_MESSAGE + 40 && told.ends_with('…'));
    }
}
