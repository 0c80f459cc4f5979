//! Sentences that other crates compose in English, told in Russian where a person reads them.
//!
//! What a daemon, a provider or a file system says goes over the wire, into logs and into the audit as one English text:
//! that is what programs and reports rely on. So the text itself is the key here, as in gettext, and nothing has to be
//! said twice by who composes it. A text that the table does not know stays as it is.

mod pattern;
mod table;

use crate::{Lang, Words};
use std::borrow::Cow;
use table::Table;

/// Longer texts are no sentences of ours; they are shown as they came.
const MAX_BYTES: usize = 4 * 1024;

/// The table of a language, read when the first text is to be told in it.
#[derive(Default)]
pub(crate) struct Told(std::sync::OnceLock<Table>);

impl Told {
    fn table(&self) -> &Table {
        self.0.get_or_init(|| Table::parse(table::RU).0)
    }
}

impl Words {
    /// An English text of another crate in this language: a fault's message or hint, a reason, a notice. Each line is a
    /// text of its own. What is not known, or over 4 KiB, stays English.
    #[must_use]
    pub fn told<'t>(&self, english: &'t str) -> Cow<'t, str> {
        if self.lang() == Lang::En || english.len() > MAX_BYTES {
            return Cow::Borrowed(english);
        }
        let table = self.told.table();
        let lines: Vec<Cow<'t, str>> = english.split('\n').map(|line| table.told(line)).collect();
        if lines.iter().all(|line| matches!(line, Cow::Borrowed(_))) {
            return Cow::Borrowed(english);
        }
        Cow::Owned(lines.join("\n"))
    }
}

#[cfg(test)]
mod drift;
#[cfg(test)]
mod tests;
