use super::wrap::Wrap;
use super::*;
use crate::screen::Look;
use crate::theme::Theme;
use plyrum_words::Lang;
use proptest::prelude::*;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget as _;

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
fn arrows_walk_through_lines_first_and_then_through_what_was_sent() {
    let mut composer = composer();
    composer.replace("draft\nof two");
    for (action, text) in [
        (Action::Up, "draft| of two".replace(' ', "\n").replace("\nt", " t")),
        (Action::Up, "three\nlines|".into()),
        (Action::Up, "three|\nlines".into()),
        (Action::Up, "two words|".into()),
        (Action::Up, "one|".into()),
        (Action::Up, "one|".into()),
        (Action::Down, "two words|".into()),
        (Action::Down, "three\nlines|".into()),
        (Action::Down, "draft\nof two|".into()),
        (Action::Down, "draft\nof two|".into()),
    ] {
        composer.press(action);
        assert_eq!(shown(&composer), text, "{action:?}");
    }
}

#[test]
fn moving_up_and_down_keeps_the_column_over_wide_characters() {
    let mut composer = with_cursor("日本語日\nab\nxyzuvw|");
    composer.press(Action::Up);
    assert_eq!(shown(&composer), "日本語日\nab|\nxyzuvw");
    composer.press(Action::Up);
    assert_eq!(shown(&composer), "日本語|日\nab\nxyzuvw");
}

#[test]
fn history_keeps_what_was_meant_to_be_kept() {
    let mut history = History::default();
    for entry in ["a", "a", " secret", "", "  ", "b", &"x".repeat(40_000)] {
        history.add(entry);
    }
    assert_eq!((history.len(), history.get(0), history.get(1)), (2, Some("a"), Some("b")));
    for n in 0..3_000 {
        history.add(&format!("{n}"));
    }
    assert_eq!((history.len(), history.get(999)), (1_000, Some("2999")));
    let hostile = History::of(["good", "with \u{1b}[31mcolour"].map(str::to_owned));
    assert_eq!((hostile.len(), hostile.get(1)), (2, Some("with colour")));
}

#[test]
fn earlier_prompts_that_come_late_stand_before_those_of_now_and_keep_the_place() {
    let mut history = History::of(["now".to_owned()]);
    assert_eq!(history.older("draft").as_deref(), Some("now"));
    history.put_before(["old", "older"].map(str::to_owned));
    assert_eq!(history.older("now").as_deref(), Some("older"));
    assert_eq!(history.newer().as_deref(), Some("now"));
    assert_eq!(history.newer().as_deref(), Some("draft"));
}

#[test]
fn a_search_finds_backwards_and_can_be_taken_or_cancelled() {
    let mut composer = composer();
    composer.replace("draft");
    composer.press(Action::SearchHistory);
    write(&mut composer, "E");
    let found = |composer: &Composer| {
        composer.search.as_ref().and_then(|s| s.shown(&composer.history)).map(str::to_owned)
    };
    assert_eq!(found(&composer).as_deref(), Some("three\nlines"));
    composer.press(Action::SearchHistory);
    assert_eq!(found(&composer).as_deref(), Some("one"));
    composer.press(Action::SearchHistory);
    assert_eq!(found(&composer).as_deref(), Some("one"), "there is no older one");
    composer.press(Action::Escape);
    assert_eq!(composer.text(), "draft");

    composer.press(Action::SearchHistory);
    write(&mut composer, "wor?");
    composer.press(Action::DeleteBack);
    assert_eq!(composer.press(Action::Send), Outcome::Edited, "enter takes, and does not send");
    assert_eq!(composer.text(), "two words");
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

fn draw(composer: &Composer, lang: Lang, area: Rect) -> (Vec<String>, Option<Position>) {
    let (theme, words) = (Theme::mono(), Words::new(lang));
    let look = Look {
        theme: &theme,
        words: &words,
        now: plyrum_protocol::Timestamp::from_millis(0),
        is_plain: false,
    };
    let mut screen = ratatui::buffer::Buffer::empty(area);
    let view = ComposerView::new(composer, look);
    let cursor = view.cursor(area);
    view.render(area, &mut screen);
    (rows(&screen), cursor)
}

fn rows(screen: &ratatui::buffer::Buffer) -> Vec<String> {
    let area = screen.area;
    let row = |y| (area.left()..area.right()).map(|x| screen[(x, y)].symbol()).collect::<String>();
    (area.top()..area.bottom()).map(|y| row(y).trim_end().to_owned()).collect()
}

#[test]
fn the_view_wraps_words_and_scrolls_to_the_cursor() {
    let mut composer = Composer::default();
    composer.replace("one two three four five six");
    composer.resize(14);
    let area = Rect::new(0, 0, 14, 2);
    assert_eq!(
        draw(&composer, Lang::En, area),
        (vec!["↑ three four".into(), "  five six".into()], Some(Position::new(10, 1)))
    );
    composer.buffer.move_to(0);
    assert_eq!(
        draw(&composer, Lang::En, area),
        (vec!["› one two".into(), "↓ three four".into()], Some(Position::new(2, 0)))
    );
    // Another width than the composer was told is drawn right too.
    let wide = Rect::new(0, 0, 30, 1);
    assert_eq!(draw(&composer, Lang::En, wide).0, ["› one two three four five six"]);
}

#[test]
fn the_view_shows_chips_searches_and_what_can_be_done() {
    let mut composer = composer();
    let area = Rect::new(0, 0, 40, 2);
    assert!(draw(&composer, Lang::Ru, area).0.concat().starts_with("› Спросите о чём угодно · @ файл"));
    write(&mut composer, "see ");
    composer.paste(&"x\n".repeat(12), &words());
    assert_eq!(draw(&composer, Lang::En, area).0, ["› see [pasted #1: 12 lines]", ""]);
    composer.press(Action::SearchHistory);
    write(&mut composer, "wor");
    let (rows, cursor) = draw(&composer, Lang::En, area);
    assert_eq!(rows, ["› search: wor", "  two words"]);
    assert_eq!(cursor, Some(Position::new(13, 0)));
}

#[test]
fn the_menu_is_drawn_above_the_composer() {
    let (theme, words) = (Theme::mono(), words());
    let look = Look {
        theme: &theme,
        words: &words,
        now: plyrum_protocol::Timestamp::from_millis(0),
        is_plain: false,
    };
    let mut composer = composer();
    write(&mut composer, "/m");
    let menu = CompletionView::new(&composer, look).unwrap();
    let around = Rect::new(0, 0, 40, 10);
    let area = menu.area(Rect::new(0, 8, 40, 2), around);
    assert_eq!(area, Rect::new(0, 6, 40, 2));
    let mut screen = ratatui::buffer::Buffer::empty(area);
    menu.render(area, &mut screen);
    assert_eq!(rows(&screen), ["> /model   choose a model, or auto", "  /memory  command-memory"]);
}

#[test]
fn what_reorders_or_hides_text_does_not_reach_the_screen() {
    let mut composer = Composer::default();
    composer.paste("a\u{202e}b\u{200b}c\u{2066}d\te\u{feff}", &words());
    assert_eq!(draw(&composer, Lang::En, Rect::new(0, 0, 20, 1)).0, ["› abcd    e"]);
}

#[test]
fn choosing_among_ten_thousand_files_costs_little() {
    let paths: Vec<String> =
        (0..10_000).map(|n| format!("crates/plyrum-{}/src/module_{n}/file.rs", n % 30)).collect();
    let mut composer = Composer::default();
    write(&mut composer, "@");
    composer.offer_files(paths);
    let mut times: Vec<std::time::Duration> = "mod99fi"
        .chars()
        .map(|c| {
            let begun = std::time::Instant::now();
            composer.typed(c);
            begun.elapsed()
        })
        .collect();
    times.sort();
    let most = if cfg!(debug_assertions) { 500 } else { 10 };
    assert!(times[3] <= std::time::Duration::from_millis(most), "{:?}", times[3]);
}

#[test]
fn a_view_without_room_draws_nothing_and_does_not_panic() {
    let mut composer = composer();
    composer.paste(&"日本\n".repeat(12), &words());
    write(&mut composer, "日本 text");
    for (width, height) in [(0, 0), (1, 1), (2, 1), (3, 2), (4, 1)] {
        composer.resize(width);
        let _drawn = draw(&composer, Lang::En, Rect::new(0, 0, width, height));
    }
}

#[test]
fn a_line_is_edited_with_the_same_keys_and_scrolls() {
    let mut line = Line::of("one\ntwo\u{1b}[31m\n");
    assert_eq!(line.text(), "one two");
    line.typed('!');
    line.typed('\n');
    assert!(line.press(Action::WordLeft) && line.press(Action::DeleteToEnd) && !line.press(Action::Confirm));
    assert_eq!(line.text(), "one ");
    line.paste(&"x".repeat(5_000));
    assert_eq!(line.text(), "one ", "what does not fit is refused whole");

    let line = Line::of("one two 日本");
    let area = Rect::new(2, 0, 8, 1);
    let mut screen = ratatui::buffer::Buffer::empty(area);
    let view = LineView::new(&line, ratatui::style::Style::new());
    assert_eq!(view.cursor(area), Some(Position::new(9, 0)));
    view.render(area, &mut screen);
    assert_eq!(rows(&screen), ["wo 日 本"], "a wide character takes the cell behind it too");
}

#[test]
fn the_key_that_quits_deletes_where_something_is_written() {
    let mut composer = with_cursor("a|b");
    assert_eq!(composer.press(Action::QuitWhenEmpty), Outcome::Edited);
    assert_eq!(shown(&composer), "a|");
    composer.press(Action::DeleteBack);
    assert_eq!(composer.press(Action::QuitWhenEmpty), Outcome::Unused);
}

#[test]
fn a_key_in_a_long_text_costs_little() {
    for text in
        ["word ".repeat(20_000), "word\n".repeat(20_000), "слово🦀".repeat(7_000), "文字".repeat(17_000)]
    {
        let mut composer = Composer::default();
        composer.replace(&text);
        composer.buffer.move_to(text.len() / 2);
        let mut times: Vec<std::time::Duration> = (0..101)
            .map(|n| {
                let begun = std::time::Instant::now();
                if n % 2 == 0 {
                    composer.typed('ж')
                } else {
                    composer.press(Action::DeleteBack)
                };
                begun.elapsed()
            })
            .collect();
        times.sort();
        let most = if cfg!(debug_assertions) { 100 } else { 1 };
        assert!(times[50] <= std::time::Duration::from_millis(most), "{:?}", times[50]);
    }
}

/// A key, or another event.
#[derive(Debug, Clone)]
enum Event {
    Typed(char),
    Press(Action),
    Paste(String),
    Resize(u16),
}

fn event() -> impl Strategy<Value = Event> {
    let characters = prop::sample::select(
        "ab \n\tжЖ日🦀🇷🇺é\u{301}\u{200d}👩\u{600}क\u{94d}\u{ad}@/\"\\?".chars().collect::<Vec<_>>(),
    );
    let actions = prop::sample::select(vec![
        Action::Left,
        Action::Right,
        Action::WordLeft,
        Action::WordRight,
        Action::LineStart,
        Action::LineEnd,
        Action::Up,
        Action::Down,
        Action::DeleteBack,
        Action::DeleteForward,
        Action::DeleteWordBack,
        Action::DeleteWordForward,
        Action::DeleteToStart,
        Action::DeleteToEnd,
        Action::Yank,
        Action::YankPop,
        Action::Undo,
        Action::Newline,
        Action::Expand,
        Action::SearchHistory,
        Action::CompleteOrQueue,
        Action::Send,
        Action::Escape,
    ]);
    prop_oneof![
        8 => characters.prop_map(Event::Typed),
        6 => actions.prop_map(Event::Press),
        1 => "(.|\n|🇷🇺|x y ){0,40}".prop_map(Event::Paste),
        1 => Just(Event::Paste("line\n".repeat(10))),
        1 => (0u16..20).prop_map(Event::Resize),
    ]
}

fn happen(composer: &mut Composer, event: Event) {
    match event {
        Event::Typed(c) => drop(composer.typed(c)),
        Event::Press(action) => drop(composer.press(action)),
        Event::Paste(text) => drop(composer.paste(&text, &words())),
        Event::Resize(width) => composer.resize(width),
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_cursor_is_between_characters_and_rows_are_right(events in prop::collection::vec(event(), 0..80)) {
        let mut composer = composer();
        for event in events {
            happen(&mut composer, event);
            let buffer = &composer.buffer;
            let ruler = buffer.ruler();
            prop_assert_eq!(ruler.border(buffer.cursor()), buffer.cursor());
            let wrap = Wrap::whole(ruler, buffer.wrap().columns());
            prop_assert_eq!(buffer.wrap(), &wrap, "{:?}", buffer.text());
            for row in 0..wrap.rows() {
                let start = wrap.start(row).unwrap();
                let end = wrap.start(row + 1).unwrap_or(buffer.text().len());
                let end = end - usize::from(buffer.text().get(start..end).unwrap().ends_with('\n'));
                let is_one = ruler.next(start).is_none_or(|next| next >= end);
                prop_assert!(is_one || ruler.column(start, end) <= wrap.columns());
            }
            if let Some(menu) = composer.completion() {
                let (rows, selected) = menu.rows();
                prop_assert!(selected < rows.len() && rows.len() <= MAX_MENU_ROWS);
            }
            let (_, cursor) = draw(&composer, Lang::En, Rect::new(3, 2, 12, 3));
            prop_assert!(cursor.is_some_and(|at| (3..15).contains(&at.x) && (2..5).contains(&at.y)));
        }
    }

    #[test]
    fn borders_are_the_same_from_both_sides(text in "(.|[👩\u{200d}\u{301}🇷🇺\u{fdd0}\u{600}]){0,30}") {
        let chips = chip::Chips::default();
        let ruler = ruler::Ruler { text: &text, chips: &chips };
        let forwards: Vec<usize> = std::iter::successors(Some(0), |at| ruler.next(*at)).collect();
        let mut backwards: Vec<usize> = std::iter::successors(Some(text.len()), |at| ruler.previous(*at)).collect();
        backwards.reverse();
        prop_assert_eq!(&forwards, &backwards);
        prop_assert!(forwards.iter().all(|at| ruler.border(*at) == *at));
    }

    #[test]
    fn undoing_goes_back_through_earlier_states_to_the_first(events in prop::collection::vec(event(), 0..60)) {
        let mut composer = Composer::default();
        let mut states = vec![String::new()];
        for event in events {
            if !matches!(event, Event::Press(Action::Send | Action::CompleteOrQueue)) {
                happen(&mut composer, event);
                states.push(composer.text());
            }
        }
        composer.search = None;
        while composer.buffer.undo() {
            prop_assert!(states.contains(&composer.text()));
        }
        prop_assert_eq!(composer.text(), "");
    }

    #[test]
    fn what_is_pasted_is_what_is_sent(text in "(.|\n){0,60}", times in 1usize..40) {
        let text = text.repeat(times);
        let mut composer = Composer::default();
        composer.paste(&text, &words());
        prop_assert_eq!(composer.text(), clean_text(&text));
    }
}
