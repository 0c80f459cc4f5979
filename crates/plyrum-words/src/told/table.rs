//! The pairs: an English sentence on a line of its own, below it, indented, the same in Russian.
//!
//! `{name}` is a hole: whatever stands there in the English text stands in the Russian one, character for character, for
//! it may be a path, an id or a command. Only where the Russian line writes `{name…}` the text in the hole is looked up
//! in the table again, and only where it writes `{name,}` a decimal there gets its comma. `#` begins a comment.

use super::pattern::{Held, Pattern, name_of};
use crate::Lang;
use std::borrow::Cow;
use std::cmp::Reverse;

macro_rules! areas {
    ($($area:literal)*) => {
        /// One file for each area, in the order in which equals are tried.
        pub(super) const RU: &[&str] =
            &[$(include_str!(concat!("../../locales/ru/told/", $area, ".txt"))),*];
        /// The areas, so that a test can hold them against the folder.
        #[cfg(test)]
        pub(super) const AREAS: &[&str] = &[$($area),*];
    };
}

areas!("common" "run" "provider" "daemon" "sessions" "ledger" "config" "catalog" "plans" "route" "policy"
    "tools" "audit" "screen" "bench");

/// How deep texts within texts are told: a cause within a cause, an item of a list.
const MAX_DEPTH: usize = 8;

/// Every pair, the one with the most literal text first.
pub(super) struct Table {
    pub(super) pairs: Vec<Pair>,
}

/// A sentence in both languages.
pub(super) struct Pair {
    pub(super) english: Pattern,
    pub(super) russian: Pattern,
}

impl Table {
    /// Reads the areas; what cannot be read is left out and told.
    pub(super) fn parse(areas: &[&'static str]) -> (Self, Vec<String>) {
        let (mut pairs, mut wrong) = (Vec::new(), Vec::new());
        for area in areas {
            read_area(area, &mut pairs, &mut wrong);
        }
        pairs.sort_by_key(|pair| Reverse(pair.english.literal_bytes()));
        (Self { pairs }, wrong)
    }

    /// The text in Russian, or as it is.
    pub(super) fn told<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.at_depth(text, MAX_DEPTH)
    }

    /// The pair that a text is told by.
    pub(super) fn find<'t>(&self, text: &'t str) -> Option<(&Pair, Vec<&'t str>)> {
        self.pairs.iter().find_map(|pair| Some((pair, pair.english.matched(text)?)))
    }

    /// Parts of a text are parts of its length, and the depth is bounded: the work is linear in the text.
    fn at_depth<'t>(&self, text: &'t str, depth: usize) -> Cow<'t, str> {
        let known = if depth > 0 { self.find(text.trim()) } else { None };
        let Some((pair, held)) = known else { return Cow::Borrowed(text) };
        let mut told = String::with_capacity(text.len() * 2);
        told.push_str(blanks_before(text));
        let mut holes = pair.russian.holes.iter();
        for piece in &pair.russian.pieces {
            told.push_str(piece);
            let Some((name, becomes)) = holes.next().map(|hole| name_of(hole)) else { break };
            let at = pair.english.holes.iter().position(|hole| *hole == name);
            let value = at.and_then(|at| held.get(at)).copied().unwrap_or_default();
            match becomes {
                Held::AsItIs => told.push_str(value),
                Held::Told => told.push_str(&self.at_depth(value, depth - 1)),
                Held::Decimal => told.push_str(&Lang::Ru.decimal(value)),
            }
        }
        told.push_str(blanks_behind(text));
        if told == text { Cow::Borrowed(text) } else { Cow::Owned(told) }
    }
}

fn read_area(area: &'static str, pairs: &mut Vec<Pair>, wrong: &mut Vec<String>) {
    let mut english: Option<&'static str> = None;
    for line in area.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let is_russian = line.starts_with(' ');
        match (english.take(), is_russian) {
            (Some(before), true) => match pair(before, line.trim()) {
                Ok(pair) => pairs.push(pair),
                Err(why) => wrong.push(format!("{before}: {why}")),
            },
            (None, true) => wrong.push(format!("no English above: {line}")),
            (before, false) => {
                wrong.extend(before.map(|before| format!("no Russian below: {before}")));
                english = Some(line);
            }
        }
    }
    wrong.extend(english.map(|before| format!("no Russian below: {before}")));
}

fn pair(english: &'static str, russian: &'static str) -> Result<Pair, &'static str> {
    let pair = Pair { english: Pattern::parse(english), russian: Pattern::parse(russian) };
    let sorted = |holes: Vec<&'static str>| {
        let mut names: Vec<_> = holes.into_iter().map(|hole| name_of(hole).0).collect();
        names.sort_unstable();
        names
    };
    let (ours, theirs) = (sorted(pair.english.holes.clone()), sorted(pair.russian.holes.clone()));
    if ours != theirs {
        return Err("the holes of both languages differ");
    }
    if ours.windows(2).any(|two| two.first() == two.last()) {
        return Err("two holes have one name");
    }
    if pair.english.has_touching_holes() {
        return Err("two holes touch");
    }
    Ok(pair)
}

fn blanks_before(text: &str) -> &str {
    text.strip_suffix(text.trim_start()).unwrap_or_default()
}

fn blanks_behind(text: &str) -> &str {
    text.strip_prefix(text.trim_end()).unwrap_or_default()
}
