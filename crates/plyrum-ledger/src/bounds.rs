//! The limits on what a caller may hand in, checked before anything is written.
//!
//! Sums stay inside 64 bits because of [`MAX_AMOUNT`] and [`MAX_POSITION`]; rows stay small because of the
//! others. What is over a bound is refused with the field's name, never cut or clamped.

use plyrum_billing_client::{BytesPerToken, MicroRub, Usage};

use crate::error::LedgerError;

/// The largest single amount, in micro-rubles: 10^12 RUB.
pub(crate) const MAX_AMOUNT: i64 = 1_000_000_000_000_000_000;
/// How far the account may be from zero, in micro-rubles. Twice this fits in 64 bits.
pub(crate) const MAX_POSITION: i64 = 4_000_000_000_000_000_000;
/// 9999-12-31T23:59:59.999Z, the last time that RFC 3339 can write.
const MAX_TIME: i64 = 253_402_300_799_999;
/// The most attempts in one hold: a whole layer of a plan.
pub(crate) const MAX_HOLDS: usize = 64;
/// The largest request or stream, in bytes.
const MAX_BYTES: u64 = 1_000_000_000_000;
/// The longest id, name or path, in bytes.
pub(crate) const MAX_NAME: usize = 1024;
/// The most kinds of counted units in one usage.
pub(crate) const MAX_UNIT_KINDS: usize = 256;
/// The longest stored JSON of ours (a rate card, an outbox body), in bytes.
pub(crate) const MAX_JSON: usize = 256 * 1024;
/// The longest kept text of a provider's usage, in bytes.
pub(crate) const MAX_RAW_USAGE: usize = 64 * 1024;

pub(crate) fn check_id(what: &str, id: &str) -> Result<(), LedgerError> {
    if id.is_empty() {
        return Err(LedgerError::invalid(format!("{what} is empty")));
    }
    check_name(what, id)
}

pub(crate) fn check_name(what: &str, name: &str) -> Result<(), LedgerError> {
    if name.len() > MAX_NAME {
        return Err(LedgerError::invalid(format!("{what} has {} bytes, over {MAX_NAME}", name.len())));
    }
    Ok(())
}

pub(crate) fn check_json(what: &str, text: &str) -> Result<(), LedgerError> {
    check_text(what, text, MAX_JSON)
}

pub(crate) fn check_text(what: &str, text: &str, at_most: usize) -> Result<(), LedgerError> {
    if text.len() > at_most {
        return Err(LedgerError::invalid(format!("{what} has {} bytes, over {at_most}", text.len())));
    }
    Ok(())
}

/// A SHA-256 as we write it: 64 lower-case hex digits.
pub(crate) fn check_sha256(what: &str, hash: &str) -> Result<(), LedgerError> {
    let is_hex = hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if hash.len() == 64 && is_hex {
        return Ok(());
    }
    Err(LedgerError::invalid(format!("{what} is not a SHA-256 in lower-case hex")))
}

pub(crate) fn check_time(what: &str, at: i64) -> Result<(), LedgerError> {
    if (0..=MAX_TIME).contains(&at) {
        return Ok(());
    }
    Err(LedgerError::invalid(format!("{what} is {at} ms since the epoch, outside 1970 to 9999")))
}

pub(crate) fn check_amount(what: &str, amount: MicroRub) -> Result<(), LedgerError> {
    if (0..=MAX_AMOUNT).contains(&amount.get()) {
        return Ok(());
    }
    Err(LedgerError::invalid(format!("{what} is {amount} RUB, outside 0 to {}", MicroRub::new(MAX_AMOUNT))))
}

/// Bytes whose estimate stays a usage that can be priced and stored.
pub(crate) fn check_bytes(what: &str, bytes: u64, per_token: BytesPerToken) -> Result<(), LedgerError> {
    let estimate = Usage { input: per_token.tokens_in(bytes), ..Usage::default() };
    if bytes <= MAX_BYTES && estimate.check_bounds().is_ok() {
        return Ok(());
    }
    Err(LedgerError::invalid(format!("{what} is {bytes} bytes, more than any request or stream")))
}

/// A duration or count as SQL stores it.
pub(crate) fn to_sql(what: &str, value: u64) -> Result<i64, LedgerError> {
    i64::try_from(value).map_err(|_| LedgerError::invalid(format!("{what} is {value}, which does not fit")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_up_to_the_corner_and_not_one_further() {
        assert!(check_amount("amount", MicroRub::new(MAX_AMOUNT)).is_ok());
        assert!(check_amount("amount", MicroRub::new(MAX_AMOUNT + 1)).is_err());
        assert!(check_amount("amount", MicroRub::new(-1)).is_err());
        assert!(check_time("at", MAX_TIME).is_ok());
        assert!(check_time("at", -1).is_err());
        assert!(check_id("run", &"r".repeat(MAX_NAME)).is_ok());
        assert!(check_id("run", &"r".repeat(MAX_NAME + 1)).is_err());
        assert!(check_id("run", "").is_err());
        assert!(check_json("detail", &"j".repeat(256 * 1024)).is_ok());
        assert!(check_json("detail", &"j".repeat(256 * 1024 + 1)).is_err());
        assert!(check_bytes("request", MAX_BYTES, BytesPerToken::default()).is_ok());
        assert!(check_bytes("request", MAX_BYTES + 1, BytesPerToken::default()).is_err());
        let tiny = BytesPerToken::new(1, 4).unwrap();
        assert!(check_bytes("request", MAX_BYTES, tiny).is_err(), "the estimate would be out of range");
    }

    #[test]
    fn two_positions_fit_in_64_bits() {
        assert!(MAX_POSITION.checked_add(MAX_POSITION).is_some());
        assert!(MAX_POSITION.checked_add(MAX_AMOUNT).is_some());
    }
}
