//! How the dashboard is laid out: everything at once where there is room, a page of panels where there is not, one panel
//! over the whole area when it is expanded, and lines of words where nothing may be drawn.

use super::panel::{self, Extent, Pane};
use super::{Exported, Flow, Mode, Page, Panel, UsageScreen, filter, said};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup::cell;
use plyrum_protocol::view::{Dashboard, DashboardPeriod};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Tabs, Widget, Wrap};
use unicode_width::UnicodeWidthStr as _;

/// From this size on, every panel is shown at once.
const WIDE: (u16, u16) = (112, 38);

/// The dashboard as it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct UsageView<'a> {
    /// What is shown.
    pub screen: &'a UsageScreen,
    /// How things look and read.
    pub look: Look<'a>,
}

impl Widget for UsageView<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        self.head(head, buf);
        self.foot(foot, buf);
        match &self.screen.board {
            None => self.without_figures(body, buf),
            Some(board) if board.is_empty() && board.query.filter.is_empty() => {
                self.nothing_yet(board, body, buf);
            }
            Some(board) => self.figures(board, body, buf),
        }
    }
}

impl UsageView<'_> {
    /// The period and the filter at the left, at the right the state of the figures.
    fn head(self, area: Rect, buf: &mut Buffer) {
        let theme = self.look.theme;
        let (state, role) = self.state();
        let state_width = u16::try_from(state.width()).unwrap_or(u16::MAX).min(area.width);
        let left = area.width.saturating_sub(state_width + 1);
        let mut spans = vec![
            Span::styled(self.look.words.say("usage-title"), theme.of(Role::Title)),
            Span::raw("  "),
            Span::styled(self.period(), theme.of(Role::Text)),
        ];
        let filter = filter::said(&self.screen.query.filter);
        if !filter.is_empty() {
            spans.push(Span::raw("  "));
            spans.push(Span::styled(cell(&filter), theme.of(Role::Match)));
        }
        Line::from(spans).render(Rect { width: left, ..area }, buf);
        let right = Rect { x: area.x + area.width - state_width, width: state_width, ..area };
        Line::styled(state, theme.of(role)).render(right, buf);
    }

    fn period(self) -> String {
        let (words, query) = (self.look.words, &self.screen.query);
        let key = match query.period {
            DashboardPeriod::Today => "usage-today",
            DashboardPeriod::Week => "usage-week",
            DashboardPeriod::Month => "usage-month",
            DashboardPeriod::Days30 => "usage-30-days",
            DashboardPeriod::All => "usage-all-time",
            DashboardPeriod::Custom => {
                let end = |text: &Option<String>| text.as_deref().map(cell).unwrap_or_default();
                return format!("{}..{}", end(&query.since), end(&query.until));
            }
        };
        words.say(key)
    }

    fn state(self) -> (String, Role) {
        let words = self.look.words;
        let ago =
            || self.screen.board.as_ref().map(|board| said::ago(self.look, board.at)).unwrap_or_default();
        if self.screen.flow == Flow::Frozen {
            return (format!(" {} ", words.with("usage-frozen", &[("ago", ago().into())])), Role::Selected);
        }
        match (&self.screen.fault, &self.screen.board) {
            (Some(_), Some(_)) => (words.with("usage-stale", &[("ago", ago().into())]), Role::Bad),
            (Some(_), None) => (words.say("usage-fault"), Role::Bad),
            (None, Some(board)) if board.query != self.screen.query => {
                (words.say("usage-loading"), Role::Busy)
            }
            (None, Some(board)) => (cell(&board.zone), Role::Dim),
            (None, None) => (words.say("usage-loading"), Role::Busy),
        }
    }

    /// What is typed, what came of an export, what went wrong, or the keys.
    fn foot(self, area: Rect, buf: &mut Buffer) {
        let (words, theme) = (self.look.words, self.look.theme);
        let line =
            |text: String, role| Line::styled(said::fit(&text, usize::from(area.width)), theme.of(role));
        let text = match (&self.screen.mode, &self.screen.exported, &self.screen.fault) {
            (Mode::Filter(filter), ..) => return self.filter_line(filter, area, buf),
            (Mode::Export, ..) => line(words.say("usage-export-as"), Role::Warning),
            (_, Some(Exported::UnderWay), _) => line(words.say("usage-export-busy"), Role::Busy),
            (_, Some(Exported::To(path)), _) => {
                let path = cell(&path.display().to_string());
                line(words.with("usage-exported", &[("path", path.into())]), Role::Good)
            }
            (_, Some(Exported::Failed(fault)), _) => line(cell(&self.look.told(&fault.message)), Role::Bad),
            (_, None, Some(fault)) if self.screen.board.is_some() => {
                line(cell(&self.look.told(&fault.message)), Role::Bad)
            }
            _ => self.keys(area),
        };
        text.render(area, buf);
    }

    /// As many keys as fit, the most used first.
    fn keys(self, area: Rect) -> Line<'static> {
        let theme = self.look.theme;
        let names = ["period", "filter", "pane", "expand", "freeze", "export", "verify"];
        let keys = ["p", "/", "tab", "e", "f", "x", "v"];
        let mut spans = Vec::new();
        let mut used = 0;
        for (key, name) in keys.into_iter().zip(names) {
            let name = self.look.words.say(&format!("usage-key-{name}"));
            used += key.width() + 1 + name.width() + 2;
            if used > usize::from(area.width) + 2 {
                break;
            }
            spans.push(Span::styled(key, theme.of(Role::Key)));
            spans.push(Span::styled(format!(" {name}  "), theme.of(Role::Dim)));
        }
        Line::from(spans)
    }

    fn filter_line(self, filter: &filter::FilterLine, area: Rect, buf: &mut Buffer) {
        let theme = self.look.theme;
        if let Some(wrong) = &filter.wrong {
            let said = self.look.words.with("usage-filter-wrong", &[("part", cell(wrong).into())]);
            let keys = filter::KEYS.map(|key| format!("{key}=")).join(" ");
            return Line::styled(format!("{said} {keys}"), theme.of(Role::Bad)).render(area, buf);
        }
        let text = filter.text();
        let shown = said::fit_end(&cell(&filter.before()), usize::from(area.width).saturating_sub(8));
        let after = cell(text.get(filter.before().len()..).unwrap_or_default());
        let mut rest = after.chars();
        let under = rest.next().unwrap_or(' ').to_string();
        let mut spans = vec![Span::styled("/ ", theme.of(Role::Key)), Span::raw(shown)];
        spans.push(Span::styled(under, theme.of(Role::Selected)));
        spans.push(Span::raw(rest.as_str().to_owned()));
        if text.is_empty() {
            spans.push(Span::styled(self.look.words.say("usage-filter-hint"), theme.of(Role::Dim)));
        }
        Line::from(spans).render(area, buf);
    }

    fn without_figures(self, area: Rect, buf: &mut Buffer) {
        let Some(fault) = &self.screen.fault else {
            return self.middle(&[(self.look.words.say("usage-loading"), Role::Busy)], area, buf);
        };
        let hint = fault.hint.as_deref().map(|hint| cell(&self.look.told(hint))).unwrap_or_default();
        self.middle(&[(cell(&self.look.told(&fault.message)), Role::Bad), (hint, Role::Dim)], area, buf);
    }

    /// Before the first answer there is only the account to tell of.
    fn nothing_yet(self, board: &Dashboard, area: Rect, buf: &mut Buffer) {
        let words = self.look.words;
        let said = [(words.say("usage-empty"), Role::Text), (words.say("usage-empty-hint"), Role::Dim)];
        let [above, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(7)]).areas(area);
        self.middle(&said, above, buf);
        self.panel(Panel::Books, board, Extent::Small, below, buf);
    }

    fn middle(self, said: &[(String, Role)], area: Rect, buf: &mut Buffer) {
        let lines: Vec<Line<'_>> = said
            .iter()
            .map(|(text, role)| Line::styled(text.clone(), self.look.theme.of(*role)).centered())
            .collect();
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(1).min(area.height);
        let y = area.y + (area.height - height) / 2;
        Paragraph::new(lines).wrap(Wrap { trim: true }).render(Rect { y, height, ..area }, buf);
    }

    fn figures(self, board: &Dashboard, area: Rect, buf: &mut Buffer) {
        if self.look.is_plain {
            return self.plain(board, area, buf);
        }
        if let Some(panel) = self.screen.expanded {
            return self.panel(panel, board, Extent::Whole { scroll: self.screen.scroll }, area, buf);
        }
        if area.width >= WIDE.0 && area.height >= WIDE.1 {
            return self.grid(board, area, buf);
        }
        let [tabs, page] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        self.tabs(tabs, buf);
        for (panel, place) in on_page(self.screen.focus.page(), page) {
            self.panel(panel, board, Extent::Small, place, buf);
        }
    }

    fn grid(self, board: &Dashboard, area: Rect, buf: &mut Buffer) {
        let rows = [Constraint::Length(13), Constraint::Fill(7), Constraint::Fill(5), Constraint::Length(13)];
        let [first, second, third, fourth] = Layout::vertical(rows).areas(area);
        let [now, spans, right] = thirds(first);
        let [total, books] = halves_down(right);
        let [models, providers, roles] = thirds(second);
        let [personas, projects, sessions] = thirds(third);
        let [left, days, heat] = thirds(fourth);
        let [cache, failures] = Layout::vertical([Constraint::Length(7), Constraint::Fill(1)]).areas(left);
        let places = [
            (Panel::Now, now),
            (Panel::Spans, spans),
            (Panel::Total, total),
            (Panel::Books, books),
            (Panel::Model, models),
            (Panel::Provider, providers),
            (Panel::Role, roles),
            (Panel::Persona, personas),
            (Panel::Project, projects),
            (Panel::Session, sessions),
            (Panel::Cache, cache),
            (Panel::Failures, failures),
            (Panel::Days, days),
            (Panel::Heat, heat),
        ];
        for (panel, place) in places {
            self.panel(panel, board, Extent::Small, place, buf);
        }
    }

    fn tabs(self, area: Rect, buf: &mut Buffer) {
        let theme = self.look.theme;
        let chosen = Page::ALL.iter().position(|page| *page == self.screen.focus.page());
        Tabs::new(Page::ALL.map(|page| self.look.words.say(page.word())))
            .select(chosen)
            .style(theme.of(Role::Dim))
            .highlight_style(theme.of(Role::Selected))
            .divider("│")
            .render(area, buf);
    }

    fn panel(self, panel: Panel, board: &Dashboard, extent: Extent, area: Rect, buf: &mut Buffer) {
        let pane = Pane { screen: self.screen, board, look: self.look };
        if self.look.is_plain {
            let lines =
                panel::pairs(panel, pane).iter().map(|pair| Line::raw(pair.line())).collect::<Vec<_>>();
            return Paragraph::new(lines).render(area, buf);
        }
        let theme = self.look.theme;
        let has_keys = self.screen.focus == panel;
        let (border, role) = if has_keys { (Role::Focus, Role::Focus) } else { (Role::Border, Role::Title) };
        let title = said::fit(&panel::title(panel, pane), usize::from(area.width.saturating_sub(4)));
        let block = Block::bordered()
            .border_style(theme.of(border))
            .title(Line::styled(format!(" {title} "), theme.of(role)));
        let block = match extent {
            Extent::Small => block,
            Extent::Whole { .. } => block.title_bottom(Line::styled(self.legend(board), theme.of(Role::Dim))),
        };
        let inside = block.inner(area);
        block.render(area, buf);
        // A space at each side, so that figures do not touch the border.
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        if !inside.is_empty() {
            panel::draw(panel, pane, extent, inside, buf);
        }
    }

    /// What the signs at figures mean, where there are any.
    fn legend(self, board: &Dashboard) -> String {
        let signs = [
            (board.total.estimated, "usage-legend-estimated"),
            (board.total.unpriced, "usage-legend-unpriced"),
        ];
        let used = signs.into_iter().filter(|(count, _)| *count > 0);
        used.map(|(_, key)| format!(" {} ", self.look.words.say(key))).collect::<Vec<_>>().concat()
    }

    /// Panels one below the other in words: those of the page, or the expanded one.
    fn plain(self, board: &Dashboard, area: Rect, buf: &mut Buffer) {
        let pane = Pane { screen: self.screen, board, look: self.look };
        let page = self.screen.focus.page();
        let panels = match self.screen.expanded {
            Some(panel) => vec![panel],
            None => from_focus(self.screen.focus, page),
        };
        let mut lines = Vec::new();
        for panel in panels {
            let mark = if panel == self.screen.focus { "> " } else { "" };
            lines.push(Line::raw(format!("{mark}{}:", panel::title(panel, pane))));
            let pairs = panel::pairs(panel, pane);
            lines.extend(
                pairs.iter().skip(self.screen.scroll).map(|pair| Line::raw(format!("  {}", pair.line()))),
            );
        }
        Paragraph::new(lines).render(area, buf);
    }
}

/// The panels of a page, the one that has the keys first: what is below the area's end is reached by it.
fn from_focus(focus: Panel, page: Page) -> Vec<Panel> {
    let of_page: Vec<Panel> = Panel::ALL.into_iter().filter(|panel| panel.page() == page).collect();
    let at = of_page.iter().position(|panel| *panel == focus).unwrap_or_default();
    let (before, from) = of_page.split_at(at);
    from.iter().chain(before).copied().collect()
}

/// Where the panels of a page are.
fn on_page(page: Page, area: Rect) -> Vec<(Panel, Rect)> {
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(area);
    let two =
        |area, upper| Layout::vertical([Constraint::Length(upper), Constraint::Fill(1)]).areas::<2>(area);
    match page {
        Page::Overview => {
            let ([now, books], [total, spans]) = (two(left, 12), two(right, 8));
            vec![(Panel::Now, now), (Panel::Books, books), (Panel::Total, total), (Panel::Spans, spans)]
        }
        Page::Groups => {
            let three = |area| Layout::vertical([Constraint::Fill(1); 3]).areas::<3>(area);
            let ([models, roles, projects], [providers, personas, sessions]) = (three(left), three(right));
            vec![
                (Panel::Model, models),
                (Panel::Provider, providers),
                (Panel::Role, roles),
                (Panel::Persona, personas),
                (Panel::Project, projects),
                (Panel::Session, sessions),
            ]
        }
        Page::Waste => {
            let [cache, failures] = two(area, 14);
            vec![(Panel::Cache, cache), (Panel::Failures, failures)]
        }
        Page::Time => {
            let [days, heat] = Layout::vertical([Constraint::Fill(1), Constraint::Length(11)]).areas(area);
            vec![(Panel::Days, days), (Panel::Heat, heat)]
        }
    }
}

fn thirds(area: Rect) -> [Rect; 3] {
    Layout::horizontal([Constraint::Fill(1); 3]).areas(area)
}

fn halves_down(area: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(7), Constraint::Fill(1)]).areas(area)
}
