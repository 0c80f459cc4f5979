//! What every wire writes alike.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{ChatRequest, ErrorClass, ProviderError, ToolCall};

/// A body as JSON.
pub(crate) fn to_json(body: &impl Serialize, request: &ChatRequest) -> Result<Vec<u8>, ProviderError> {
    let size = usize::try_from(request.text_bytes()).unwrap_or(0).saturating_add(512);
    let mut bytes = Vec::with_capacity(size);
    serde_json::to_writer(&mut bytes, body).map_err(|error| {
        ProviderError::new(ErrorClass::Config, format!("the request is no JSON: {error}"))
    })?;
    Ok(bytes)
}

/// Decimal text as a JSON number, digit for digit.
pub(crate) fn number(text: &str) -> Result<Box<RawValue>, ProviderError> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    decimal.then(|| RawValue::from_string(text.to_owned()).ok()).flatten().ok_or_else(|| {
        ProviderError::new(
            ErrorClass::Config,
            format!("temperature `{text}` is not a decimal number; write it like `0.7`"),
        )
    })
}

/// A call's arguments where a wire wants an object and no text: as they were written if they are one, else an object that
/// holds the text, so that the model sees what it wrote.
pub(crate) fn arguments(call: &ToolCall) -> Cow<'_, RawValue> {
    #[derive(Serialize)]
    struct NoObject<'a> {
        arguments: &'a str,
    }
    let text = call.sent_arguments();
    match serde_json::from_str::<&RawValue>(text) {
        Ok(object) if object.get().starts_with('{') => Cow::Borrowed(object),
        _ => {
            let held = serde_json::value::to_raw_value(&NoObject { arguments: text });
            // Writing a text as JSON cannot fail.
            Cow::Owned(held.unwrap_or_default())
        }
    }
}
