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
            unpriced if unpriced >= sum.attempts => look.words.say("screen-usage-unpriced"),
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
        return look.words.say("screen-usage-same");
    }
    match (now - before).saturating_mul(100).checked_div(before) {
        None => look.words.say("screen-usage-new"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Theme;
    use plyrum_protocol::UsageView;
    use plyrum_words::{Lang, Words};

    fn with_look<T>(lang: Lang, check: impl FnOnce(Look<'_>) -> T) -> T {
        let (theme, words) = (Theme::mono(), Words::new(lang));
        check(Look { theme: &theme, words: &words, now: Timestamp::from_millis(0), is_plain: false })
    }

    fn sum(cost: i64, unpriced: u64, quality: Quality) -> DashboardSum {
        let usage = UsageView { quality, ..UsageView::missing() };
        let cost_micro_rub = MicroRub::new(cost);
        DashboardSum { attempts: 2, cost_micro_rub, unpriced, usage, ..DashboardSum::default() }
    }

    #[test]
    fn a_column_of_money_is_exact_has_one_point_and_never_calls_unpriced_free() {
        let sums = [
            sum(1_500_000, 0, Quality::Reported),
            sum(1, 1, Quality::Estimated),
            sum(0, 2, Quality::Reported),
        ];
        let sums: Vec<&DashboardSum> = sums.iter().collect();
        let column = with_look(Lang::Ru, |look| column(look, &sums));
        assert_eq!(column, ["1,500000 ₽  ", "~0,000001 ₽+?", "без цены"]);
    }

    #[test]
    fn tokens_are_short_and_changes_whole_percent() {
        with_look(Lang::Ru, |look| {
            let told = [9_999, 10_000, 492_436, 8_549_002, 7_100_000_000].map(|count| tokens(look, count));
            assert_eq!(told, ["9\u{a0}999", "10,0 тыс.", "492,4 тыс.", "8,5 млн", "7,1 млрд"]);
            let change = |now, before| change(look, MicroRub::new(now), MicroRub::new(before));
            assert_eq!(
                [change(3, 2), change(0, 2), change(2, 0), change(0, 0)],
                ["+50\u{a0}%", "-100\u{a0}%", "впервые", "столько же"]
            );
        });
    }

    #[test]
    fn what_does_not_fit_is_cut_between_graphemes() {
        assert_eq!(fit("привет", 4), "при…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit_end("/home/user/src", 6), "…r/src");
        assert_eq!(fit("e\u{301}e\u{301}", 2), "e\u{301}e\u{301}");
    }
}
