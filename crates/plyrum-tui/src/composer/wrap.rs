//! Soft wrapping that a key press does not redo: only rows around an edit are measured again, until a row begins where
//! one began before.

use super::ruler::Ruler;

/// Where the rows of a text begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrap {
    columns: usize,
    /// Never empty, rising; the first is 0. As many as the text has rows, so bounded by its length.
    starts: Vec<usize>,
}

/// An edit: what was taken from a place and how much has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) at: usize,
    pub(super) removed: usize,
    pub(super) inserted: usize,
}

impl Wrap {
    /// Measures the whole text.
    pub(super) fn whole(ruler: Ruler<'_>, columns: usize) -> Self {
        let columns = columns.max(1);
        let mut starts = vec![0];
        let mut at = 0;
        while let Some(next) = next_start(ruler, columns, at) {
            starts.push(next);
            at = next;
        }
        Self { columns, starts }
    }

    pub(super) const fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn rows(&self) -> usize {
        self.starts.len()
    }

    /// Where a row begins.
    pub(super) fn start(&self, row: usize) -> Option<usize> {
        self.starts.get(row).copied()
    }

    /// The row in which a place is; at a border, the later one.
    pub(super) fn row_of(&self, place: usize) -> usize {
        self.starts.partition_point(|start| *start <= place).saturating_sub(1)
    }

    /// Measures again what a change may have moved. `ruler` has the text after it.
    pub(super) fn change(&mut self, ruler: Ruler<'_>, change: Change) {
        // A row's end depends on the next row's first word, and a mark may join the character before it.
        let begin = self.row_of(change.at).saturating_sub(2);
        let mut at = self.start(begin).unwrap_or_default();
        let mut fresh = Vec::new();
        let mut tail = Vec::new();
        while let Some(next) = next_start(ruler, self.columns, at) {
            if let Some(same) = self.same_row(next, change) {
                let rest = self.starts.get(same..).unwrap_or_default();
                tail = rest.iter().map(|start| start + change.inserted - change.removed).collect();
                break;
            }
            fresh.push(next);
            at = next;
        }
        self.starts.truncate(begin + 1);
        self.starts.append(&mut fresh);
        self.starts.append(&mut tail);
    }

    /// The row that began, before the change, where one begins now behind it.
    fn same_row(&self, start: usize, change: Change) -> Option<usize> {
        let behind = start.checked_sub(change.at + change.inserted)?;
        self.starts.binary_search(&(change.at + change.removed + behind)).ok()
    }
}

/// Where the row after the one at `start` begins; none where it is the last. Words stay whole where they can.
fn next_start(ruler: Ruler<'_>, columns: usize, start: usize) -> Option<usize> {
    let mut column = 0;
    let mut at = start;
    let mut behind_space = None;
    loop {
        let end = ruler.next(at)?;
        let first = ruler.char_at(at)?;
        if first == '\n' {
            return Some(end);
        }
        column += ruler.width(at, end, column);
        if column > columns && at > start {
            return Some(behind_space.unwrap_or(at));
        }
        if first.is_whitespace() {
            behind_space = Some(end);
        }
        at = end;
    }
}
