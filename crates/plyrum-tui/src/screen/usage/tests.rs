//! What keys and answers do to the dashboard.

use super::sample::{self, NOW, at};
use super::*;
use crate::screen::Look;
use crate::snapshot;
use crate::theme::Theme;
use plyrum_protocol::ErrorKind;
use plyrum_words::{Lang, Words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget as _;

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
fn hours_that_begin_past_the_clocks_hour_say_so() {
    let mut board = sample::full();
    board.hours.iter_mut().for_each(|hour| hour.minute = 30);
    let mut screen = loaded();
    screen.tick();
    screen.loaded(Ok(board));
    let area = Rect::new(0, 0, 160, 60);
    let mut buffer = Buffer::empty(area);
    let (theme, words) = (Theme::sixteen(), Words::new(Lang::En));
    let look = Look { theme: &theme, words: &words, now: at(NOW), is_plain: false };
    UsageView { screen: &screen, look }.render(area, &mut buffer);
    let text = snapshot::text(&buffer);
    assert!(text.contains("0:30") && text.contains("18:30"), "{text}");
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

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

fn drawn(screen: &UsageScreen, lang: Lang, (width, height): (u16, u16), is_plain: bool) -> Buffer {
    let (theme, words) = (Theme::sixteen(), Words::new(lang));
    let look = Look { theme: &theme, words: &words, now: at(NOW + 125_000), is_plain };
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    UsageView { screen, look }.render(area, &mut buf);
    buf
}

/// In both languages.
fn check(name: &str, screen: &UsageScreen, size: (u16, u16)) {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ru, "ru")] {
        let (width, height) = size;
        snapshot::check(&format!("usage-{name}-{width}x{height}-{code}"), &drawn(screen, lang, size, false));
    }
}

fn streaming() -> UsageScreen {
    let mut screen = loaded();
    screen.live(LiveFigures {
        run_cost: Some(Spent { cost: MicroRub::new(1_204_500), unpriced: 0 }),
        session_cost: Some(Spent { cost: MicroRub::new(64_118_250), unpriced: 0 }),
        context_percent: Some(42),
        certainty: Certainty::Streaming,
    });
    screen
}

#[test]
fn what_has_no_known_price_is_not_told_as_nothing() {
    let mut screen = loaded();
    screen.live(LiveFigures {
        run_cost: Some(Spent { cost: MicroRub::ZERO, unpriced: 1 }),
        ..LiveFigures::default()
    });
    let buffer = drawn(&screen, Lang::En, LARGE, false);
    let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("price not known"), "{text}");
}

fn at_panel(mut screen: UsageScreen, panel: Panel) -> UsageScreen {
    while screen.focus != panel {
        screen.press(Action::NextPane);
    }
    screen
}

fn expanded(panel: Panel) -> UsageScreen {
    let mut screen = at_panel(streaming(), panel);
    screen.press(Action::Expand);
    screen
}

#[test]
fn everything_is_shown_at_once_on_a_large_screen() {
    check("all", &streaming(), LARGE);
}

#[test]
fn a_small_screen_has_four_pages() {
    for (name, panel) in
        [("overview", Panel::Now), ("groups", Panel::Model), ("waste", Panel::Cache), ("time", Panel::Days)]
    {
        check(name, &at_panel(streaming(), panel), SMALL);
    }
}

#[test]
fn an_expanded_panel_has_the_whole_area_and_all_rows() {
    check("models", &expanded(Panel::Model), SMALL);
    check("heat", &expanded(Panel::Heat), SMALL);
    check("days", &expanded(Panel::Days), LARGE);
}

#[test]
fn loading_empty_failed_and_frozen_are_told() {
    check("loading", &UsageScreen::new(), SMALL);
    let mut screen = UsageScreen::new();
    screen.open();
    screen.loaded(Ok(sample::empty()));
    check("empty", &screen, SMALL);
    let mut screen = UsageScreen::new();
    screen.open();
    screen.loaded(Err(Fault::new(ErrorKind::Storage, "the ledger is damaged").hint("plyrum doctor")));
    check("failed", &screen, SMALL);
    let mut screen = streaming();
    screen.press(Action::Freeze);
    check("frozen", &screen, SMALL);
}

#[test]
fn the_filter_line_is_at_the_bottom() {
    let mut screen = at_panel(streaming(), Panel::Model);
    screen.press(Action::Filter);
    "model=anthropic/cl".chars().for_each(|c| drop(screen.typed(c)));
    check("filter", &screen, SMALL);
    screen.press(Action::Confirm);
    screen.press(Action::Filter);
    "x".chars().for_each(|c| drop(screen.typed(c)));
    screen.press(Action::Confirm);
    check("filter-wrong", &screen, SMALL);
}

#[test]
fn panels_that_know_no_filter_say_so() {
    let mut screen = streaming();
    screen.press(Action::Filter);
    "model=openai/gpt-5.5-mini".chars().for_each(|c| drop(screen.typed(c)));
    let asked = screen.press(Action::Confirm);
    let [UsageAsk::Load(query)] = asked.as_slice() else { panic!("{asked:?}") };
    screen.loaded(Ok(Dashboard { query: query.clone(), ..sample::full() }));
    check("filtered", &screen, SMALL);
}

#[test]
fn plain_is_words_without_a_border_or_a_shade() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ru, "ru")] {
        for (name, panel) in [("overview", Panel::Now), ("time", Panel::Heat)] {
            let buf = drawn(&at_panel(streaming(), panel), lang, SMALL, true);
            let text = snapshot::text(&buf);
            assert!(!text.chars().any(|c| ('\u{2500}'..='\u{28ff}').contains(&c)), "{text}");
            snapshot::check(&format!("usage-plain-{name}-80x24-{code}"), &buf);
        }
    }
}

#[test]
fn nothing_breaks_on_a_screen_of_any_size() {
    for width in [0, 1, 3, 10, 39, 79, 112, 200] {
        for height in [0, 1, 2, 5, 12, 38, 60] {
            for panel in Panel::ALL {
                drop(drawn(&at_panel(streaming(), panel), Lang::Ru, (width, height), false));
                drop(drawn(&expanded(panel), Lang::En, (width, height), false));
            }
        }
    }
}

#[test]
fn hostile_names_never_reach_the_screen_as_they_are() {
    let mut board = sample::full();
    for group in &mut board.groups {
        group.rows.iter_mut().for_each(|row| row.key = "a\u{1b}[31mb\nc".to_owned());
    }
    let mut screen = UsageScreen::new();
    screen.open();
    screen.loaded(Ok(board));
    let text = snapshot::text(&drawn(&at_panel(screen, Panel::Model), Lang::En, SMALL, false));
    assert!(text.contains("ab c") && !text.contains('\u{1b}'), "{text}");
}
