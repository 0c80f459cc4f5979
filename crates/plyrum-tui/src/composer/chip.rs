//! A long paste, folded: one place in the text, with a label to read, and the text that it stands for.
//!
//! In the text a chip is one noncharacter, which Unicode keeps for exactly this: nobody can type one, and what is typed
//! or pasted is cleared of them.

use std::collections::VecDeque;
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

    /// The mark of a chip that is there.
    pub(super) fn mark_of(&self, chip: &Chip) -> Option<char> {
        let place = self.list.iter().position(|known| known.text == chip.text)?;
        char::from_u32(FIRST + u32::try_from(place).ok()?)
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

/// Folded pastes that are remembered when their prompt has gone.
const MAX_PASTED: usize = 64;
/// Bytes of them.
const MAX_PASTED_BYTES: usize = 1 << 20;

/// Folded pastes of earlier prompts, the newest last: at most [`MAX_PASTED`], and a mebibyte of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Pasted {
    list: VecDeque<Chip>,
    bytes: usize,
}

impl Pasted {
    /// Remembers what a prompt has.
    pub(super) fn remember(&mut self, chips: &Chips) {
        // A prompt loses its blank end on its way, and what comes back has to be known by the rest.
        let trimmed = |chip: &Chip| Chip { label: chip.label.clone(), text: chip.text.trim_end().to_owned() };
        for chip in chips.list.iter().map(trimmed).filter(|chip| !chip.text.is_empty()) {
            if self.list.iter().any(|known| known.text == chip.text) {
                continue;
            }
            self.bytes += chip.text.len();
            self.list.push_back(chip);
            while self.list.len() > MAX_PASTED || self.bytes > MAX_PASTED_BYTES {
                let Some(oldest) = self.list.pop_front() else { break };
                self.bytes -= oldest.text.len();
            }
        }
    }

    /// Keeps one that is older than the others; false where there is no room for it.
    pub(super) fn keep_older(&mut self, chip: Chip) -> bool {
        if self.list.iter().any(|known| known.text == chip.text) {
            return true;
        }
        let has_room = self.list.len() < MAX_PASTED && self.bytes + chip.text.len() <= MAX_PASTED_BYTES;
        if has_room {
            self.bytes += chip.text.len();
            self.list.push_front(chip);
        }
        has_room
    }

    /// The text with marks in the place of what is remembered, each as `mark` gives it.
    pub(super) fn fold(&self, text: &str, mut mark: impl FnMut(&Chip) -> Option<char>) -> String {
        let mut folded = text.to_owned();
        for chip in self.list.iter().rev() {
            if let Some(mark) = folded.contains(&chip.text).then(|| mark(chip)).flatten() {
                folded = folded.replace(&chip.text, mark.encode_utf8(&mut [0; 4]));
            }
        }
        folded
    }
}
