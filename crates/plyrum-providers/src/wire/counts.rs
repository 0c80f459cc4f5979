//! Counts of a provider's usage JSON. Read as text, once per stream: counts may be JSON strings (int64), money may be a float
//! that must not be rounded, and whatever contradicts itself is reported, never repaired.

use std::collections::BTreeMap;

use plyrum_billing_client::Usage;
use serde_json::value::RawValue;

use crate::ReportedUsage;

/// Bytes of a provider's usage JSON that are kept for the record; real ones are a few hundred.
const MAX_RAW: usize = 16 * 1024;

/// An object whose values are read one by one.
pub(crate) type Object<'a> = BTreeMap<String, &'a RawValue>;

/// Reads a usage block with `meters`, and the provider's own price with `cost`.
pub(crate) fn report(
    mut raw: String,
    meters: impl FnOnce(&Object<'_>) -> Result<Usage, String>,
    cost: impl FnOnce(&Object<'_>) -> Option<String>,
) -> ReportedUsage {
    if raw.len() > MAX_RAW {
        let usage = Err(format!("usage_invalid: the usage block is {} bytes", raw.len()));
        raw.truncate(raw.floor_char_boundary(MAX_RAW));
        return ReportedUsage { usage, raw, provider_cost: None };
    }
    let (usage, provider_cost) = match serde_json::from_str::<Object<'_>>(&raw) {
        Ok(block) => (meters(&block), cost(&block)),
        Err(_) => (Err("usage_invalid: the usage block is not an object".to_owned()), None),
    };
    ReportedUsage { usage, raw, provider_cost }
}

/// An object within a block; empty where there is none.
pub(crate) fn details<'a>(block: &Object<'a>, name: &str) -> Result<Object<'a>, String> {
    match block.get(name).map(|value| value.get()) {
        None | Some("null") => Ok(Object::new()),
        Some(text) => {
            serde_json::from_str(text).map_err(|_| format!("usage_invalid: {name} is not an object"))
        }
    }
}

/// A count that has to be there.
pub(crate) fn required(block: &Object<'_>, name: &str) -> Result<u64, String> {
    count(block, name)?.ok_or_else(|| format!("usage_invalid: {name} is missing"))
}

/// A count as a number or as a string of digits. Absent and `null` are another state than 0.
pub(crate) fn count(block: &Object<'_>, name: &str) -> Result<Option<u64>, String> {
    let Some(value) = block.get(name) else { return Ok(None) };
    let text = unquoted(value);
    if text == "null" {
        return Ok(None);
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("usage_invalid: {name} is `{shown}`")
    })
}

/// The provider's own price of an answer, as decimal text.
pub(crate) fn cost(block: &Object<'_>) -> Option<String> {
    let text = unquoted(block.get("cost")?);
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit()).then(|| text.to_owned())
}

/// A value's text without the quotes of a string.
fn unquoted(value: &RawValue) -> &str {
    let text = value.get();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}
