//! What a terminal has been sent, and what it shows of that: every byte, the text, and a screen as a real terminal
//! would draw it.

use super::sequences::{Sequence, sequences};
use vt100::Parser;

/// Columns and lines of a terminal.
pub(crate) type Size = (u16, u16);

/// Everything since the terminal was opened.
pub(super) struct Shown {
    /// Every byte, as it came.
    pub(super) bytes: Vec<u8>,
    /// The same as text.
    pub(super) text: String,
    /// Bytes of a character that is not whole yet.
    half: Vec<u8>,
    parser: Parser,
}

impl Shown {
    pub(super) fn new(size: Size) -> Self {
        let (columns, lines) = sides(size);
        Self {
            bytes: Vec::new(),
            text: String::new(),
            half: Vec::new(),
            parser: Parser::new(lines, columns, 0),
        }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.parser.process(bytes);
        self.half.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.half) {
            Ok(text) => text.len(),
            Err(e) => e.valid_up_to(), // half a character; the rest comes
        };
        self.text += &String::from_utf8(self.half.drain(..whole).collect()).unwrap();
    }

    pub(super) fn resize(&mut self, size: Size) {
        let (columns, lines) = sides(size);
        self.parser.screen_mut().set_size(lines, columns);
    }

    /// What is to be seen now.
    pub(super) fn picture(&self) -> Picture {
        let screen = self.parser.screen();
        let (_, columns) = screen.size();
        Picture {
            rows: screen.rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect(),
            cursor: Some(screen.cursor_position()).filter(|_| !screen.hide_cursor()),
            is_alternate: screen.alternate_screen(),
        }
    }

    /// The modes that are switched on, by number of `CSI ? n h`, and `kitty` for each keyboard protocol that was pushed.
    pub(super) fn modes(&self) -> Vec<String> {
        let mut on: Vec<String> = Vec::new();
        for sequence in sequences(&self.bytes) {
            match &sequence {
                Sequence::Csi { prefix: '?', parameters, end: 'h', .. } => on.push(parameters.clone()),
                Sequence::Csi { prefix: '?', parameters, end: 'l', .. } => {
                    on.retain(|mode| mode != parameters);
                }
                Sequence::Csi { prefix: '>', end: 'u', .. } => on.push("kitty".to_owned()),
                Sequence::Csi { prefix: '<', end: 'u', .. } => {
                    let last = on.iter().rposition(|mode| mode == "kitty");
                    let _popped = last.map(|at| on.remove(at));
                }
                _ => {}
            }
        }
        on
    }
}

fn sides((columns, lines): Size) -> (std::num::NonZeroU16, std::num::NonZeroU16) {
    (columns.try_into().unwrap(), lines.try_into().unwrap())
}

/// What is to be seen on a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Its lines, without blanks at their ends.
    pub(crate) rows: Vec<String>,
    /// Line and column of the cursor; none while it is hidden.
    pub(crate) cursor: Option<(u16, u16)>,
    /// Whether it is the screen of a program, not the shell's.
    pub(crate) is_alternate: bool,
}

impl Picture {
    /// Whether this stands on one of its lines.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.rows.iter().any(|row| row.contains(text))
    }

    /// The first line with this on it.
    #[track_caller]
    pub(crate) fn row(&self, text: &str) -> &str {
        self.rows.iter().find(|row| row.contains(text)).unwrap_or_else(|| panic!("no `{text}` on\n{self}"))
    }
}

impl std::fmt::Display for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.rows.iter().try_for_each(|row| writeln!(f, "|{row}"))
    }
}
