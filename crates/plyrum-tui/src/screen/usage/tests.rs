//! What keys and answers do to the dashboard.

use super::sample::{self, NOW, at};
use super::*;
use plyrum_protocol::ErrorKind;

fn loaded() -> UsageScreen {
    let mut screen = UsageScreen::new();
    assert_eq!(screen.open(), [UsageAsk::Load(DashboardQuery::default())]);
    screen.loaded(Ok(sample::full()));
    screen
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut screen = loaded();
    let asked = screen.press(Action::Period);
    let [UsageAsk::Load(query)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(query.period, DashboardPeriod::Days30);
    let late = Dashboard { zone: "late".to_owned(), ..sample::full() };
    screen.loaded(Ok(late));
    assert_eq!(screen.board.as_ref().unwrap().zone, "Europe/Moscow");
    screen.loaded(Ok(Dashboard { query: query.clone(), ..sample::empty() }));
    assert!(screen.board.as_ref().unwrap().is_empty());
}

#[test]
fn a_fault_keeps_the_figures_that_are_there() {
    let mut screen = loaded();
    assert_eq!(screen.tick().len(), 1);
    screen.loaded(Err(Fault::new(ErrorKind::Storage, "the disk is gone")));
    assert!(screen.fault.is_some() && screen.board.is_some());
}

#[test]
fn nothing_moves_while_frozen_but_what_is_asked_anew() {
    let mut screen = loaded();
    screen.tick();
    screen.press(Action::Freeze);
    screen.loaded(Ok(sample::empty()));
    screen.live(LiveFigures { context_percent: Some(9), ..LiveFigures::default() });
    assert_eq!(screen.tick(), []);
    assert_eq!(screen.board, Some(sample::full()));
    assert_eq!(screen.live, LiveFigures::default());
    assert_eq!(screen.press(Action::Period).len(), 1, "a new question is answered");
    assert_eq!(screen.press(Action::Freeze).len(), 1, "thawed, it reads what is now");
}

#[test]
fn the_filter_line_asks_on_enter_and_says_what_is_wrong() {
    let mut screen = loaded();
    screen.press(Action::Filter);
    assert_eq!(screen.context(), Context::Line);
    "persona=арх".chars().for_each(|c| drop(screen.typed(c)));
    screen.press(Action::CompleteOrQueue);
    let asked = screen.press(Action::Confirm);
    let [UsageAsk::Load(query)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(query.filter.persona.as_deref(), Some("архитектор"));
    screen.press(Action::Filter);
    screen.typed('x');
    assert_eq!(screen.press(Action::Confirm), []);
    assert!(matches!(&screen.mode, Mode::Filter(line) if line.wrong.as_deref() == Some("x")));
    screen.press(Action::Escape);
    let asked = screen.press(Action::ClearFilter);
    assert_eq!(asked, [UsageAsk::Load(DashboardQuery::default())]);
}

#[test]
fn an_export_has_the_figures_that_are_shown_whatever_the_layout_of_the_keyboard() {
    let mut screen = loaded();
    screen.press(Action::Export);
    assert_eq!(screen.typed('с'), []);
    let asked = screen.typed('1');
    assert_eq!(asked, [UsageAsk::Export { format: ExportFormat::Csv, shown: Box::new(sample::full()) }]);
    assert!(!screen.has_open());
}

#[test]
fn an_expanded_panel_scrolls_within_its_rows() {
    let mut screen = loaded();
    while screen.focus != Panel::Model {
        screen.press(Action::NextPane);
    }
    screen.press(Action::Expand);
    screen.press(Action::Bottom);
    assert_eq!(screen.scroll, 3);
    screen.press(Action::Down);
    screen.press(Action::PageUp);
    assert_eq!(screen.scroll, 0);
    screen.press(Action::Escape);
    assert!(!screen.has_open());
}

#[test]
fn the_books_are_proved_once_at_a_time() {
    let mut screen = loaded();
    assert_eq!(screen.press(Action::Verify), [UsageAsk::Verify]);
    assert_eq!(screen.press(Action::Verify), []);
    screen.verified(Ok(Checks { ok: true, checks: Vec::new() }), at(NOW));
    assert_eq!(screen.press(Action::Verify), [UsageAsk::Verify]);
}
