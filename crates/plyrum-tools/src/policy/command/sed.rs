//! `sed`: only scripts that print. `-i`, `-f` and the commands and flags that write, read or run are unknown.

use super::At;
use super::grammar::Grammar;
use super::operands::Operands;
use std::iter::Peekable;
use std::str::Chars;

const SED: Grammar = Grammar {
    name: "sed",
    options: "-nEruz -e=text --quiet --silent --regexp-extended --posix --unbuffered --null-data --expression=text",
    operands: Operands::PatternThenRead(&["-e", "--expression"]),
};

pub(super) fn check(args: &[String], at: &At<'_>) -> Result<(), String> {
    let parsed = SED.check(args, at)?;
    let mut scripts: Vec<&str> = parsed.seen.iter().filter_map(|(_, script)| *script).collect();
    if scripts.is_empty() {
        scripts.extend(parsed.operands.first());
    }
    match scripts.iter().find(|script| !prints(script)) {
        Some(script) => Err(format!("the script `{script}` of `sed` is not known to print only")),
        None if scripts.is_empty() => Err("`sed` has no script".to_owned()),
        None => Ok(()),
    }
}

/// Commands `p d = q n` and `s///` with addresses, separated by `;`.
fn prints(script: &str) -> bool {
    // A script that goes on in the next `-e` would be read together with it.
    if script.ends_with('\\') || script.contains('\n') {
        return false;
    }
    let mut chars = script.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t' | ';')).is_some() {}
        if chars.peek().is_none() {
            return true;
        }
        if command(&mut chars).is_none() {
            return false;
        }
    }
}

fn command(chars: &mut Peekable<Chars<'_>>) -> Option<()> {
    addresses(chars)?;
    match chars.next()? {
        'p' | 'd' | '=' | 'n' => {}
        'q' => digits(chars),
        's' => substitute(chars)?,
        _ => return None,
    }
    blanks(chars);
    matches!(chars.peek(), None | Some(';')).then_some(())
}

fn addresses(chars: &mut Peekable<Chars<'_>>) -> Option<()> {
    if address(chars)? && chars.next_if_eq(&',').is_some() && !address(chars)? {
        return None;
    }
    blanks(chars);
    if chars.next_if_eq(&'!').is_some() {
        blanks(chars);
    }
    Some(())
}

/// `Some(false)`: there is none.
fn address(chars: &mut Peekable<Chars<'_>>) -> Option<bool> {
    blanks(chars);
    match chars.peek() {
        Some('$') => {
            chars.next();
        }
        Some('/') => {
            chars.next();
            delimited(chars, '/')?;
            chars.next_if_eq(&'I');
        }
        Some('0'..='9' | '+') => {
            while chars.next_if(|c| c.is_ascii_digit() || matches!(c, '~' | '+')).is_some() {}
        }
        _ => return Some(false),
    }
    Some(true)
}

fn substitute(chars: &mut Peekable<Chars<'_>>) -> Option<()> {
    let delimiter = chars.next().filter(|c| "/|,#@:%_!".contains(*c))?;
    delimited(chars, delimiter)?;
    delimited(chars, delimiter)?;
    while chars.next_if(|c| c.is_ascii_digit() || matches!(c, 'g' | 'p' | 'i' | 'I')).is_some() {}
    Some(())
}

/// Up to and with the delimiter.
fn delimited(chars: &mut Peekable<Chars<'_>>, delimiter: char) -> Option<()> {
    loop {
        match chars.next()? {
            '\\' => {
                chars.next()?;
            }
            c if c == delimiter => return Some(()),
            '[' => bracket(chars, delimiter)?,
            _ => {}
        }
    }
}

/// A bracket that every implementation closes at the same place: whether a delimiter in it ends the text, and where
/// `[]…]`, `[^]…]`, `[[:class:]…]` and `[\]…]` end, differs.
fn bracket(chars: &mut Peekable<Chars<'_>>, delimiter: char) -> Option<()> {
    chars.next_if_eq(&'^');
    if chars.peek() == Some(&']') {
        return None;
    }
    loop {
        match chars.next()? {
            ']' => return Some(()),
            '[' => return None,
            c if c == delimiter => return None,
            '\\' if chars.peek().is_none_or(|c| matches!(c, '\\' | '[' | ']') || *c == delimiter) => {
                return None;
            }
            _ => {}
        }
    }
}

fn digits(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(char::is_ascii_digit).is_some() {}
}

fn blanks(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
}

#[cfg(test)]
mod tests {
    use super::prints;

    #[test]
    fn only_scripts_that_print_are_known() {
        let known = [
            "1,20p",
            "$p",
            "/a/,/b/p",
            "s/a/b/g",
            "s|a\\|b|c|",
            "1d;$d",
            "/x/!p",
            "10q",
            "1~2p",
            "/a\\/b/p",
            "s/[a-z]*//",
            "s/[^a-z]$//;s/[\\t ]*$//",
            "s/a/[b]/",
            "",
        ];
        for script in known {
            assert!(prints(script), "{script}");
        }
        for script in [
            "w out",
            "1w out",
            "s/a/b/w out",
            "s/a/b/e",
            "e id",
            "1e",
            "r /etc/passwd",
            "R x",
            "W x",
            "s/a/b/;w x",
            "p;e",
            "s/[/]w x/b/",
            "{p;w x",
            "a\\",
            "i x",
            "c x",
            "y/a/b/",
            "s/a/b",
            "F",
            "/a/{e",
            "1,w x",
            "s\\a\\b\\e",
            "p w",
            ":a",
            "s/a/b/gw x",
            "s/a/b/me",
            "p}",
            "s/[]/]x/w x/",
            "s/[^]/]x/g;s/;e echo PWNED #/x/",
            "s/[[:alpha:]/]x/g;s/;e id #/x/",
            "s/[[.].]/]x/;s/;e id #/x/",
            "s/[\\]/]x/;s/;e id #/x/",
            "/[^]/]x/p;s/;w x #/x/",
            "s/a/b/M",
        ] {
            assert!(!prints(script), "{script}");
        }
    }
}
