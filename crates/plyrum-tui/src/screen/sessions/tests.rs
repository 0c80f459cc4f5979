//! Paging, searching, and that nothing is deleted by accident.

use super::*;
use crate::screen::Look;
use crate::snapshot;
use crate::theme::Theme;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::view::SessionMark;
use plyrum_protocol::{ErrorKind, RunId, Timestamp};
use plyrum_words::{Lang, Words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SNIPPET: &str = "…копия столбца, индекс по которой…";
const NOW: i64 = 1_795_000_000_000;

fn row(id: &str, title: &str, minutes: i64) -> SessionRow {
    SessionRow {
        session: SessionId::new(id).unwrap(),
        title: title.into(),
        project: None,
        created_at: Timestamp::from_millis(NOW - minutes * 60_000),
        updated_at: Timestamp::from_millis(NOW - minutes * 60_000),
        turns: 3,
        cost_micro_rub: MicroRub::new(1_234_500),
        unpriced: 0,
        forked_from: None,
    }
}

fn first(outcome: Result<SessionPage, Fault>) -> SessionsReply {
    SessionsReply::Page { cursor: None, whose: Whose::All, outcome }
}

fn found(words: &str, hits: Vec<SessionHit>) -> SessionsReply {
    let outcome = Ok(SessionHits { hits, next: None, behind: 0 });
    SessionsReply::Hits { words: words.into(), whose: Whose::All, cursor: None, outcome }
}

fn hit(session: &str) -> SessionHit {
    let from = u32::try_from(SNIPPET.find("индекс").unwrap()).unwrap();
    SessionHit {
        session: SessionId::new(session).unwrap(),
        title: "Индексы базы данных".into(),
        project: None,
        run: RunId::new("r1").unwrap(),
        role: "answer".into(),
        at: Timestamp::from_millis(NOW - 3_600_000),
        snippet: SNIPPET.into(),
        marks: vec![SessionMark { from, to: from + 12 }],
    }
}

fn asked_for(screen: &mut SessionsScreen, words: &str) -> Vec<SessionsAsk> {
    screen.press(Action::Search);
    words.chars().for_each(|c| drop(screen.typed(c)));
    screen.press(Action::Confirm)
}

fn filled() -> SessionsScreen {
    let mut screen = SessionsScreen::default();
    screen.open();
    let rows = vec![
        row("aa", "Индексы базы данных и почему они не помогают", 0),
        row("bb", "日本語のタイトル とても長い題名がここにあります、切られます", 75),
        row("cc", "", 60 * 30),
        row("dd", "a\u{1b}[31mhostile\u{202e} title", 60 * 24 * 40),
    ];
    let page = SessionPage { rows, next: Some("more".into()), behind: 0 };
    screen.loaded(first(Ok(page)));
    let session = screen.look().and_then(|ask| match ask {
        SessionsAsk::Preview(session) => Some(session),
        _ => None,
    });
    let turns = vec![
        ("Что такое индекс?".into(), "Это **отсортированная** копия столбца.".into()),
        ("А когда он не помогает?".into(), "Когда подходит большинство строк.".into()),
    ];
    let outcome = Ok(Box::new(Preview { turns }));
    screen.loaded(SessionsReply::Preview { session: session.unwrap(), outcome });
    screen
}

/// More than fits, looked at in the middle.
fn long() -> SessionsScreen {
    let mut screen = SessionsScreen::default();
    screen.open();
    let rows = (0..200).map(|n| {
        let mut row = row(&format!("s{n:03}"), &format!("Беседа {n} о том, как считать деньги"), n * 47);
        row.project = Some("/home/ann/work/plyrum".into());
        row.forked_from = (n % 7 == 3).then(|| SessionId::new("s000aabbccdd").unwrap());
        row.cost_micro_rub = MicroRub::new(n * n * 765_432);
        row
    });
    let page = SessionPage { rows: rows.collect(), next: None, behind: 3 };
    screen.loaded(first(Ok(page)));
    screen.resize(SessionsView::room(Rect::new(0, 0, 80, 22)));
    (0..52).for_each(|_| drop(screen.press(Action::Down)));
    (0..4).for_each(|_| drop(screen.press(Action::Up)));
    screen.look();
    let turns = (0..9).map(|n| (format!("Вопрос {n}"), "Слова ответа, которых много. ".repeat(30)));
    let outcome = Ok(Box::new(Preview { turns: turns.collect() }));
    screen.loaded(SessionsReply::Preview { session: screen.chosen().unwrap().clone(), outcome });
    screen
}

fn picture(name: &str, screen: &SessionsScreen) {
    for (width, height) in [(80, 22), (120, 38)] {
        for lang in [Lang::En, Lang::Ru] {
            let (theme, words) = (Theme::sixteen(), Words::new(lang));
            let look =
                Look { theme: &theme, words: &words, now: Timestamp::from_millis(NOW), is_plain: false };
            let area = Rect::new(0, 0, width, height);
            let mut buffer = Buffer::empty(area);
            let screen = &mut screen.clone();
            screen.resize(SessionsView::room(area));
            let _cursor = SessionsView { screen, look }.draw(area, &mut buffer);
            let lang = if lang == Lang::En { "en" } else { "ru" };
            snapshot::check(&format!("sessions-{name}-{width}-{lang}"), &buffer);
        }
    }
}

#[test]
fn pictures_of_every_state() {
    let mut loading = SessionsScreen::default();
    loading.open();
    picture("loading", &loading);
    let mut empty = SessionsScreen::default();
    let none = SessionPage { rows: Vec::new(), next: None, behind: 0 };
    empty.open();
    empty.loaded(first(Ok(none)));
    picture("empty", &empty);
    picture("filled", &filled());
    let mut searched = filled();
    asked_for(&mut searched, "индекс");
    searched.loaded(found("индекс", vec![hit("aa"), hit("zz")]));
    picture("search", &searched);
    let mut failed = SessionsScreen::default();
    let fault = Fault::new(ErrorKind::DaemonUnreachable, "the daemon is gone").hint("plyrum daemon restart");
    failed.open();
    failed.loaded(first(Err(fault.clone())));
    picture("error", &failed);
    let mut refused = filled();
    refused.loaded(SessionsReply::Failed(fault));
    picture("refused", &refused);
    picture("long", &long());
    let mut deleting = filled();
    deleting.press(Action::Delete);
    picture("delete", &deleting);
    let mut naming = filled();
    naming.press(Action::Rename);
    picture("rename", &naming);
}

#[test]
fn the_next_page_is_asked_for_once_and_near_the_end() {
    let mut screen = filled();
    let asked = screen.press(Action::Down);
    assert_eq!(asked, [SessionsAsk::Load { cursor: Some("more".into()), whose: Whose::All }]);
    assert!(screen.press(Action::Down).is_empty(), "it is on its way");
}

#[test]
fn only_the_digit_of_delete_deletes() {
    for c in "y1д2нYy ".chars().filter(|c| *c != '1') {
        let mut screen = filled();
        screen.press(Action::Delete);
        assert!(screen.typed(c).is_empty(), "{c:?}");
        assert!(screen.typed('1').is_empty(), "the question is gone after {c:?}");
    }
    for key in [Action::Open, Action::Escape, Action::Down] {
        let mut screen = filled();
        screen.press(Action::Delete);
        assert!(screen.press(key).is_empty(), "{key:?}");
    }
    let mut screen = filled();
    screen.press(Action::Delete);
    assert_eq!(screen.typed('1'), [SessionsAsk::Delete(SessionId::new("aa").unwrap())]);
}

#[test]
fn a_preview_of_what_is_not_marked_any_more_is_dropped() {
    let mut screen = filled();
    screen.press(Action::Down);
    assert_eq!(screen.look(), Some(SessionsAsk::Preview(SessionId::new("bb").unwrap())));
    assert_eq!(screen.look(), None, "it is on its way");
    let outcome = Ok(Box::new(Preview { turns: vec![("old".into(), String::new())] }));
    screen.loaded(SessionsReply::Preview { session: SessionId::new("aa").unwrap(), outcome });
    assert!(screen.preview.is_none());
}

#[test]
fn what_answers_an_older_question_is_dropped() {
    let mut screen = filled();
    let page = |id: &str| Ok(SessionPage { rows: vec![row(id, "x", 0)], next: None, behind: 0 });
    screen.press(Action::Down);
    assert_eq!(screen.press(Action::Filter), [SessionsAsk::Load { cursor: None, whose: Whose::Here }]);
    let of_all = SessionsReply::Page { cursor: Some("more".into()), whose: Whose::All, outcome: page("ee") };
    screen.loaded(of_all);
    assert_eq!(screen.chosen(), None, "the page of the other scope");
    screen.loaded(SessionsReply::Page { cursor: None, whose: Whose::Here, outcome: page("ff") });
    assert_eq!(screen.chosen().map(SessionId::as_str), Some("ff"));
    asked_for(&mut screen, "старое");
    asked_for(&mut screen, "новое");
    let outcome = Ok(SessionHits { hits: vec![hit("aa")], next: None, behind: 0 });
    let of_old =
        SessionsReply::Hits { words: "старое".into(), whose: Whose::Here, cursor: None, outcome };
    screen.loaded(of_old);
    assert_eq!(screen.chosen().map(SessionId::as_str), Some("ff"));
}

#[test]
fn a_fault_leaves_the_list_and_goes_with_the_next_key() {
    let mut screen = filled();
    screen.loaded(SessionsReply::Failed(Fault::new(ErrorKind::Storage, "the disk is full")));
    assert_eq!(screen.chosen().map(SessionId::as_str), Some("aa"));
    screen.press(Action::Up);
    assert!(screen.fault.is_none());
    let mut empty = SessionsScreen::default();
    empty.open();
    empty.loaded(first(Err(Fault::new(ErrorKind::Storage, "the disk is full"))));
    empty.press(Action::Up);
    assert!(empty.fault.is_some(), "there is nothing else to see");
    assert_eq!(empty.press(Action::Refresh), [SessionsAsk::Load { cursor: None, whose: Whose::All }]);
    assert!(empty.fault.is_none());
}

#[test]
fn what_is_deleted_or_named_is_so_among_what_was_found() {
    let mut screen = filled();
    let asked = asked_for(&mut screen, "индекс");
    assert_eq!(asked, [SessionsAsk::Search { words: "индекс".into(), whose: Whose::All, cursor: None }]);
    screen.loaded(found("индекс", vec![hit("aa"), hit("bb"), hit("aa")]));
    let (aa, bb) = (SessionId::new("aa").unwrap(), SessionId::new("bb").unwrap());
    screen.loaded(SessionsReply::Renamed { session: bb.clone(), title: "Новое".into() });
    screen.press(Action::Bottom);
    screen.loaded(SessionsReply::Deleted(aa.clone()));
    assert_eq!((screen.len(), screen.chosen()), (1, Some(&bb)));
    assert_eq!(screen.chosen_title(), Some("Новое"));
    assert_eq!(screen.press(Action::Escape).len(), 1, "back to the list, which is read anew");
    assert!(screen.rows.iter().all(|row| row.session != aa));
}

#[test]
fn what_was_found_comes_in_pages() {
    let mut screen = filled();
    asked_for(&mut screen, "x");
    let page = |cursor: Option<&str>, id: &str, next: Option<&str>| SessionsReply::Hits {
        words: "x".into(),
        whose: Whose::All,
        cursor: cursor.map(str::to_owned),
        outcome: Ok(SessionHits { hits: vec![hit(id)], next: next.map(str::to_owned), behind: 0 }),
    };
    screen.loaded(page(None, "aa", Some("2")));
    picture("search-more", &screen);
    let asked = screen.press(Action::Down);
    let second = SessionsAsk::Search { words: "x".into(), whose: Whose::All, cursor: Some("2".into()) };
    assert_eq!(asked, [second]);
    assert!(screen.press(Action::Down).is_empty(), "it is on its way");
    screen.loaded(page(Some("2"), "bb", None));
    assert_eq!(screen.len(), 2);
    assert!(screen.press(Action::Down).is_empty(), "that was all");
    assert_eq!(screen.chosen().map(SessionId::as_str), Some("bb"));
}

#[test]
fn enter_opens_and_a_name_is_typed() {
    let mut screen = filled();
    assert_eq!(screen.press(Action::Open), [SessionsAsk::Open(SessionId::new("aa").unwrap())]);
    let opened = screen.loaded(SessionsReply::Opened(Ok(SessionId::new("aa").unwrap())));
    assert_eq!(opened.as_ref().map(SessionId::as_str), Some("aa"));
    screen.press(Action::Rename);
    screen.press(Action::DeleteToStart);
    "Новое".chars().for_each(|c| drop(screen.typed(c)));
    let asked = screen.press(Action::Confirm);
    assert_eq!(
        asked,
        [SessionsAsk::Rename { session: SessionId::new("aa").unwrap(), title: "Новое".into() }]
    );
}
