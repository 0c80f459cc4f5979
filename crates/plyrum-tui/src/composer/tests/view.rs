//! What the composer looks like.

use super::*;
use ratatui::layout::Position;
use ratatui::widgets::Widget as _;

pub(super) fn draw(composer: &Composer, lang: Lang, area: Rect) -> (Vec<String>, Option<Position>) {
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
