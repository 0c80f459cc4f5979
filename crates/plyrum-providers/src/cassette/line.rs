//! The lines of a cassette's file.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Cassette, CassetteError, Ended, Head, OfRun, Piece, Recorded};
use crate::{ErrorClass, Limit, ProviderError, Wire};

/// The version of the format.
const VERSION: u32 = 1;

/// Any line: which fields it has says which it is.
#[derive(Default, Serialize, Deserialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    v: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b64: Option<String>,
}

/// An exchange as its lines.
pub(super) fn write(recorded: &Recorded) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut put = |line: &Line| {
        serde_json::to_writer(&mut out, line)?;
        out.push(b'\n');
        Ok::<_, std::io::Error>(())
    };
    put(&Line {
        v: Some(VERSION),
        wire: Some(recorded.wire.name().to_owned()),
        model: Some(recorded.model.clone()),
        key: Some(recorded.key.clone()),
        prompt_sha256: recorded.run.as_ref().map(|run| run.prompt_sha256.clone()),
        seed: recorded.run.as_ref().map(|run| run.seed),
        ..Line::default()
    })?;
    if let Some(head) = &recorded.response {
        let (us, status) = (Some(head.us), Some(head.status));
        put(&Line { us, status, headers: Some(head.headers.clone()), ..Line::default() })?;
    }
    for piece in &recorded.pieces {
        let us = Some(piece.us);
        put(&match std::str::from_utf8(&piece.bytes) {
            Ok(text) => Line { us, text: Some(text.to_owned()), ..Line::default() },
            Err(_) => Line { us, b64: Some(STANDARD.encode(&piece.bytes)), ..Line::default() },
        })?;
    }
    put(&ended(&recorded.ended, recorded.ended_us))?;
    Ok(out)
}

fn ended(ended: &Ended, us: u64) -> Line {
    let line = |end: &str| Line { us: Some(us), end: Some(end.to_owned()), ..Line::default() };
    match ended {
        Ended::Clean => line("clean"),
        Ended::Left => line("left"),
        Ended::Withheld => line("withheld"),
        Ended::Cut(why) => Line { message: Some(why.clone()), ..line("cut") },
        Ended::Failed(error) => Line {
            class: Some(error.class.name().to_owned()),
            status: error.status,
            retry_after_ms: error.retry_after_ms,
            limit: error.limit.map(|limit| limit.name().to_owned()),
            message: Some(error.message.clone()),
            ..line("failed")
        },
    }
}

/// All whole exchanges. One that has no end at the end of the file was broken off and counts as not there; anywhere else it is
/// damage.
pub(super) fn read(bytes: &[u8]) -> Result<Cassette, CassetteError> {
    let mut cassette = Cassette::default();
    let mut open: Option<Recorded> = None;
    let mut offset = 0;
    for (nth, text) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        offset += text.len() as u64;
        let is_torn = !text.ends_with(b"\n");
        let place = |why: String| CassetteError::NotOne { line: nth + 1, why };
        if is_torn && nth > 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_slice(text).map_err(|error| place(error.to_string()))?;
        let over = take(&mut open, line).map_err(place)?;
        if let Some(recorded) = over {
            cassette.exchanges.push(recorded);
            cassette.whole_bytes = offset;
        }
    }
    let whole = usize::try_from(cassette.whole_bytes).unwrap_or(usize::MAX);
    cassette.torn_bytes = bytes.get(whole..).unwrap_or_default().trim_ascii().len() as u64;
    Ok(cassette)
}

/// Takes the next line; gives the exchange that it ends.
fn take(open: &mut Option<Recorded>, line: Line) -> Result<Option<Recorded>, String> {
    if let Some(version) = line.v {
        if open.is_some() {
            return Err("the exchange before it has no end".to_owned());
        }
        *open = Some(head(version, line)?);
        return Ok(None);
    }
    let Some(recorded) = open.as_mut() else { return Err("it stands outside of an exchange".to_owned()) };
    let us = line.us.ok_or("it has no `us`")?;
    if let Some(end) = &line.end {
        (recorded.ended, recorded.ended_us) = (end_of(end, &line)?, us);
        return Ok(open.take());
    }
    if let Some(status) = line.status {
        recorded.response = Some(Head { us, status, headers: line.headers.unwrap_or_default() });
        return Ok(None);
    }
    let bytes = match (line.text, line.b64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => STANDARD.decode(text).map_err(|error| format!("`b64`: {error}"))?,
        (None, None) | (Some(_), Some(_)) => return Err("it is neither head, piece nor end".to_owned()),
    };
    if !bytes.is_empty() {
        recorded.pieces.push(Piece { us, bytes });
    }
    Ok(None)
}

fn head(version: u32, line: Line) -> Result<Recorded, String> {
    if version != VERSION {
        return Err(format!("its version is {version}, this build reads {VERSION}"));
    }
    let wire = line.wire.ok_or("it has no `wire`")?;
    Ok(Recorded {
        wire: Wire::named(&wire)
            .ok_or_else(|| format!("this build does not speak `{}`", wire.escape_debug()))?,
        model: line.model.ok_or("it has no `model`")?,
        key: line.key.ok_or("it has no `key`")?,
        run: line.prompt_sha256.zip(line.seed).map(|(prompt_sha256, seed)| OfRun { prompt_sha256, seed }),
        response: None,
        pieces: Vec::new(),
        ended: Ended::Left,
        ended_us: 0,
    })
}

fn end_of(end: &str, line: &Line) -> Result<Ended, String> {
    let message = line.message.clone().unwrap_or_default();
    Ok(match end {
        "clean" => Ended::Clean,
        "left" => Ended::Left,
        "withheld" => Ended::Withheld,
        "cut" => Ended::Cut(message),
        "failed" => Ended::Failed(ProviderError {
            class: line
                .class
                .as_deref()
                .and_then(ErrorClass::named)
                .ok_or("it has no `class` that is known")?,
            status: line.status,
            message,
            retry_after_ms: line.retry_after_ms,
            limit: line.limit.as_deref().and_then(Limit::named),
        }),
        other => return Err(format!("`{}` is no end", other.escape_debug())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(ended: Ended) -> Recorded {
        let headers = [("content-type".to_owned(), "text/event-stream".to_owned())].into_iter().collect();
        Recorded {
            wire: Wire::OpenAiChat,
            model: "fast".to_owned(),
            key: "00".repeat(32),
            run: Some(OfRun { prompt_sha256: "11".repeat(32), seed: u64::MAX }),
            response: Some(Head { us: 5, status: 200, headers }),
            pieces: vec![
                Piece { us: 6, bytes: "data: Привет\n\n".as_bytes().to_vec() },
                Piece { us: 7, bytes: vec![0xff, b'\n'] },
            ],
            ended,
            ended_us: 9,
        }
    }

    fn every_end() -> [Ended; 5] {
        let error = ProviderError {
            status: Some(429),
            retry_after_ms: Some(7),
            limit: Some(Limit::Headers),
            ..ProviderError::new(ErrorClass::RateLimited, "slow down")
        };
        [Ended::Clean, Ended::Left, Ended::Withheld, Ended::Cut("here".to_owned()), Ended::Failed(error)]
    }

    #[test]
    fn what_is_written_is_read_back_and_text_can_be_read_by_people() {
        let all: Vec<Recorded> = every_end().into_iter().map(recorded).collect();
        let file: Vec<u8> = all.iter().flat_map(|one| write(one).unwrap()).collect();
        let read = read(&file).unwrap();
        assert_eq!((read.exchanges, read.whole_bytes), (all, file.len() as u64));
        assert!(String::from_utf8(file).unwrap().contains(r#""text":"data: Привет\n\n""#));
    }

    #[test]
    fn a_recording_that_broke_off_anywhere_leaves_the_whole_exchanges_before_it() {
        let one = write(&recorded(Ended::Clean)).unwrap();
        for cut in 1..one.len() {
            let file = [one.as_slice(), one.get(..cut).unwrap()].concat();
            let read = read(&file).unwrap();
            assert_eq!((read.exchanges.len(), read.whole_bytes), (1, one.len() as u64), "{cut}");
        }
    }

    #[test]
    fn what_is_no_cassette_is_told_by_its_line() {
        let head = r#"{"v":1,"wire":"ollama","model":"m","key":"k"}"#;
        for (text, told) in [
            ("hello\n".to_owned(), "line 1"),
            ("hello".to_owned(), "line 1"),
            ("{}\n".to_owned(), "outside of an exchange"),
            (r#"{"v":2,"wire":"ollama","model":"m","key":"k"}"#.to_owned() + "\n", "version is 2"),
            (r#"{"v":1,"wire":"smoke","model":"m","key":"k"}"#.to_owned() + "\n", "does not speak `smoke`"),
            (format!("{head}\n{head}\n"), "line 2"),
            (format!("{head}\n{{\"us\":1}}\n"), "neither head, piece nor end"),
            (format!("{head}\n{{\"us\":1,\"b64\":\"?\"}}\n"), "b64"),
            (format!("{head}\n{{\"us\":1,\"end\":\"bang\"}}\n"), "`bang` is no end"),
            (format!("{head}\n{{\"us\":1,\"end\":\"failed\"}}\n"), "class"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
