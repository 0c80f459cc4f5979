//! When money is spent: weekdays by hours, the darker the dearer. Shades are characters, so it reads without colour.

use super::super::said;
use super::{Pair, Pane, draw_pairs};
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::view::DashboardHour;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SHADES: [&str; 5] = ["·", "░", "▒", "▓", "█"];
const PLAIN_SHADES: [&str; 5] = [".", "-", "+", "*", "#"];
const HOURS: u16 = 24;
/// A weekday's name and a space.
const NAME: u16 = 3;

pub(super) fn draw(pane: Pane<'_>, area: Rect, buf: &mut Buffer) {
    let Some(dearest) = dearest(pane) else {
        let nothing = Pair::new(pane.look.words.say("screen-usage-nothing"), String::new(), Role::Dim);
        return draw_pairs(pane.look, &[nothing], 0, area, buf);
    };
    let each = (area.width.saturating_sub(NAME) / HOURS).clamp(1, 3);
    let theme = pane.look.theme;
    // As high as there is room for, twice at most.
    let tall = usize::from((area.height.saturating_sub(2) / 7).clamp(1, 2));
    let mut rows = area.rows();
    for weekday in 1..=7_u8 {
        let shades = cells(pane, weekday, dearest);
        let text: String = shades.iter().map(|cell| cell.repeat(usize::from(each))).collect();
        for (nth, row) in rows.by_ref().take(tall).enumerate() {
            if nth == 0 {
                buf.set_stringn(
                    row.x,
                    row.y,
                    name(pane, weekday),
                    usize::from(row.width),
                    theme.of(Role::Text),
                );
            }
            let room = usize::from(row.width.saturating_sub(NAME));
            buf.set_stringn(row.x + NAME, row.y, &text, room, theme.of(Role::Bar));
        }
    }
    if let Some(row) = rows.next() {
        for hour in (0..HOURS).step_by(6) {
            let at = NAME + hour * each;
            let room = usize::from(row.width.saturating_sub(at));
            buf.set_stringn(row.x + at, row.y, begins(pane, hour), room, theme.of(Role::Dim));
        }
    }
    if let Some(row) = rows.next() {
        draw_pairs(pane.look, &[legend(pane, dearest)], 0, row, buf);
    }
}

/// When an hour begins: in a zone that is not whole hours from UTC, not with the clock's hour.
fn begins(pane: Pane<'_>, hour: u16) -> String {
    match pane.board.hours.first().map(|hour| hour.minute) {
        Some(minute) if minute > 0 => format!("{hour}:{minute:02}"),
        _ => format!("{hour:02}"),
    }
}

fn dearest(pane: Pane<'_>) -> Option<MicroRub> {
    pane.board.hours.iter().map(|hour| hour.cost_micro_rub).max().filter(|most| *most > MicroRub::ZERO)
}

/// The shades of a weekday, from midnight on.
fn cells(pane: Pane<'_>, weekday: u8, dearest: MicroRub) -> [&'static str; HOURS as usize] {
    let shades = shades(pane);
    let mut cells = [shades[0]; HOURS as usize];
    for hour in pane.board.hours.iter().filter(|hour| hour.weekday == weekday) {
        if let Some(cell) = cells.get_mut(usize::from(hour.hour)) {
            *cell = shades.get(level(hour, dearest)).copied().unwrap_or_default();
        }
    }
    cells
}

const fn shades(pane: Pane<'_>) -> &'static [&'static str; 5] {
    if pane.look.is_plain { &PLAIN_SHADES } else { &SHADES }
}

/// Nothing, or a quarter of the dearest hour that it is within.
fn level(hour: &DashboardHour, dearest: MicroRub) -> usize {
    let (cost, most) = (i128::from(hour.cost_micro_rub.get().max(0)), i128::from(dearest.get()));
    let quarter = (cost * 4 + most - 1).checked_div(most).unwrap_or_default();
    usize::try_from(quarter).unwrap_or_default().min(4)
}

fn name(pane: Pane<'_>, weekday: u8) -> String {
    pane.look.words.say(&format!("usage-weekday-{weekday}"))
}

fn legend(pane: Pane<'_>, dearest: MicroRub) -> Pair {
    let [none, .., most] = shades(pane);
    let label = format!("{none} {}", said::rub(pane.look, MicroRub::ZERO));
    Pair::new(label, format!("{most} {}", said::rub(pane.look, dearest)), Role::Dim)
}

pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let Some(dearest) = dearest(pane) else {
        return vec![Pair::new(pane.look.words.say("screen-usage-nothing"), String::new(), Role::Dim)];
    };
    let row = |weekday| Pair::new(name(pane, weekday), cells(pane, weekday, dearest).concat(), Role::Bar);
    (1..=7).map(row).chain([legend(pane, dearest)]).collect()
}
