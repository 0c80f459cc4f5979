//! What a session consists of, without its texts: which runs, in which order, how large they are, where in
//! the log they stand, and which of them still count.
//!
//! A conversation is continued from this: the texts that are sent are read by their place, so a log of
//! 100 MB costs one pass that skips most of it, and the next time only what was appended since. The log stays
//! the single truth; an outline is made from it alone.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::Path;

use plyrum_protocol::{RunId, RunStatus, SessionId, Timestamp};
use serde::Deserialize;

use crate::lines::{Lines, Taken};
use crate::{Event, TextRole, context, log_path};

/// Characters of the prompt that name a session without a title.
const NAME_MAX_CHARS: usize = 80;

/// A piece of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where its line begins.
    pub offset: u64,
    /// Bytes of the line, its newline included.
    pub bytes: u64,
}

/// One prompt and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The run.
    pub run: RunId,
    /// When it was accepted.
    pub at: Option<Timestamp>,
    /// The lines that hold its prompt and attachments.
    pub said: Vec<Span>,
    /// The line of its `run.finished`.
    pub finished: Option<Span>,
    /// Bytes of its prompt.
    pub prompt_bytes: u64,
    /// Bytes of what came with it.
    pub attached_bytes: u64,
    /// Number of pictures that came with it.
    pub pictures: u64,
    /// Bytes of those.
    pub picture_bytes: u64,
    /// Bytes of its answer.
    pub answer_bytes: u64,
    /// How it ended; `Running` while it goes.
    pub status: RunStatus,
    /// It summarises the turns up to this run.
    pub compacts: Option<RunId>,
    /// A later event took it back.
    pub is_rewound: bool,
    /// It was asked in the session that this one is a copy of.
    pub is_inherited: bool,
}

impl Turn {
    /// Whether the exchange is told to a model again.
    pub fn is_told(&self) -> bool {
        !self.is_rewound && self.answer_bytes > 0 && self.compacts.is_none()
    }

    /// A summary that was cut short stands for nothing.
    fn is_summary(&self) -> bool {
        self.status == RunStatus::Succeeded
            && !self.is_rewound
            && self.answer_bytes > 0
            && self.compacts.is_some()
    }
}

/// What is known of a session as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// When its first line was written.
    pub created_at: Option<Timestamp>,
    /// When something last happened in it.
    pub updated_at: Option<Timestamp>,
    /// The project that it was begun in.
    pub project: Option<String>,
    /// Its name, where somebody gave it one.
    pub title: Option<String>,
    /// The first words of its first prompt.
    pub first_words: Option<String>,
    /// The session that it is a copy of, and the last run of the copy.
    pub forked_from: Option<(SessionId, RunId)>,
}

impl About {
    /// The title, else the first words of the first prompt.
    pub fn name(&self) -> &str {
        self.title.as_deref().or(self.first_words.as_deref()).unwrap_or_default()
    }
}

/// An outline of a session's log, up to a place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The turns, in the order in which they were asked.
    pub turns: Vec<Turn>,
    /// The session itself.
    pub about: About,
    scanned: u64,
    copied_to: u64,
    by_run: HashMap<RunId, usize>,
}

impl Outline {
    /// The outline of a whole log.
    pub fn read(dir: &Path, session: &SessionId) -> io::Result<Self> {
        let mut outline = Self::default();
        outline.advance(dir, session)?;
        Ok(outline)
    }

    /// Takes in what was appended since. A log that became shorter is read anew.
    pub fn advance(&mut self, dir: &Path, session: &SessionId) -> io::Result<()> {
        let path = log_path(dir, session);
        let mut file = File::open(&path).map_err(context("open", &path))?;
        let size = file.metadata().map_err(context("look at", &path))?.len();
        if size < self.scanned {
            *self = Self::default();
        }
        if size == self.scanned {
            return Ok(());
        }
        let begin = self.scanned;
        file.seek(SeekFrom::Start(begin)).map_err(context("read", &path))?;
        let mut lines = Lines::new(file);
        loop {
            let Some((offset, bytes, taken)) = lines.next_placed().map_err(context("read", &path))? else {
                return Ok(());
            };
            let known = match taken {
                Taken::Whole(line) => Known::of(line),
                Taken::TooLong => None,
            };
            let span = Span { offset: begin + offset, bytes };
            if let Some(known) = known {
                self.take(known, span);
            }
            self.scanned = span.offset + bytes;
        }
    }

    /// Bytes of the log that are in it.
    pub fn scanned_bytes(&self) -> u64 {
        self.scanned
    }

    /// The place of a run among the turns.
    pub fn place_of(&self, run: &RunId) -> Option<usize> {
        self.by_run.get(run).copied()
    }

    /// The summary that holds, with the place of the first turn behind what it summarises.
    pub fn summary(&self) -> Option<(&Turn, usize)> {
        let summaries = self.turns.iter().rev().filter(|turn| turn.is_summary());
        let placed = summaries.filter_map(|turn| {
            let covered = self.place_of(turn.compacts.as_ref()?)?;
            Some((turn, covered + 1))
        });
        placed.into_iter().find(|(_, behind)| self.turns.get(behind - 1).is_some_and(|last| !last.is_rewound))
    }

    /// The turns that a model is told again: those that count, behind the summary that holds.
    pub fn told(&self) -> impl Iterator<Item = &Turn> {
        let behind = self.summary().map_or(0, |(_, behind)| behind);
        self.turns.iter().skip(behind).filter(|turn| turn.is_told())
    }

    fn take(&mut self, known: Known<'_>, span: Span) {
        match known {
            Known::Text(text) => self.text(&text, span),
            Known::Accepted { run, at, compacts } => {
                self.seen(at);
                let turn = self.turn(run, span);
                (turn.at, turn.compacts) = (at, compacts);
            }
            Known::Finished { run, at, status, answer } => {
                let answer_bytes = answer.len() as u64;
                self.seen(at);
                let turn = self.turn(run, span);
                (turn.finished, turn.status, turn.answer_bytes) = (Some(span), status, answer_bytes);
            }
            Known::Event(event) => self.event(event, span),
        }
    }

    fn text(&mut self, text: &BriefText<'_>, span: Span) {
        let bytes = text.text.len() as u64;
        let turn = self.turn(text.run.clone(), span);
        turn.said.push(span);
        match text.role {
            TextRole::User => turn.prompt_bytes += bytes,
            TextRole::Attachment => turn.attached_bytes += bytes,
        }
        if let Some(picture) = &text.picture {
            turn.pictures += 1;
            turn.picture_bytes = turn.picture_bytes.saturating_add(picture.bytes);
        }
        if text.role == TextRole::User && self.about.first_words.is_none() {
            self.about.first_words = first_words(&text.text);
        }
    }

    fn turn(&mut self, run: RunId, span: Span) -> &mut Turn {
        let at = *self.by_run.entry(run.clone()).or_insert_with(|| {
            self.turns.push(Turn {
                run,
                at: None,
                said: Vec::new(),
                finished: None,
                prompt_bytes: 0,
                attached_bytes: 0,
                pictures: 0,
                picture_bytes: 0,
                answer_bytes: 0,
                status: RunStatus::Running,
                compacts: None,
                is_rewound: false,
                is_inherited: span.offset < self.copied_to,
            });
            self.turns.len() - 1
        });
        &mut self.turns[at]
    }

    fn event(&mut self, event: Event, span: Span) {
        self.seen(Some(event.at()));
        match event {
            Event::Opened { project, .. } => self.about.project = project,
            Event::Forked { project, from, through, bytes, .. } => {
                self.copied_to = span.offset + span.bytes + bytes;
                self.about.project = project;
                self.about.forked_from = Some((from, through));
            }
            Event::Renamed { title, .. } => self.about.title = Some(title).filter(|title| !title.is_empty()),
            Event::Rewound { to, .. } => {
                let kept = to.and_then(|run| self.place_of(&run)).map_or(0, |at| at + 1);
                self.turns.iter_mut().skip(kept).for_each(|turn| turn.is_rewound = true);
            }
            Event::Resumed { .. } => {}
        }
    }

    /// Inherited turns are older than the copy and move nothing.
    fn seen(&mut self, at: Option<Timestamp>) {
        if self.about.created_at.is_none() {
            self.about.created_at = at;
        }
        self.about.updated_at = self.about.updated_at.max(at);
    }
}

/// What names a session that nobody has given a title.
pub(crate) fn first_words(prompt: &str) -> Option<String> {
    let begin: String = prompt.chars().take(NAME_MAX_CHARS * 4).collect();
    let words = begin.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = words.chars().take(NAME_MAX_CHARS).collect();
    Some(name).filter(|name| !name.is_empty())
}

/// A line that says something about the conversation, as little of it as is needed.
pub(crate) enum Known<'a> {
    Text(BriefText<'a>),
    Accepted { run: RunId, at: Option<Timestamp>, compacts: Option<RunId> },
    Finished { run: RunId, at: Option<Timestamp>, status: RunStatus, answer: Cow<'a, str> },
    Event(Event),
}

impl<'a> Known<'a> {
    /// Most lines of a log are other frames: they are told apart by their first bytes, which this crate
    /// writes itself, and not parsed.
    pub(crate) fn of(line: &'a [u8]) -> Option<Self> {
        let is_other_frame = line.starts_with(b"{\"frame\":{\"type\":\"")
            && !line.starts_with(b"{\"frame\":{\"type\":\"run.finished\"")
            && !line.starts_with(b"{\"frame\":{\"type\":\"run.accepted\"");
        if is_other_frame {
            return None;
        }
        match serde_json::from_slice(line).ok()? {
            BriefLine { text: Some(text), .. } => Some(Self::Text(text)),
            BriefLine { event: Some(event), .. } => Some(Self::Event(event)),
            BriefLine { frame: Some(frame), .. } => frame.known(),
            BriefLine { text: None, event: None, frame: None } => None,
        }
    }
}

#[derive(Deserialize)]
struct BriefLine<'a> {
    #[serde(default, borrow)]
    text: Option<BriefText<'a>>,
    #[serde(default)]
    event: Option<Event>,
    #[serde(default, borrow)]
    frame: Option<BriefFrame<'a>>,
}

/// A text that went into a run, or a piece of one.
#[derive(Deserialize)]
pub(crate) struct BriefText<'a> {
    pub(crate) run: RunId,
    pub(crate) role: TextRole,
    #[serde(borrow)]
    pub(crate) text: Cow<'a, str>,
    #[serde(default)]
    pub(crate) picture: Option<BriefPicture>,
}

/// How large the picture is that a text stands for.
#[derive(Deserialize)]
pub(crate) struct BriefPicture {
    bytes: u64,
}

#[derive(Deserialize)]
struct BriefFrame<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    run: RunId,
    at: Option<Timestamp>,
    #[serde(default)]
    compacts: Option<RunId>,
    #[serde(default, borrow)]
    result: Option<BriefResult<'a>>,
}

#[derive(Deserialize)]
struct BriefResult<'a> {
    status: RunStatus,
    #[serde(borrow)]
    answer: Cow<'a, str>,
}

impl<'a> BriefFrame<'a> {
    fn known(self) -> Option<Known<'a>> {
        let Self { kind, run, at, compacts, result } = self;
        match kind.as_ref() {
            "run.accepted" => Some(Known::Accepted { run, at, compacts }),
            "run.finished" => {
                let result = result?;
                Some(Known::Finished { run, at, status: result.status, answer: result.answer })
            }
            _ => None,
        }
    }
}
