//! Earlier turns, page by page from the end of a session's log.

use crate::command::transcript::{broken, find};
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault, Frame, FrameBody, RunId, SessionId};
use plyrum_sessions::{Event, Item, Page, TextRole, begin_of_page, frames_of, frames_of_run_at, read_from};
use plyrum_tui::transcript::{Cursor, PastTurn, TakenBack, TranscriptPage, TranscriptSource};
use std::io;
use std::path::Path;

/// Turns of a page.
const TURNS: usize = 20;
/// Bytes of a page, about: a single turn may be larger.
const BYTES: u64 = 2 * 1024 * 1024;
/// Sessions whose prompts are remembered, and bytes that are read of each.
const HISTORY_SESSIONS: usize = 40;
const HISTORY_BYTES: u64 = 256 * 1024;
/// Longest name of a session, in characters, where it has none of its own.
const TITLE: usize = 80;

/// The sessions' logs.
#[derive(Debug)]
pub(super) struct Transcripts {
    pub(super) paths: Paths,
}

impl TranscriptSource for Transcripts {
    fn open(&self, asked: &str) -> Result<TranscriptPage, Fault> {
        let session = find(&self.paths, asked)?;
        self.page(&session, None).map_err(|e| broken(&session, &e))
    }

    fn prompts(&self) -> Result<Vec<String>, Fault> {
        let dir = self.paths.sessions_dir();
        let unreadable = |e: io::Error| Fault::new(ErrorKind::Storage, e.to_string());
        let mut sessions = plyrum_sessions::list(&dir).map_err(unreadable)?;
        sessions.sort_by_key(|session| std::cmp::Reverse(session.modified));
        let mut prompts: Vec<Vec<String>> = Vec::new();
        for session in sessions.iter().take(HISTORY_SESSIONS) {
            // One that cannot be read has nothing to offer here; opening it says why.
            prompts.push(asked_in(&dir, &session.id).unwrap_or_default());
        }
        Ok(prompts.into_iter().rev().flatten().collect())
    }

    fn before(&self, session: &SessionId, cursor: &Cursor) -> Result<TranscriptPage, Fault> {
        self.page(session, Some(cursor)).map_err(|e| broken(session, &e))
    }
}

impl Transcripts {
    fn page(&self, session: &SessionId, cursor: Option<&Cursor>) -> io::Result<TranscriptPage> {
        let dir = self.paths.sessions_dir();
        let place = begin_of_page(&dir, session, cursor.map(|cursor| cursor.before), TURNS, BYTES)?;
        let mut gathered = Gathered::default();
        let mut items = read_from(&dir, session, place.begin)?;
        while place.begin + items.consumed_bytes() < place.end {
            match items.next() {
                Some(Ok(item)) => gathered.take(item),
                Some(Err(e)) if e.kind() == io::ErrorKind::InvalidData => {} // a line that nobody can read
                Some(Err(e)) => return Err(e),
                None => break,
            }
        }
        // What was read of a text in pieces comes with the line behind it.
        if let Some(Ok(item @ Item::Text(_))) = items.next()
            && place.begin + items.consumed_bytes() <= place.end
        {
            gathered.take(item);
        }
        let later = cursor.map(|cursor| cursor.taken_back.clone()).unwrap_or_default();
        let taken_back = gathered.take_back(&later);
        // The page may begin within an older turn that went on; that one comes with its own page.
        gathered.turns.retain(|turn| turn.is_asked);
        let mut turns: Vec<PastTurn> = gathered.turns.into_iter().map(|turn| turn.past).collect();
        for turn in turns.iter_mut().filter(|turn| !ends(&turn.frames)) {
            turn.frames = match turn.frames.first() {
                Some(first) => frames_of_run_at(&dir, session, &turn.run, first.at)?,
                None => frames_of(&dir, session, &turn.run)?,
            };
        }
        let title = gathered.title.or_else(|| {
            let first = turns.first().filter(|_| place.begin == 0)?;
            Some(first.prompt.lines().next().unwrap_or_default().chars().take(TITLE).collect())
        });
        Ok(TranscriptPage { session: session.clone(), title, turns, older: older(place, taken_back) })
    }
}

/// The latest prompts of a session.
fn asked_in(dir: &Path, session: &SessionId) -> io::Result<Vec<String>> {
    let place = begin_of_page(dir, session, None, TURNS, HISTORY_BYTES)?;
    let items = read_from(dir, session, place.begin)?;
    let prompt = |item: io::Result<Item>| match item {
        Ok(Item::Text(text)) if text.role == TextRole::User => Some(text.text),
        _ => None,
    };
    Ok(items.filter_map(prompt).filter(|text| !text.is_empty()).collect())
}

fn older(place: Page, taken_back: TakenBack) -> Option<Cursor> {
    (place.begin > 0).then_some(Cursor { before: place.begin, taken_back })
}

fn ends(frames: &[Frame]) -> bool {
    frames.last().is_some_and(|frame| matches!(frame.body, FrameBody::RunFinished { .. }))
}

/// Turns as they are read, the oldest first.
#[derive(Debug, Default)]
struct Gathered {
    turns: Vec<Gathering>,
    title: Option<String>,
    /// The last taking back that reaches beyond this page.
    beyond: TakenBack,
}

#[derive(Debug)]
struct Gathering {
    past: PastTurn,
    is_asked: bool,
}

impl Gathered {
    fn take(&mut self, item: Item) {
        match item {
            Item::Text(text) => {
                let turn = self.of(&text.run);
                match text.role {
                    TextRole::User => {
                        turn.past.prompt = text.text;
                        turn.is_asked = true;
                    }
                    TextRole::Attachment => turn.past.attachments.push(text.name.unwrap_or_default()),
                }
            }
            Item::Frame(frame) => self.of(&frame.run.clone()).past.frames.push(*frame),
            Item::Event(Event::Renamed { title, .. }) => self.title = Some(title).filter(|it| !it.is_empty()),
            Item::Event(Event::Rewound { to, .. }) => self.rewind(to),
            Item::Event(_) => {}
        }
    }

    fn rewind(&mut self, to: Option<RunId>) {
        let kept = to.as_ref().and_then(|run| self.turns.iter().position(|turn| turn.past.run == *run));
        if kept.is_none() {
            self.beyond = to.map_or(TakenBack::Everything, TakenBack::To);
        }
        let from = kept.map_or(0, |at| at + 1);
        self.turns.iter_mut().skip(from).for_each(|turn| turn.past.is_rewound = true);
    }

    /// What later pages took back of this one, and what is left of that for older ones.
    fn take_back(&mut self, later: &TakenBack) -> TakenBack {
        let left = match later {
            TakenBack::Nothing => TakenBack::Nothing,
            TakenBack::Everything => {
                self.turns.iter_mut().for_each(|turn| turn.past.is_rewound = true);
                TakenBack::Everything
            }
            TakenBack::To(run) => {
                let kept = self.turns.iter().position(|turn| turn.past.run == *run);
                let from = kept.map_or(0, |at| at + 1);
                self.turns.iter_mut().skip(from).for_each(|turn| turn.past.is_rewound = true);
                if kept.is_some() { TakenBack::Nothing } else { later.clone() }
            }
        };
        if left == TakenBack::Nothing { std::mem::take(&mut self.beyond) } else { left }
    }

    fn of(&mut self, run: &RunId) -> &mut Gathering {
        let at = self.turns.iter().rposition(|turn| turn.past.run == *run).unwrap_or_else(|| {
            let past = PastTurn {
                run: run.clone(),
                prompt: String::new(),
                attachments: Vec::new(),
                frames: Vec::new(),
                is_rewound: false,
            };
            self.turns.push(Gathering { past, is_asked: false });
            self.turns.len() - 1
        });
        &mut self.turns[at]
    }
}

#[cfg(test)]
mod tests;
