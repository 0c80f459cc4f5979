//! The syntaxes that are known: loaded once, when the first code is shown or ahead of it.

use std::sync::OnceLock;

use syntect::parsing::{SyntaxReference, SyntaxSet};

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

/// Loads the syntaxes, which otherwise happens when code is shown first: call it in a thread of its own. The patterns of a
/// language are compiled when it is shown first, since those of a few languages take more memory than the rest of a screen.
pub fn warm() {
    let _loaded = syntaxes();
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
