//! Error objects, in bodies of error statuses and inside a 200, to one class and one sentence.

use serde_json::Value;

use crate::{ErrorClass, ProviderError};

/// Bytes of a provider's message that are kept.
const MAX_MESSAGE: usize = 4 * 1024;
/// Wrong fields that are told of one request.
const MAX_DETAILS: usize = 8;
/// How servers say that a conversation is longer than the model takes, in lower case: OpenAI and vLLM,
/// LiteLLM, `llama.cpp`, Anthropic.
const TOO_LONG: [&str; 7] = [
    "maximum context length",
    "context_length_exceeded",
    "contextwindowexceeded",
    "context window",
    "exceeds the available context",
    "exceed the available context",
    "prompt is too long",
];

/// Codes of OpenAI's that blame the request, beside those that begin with `invalid_`.
const REQUEST_CODES: [&str; 7] = [
    "image_too_large",
    "image_too_small",
    "image_parse_error",
    "image_content_policy_violation",
    "image_file_too_large",
    "unsupported_image_media_type",
    "empty_image_file",
];

/// How servers say that they have too much to do: Anthropic, vLLM and others, OpenAI.
const OVERLOADED: [&str; 7] = [
    "overloaded_error",
    "overloaded",
    "server_overloaded",
    "engine_overloaded",
    "server_is_overloaded",
    "service_unavailable_error",
    "slow_down",
];

/// The class of an HTTP status that is no success, before the body is looked at.
fn class_of_status(status: u16) -> ErrorClass {
    match status {
        300..=399 => ErrorClass::Redirected,
        401 | 403 => ErrorClass::Auth,
        402 => ErrorClass::Quota,
        407 => ErrorClass::Proxy,
        408 | 504 => ErrorClass::Timeout,
        413 => ErrorClass::TooLarge,
        425 | 529 => ErrorClass::Overloaded,
        429 => ErrorClass::RateLimited,
        400..=499 => ErrorClass::Rejected,
        500..=599 => ErrorClass::Server,
        _ => ErrorClass::Protocol,
    }
}

/// An error status with the beginning of its body. The class is the status's unless the body knows better.
pub(crate) fn refusal(status: u16, body: &str) -> ProviderError {
    let told = Told::parse(body);
    let class = match (class_of_status(status), told.hint()) {
        (_, Some(ErrorClass::Rejected)) if told.is_flagged => ErrorClass::Rejected,
        (ErrorClass::RateLimited, Some(ErrorClass::Quota)) => ErrorClass::Quota,
        // Some gateways say 400 to everything that they refuse.
        (
            ErrorClass::Rejected,
            Some(hint @ (ErrorClass::TooLarge | ErrorClass::Quota | ErrorClass::Auth)),
        ) => hint,
        (ErrorClass::Server, Some(ErrorClass::Overloaded)) => ErrorClass::Overloaded,
        (class, _) => class,
    };
    let message = if told.message.is_empty() {
        format!("status {status}, without a reason")
    } else {
        format!("status {status}: {}", told.message)
    };
    ProviderError { status: Some(status), ..ProviderError::new(class, message) }
}

/// An error object inside a 200.
pub(crate) fn in_stream(text: &str) -> ProviderError {
    let told = Told::parse(text);
    let by_code = told.code.parse().ok().filter(|code| (400..=599).contains(code)).map(class_of_status);
    let class = told.hint().or(by_code).unwrap_or(ErrorClass::Server);
    let message = if told.message.is_empty() {
        "the provider reported an error in the stream, without a reason".to_owned()
    } else {
        format!("the provider reported an error in the stream: {}", told.message)
    };
    ProviderError::new(class, message)
}

/// What an error object says, whatever its shape.
#[derive(Debug, Default)]
struct Told {
    message: String,
    code: String,
    kind: String,
    /// The text of the request was found wanting; `OpenRouter` says 403 to that as to a wrong key.
    is_flagged: bool,
}

impl Told {
    fn parse(text: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return Self { message: bounded(&plain(text)), ..Self::default() };
        };
        // `{"error": {…}}`, `{"error": "…"}`, `[{"error": …}]`, or the object itself.
        let value = value.get(0).unwrap_or(&value);
        let error = value.get("error").unwrap_or(value);
        let field = |name| match error.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let message = match error {
            Value::String(text) => text.clone(),
            _ => field("message"),
        };
        let message = if message.is_empty() { detail(error).unwrap_or_default() } else { message };
        let message = if message.is_empty() { plain(text) } else { message };
        // Yandex has the number under a name of its own.
        let code = Some(field("code")).filter(|code| !code.is_empty()).unwrap_or_else(|| field("httpCode"));
        let is_flagged = error.pointer("/metadata/flagged_input").is_some();
        Self { message: bounded(&message), code, kind: field("type"), is_flagged }
    }

    fn is_too_long(&self) -> bool {
        let message = self.message.to_lowercase();
        TOO_LONG.iter().any(|words| message.contains(words))
    }

    /// The class its words name, if any.
    fn hint(&self) -> Option<ErrorClass> {
        let words = [self.code.as_str(), self.kind.as_str()];
        let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
        if self.is_flagged {
            Some(ErrorClass::Rejected)
        } else if has(&[
            "insufficient_quota",
            "billing_hard_limit_reached",
            "insufficient_balance",
            "billing_error",
        ]) || self.message.to_lowercase().contains("credit balance is too low")
        {
            Some(ErrorClass::Quota)
        } else if has(&["timeout_error"]) {
            Some(ErrorClass::Timeout)
        } else if has(&["context_length_exceeded", "exceed_context_size_error", "request_too_large"])
            || self.is_too_long()
        {
            Some(ErrorClass::TooLarge)
        } else if has(&OVERLOADED) {
            Some(ErrorClass::Overloaded)
        } else if has(&["rate_limit_exceeded", "rate_limit_error", "requests", "tokens"]) {
            Some(ErrorClass::RateLimited)
        } else if has(&[
            "invalid_api_key",
            "authentication_error",
            "auth_error",
            "no_db_connection", // LiteLLM without a database: it knows no key but its master key
            "permission_error",
        ]) {
            Some(ErrorClass::Auth)
        } else if has(&["invalid_request_error", "not_found_error", "model_not_found", "BadRequestError"])
            || has(&REQUEST_CODES)
            || self.code.starts_with("invalid_")
        {
            Some(ErrorClass::Rejected)
        } else {
            None
        }
    }
}

/// What `FastAPI` says (vLLM, LiteLLM and many small servers): `{"detail": "…"}`, or one `msg` for each field
/// that is wrong, `{"detail": [{"loc": ["body", "model"], "msg": "Field required"}]}`.
fn detail(body: &Value) -> Option<String> {
    let said = |one: &Value| {
        let text = ["msg", "message", "error"].iter().find_map(|name| one.get(name)).unwrap_or(one);
        let text = text.as_str()?;
        let place = one.get("loc").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let place: Vec<&str> = place.iter().filter_map(Value::as_str).collect();
        Some(if place.is_empty() { text.to_owned() } else { format!("{}: {text}", place.join(".")) })
    };
    match body.get("detail")? {
        Value::Array(several) => {
            Some(several.iter().take(MAX_DETAILS).filter_map(said).collect::<Vec<_>>().join("; "))
        }
        one => said(one),
    }
}

/// One line of a body that is no JSON; a web page is named as such instead of quoted.
fn plain(text: &str) -> String {
    if text.trim_start().starts_with('<') {
        return "the answer is a web page, not JSON (a gateway's error page?)".to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bounded(text: &str) -> String {
    match text.char_indices().find(|(at, letter)| at + letter.len_utf8() > MAX_MESSAGE) {
        Some((at, _)) => format!("{}…", text.split_at(at).0),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_classes() {
        for (status, class) in [
            (302, "redirected"),
            (400, "rejected"),
            (401, "auth"),
            (402, "quota"),
            (403, "auth"),
            (404, "rejected"),
            (407, "proxy"),
            (408, "timeout"),
            (413, "too_large"),
            (422, "rejected"),
            (425, "overloaded"),
            (429, "rate_limited"),
            (500, "server"),
            (502, "server"),
            (503, "server"),
            (504, "timeout"),
            (529, "overloaded"),
            (204, "protocol"),
        ] {
            assert_eq!(class_of_status(status).name(), class, "{status}");
        }
    }

    #[test]
    fn a_body_can_sharpen_the_status() {
        for (status, body, class) in [
            (429, r#"{"error":{"code":"insufficient_quota","message":"m"}}"#, ErrorClass::Quota),
            (429, r#"{"error":{"type":"insufficient_quota","message":"m"}}"#, ErrorClass::Quota),
            (429, r#"{"error":{"code":"invalid_api_key","message":"m"}}"#, ErrorClass::RateLimited),
            (400, r#"{"error":{"code":"context_length_exceeded","message":"m"}}"#, ErrorClass::TooLarge),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 8","code":400}"#,
                ErrorClass::TooLarge,
            ),
            (401, r#"{"error":{"code":"insufficient_quota"}}"#, ErrorClass::Auth),
            (400, r#"{"error":{"code":"invalid_api_key","message":"m"}}"#, ErrorClass::Auth),
            (400, r#"{"error":{"type":"authentication_error","message":"m"}}"#, ErrorClass::Auth),
            // LiteLLM's words for a wrong key, with and without a database.
            (
                400,
                r#"{"error":{"message":"Authentication Error, Invalid proxy server token passed","type":"auth_error","param":"None","code":"400"}}"#,
                ErrorClass::Auth,
            ),
            (
                400,
                r#"{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}"#,
                ErrorClass::Auth,
            ),
            (
                400,
                r#"{"error":{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: too long","type":null,"code":"400"}}"#,
                ErrorClass::TooLarge,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error"}}"#,
                ErrorClass::TooLarge,
            ),
            (
                400,
                r#"{"error":{"message":"Your input exceeds the Context Window of this model."}}"#,
                ErrorClass::TooLarge,
            ),
            (400, r#"{"error":{"message":"temperature must be at most 2"}}"#, ErrorClass::Rejected),
            (503, r#"{"error":{"type":"overloaded_error","message":"m"}}"#, ErrorClass::Overloaded),
            (403, r#"{"error":{"type":"invalid_request_error","message":"m"}}"#, ErrorClass::Auth),
            (
                403,
                r#"{"error":{"code":403,"message":"m","metadata":{"reasons":["violence"],"flagged_input":"…"}}}"#,
                ErrorClass::Rejected,
            ),
        ] {
            assert_eq!(refusal(status, body).class, class, "{status} {body}");
        }
    }

    #[test]
    fn messages_of_all_shapes_are_found() {
        for (body, message) in [
            (r#"{"error":{"message":"no such model"}}"#, "status 404: no such model"),
            (r#"{"error":"no such model"}"#, "status 404: no such model"),
            (r#"[{"error":{"message":"no such model"}}]"#, "status 404: no such model"),
            (r#"{"message":"no such model"}"#, "status 404: no such model"),
            (r#"{"detail":"no such model"}"#, "status 404: no such model"),
            (r#"{"detail":{"error":"no such model"}}"#, "status 404: no such model"),
            (
                r#"{"detail":[{"loc":["body","model"],"msg":"Field required","type":"missing"},{"msg":"no such model"}]}"#,
                "status 404: body.model: Field required; no such model",
            ),
            (r#"{"detail":[]}"#, r#"status 404: {"detail":[]}"#),
            ("no such\n model", "status 404: no such model"),
            ("", "status 404, without a reason"),
            (
                "<html>nginx</html>",
                "status 404: the answer is a web page, not JSON (a gateway's error page?)",
            ),
        ] {
            assert_eq!(refusal(404, body).message, message);
        }
    }

    #[test]
    fn an_in_stream_error_is_classed_by_words_then_by_number_then_as_the_servers() {
        for (text, class) in [
            (r#"{"code":502,"message":"upstream"}"#, ErrorClass::Server),
            (r#"{"code":"429","message":"slow down"}"#, ErrorClass::RateLimited),
            (r#"{"code":402,"message":"no credit"}"#, ErrorClass::Quota),
            (r#"{"type":"overloaded_error","message":"m"}"#, ErrorClass::Overloaded),
            (r#"{"code":"server_is_overloaded","message":"m"}"#, ErrorClass::Overloaded),
            (r#"{"code":"invalid_prompt","message":"m"}"#, ErrorClass::Rejected),
            (r#"{"code":"image_parse_error","message":"m"}"#, ErrorClass::Rejected),
            (r#"{"error":{"grpcCode":8,"httpCode":429,"message":"m"}}"#, ErrorClass::RateLimited),
            (r#"{"code":"server_error","message":"m"}"#, ErrorClass::Server),
            (r#"{"type":"service_unavailable_error","message":"m"}"#, ErrorClass::Overloaded),
            (r#"{"message":"m"}"#, ErrorClass::Server),
            ("broken", ErrorClass::Server),
        ] {
            assert_eq!(in_stream(text).class, class, "{text}");
        }
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let message = refusal(500, &"Ж".repeat(10_000)).message;
        assert!(message.len() < MAX_MESSAGE + 40 && message.ends_with('…'));
    }
}
