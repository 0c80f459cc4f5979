//! What a reader sees of markdown.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::line::{Emphasis, Line, Span, Tone};
use crate::markdown;

fn texts(text: &str, width: u16) -> Vec<String> {
    markdown(text, width).iter().map(Line::text).collect()
}

fn check(text: &str, lines: &[&str]) {
    assert_eq!(texts(text, 40), lines, "{text:?}");
}

fn spans(text: &str) -> Vec<Span> {
    markdown(text, 80).into_iter().flat_map(|line| line.spans).collect()
}

#[test]
fn blocks_are_readable_without_colour() {
    check("# One\n## Two\ntext", &["# One", "", "## Two", "text"]);
    check("Title\n=====\ntext", &["# Title", "", "text"]);
    check("a\nb\n\nc", &["a b", "", "c"]);
    check("a  \nb", &["a", "b"]);
    check("> quoted\n> text\n>\n> more", &["▎ quoted text", "▎", "▎ more"]);
    check("> # head\n> - item", &["▎ # head", "▎", "▎ • item"]);
    check("---", &["────────────────────────────────────────"]);
    check("```rust\nfn a() {}\n\n\tb\n```\nafter", &["┄ rust", "fn a() {}", "", "    b", "┄┄┄", "", "after"]);
    check("~~~\nx\n~~~", &["┄┄┄", "x", "┄┄┄"]);
}

#[test]
fn lists_nest_count_and_stand_apart_as_written() {
    check("Do:\n- a\n- b\n  - c\n    - d", &["Do:", "• a", "• b", "  ◦ c", "    ▪ d"]);
    check("1. a\n1. b\n\n3. c", &["1. a", "2. b", "", "3. c"]);
    check("9. a\n10. b\n    c", &["9. a", "10. b c"]);
    check("- [ ] open\n- [x] done", &["• [ ] open", "• [x] done"]);
    check("- a\n\n  b\n- c", &["• a", "", "  b", "• c"]);
    check(
        "1. run\n   ```sh\n   ls\n\n\n   pwd\n   ```\n2. look",
        &["1. run", "   ┄ sh", "   ls", "", "", "   pwd", "   ┄┄┄", "2. look"],
    );
    check("- \n- x", &["•", "• x"]);
    check("- a\n* b", &["• a", "• b"]);
}

#[test]
fn an_address_is_shown_whole_and_only_the_web_is_a_link() {
    check("[text](https://a.b/c)", &["text <https://a.b/c>"]);
    check("<https://a.b>", &["https://a.b"]);
    check("[x](javascript:alert)", &["x <javascript:alert>"]);
    check("![alt](http://a/b.png)", &["[image: alt] http://a/b.png"]);
    check(
        "see [one][1]\n\n[1]: https://a.b\n[1]: https://c.d",
        &["see [one][1]", "", "[1]: https://a.b [1]: https://c.d"],
    );
    let tone = |text| spans(text).last().map(|span| span.tone);
    assert_eq!(tone("[a](https://b)"), Some(Tone::Link));
    assert_eq!(tone("[a](file:///b)"), Some(Tone::Dim));
}

#[test]
fn html_is_text() {
    check("a <b>c</b> d", &["a <b>c</b> d"]);
    check("<div>\n\n**x**\n\n</div>", &["<div>", "", "x", "", "</div>"]);
    check("<!-- open\n\ntext", &["<!-- open", "", "text"]);
    check("a<br>b", &["a", "b"]);
}

#[test]
fn words_stand_out_as_written() {
    for (text, expected) in [
        ("**a**", Span::new("a", Tone::Text).with(Emphasis::BOLD)),
        ("*a*", Span::new("a", Tone::Text).with(Emphasis::ITALIC)),
        ("***a***", Span::new("a", Tone::Text).with(Emphasis::BOLD.and(Emphasis::ITALIC))),
        ("~~a~~", Span::new("a", Tone::Text).with(Emphasis::STRUCK)),
        ("`a  b`", Span::new("a  b", Tone::Code)),
        ("**open", Span::new("**open", Tone::Text)),
        ("&#27;[31mx&#x202e;&#x9b;", Span::new("[31mx", Tone::Text)),
        ("a\u{202e}b\u{200b}c\u{feff}", Span::new("abc", Tone::Text)),
        ("👩\u{200d}👩\u{200d}👧 e\u{301}", Span::new("👩\u{200d}👩\u{200d}👧 e\u{301}", Tone::Text)),
    ] {
        assert_eq!(spans(text), [expected], "{text:?}");
    }
}

#[test]
fn a_table_shrinks_and_then_becomes_a_list_of_values() {
    let table = "| Name | Says |\n|---|--:|\n| cat | 漢字 **x** |\n| a dog | woof woof woof |";
    assert_eq!(
        texts(table, 40),
        [
            "Name  │           Says",
            "──────┼───────────────",
            "cat   │         漢字 x",
            "a dog │ woof woof woof"
        ]
    );
    assert_eq!(
        texts(table, 20),
        [
            "Name  │         Says",
            "──────┼─────────────",
            "cat   │       漢字 x",
            "a dog │    woof woof",
            "      │         woof"
        ]
    );
    assert_eq!(
        texts(table, 12),
        ["Name: cat", "Says: 漢字 x", "", "Name: a dog", "Says: woof", "  woof woof"]
    );
}

#[test]
fn nesting_costs_at_most_half_of_the_width() {
    for hostile in [
        ">".repeat(10_000),
        "- ".repeat(10_000),
        "[".repeat(10_000),
        "*a ".repeat(5_000),
        "> - ".repeat(3_000),
    ] {
        let text = format!("{hostile} x");
        for line in markdown(&text, 20) {
            assert!(line.width() <= 20, "{:?}", line.text());
        }
    }
}

/// Pieces that mean something to a parser, or to a terminal.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "\n",
            "\n\n",
            "- ",
            "  - ",
            "1. ",
            "> ",
            "# ",
            "```",
            "```rust\n",
            "~~~\n",
            "|",
            "|a|b|\n|-|-|\n",
            "---",
            "===",
            "**",
            "*",
            "_",
            "`",
            "~~",
            "[",
            "](",
            ")",
            "![",
            "](https://a.b)",
            "<",
            "<b>",
            "<!--",
            "&#27;",
            "&#x202e;",
            "&NewLine;",
            "\\",
            "    ",
            "\t",
            "  \n",
            "[a]: b\n",
            "- [x] ",
            "\u{1b}[31m",
            "\u{1b}]0;",
            "\u{7}",
            "\r",
            "\u{9b}",
            "\u{202e}",
            "\u{200b}",
            "\u{200d}",
            "\u{feff}",
            "\u{301}",
            "漢字",
            "👩\u{200d}👧",
            "क्",
            "क",
            "🇷",
            "word",
            "слово",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,12}",
        "\\PC{0,6}",
        ".{0,4}",
    ]
}

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

fn is_foreign(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_comes_lines_fit_and_nothing_foreign_is_in_them(text in text(), width in 4_u16..60) {
        for line in markdown(&text, width) {
            prop_assert!(line.width() <= usize::from(width), "{:?} in {}", line, width);
            prop_assert!(!line.text().contains(is_foreign), "{:?}", line);
        }
        for lines in [crate::plain(&text, width), crate::exact(&text, width), crate::diff(&text, width), crate::diff_exact(&text, width), crate::code(&text, Some("rust"), width)] {
            for line in lines {
                prop_assert!(line.width() <= usize::from(width), "{:?} in {}", line, width);
                prop_assert!(!line.text().contains(is_foreign), "{:?}", line);
            }
        }
    }

    #[test]
    fn tiny_widths_are_no_panic(text in text(), width in 0_u16..4) {
        markdown(&text, width);
        crate::exact(&text, width);
    }

    #[test]
    fn a_plain_paragraph_loses_no_word(words in prop::collection::vec("[a-zа-я漢字]{1,30}", 1..30), width in 4_u16..60) {
        let shown: String = texts(&words.join(" "), width).concat();
        let letters = |text: &str| text.graphemes(true).filter(|c| *c != " ").collect::<String>();
        prop_assert_eq!(letters(&shown), letters(&words.concat()));
    }

    #[test]
    fn the_exact_form_holds_every_character(text in "[ -~а-я\n漢]{0,200}", width in 8_u16..60) {
        let joined = crate::exact(&text, width).iter().map(|line| {
            let text = line.text();
            match text.strip_prefix("↪ ") {
                Some(rest) => rest.to_owned(),
                None => format!("\n{text}"),
            }
        }).collect::<String>();
        prop_assert_eq!(joined, format!("\n{text}"));
    }
}
