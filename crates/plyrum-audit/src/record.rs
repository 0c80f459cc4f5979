//! One line of the audit: how it is written, and what makes a line a record.
//!
//! Reading is strict. A line counts only if its hash is right *and* it is byte for byte what this module
//! would write, so there is one spelling of every record and no room for text that one reader sees and
//! another does not.

use std::borrow::Cow;

use serde::{Deserialize, ser::Error as _};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::own;

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
    /// Read already; named so that nothing else may stand there.
    #[serde(rename = "hash", borrow)]
    _hash: Cow<'a, str>,
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
        let mut line = Vec::with_capacity(self.body.len() + 512);
        let mut field = |name: &str, text: &str| {
            line.extend_from_slice(name.as_bytes());
            serde_json::to_writer(&mut line, text)
        };
        field(&format!("{{\"v\":1,\"seq\":{},\"ts\":", self.seq), &self.ts)?;
        field(",\"boot\":", &self.boot)?;
        field(",\"kind\":", &self.kind)?;
        field(&format!(",\"body\":{},\"prev\":", self.body), &self.prev)?;
        String::from_utf8(line).map_err(serde_json::Error::custom)
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
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).map_err(|_| "is not UTF-8");
        let (hash, before) = (text(hash)?, text(before)?);
        let fields = match Fields::plain(before) {
            Some(fields) => fields,
            None => Fields::escaped(text(line)?, before)?,
        };
        Ok(Self { fields, hash })
    }

    /// The ledger outbox entry this record stands for, or the highest one that it repeats from those before it.
    pub(crate) fn outbox(&self) -> Option<i64> {
        outbox_of(self.fields.body).or_else(|| own::carried_outbox(&self.fields.kind, self.fields.body))
    }
}

impl<'a> Fields<'a> {
    /// Reads what stands before the hash where no field but the body needs an escape: as good as always, and
    /// without an allocation. What this accepts, [`Fields::before_hash`] writes again byte for byte, since
    /// each part is matched where it would be written.
    fn plain(before: &'a str) -> Option<Self> {
        let (seq, rest) = before.strip_prefix("{\"v\":1,\"seq\":")?.split_once(",\"ts\":\"")?;
        let (ts, rest) = plain_text(rest)?;
        let (boot, rest) = plain_text(rest.strip_prefix(",\"boot\":\"")?)?;
        let (kind, rest) = plain_text(rest.strip_prefix(",\"kind\":\"")?)?;
        let (rest, prev) = rest.split_at_checked(rest.len().checked_sub(HASH_BYTES + 1)?)?;
        let body = rest.strip_prefix(",\"body\":")?.strip_suffix(",\"prev\":\"")?;
        let prev = prev.strip_suffix('"').filter(|prev| is_hash(prev.as_bytes()))?;
        let canonical = seq == "0" || (!seq.starts_with('0') && seq.bytes().all(|b| b.is_ascii_digit()));
        let seq = seq.parse().ok().filter(|_| canonical)?;
        // One JSON value and no space around it, or what follows it could be read as a field.
        let is_value = !body.starts_with(is_json_space) && !body.ends_with(is_json_space);
        serde_json::from_str::<serde::de::IgnoredAny>(body).ok().filter(|_| is_value)?;
        let text = Cow::Borrowed;
        Some(Self { seq, ts: text(ts), boot: text(boot), kind: text(kind), body, prev: text(prev) })
    }

    /// Reads any record and compares it with how it would be written.
    fn escaped(line: &'a str, before: &str) -> Result<Self, &'static str> {
        let wire: Wire<'a> = serde_json::from_str(line).map_err(|_| "has not the fields of a record")?;
        let Wire { v, seq, ts, boot, kind, body, prev, .. } = wire;
        let fields = Self { seq, ts, boot, kind, body: body.get(), prev };
        let rewritten = fields.before_hash().map_err(|_| "cannot be written again")?;
        if v != 1 || rewritten != before || !is_hash(fields.prev.as_bytes()) {
            return Err("is not written as records are");
        }
        Ok(fields)
    }
}

/// Text up to its closing quote, and what follows; `None` where it has something that JSON escapes.
fn plain_text(rest: &str) -> Option<(&str, &str)> {
    let (text, rest) = rest.split_once('"')?;
    text.bytes().all(|b| b >= b' ' && b != b'\\').then_some((text, rest))
}

fn is_json_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// `outbox` of a body that is an object.
pub(crate) fn outbox_of(body: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Brief {
        outbox: i64,
    }
    memchr::memmem::find(body.as_bytes(), b"\"outbox\"")?;
    serde_json::from_str::<Brief>(body).ok().map(|brief| brief.outbox)
}

fn hash_of(before: &[u8]) -> String {
    hex(&Sha256::new().chain_update(DOMAIN).chain_update(before).finalize())
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit =
        |nibble: u8| char::from(b"0123456789abcdef".get(usize::from(nibble)).copied().unwrap_or(b'0'));
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
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
        let plain = before.replace("b\\\"1", "b1");
        for other in [before, plain.as_str()].into_iter().flat_map(|before| {
            [
                before.replace("\"v\":1", "\"v\":2"),
                before.replace("{\"v\":1,\"seq\":7", "{\"seq\":7,\"v\":1"),
                before.replace("\"seq\":7", "\"seq\": 7"),
                before.replace("\"seq\":7", "\"seq\":7,\"extra\":1"),
                before.replace("run.start", "run.st\\u0061rt"),
                before.replace("\"body\":{}", "\"body\":{ }, \"body\":{}"),
                before.replace("\"body\":{}", "\"body\":{},\"prev\":1"),
                before.replace("\"body\":{}", "\"body\": {}"),
                before.replace("\"body\":{}", "\"body\":{} "),
                before.replace("\"body\":{}", "\"body\":"),
                before.replace("\"seq\":7", "\"seq\":07"),
                before.replace("\"seq\":7", "\"seq\":-7"),
                before.replace("\"seq\":7", "\"seq\":18446744073709551616"),
                before.replace("\"prev\":\"0", "\"prev\":\"A"),
            ]
        }) {
            let line = format!("{other},\"hash\":\"{}\"}}", hash_of(other.as_bytes()));
            assert!(Record::parse(line.as_bytes()).is_err(), "{line}");
        }
    }

    use proptest::prelude::*;

    /// JSON with white space in odd places, and things that are nearly JSON.
    fn body() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("{}".to_owned()),
            Just("\"\\u0041\\ud800\"".to_owned()),
            Just("[1, 2 ,-0.5e10]".to_owned()),
            Just("{\"a\" : {\"prev\":\"x\"}, \"outbox\":7}".to_owned()),
            Just("{\"a\":1},\"prev\":\"x\"".to_owned()),
            Just("01".to_owned()),
            Just("nul".to_owned()),
            any::<i64>().prop_map(|n| n.to_string()),
            "\\PC{0,12}".prop_map(|text| serde_json::Value::from(text).to_string()),
        ];
        (word, "[ \t\n]{0,1}", "[ \t\n]{0,1}")
            .prop_map(|(word, before, after)| format!("{before}{word}{after}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(plyrum_jsonl::testing::cases(2_000)))]

        #[test]
        fn the_quick_reader_takes_only_what_the_exact_one_takes_and_reads_the_same(
            seq in prop_oneof![any::<u64>(), Just(0), Just(7)],
            words in proptest::array::uniform3(prop_oneof![4 => "[a-z0-9:.-]{0,8}", 1 => "\\PC{0,8}", 1 => Just("a\"\\\u{1}".to_owned())]),
            body in body(),
            change in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let [ts, boot, kind] = words.each_ref().map(|word| Cow::Borrowed(word.as_str()));
            let fields = Fields { seq, ts, boot, kind, body: &body, prev: Cow::Borrowed(GENESIS) };
            let mut before = fields.before_hash().unwrap().into_bytes();
            if let Some((at, byte)) = change {
                let at = at.index(before.len());
                before[at] = byte;
            }
            let Ok(before) = String::from_utf8(before) else { return Ok(()) };
            let line = format!("{before},\"hash\":\"{}\"}}", hash_of(before.as_bytes()));
            let exact = Fields::escaped(&line, &before);
            if let Some(quick) = Fields::plain(&before) {
                prop_assert_eq!(Ok(quick), exact);
            } else {
                // What it leaves to the exact one is no loss, but for speed: plain words in good lines are its own.
                let is_plain = |word: &str| word.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\');
                prop_assert!(exact.is_err() || change.is_some() || !words.iter().all(|word| is_plain(word)));
            }
        }
    }
}
