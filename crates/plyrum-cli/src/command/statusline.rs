//! `plyrum statusline`: one line for prompts, tmux and status bars, straight from the ledger's file.
//!
//! It runs at every prompt, so it starts nothing, takes milliseconds, and never breaks a shell: whatever is
//! wrong with the home or the ledger, it prints an empty line and exits 0; `-v` tells why on standard error.
//! Only wrong words on its own command line are an error.

use super::{Outcome, ledger, of_ledger, paths};
use crate::out;
use crate::sanitize::cell;
use crate::text::{say, told, words};
use jiff::{Timestamp as Time, Zoned};
use plyrum_billing_client::MicroRub;
use plyrum_config::Paths;
use plyrum_ledger::{LedgerReader, SpentBy};
use plyrum_protocol::{ErrorKind, Fault, view};
use plyrum_words::Words;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  plyrum statusline                                  today 1.20 ₽ · month 34.00 ₽
  plyrum statusline --format '{today} {left}'        in a prompt of your own
  set -g status-right '#(plyrum statusline)'         in tmux.conf

Names of --format: {today} {month} {held} {available} {budget} {left}; {left} is the lesser of the balance and the
budget's rest. What is not limited is empty. With nothing to tell, or a ledger that cannot be read, the line is empty
and the exit code 0; -v says why.")]
pub(crate) struct Args {
    /// As one line of JSON
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// A line of your own, with names in braces
    #[arg(long, value_name = "TEXT")]
    format: Option<String>,
    /// Say on standard error why the line is empty
    #[arg(short, long)]
    verbose: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    if let Some(format) = &args.format {
        // Wrong words are told before anything is read, so that a prompt shows them at once.
        filled(words(), format, &nothing())?;
    }
    let line = match figures(&now()) {
        Ok(line) => line,
        Err(fault) => {
            if args.verbose {
                out::err(&say!("statusline-why", why = &*told(&fault.message)));
            }
            if !args.json {
                out::print("\n")?;
                return Ok(ExitCode::SUCCESS);
            }
            nothing()
        }
    };
    if args.json {
        out::print_json(&line)?;
    } else {
        let text = match &args.format {
            None => text(words(), &line),
            Some(format) => filled(words(), format, &line)?,
        };
        out::print(&format!("{}\n", cell(&text)))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::disallowed_methods, reason = "today and this month are the caller's")]
fn now() -> Zoned {
    Time::now().to_zoned(jiff::tz::TimeZone::system())
}

const fn nothing() -> view::Statusline {
    view::Statusline {
        today_micro_rub: MicroRub::ZERO,
        today_unpriced: 0,
        month_micro_rub: MicroRub::ZERO,
        month_unpriced: 0,
        held_micro_rub: MicroRub::ZERO,
        available_micro_rub: None,
        budget_left_micro_rub: None,
    }
}

/// The same for the screen, now.
pub(crate) fn now_of(paths: &Paths) -> Result<view::Statusline, Fault> {
    match ledger(paths)? {
        None => Ok(nothing()),
        Some(reader) => of_ledger_file(&reader, &now()),
    }
}

fn figures(now: &Zoned) -> Result<view::Statusline, Fault> {
    match ledger(&paths()?)? {
        None => Ok(nothing()),
        Some(reader) => of_ledger_file(&reader, now),
    }
}

fn of_ledger_file(reader: &LedgerReader, now: &Zoned) -> Result<view::Statusline, Fault> {
    let start = |day: Result<Zoned, jiff::Error>| {
        day.and_then(|day| day.start_of_day())
            .map(|day| day.timestamp().as_millisecond())
            .map_err(|_| Fault::new(ErrorKind::Internal, say!("fault-clock")))
    };
    let (day, month) = (start(Ok(now.clone()))?, start(now.first_of_month())?);
    let read = || {
        let today = reader.spent(SpentBy::All, day, i64::MAX)?;
        let this_month = reader.spent(SpentBy::All, month, i64::MAX)?;
        let without_price = [day, month].map(|since| reader.unpriced(SpentBy::All, since, i64::MAX));
        Ok((today, this_month, without_price, reader.balance()?, reader.limits_of_all()?))
    };
    let (today, this_month, [today_unpriced, month_unpriced], balance, [of_day, of_month]) =
        read().map_err(|e| of_ledger(&e))?;
    let count =
        |n: Result<u64, _>| n.map(|n| u32::try_from(n).unwrap_or(u32::MAX)).map_err(|e| of_ledger(&e));
    let left = |limit: Option<MicroRub>, spent: MicroRub| {
        limit.and_then(|limit| limit.checked_sub(spent)).and_then(|left| left.checked_sub(balance.held))
    };
    Ok(view::Statusline {
        today_micro_rub: today,
        today_unpriced: count(today_unpriced)?,
        month_micro_rub: this_month,
        month_unpriced: count(month_unpriced)?,
        held_micro_rub: balance.held,
        available_micro_rub: balance.available,
        budget_left_micro_rub: left(of_day, today).into_iter().chain(left(of_month, this_month)).min(),
    })
}

/// What may still be spent: the lesser of the balance and the budget's rest.
fn left(line: &view::Statusline) -> Option<MicroRub> {
    line.available_micro_rub.into_iter().chain(line.budget_left_micro_rub).min()
}

fn text(words: &Words, line: &view::Statusline) -> String {
    let part = |key, amount| format!("{} {}", words.say(key), words.rub(amount));
    let spent = |key, amount, unpriced: u32| {
        format!("{} {}", words.say(key), words.charged(amount, unpriced as usize))
    };
    let mut parts = vec![
        spent("statusline-today", line.today_micro_rub, line.today_unpriced),
        spent("statusline-month", line.month_micro_rub, line.month_unpriced),
    ];
    parts.extend(
        Some(line.held_micro_rub)
            .filter(|held| *held > MicroRub::ZERO)
            .map(|held| part("statusline-held", held)),
    );
    parts.extend(left(line).map(|left| part("statusline-left", left)));
    parts.join(" · ")
}

/// The caller's own line: `{name}` is a figure, anything else is itself.
fn filled(words: &Words, format: &str, line: &view::Statusline) -> Result<String, Fault> {
    let mut text = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let wrong = |name: &str| {
            let (names, last) = ("{today}, {month}, {held}, {available}, {budget}", "{left}");
            Fault::new(ErrorKind::Usage, say!(in words, "fault-figure", name = format!("{{{name}}}")))
                .hint(say!(in words, "hint-figure", names = names, last = last))
        };
        let (name, after) = after.split_once('}').ok_or_else(|| wrong(after))?;
        let (figure, unpriced) = match name {
            "today" => (Some(line.today_micro_rub), line.today_unpriced),
            "month" => (Some(line.month_micro_rub), line.month_unpriced),
            "held" => (Some(line.held_micro_rub), 0),
            "available" => (line.available_micro_rub, 0),
            "budget" => (line.budget_left_micro_rub, 0),
            "left" => (left(line), 0),
            _ => return Err(wrong(name)),
        };
        text += before;
        text += &figure.map(|figure| words.charged(figure, unpriced as usize)).unwrap_or_default();
        rest = after;
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_words::Lang;

    fn line() -> view::Statusline {
        view::Statusline {
            today_micro_rub: MicroRub::new(1_200_000),
            today_unpriced: 0,
            month_micro_rub: MicroRub::new(1_234_500_000),
            month_unpriced: 0,
            held_micro_rub: MicroRub::ZERO,
            available_micro_rub: Some(MicroRub::new(50_000_000)),
            budget_left_micro_rub: Some(MicroRub::new(7_000_000)),
        }
    }

    #[test]
    fn the_line_tells_the_lesser_of_balance_and_budget_in_both_languages() {
        let (en, ru) = (Words::new(Lang::En), Words::new(Lang::Ru));
        assert_eq!(text(&en, &line()), "today 1.20 ₽ · month 1\u{a0}234.50 ₽ · left 7.00 ₽");
        assert_eq!(text(&ru, &line()), "сегодня 1,20 ₽ · месяц 1\u{a0}234,50 ₽ · осталось 7,00 ₽");
        assert_eq!(text(&en, &nothing()), "today 0.00 ₽ · month 0.00 ₽");
    }

    #[test]
    fn what_has_no_known_price_is_not_told_as_nothing() {
        let en = Words::new(Lang::En);
        let line = view::Statusline {
            today_micro_rub: MicroRub::ZERO,
            today_unpriced: 2,
            month_unpriced: 3,
            ..nothing_but_month()
        };
        assert_eq!(text(&en, &line), "today price not known · month 5.00 ₽ + 3 unpriced");
        assert_eq!(filled(&en, "{today}/{month}", &line).unwrap(), "price not known/5.00 ₽ + 3 unpriced");
    }

    fn nothing_but_month() -> view::Statusline {
        view::Statusline { month_micro_rub: MicroRub::new(5_000_000), ..nothing() }
    }

    #[test]
    fn a_line_of_ones_own_has_figures_for_names_and_refuses_others() {
        let en = Words::new(Lang::En);
        let own = |format| filled(&en, format, &line());
        assert_eq!(own("₽ {today}/{budget} ({held})").unwrap(), "₽ 1.20 ₽/7.00 ₽ (0.00 ₽)");
        assert_eq!(filled(&en, "[{left}]", &nothing()).unwrap(), "[]");
        for wrong in ["{tomorrow}", "{today", "{}"] {
            assert!(own(wrong).is_err(), "{wrong}");
        }
    }
}
