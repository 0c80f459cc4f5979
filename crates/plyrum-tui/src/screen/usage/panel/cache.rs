//! Caches of providers: how much of the input was read from them, what that saved, what was lost and why.

use super::super::said;
use super::{Extent, Pair, Pane, draw_pairs};
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use plyrum_markup::cell;
use plyrum_words::money;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{LineGauge, Widget as _};

/// Lines above the causes.
pub(super) const LINES: usize = 4;

/// The hit rate as a bar, then the rest.
pub(super) fn draw(pane: Pane<'_>, extent: Extent, area: Rect, buf: &mut Buffer) {
    let pairs = pairs(pane);
    let Some(tenths) = pane.board.cache.hit_per_mille.filter(|_| extent.scroll() == 0) else {
        return draw_pairs(pane.look, &pairs, extent.scroll(), area, buf);
    };
    let bar = Rect { height: area.height.min(1), ..area };
    let label = format!("{} {}", pane.look.words.say("usage-hit-rate"), said::per_mille(pane.look, tenths));
    let theme = pane.look.theme;
    LineGauge::default()
        .label(Line::raw(label))
        .ratio(f64::from(u32::try_from(tenths.min(1000)).unwrap_or_default()) / 1000.0)
        .filled_symbol("█")
        .unfilled_symbol("░")
        .filled_style(theme.of(Role::Bar))
        .unfilled_style(theme.of(Role::BarBefore))
        .render(bar, buf);
    let below = Rect { y: area.y + bar.height, height: area.height - bar.height, ..area };
    draw_pairs(pane.look, pairs.get(1..).unwrap_or_default(), 0, below, buf);
}

pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let (look, cache) = (pane.look, &pane.board.cache);
    let say = |key| look.words.say(key);
    let Some(tenths) = cache.hit_per_mille else {
        return vec![Pair::new(say("screen-usage-nothing"), String::new(), Role::Dim)];
    };
    // Money is of the newest attempts only where there are more than can be looked at.
    let of = if cache.is_whole {
        String::new()
    } else {
        format!(" {}", look.words.with("usage-of-newest", &[("n", money::count(cache.looked_at).into())]))
    };
    let lost = cache.causes.iter().filter(|cause| cause.lost_at_most_micro_rub != MicroRub::ZERO);
    let mut pairs = vec![
        Pair::new(say("usage-hit-rate"), said::per_mille(look, tenths), Role::Text),
        Pair::new(format!("{}{of}", say("usage-saved")), said::rub(look, cache.saved_micro_rub), Role::Good),
        Pair::new(
            format!("{}{of}", say("usage-written")),
            said::rub(look, cache.written_micro_rub),
            Role::Text,
        ),
        Pair::new(
            look.words.with("usage-causes", &[("n", cache.explained.into())]),
            if lost.count() > 0 { say("usage-lost-at-most") } else { String::new() },
            Role::Dim,
        ),
    ];
    pairs.extend(cache.causes.iter().map(|cause| {
        let label = format!("  {} {}", money::count(cause.attempts), named(pane, &cause.cause));
        let lost = cause.lost_at_most_micro_rub;
        let value =
            if lost == MicroRub::ZERO { String::new() } else { format!("~{}", said::rub(look, lost)) };
        Pair::new(label, value, if lost == MicroRub::ZERO { Role::Text } else { Role::Warning })
    }));
    pairs
}

fn named(pane: Pane<'_>, cause: &str) -> String {
    let key = match cause {
        "hit" => "usage-cause-hit",
        "first" => "usage-cause-first",
        "changed" => "usage-cause-changed",
        "short" => "usage-cause-short",
        "expired" => "usage-cause-expired",
        "missed" => "usage-cause-missed",
        "not_reported" => "usage-cause-not-reported",
        other => return cell(other),
    };
    pane.look.words.say(key)
}
