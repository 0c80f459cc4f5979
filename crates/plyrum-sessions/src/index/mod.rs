//! Full-text search over what was said, in English and Russian.
//!
//! The index is a cache: it is made from the logs, catches up with what was appended to them, and makes itself
//! again where it is missing, damaged, of another version, or where a log is not the one that it knew. It
//! holds stems and places, no texts: what a search shows is read from the logs, so the two cannot disagree
//! for longer than a catch-up.
//!
//! Words are stemmed here ([`words`]) and handed to SQLite's FTS5 as plain words. The road not taken: a
//! tokenizer of FTS5's own kind, which needs unsafe code. A row's number is its time, so that the newest
//! matches come first without sorting all of them (`find.rs`).
//!
//! One writer ([`Index`]), any number of readers ([`Searcher`]).

mod catch_up;
mod find;
mod query;
mod schema;
mod words;

pub use catch_up::Index;
pub use find::{Hit, MAX_HITS, Role, Search, Searcher, SessionRow, SessionsAfter, Snippet};

use std::io;
use std::path::Path;

/// Says in an error of the database which file it is about. Damage is `InvalidData`: making the index again
/// mends it.
fn of_sql(path: &Path) -> impl Fn(rusqlite::Error) -> io::Error + use<> {
    let path = path.to_owned();
    move |error| {
        let kind = if schema::is_damage(&error) { io::ErrorKind::InvalidData } else { io::ErrorKind::Other };
        io::Error::new(kind, format!("the search index {}: {error}", path.display()))
    }
}
