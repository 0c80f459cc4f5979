//! How the composer looks: a sign, and wrapped rows around the cursor; a menu of completions above it, and a line alone.

mod completion;
mod line;
mod pen;

pub use completion::CompletionView;
pub use line::LineView;

use super::chip::is_mark;
use super::ruler::Ruler;
use super::search::find;
use super::wrap::Wrap;
use super::{Activity, Composed, Composer};
use crate::screen::Look;
use crate::theme::Role;
use pen::{Pen, short};
use plyrum_markup::cell;
use ratatui::buffer::Buffer as Screen;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;
use std::borrow::Cow;
use std::ops::Range;
use unicode_width::UnicodeWidthStr as _;

/// The sign and the space behind it.
const SIGN: u16 = 2;
/// The cursor stands behind the last character of a row.
const CURSOR: u16 = 1;
/// Rows of a search: the query, and what was found.
const SEARCH_ROWS: u16 = 2;

/// Columns of text in a view of that width.
pub(super) fn columns(width: u16) -> usize {
    usize::from(width.saturating_sub(SIGN + CURSOR).max(1))
}

/// Draws the composer.
#[derive(Debug, Clone, Copy)]
pub struct ComposerView<'a> {
    composer: &'a Composer,
    look: Look<'a>,
}

impl<'a> ComposerView<'a> {
    /// A view of a composer.
    #[must_use]
    pub const fn new(composer: &'a Composer, look: Look<'a>) -> Self {
        Self { composer, look }
    }

    /// The rows that it would like at that width, from one to `most`.
    #[must_use]
    pub fn height(&self, width: u16, most: u16) -> u16 {
        let rows = match self.composer.search {
            Some(_) => SEARCH_ROWS,
            None => short(self.wrap(width).rows()),
        };
        rows.clamp(1, most.max(1))
    }

    /// Where the terminal's cursor belongs.
    #[must_use]
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        let (column, row) = match &self.composer.search {
            Some(search) => (self.search_label().width() + cell(search.query()).width(), 0),
            None => self.text_cursor(area),
        };
        let x = area.x.saturating_add(SIGN).saturating_add(short(column));
        Some(Position::new(x.min(area.right() - 1), area.y.saturating_add(short(row)).min(area.bottom() - 1)))
    }

    fn text_cursor(&self, area: Rect) -> (usize, usize) {
        let buffer = &self.composer.buffer;
        let wrap = self.wrap(area.width);
        let row = wrap.row_of(buffer.cursor());
        let start = wrap.start(row).unwrap_or_default();
        (buffer.ruler().column(start, buffer.cursor()), row - first_row(&wrap, row, area.height))
    }

    /// The rows at that width: those that are kept, or measured now.
    fn wrap(&self, width: u16) -> Cow<'a, Wrap> {
        let buffer = &self.composer.buffer;
        if buffer.wrap().columns() == columns(width) {
            return Cow::Borrowed(buffer.wrap());
        }
        Cow::Owned(Wrap::whole(buffer.ruler(), columns(width)))
    }

    fn search_label(&self) -> String {
        format!("{} ", self.look.words.say("composer-search"))
    }

    fn draw_search(&self, query: &str, area: Rect, screen: &mut Screen) {
        let theme = self.look.theme;
        let mut line = Pen { screen, x: area.x, y: area.y, right: area.right() };
        line.put(self.sign(), theme.of(Role::User));
        line.put(&self.search_label(), theme.of(Role::Dim));
        line.put(&cell(query), theme.of(Role::Text));
        if area.height < SEARCH_ROWS {
            return;
        }
        let found = self.composer.search.as_ref().and_then(|search| search.shown(&self.composer.history));
        let mut line = Pen { screen, x: area.x.saturating_add(SIGN), y: area.y + 1, right: area.right() };
        match found {
            Some(text) => {
                let matched = find(text, query).unwrap_or(0..0);
                // From its line's beginning, so that what matches is on the screen.
                let from =
                    text.get(..matched.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
                let piece = |range: Range<usize>| cell(text.get(range).unwrap_or_default());
                line.put(&piece(from..matched.start), theme.of(Role::Text));
                line.put(&piece(matched.clone()), theme.of(Role::Match));
                line.put(&piece(matched.end..text.len().min(matched.end + MAX_SHOWN)), theme.of(Role::Text));
            }
            None => line.put(&self.look.words.say("composer-search-none"), theme.of(Role::Dim)),
        }
    }

    fn draw_text(&self, area: Rect, screen: &mut Screen) {
        let buffer = &self.composer.buffer;
        let wrap = self.wrap(area.width);
        let first = first_row(&wrap, wrap.row_of(buffer.cursor()), area.height);
        for line in 0..area.height {
            let row = first + usize::from(line);
            let Some(start) = wrap.start(row) else { break };
            let end = wrap.start(row + 1).unwrap_or(buffer.text().len());
            let y = area.y.saturating_add(line);
            let has_more = line + 1 == area.height && row + 1 < wrap.rows();
            let mut pen = Pen { screen, x: area.x, y, right: area.right() };
            pen.put(self.margin(row, line, Below::of(has_more)), self.sign_style());
            let mut pen = Pen { x: area.x.saturating_add(SIGN), ..pen };
            self.draw_row(buffer.ruler(), start..end, &mut pen);
        }
        if self.composer.is_empty() {
            let mut pen = Pen { screen, x: area.x.saturating_add(SIGN), y: area.y, right: area.right() };
            pen.put(&self.placeholder(), self.look.theme.of(Role::Dim));
        }
    }

    fn draw_row(&self, ruler: Ruler<'_>, row: Range<usize>, pen: &mut Pen<'_>) {
        let (plain, folded) = (self.look.theme.of(Role::Text), self.look.theme.of(Role::Key));
        let mut run = String::new();
        let (mut at, mut column) = (row.start, 0);
        while let Some(end) = ruler.next(at).filter(|end| *end <= row.end) {
            let width = ruler.width(at, end, column);
            match ruler.char_at(at) {
                Some('\n') | None => break,
                Some('\t') => run.push_str(&" ".repeat(width)),
                Some(mark) if is_mark(mark) => {
                    pen.put(&std::mem::take(&mut run), plain);
                    let label = ruler.chips.get(mark).map(|chip| cell(&chip.label)).unwrap_or_default();
                    pen.put(&label, folded);
                }
                Some(_) => run.push_str(ruler.text.get(at..end).unwrap_or_default()),
            }
            column += width;
            at = end;
        }
        pen.put(&run, plain);
    }

    /// What stands before a row: the sign at the first, arrows where there is more than fits.
    fn margin(&self, row: usize, line: u16, below: Below) -> &'static str {
        match (row, line, below, self.look.is_plain) {
            (0, ..) => self.sign(),
            (_, 0, _, false) => "↑ ",
            (_, 0, _, true) => "^ ",
            (_, _, Below::More, false) => "↓ ",
            (_, _, Below::More, true) => "v ",
            _ => "  ",
        }
    }

    const fn sign(&self) -> &'static str {
        if self.look.is_plain { "> " } else { "› " }
    }

    fn sign_style(&self) -> Style {
        let text = self.composer.buffer.text();
        let role = match text.chars().next() {
            Some('!') => Role::Warning,
            Some('/') if matches!(Composed::of(text), Composed::Command { .. }) => Role::Key,
            _ => Role::User,
        };
        self.look.theme.of(role)
    }

    fn placeholder(&self) -> String {
        self.look.words.say(match self.composer.activity {
            Activity::Idle => "composer-placeholder",
            Activity::Busy => "composer-placeholder-busy",
        })
    }
}

impl Widget for ComposerView<'_> {
    fn render(self, area: Rect, screen: &mut Screen) {
        let area = area.intersection(screen.area);
        match &self.composer.search {
            _ if area.is_empty() => {}
            Some(search) => self.draw_search(search.query(), area, screen),
            None => self.draw_text(area, screen),
        }
    }
}

/// Whether rows are hidden below the last one that is shown.
#[derive(Clone, Copy)]
enum Below {
    More,
    Nothing,
}

impl Below {
    const fn of(has_more: bool) -> Self {
        if has_more { Self::More } else { Self::Nothing }
    }
}

/// Bytes of a found prompt behind what matches: more than a row of any terminal.
const MAX_SHOWN: usize = 4_096;

/// The first row that is shown, so that the cursor's is.
fn first_row(wrap: &Wrap, cursor: usize, height: u16) -> usize {
    let height = usize::from(height.max(1));
    let last = (cursor + 1).max(height.min(wrap.rows()));
    last.saturating_sub(height)
}
