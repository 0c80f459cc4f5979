//! From the logs to the index: what was appended to a log since it was last looked at.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use plyrum_protocol::{RunId, SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::find::Role;
use super::of_sql;
use super::schema::{begin_anew, is_damage, open_or_begin};
use super::words::Stems;
use crate::lines::{Lines, Taken};
use crate::outline::{About, Known};
use crate::{Event, Span, TextRole, context, log_path};

/// How much of a log's beginning tells it from another one.
const HEAD_BYTES: u64 = 512;
/// Numbers that rows of one millisecond have.
const PER_MILLISECOND: i64 = 4096;

/// The index, for its one writer.
pub struct Index {
    conn: Connection,
    path: PathBuf,
    dir: PathBuf,
    stems: Stems,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Index {
    /// Opens the index at `path` over the logs in `dir`. One that cannot be used is begun anew: then every
    /// session [is behind](Self::behind).
    pub fn open(path: &Path, dir: &Path) -> io::Result<Self> {
        Ok(Self {
            conn: open_or_begin(path)?,
            path: path.to_owned(),
            dir: dir.to_owned(),
            stems: Stems::new(),
        })
    }

    /// Sessions whose log is not what the index knows, the last written first; what is in the index without
    /// a log is taken out.
    pub fn behind(&mut self) -> io::Result<Vec<SessionId>> {
        let sql = of_sql(&self.path);
        let mut known: BTreeMap<String, u64> = {
            let mut select = self.conn.prepare("SELECT session, scanned FROM sessions").map_err(&sql)?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(&sql)?;
            rows.collect::<Result<_, _>>().map_err(&sql)?
        };
        let logs = crate::list(&self.dir)?;
        let behind = logs.into_iter().filter(|log| known.remove(log.id.as_str()) != Some(log.bytes));
        let behind = behind.map(|log| log.id).collect();
        let gone: Vec<SessionId> = known.into_keys().filter_map(|gone| SessionId::new(gone).ok()).collect();
        if !gone.is_empty() {
            self.forget(&gone)?;
        }
        Ok(behind)
    }

    /// Takes in what was appended to a session's log. Damage of the index makes it begin anew, which the
    /// answer tells: `false`, and everything is behind.
    pub fn catch_up(&mut self, session: &SessionId) -> io::Result<bool> {
        match self.scan(session) {
            Ok(()) => Ok(true),
            Err(Failure::Log(error)) => {
                self.roll_back();
                Err(error)
            }
            Err(Failure::Index(error)) => {
                self.roll_back();
                if !is_damage(&error) {
                    return Err(of_sql(&self.path)(error));
                }
                self.begin_anew()?;
                Ok(false)
            }
        }
    }

    /// Takes sessions out. Their words go for good: the lists that held them are written anew.
    pub fn forget(&mut self, sessions: &[SessionId]) -> io::Result<()> {
        let forgotten = self.forget_rows(sessions);
        forgotten.map_err(|error| {
            self.roll_back();
            of_sql(&self.path)(error)
        })
    }

    fn roll_back(&self) {
        let _there_may_be_nothing_to_roll_back = self.conn.execute_batch("ROLLBACK");
    }

    /// Throws the index away and begins a new one: everything is behind then.
    pub fn begin_anew(&mut self) -> io::Result<()> {
        self.conn = begin_anew(&self.path)?;
        Ok(())
    }

    fn forget_rows(&self, sessions: &[SessionId]) -> rusqlite::Result<()> {
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        sessions.iter().try_for_each(|session| remove(&self.conn, session))?;
        self.conn.execute_batch("COMMIT")?;
        self.conn.execute("INSERT INTO words (words) VALUES ('optimize')", [])?;
        self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    fn scan(&mut self, session: &SessionId) -> Result<(), Failure> {
        let path = log_path(&self.dir, session);
        let file = File::open(&path).map_err(context("open", &path))?;
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        let row = match Row::find(&self.conn, session)? {
            Some(row) if row.is_of(&file)? => row,
            Some(_) => {
                remove(&self.conn, session)?;
                Row::default()
            }
            None => Row::default(),
        };
        let mut scan = Scan::begin(&self.conn, &self.stems, session, row)?;
        scan.read(file, &path)?;
        scan.end()?;
        self.conn.execute_batch("COMMIT")?;
        Ok(())
    }
}

/// Which of the two files failed.
enum Failure {
    Log(io::Error),
    Index(rusqlite::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Log(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Index(error)
    }
}

/// What the index knows of a session.
#[derive(Debug, Default)]
struct Row {
    about: About,
    turns: i64,
    scanned: u64,
    copied_to: u64,
    head: Vec<u8>,
}

impl Row {
    fn find(conn: &Connection, session: &SessionId) -> rusqlite::Result<Option<Self>> {
        let mut select = conn.prepare_cached(
            "SELECT title, first_words, created_at, updated_at, turns, scanned, copied_to, head,
                    (SELECT path FROM projects WHERE projects.id = sessions.project)
             FROM sessions WHERE session = ?1",
        )?;
        let time = |at: Option<i64>| at.map(Timestamp::from_millis);
        let read = |row: &rusqlite::Row<'_>| {
            let about = About {
                title: row.get(0)?,
                first_words: row.get(1)?,
                created_at: time(row.get(2)?),
                updated_at: time(row.get(3)?),
                project: row.get(8)?,
                forked_from: None,
            };
            let (turns, scanned, copied_to) = (row.get(4)?, row.get(5)?, row.get(6)?);
            Ok(Self { about, turns, scanned, copied_to, head: row.get(7)? })
        };
        select.query_row([session.as_str()], read).optional()
    }

    /// Whether this is the log that was scanned, perhaps with more behind it.
    fn is_of(&self, file: &File) -> io::Result<bool> {
        let size = file.metadata()?.len();
        Ok(size >= self.scanned && self.head == head_of(file, self.scanned)?)
    }
}

/// The hash of how a log begins, up to a place in it.
fn head_of(file: &File, up_to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(up_to.min(HEAD_BYTES)).unwrap_or_default()];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(Sha256::digest(&bytes).to_vec())
}

fn remove(conn: &Connection, session: &SessionId) -> rusqlite::Result<()> {
    let mut select = conn.prepare_cached(
        "SELECT m.id FROM messages m JOIN sessions s ON s.id = m.session WHERE s.session = ?1",
    )?;
    let ids: Vec<i64> = select.query_map([session.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut delete = conn.prepare_cached("DELETE FROM words WHERE rowid = ?1")?;
    for id in ids {
        delete.execute([id])?;
    }
    conn.execute(
        "DELETE FROM messages WHERE session = (SELECT id FROM sessions WHERE session = ?1)",
        [session.as_str()],
    )?;
    conn.execute("DELETE FROM sessions WHERE session = ?1", [session.as_str()])?;
    Ok(())
}

/// One pass over the new part of a log.
struct Scan<'i> {
    conn: &'i Connection,
    stems: &'i Stems,
    row: Row,
    id: i64,
    /// Texts whose run was not accepted yet, so that their time is not known.
    waiting: BTreeMap<RunId, Vec<Waiting>>,
    project: Option<i64>,
    buffer: String,
    forms: String,
}

struct Waiting {
    role: Role,
    span: Span,
    text: String,
}

impl<'i> Scan<'i> {
    fn begin(
        conn: &'i Connection,
        stems: &'i Stems,
        session: &SessionId,
        row: Row,
    ) -> rusqlite::Result<Self> {
        conn.prepare_cached(
            "INSERT INTO sessions (session, turns, scanned, copied_to, head) VALUES (?1, 0, 0, 0, x'')
             ON CONFLICT (session) DO NOTHING",
        )?
        .execute([session.as_str()])?;
        let find = "SELECT id, project FROM sessions WHERE session = ?1";
        let (id, project) =
            conn.prepare_cached(find)?.query_row([session.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            conn,
            stems,
            row,
            id,
            waiting: BTreeMap::new(),
            project,
            buffer: String::new(),
            forms: String::new(),
        })
    }

    fn read(&mut self, mut file: File, path: &Path) -> Result<(), Failure> {
        let begin = self.row.scanned;
        file.seek(SeekFrom::Start(begin)).map_err(context("read", path))?;
        let mut lines = Lines::new(BufReader::with_capacity(256 * 1024, &file));
        let mut scanned = begin;
        while let Some((offset, bytes, taken)) = lines.next_placed().map_err(context("read", path))? {
            let known = match taken {
                Taken::Whole(line) => Known::of(line),
                Taken::TooLong => None,
            };
            let span = Span { offset: begin + offset, bytes };
            scanned = span.offset + bytes;
            if let Some(known) = known {
                self.take(known, span)?;
            }
        }
        // Texts that still wait are read again the next time; what stands behind them is known by its place.
        let waiting = self.waiting.values().flatten().map(|waiting| waiting.span.offset).min();
        self.row.scanned = waiting.unwrap_or(scanned);
        self.row.head = head_of(&file, self.row.scanned)?;
        Ok(())
    }

    fn take(&mut self, known: Known<'_>, span: Span) -> rusqlite::Result<()> {
        match known {
            Known::Event(event) => self.event(event, span),
            Known::Text(text) => {
                let role = match text.role {
                    TextRole::User => Role::User,
                    TextRole::Attachment => Role::Attachment,
                };
                if role == Role::User && self.row.about.first_words.is_none() {
                    self.row.about.first_words = crate::outline::first_words(&text.text);
                }
                let waiting = Waiting { role, span, text: text.text.into_owned() };
                self.waiting.entry(text.run).or_default().push(waiting);
                Ok(())
            }
            Known::Accepted { run, at, .. } => {
                self.seen(at);
                self.accepted(&run, at)
            }
            Known::Finished { run, at, answer, .. } => {
                self.seen(at);
                self.accepted(&run, at)?; // of a run that ended before it had begun
                self.add(&run, at, Role::Answer, span, &answer).map(drop)
            }
        }
    }

    fn accepted(&mut self, run: &RunId, at: Option<Timestamp>) -> rusqlite::Result<()> {
        for waiting in self.waiting.remove(run).unwrap_or_default() {
            let is_new = self.add(run, at, waiting.role, waiting.span, &waiting.text)?;
            let asked_here = waiting.role == Role::User && waiting.span.offset >= self.row.copied_to;
            self.row.turns += i64::from(is_new && asked_here);
        }
        Ok(())
    }

    fn event(&mut self, event: Event, span: Span) -> rusqlite::Result<()> {
        self.seen(Some(event.at()));
        match event {
            Event::Opened { project, .. } => self.project = self.project_of(project)?,
            Event::Forked { project, from, bytes, .. } => {
                self.project = self.project_of(project)?;
                self.row.copied_to = span.offset + span.bytes + bytes;
                let update = "UPDATE sessions SET forked_from = ?2 WHERE id = ?1";
                self.conn.execute(update, params![self.id, from.as_str()])?;
            }
            Event::Renamed { title, .. } => self.row.about.title = Some(title).filter(|t| !t.is_empty()),
            Event::Rewound { .. } | Event::Resumed { .. } => {}
        }
        Ok(())
    }

    fn project_of(&self, path: Option<String>) -> rusqlite::Result<Option<i64>> {
        let Some(path) = path else { return Ok(None) };
        self.conn
            .prepare_cached("INSERT INTO projects (path) VALUES (?1) ON CONFLICT (path) DO NOTHING")?
            .execute([&path])?;
        let mut find = self.conn.prepare_cached("SELECT id FROM projects WHERE path = ?1")?;
        find.query_row([&path], |row| row.get(0)).map(Some)
    }

    fn seen(&mut self, at: Option<Timestamp>) {
        let about = &mut self.row.about;
        about.created_at = about.created_at.or(at);
        about.updated_at = about.updated_at.max(at);
    }

    /// Adds a message; false where its place is known already.
    fn add(
        &mut self,
        run: &RunId,
        at: Option<Timestamp>,
        role: Role,
        span: Span,
        text: &str,
    ) -> rusqlite::Result<bool> {
        if text.is_empty() && role != Role::User {
            return Ok(false);
        }
        let id = self.free_id(at)?;
        let (offset, bytes) = (span.offset, span.bytes);
        let added = self
            .conn
            .prepare_cached(
                "INSERT INTO messages (id, session, run, role, offset, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (session, offset) DO NOTHING",
            )?
            .execute(params![id, self.id, run.as_str(), role as i64, offset, bytes])?;
        if added == 0 {
            return Ok(false);
        }
        self.stems.of_text(text, &mut self.buffer, &mut self.forms);
        let project = self.project.map(|project| format!(" p{project}")).unwrap_or_default();
        self.conn
            .prepare_cached("INSERT INTO words (rowid, text, forms, scope) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                id,
                self.buffer,
                self.forms,
                format!("s{} r{}{project}", self.id, role as i64)
            ])?;
        Ok(true)
    }

    /// The next number of this millisecond.
    fn free_id(&self, at: Option<Timestamp>) -> rusqlite::Result<i64> {
        let millis = at.map_or(0, Timestamp::millis).clamp(0, i64::MAX / PER_MILLISECOND - 1);
        let mut base = millis * PER_MILLISECOND;
        let mut newest =
            self.conn.prepare_cached("SELECT max(id) FROM messages WHERE id >= ?1 AND id < ?2")?;
        loop {
            let end = base + PER_MILLISECOND;
            match newest.query_row([base, end], |row| row.get::<_, Option<i64>>(0))? {
                None => return Ok(base),
                Some(last) if last + 1 < end => return Ok(last + 1),
                Some(_) => base = end, // more than 4 096 at once: into the next millisecond
            }
        }
    }

    fn end(self) -> rusqlite::Result<()> {
        let Row { about, turns, scanned, copied_to, head } = self.row;
        let millis = |at: Option<Timestamp>| at.map(Timestamp::millis);
        self.conn
            .prepare_cached(
                "UPDATE sessions SET project = ?2, title = ?3, first_words = ?4, created_at = ?5, updated_at = ?6,
                        turns = ?7, scanned = ?8, copied_to = ?9, head = ?10 WHERE id = ?1",
            )?
            .execute(params![
                self.id,
                self.project,
                about.title,
                about.first_words,
                millis(about.created_at),
                millis(about.updated_at),
                turns,
                scanned,
                copied_to,
                head
            ])?;
        Ok(())
    }
}
