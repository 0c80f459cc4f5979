//! What Ollama's errors say: a text, `{"error":"…"}`, and beside it in a line of an answer that had begun sometimes the
//! status that it would have been.

use serde_json::Value;

use crate::wire::failure;
use crate::{ErrorClass, ProviderError};

/// An error status with the beginning of its body.
pub(super) fn refusal(status: u16, body: &str) -> ProviderError {
    sharpened(failure::refusal(status, body))
}

/// A line that is an error.
pub(super) fn in_stream(line: &str) -> ProviderError {
    let error = failure::in_stream(line);
    let class = status(line).map_or(error.class, |status| failure::refusal(status, line).class);
    sharpened(ProviderError { class, ..error })
}

/// There are no codes: only its words tell what an error is.
fn sharpened(error: ProviderError) -> ProviderError {
    let class = if error.message.contains("exceeds the context length") {
        ErrorClass::TooLarge
    } else if error.message.contains("server busy") {
        ErrorClass::Overloaded
    } else {
        error.class
    };
    ProviderError { class, ..error }
}

fn status(line: &str) -> Option<u16> {
    let line: Value = serde_json::from_str(line).ok()?;
    let status = ["status", "status_code"].iter().find_map(|name| line.get(name)?.as_u64())?;
    u16::try_from(status).ok().filter(|status| (400..=599).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_classed_by_its_status_unless_its_words_know_better() {
        for (status, body, class) in [
            (404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, ErrorClass::Rejected),
            (400, r#"{"error":"registry.ollama.ai/library/x does not support tools"}"#, ErrorClass::Rejected),
            (400, r#"{"error":"the input length exceeds the context length"}"#, ErrorClass::TooLarge),
            (500, r#"{"error":"the input length exceeds the context length"}"#, ErrorClass::TooLarge),
            (
                503,
                r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
                ErrorClass::Overloaded,
            ),
            (401, r#"{"error":"unauthorized"}"#, ErrorClass::Auth),
            (500, r#"{"error":"llama runner process has terminated"}"#, ErrorClass::Server),
            (502, "<html>nginx</html>", ErrorClass::Server),
        ] {
            assert_eq!(refusal(status, body).class, class, "{body}");
        }
        let told = refusal(404, r#"{"error":"model \"x\" not found"}"#);
        assert_eq!((told.message.as_str(), told.status), ("status 404: model \"x\" not found", Some(404)));
    }

    #[test]
    fn an_error_line_is_classed_by_words_then_by_a_status_then_as_the_servers() {
        for (line, class) in [
            (r#"{"error":"an error was encountered while running the model"}"#, ErrorClass::Server),
            (r#"{"error":"the input length exceeds the context length"}"#, ErrorClass::TooLarge),
            (r#"{"error":"too many requests","status":429}"#, ErrorClass::RateLimited),
            (r#"{"error":"unauthorized","status_code":401}"#, ErrorClass::Auth),
            (r#"{"error":"odd","status":200}"#, ErrorClass::Server),
            (r#"{"error":"odd","status":"success"}"#, ErrorClass::Server),
        ] {
            let error = in_stream(line);
            assert_eq!((error.class, error.status), (class, None), "{line}");
        }
    }
}
