//! `awk`: only programs of which every name is known. No redirect, pipe, `getline`, `system`, environment, or
//! change to the list of files; `>` is left out even where it compares.

use super::At;
use super::grammar::Grammar;
use super::operands::Operands;
use std::iter::Peekable;
use std::str::Chars;

const NAMES: &[&str] = &[
    "BEGIN", "END", "FNR", "FS", "NF", "NR", "OFS", "ORS", "count", "else", "for", "gsub", "if", "in",
    "index", "int", "length", "match", "max", "min", "next", "print", "printf", "seen", "split", "sub",
    "substr", "sum", "tolower", "total", "toupper",
];

pub(super) fn check(program: &str, args: &[String], at: &At<'_>) -> Result<(), String> {
    const AWK: Grammar = Grammar {
        name: "awk",
        options: "-F=text --field-separator=text",
        operands: Operands::PatternThenRead(&[]),
    };
    let parsed = AWK.check(args, at)?;
    let Some((script, files)) = parsed.operands.split_first() else {
        return Err(format!("`{program}` has no program"));
    };
    if files.iter().any(|file| file.contains('=')) {
        return Err(format!("an assignment among the files of `{program}`"));
    }
    if harmless(script) {
        return Ok(());
    }
    Err(format!("the program `{script}` of `{program}` is not known to print only"))
}

fn harmless(script: &str) -> bool {
    let mut rest = script.chars().peekable();
    while let Some(c) = rest.next() {
        let known = match c {
            '"' => string(&mut rest),
            '/' => pattern(&mut rest),
            '|' | '&' => rest.next_if_eq(&c).is_some(),
            'a'..='z' | 'A'..='Z' | '_' => name(c, &mut rest),
            c => c.is_ascii_digit() || " \t{}()[]$,;+-*%=!<~^.:?".contains(c),
        };
        if !known {
            return false;
        }
    }
    true
}

fn string(rest: &mut Peekable<Chars<'_>>) -> bool {
    loop {
        match rest.next() {
            Some('"') => return true,
            Some('\\') => {
                rest.next();
            }
            Some(_) => {}
            None => return false,
        }
    }
}

/// The rest of `/pattern/`, of what cannot begin anything else: `/` divides as well, and whoever takes one for the
/// other reads another program.
fn pattern(rest: &mut Peekable<Chars<'_>>) -> bool {
    loop {
        match rest.next() {
            Some('/') => return true,
            Some(c) if c.is_alphanumeric() || " ^$._:-#=".contains(c) => {}
            _ => return false,
        }
    }
}

fn name(first: char, rest: &mut Peekable<Chars<'_>>) -> bool {
    let mut name = String::from(first);
    while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
        name.push(c);
    }
    name.len() == 1 || NAMES.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn only_programs_that_print_are_known() {
        for script in [
            "{print $1}",
            "/foo/ {print $NF}",
            "NR==1",
            "{s += $1} END {print s}",
            "$2 == \"a > b\" || $1 < 3",
            "!seen[$0]++",
        ] {
            assert!(harmless(script), "{script}");
        }
        for script in [
            "BEGIN{system(\"id\")}",
            "{print > \"x\"}",
            "{print | \"sh\"}",
            "{\"id\" | getline}",
            "{print ENVIRON[\"K\"]}",
            "BEGIN{while((getline l < \"/etc/passwd\"))print l}",
            "BEGIN{ARGV[1]=\"/etc/passwd\";ARGC=2}",
            "@load \"x\"",
            "/a\"b/{print}",
            "{close(\"x\")}",
            "{print \"a",
            "1/2;system(\"id\")/1",
            "function f(){}",
            "{print |& \"x\"}",
        ] {
            assert!(!harmless(script), "{script}");
        }
    }
}
