//! One pass over the string, without recursion. Every character that may not be taken as it is has its arm;
//! what is left is literal.

use super::characters::strange;
use super::{MAX_COMMANDS, Refusal, Simple, Why, Word};

const RESERVED: &[&str] = &[
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "esac",
    "fi",
    "for",
    "function",
    "if",
    "in",
    "namespace",
    "select",
    "then",
    "time",
    "until",
    "while",
];
/// The redirects that are taken, as they are spelt after blanks are left out.
const REDIRECTS: [(&str, &str); 3] = [("2", ">&1"), ("", ">/dev/null"), ("2", ">/dev/null")];

pub(super) fn scan(command: &str) -> Result<Vec<Simple>, Refusal> {
    let mut scan = Scan {
        text: command,
        at: 0,
        done: Vec::new(),
        joined: None,
        words: Vec::new(),
        redirects: Vec::new(),
        word: None,
    };
    while let Some(c) = scan.peek() {
        scan.step(c)?;
    }
    scan.end_command()?;
    Ok(scan.done)
}

/// A redirect as one word of a shell.
fn whole(fd: &str, spelt: &str) -> &'static str {
    match (fd, spelt) {
        ("2", ">&1") => "2>&1",
        ("2", _) => "2>/dev/null",
        _ => ">/dev/null",
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    done: Vec<Simple>,
    joined: Option<&'static str>,
    words: Vec<Word>,
    redirects: Vec<&'static str>,
    word: Option<Open>,
}

/// A word that is being read.
#[derive(Default)]
struct Open {
    text: String,
    from: usize,
    /// It has an unquoted `*`, `?` or `[`.
    pattern: bool,
    /// Some of it is quoted.
    quoted: bool,
    /// One of the quoted characters would be special in a pattern.
    quoted_special: bool,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn refuse<T>(&self, why: Why) -> Result<T, Refusal> {
        Err(Refusal { why, at: self.at })
    }

    fn take(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn step(&mut self, c: char) -> Result<(), Refusal> {
        if c == '\n' {
            return self.refuse(Why::LineBreak);
        }
        if strange(c) {
            return self.refuse(Why::Character);
        }
        match c {
            ' ' | '\t' => {
                self.end_word()?;
                self.take(c);
                Ok(())
            }
            '\'' => self.single_quoted(),
            '"' => self.double_quoted(),
            '\\' => self.backslash(),
            ';' | '|' | '&' => self.operator(),
            '<' | '>' => self.redirect(),
            '$' | '`' => self.refuse(Why::Expansion),
            '(' | ')' => self.refuse(Why::Parenthesis),
            '{' | '}' => self.refuse(Why::Brace),
            '!' => self.refuse(Why::Exclamation),
            '#' if self.word.is_none() => self.refuse(Why::Comment),
            '~' if !self.tilde_is_literal() => self.refuse(Why::Tilde),
            '*' | '?' | '[' => {
                self.literal(c);
                self.open().pattern = true;
                Ok(())
            }
            _ => {
                self.literal(c);
                Ok(())
            }
        }
    }

    fn open(&mut self) -> &mut Open {
        let from = self.at;
        self.word.get_or_insert_with(|| Open { from, ..Open::default() })
    }

    fn literal(&mut self, c: char) {
        self.open().text.push(c);
        self.take(c);
    }

    fn quoted(&mut self, c: char) {
        let open = self.open();
        open.text.push(c);
        open.quoted_special |= matches!(c, '*' | '?' | '[' | ']' | '\\' | '!' | '^' | '-');
        self.take(c);
    }

    /// A home stands at the beginning of a word and behind `=` or `:`; in `HEAD~1` it is a character like others.
    fn tilde_is_literal(&self) -> bool {
        let before = self.text.as_bytes().get(self.at.wrapping_sub(1)).copied();
        self.word.as_ref().is_some_and(|word| !word.text.is_empty())
            && before.is_some_and(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'^' | b'~' | b'_' | b'/' | b'.' | b'-')
            })
    }

    fn single_quoted(&mut self) -> Result<(), Refusal> {
        let from = self.at;
        self.open().quoted = true;
        self.take('\'');
        loop {
            match self.peek() {
                None => return Err(Refusal { why: Why::Unclosed, at: from }),
                Some('\'') => {
                    self.take('\'');
                    return Ok(());
                }
                Some(c) => self.inside_quotes(c)?,
            }
        }
    }

    fn double_quoted(&mut self) -> Result<(), Refusal> {
        let from = self.at;
        self.open().quoted = true;
        self.take('"');
        loop {
            match self.peek() {
                None => return Err(Refusal { why: Why::Unclosed, at: from }),
                Some('"') => {
                    self.take('"');
                    return Ok(());
                }
                Some('$') if !self.rest().starts_with("$\"") => return self.refuse(Why::Expansion),
                Some('`') => return self.refuse(Why::Expansion),
                Some('!') => return self.refuse(Why::Exclamation),
                Some('\\') => {
                    let escaped = self.rest().chars().nth(1).filter(|c| matches!(c, '$' | '`' | '"' | '\\'));
                    if let Some(c) = escaped {
                        self.take('\\');
                        self.quoted(c);
                    } else {
                        self.quoted('\\');
                    }
                }
                Some(c) => self.inside_quotes(c)?,
            }
        }
    }

    fn inside_quotes(&mut self, c: char) -> Result<(), Refusal> {
        match c {
            '\n' => self.refuse(Why::LineBreak),
            c if strange(c) => self.refuse(Why::Character),
            c => {
                self.quoted(c);
                Ok(())
            }
        }
    }

    fn backslash(&mut self) -> Result<(), Refusal> {
        match self.rest().chars().nth(1) {
            None => self.refuse(Why::Backslash),
            Some('\n') => self.refuse(Why::LineBreak),
            Some(c) if strange(c) => self.refuse(Why::Character),
            Some(c) => {
                self.open().quoted = true;
                self.take('\\');
                self.quoted(c);
                Ok(())
            }
        }
    }

    fn operator(&mut self) -> Result<(), Refusal> {
        let rest = self.rest();
        let operator = ["&&", "||"].into_iter().find(|two| rest.starts_with(two));
        let Some(operator) = operator.or_else(|| [";", "|"].into_iter().find(|one| rest.starts_with(one)))
        else {
            return self.refuse(Why::Background);
        };
        let (from, length) = (self.at, operator.len());
        self.end_command()?;
        self.joined = Some(operator);
        self.at = from + length;
        if self.rest().trim_start_matches([' ', '\t']).is_empty() {
            return self.refuse(Why::Missing);
        }
        if self.done.len() >= MAX_COMMANDS {
            return self.refuse(Why::TooMany);
        }
        // `|&`, `;;`, `;&` and their like: the next command would be missing, or begin with an operator.
        Ok(())
    }

    /// `2>&1`, `>/dev/null` and `2>/dev/null`, alone and whole.
    fn redirect(&mut self) -> Result<(), Refusal> {
        let number = match &self.word {
            None => "",
            Some(open) if open.text == "2" && !open.quoted => "2",
            Some(_) => return self.refuse(Why::Redirect),
        };
        let rest = self.rest();
        let target = rest.trim_start_matches('>').trim_start_matches([' ', '\t']);
        let spaced = rest.len() - target.len();
        let known = REDIRECTS.into_iter().find_map(|(fd, spelt)| {
            let end = match spelt.strip_prefix(">/") {
                Some(path) if rest.starts_with('>') && !rest.starts_with(">>") => {
                    target.strip_prefix('/')?.strip_prefix(path).map(|_| spaced + 1 + path.len())
                }
                _ => rest.strip_prefix(spelt).map(|_| spelt.len()),
            };
            end.filter(|_| fd == number).map(|end| (end, whole(fd, spelt)))
        });
        let Some((length, spelt)) = known else { return self.refuse(Why::Redirect) };
        let behind = rest.get(length..).and_then(|behind| behind.chars().next());
        if self.words.is_empty() || behind.is_some_and(|c| !matches!(c, ' ' | '\t' | ';' | '|' | '&')) {
            return self.refuse(Why::Redirect);
        }
        self.word = None;
        self.redirects.push(spelt);
        self.at += length;
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), Refusal> {
        let Some(open) = self.word.take() else { return Ok(()) };
        let wrong = |why| Err(Refusal { why, at: open.from });
        if open.pattern && open.quoted_special {
            return wrong(Why::QuotedPattern);
        }
        if self.words.is_empty() {
            if open.pattern {
                return wrong(Why::PatternAsProgram);
            }
            if open.text.contains('=') {
                return wrong(Why::Assignment);
            }
            // `%1` is a job to bash, quoted or not.
            if open.text.starts_with('%') {
                return wrong(Why::Job);
            }
            if RESERVED.contains(&open.text.as_str()) {
                return wrong(Why::Reserved);
            }
        }
        self.words.push(Word { text: open.text, pattern: open.pattern });
        Ok(())
    }

    fn end_command(&mut self) -> Result<(), Refusal> {
        self.end_word()?;
        if self.words.is_empty() {
            return self.refuse(Why::Missing);
        }
        self.done.push(Simple {
            joined: self.joined.take(),
            words: std::mem::take(&mut self.words),
            redirects: std::mem::take(&mut self.redirects),
        });
        Ok(())
    }
}
