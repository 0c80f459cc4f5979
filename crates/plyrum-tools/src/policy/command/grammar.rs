//! A command's options in one line of text, and the reading of words by it.
//!
//! Separated by blanks: `-abc` flags that may be bundled; `-e=text` a short option with a value, glued or as the
//! next word; `-C[num]` one whose value can only be glued; `-#` a number as an option (`-20`); `--long`;
//! `--file=read` with a value behind `=` or as the next word; `--color[text]` with one behind `=` or none.
//! Values: `text` anything, `num` a number with a unit, `word` letters, digits and `._,:+-`, `read` and
//! `write` paths. Long options count only in full: what an abbreviation means depends on the version. With
//! `single`, `-name` is one option, as in `go` and `find`.

use super::operands::Operands;
use super::{At, paths};

/// A command and what may follow it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grammar {
    pub(super) name: &'static str,
    pub(super) options: &'static str,
    pub(super) operands: Operands,
}

/// Words by what they are.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    /// Options that were seen, with their values.
    pub(super) seen: Vec<(String, Option<&'a str>)>,
    /// What is no option.
    pub(super) operands: Vec<&'a str>,
    /// What follows the first `--`, where the grammar keeps it apart.
    pub(super) after: Option<Vec<&'a str>>,
}

impl Parsed<'_> {
    pub(super) fn has(&self, option: &str) -> bool {
        self.seen.iter().any(|(name, _)| name == option)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes<'g> {
    Nothing,
    Needs(&'g str),
    May(&'g str),
}

impl Grammar {
    /// Reads the words and checks every path; the error names the word that is in the way.
    pub(super) fn check<'a>(&self, args: &'a [String], at: &At<'_>) -> Result<Parsed<'a>, String> {
        let parsed = self.parse(args, Dashes::EndOptions, at)?;
        self.operands.check(self.name, &parsed, at)?;
        Ok(parsed)
    }

    /// As [`Self::check`], with what follows `--` kept apart for another program.
    pub(super) fn check_split<'a>(&self, args: &'a [String], at: &At<'_>) -> Result<Parsed<'a>, String> {
        let parsed = self.parse(args, Dashes::Split, at)?;
        self.operands.check(self.name, &parsed, at)?;
        Ok(parsed)
    }

    fn parse<'a>(&self, args: &'a [String], dashes: Dashes, at: &At<'_>) -> Result<Parsed<'a>, String> {
        let single = self.options.split_ascii_whitespace().next() == Some("single");
        let mut reader = Reader { grammar: self, args: args.iter(), parsed: Parsed::default(), at };
        while let Some(word) = reader.args.next() {
            if word == "--" {
                let rest = reader.args.by_ref().map(String::as_str);
                match dashes {
                    Dashes::EndOptions => reader.parsed.operands.extend(rest),
                    Dashes::Split => reader.parsed.after = Some(rest.collect()),
                }
            } else if word == "-" || !word.starts_with('-') {
                reader.parsed.operands.push(word);
            } else if single || word.starts_with("--") {
                reader.long(word)?;
            } else {
                reader.bundle(word)?;
            }
        }
        Ok(reader.parsed)
    }

    fn unknown(&self, option: &str) -> String {
        format!("`{option}` is no option of `{}` that is known to be harmless", self.name)
    }

    /// What a long option takes, as the grammar has it.
    fn long(&self, name: &str) -> Option<Takes<'static>> {
        self.options.split_ascii_whitespace().find_map(|token| {
            let rest = token.strip_prefix(name)?;
            takes(rest)
        })
    }

    fn short(&self, letter: char) -> Option<Takes<'static>> {
        self.options.split_ascii_whitespace().find_map(|token| {
            let letters = token.strip_prefix('-').filter(|rest| !rest.starts_with(['-', '#']))?;
            let mut chars = letters.chars();
            let first = chars.next()?;
            match takes(chars.as_str()) {
                Some(takes) if takes != Takes::Nothing => (first == letter).then_some(takes),
                _ => letters.contains(letter).then_some(Takes::Nothing),
            }
        })
    }

    fn has_number(&self) -> bool {
        self.options.split_ascii_whitespace().any(|token| token == "-#")
    }
}

/// What the rest of a token behind the option's name says.
fn takes(rest: &'static str) -> Option<Takes<'static>> {
    if rest.is_empty() {
        return Some(Takes::Nothing);
    }
    if let Some(kind) = rest.strip_prefix('=') {
        return Some(Takes::Needs(kind));
    }
    rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(Takes::May)
}

/// What `--` does.
#[derive(Clone, Copy)]
enum Dashes {
    EndOptions,
    Split,
}

struct Reader<'r, 'a> {
    grammar: &'r Grammar,
    args: std::slice::Iter<'a, String>,
    parsed: Parsed<'a>,
    at: &'r At<'r>,
}

impl<'a> Reader<'_, 'a> {
    fn long(&mut self, word: &'a str) -> Result<(), String> {
        let (name, glued) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        match (self.grammar.long(name), glued) {
            (Some(Takes::Nothing | Takes::May(_)), None) => self.saw(name.to_owned(), None),
            (Some(Takes::Needs(kind) | Takes::May(kind)), Some(value)) => {
                self.value(name.to_owned(), kind, value)?;
            }
            (Some(Takes::Needs(kind)), None) => {
                let value = self.next(name)?;
                self.value(name.to_owned(), kind, value)?;
            }
            (Some(Takes::Nothing), Some(_)) | (None, _) => return Err(self.grammar.unknown(word)),
        }
        Ok(())
    }

    /// `-abc`, `-n5`, `-20`.
    fn bundle(&mut self, word: &'a str) -> Result<(), String> {
        let mut rest = word.strip_prefix('-').unwrap_or(word).chars();
        if self.grammar.has_number() && rest.as_str().bytes().all(|b| b.is_ascii_digit()) {
            self.saw("-#".to_owned(), None);
            return Ok(());
        }
        while let Some(letter) = rest.next() {
            let name = format!("-{letter}");
            match self.grammar.short(letter) {
                None => return Err(self.grammar.unknown(&format!("{name}` in `{word}"))),
                Some(Takes::Nothing) => self.saw(name, None),
                Some(Takes::May(_)) if rest.as_str().is_empty() => self.saw(name, None),
                Some(Takes::Needs(kind)) if rest.as_str().is_empty() => {
                    let value = self.next(&name)?;
                    return self.value(name, kind, value);
                }
                Some(Takes::Needs(kind) | Takes::May(kind)) => return self.value(name, kind, rest.as_str()),
            }
        }
        Ok(())
    }

    fn next(&mut self, name: &str) -> Result<&'a str, String> {
        let value = self.args.next().map(String::as_str);
        value.ok_or_else(|| format!("`{name}` of `{}` has no value", self.grammar.name))
    }

    fn saw(&mut self, name: String, value: Option<&'a str>) {
        self.parsed.seen.push((name, value));
    }

    fn value(&mut self, name: String, kind: &str, value: &'a str) -> Result<(), String> {
        let good = match kind {
            "read" => {
                paths::read(value, self.at)?;
                true
            }
            "write" => {
                paths::write(value, self.at)?;
                true
            }
            "num" => number(value),
            "word" => word(value),
            _ => true,
        };
        if !good {
            return Err(format!("`{value}` is no plain value for `{name}` of `{}`", self.grammar.name));
        }
        self.saw(name, Some(value));
        Ok(())
    }
}

/// A number with sign and unit, like `+3`, `1.5M` or `2,4`.
fn number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.,:".contains(&b))
        && text.bytes().any(|b| b.is_ascii_digit())
}

/// A plain name: no path, no option, no assignment.
pub(super) fn word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '.'])
        && text.chars().all(|c| c.is_alphanumeric() || "._,:+-".contains(c))
}
