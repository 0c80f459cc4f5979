//! Figures as the panels say them: exact, with `~` for estimates and unpriced attempts named.

use crate::screen::Look;
use plyrum_billing_client::{MicroRub, Quality};
use plyrum_protocol::Timestamp;
use plyrum_protocol::view::DashboardSum;
use plyrum_words::money;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// An amount.
pub(super) fn rub(look: Look<'_>, amount: MicroRub) -> String {
    look.words.lang().rub(amount)
}

/// A sum's charges, marked where estimates are in it.
pub(super) fn cost(look: Look<'_>, sum: &DashboardSum) -> String {
    marked(sum, rub(look, sum.cost_micro_rub))
}

/// `~` before what is not wholly what providers reported.
pub(super) fn marked(sum: &DashboardSum, figure: String) -> String {
    if sum.usage.quality == Quality::Estimated { format!("~{figure}") } else { figure }
}

/// The charges of rows, one under the other: with as many decimals each as the one that has the most. What has no price is
/// not written as nothing.
pub(super) fn column(look: Look<'_>, sums: &[&DashboardSum]) -> Vec<String> {
    let texts: Vec<String> = sums.iter().map(|sum| cost(look, sum)).collect();
    let most = texts.iter().map(|text| decimals(text)).max().unwrap_or_default();
    let is_mixed = |sum: &DashboardSum| sum.unpriced > 0 && sum.unpriced < sum.attempts;
    let any_mixed = sums.iter().any(|sum| is_mixed(sum));
    let mut column = Vec::with_capacity(texts.len());
    for (text, sum) in texts.iter().zip(sums) {
        let padded = padded(text, most);
        column.push(match sum.unpriced {
            0 if any_mixed => format!("{padded}  "),
            0 => padded,
            unpriced if unpriced >= sum.attempts => look.words.say("usage-unpriced"),
            _ => format!("{padded}+?"),
        });
    }
    column
}

fn decimals(text: &str) -> usize {
    text.rsplit_once(['.', ',']).map_or(0, |(_, rest)| rest.chars().take_while(char::is_ascii_digit).count())
}

fn padded(text: &str, decimals_wanted: usize) -> String {
    let zeros = "0".repeat(decimals_wanted.saturating_sub(decimals(text)));
    match text.strip_suffix(" ₽") {
        Some(number) => format!("{number}{zeros} ₽"),
        None => text.to_owned(),
    }
}

/// Tokens, shortened to three or four digits: `8.5M`, in Russian `8,5 млн`.
pub(super) fn tokens(look: Look<'_>, count: u64) -> String {
    let (unit, word) = match count {
        0..10_000 => return money::count(count),
        10_000..1_000_000 => (1_000, "usage-thousand"),
        1_000_000..1_000_000_000 => (1_000_000, "usage-million"),
        _ => (1_000_000_000, "usage-milliard"),
    };
    let number = format!("{}.{}", money::count(count / unit), count % unit * 10 / unit);
    look.words.with(word, &[("n", look.words.lang().decimal(&number).into())])
}

/// By how much it changed, in whole percent towards zero.
pub(super) fn change(look: Look<'_>, now: MicroRub, before: MicroRub) -> String {
    let (now, before) = (i128::from(now.get()), i128::from(before.get()));
    if now == before {
        return look.words.say("usage-same");
    }
    match (now - before).saturating_mul(100).checked_div(before) {
        None => look.words.say("usage-new"),
        Some(percent) => format!("{percent:+}\u{a0}%"),
    }
}

/// A part of a whole in whole percent, rounded down; `None` of nothing.
pub(super) fn percent(part: MicroRub, whole: MicroRub) -> Option<i64> {
    let percent = (i128::from(part.get()) * 100).checked_div(i128::from(whole.get()))?;
    Some(i64::try_from(percent).unwrap_or(i64::MAX))
}

/// Tenths of a percent as percent: `69.5 %`.
pub(super) fn per_mille(look: Look<'_>, tenths: u64) -> String {
    let number = format!("{}.{}", tenths / 10, tenths % 10);
    format!("{}\u{a0}%", look.words.lang().decimal(&number))
}

/// How long ago a time was.
pub(super) fn ago(look: Look<'_>, then: Timestamp) -> String {
    let minutes = look.now.millis_since(then) / 60_000;
    match minutes {
        0 => look.words.say("usage-ago-now"),
        1..60 => look.words.with("usage-ago-minutes", &[("n", minutes.into())]),
        60..1440 => look.words.with("usage-ago-hours", &[("n", (minutes / 60).into())]),
        _ => look.words.with("usage-ago-days", &[("n", (minutes / 1440).into())]),
    }
}

/// The text in a width: cut at a grapheme's border, with a sign that it was.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for grapheme in text.graphemes(true) {
        if cut.width() + grapheme.width() + 1 > width {
            break;
        }
        cut.push_str(grapheme);
    }
    if width > 0 { cut + "…" } else { cut }
}

/// The same of a path: its end tells more than its beginning.
pub(super) fn fit_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 1;
    for grapheme in text.graphemes(true).rev() {
        used += grapheme.width();
        if used > width {
            break;
        }
        kept.push(grapheme);
    }
    kept.reverse();
    if width > 0 { format!("…{}", kept.concat()) } else { String::new() }
}
