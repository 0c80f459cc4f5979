//! One line of the audit: how it is written, and what makes a line a record.
//!
//! Reading is strict. A line counts only if its hash is right *and* it is byte for byte what this module
//! would write, so there is one spelling of every record and no room for text that one reader sees and
//! another does not.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// `prev` of the first record, and the head of an empty audit.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The longest line, newline included.
pub const LINE_MAX_BYTES: usize = 1024 * 1024;

const DOMAIN: &[u8] = b"plyrum-audit-v1\0";
const HASH_KEY: &[u8] = b",\"hash\":\"";
const HASH_END: &[u8] = b"\"}";
const HASH_BYTES: usize = GENESIS.len();

/// The fields of a record before it has a hash; `body` is JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    pub(crate) seq: u64,
    pub(crate) ts: Cow<'a, str>,
    pub(crate) boot: Cow<'a, str>,
    pub(crate) kind: Cow<'a, str>,
    pub(crate) body: &'a str,
    pub(crate) prev: Cow<'a, str>,
}

/// A record read back.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) fields: Fields<'a>,
    pub(crate) hash: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    v: u64,
    seq: u64,
    #[serde(borrow)]
    ts: Cow<'a, str>,
    #[serde(borrow)]
    boot: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
    #[serde(borrow)]
    prev: Cow<'a, str>,
    #[serde(borrow)]
    hash: Cow<'a, str>,
}

impl Fields<'_> {
    /// The line with its newline, and its hash.
    pub(crate) fn encode(&self) -> Result<(String, String), serde_json::Error> {
        let mut line = self.before_hash()?;
        let hash = hash_of(line.as_bytes());
        line.push_str(",\"hash\":\"");
        line.push_str(&hash);
        line.push_str("\"}\n");
        Ok((line, hash))
    }

    fn before_hash(&self) -> Result<String, serde_json::Error> {
        let json = |text: &str| serde_json::to_string(text);
        let (ts, boot, kind, prev) =
            (json(&self.ts)?, json(&self.boot)?, json(&self.kind)?, json(&self.prev)?);
        let (seq, body) = (self.seq, self.body);
        Ok(format!(
            "{{\"v\":1,\"seq\":{seq},\"ts\":{ts},\"boot\":{boot},\"kind\":{kind},\"body\":{body},\"prev\":{prev}"
        ))
    }
}

impl<'a> Record<'a> {
    /// Reads a line without its newline; says why it is none.
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, &'static str> {
        let split = line.len().checked_sub(HASH_KEY.len() + HASH_BYTES + HASH_END.len());
        let (before, after) = line.split_at(split.ok_or("is too short for a record")?);
        let framed = after.strip_prefix(HASH_KEY).and_then(|rest| rest.strip_suffix(HASH_END));
        let hash = framed.filter(|hash| is_hash(hash)).ok_or("does not end with a hash")?;
        if hash_of(before).as_bytes() != hash {
            return Err("was changed: its hash does not match");
        }
        let wire: Wire<'a> = serde_json::from_slice(line).map_err(|_| "has not the fields of a record")?;
        let Cow::Borrowed(hash) = wire.hash else { return Err("has an escaped hash") };
        let Wire { v, seq, ts, boot, kind, body, prev, .. } = wire;
        let fields = Fields { seq, ts, boot, kind, body: body.get(), prev };
        let rewritten = fields.before_hash().map_err(|_| "cannot be written again")?;
        if v != 1 || rewritten.as_bytes() != before || !is_hash(fields.prev.as_bytes()) {
            return Err("is not written as records are");
        }
        Ok(Self { fields, hash })
    }

    /// The ledger outbox entry this record stands for, if any.
    pub(crate) fn outbox(&self) -> Option<i64> {
        outbox_of(self.fields.body)
    }
}

/// `outbox` of a body that is an object.
pub(crate) fn outbox_of(body: &str) -> Option<i64> {
    if !body.contains("\"outbox\"") {
        return None;
    }
    serde_json::from_str::<serde_json::Value>(body).ok()?.get("outbox")?.as_i64()
}

fn hash_of(before: &[u8]) -> String {
    let digest = Sha256::new().chain_update(DOMAIN).chain_update(before).finalize();
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn is_hash(text: &[u8]) -> bool {
    text.len() == HASH_BYTES && text.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Fields<'_> {
        let text = |t: &'static str| Cow::Borrowed(t);
        let ts = text("2026-11-22T00:00:00.000Z");
        Fields { seq: 7, ts, boot: text("b\"1"), kind: text("run.start"), body, prev: text(GENESIS) }
    }

    #[test]
    fn a_line_has_its_keys_in_order_and_hashes_what_stands_before_the_hash() {
        let (line, hash) = fields(r#"{"hash":"x","n":1.50}"#).encode().unwrap();
        let before = format!(
            r#"{{"v":1,"seq":7,"ts":"2026-11-22T00:00:00.000Z","boot":"b\"1","kind":"run.start","body":{{"hash":"x","n":1.50}},"prev":"{GENESIS}""#
        );
        assert_eq!(line, format!("{before},\"hash\":\"{hash}\"}}\n"));
        let digest = Sha256::digest(format!("plyrum-audit-v1\0{before}"));
        assert_eq!(hash, digest.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat());
    }

    #[test]
    fn a_record_reads_back_as_written() {
        let (line, hash) = fields(r#"{"outbox":12,"x":"ю"}"#).encode().unwrap();
        let record = Record::parse(line.trim_end().as_bytes()).unwrap();
        assert_eq!(record.fields, fields(r#"{"outbox":12,"x":"ю"}"#));
        assert_eq!((record.hash, record.outbox()), (hash.as_str(), Some(12)));
    }

    #[test]
    fn a_correctly_hashed_line_of_another_spelling_is_no_record() {
        let (line, _) = fields("{}").encode().unwrap();
        let before = line.split(",\"hash\"").next().unwrap();
        for other in [
            before.replace("\"v\":1", "\"v\":2"),
            before.replace("{\"v\":1,\"seq\":7", "{\"seq\":7,\"v\":1"),
            before.replace("\"seq\":7", "\"seq\": 7"),
            before.replace("\"seq\":7", "\"seq\":7,\"extra\":1"),
            before.replace("run.start", "run.st\\u0061rt"),
            before.replace("\"body\":{}", "\"body\":{ }, \"body\":{}"),
        ] {
            let line = format!("{other},\"hash\":\"{}\"}}", hash_of(other.as_bytes()));
            assert!(Record::parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}
