//! Reading logs: beside the writer, without repairing anything, past a torn end.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use plyrum_protocol::{Frame, FrameBody, RunId, SessionId, Timestamp};
use serde::Deserialize;

use crate::Event;
use crate::line::{Line, Piece, Text};
use crate::lines::{Lines, Taken};
use crate::tail::Backwards;
use crate::{context, log_path};

/// The most text that pieces are joined to; a longer text comes as several items.
const JOINED_MAX_BYTES: usize = 32 * 1024 * 1024;
/// The most sessions [`list`] returns, the newest: a row takes about a hundred bytes.
const LIST_MAX: usize = 1_000_000;

/// Something in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A durable frame.
    Frame(Box<Frame>),
    /// A text that went into a run.
    Text(Text),
    /// Something that happened to the session.
    Event(Event),
}

/// A session's log as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// Which session.
    pub id: SessionId,
    /// Size of its log.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Timestamp,
}

/// The items of a session's log, in order. An item that is `Err` says which line cannot be read; the ones
/// after it still come. A torn end is the end.
pub fn read(dir: &Path, session: &SessionId) -> io::Result<Items> {
    Items::open(log_path(dir, session))
}

/// The same from an offset on, at which a line begins (see [`crate::begin_of_last`]).
pub fn read_from(dir: &Path, session: &SessionId, offset: u64) -> io::Result<Items> {
    let path = log_path(dir, session);
    let mut file = File::open(&path).map_err(context("open", &path))?;
    file.seek(SeekFrom::Start(offset)).map_err(context("read", &path))?;
    Ok(Items::of(file, path))
}

/// The durable frames of one run, in order. The log is read from its end, where runs that somebody asks for
/// mostly are, back to the run's first frame.
pub fn frames_of(dir: &Path, session: &SessionId, run: &RunId) -> io::Result<Vec<Frame>> {
    let path = log_path(dir, session);
    frames_from_the_end(&path, run, u64::MAX).map_err(context("read", &path))
}

/// The same where it is known when the run was accepted: a run that is not near the end is looked for by its time, so
/// that one in the middle of a long log costs no more than another. Where a clock was set back meanwhile, all of the
/// log is read.
pub fn frames_of_run_at(
    dir: &Path,
    session: &SessionId,
    run: &RunId,
    begun: Timestamp,
) -> io::Result<Vec<Frame>> {
    let path = log_path(dir, session);
    let look = || -> io::Result<Vec<Frame>> {
        let frames = frames_from_the_end(&path, run, NEAR_THE_END_BYTES)?;
        if is_whole(&frames) {
            return Ok(frames);
        }
        let frames = frames_by_time(&path, run, begun)?;
        if is_whole(&frames) { Ok(frames) } else { frames_from_the_end(&path, run, u64::MAX) }
    };
    look().map_err(context("read", &path))
}

/// Whether these are all durable frames of a run that is over.
fn is_whole(frames: &[Frame]) -> bool {
    let in_order = frames.iter().zip(1..).all(|(frame, seq)| frame.seq == Some(seq));
    in_order && frames.last().is_some_and(|frame| matches!(frame.body, FrameBody::RunFinished { .. }))
}

/// A run's frames among the last `most` bytes of a log.
fn frames_from_the_end(path: &Path, run: &RunId, most: u64) -> io::Result<Vec<Frame>> {
    let file = File::open(path)?;
    let wanted = format!("\"run\":\"{run}\"");
    let mut frames = Vec::new();
    let mut lines = Backwards::new(&file)?;
    let end = lines.end;
    while let Some((offset, line)) = lines.next()? {
        let frame = frame_of(&line, &wanted, run);
        let is_first = frame.as_ref().is_some_and(|frame| frame.seq == Some(1));
        frames.extend(frame);
        if is_first || end - offset > most {
            break;
        }
    }
    frames.reverse();
    Ok(frames)
}

/// A run's frames from where its time is in a log.
fn frames_by_time(path: &Path, run: &RunId, begun: Timestamp) -> io::Result<Vec<Frame>> {
    let file = File::open(path)?;
    let offset = place_of_time(&file, begun)?;
    let mut reader = &file;
    reader.seek(SeekFrom::Start(offset))?;
    let wanted = format!("\"run\":\"{run}\"");
    let mut frames: Vec<Frame> = Vec::new();
    let mut lines = Lines::new(reader);
    while let Some((at, _, taken)) = lines.next_placed()? {
        let Taken::Whole(line) = taken else { continue };
        frames.extend(frame_of(line, &wanted, run));
        let is_over = frames.last().is_some_and(|frame| matches!(frame.body, FrameBody::RunFinished { .. }));
        if is_over || (frames.is_empty() && at > NEAR_THE_END_BYTES) {
            break;
        }
    }
    Ok(frames)
}

/// The line's frame, where it is one of this run. Other lines are told apart without being parsed.
fn frame_of(line: &[u8], wanted: &str, run: &RunId) -> Option<Frame> {
    memchr::memmem::find(line, wanted.as_bytes())?;
    match serde_json::from_slice(line) {
        Ok(Line::Frame(frame)) if frame.run == *run => Some(*frame),
        _ => None,
    }
}

/// How much of a log is searched before it is looked at in another way.
const NEAR_THE_END_BYTES: u64 = 4 * 1024 * 1024;
/// How far apart two clock readings of one run may be.
const CLOCK_SLACK_MS: i64 = 2_000;
/// Distance to a place that is read instead of searched.
const NEAR_BYTES: u64 = 128 * 1024;

/// Where a line begins before which everything is older: by halving, since logs grow with time.
fn place_of_time(file: &File, time: Timestamp) -> io::Result<u64> {
    let wanted = Timestamp::from_millis(time.millis().saturating_sub(CLOCK_SLACK_MS));
    let (mut low, mut high) = (0, file.metadata()?.len());
    while high - low > NEAR_BYTES {
        let middle = low + (high - low) / 2;
        match first_time_from(file, middle, high)? {
            Some((offset, at)) if at < wanted => low = offset,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The first frame behind an offset: where its line begins, and its time.
fn first_time_from(file: &File, from: u64, to: u64) -> io::Result<Option<(u64, Timestamp)>> {
    #[derive(Deserialize)]
    struct OfFrame {
        frame: At,
    }
    #[derive(Deserialize)]
    struct At {
        at: Timestamp,
    }
    let mut reader = file;
    reader.seek(SeekFrom::Start(from))?;
    let mut lines = Lines::new(reader);
    lines.next()?; // the rest of a line
    while let Some((offset, _, taken)) = lines.next_placed()? {
        if from + offset >= to {
            break;
        }
        if let Taken::Whole(line) = taken
            && let Ok(OfFrame { frame }) = serde_json::from_slice(line)
        {
            return Ok(Some((from + offset, frame.at)));
        }
    }
    Ok(None)
}

/// Runs without a `run.finished`, each with the `seq` of its last frame (0 where it has only the text that went
/// into it), in the order of their ids. After a crash these need one that says `interrupted`.
pub fn unfinished_runs(dir: &Path, session: &SessionId) -> io::Result<Vec<(RunId, u64)>> {
    let mut open: BTreeMap<RunId, u64> = BTreeMap::new();
    each_line(dir, session, |line| match serde_json::from_str(line) {
        Ok(Brief { frame: Some(frame), .. }) if frame.kind == "run.finished" => drop(open.remove(&frame.run)),
        Ok(Brief { frame: Some(frame), .. }) => drop(open.insert(frame.run, frame.seq)),
        Ok(Brief { frame: None, text: Some(text) }) => drop(open.entry(text.run).or_insert(0)),
        Ok(Brief { frame: None, text: None }) | Err(_) => {}
    })?;
    Ok(open.into_iter().collect())
}

/// The sessions in `dir`, the last written first, at most a million. A directory that does not exist has none.
pub fn list(dir: &Path) -> io::Result<Vec<SessionSummary>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(context("list", dir))?,
    };
    let mut sessions = Vec::new();
    for entry in entries {
        let entry = entry.map_err(context("list", dir))?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".jsonl")).map(SessionId::new);
        let Some(Ok(id)) = id else { continue };
        // A session that is deleted meanwhile is no error; what is no file is no session.
        if let Ok(metadata) = entry.metadata()
            && metadata.is_file()
        {
            sessions.push(SessionSummary { id, bytes: metadata.len(), modified: modified(&metadata) });
        }
    }
    sessions.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.id.cmp(&b.id)));
    sessions.truncate(LIST_MAX);
    Ok(sessions)
}

/// Sessions whose id begins so; a whole id is itself alone. At most `most`, in the order of their ids. Looks at
/// names only, so that it is quick where there are many.
pub fn matching(dir: &Path, prefix: &str, most: usize) -> io::Result<Vec<SessionId>> {
    if let Ok(whole) = SessionId::new(prefix)
        && log_path(dir, &whole).is_file()
    {
        return Ok(vec![whole]);
    }
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(context("list", dir))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(context("list", dir))?.file_name();
        let id =
            name.to_str().and_then(|name| name.strip_suffix(".jsonl")).filter(|id| id.starts_with(prefix));
        found.extend(id.and_then(|id| SessionId::new(id).ok()).filter(|id| log_path(dir, id).is_file()));
        if found.len() == most {
            break;
        }
    }
    found.sort();
    Ok(found)
}

/// The items of a log; see [`read`].
#[derive(Debug)]
pub struct Items {
    path: PathBuf,
    lines: Lines<File>,
    /// A text whose last piece has not come yet.
    text: Option<Text>,
    /// Items to hand out, at most two.
    ready: VecDeque<io::Result<Item>>,
    ended: bool,
}

impl Iterator for Items {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.ended {
            match self.next_line() {
                Ok(Some(Line::Text(piece))) => self.join(piece),
                Ok(Some(Line::Frame(frame))) => {
                    self.end_text();
                    self.ready.push_back(Ok(Item::Frame(frame)));
                }
                Ok(Some(Line::Event(event))) => {
                    self.end_text();
                    self.ready.push_back(Ok(Item::Event(event)));
                }
                Ok(None) => {
                    self.end_text();
                    self.ended = true;
                }
                Err(error) => self.ready.push_back(Err(error)),
            }
        }
        self.ready.pop_front()
    }
}

impl Items {
    /// Bytes of the complete lines that were read.
    pub fn consumed_bytes(&self) -> u64 {
        self.lines.offset
    }

    fn open(path: PathBuf) -> io::Result<Self> {
        let file = File::open(&path).map_err(context("open", &path))?;
        Ok(Self::of(file, path))
    }

    fn of(file: File, path: PathBuf) -> Self {
        let lines = Lines::new(file);
        Self { path, lines, text: None, ready: VecDeque::new(), ended: false }
    }

    /// The next line that this build understands.
    fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let number = self.lines.number + 1;
            let path = &self.path;
            let bad = |what: String| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}:{number}: {what}", path.display()))
            };
            return match self.lines.next() {
                Ok(None) => Ok(None),
                Ok(Some(Taken::Whole(line))) => match serde_json::from_slice(line) {
                    Ok(line) => Ok(Some(line)),
                    Err(_) if is_of_a_newer_build(line) => continue,
                    Err(error) => Err(bad(format!("no transcript line: {error}"))),
                },
                Ok(Some(Taken::TooLong)) => Err(bad("the line is too long".to_owned())),
                Err(error) => {
                    self.ended = true; // a disk that cannot be read would fail for ever
                    Err(context("read", path)(error))
                }
            };
        }
    }

    /// Adds a piece to the text it continues, or begins a text with it.
    fn join(&mut self, piece: Piece) {
        let Piece { run, role, name, text, more, picture } = piece;
        let goes_on = |open: &Text| open.run == run && open.role == role && open.name == name;
        if !self.text.as_ref().is_some_and(goes_on) {
            self.end_text();
        }
        let open = self.text.get_or_insert_with(|| Text { run, role, name, text: String::new(), picture });
        open.text.push_str(&text);
        if !more || open.text.len() > JOINED_MAX_BYTES {
            self.end_text();
        }
    }

    fn end_text(&mut self) {
        self.ready.extend(self.text.take().map(|text| Ok(Item::Text(text))));
    }
}

/// Whether a line that is none of ours is at least shaped like one, `{"word":{…}}`: then a newer build wrote it.
fn is_of_a_newer_build(line: &[u8]) -> bool {
    let shape: Result<BTreeMap<String, serde_json::Map<String, serde_json::Value>>, _> =
        serde_json::from_slice(line);
    shape.is_ok_and(|shape| {
        shape.len() == 1
            && shape.iter().all(|(word, inside)| match word.as_str() {
                "text" => false,
                "frame" | "event" => inside.get("type").is_some_and(serde_json::Value::is_string),
                _ => true,
            })
    })
}

#[derive(Deserialize)]
struct Brief<'a> {
    #[serde(default, borrow)]
    frame: Option<BriefFrame<'a>>,
    #[serde(default)]
    text: Option<BriefText>,
}

/// Whose text it is.
#[derive(Deserialize)]
struct BriefText {
    run: RunId,
}

/// What of a frame says whether its run is over; frames of newer builds have this much too.
#[derive(Deserialize)]
struct BriefFrame<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    run: RunId,
    seq: u64,
}

/// Calls `take` for every complete line of bearable length.
fn each_line(dir: &Path, session: &SessionId, mut take: impl FnMut(&str)) -> io::Result<()> {
    let path = log_path(dir, session);
    let file = File::open(&path).map_err(context("open", &path))?;
    let mut lines = Lines::new(file);
    while let Some(taken) = lines.next().map_err(context("read", &path))? {
        if let Taken::Whole(line) = taken
            && let Ok(line) = std::str::from_utf8(line)
        {
            take(line);
        }
    }
    Ok(())
}

fn modified(metadata: &fs::Metadata) -> Timestamp {
    let since_epoch = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Timestamp::from_millis(since_epoch.and_then(|t| i64::try_from(t.as_millis()).ok()).unwrap_or_default())
}
