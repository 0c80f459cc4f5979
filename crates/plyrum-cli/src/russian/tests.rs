//! Every text of the command line has its Russian, every Russian text is used, and errors are told whole.

use super::{error, help};
use crate::args::{self, Args};
use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory as _};
use plyrum_words::{Lang, Phrasebook, Words};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;

/// English text → where it is shown.
type Texts = BTreeMap<String, String>;

/// Each visible text of the command line.
fn texts() -> Texts {
    let mut command = Args::command();
    command.build();
    let mut found = Texts::new();
    of_command(&command, "plyrum", &mut found);
    let said = RefCell::new(Vec::new());
    args::long_help(|english| {
        said.borrow_mut().push(english);
        String::new()
    });
    found.extend(said.into_inner().into_iter().map(|text| (text.to_owned(), "plyrum --help".to_owned())));
    found
}

fn of_command(command: &Command, path: &str, found: &mut Texts) {
    add([command.get_about(), command.get_long_about(), command.get_after_help()], path, found);
    let others = [command.get_before_help(), command.get_before_long_help(), command.get_after_long_help()];
    let of_root = usize::from(path == "plyrum");
    assert_eq!(others.into_iter().flatten().count(), of_root, "{path}: a text that is not translated yet");
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        of_argument(arg, &format!("{path}, argument `{}`", arg.get_id()), found);
    }
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        of_command(sub, &format!("{path} {}", sub.get_name()), found);
    }
}

fn of_argument(arg: &Arg, path: &str, found: &mut Texts) {
    assert!(arg.get_help_heading().is_none(), "{path}: its heading is not translated yet");
    assert!(
        arg.get_visible_aliases().is_none_or(|all| all.is_empty()),
        "{path}: what is said of aliases is not translated yet"
    );
    add([arg.get_help(), arg.get_long_help()], path, found);
    for value in arg.get_possible_values() {
        add([value.get_help()], &format!("{path}, value `{}`", value.get_name()), found);
    }
}

fn add<const N: usize>(texts: [Option<&StyledStr>; N], path: &str, found: &mut Texts) {
    for text in texts.into_iter().flatten() {
        found.entry(text.to_string()).or_insert_with(|| path.to_owned());
    }
}

/// What these modules say: literals with words, of more than one or with a colon.
fn literals() -> Texts {
    let mut found = Texts::new();
    for (file, source) in [("error.rs", include_str!("error.rs")), ("help.rs", include_str!("help.rs"))] {
        let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for literal in code.join("\n").split('"').skip(1).step_by(2) {
            let words = outside_braces(literal).replace("\\n", "");
            let has_words = words.contains(char::is_alphabetic);
            if has_words && (words.contains(' ') || words.ends_with(':')) {
                found.insert(literal.to_owned(), format!("russian/{file}"));
            }
        }
    }
    found
}

fn outside_braces(text: &str) -> String {
    let mut depth = 0_usize;
    let is_outside = |c: &char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(is_outside).collect()
}

/// A line that is no command, and what clap has against it.
fn refused(line: &str) -> clap::Error {
    let words = std::iter::once("plyrum").chain(line.split(' '));
    Args::command().try_get_matches_from(words).expect_err(line)
}

/// Every way in which a value can be wrong.
const WRONG_VALUES: [&str; 8] = [
    "ask --max-cost=-1 x",
    "ask --timeout 5w x",
    "ask --timeout 0s x",
    "ledger adjust 0 --reason x",
    "runs list -n x",
    "runs list -n=",
    "runs list -n 99999999999999999999",
    "runs list -n=-99999999999999999999",
];

fn told(error: &clap::Error) -> String {
    error::told(error, &Phrasebook::russian(), &Words::new(Lang::Ru))
}

#[test]
fn every_text_has_its_russian_and_every_russian_text_is_used() {
    let book = Phrasebook::russian();
    let mut all = texts();
    all.extend(literals());
    for line in WRONG_VALUES {
        let why = refused(line).source().map(ToString::to_string).unwrap_or_default();
        all.insert(why, format!("plyrum {line}"));
    }
    let lacking = |(text, path): (&String, &String)| {
        book.of(text).is_none().then(|| format!("{path}: there is no Russian for {text:?}"))
    };
    let mut wrong: Vec<String> = all.iter().filter_map(lacking).collect();
    let unused: BTreeSet<&str> = book.english().filter(|text| !all.contains_key(*text)).collect();
    wrong.extend(unused.into_iter().map(|text| format!("help.po: nothing says {text:?}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_russian_command_line_is_well_formed_and_parses_alike() {
    let russian = || help::command(Args::command(), &Phrasebook::russian());
    russian().debug_assert();
    for line in [
        "usage --by day",
        "ask -m a/b -f x two words",
        "sessions list --project",
        "policy add --verdict ask --why x -- ls",
    ] {
        let words = || std::iter::once("plyrum").chain(line.split(' '));
        let [en, ru] =
            [Args::command(), russian()].map(|command| command.try_get_matches_from(words()).unwrap());
        assert_eq!(en, ru, "{line}");
    }
}

#[test]
fn help_in_russian_has_none_of_claps_english() {
    let mut command = help::command(Args::command(), &Phrasebook::russian()).term_width(80);
    assert_no_english(&mut command);
}

fn assert_no_english(command: &mut Command) {
    for page in [command.render_help(), command.render_long_help()] {
        let page = page.to_string();
        for english in ["Usage:", "Options:", "Commands:", "Arguments:", "[default", "alues:", "Print"] {
            assert!(!page.contains(english), "`{english}` is in\n{page}");
        }
    }
    for sub in command.get_subcommands_mut() {
        assert_no_english(sub);
    }
}

#[test]
fn errors_of_usage_say_what_is_wrong_and_what_to_try() {
    let check = |line: &str, expected: &str| assert_eq!(told(&refused(line)), expected, "{line}");
    check(
        "ask --modle x",
        "ошибка: неизвестный флаг: --modle\n\
         подсказка: возможно, имелось в виду: --model\n\
         подсказка: --help покажет справку\n\n\
         Вызов: plyrum ask --model <ID> [PROMPT]...",
    );
    check(
        "sesions",
        "ошибка: нет такой команды: sesions\n\
         подсказка: возможно, имелось в виду: personas, sessions\n\
         подсказка: --help покажет справку\n\n\
         Вызов: plyrum [OPTIONS]\n       plyrum <COMMAND>",
    );
    check(
        "runs cancel",
        "ошибка: не хватает обязательного: <RUN>\n\
         подсказка: --help покажет справку\n\n\
         Вызов: plyrum runs cancel <RUN>",
    );
    check(
        "usage --by modle",
        "ошибка: неверное значение --by <DIMENSION>: «modle»\n\
         подсказка: возможно, имелось в виду: model\n\
         подсказка: возможные значения: model, provider, persona, role, session, project, day, hour\n\
         подсказка: --help покажет справку",
    );
}

#[test]
fn every_kind_of_error_is_told() {
    let check = |line: &str, expected: &str| {
        let told = told(&refused(line));
        let what = told.lines().next().unwrap_or_default();
        assert_eq!(what, format!("ошибка: {expected}"), "{line}");
    };
    check("usage foo", "лишний аргумент: foo");
    check("ask -q -v x", "нельзя указать вместе: --quiet и --verbose");
    check("ask --json --json x", "нельзя указать дважды: --json");
    check("-c usage", "команду usage нельзя указать вместе с --continue");
    check("sessions list --project .", "лишний аргумент: .");
    check("ask --model", "не указано значение: --model <ID>");
    check("runs list -n 0", "неверное значение --limit <LIMIT>: «0»: должно быть от 1 до 1000");
    check("runs list -n x", "неверное значение --limit <LIMIT>: «x»: это не целое число");
    check(
        "ask --timeout 5w x",
        "неверное значение --timeout <DUR>: «5w»: нужно целое число с s, m или h, например 30s",
    );
    check(
        "ask --max-cost abc x",
        "неверное значение --max-cost <RUB>: «abc»: нужна сумма в рублях, например 12.50",
    );
    check("budget set", "не хватает обязательного: <SCOPE>, <RUB>");
}

#[test]
fn what_clap_suggests_in_sentences_is_told_too() {
    let check = |line: &str, hint: &str| {
        let told = told(&refused(line));
        assert!(told.contains(&format!("\nподсказка: {hint}\n")), "{told}");
    };
    check("ask --foo", "если это значение, напишите -- --foo");
    check("--by model usage", "возможно, имелось в виду: usage --by");
    check("-- ask", "без -- это команда: ask");
}

#[test]
fn a_number_out_of_range_is_told_in_english_as_clap_does() {
    let told = refused("runs list -n 1001").to_string();
    assert!(
        told.starts_with("error: invalid value '1001' for '--limit <LIMIT>': 1001 is not in 1..=1000\n"),
        "{told}"
    );
}
