//! Tokens that a provider lends for a time: the key itself is shown to one address only, and requests carry what that gives.
//!
//! One exchange at a time: whoever needs a token while one is on its way waits for it. A token is used for four fifths of its
//! life. One that failed is not remembered: the next request asks again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, UNIX_EPOCH};

use plyrum_redact::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::mask::Mask;
use super::{Clock, error_body, failure, redirected, retry_after};
use crate::wire::Format;
use crate::{ErrorClass, Limit, ProviderError, Timeouts};

/// How long a token is lent where that is not told, or told as nonsense.
const USUAL_LIFE: Duration = Duration::from_mins(30);
/// No token lives longer, whatever is told.
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// Bytes of an answer with a token.
const MAX_BODY: usize = 64 * 1024;

/// Gets tokens, and keeps the last one.
pub(super) struct Tokens {
    url: Url,
    /// The key, as the header has it.
    key: HeaderValue,
    /// The form that is sent, encoded.
    form: String,
    kept: Mutex<Option<Token>>,
}

struct Token {
    bearer: HeaderValue,
    /// When a new one is got.
    stale: Instant,
}

/// The answer, in either of its forms.
#[derive(Deserialize)]
struct Lent {
    #[serde(alias = "tok")]
    access_token: String,
    /// Milliseconds since 1970.
    #[serde(default)]
    expires_at: Option<u64>,
    /// Seconds since 1970.
    #[serde(default)]
    exp: Option<u64>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn new(url: Url, key: HeaderValue, scope: &str) -> Self {
        let form = form(&[("scope", scope)]);
        Self { url, key, form, kept: Mutex::new(None) }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The header of a request, with a token that is good for a while.
    pub(super) async fn bearer(
        &self,
        client: &Client,
        timeouts: &Timeouts,
        format: &dyn Format,
        mask: &Mask,
        clock: Option<Clock>,
    ) -> Result<HeaderValue, ProviderError> {
        let mut kept = self.kept.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.stale) {
            return Ok(token.bearer.clone());
        }
        *kept = None;
        let lent = self.exchange(client, timeouts, format, clock).await.map_err(|error| ProviderError {
            message: format!("no token was lent: {}", error.message),
            ..error
        })?;
        mask.also(Secret::from(lent.access_token.as_str()));
        let unusable = || ProviderError::new(ErrorClass::Protocol, "the token that was lent fits no header");
        let mut bearer =
            HeaderValue::try_from(format!("Bearer {}", lent.access_token)).map_err(|_| unusable())?;
        bearer.set_sensitive(true);
        let stale = Instant::now() + lent.life(clock) / 5 * 4;
        *kept = Some(Token { bearer: bearer.clone(), stale });
        Ok(bearer)
    }

    /// A token that was refused is not used again.
    pub(super) async fn refused(&self, bearer: &HeaderValue) {
        self.kept.lock().await.take_if(|token| token.bearer == *bearer);
    }

    async fn exchange(
        &self,
        client: &Client,
        timeouts: &Timeouts,
        format: &dyn Format,
        clock: Option<Clock>,
    ) -> Result<Lent, ProviderError> {
        let request = client
            .post(self.url.clone())
            .header(AUTHORIZATION, self.key.clone())
            .header("RqUID", uuid())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(self.form.clone());
        let answer = async {
            let response = request.send().await.map_err(|error| failure::of_sending(&error, timeouts))?;
            let status = response.status();
            if status.is_redirection() {
                return Err(redirected(status.as_u16(), response.headers()));
            }
            if !status.is_success() {
                let retry_after_ms = retry_after::milliseconds(response.headers(), clock);
                let body = error_body(response).await;
                return Err(ProviderError { retry_after_ms, ..format.refusal(status.as_u16(), &body) });
            }
            let body = token_body(response).await?;
            serde_json::from_slice::<Lent>(&body)
                .ok()
                .filter(|lent| !lent.access_token.is_empty())
                .ok_or_else(|| ProviderError::new(ErrorClass::Protocol, "the answer of 200 holds no token"))
        };
        timeout(timeouts.headers, answer).await.map_err(|_| Limit::Headers.error(timeouts))?
    }
}

/// The body of a success. One that breaks off is a connection that broke, before any output: it may be tried again.
async fn token_body(mut response: Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => return Ok(body),
            Err(error) => return Err(failure::broken_off(&error)),
        }
        if body.len() > MAX_BODY {
            return Err(ProviderError::new(ErrorClass::Protocol, "the answer with the token is over 64 KiB"));
        }
    }
}

impl Lent {
    /// How long it is good for, by the server's word where that makes sense.
    fn life(&self, clock: Option<Clock>) -> Duration {
        let until = self.expires_at.or_else(|| self.exp?.checked_mul(1000)).map(Duration::from_millis);
        let now = clock.and_then(|clock| clock().duration_since(UNIX_EPOCH).ok());
        let life = until.zip(now).and_then(|(until, now)| until.checked_sub(now));
        life.filter(|life| !life.is_zero() && *life <= LONGEST_LIFE).unwrap_or(USUAL_LIFE)
    }
}

/// Names and values as a form has them (WHATWG URL, application/x-www-form-urlencoded).
fn form(fields: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://form/").map(|mut url| {
        url.query_pairs_mut().extend_pairs(fields);
        url
    });
    url.as_mut().ok().and_then(|url| url.query()).unwrap_or_default().to_owned()
}

/// A random identifier (RFC 9562, version 4): the server wants another one with each request.
fn uuid() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_new_each_time_and_of_version_four() {
        let (one, two) = (uuid(), uuid());
        assert_ne!(one, two);
        for id in [one, two] {
            let parts: Vec<&str> = id.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
            assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{id}");
        }
    }

    #[test]
    fn a_life_is_the_servers_word_in_either_form_unless_it_is_nonsense() {
        let clock: Clock = || UNIX_EPOCH + Duration::from_secs(1_000_000);
        let lent = |json: &str| serde_json::from_str::<Lent>(json).unwrap().life(Some(clock)).as_secs();
        assert_eq!(lent(r#"{"access_token":"t","expires_at":1001800000}"#), 1800);
        assert_eq!(lent(r#"{"tok":"t","exp":1000600}"#), 600);
        for nonsense in
            ["", r#","expires_at":5"#, r#","expires_at":99999999999999"#, r#","exp":18446744073709551615"#]
        {
            assert_eq!(
                lent(&format!(r#"{{"access_token":"t"{nonsense}}}"#)),
                USUAL_LIFE.as_secs(),
                "{nonsense}"
            );
        }
        let lent: Lent = serde_json::from_str(r#"{"access_token":"t","expires_at":1001800000}"#).unwrap();
        assert_eq!(lent.life(None), USUAL_LIFE, "without a clock nothing follows from a date");
    }

    #[test]
    fn a_scope_is_a_form() {
        assert_eq!(form(&[("scope", "GIGACHAT_API_PERS")]), "scope=GIGACHAT_API_PERS");
        assert_eq!(form(&[("scope", "a b&c")]), "scope=a+b%26c");
    }
}
