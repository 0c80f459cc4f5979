//! What Google's errors say beyond their status: `error.status` is a word of `google.rpc.Code`, and `error.details` tell a
//! wrong key from a wrong request, a quota of a day from one of a minute, and how long to wait.

use std::time::Duration;

use serde_json::Value;

use crate::wire::failure;
use crate::{ErrorClass, ProviderError};

/// A longer wait is no sensible one.
const DAY: Duration = Duration::from_hours(24);

/// An error status with the beginning of its body.
pub(super) fn refusal(status: u16, body: &str) -> ProviderError {
    sharpened(failure::refusal(status, body), body)
}

/// An error inside a 200.
pub(super) fn in_stream(text: &str) -> ProviderError {
    sharpened(failure::in_stream(text), text)
}

fn sharpened(error: ProviderError, text: &str) -> ProviderError {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return error };
    // `{"error": {…}}`; without `alt=sse` in a list; or the object itself.
    let value = value.get(0).unwrap_or(&value);
    let told = Told(value.get("error").unwrap_or(value));
    let class = match error.class {
        known @ (ErrorClass::Quota | ErrorClass::TooLarge) => known,
        by_status => told.class(&error.message).unwrap_or(by_status),
    };
    ProviderError { class, retry_after_ms: told.wait_ms(), ..error }
}

/// An error object.
struct Told<'a>(&'a Value);

impl Told<'_> {
    fn class(&self, message: &str) -> Option<ErrorClass> {
        let word = self.0.get("status").and_then(Value::as_str)?;
        Some(match word {
            "RESOURCE_EXHAUSTED" if self.is_quota_used_up(message) => ErrorClass::Quota,
            "RESOURCE_EXHAUSTED" => ErrorClass::RateLimited,
            "UNAVAILABLE" => ErrorClass::Overloaded,
            "DEADLINE_EXCEEDED" => ErrorClass::Timeout,
            "UNAUTHENTICATED" | "PERMISSION_DENIED" => ErrorClass::Auth,
            // A wrong key is 400 `INVALID_ARGUMENT`, like any other wrong request.
            "INVALID_ARGUMENT" if self.has_reason("API_KEY_INVALID") => ErrorClass::Auth,
            "INVALID_ARGUMENT" if message.contains("exceeds the maximum number of tokens") => {
                ErrorClass::TooLarge
            }
            "INVALID_ARGUMENT" | "NOT_FOUND" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => ErrorClass::Rejected,
            "INTERNAL" | "UNKNOWN" | "ABORTED" | "DATA_LOSS" => ErrorClass::Server,
            _ => return None,
        })
    }

    /// Whether waiting for as long as we would wait does not help: the day's share is used up, the plan has no share at
    /// all, or what was paid for is spent.
    fn is_quota_used_up(&self, message: &str) -> bool {
        let violations = self.details().filter_map(|detail| detail.get("violations")?.as_array()).flatten();
        let said = |violation: &Value, name| {
            violation.get(name).and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
        };
        let is_final = |violation: &Value| {
            said(violation, "quotaId").contains("PerDay") || said(violation, "quotaValue") == "0"
        };
        violations.into_iter().any(is_final) || message.contains("credits are depleted")
    }

    fn has_reason(&self, reason: &str) -> bool {
        self.details().any(|detail| detail.get("reason").and_then(Value::as_str) == Some(reason))
    }

    /// How long we are asked to wait: seconds as decimal text with an `s`, a protobuf `Duration`.
    fn wait_ms(&self) -> Option<u64> {
        let delay = self.details().find_map(|detail| detail.get("retryDelay")?.as_str())?;
        let seconds = delay.strip_suffix('s')?.parse::<f64>().ok()?;
        let wait = Duration::try_from_secs_f64(seconds).ok().filter(|wait| *wait <= DAY)?;
        u64::try_from(wait.as_millis()).ok()
    }

    fn details(&self) -> impl Iterator<Item = &Value> {
        self.0.get("details").and_then(Value::as_array).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body as Google sends it.
    fn body(code: u16, status: &str, message: &str, details: &str) -> String {
        format!(
            r#"{{"error":{{"code":{code},"message":"{message}","status":"{status}","details":[{details}]}}}}"#
        )
    }

    /// Details of a used up share.
    fn violation(id: &str, value: &str) -> String {
        format!(
            r#"{{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaId":"{id}","quotaValue":"{value}"}}]}}"#
        )
    }

    #[test]
    fn words_have_classes_in_a_refusal_and_in_a_stream() {
        let key = r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}"#;
        let minute = violation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "10");
        let day = violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250");
        let none = violation("GenerateContentInputTokensPerModelPerMinute-FreeTier", "0");
        for (code, status, message, details, class) in [
            (400, "INVALID_ARGUMENT", "temperature is too high", "", ErrorClass::Rejected),
            (400, "INVALID_ARGUMENT", "API key not valid.", key, ErrorClass::Auth),
            (
                400,
                "INVALID_ARGUMENT",
                "The input token count (1300000) exceeds the maximum number of tokens allowed (1048575).",
                "",
                ErrorClass::TooLarge,
            ),
            (400, "FAILED_PRECONDITION", "User location is not supported.", "", ErrorClass::Rejected),
            (401, "UNAUTHENTICATED", "m", "", ErrorClass::Auth),
            (403, "PERMISSION_DENIED", "m", "", ErrorClass::Auth),
            (404, "NOT_FOUND", "models/x is not found", "", ErrorClass::Rejected),
            (429, "RESOURCE_EXHAUSTED", "m", "", ErrorClass::RateLimited),
            (429, "RESOURCE_EXHAUSTED", "m", &minute, ErrorClass::RateLimited),
            (429, "RESOURCE_EXHAUSTED", "m", &day, ErrorClass::Quota),
            (429, "RESOURCE_EXHAUSTED", "m", &none, ErrorClass::Quota),
            (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", "", ErrorClass::Quota),
            (500, "INTERNAL", "m", "", ErrorClass::Server),
            (503, "UNAVAILABLE", "The model is overloaded.", "", ErrorClass::Overloaded),
            (504, "DEADLINE_EXCEEDED", "m", "", ErrorClass::Timeout),
        ] {
            let body = body(code, status, message, details);
            assert_eq!(refusal(code, &body).class, class, "{body}");
            assert_eq!(in_stream(&body).class, class, "in a stream: {body}");
            assert_eq!(in_stream(&format!("[{body}]")).class, class, "in a list: {body}");
        }
    }

    #[test]
    fn a_word_that_nobody_knows_leaves_it_to_the_status() {
        assert_eq!(refusal(503, &body(503, "ON_FIRE", "m", "")).class, ErrorClass::Server);
        assert_eq!(refusal(502, "<html>nginx</html>").class, ErrorClass::Server);
        assert_eq!(refusal(401, "").class, ErrorClass::Auth);
    }

    #[test]
    fn a_wait_is_read_and_nonsense_is_none() {
        for (delay, expected) in [
            ("31s", Some(31_000)),
            ("0.25s", Some(250)),
            ("0s", Some(0)),
            ("86400s", Some(86_400_000)),
            ("86401s", None),
            ("-1s", None),
            ("NaNs", None),
            ("soon", None),
            ("7", None),
        ] {
            let details =
                format!(r#"{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{delay}"}}"#);
            let found = refusal(429, &body(429, "RESOURCE_EXHAUSTED", "m", &details));
            assert_eq!(found.retry_after_ms, expected, "{delay}");
            assert_eq!(found.status, Some(429));
        }
        assert_eq!(refusal(429, &body(429, "RESOURCE_EXHAUSTED", "m", "")).retry_after_ms, None);
    }
}
