//! Takes inline markup off a paragraph: what remains reads as the author meant it to be read.
//!
//! Links keep their words, images and HTML tags go, emphasis marks go only in pairs (a glob such as `*.rs`
//! stays), code spans stay as they are, with their backticks, because they are commands more often than not.

/// HTML tags that appear in Markdown; anything else in angle brackets (`Vec<T>`, `<PATH>`) is text.
const TAGS: &[&str] = &[
    "a", "abbr", "b", "br", "center", "code", "dd", "details", "div", "dl", "dt", "em", "font", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "picture", "pre", "samp", "small",
    "source", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "u",
    "ul", "var", "video",
];
const ENTITIES: &[(&str, &str)] = &[
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&nbsp;", " "),
    ("&mdash;", "—"),
];
/// How far a closing mark is looked for, bytes: keeps the work linear on hostile text.
const REACH: usize = 600;

/// The text without markup, its runs of spaces made one.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.contains(['[', '*', '<', '&', '_', '\\', '`', '!']) {
        strip(text, &mut out, 2, &mut Misses(16 + text.len() / 64));
    } else {
        out.push_str(text);
    }
    squeeze(&out)
}

/// One space for each run of spaces, none at the ends.
pub(super) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Marks that may still turn out to be text. Each costs a look over [`REACH`] bytes, so a text of nothing but
/// opening marks is taken as it is after some of them.
struct Misses(usize);

fn strip(text: &str, out: &mut String, depth: u8, misses: &mut Misses) {
    let mut rest = text;
    let mut previous = ' ';
    while let Some(letter) = rest.chars().next() {
        let step = match letter {
            _ if misses.0 == 0 => None,
            '`' => code_span(rest).inspect(|&(_, whole)| out.push_str(whole)).map(|(after, _)| after),
            '!' if rest.starts_with("![") => link(rest.get(1..).unwrap_or_default()).map(|(_, after)| after),
            '[' if depth > 0 => link(rest).map(|(words, after)| {
                if !words.starts_with('^') {
                    strip(words, out, depth - 1, misses);
                }
                after
            }),
            '<' => tag(rest, out),
            '&' => entity(rest, out),
            '*' | '_' if depth > 0 => emphasis(rest, letter, previous).map(|(words, after)| {
                strip(words, out, depth - 1, misses);
                after
            }),
            '\\' => escaped(rest, out),
            _ => None,
        };
        let Some(after) = step else {
            let missed = matches!(letter, '`' | '!' | '[' | '<' | '&' | '*' | '_' | '\\');
            misses.0 = misses.0.saturating_sub(usize::from(missed));
            out.push(letter);
            previous = letter;
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            continue;
        };
        previous = out.chars().next_back().unwrap_or(' ');
        rest = after;
    }
}

/// The near part of a text, at most [`REACH`] bytes.
fn near(text: &str) -> &str {
    text.get(..text.floor_char_boundary(REACH)).unwrap_or_default()
}

/// "`code`": what follows it, and the whole span.
fn code_span(text: &str) -> Option<(&str, &str)> {
    let body = text.trim_start_matches('`');
    let fence = text.get(..text.len() - body.len())?;
    let close = near(body).find(fence)?;
    text.split_at_checked(fence.len() * 2 + close).map(|(whole, after)| (after, whole))
}

/// "[words](target)", "[words][ref]" or "[^note]": the words, and what follows.
fn link(text: &str) -> Option<(&str, &str)> {
    let (words, after) = bracketed(text, '[', ']')?;
    if after.starts_with('(') {
        return bracketed(after, '(', ')').map(|(_, after)| (words, after));
    }
    if after.starts_with('[') {
        return bracketed(after, '[', ']').map(|(_, after)| (words, after));
    }
    words.starts_with('^').then_some((words, after))
}

/// What stands in a bracket that opens the text (nesting respected), and what follows it.
fn bracketed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    for (at, letter) in near(text).char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                let inside = text.get(open.len_utf8()..at)?;
                return Some((inside, text.get(at + close.len_utf8()..)?));
            }
        }
    }
    None
}

/// Drops a known HTML tag; an address in angle brackets stays without them.
fn tag<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let end = near(text).find('>')?;
    let inside = text.get(1..end)?;
    let after = text.get(end + 1..)?;
    if inside.starts_with("http://") || inside.starts_with("https://") {
        out.push_str(inside);
        return Some(after);
    }
    let name = inside
        .trim_start_matches('/')
        .split([' ', '/', '\n'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    TAGS.contains(&name.as_str()).then(|| {
        if name == "br" {
            out.push(' ');
        }
        after
    })
}

fn entity<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let (code, meaning) = ENTITIES.iter().find(|(code, _)| text.starts_with(code))?;
    out.push_str(meaning);
    text.get(code.len()..)
}

/// "*words*", "**words**" or "_two words_": the words and what follows. Only pairs that hug their words count.
fn emphasis(text: &str, mark: char, previous: char) -> Option<(&str, &str)> {
    let body = text.trim_start_matches(mark);
    let run = text.len() - body.len();
    if run > 3 || previous.is_alphanumeric() || body.starts_with(char::is_whitespace) {
        return None;
    }
    let marks = text.get(..run)?;
    let close = near(body).match_indices(marks).map(|(at, _)| at).find(|&at| {
        let before = body.get(..at).and_then(|text| text.chars().next_back());
        let after = body.get(at + run..).and_then(|text| text.chars().next());
        before.is_some_and(|letter| !letter.is_whitespace() && letter != mark)
            && after.is_none_or(|letter| !letter.is_alphanumeric() && letter != mark)
    })?;
    let words = body.get(..close)?;
    // An underscore is emphasis only around several words: `_private` and `__init__` are names.
    (mark == '*' || words.contains(' ')).then_some((words, body.get(close + run..)?))
}

fn escaped<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let mark = text.get(1..)?.chars().next().filter(|mark| "*_[]`#<>".contains(*mark))?;
    out.push(mark);
    text.get(1 + mark.len_utf8()..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_goes_and_words_stay() {
        assert_eq!(plain("See **the [guide](https://a.b/c_(d))**  for *more*."), "See the guide for more.");
        assert_eq!(plain("[![ci](a.svg)](https://ci) <b>Fast</b> &amp; small<br/>tool"), "Fast & small tool");
        assert_eq!(
            plain("Note[^1] at <https://x.y>, [ref][1] and [plain]"),
            "Note at https://x.y, ref and [plain]"
        );
    }

    #[test]
    fn what_only_looks_like_markup_stays() {
        for text in [
            "2 * 3 * 4",
            "all *.rs and *.toml",
            "snake_case_name __init__",
            "Vec<T> and <PATH>",
            "a ** b",
            "`*x*`",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_stripped_without_a_panic(text in "[\\[\\]()!*_`<>a-zа-я/&;\\\\ \n]{0,120}") {
            let once = plain(&text);
            prop_assert!(once.len() <= text.len());
        }
    }
}
