//! Code with its words in their roles. Highlighting has bounds: beyond them code is shown plainly, never left out.

mod listing;
mod scopes;
mod syntaxes;

use listing::Listing;
pub(crate) use listing::{Growing, Listings};
pub use syntaxes::warm;

use crate::line::Line;
use crate::sanitize::clean;
use crate::wrap::{fold, goes_on};

/// A file or a piece of code, highlighted if its language is known; a long line goes on behind a dim `↪`.
pub fn code(text: &str, language: Option<&str>, width: u16) -> Vec<Line> {
    let mut listing = Listing::new(language);
    clean(text).lines().for_each(|line| listing.push(line));
    listing.lines().iter().flat_map(|line| folded(&line, width)).collect()
}

/// One line of code, as many lines as it takes.
pub(crate) fn folded(line: &Line, width: u16) -> Vec<Line> {
    fold(line, width, &Line::default(), &goes_on(usize::from(width)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Tone;

    fn toned(text: &str, language: &str) -> Vec<(String, Tone)> {
        code(text, Some(language), 80)
            .into_iter()
            .flat_map(|line| line.spans)
            .filter(|span| !span.text.trim().is_empty())
            .map(|span| (span.text.trim().to_owned(), span.tone))
            .collect()
    }

    fn check(language: &str, text: &str, expected: &[(&str, Tone)]) {
        let toned = toned(text, language);
        for (word, tone) in expected {
            let found = toned.iter().any(|(said, role)| said == word && role == tone);
            assert!(found, "{language}: {word} as {tone:?} in {toned:?}");
        }
    }

    #[test]
    fn words_have_their_roles() {
        check(
            "rust",
            "// why\nfn main() -> Vec<u8> { let s = \"hi\"; 42 }",
            &[
                ("// why", Tone::Comment),
                ("fn", Tone::Keyword),
                ("main", Tone::Function),
                ("\"hi\"", Tone::String),
                ("42", Tone::Number),
            ],
        );
        check(
            "python",
            "def f(x):\n    return 'a'  # b",
            &[("def", Tone::Keyword), ("f", Tone::Function), ("'a'", Tone::String), ("# b", Tone::Comment)],
        );
        check("ts", "const a = 'x';", &[("const", Tone::Keyword), ("'x'", Tone::String)]);
        check("sh", "echo \"x\" # y", &[("# y", Tone::Comment), ("\"x\"", Tone::String)]);
        check("json", "{\"a\": 1}", &[("1", Tone::Number)]);
        check("diff", "@@ -1 +1 @@\n-a\n+b", &[("-a", Tone::Removed), ("+b", Tone::Added)]);
        check("nothing-known", "a b", &[("a b", Tone::Code)]);
    }

    #[test]
    fn nothing_is_lost_whatever_the_language() {
        let text = "fn a() {\n\tlet x = \"неконец\n}\n\n  漢字 /* ...\n";
        for language in ["rust", "python", "c", "html", "yaml", "md", "sh", "sql", "diff", ""] {
            let shown: Vec<_> = code(text, Some(language), 80).iter().map(Line::text).collect();
            assert_eq!(shown, ["fn a() {", "    let x = \"неконец", "}", "", "  漢字 /* ..."], "{language}");
        }
    }

    #[test]
    fn beyond_the_bounds_code_is_plain() {
        let long = format!("let a = 1; {}", "x".repeat(5_000));
        assert!(
            code(&long, Some("rust"), 80)
                .iter()
                .flat_map(|line| &line.spans)
                .all(|span| matches!(span.tone, Tone::Code | Tone::Dim))
        );
    }
}
