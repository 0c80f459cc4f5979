//! What a terminal has been sent, and what it shows of that: every byte, the text, and a screen as a real terminal
//! would draw it.

use super::sequences::{Sequence, sequences};
use vt100::{Callbacks, Parser, Screen};

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
    parser: Parser<Held>,
}

/// The screen as it was when a synchronized update began: a terminal shows that until the update is whole, and nobody sees
/// half a picture.
#[derive(Default)]
struct Held(Option<Screen>);

impl Callbacks for Held {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        prefix: Option<u8>,
        _second: Option<u8>,
        parameters: &[&[u16]],
        end: char,
    ) {
        match (prefix, parameters, end) {
            (Some(b'?'), [[2026]], 'h') => self.0 = Some(screen.clone()),
            (Some(b'?'), [[2026]], 'l') => self.0 = None,
            _ => {}
        }
    }
}

impl Shown {
    pub(super) fn new(size: Size) -> Self {
        let (columns, lines) = sides(size);
        Self {
            bytes: Vec::new(),
            text: String::new(),
            half: Vec::new(),
            parser: Parser::new_with_callbacks(lines, columns, 0, Held::default()),
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
        let screen = self.parser.callbacks().0.as_ref().unwrap_or_else(|| self.parser.screen());
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

#[test]
fn half_a_picture_is_never_to_be_seen() {
    let mut shown = Shown::new((20, 3));
    let first_row = |shown: &Shown| shown.picture().rows[0].clone();
    shown.take(b"\x1b[?2026h\x1b[1;1Hone\x1b[?2026l\x1b[?20");
    shown.take(b"26h\x1b[1;1Htw");
    assert_eq!(first_row(&shown), "one");
    shown.take(b"o\x1b[?2026l");
    assert_eq!(first_row(&shown), "two");
}
