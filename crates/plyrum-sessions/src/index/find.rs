//! Searching and listing, beside the writer.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use plyrum_protocol::{RunId, SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::of_sql;
use super::query::{Phrase, Query};
use super::schema::open_to_read;
use super::words::{Stems, fold, words};
use crate::{Span, Texts};

/// The most hits and rows of one call.
pub const MAX_HITS: usize = 256;
/// Characters before the first match that a snippet shows, and in all.
const BEFORE_CHARS: usize = 60;
const SNIPPET_CHARS: usize = 200;

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A prompt.
    User = 0,
    /// Something that came with a prompt.
    Attachment = 1,
    /// An answer.
    Answer = 2,
}

impl Role {
    fn of(number: i64) -> Self {
        match number {
            0 => Self::User,
            1 => Self::Attachment,
            _ => Self::Answer,
        }
    }

    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Attachment => "attachment",
            Self::Answer => "answer",
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// As typed: words, `"phrases"`, `-not`, `beginnings*`.
    pub text: String,
    /// Only in sessions of this project.
    pub project: Option<String>,
    /// Only in this session.
    pub session: Option<SessionId>,
    /// Older than this hit's [`Hit::cursor`].
    pub before: Option<i64>,
    /// At most so many, at most [`MAX_HITS`].
    pub limit: usize,
}

/// A message that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its session.
    pub session: SessionId,
    /// The session's project.
    pub project: Option<String>,
    /// The session's title, or the first words of its first prompt.
    pub name: String,
    /// Its run.
    pub run: RunId,
    /// Whose words.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// The words around the first match.
    pub snippet: Snippet,
    /// For the next page.
    pub cursor: i64,
}

/// A piece of a text with the matches in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// On one line.
    pub text: String,
    /// Where the matches are in it, in bytes.
    pub marks: Vec<(usize, usize)>,
}

/// A session as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Which.
    pub session: SessionId,
    /// Its title, or the first words of its first prompt.
    pub name: String,
    /// Its project.
    pub project: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When something last happened in it.
    pub updated_at: Timestamp,
    /// Prompts that were asked in it.
    pub turns: u64,
    /// The session that it is a copy of.
    pub forked_from: Option<SessionId>,
}

/// Where a page of sessions ended: the last row's time and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionsAfter {
    /// Milliseconds.
    pub updated_at: i64,
    /// The row's number.
    pub id: i64,
}

/// A reader of the index.
pub struct Searcher {
    conn: Connection,
    path: PathBuf,
    dir: PathBuf,
    stems: Stems,
}

impl std::fmt::Debug for Searcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Searcher").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A row of `messages` with what is shown of its session.
struct Row {
    id: i64,
    session: String,
    title: Option<String>,
    first_words: Option<String>,
    project: Option<String>,
    run: String,
    role: Role,
    span: Span,
    is_copy: bool,
}

impl Row {
    /// Whether one is a copy of the other.
    fn is_same_as(&self, other: &Row) -> bool {
        (self.is_copy || other.is_copy)
            && (&self.run, self.role, self.span.bytes) == (&other.run, other.role, other.span.bytes)
    }
}

impl Searcher {
    /// Opens the index at `path` over the logs in `dir`.
    pub fn open(path: &Path, dir: &Path) -> io::Result<Self> {
        Ok(Self {
            conn: open_to_read(path)?,
            path: path.to_owned(),
            dir: dir.to_owned(),
            stems: Stems::new(),
        })
    }

    /// The newest messages that match. `None`: the text names nothing to look for.
    pub fn search(&self, search: &Search) -> io::Result<Option<Vec<Hit>>> {
        let query = Query::parse(&search.text, &self.stems);
        let Some(scope) = self.scope(search).map_err(of_sql(&self.path))? else {
            return Ok(query.expression(&[]).map(|_| Vec::new()));
        };
        let Some(expression) = query.expression(&scope) else { return Ok(None) };
        let rows = self.rows(&expression, search).map_err(of_sql(&self.path))?;
        let mut logs: BTreeMap<String, Option<Texts>> = BTreeMap::new();
        let mut hits = Vec::with_capacity(rows.len());
        for row in rows {
            let Ok(session) = SessionId::new(row.session.clone()) else { continue };
            let log =
                logs.entry(row.session.clone()).or_insert_with(|| Texts::open(&self.dir, &session).ok());
            // A log that was deleted a moment ago has nothing to show any more.
            let Some(text) = log.as_ref().and_then(|log| log.at(row.span).ok()) else { continue };
            let Ok(run) = RunId::new(row.run) else { continue };
            hits.push(Hit {
                session,
                project: row.project,
                name: row.title.or(row.first_words).unwrap_or_default(),
                run,
                role: row.role,
                at: Timestamp::from_millis(row.id / 4096),
                snippet: snippet(&text, &query.wanted, &self.stems),
                cursor: row.id,
            });
        }
        Ok(Some(hits))
    }

    /// Sessions that are copies of this one.
    pub fn copies_of(&self, session: &SessionId) -> io::Result<Vec<SessionId>> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let find = "SELECT session FROM sessions WHERE forked_from = ?1 ORDER BY id LIMIT ?2";
            let mut select = self.conn.prepare_cached(find)?;
            let limit = i64::try_from(MAX_HITS).unwrap_or_default();
            select.query_map(params![session.as_str(), limit], |row| row.get(0))?.collect()
        };
        let copies = read().map_err(of_sql(&self.path))?;
        Ok(copies.into_iter().filter_map(|copy| SessionId::new(copy).ok()).collect())
    }

    /// Sessions, the last used first.
    pub fn sessions(
        &self,
        project: Option<&str>,
        after: Option<SessionsAfter>,
        limit: usize,
    ) -> io::Result<Vec<(SessionRow, SessionsAfter)>> {
        self.session_rows(project, after, limit).map_err(of_sql(&self.path))
    }

    fn session_rows(
        &self,
        project: Option<&str>,
        after: Option<SessionsAfter>,
        limit: usize,
    ) -> rusqlite::Result<Vec<(SessionRow, SessionsAfter)>> {
        let after = after.unwrap_or(SessionsAfter { updated_at: i64::MAX, id: i64::MAX });
        let mut select = self.conn.prepare_cached(
            "SELECT s.id, s.session, s.title, s.first_words, p.path, s.created_at, coalesce(s.updated_at, 0), s.turns,
                    s.forked_from
             FROM sessions s LEFT JOIN projects p ON p.id = s.project
             WHERE (coalesce(s.updated_at, 0), s.id) < (?1, ?2) AND (?3 IS NULL OR p.path = ?3)
             ORDER BY s.updated_at DESC, s.id DESC LIMIT ?4",
        )?;
        let limit = i64::try_from(limit.min(MAX_HITS)).unwrap_or_default();
        let mut rows = select.query(params![after.updated_at, after.id, project, limit])?;
        let mut sessions = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, updated_at): (i64, i64) = (row.get(0)?, row.get(6)?);
            let Ok(session) = SessionId::new(row.get::<_, String>(1)?) else { continue };
            let (title, first_words): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            let created_at: Option<i64> = row.get(5)?;
            let forked_from: Option<String> = row.get(8)?;
            let found = SessionRow {
                session,
                name: title.or(first_words).unwrap_or_default(),
                project: row.get(4)?,
                created_at: Timestamp::from_millis(created_at.unwrap_or(updated_at)),
                updated_at: Timestamp::from_millis(updated_at),
                turns: row.get(7)?,
                forked_from: forked_from.and_then(|from| SessionId::new(from).ok()),
            };
            sessions.push((found, SessionsAfter { updated_at, id }));
        }
        Ok(sessions)
    }

    /// The words that narrow a search; none where the project or session has no messages at all.
    fn scope(&self, search: &Search) -> rusqlite::Result<Option<Vec<String>>> {
        let mut scope = Vec::new();
        if let Some(project) = &search.project {
            let find = "SELECT id FROM projects WHERE path = ?1";
            let id: Option<i64> = self.conn.query_row(find, [project], |row| row.get(0)).optional()?;
            let Some(id) = id else { return Ok(None) };
            scope.push(format!("p{id}"));
        }
        if let Some(session) = &search.session {
            let find = "SELECT id FROM sessions WHERE session = ?1";
            let id: Option<i64> =
                self.conn.query_row(find, [session.as_str()], |row| row.get(0)).optional()?;
            let Some(id) = id else { return Ok(None) };
            scope.push(format!("s{id}"));
        }
        Ok(Some(scope))
    }

    /// The newest rows that match. What a copied session has of its original counts once.
    fn rows(&self, expression: &str, search: &Search) -> rusqlite::Result<Vec<Row>> {
        let limit = search.limit.clamp(1, MAX_HITS);
        let mut select = self.conn.prepare_cached(
            "SELECT m.id, s.session, s.title, s.first_words, p.path, m.run, m.role, m.offset, m.bytes,
                    m.offset < s.copied_to
             FROM words JOIN messages m ON m.id = words.rowid JOIN sessions s ON s.id = m.session
             LEFT JOIN projects p ON p.id = s.project
             WHERE words MATCH ?1 AND words.rowid < ?2 ORDER BY words.rowid DESC",
        )?;
        let mut rows = select.query(params![expression, search.before.unwrap_or(i64::MAX)])?;
        let mut found: Vec<Row> = Vec::new();
        while let Some(row) = rows.next()? {
            let row = Row {
                id: row.get(0)?,
                session: row.get(1)?,
                title: row.get(2)?,
                first_words: row.get(3)?,
                project: row.get(4)?,
                run: row.get(5)?,
                role: Role::of(row.get(6)?),
                span: Span { offset: row.get(7)?, bytes: row.get(8)? },
                is_copy: row.get(9)?,
            };
            // Copies have the time of their original, so they stand beside it.
            match found.iter().rposition(|other| row.is_same_as(other)) {
                Some(at) if found[at].is_copy && !row.is_copy => found[at] = row,
                Some(_) => {}
                None if found.len() == limit => break,
                None => found.push(row),
            }
        }
        Ok(found)
    }
}

/// The words around the first match, with all matches in them marked.
fn snippet(text: &str, wanted: &[Phrase], stems: &Stems) -> Snippet {
    let (opened, closed): (Vec<&Phrase>, Vec<&Phrase>) = wanted.iter().partition(|phrase| phrase.is_open);
    let single: Vec<&str> = closed.iter().flat_map(|phrase| &phrase.stems).map(String::as_str).collect();
    let open: Vec<&str> = opened.iter().flat_map(|phrase| &phrase.stems).map(String::as_str).collect();
    let matches = |word: &str| {
        stems.of(word).is_some_and(|stem| single.contains(&stem.as_str()))
            || (!open.is_empty() && open.iter().any(|begin| fold(word).starts_with(begin)))
    };
    let first = words(text).find(|place| matches(text.get(place.clone()).unwrap_or_default()));
    let first = first.map_or(0, |place| place.start);
    let before = text.get(..first).unwrap_or_default();
    let start = before.char_indices().rev().nth(BEFORE_CHARS).map_or(0, |(at, _)| {
        let word = text.get(at..first).and_then(|skipped| skipped.find(char::is_whitespace));
        word.map_or(at, |space| at + space)
    });
    let shown: String = text.get(start..).unwrap_or_default().chars().take(SNIPPET_CHARS).collect();
    let more = start + shown.len() < text.len();
    let mut line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if start > 0 {
        line.insert_str(0, "… ");
    }
    if more {
        line.push_str(" …");
    }
    let marks = words(&line).filter(|place| matches(line.get(place.clone()).unwrap_or_default()));
    let marks = marks.map(|place| (place.start, place.end)).collect();
    Snippet { text: line, marks }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, typed: &str) -> String {
        let stems = Stems::new();
        let snippet = snippet(text, &Query::parse(typed, &stems).wanted, &stems);
        let mut marked = snippet.text.clone();
        for (start, end) in snippet.marks.into_iter().rev() {
            marked.insert(end, ']');
            marked.insert(start, '[');
        }
        marked
    }

    #[test]
    fn a_snippet_shows_the_first_match_with_words_around_it() {
        assert_eq!(shown("Маршрутизатор выбирает\nмодель.", "модели"), "Маршрутизатор выбирает [модель].");
        let long = format!("{} the router decides {}", "word ".repeat(100), "tail ".repeat(100));
        let shown = shown(&long, "routers dec*");
        assert!(shown.starts_with("… word") && shown.ends_with(" …"), "{shown}");
        assert!(shown.contains("the [router] [decides] tail"), "{shown}");
    }
}
