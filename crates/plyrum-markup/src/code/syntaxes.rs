//! The syntaxes that are known: loaded once, when the first code is shown or ahead of it.

use std::sync::OnceLock;

use syntect::parsing::{SyntaxReference, SyntaxSet};

use super::listing::Listing;

/// What people call a language that is known under another name, or that reads much like one.
const ALSO: &[(&str, &str)] = &[
    ("bash", "sh"),
    ("c++", "cpp"),
    ("console", "sh"),
    ("cxx", "cpp"),
    ("dockerfile", "sh"),
    ("fish", "sh"),
    ("golang", "go"),
    ("hpp", "cpp"),
    ("jsonc", "json"),
    ("json5", "json"),
    ("jsonl", "json"),
    ("jsx", "js"),
    ("kotlin", "java"),
    ("kt", "java"),
    ("mjs", "js"),
    ("node", "js"),
    ("objc", "m"),
    ("py3", "py"),
    ("python3", "py"),
    ("shell", "sh"),
    ("svelte", "html"),
    ("toml", "properties"),
    ("ini", "properties"),
    ("ts", "js"),
    ("tsx", "js"),
    ("typescript", "js"),
    ("vue", "html"),
    ("zsh", "sh"),
];

/// Loads the syntaxes and compiles the patterns of the most common ones, which otherwise happens when code is shown
/// first. It takes a moment: call it in a thread of its own.
pub fn warm() {
    for (language, text) in [
        ("rust", "//! a\nfn a(b: &str) -> u8 { let c = \"d{}\"; 1 }"),
        ("python", "import a\ndef b(c: int): return f'd' # e"),
        ("js", "const a = (b) => { return `c${1}` } // d"),
        ("sh", "if [ -n \"$a\" ]; then b | c; fi # d"),
        ("json", "{\"a\": [1, true]}"),
    ] {
        let mut listing = Listing::new(Some(language));
        text.lines().for_each(|line| listing.push(line));
    }
}

pub(super) fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(SyntaxSet::load_defaults_newlines)
}

/// The syntax of a language by any of its names.
pub(super) fn find(language: &str) -> Option<&'static SyntaxReference> {
    let name = language.to_ascii_lowercase();
    let known = ALSO.iter().find_map(|(also, known)| (*also == name).then_some(*known)).unwrap_or(&name);
    syntaxes().find_syntax_by_token(known)
}
