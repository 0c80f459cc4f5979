//! An answer without what is set around it: signs, quotes, brackets, LaTeX's marks of mathematics.

/// Brackets that may stand around an answer, LaTeX's around mathematics included.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// Pairs of brackets that are taken off: nobody means more.
const DEPTH: usize = 8;

/// Without what stands around an answer and is none of it: signs, quotes, brackets around the whole, brackets that nothing
/// closes or opens.
pub(super) fn bare(text: &str) -> &str {
    let mut bare = without_signs(text);
    if is_list(bare) {
        return bare;
    }
    for _ in 0..DEPTH {
        let Some(less) = without_brackets(bare) else { break };
        bare = without_signs(less);
    }
    bare
}

/// A point, an interval, a list of numbers: its brackets say which.
fn is_list(text: &str) -> bool {
    let is_open = text.starts_with(['(', '[', '{']) || text.starts_with("\\{");
    is_open && text.contains([',', ';']) && text.contains(|c: char| c.is_ascii_digit())
}

fn without_signs(text: &str) -> &str {
    let is_bracket = |c: char| BRACKETS.iter().any(|(open, close)| c == *open || c == *close);
    let means_something = |c: char| is_bracket(c) || "-\\±≤≥≠<>¬°‰√∛".contains(c);
    let is_around = |c: char| !c.is_alphanumeric() && !means_something(c);
    // "C++", "C#", "A+", "5+".
    let ended = text.trim_end_matches(|c: char| is_around(c) && !matches!(c, '+' | '#'));
    let begun = ended.trim_start_matches(is_around);
    // The point of ".5" is a part of it.
    let before = ended.len() - begun.len();
    let is_point = begun.starts_with(|c: char| c.is_ascii_digit())
        && ended.get(..before).is_some_and(|signs| signs.ends_with('.'));
    if is_point { ended.get(before - 1..).unwrap_or(begun) } else { begun }
}

/// A text without the brackets around the whole of it, or without one at an end that has no partner.
fn without_brackets(text: &str) -> Option<&str> {
    const SET: [&str; 5] = ["\\text", "\\textbf", "\\mathrm", "\\mathbf", "\\boxed"];
    let set = SET.iter().find_map(|set| text.strip_prefix(set).filter(|inner| inner.starts_with('{')));
    if let Some(inner) = set.filter(|inner| closed_at(inner, '{', '}') == Some(inner.len() - 1)) {
        return Some(inner);
    }
    if let Some(inner) = text.strip_prefix("\\(").or_else(|| text.strip_prefix("\\[")) {
        return Some(inner.strip_suffix("\\)").or_else(|| inner.strip_suffix("\\]")).unwrap_or(inner));
    }
    if let Some(inner) = text.strip_suffix("\\)").or_else(|| text.strip_suffix("\\]")) {
        return Some(inner);
    }
    let count = |of: char| text.matches(of).count();
    BRACKETS.iter().find_map(|(open, close)| {
        if let Some(inner) = text.strip_prefix(*open) {
            return match closed_at(text, *open, *close) {
                None => Some(inner),
                Some(at) => inner.strip_suffix(*close).filter(|_| at + close.len_utf8() == text.len()),
            };
        }
        let loose = text.strip_prefix(*close).or_else(|| text.strip_suffix(*open));
        loose.or_else(|| text.strip_suffix(*close).filter(|_| count(*close) > count(*open)))
    })
}

/// Where the bracket that a text begins with is closed.
fn closed_at(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    let end = text.char_indices().find(|(_, c)| {
        depth += usize::from(*c == open);
        depth -= usize::from(*c == close).min(depth);
        depth == 0
    });
    end.map(|(at, _)| at)
}
