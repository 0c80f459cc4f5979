//! The texts of chosen turns, read by their place in the log.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use plyrum_protocol::{FrameBody, PictureMark, RunId, SessionId};

use crate::line::{LINE_MAX_BYTES, Line};
use crate::{Span, TextRole, Turn, context, log_path};

/// What was said in one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The prompt.
    pub prompt: String,
    /// Names and texts of what came with it.
    pub attachments: Vec<(String, String)>,
    /// Pictures that came with it; their bytes are kept beside the log.
    pub pictures: Vec<PictureMark>,
    /// The answer; empty where there is none.
    pub answer: String,
}

/// A log whose lines are read by their place.
#[derive(Debug)]
pub struct Texts {
    file: File,
    path: PathBuf,
}

impl Texts {
    /// Opens a session's log for reading.
    pub fn open(dir: &Path, session: &SessionId) -> io::Result<Self> {
        let path = log_path(dir, session);
        let file = File::open(&path).map_err(context("open", &path))?;
        Ok(Self { file, path })
    }

    /// Everything that a turn said. Fails where the log does not hold that turn at its place any more.
    pub fn of(&self, turn: &Turn) -> io::Result<Said> {
        let mut said = Said::default();
        let mut goes_on = false;
        for span in &turn.said {
            let Line::Text(piece) = self.line(*span)? else { return Err(self.moved(&turn.run)) };
            match piece.role {
                TextRole::User => said.prompt.push_str(&piece.text),
                TextRole::Attachment if piece.picture.is_some() => said.pictures.extend(piece.picture),
                TextRole::Attachment => {
                    let name = piece.name.unwrap_or_default();
                    match said.attachments.last_mut().filter(|_| goes_on) {
                        Some((_, text)) => text.push_str(&piece.text),
                        None => said.attachments.push((name, piece.text)),
                    }
                }
            }
            goes_on = piece.more;
        }
        if let Some(span) = turn.finished {
            let Line::Frame(frame) = self.line(span)? else { return Err(self.moved(&turn.run)) };
            let FrameBody::RunFinished { result } = frame.body else { return Err(self.moved(&turn.run)) };
            said.answer = result.answer;
        }
        Ok(said)
    }

    /// One line of text: a piece of a prompt or attachment, or an answer.
    pub fn at(&self, span: Span) -> io::Result<String> {
        match self.line(span)? {
            Line::Text(piece) => Ok(piece.text),
            Line::Frame(frame) => match frame.body {
                FrameBody::RunFinished { result } => Ok(result.answer),
                _ => Err(self.broken("another frame stands there")),
            },
            Line::Event(_) => Err(self.broken("an event stands there")),
        }
    }

    fn line(&self, span: Span) -> io::Result<Line> {
        let bytes = usize::try_from(span.bytes).ok().filter(|bytes| *bytes <= LINE_MAX_BYTES);
        let mut line = vec![0; bytes.ok_or_else(|| self.broken("a line is too long"))?];
        self.file.read_exact_at(&mut line, span.offset).map_err(context("read", &self.path))?;
        serde_json::from_slice(&line).map_err(|error| self.broken(&error.to_string()))
    }

    fn moved(&self, run: &RunId) -> io::Error {
        self.broken(&format!("run {run} is not where it was"))
    }

    fn broken(&self, what: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", self.path.display()))
    }
}
