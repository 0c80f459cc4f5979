//! Whether a command line parses, as far as that is sure without running a shell: quotes and substitutions end, and no
//! operator lacks a side. Here-documents are not read.

/// Why no shell would run it.
pub(super) fn fault_of(text: &str) -> Option<&'static str> {
    if text.contains("<<") {
        return None;
    }
    let mut reader = Reader::default();
    let mut rest = text.trim().strip_prefix("$ ").unwrap_or(text.trim()).chars().peekable();
    while let Some(c) = rest.next() {
        if let Err(why) = reader.take(c, &mut rest) {
            return Some(why);
        }
    }
    reader.end()
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    Backtick,
    /// `$(` or a parenthesis within it.
    Paren,
    /// `${`.
    Brace,
}

#[derive(Debug, Default)]
struct Reader {
    open: Vec<Open>,
    /// Something stands before the place that an operator could join.
    has_left: bool,
    /// An operator waits for its other side.
    wants_right: bool,
    /// The last character belongs to a word.
    in_word: bool,
}

impl Reader {
    fn take(&mut self, c: char, rest: &mut Rest<'_>) -> Result<(), &'static str> {
        match (self.open.last(), c) {
            (Some(Open::Single), '\'') | (Some(Open::Double), '"') => self.close(),
            (Some(Open::Single), _) => {}
            (_, '\\') => {
                let more = rest.next();
                self.word();
                return more.map(|_| ()).ok_or("it breaks off after a backslash");
            }
            (_, '$') if rest.next_if_eq(&'(').is_some() => self.enter(Open::Paren),
            (_, '$') if rest.next_if_eq(&'{').is_some() => self.enter(Open::Brace),
            (Some(Open::Double | Open::Paren) | None, '`') => self.enter(Open::Backtick),
            (Some(Open::Backtick), '`') | (Some(Open::Paren), ')') | (Some(Open::Brace), '}') => self.close(),
            (Some(Open::Double), _) => {}
            (Some(Open::Brace | Open::Paren | Open::Backtick) | None, '"') => {
                self.enter(Open::Double);
            }
            (Some(Open::Brace), _) => {}
            (_, '\'') => self.enter(Open::Single),
            (Some(Open::Paren), '(') => self.enter(Open::Paren),
            (_, '#') if !self.in_word => while rest.next_if(|c| *c != '\n').is_some() {},
            (None, c) => return self.plain(c, rest),
            _ => {}
        }
        Ok(())
    }

    /// A character outside of everything.
    fn plain(&mut self, c: char, rest: &mut Rest<'_>) -> Result<(), &'static str> {
        let doubled = rest.peek() == Some(&c);
        match c {
            '|' | '&' if c == '|' || doubled => {
                if doubled || rest.peek() == Some(&'&') {
                    rest.next();
                }
                if !self.has_left || self.wants_right {
                    return Err("an operator has nothing before it");
                }
                (self.wants_right, self.in_word) = (true, false);
            }
            ';' | '\n' if !self.wants_right => (self.has_left, self.in_word) = (false, false),
            c if c.is_whitespace() => self.in_word = false,
            _ => self.word(),
        }
        Ok(())
    }

    fn word(&mut self) {
        (self.has_left, self.wants_right, self.in_word) = (true, false, true);
    }

    fn enter(&mut self, open: Open) {
        self.word();
        self.open.push(open);
    }

    fn close(&mut self) {
        self.open.pop();
        self.in_word = true;
    }

    fn end(&self) -> Option<&'static str> {
        match self.open.last() {
            Some(Open::Single | Open::Double) => Some("a quote is not closed"),
            Some(_) => Some("a substitution is not closed"),
            None => self.wants_right.then_some("an operator has nothing behind it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fault_of;

    #[test]
    fn what_a_shell_reads_is_whole() {
        for whole in [
            "ls -l | grep 'a b' && echo \"it's $(date +%F) `id -u` ${HOME:-\"x y\"}\" || true",
            "$ cargo test 2>&1 | tee log &",
            "echo a # it's a comment\necho b",
            "for f in *.rs; do\n  wc -l \"$f\"\ndone |\n  sort -n",
            "case $x in a) echo 1;; *) echo \"$(case y in y) echo 2;; esac)\";; esac",
            "echo \\\" \\' \\\\ a#b $((1 + (2)))",
            "awk '{ print $1 \"|\" }' f |& less",
            "cat <<'END'\nit's\nEND",
            "git log --format='%h %s' \\\n  --since=yesterday",
            "{ a; b; } && (c | d)",
            "",
        ] {
            assert_eq!(fault_of(whole), None, "{whole}");
        }
    }

    #[test]
    fn what_no_shell_runs_is_told() {
        for (broken, why) in [
            ("echo 'a", "a quote"),
            ("echo \"a $(date\"", "a quote"),
            ("echo \"$(date) $(id", "a substitution"),
            ("echo \"a", "a quote"),
            ("echo `date", "a substitution"),
            ("echo ${HOME", "a substitution"),
            ("ls |", "nothing behind"),
            ("ls &&\n", "nothing behind"),
            ("| sort", "nothing before"),
            ("ls | | sort", "nothing before"),
            ("ls; && sort", "nothing before"),
            ("ls \\", "backslash"),
        ] {
            let told = fault_of(broken).unwrap_or_default();
            assert!(told.contains(why), "{broken}: {told:?}");
        }
    }
}
