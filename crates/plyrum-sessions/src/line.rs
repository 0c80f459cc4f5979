//! One line of a session's log.

use std::io;

use plyrum_protocol::{Frame, PictureMark, RunId, to_line};
use serde::{Deserialize, Serialize};

use crate::Event;

/// The longest line, newline included.
pub const LINE_MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most text of one line: JSON can make six bytes of one, and the line has other fields.
const PIECE_MAX_BYTES: usize = 256 * 1024;
/// The longest name of a text; the rest is cut off.
const NAME_MAX_BYTES: usize = 4096;

/// What a text was to its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRole {
    /// The prompt.
    User,
    /// Something that came with the prompt: a file, standard input, a picture.
    Attachment,
}

/// A text that went into a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Which run.
    pub run: RunId,
    /// As what.
    pub role: TextRole,
    /// An attachment's name.
    pub name: Option<String>,
    /// The text, redacted; of a picture what stands for it.
    pub text: String,
    /// The picture that it stands for.
    pub picture: Option<PictureMark>,
}

/// A line as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Frame(Box<Frame>),
    Text(Piece),
    Event(Event),
}

/// A text, or a piece of one.
#[derive(Debug, Deserialize)]
pub(crate) struct Piece {
    pub(crate) run: RunId,
    pub(crate) role: TextRole,
    #[serde(default)]
    pub(crate) name: Option<String>,
    pub(crate) text: String,
    /// Whether the next line goes on with it.
    #[serde(default)]
    pub(crate) more: bool,
    /// The picture that the text stands for.
    #[serde(default)]
    pub(crate) picture: Option<PictureMark>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum LineRef<'a> {
    Frame(&'a Frame),
    Text(PieceRef<'a>),
    Event(&'a Event),
}

#[derive(Serialize)]
struct PieceRef<'a> {
    run: &'a RunId,
    role: TextRole,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    text: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<&'a PictureMark>,
}

/// A frame's line, with its newline. Frames without a number are live and not kept.
pub(crate) fn of_frame(frame: &Frame) -> io::Result<String> {
    if frame.seq.is_none() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a frame without `seq` is live and not kept",
        ));
    }
    encode(&LineRef::Frame(frame))
}

/// An event's line, with its newline.
pub(crate) fn of_event(event: &Event) -> io::Result<String> {
    encode(&LineRef::Event(event))
}

/// A text's lines, each with its newline.
pub(crate) fn of_text(run: &RunId, role: TextRole, name: Option<&str>, text: &str) -> io::Result<String> {
    let name = name.map(|name| name.split_at(name.floor_char_boundary(NAME_MAX_BYTES)).0);
    let (mut lines, mut rest) = (String::new(), text);
    loop {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_MAX_BYTES));
        rest = after;
        let more = !rest.is_empty();
        lines.push_str(&encode(&LineRef::Text(PieceRef {
            run,
            role,
            name,
            text: piece,
            more,
            picture: None,
        }))?);
        if !more {
            return Ok(lines);
        }
    }
}

/// A picture's line, with its newline. Who knows nothing of pictures reads a text that names one.
pub(crate) fn of_picture(run: &RunId, mark: &PictureMark) -> io::Result<String> {
    let name = mark.name.split_at(mark.name.floor_char_boundary(NAME_MAX_BYTES)).0;
    let text = format!("[picture, {}, {} bytes]", mark.media_type.name(), mark.bytes);
    let mark = PictureMark { name: name.to_owned(), ..mark.clone() };
    let role = TextRole::Attachment;
    let line = PieceRef { run, role, name: Some(name), text: &text, more: false, picture: Some(&mark) };
    encode(&LineRef::Text(line))
}

/// A piece's line, with its newline.
pub(crate) fn of_piece(piece: &Piece) -> io::Result<String> {
    let Piece { run, role, name, text, more, picture } = piece;
    let (role, picture) = (*role, picture.as_ref());
    encode(&LineRef::Text(PieceRef { run, role, name: name.as_deref(), text, more: *more, picture }))
}

fn encode(line: &LineRef<'_>) -> io::Result<String> {
    let mut text = to_line(line)?;
    text.push('\n');
    if text.len() > LINE_MAX_BYTES {
        let what = format!("a line of {} bytes is longer than {LINE_MAX_BYTES}", text.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_specified_and_long_ones_in_pieces() {
        let run = RunId::new("r1").unwrap();
        assert_eq!(
            of_text(&run, TextRole::User, None, "привет\n").unwrap(),
            "{\"text\":{\"run\":\"r1\",\"role\":\"user\",\"text\":\"привет\\n\"}}\n"
        );
        let long = "\u{1}ж".repeat(1024 * 1024);
        let lines = of_text(&run, TextRole::Attachment, Some("a.txt"), &long).unwrap();
        assert!(lines.lines().all(|line| line.len() < LINE_MAX_BYTES));
        let mut joined = String::new();
        for line in lines.lines() {
            let Line::Text(piece) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
            joined.push_str(&piece.text);
            assert_eq!(piece.more, joined.len() < long.len());
        }
        assert_eq!(joined, long);
        let endless_name = "\u{1}".repeat(1 << 20);
        assert!(of_text(&run, TextRole::Attachment, Some(&endless_name), "x").unwrap().len() < 64 * 1024);
    }
}
