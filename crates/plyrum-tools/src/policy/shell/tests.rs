//! The recogniser against its own list, against arbitrary text, and against a real `bash`.

use super::{Why, recognise};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn argvs(command: &str) -> Vec<Vec<String>> {
    recognise(command)
        .unwrap_or_else(|e| panic!("{command:?}: {e}"))
        .iter()
        .map(super::Simple::argv)
        .collect()
}

#[test]
fn plain_words_are_taken_apart_as_a_shell_does() {
    let cases: [(&str, &[&[&str]]); 9] = [
        ("ls -la  src", &[&["ls", "-la", "src"]]),
        ("a 'b c'\"d\"\\ e ''", &[&["a", "b cd e", ""]]),
        ("a && b || c ; d | e", &[&["a"], &["b"], &["c"], &["d"], &["e"]]),
        ("a 2>&1 | b >/dev/null 2> /dev/null c", &[&["a"], &["b", "c"]]),
        ("echo \"a\\\"b\\\\c\\d\" '\\n'", &[&["echo", "a\"b\\c\\d", "\\n"]]),
        ("git diff HEAD~1..HEAD^ a#b x=1 %", &[&["git", "diff", "HEAD~1..HEAD^", "a#b", "x=1", "%"]]),
        ("grep \"x$\" файл.txt", &[&["grep", "x$", "файл.txt"]]),
        (
            "find . \\( -name '*.rs' \\) \\! -empty",
            &[&["find", ".", "(", "-name", "*.rs", ")", "!", "-empty"]],
        ),
        ("echo 2 2a a2", &[&["echo", "2", "2a", "a2"]]),
    ];
    for (command, expected) in cases {
        assert_eq!(argvs(command), expected, "{command}");
    }
    let starred = recognise("ls *.rs '*.rs' \\*").unwrap();
    assert_eq!(
        starred[0].words.iter().map(|word| word.pattern).collect::<Vec<_>>(),
        [false, true, false, false]
    );
}

#[test]
fn everything_else_is_refused_with_its_place() {
    for (command, why, at) in [
        ("", Why::Missing, 0),
        ("  ", Why::Missing, 2),
        ("a &&", Why::Missing, 4),
        ("; a", Why::Missing, 0),
        ("a ;; b", Why::Missing, 3),
        ("a |& b", Why::Background, 3),
        ("a & b", Why::Background, 2),
        ("a &", Why::Background, 2),
        ("a > b", Why::Redirect, 2),
        ("a >> /dev/null", Why::Redirect, 2),
        ("a < b", Why::Redirect, 2),
        ("a 2>&12", Why::Redirect, 3),
        ("a >/dev/nullx", Why::Redirect, 2),
        ("a >/dev/null/../x", Why::Redirect, 2),
        ("a2>/dev/null", Why::Redirect, 2),
        ("a 1>/dev/null", Why::Redirect, 3),
        ("a &>/dev/null", Why::Background, 2),
        ("a <<E", Why::Redirect, 2),
        (">/dev/null a", Why::Redirect, 0),
        ("a '2'>&1", Why::Redirect, 5),
        ("a $x", Why::Expansion, 2),
        ("a \"$x\"", Why::Expansion, 3),
        ("a `b`", Why::Expansion, 2),
        ("a \"`b`\"", Why::Expansion, 3),
        ("a $'b'", Why::Expansion, 2),
        ("a ~", Why::Tilde, 2),
        ("a x=~/b", Why::Tilde, 4),
        ("a x:~", Why::Tilde, 4),
        ("a {b,c}", Why::Brace, 2),
        ("(a)", Why::Parenthesis, 0),
        ("a() b", Why::Parenthesis, 1),
        ("! a", Why::Exclamation, 0),
        ("a \"b!\"", Why::Exclamation, 4),
        ("a #b", Why::Comment, 2),
        ("x=1 a", Why::Assignment, 0),
        ("x+=1", Why::Assignment, 0),
        ("if a", Why::Reserved, 0),
        ("a; done", Why::Reserved, 3),
        ("%1", Why::Job, 0),
        ("a; '%'b", Why::Job, 3),
        ("a\nb", Why::LineBreak, 1),
        ("a 'b\nc'", Why::LineBreak, 4),
        ("a\r", Why::Character, 1),
        ("a\0", Why::Character, 1),
        ("a\u{a0}b", Why::Character, 1),
        ("a '\u{200b}'", Why::Character, 3),
        ("a \\", Why::Backslash, 2),
        ("a 'b", Why::Unclosed, 2),
        ("a \"b", Why::Unclosed, 2),
        ("l* a", Why::PatternAsProgram, 0),
        ("a 'x*'*", Why::QuotedPattern, 2),
        ("[ -f x ]", Why::PatternAsProgram, 0),
    ] {
        let refusal = recognise(command).unwrap_err();
        assert_eq!((refusal.why, refusal.at), (why, at), "{command:?}");
    }
    assert_eq!(recognise(&"a".repeat(8193)).unwrap_err().why, Why::TooLong);
    assert!(recognise(&vec!["a"; 64].join(";")).is_ok());
    assert_eq!(recognise(&vec!["a"; 65].join(";")).unwrap_err().why, Why::TooMany);
}

/// Pieces of which shell strings are made, harmless and not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        10 => "[a-z]{1,3}",
        6 => Just(" ".to_owned()),
        3 => "'[ -&(-~]{0,4}'",
        3 => "\"[ -~]{0,4}\"",
        2 => "\\\\[ -~]",
        3 => prop::sample::select(vec![" && ", " || ", " ; ", " | ", ";", "|", "&&", "||"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![" 2>&1", " >/dev/null", " 2>/dev/null", " 2> /dev/null", "2>&1"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["\"\\\"\"", "\"\\\\\"", "\"\\$\"", "\"a$\"", "\"\\a\"", "HEAD~1", "^", "#", "=", "~", "%", "+", "\t", "я", "''"])
            .prop_map(str::to_owned),
        1 => "[!-~]",
    ]
}

fn shell_string() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 1..14).prop_map(|pieces| pieces.concat())
}

/// What `bash` runs of a string, as words: every program and built-in is a recorder.
fn recorded(bash: &Path, string: &str) -> Option<Vec<Vec<String>>> {
    // A command that is not found is handed over with its words; functions stand before built-ins.
    let preamble = "command_not_found_handle() { __r \"$@\"; }\n\
        __r() { printf '%s\\0' \"$#\" \"$@\" >&9; return \"${__c:-0}\"; }\n";
    let names: BTreeSet<String> =
        recognise(string).ok()?.iter().map(|simple| simple.argv()[0].clone()).collect();
    let function_like = |name: &String| {
        [".", ":"].contains(&name.as_str())
            || (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let functions = names.iter().filter(|name| function_like(name));
    let functions: Vec<String> =
        functions.map(|name| format!("function {name} {{ __r {name} \"$@\"; }}\n")).collect();
    let functions = functions.concat();
    let mut runs = Vec::new();
    // `&&` goes on after success and `||` after failure: each is tried, and the two together show all.
    for code in ["0", "1"] {
        let file = tempfile::NamedTempFile::new().ok()?;
        let script = format!("exec 9>>\"$1\"\n{preamble}{functions}__c={code}\nbuiltin eval \"$2\"\n");
        let mut command = Command::new(bash);
        command.args(["--norc", "--noprofile", "-c", &script, "bash"]).arg(file.path()).arg(string);
        command.env_clear().env("PATH", "/nonexistent").env("LC_ALL", "C.UTF-8").current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        runs.extend(parsed(&std::fs::read(file.path()).ok()?));
    }
    Some(runs)
}

fn bash() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("bash"))
        .find(|path| path.is_file())
}

fn parsed(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut fields = bytes.split(|b| *b == 0).map(|field| String::from_utf8(field.to_vec()).unwrap());
    let mut all = Vec::new();
    while let Some(count) = fields.next().filter(|count| !count.is_empty()) {
        all.push(fields.by_ref().take(count.parse().unwrap()).collect());
    }
    all
}

/// The commands that run where all of them give `success`, in the order of their words (a pipe has none).
fn expected(command: &str, success: bool) -> Vec<Vec<String>> {
    let mut operators = Vec::new();
    let mut at = 0;
    let mut quote = None;
    let bytes = command.as_bytes();
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (None | Some(b'"'), b'\\') => at += 1,
            (None, b @ (b'\'' | b'"')) => quote = Some(b),
            (Some(open), b) if open == b => quote = None,
            (None, b'>') if bytes[at..].starts_with(b">&1") => at += 2,
            (None, b'&' | b'|' | b';') => {
                let two = bytes.get(at + 1) == Some(&bytes[at]);
                operators.push(match (bytes[at], two) {
                    (b'&', _) => '&',
                    (b'|', true) => 'o',
                    (b'|', false) => '|',
                    _ => ';',
                });
                at += usize::from(two);
            }
            _ => {}
        }
        at += 1;
    }
    let mut runs = true;
    let mut all = Vec::new();
    for (number, argv) in argvs(command).into_iter().enumerate() {
        if number > 0 {
            runs = match operators[number - 1] {
                // Skipped parts keep the last status, which is the same for all that ran.
                '&' => success,
                'o' => !success,
                ';' => true,
                _ => runs,
            };
        }
        if runs {
            all.push(argv);
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_accepted_bash_runs_as_exactly_these_words() {
    let Some(bash) = bash() else {
        println!("SKIPPED: there is no bash, the recogniser was not compared with it");
        return;
    };
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases: 1, failure_persistence: None, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let (mut generated, mut compared) = (0, 0);
    while compared < 1_500 {
        let string = shell_string().new_tree(&mut runner).unwrap().current();
        generated += 1;
        let Ok(commands) = recognise(&string) else { continue };
        let by_path = commands.iter().any(|simple| simple.words[0].text.contains('/'));
        if by_path || commands.iter().flat_map(|simple| &simple.words).any(|word| word.pattern) {
            continue; // what a pattern finds is another test's, and a program by its path cannot be stood in for
        }
        let mut expected_runs = [expected(&string, true), expected(&string, false)].concat();
        expected_runs.sort();
        let mut found = recorded(&bash, &string).expect("bash runs");
        found.sort();
        assert_eq!(found, expected_runs, "{string:?}");
        compared += 1;
    }
    println!("recogniser and bash agree on {compared} accepted strings of {generated}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: plyrum_jsonl::cases(20_000), ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_taken_or_refused(text in any::<String>()) {
        let _outcome = recognise(&text);
    }

    #[test]
    fn made_up_strings_are_taken_or_refused_within_their_length(text in shell_string()) {
        match recognise(&text) {
            Ok(commands) => prop_assert!(commands.iter().all(|simple| !simple.words.is_empty())),
            Err(refusal) => prop_assert!(refusal.at <= text.len()),
        }
    }
}
