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
        forked_from: None,
    }
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
    screen.loaded(SessionsReply::Page { is_first: true, outcome: Ok(page) });
    let session = screen.look().and_then(|ask| match ask {
        SessionsAsk::Preview(session) => Some(session),
        _ => None,
    });
    let turns = vec![
        ("Что такое индекс?".into(), "Это **отсортированная** копия столбца.".into()),
        ("А когда он не помогает?".into(), "Когда подходит большинство строк.".into()),
    ];
    screen.loaded(SessionsReply::Preview(Ok(Box::new(Preview { session: session.unwrap(), turns }))));
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
    empty.loaded(SessionsReply::Page { is_first: true, outcome: Ok(none) });
    picture("empty", &empty);
    picture("filled", &filled());
    let mut searched = filled();
    let from = u32::try_from(SNIPPET.find("индекс").unwrap()).unwrap();
    let hit = SessionHit {
        session: SessionId::new("aa").unwrap(),
        title: "Индексы базы данных".into(),
        project: None,
        run: RunId::new("r1").unwrap(),
        role: "answer".into(),
        at: Timestamp::from_millis(NOW - 3_600_000),
        snippet: SNIPPET.into(),
        marks: vec![SessionMark { from, to: from + 12 }],
    };
    searched.loaded(SessionsReply::Hits { words: "индекс".into(), outcome: Ok(vec![hit]) });
    picture("search", &searched);
    let mut failed = SessionsScreen::default();
    let fault = Fault::new(ErrorKind::DaemonUnreachable, "the daemon is gone").hint("plyrum daemon restart");
    failed.loaded(SessionsReply::Page { is_first: true, outcome: Err(fault) });
    picture("error", &failed);
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
    let old = Preview { session: SessionId::new("aa").unwrap(), turns: vec![("old".into(), String::new())] };
    screen.loaded(SessionsReply::Preview(Ok(Box::new(old))));
    assert!(screen.preview.as_ref().is_none_or(|preview| preview.turns.len() == 2), "the older one stays");
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
