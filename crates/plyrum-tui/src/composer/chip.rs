//! A long paste, folded: one place in the text, with a label to read, and the text that it stands for.
//!
//! In the text a chip is one noncharacter, which Unicode keeps for exactly this: nobody can type one, and what is typed
//! or pasted is cleared of them.

use unicode_width::UnicodeWidthStr as _;

/// So many noncharacters lie in a row; a paste beyond them is not folded.
const MAX_CHIPS: usize = 32;
const FIRST: u32 = 0xfdd0;

/// A folded paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chip {
    /// What is shown, without control characters.
    pub(super) label: String,
    /// What is sent.
    pub(super) text: String,
}

/// The folded pastes of one prompt, at most [`MAX_CHIPS`].
#[derive(Debug, Clone, Default)]
pub(super) struct Chips {
    list: Vec<Chip>,
}

/// Whether a character stands for a chip.
pub(super) fn is_mark(c: char) -> bool {
    index(c).is_some()
}

fn index(c: char) -> Option<usize> {
    let index = usize::try_from(u32::from(c).checked_sub(FIRST)?).ok()?;
    (index < MAX_CHIPS).then_some(index)
}

impl Chips {
    /// How many there were in this prompt.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// Keeps a paste; none where there is no room. A chip stays until the prompt goes, so that undoing brings it back.
    pub(super) fn add(&mut self, chip: Chip) -> Option<char> {
        let place = u32::try_from(self.list.len()).ok()?;
        let mark = char::from_u32(FIRST + place).filter(|c| is_mark(*c))?;
        self.list.push(chip);
        Some(mark)
    }

    /// The chip of a mark.
    pub(super) fn get(&self, mark: char) -> Option<&Chip> {
        self.list.get(index(mark)?)
    }

    /// The columns that a mark takes.
    pub(super) fn width(&self, mark: char) -> usize {
        self.get(mark).map_or(0, |chip| chip.label.width())
    }

    /// The text with every chip unfolded.
    pub(super) fn unfold(&self, text: &str) -> String {
        if self.list.is_empty() {
            return text.to_owned();
        }
        let mut whole = String::with_capacity(text.len());
        for c in text.chars() {
            match self.get(c) {
                Some(chip) => whole.push_str(&chip.text),
                None => whole.push(c),
            }
        }
        whole
    }

    /// How long the unfolded text would be, without making it.
    pub(super) fn unfolded_len(&self, text: &str) -> usize {
        if self.list.is_empty() {
            return text.len();
        }
        let chips = text.chars().filter_map(|c| Some((c, self.get(c)?)));
        chips.fold(text.len(), |sum, (mark, chip)| sum - mark.len_utf8() + chip.text.len())
    }
}
