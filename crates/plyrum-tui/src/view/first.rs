//! The first screen: what was found here, what to do next, and one key to try it without any key.

use super::stack;
use crate::app::App;
use crate::paint::Pieces;
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::view::ProviderRow;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Most providers that are named.
const MAX_PROVIDERS: usize = 8;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let mut lines = vec![Line::default()];
    let hosted = hosted(app);
    let title = if hosted == Some(0) { "first-welcome" } else { "first-ready" };
    lines.push(Pieces::new(&app.theme).add(Role::Title, &format!(" {}", app.words.say(title))).done());
    lines.push(Line::default());
    lines.extend(found(app, hosted));
    lines.push(Line::default());
    let next: &[&str] = match hosted {
        Some(0) => &["first-try", "first-add-key", "first-add-model", "first-doctor"],
        _ => &["first-ask", "first-commands", "first-files", "first-shell", "first-resume"],
    };
    let sign = if app.is_plain { "-" } else { "•" };
    for key in next {
        let columns = u16::try_from(usize::from(area.width).saturating_sub(5)).unwrap_or(u16::MAX);
        let text = markup::markdown(&app.words.say(key), columns.max(10));
        for (at, line) in text.iter().enumerate() {
            let before = if at == 0 { format!("  {sign} ") } else { "    ".to_owned() };
            let mut painted = crate::paint::line(&app.theme, line);
            painted.spans.insert(0, before.into());
            lines.push(painted);
        }
    }
    stack(lines, area, buffer);
}

/// How many models of a provider are ready; none while it is not known.
fn hosted(app: &App) -> Option<usize> {
    let choices = app.choices.as_ref()?;
    Some(choices.models.iter().filter(|row| row.ready && row.provider != "offline").count())
}

/// What was found: providers with a key, those without, and the extractor.
fn found(app: &App, hosted: Option<usize>) -> Vec<Line<'static>> {
    let Some(choices) = &app.choices else {
        return vec![
            Pieces::new(&app.theme).add(Role::Busy, &format!("  {}", app.words.say("first-looking"))).done(),
        ];
    };
    let (yes, no) = if app.is_plain { ("+", "-") } else { ("✓", "·") };
    let mut lines = Vec::new();
    for row in worth_telling(&choices.providers) {
        let usable = choices.models.iter().filter(|model| model.ready && model.provider == row.provider);
        let n = usable.count() as u64;
        let (sign, role, text) = match &row.why_not {
            Some(why) => (no, Role::Dim, app.look().told(why)),
            None => (yes, Role::Good, with_key(app, row, n)),
        };
        lines.push(
            Pieces::new(&app.theme)
                .add(role, &format!("  {sign} "))
                .column(Role::Text, &row.provider, 16)
                .fitted(Role::Dim, &text, 60)
                .done(),
        );
    }
    let offline = app.words.say(if hosted == Some(0) { "first-offline-only" } else { "first-offline-too" });
    lines.push(
        Pieces::new(&app.theme)
            .add(Role::Good, &format!("  {yes} "))
            .column(Role::Text, "offline", 16)
            .add(Role::Dim, &offline)
            .done(),
    );
    lines
}

/// Those that can be asked, then those that lack something; as many as leave room for what to do next.
fn worth_telling(providers: &[ProviderRow]) -> impl Iterator<Item = &ProviderRow> {
    let hosted = || providers.iter().filter(|row| row.provider != "offline");
    let usable = hosted().filter(|row| row.why_not.is_none());
    usable.chain(hosted().filter(|row| row.why_not.is_some())).take(MAX_PROVIDERS)
}

/// How many models it has, and where its key comes from.
fn with_key(app: &App, row: &ProviderRow, models: u64) -> String {
    let models = app.words.with("first-models", &[("n", models.into())]);
    let key = row.key.as_deref().map(|key| app.look().told(key));
    std::iter::once(models).chain(key).collect::<Vec<_>>().join(" · ")
}
