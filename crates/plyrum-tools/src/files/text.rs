//! Bounded text for models.

/// A text that takes whole lines until it is full.
#[derive(Debug)]
pub(crate) struct Bounded {
    text: String,
    max_bytes: usize,
    full: bool,
}

impl Bounded {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { text: String::new(), max_bytes, full: false }
    }

    /// Adds a line; once one did not fit, none is added any more.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        self.full |= self.text.len() + line.len() + 1 > self.max_bytes;
        if !self.full {
            self.text.push_str(line);
            self.text.push('\n');
        }
        !self.full
    }

    /// The text with a last note, which always fits.
    pub(crate) fn end(mut self, note: &str) -> String {
        self.text.push_str(note);
        self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// The beginning of a text, cut between characters.
pub(crate) fn beginning(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default()
}

/// Sizes as people read them.
pub(crate) fn size_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
