//! Why a request was, or was not, read from the provider's cache: pure, from what the ledger has of it and of
//! the request before it.
//!
//! Providers cache what a request begins with, for some minutes, where it is long enough. So: was there a
//! request before, did it begin the same, was it long, was it recent? What none of these explains is `missed`.

use crate::text::say;
use plyrum_billing_client::Quality;
use plyrum_ledger::{Attempt, Earlier};
use plyrum_protocol::{AttemptId, InvalidId, view};
use plyrum_words::Words;

/// How long providers keep a cached prefix unless asked otherwise.
const KEPT_MS: i64 = 5 * 60 * 1000;
/// What is shorter is not cached by the large providers.
const MIN_TOKENS: u64 = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Hit,
    First,
    /// The first message that differs, from 1.
    Changed {
        message: u64,
    },
    /// At most so many tokens are shared.
    Short {
        tokens: u64,
    },
    Expired,
    Missed,
    NotReported,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cache {
    pub(crate) cause: Cause,
    pub(crate) shared_messages: Option<u64>,
    pub(crate) idle_ms: Option<u64>,
}

/// `None`: it was not sent, or is under way.
pub(crate) fn of(attempt: &Attempt, chain: Option<&[String]>, earlier: Option<&Earlier>) -> Option<Cache> {
    let (usage, sent_at) = (attempt.usage.as_ref()?, attempt.sent_at?);
    let shared = chain.zip(earlier.and_then(|e| e.message_chain.as_deref())).map(|(own, theirs)| {
        let same = own.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        (same, theirs.len())
    });
    let idle = earlier.and_then(|e| e.closed_at).map(|closed| (sent_at - closed).max(0));
    let cause = match earlier {
        _ if attempt.quality != Some(Quality::Reported) => Cause::NotReported,
        _ if usage.cache_read > 0 => Cause::Hit,
        None => Cause::First,
        Some(earlier) => {
            // Neither can share more than all of itself.
            let most = usage.total_input().min(earlier.input_tokens.unwrap_or(u64::MAX));
            match shared {
                Some((same, all)) if same < all => Cause::Changed { message: count(same) + 1 },
                _ if most < MIN_TOKENS => Cause::Short { tokens: most },
                _ if idle.is_some_and(|idle| idle > KEPT_MS) => Cause::Expired,
                _ => Cause::Missed,
            }
        }
    };
    Some(Cache {
        cause,
        shared_messages: shared.map(|(same, _)| count(same)),
        idle_ms: idle.and_then(|idle| u64::try_from(idle).ok()),
    })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Cause {
    /// The word of `explain --json`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::First => "first",
            Self::Changed { .. } => "changed",
            Self::Short { .. } => "short",
            Self::Expired => "expired",
            Self::Missed => "missed",
            Self::NotReported => "not_reported",
        }
    }
}

impl Cache {
    pub(super) fn view(self, earlier: Option<&Earlier>) -> Result<view::ExplainCache, InvalidId> {
        let verdict = match self.cause {
            Cause::Hit => "hit",
            Cause::NotReported => "unknown",
            _ => "miss",
        };
        Ok(view::ExplainCache {
            verdict: verdict.to_owned(),
            cause: self.cause.word().to_owned(),
            earlier: earlier.map(|e| AttemptId::new(e.attempt.clone())).transpose()?,
            message: if let Cause::Changed { message } = self.cause { Some(message) } else { None },
            shared_messages: self.shared_messages,
            prefix_tokens: if let Cause::Short { tokens } = self.cause { Some(tokens) } else { None },
            idle_ms: self.idle_ms,
        })
    }
}

/// The same for people.
pub(super) fn text(words: &Words, cache: &view::ExplainCache) -> String {
    let number = |number: Option<u64>| number.unwrap_or_default().to_string();
    match cache.cause.as_str() {
        "hit" => words.say("cache-hit"),
        "first" => words.say("cache-first"),
        "changed" => say!(in words, "cache-changed", message = number(cache.message)),
        "short" => {
            let (tokens, least) = (number(cache.prefix_tokens), MIN_TOKENS.to_string());
            say!(in words, "cache-short", tokens = tokens, least = least)
        }
        "expired" => {
            let minutes = cache.idle_ms.unwrap_or_default() / 60_000;
            say!(in words, "cache-expired", minutes = minutes.to_string())
        }
        "missed" => words.say("cache-missed"),
        _ => words.say("cache-unknown"),
    }
}
