//! Tokens as GigaChat gives them out. Every request gets another token, numbered from 1, so that a test sees
//! by the token that a later request carries whether it was renewed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::log::Request;
use crate::reply::Reply;

/// How tokens are given out at `POST …/oauth`.
#[derive(Clone, Debug)]
pub struct OAuth {
    shape: Shape,
    expiry: Expiry,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// `access_token` and `expires_at` in milliseconds.
    AccessToken,
    /// `tok` and `exp` in seconds.
    Tok,
}

#[derive(Clone, Copy, Debug)]
enum Expiry {
    After(Duration),
    AtMs(u64),
}

impl OAuth {
    /// `{"access_token", "expires_at"}` in milliseconds, good for half an hour.
    #[expect(clippy::new_without_default, reason = "what it is by default is a choice that has a name")]
    pub fn new() -> Self {
        Self { shape: Shape::AccessToken, expiry: Expiry::After(Duration::from_mins(30)) }
    }

    /// `{"tok", "exp"}` in seconds instead, as the other gateway says it.
    #[must_use]
    pub fn tok(mut self) -> Self {
        self.shape = Shape::Tok;
        self
    }

    /// How long a token is good from now on, by the wall clock.
    #[must_use]
    pub fn lives(mut self, time: Duration) -> Self {
        self.expiry = Expiry::After(time);
        self
    }

    /// When every token ends, milliseconds since 1970: for tests with a clock of their own.
    #[must_use]
    pub fn expires_at_ms(mut self, at: u64) -> Self {
        self.expiry = Expiry::AtMs(at);
        self
    }

    /// A token, or what is wrong with the request; `number` counts tokens.
    pub(crate) fn answer(&self, request: &Request, number: impl FnOnce() -> u64) -> Reply {
        if let Some((status, complaint)) = complaint(request) {
            return Reply::error(status, &json!({ "code": status, "message": complaint }).to_string());
        }
        let (token, ends) = (format!("fake-token-{}", number()), self.ends_at_ms());
        let body: Value = match self.shape {
            Shape::AccessToken => json!({ "access_token": token, "expires_at": ends }),
            Shape::Tok => json!({ "tok": token, "exp": ends / 1000 }),
        };
        Reply::json(&body.to_string())
    }

    fn ends_at_ms(&self) -> u64 {
        match self.expiry {
            Expiry::AtMs(at) => at,
            Expiry::After(time) => {
                #[expect(clippy::disallowed_methods, reason = "a provider has a clock of its own")]
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(now.saturating_add(time).as_millis()).unwrap_or(u64::MAX)
            }
        }
    }
}

/// What the request lacks.
fn complaint(request: &Request) -> Option<(u16, &'static str)> {
    let has = |name: &str, fits: &dyn Fn(&str) -> bool| request.header(name).is_some_and(fits);
    let form = String::from_utf8(request.body.clone()).unwrap_or_default();
    if !has("authorization", &|value| value.strip_prefix("Basic ").is_some_and(|key| !key.trim().is_empty()))
    {
        Some((401, "Can't decode 'Authorization' header"))
    } else if !has("rquid", &is_uuid) {
        Some((400, "the header RqUID is no UUID"))
    } else if !has("content-type", &|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        Some((400, "the body is no form"))
    } else if !form
        .split('&')
        .any(|field| field.strip_prefix("scope=").is_some_and(|scope| !scope.is_empty()))
    {
        Some((400, "scope is empty"))
    } else {
        None
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}
