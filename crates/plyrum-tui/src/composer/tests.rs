mod anything;
mod history;
mod view;

use super::*;
use crate::screen::Look;
use crate::theme::Theme;
use plyrum_words::Lang;
use ratatui::layout::Rect;
use view::draw;

fn words() -> Words {
    Words::new(Lang::En)
}

fn commands() -> Vec<CommandHint> {
    let hint = |name: &str| CommandHint { name: name.to_owned(), about: format!("command-{name}") };
    ["help", "model", "memory", "quit"].map(hint).to_vec()
}

fn composer() -> Composer {
    Composer::new(History::of(["one", "two words", "three\nlines"].map(str::to_owned)), commands())
}

fn write(composer: &mut Composer, text: &str) {
    for c in text.chars() {
        composer.typed(c);
    }
}

/// Types `before` and what `|` divides it from, with the cursor between them.
fn with_cursor(text: &str) -> Composer {
    let (before, after) = text.split_once('|').unwrap();
    let mut composer = Composer::default();
    composer.replace(&format!("{before}{after}"));
    composer.buffer.move_to(before.len());
    composer
}

fn shown(composer: &Composer) -> String {
    let (before, after) = composer.buffer.text().split_at(composer.buffer.cursor());
    format!("{before}|{after}")
}

fn prompt(text: &str) -> Composed {
    Composed::Prompt { text: text.to_owned(), files: Vec::new() }
}

#[test]
fn readline_keys_edit_as_in_a_shell() {
    use Action::{
        DeleteBack, DeleteForward, DeleteToEnd, DeleteToStart, DeleteWordBack, DeleteWordForward, Left,
        LineEnd, LineStart, Right, Undo, WordLeft, WordRight, Yank, YankPop,
    };
    for (before, actions, after) in [
        ("Приве|т", &[Left, Left][..], "При|вет"),
        ("a e\u{301}|x", &[Left], "a |e\u{301}x"),
        ("👩‍👩‍👧|", &[DeleteBack], "|"),
        ("x|🇷🇺🇫🇷", &[Right], "x🇷🇺|🇫🇷"),
        ("one two-three|", &[WordLeft, WordLeft], "one |two-three"),
        ("|one, two", &[WordRight, WordRight], "one, two|"),
        ("ab\ncd|ef\ngh", &[LineStart], "ab\n|cdef\ngh"),
        ("ab\ncd|ef\ngh", &[LineEnd], "ab\ncdef|\ngh"),
        ("one two|", &[DeleteWordBack], "one |"),
        ("one |two x", &[DeleteWordForward], "one | x"),
        ("ab\ncd|ef\ngh", &[DeleteToEnd, DeleteToEnd], "ab\ncd|gh"),
        ("ab\ncd|ef", &[DeleteToStart, DeleteToStart], "ab|ef"),
        ("|", &[DeleteBack, DeleteForward, Left, Right, Yank, YankPop, Undo], "|"),
        ("a|b", &[DeleteForward], "a|"),
        ("one two|", &[DeleteWordBack, DeleteWordBack, Yank], "one two|"),
        ("one two|", &[DeleteWordBack, Left, DeleteWordBack, Yank, YankPop], "two| "),
        ("one|", &[DeleteWordBack, Undo], "one|"),
    ] {
        let mut composer = with_cursor(before);
        for action in actions {
            assert_eq!(composer.press(*action), Outcome::Edited, "{before} {action:?}");
        }
        assert_eq!(shown(&composer), after, "{before} {actions:?}");
    }
}

#[test]
fn enter_sends_and_a_backslash_before_it_begins_a_line() {
    let mut composer = Composer::default();
    write(&mut composer, "one\\");
    assert_eq!(composer.press(Action::Send), Outcome::Edited);
    write(&mut composer, "two");
    assert_eq!(composer.press(Action::Send), Outcome::Send(prompt("one\ntwo")));
    assert!(composer.is_empty());
    assert_eq!(composer.history.get(0), Some("one\ntwo"));
    for blank in ["", "  \n "] {
        composer.replace(blank);
        assert_eq!(composer.press(Action::Send), Outcome::Nothing, "{blank:?}");
    }
}

#[test]
fn tab_and_steer_depend_on_whether_a_run_goes_on() {
    for (activity, action, outcome) in [
        (Activity::Idle, Action::CompleteOrQueue, Outcome::Nothing),
        (Activity::Busy, Action::CompleteOrQueue, Outcome::Queue(prompt("x"))),
        (Activity::Idle, Action::Steer, Outcome::Send(prompt("x"))),
        (Activity::Busy, Action::Steer, Outcome::Steer(prompt("x"))),
        (Activity::Idle, Action::Editor, Outcome::OpenEditor("x".into())),
        (Activity::Idle, Action::Interrupt, Outcome::Unused),
        (Activity::Idle, Action::Escape, Outcome::Unused),
    ] {
        let mut composer = with_cursor("x|");
        composer.set_activity(activity);
        assert_eq!(composer.press(action), outcome, "{activity:?} {action:?}");
    }
}

#[test]
fn a_question_mark_asks_for_help_only_where_nothing_is_written() {
    let mut composer = Composer::default();
    assert_eq!(composer.typed('?'), Outcome::Help);
    write(&mut composer, "why?");
    assert_eq!(composer.text(), "why?");
}

#[test]
fn what_is_pasted_loses_control_characters_and_keeps_its_lines() {
    for (pasted, text) in [
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("x\u{1b}[31mred\u{1b}[0m\u{7}\u{0}", "xred"),
        ("\u{1b}[201~rm -rf", "rm -rf"),
        ("a\u{fdd0}b", "ab"),
    ] {
        let mut composer = Composer::default();
        composer.paste(pasted, &words());
        assert_eq!(composer.text(), text, "{pasted:?}");
    }
    let mut composer = Composer::default();
    write(&mut composer, "a\u{1b}\u{7}\u{fdd3}b");
    assert_eq!(composer.text(), "ab");
}

#[test]
fn a_long_paste_is_one_place_and_unfolds_when_sent() {
    let long = "line\n".repeat(20);
    let mut composer = with_cursor("see | please");
    composer.paste(&long, &words());
    let mark = composer.buffer.ruler().char_before(composer.buffer.cursor()).unwrap();
    assert_eq!(composer.buffer.chips().get(mark).unwrap().label, "[pasted #1: 20 lines]");
    assert_eq!(composer.text(), format!("see {long} please"));

    composer.press(Action::Left);
    composer.press(Action::Right);
    composer.press(Action::DeleteBack);
    assert_eq!(composer.text(), "see  please", "it goes as a whole");
    composer.press(Action::Undo);
    assert_eq!(composer.text(), format!("see {long} please"), "and comes back");
    composer.press(Action::Expand);
    assert_eq!(composer.buffer.text(), format!("see {long} please"));
    composer.press(Action::Undo);
    assert_eq!(composer.press(Action::Send), Outcome::Send(prompt(&format!("see {long} please"))));
}

#[test]
fn a_chip_of_a_prompt_that_was_sent_cannot_be_yanked_into_the_next() {
    let mut composer = Composer::default();
    write(&mut composer, "x ");
    composer.paste(&"line\n".repeat(20), &words());
    composer.press(Action::DeleteToStart);
    composer.clear();
    composer.press(Action::Yank);
    assert_eq!(composer.text(), "");
}

#[test]
fn labels_of_pastes_have_russian_plurals() {
    for (lines, label) in [(9, "9 строк"), (21, "21 строка"), (32, "32 строки")] {
        let mut composer = Composer::default();
        composer.paste(&"x\n".repeat(lines), &Words::new(Lang::Ru));
        let mark = composer.buffer.ruler().char_at(0).unwrap();
        assert_eq!(composer.buffer.chips().get(mark).unwrap().label, format!("[вставка №1: {label}]"));
    }
}

#[test]
fn only_what_was_written_names_files() {
    let mut composer = Composer::default();
    composer.paste(&"see @/etc/passwd\n".repeat(20), &words());
    write(&mut composer, " and @src/lib.rs. @\"");
    composer.paste(&"etc/passwd\" @x\n".repeat(20), &words());
    assert_eq!(composer.needs_files(), None, "a paste is no beginning of a name");
    let Outcome::Send(Composed::Prompt { files, .. }) = composer.press(Action::Send) else { panic!() };
    assert_eq!(files, ["src/lib.rs"]);
}

#[test]
fn a_text_asks_for_what_its_first_sign_says() {
    let command = |name: &str, args: &str| Composed::Command { name: name.into(), args: args.into() };
    for (text, composed) in [
        ("/model fast one ", command("model", "fast one")),
        ("/help", command("help", "")),
        ("/etc/passwd is what?", prompt("/etc/passwd is what?")),
        ("/ x", prompt("/ x")),
        ("! ls -l\n", Composed::Shell("ls -l".into())),
        ("!", prompt("!")),
        (" /help", prompt(" /help")),
    ] {
        assert_eq!(Composed::of(text), composed, "{text}");
    }
}

#[test]
fn files_are_named_at_the_beginning_of_a_word() {
    for (text, paths) in [
        ("@a.rs and (@b/c.rs), me@example.com", &["a.rs", "b/c.rs"][..]),
        ("@\"with space.md\" @\"q\\\"uote\"", &["with space.md", "q\"uote"]),
        ("@ @, @\"\" @\"open", &[]),
        ("@путь/файл.txt: что здесь?", &["путь/файл.txt"]),
    ] {
        let found: Vec<String> = mentions(text).into_iter().map(|mention| mention.path).collect();
        assert_eq!(found, paths, "{text}");
    }
    for path in ["a b", "q\"", "back\\slash x", "plain/пусть.rs", "end.", "a\\b"] {
        let text = mentioned(path);
        let found = mentions(&text);
        assert_eq!(
            found.first().map(|m| (m.path.as_str(), m.range.len())),
            Some((path, text.len())),
            "{text}"
        );
    }
}

#[test]
fn commands_are_completed_by_tab_and_sent_when_whole() {
    let mut composer = composer();
    write(&mut composer, "/m");
    let values = |c: &Composer| -> Vec<String> {
        c.completion()
            .map(|menu| menu.rows().0.iter().map(|item| item.value.clone()).collect())
            .unwrap_or_default()
    };
    assert_eq!(values(&composer), ["model", "memory"]);
    composer.press(Action::Down);
    assert_eq!(composer.press(Action::CompleteOrQueue), Outcome::Edited);
    assert_eq!(shown(&composer), "/memory |");
    assert!(composer.completion().is_none());
    composer.replace("/mel");
    composer.press(Action::Left);
    composer.press(Action::CompleteOrQueue);
    assert_eq!(shown(&composer), "/memory |", "the whole name gives way");
    composer.replace("/help");
    composer.press(Action::LineEnd);
    assert_eq!(values(&composer), ["help"]);
    let help = Composed::Command { name: "help".into(), args: String::new() };
    assert_eq!(composer.press(Action::Send), Outcome::Send(help));
}

#[test]
fn files_are_asked_for_once_for_each_name() {
    let mut composer = Composer::default();
    write(&mut composer, "see @l");
    assert_eq!(composer.needs_files().as_deref(), Some("l"));
    composer.offer_files(["src/", "src/lib.rs", "a file.md", "Cargo.lock"].map(str::to_owned).to_vec());
    assert_eq!(composer.needs_files(), None);
    write(&mut composer, "b");
    assert_eq!(composer.press(Action::Send), Outcome::Edited, "enter takes what the menu offers");
    assert_eq!(shown(&composer), "see @src/lib.rs |");

    write(&mut composer, "@");
    assert_eq!(composer.needs_files().as_deref(), Some(""), "another name");
    composer.offer_files(vec!["my dir/".into(), "my dir/x".into()]);
    composer.press(Action::CompleteOrQueue);
    assert_eq!(shown(&composer), "see @src/lib.rs @\"my dir/|", "a folder stays open");
    write(&mut composer, "x");
    composer.press(Action::CompleteOrQueue);
    assert_eq!(shown(&composer), "see @src/lib.rs @\"my dir/x\" |");
    composer.replace("/model @s");
    assert_eq!(composer.needs_files().as_deref(), Some("s"), "also behind a command");
}

#[test]
fn a_menu_that_was_closed_stays_closed_for_its_name() {
    let mut composer = composer();
    write(&mut composer, "/h");
    assert!(composer.completion().is_some());
    assert_eq!(composer.press(Action::Escape), Outcome::Edited);
    write(&mut composer, "e");
    assert!(composer.completion().is_none());
    assert_eq!(composer.press(Action::Escape), Outcome::Unused);
    composer.replace("");
    write(&mut composer, "/h");
    assert!(composer.completion().is_some(), "begun anew, it opens again");
}

#[test]
fn the_best_file_comes_first() {
    let paths =
        ["target/lib.txt", "src/lib.rs", "src/library/mod.rs", "docs/calibre.md", "l/i/b", "README.md"]
            .map(str::to_owned);
    let best = |partial: &str| -> Vec<String> {
        Completion::files(&paths, partial).into_iter().map(|item| item.value).collect()
    };
    assert_eq!(
        best("lib"),
        ["src/lib.rs", "target/lib.txt", "src/library/mod.rs", "docs/calibre.md", "l/i/b"]
    );
    assert_eq!(best("slr"), ["src/lib.rs", "docs/calibre.md", "src/library/mod.rs"]);
    assert_eq!(best("readme"), ["README.md"]);
    assert_eq!(best("").len(), paths.len());
    assert!(best("zzz").is_empty());
}

#[test]
fn more_than_a_prompt_holds_is_refused_whole() {
    let mut composer = Composer::default();
    let half = "x".repeat(plyrum_protocol::MAX_PROMPT_BYTES / 2);
    assert_eq!(composer.paste(&half, &words()), Outcome::Edited);
    assert_eq!(composer.paste(&half, &words()), Outcome::Edited);
    assert_eq!(composer.typed('x'), Outcome::TooLong);
    assert_eq!(composer.paste(&half, &words()), Outcome::TooLong);
    assert_eq!(composer.text().len(), plyrum_protocol::MAX_PROMPT_BYTES);
    composer.press(Action::DeleteBack);
    assert_eq!(composer.typed('x'), Outcome::Edited);
}

#[test]
fn the_key_that_quits_deletes_where_something_is_written() {
    let mut composer = with_cursor("a|b");
    assert_eq!(composer.press(Action::QuitWhenEmpty), Outcome::Edited);
    assert_eq!(shown(&composer), "a|");
    composer.press(Action::DeleteBack);
    assert_eq!(composer.press(Action::QuitWhenEmpty), Outcome::Unused);
}
