//! A request as `openai-chat` writes it.

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{ChatRequest, ErrorClass, ProviderError};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    /// Without it no usage comes at all.
    include_usage: bool,
}

/// The JSON to send.
pub(crate) fn body(request: &ChatRequest) -> Result<Vec<u8>, ProviderError> {
    let mut bytes =
        Vec::with_capacity(usize::try_from(request.text_bytes()).unwrap_or(0).saturating_add(512));
    let temperature = request.temperature.as_deref().map(number).transpose()?;
    write(request, temperature, &mut bytes).map_err(|error| {
        ProviderError::new(ErrorClass::Config, format!("the request is no JSON: {error}"))
    })?;
    Ok(bytes)
}

/// Bytes of [`body`], without keeping them. A temperature that is no number counts as its text's length.
pub(crate) fn body_bytes(request: &ChatRequest) -> u64 {
    let mut count = Count(0);
    let temperature = request.temperature.as_deref().and_then(|text| number(text).ok());
    // Counting cannot fail: strings and integers only.
    let _ = write(request, temperature, &mut count);
    count.0
}

fn write(
    request: &ChatRequest,
    temperature: Option<Box<RawValue>>,
    to: impl io::Write,
) -> serde_json::Result<()> {
    serde_json::to_writer(
        to,
        &Body {
            model: &request.model,
            messages: request
                .messages
                .iter()
                .map(|message| Message { role: message.role.name(), content: &message.content })
                .collect(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            max_tokens: request.max_output_tokens,
            temperature,
            stop: &request.stop,
        },
    )
}

/// Decimal text as a JSON number, digit for digit.
fn number(text: &str) -> Result<Box<RawValue>, ProviderError> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    decimal.then(|| RawValue::from_string(text.to_owned()).ok()).flatten().ok_or_else(|| {
        ProviderError::new(
            ErrorClass::Config,
            format!("temperature `{text}` is not a decimal number; write it like `0.7`"),
        )
    })
}

struct Count(u64);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChatMessage, Role};

    fn request() -> ChatRequest {
        ChatRequest {
            model: "fast".to_owned(),
            messages: vec![
                ChatMessage { role: Role::System, content: "Кратко.".to_owned() },
                ChatMessage { role: Role::User, content: "say \"hi\"\n".to_owned() },
            ],
            max_output_tokens: 100,
            temperature: Some("0.70".to_owned()),
            stop: vec!["END".to_owned()],
            attempt: "a1".to_owned(),
            seed: 7,
        }
    }

    #[test]
    fn a_request_is_written_digit_for_digit() {
        assert_eq!(
            String::from_utf8(body(&request()).unwrap()).unwrap(),
            concat!(
                r#"{"model":"fast","messages":[{"role":"system","content":"Кратко."},"#,
                r#"{"role":"user","content":"say \"hi\"\n"}],"stream":true,"#,
                r#""stream_options":{"include_usage":true},"max_tokens":100,"temperature":0.70,"stop":["END"]}"#,
            )
        );
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let plain = ChatRequest { temperature: None, stop: Vec::new(), ..request() };
        let text = String::from_utf8(body(&plain).unwrap()).unwrap();
        assert!(!text.contains("temperature") && !text.contains("stop\""), "{text}");
    }

    #[test]
    fn request_bytes_are_exactly_the_bytes_sent() {
        assert_eq!(body_bytes(&request()), body(&request()).unwrap().len() as u64);
    }

    #[test]
    fn a_temperature_that_is_no_number_never_reaches_the_wire() {
        for text in ["", "warm", "0.7,\"n\":9", "-1", "1e9", "00.1", "."] {
            let bad = ChatRequest { temperature: Some(text.to_owned()), ..request() };
            assert_eq!(body(&bad).unwrap_err().class, ErrorClass::Config, "{text}");
        }
    }
}
