//! Earlier prompts.

use super::*;

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
fn a_long_prompt_of_an_earlier_session_comes_back_folded_and_names_no_files() {
    let mut composer = Composer::new(History::default(), Vec::new());
    let long = "look at @secret.txt\n".repeat(12);
    let earlier = vec![long.clone(), "explain @main.rs".to_owned()];
    composer.remember_earlier(earlier, &words());
    let recalled = |composer: &mut Composer| {
        composer.press(Action::Up);
        match composer.composed() {
            Composed::Prompt { text, files } => (text, files),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(recalled(&mut composer), ("explain @main.rs".to_owned(), vec!["main.rs".to_owned()]));
    let (text, files) = recalled(&mut composer);
    assert_eq!((text.trim_end(), files), (long.trim_end(), Vec::new()));
    assert_eq!(draw(&composer, Lang::En, Rect::new(0, 0, 40, 3)).0[0], "› [earlier prompt: 12 lines]");
}
