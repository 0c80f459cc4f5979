//! A sentence with holes: "no model `{model}` is configured".

/// The literal pieces of a sentence and the names of the holes between them: always one piece more than holes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) pieces: Vec<&'static str>,
    pub(super) holes: Vec<&'static str>,
}

/// What becomes of the text in a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It may be a path, an id, a command: nothing.
    AsItIs,
    /// `{why…}`: it is told, too.
    Told,
    /// `{cost,}`: a decimal gets the comma of the language.
    Decimal,
}

impl Pattern {
    /// A hole is a name in braces, with or without a sign; other braces stand for themselves.
    pub(super) fn parse(text: &'static str) -> Self {
        let (mut pieces, mut holes) = (Vec::new(), Vec::new());
        let (mut rest, mut from) = (text, 0);
        while let Some((before, name, after)) = next_hole(rest, from) {
            match name {
                Some(name) => {
                    pieces.push(before);
                    holes.push(name);
                    (rest, from) = (after, 0);
                }
                None => from = rest.len() - after.len(),
            }
        }
        pieces.push(rest);
        Self { pieces, holes }
    }

    /// What the holes hold, where the whole text is this sentence. Each hole takes as little as it can; the last piece
    /// is looked for at the end, so this finds a way wherever there is one, in one pass over the text.
    pub(super) fn matched<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.pieces.split_first()?;
        let after_first = text.strip_prefix(first)?;
        let Some((last, middle)) = others.split_last() else {
            return after_first.is_empty().then(Vec::new);
        };
        let mut rest = after_first.strip_suffix(last)?;
        let mut held = Vec::with_capacity(self.holes.len());
        for piece in middle {
            let (before, after) = rest.split_once(piece)?;
            held.push(before);
            rest = after;
        }
        held.push(rest);
        Some(held)
    }

    /// Bytes that a text must have to be this sentence: of two that match, the one with more says more.
    pub(super) fn literal_bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len()).sum()
    }

    /// Whether two holes touch, so that nobody could say what is whose.
    pub(super) fn has_touching_holes(&self) -> bool {
        self.pieces.iter().skip(1).rev().skip(1).any(|piece| piece.is_empty())
    }
}

/// The name of a hole without its sign, and what the sign means.
pub(super) fn name_of(hole: &str) -> (&str, Held) {
    let signed = |sign, held| hole.strip_suffix(sign).map(|name| (name, held));
    signed('…', Held::Told).or_else(|| signed(',', Held::Decimal)).unwrap_or((hole, Held::AsItIs))
}

/// The text before the next brace behind `from`, the name in it if it is a hole, and the text behind.
fn next_hole(text: &'static str, from: usize) -> Option<(&'static str, Option<&'static str>, &'static str)> {
    let open = from + text.get(from..)?.find('{')?;
    let (before, braced) = text.split_at_checked(open)?;
    let inner = braced.strip_prefix('{')?;
    match inner.split_once('}') {
        Some((hole, after)) if is_name(name_of(hole).0) => Some((before, Some(hole), after)),
        _ => Some((before, None, inner)),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
