//! `sessions show`: what a session is, and what a model would be told of it now.

use super::call;
use crate::command::{Outcome, workspace};
use crate::money::count;
use crate::sanitize::cell;
use crate::table::{left, right, table};
use crate::text::{labelled, say, words};
use crate::{out, text};
use plyrum_protocol::{ContextMeter, SessionRef, SessionShow, view};
use std::process::ExitCode;

/// Turns that are listed; JSON has more.
const TURNS: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A session or run: an id, its beginning, or `last`
    #[arg(default_value = "last")]
    id: String,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let detail = call::<SessionShow>(&SessionRef { session: args.id.clone(), workspace: workspace() })?;
    print(&detail, args.json)
}

pub(super) fn print(detail: &view::SessionDetail, json: bool) -> Outcome {
    if json {
        out::print_json(detail)?;
    } else {
        out::print(&shown(detail))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(detail: &view::SessionDetail) -> String {
    let row = &detail.row;
    let mut lines =
        vec![(say!("label-session"), row.session.to_string()), (say!("label-title"), cell(&row.title))];
    lines.extend(row.project.as_ref().map(|project| (say!("label-project"), cell(project))));
    if let (Some(from), Some(through)) = (&row.forked_from, &detail.forked_through) {
        let original = say!("sessions-copy-of", session = from.as_str(), run = through.as_str());
        lines.push((say!("label-copy"), original));
    }
    let cost = words().charged(row.cost_micro_rub, row.unpriced as usize);
    let turns_asked = count(row.turns);
    lines.push((say!("label-begun"), text::time(row.created_at)));
    lines.push((say!("label-last-used"), text::time(row.updated_at)));
    lines.push((say!("label-cost"), say!("sessions-cost", cost = cost, turns = turns_asked)));
    lines.extend(detail.context.as_ref().map(|context| (say!("label-context"), meter(context))));
    labelled(0, &lines) + "\n" + &turns(&detail.turn_list)
}

pub(super) fn meter(context: &ContextMeter) -> String {
    let mut text = say!(
        "meter-used",
        percent = words().percent(context.percent()),
        used = count(context.used_tokens),
        of = count(context.context_tokens),
        model = &context.model,
        limit = count(context.history_limit_tokens),
        sent = context.sent_turns
    );
    if context.shortened_turns > 0 {
        text += &format!(" {}", say!("meter-shortened", n = context.shortened_turns));
    }
    if context.summarised_turns > 0 {
        text += &format!(", {}", say!("meter-summarised", n = context.summarised_turns));
    }
    if context.left_out_turns > 0 {
        text += &format!(", {}", say!("meter-left-out", n = context.left_out_turns));
    }
    text
}

fn turns(turns: &[view::SessionTurn]) -> String {
    let skipped = turns.len().saturating_sub(TURNS);
    let cells: Vec<Vec<String>> = turns
        .iter()
        .skip(skipped)
        .map(|turn| {
            vec![
                turn.at.map(text::time).unwrap_or_default(),
                text::short(turn.run.as_str()),
                state(turn),
                count(turn.asked_bytes),
                count(turn.answer_bytes),
            ]
        })
        .collect();
    let head = [
        left(say!("col-asked")),
        left(say!("col-run")),
        left(say!("col-told")),
        right(say!("col-bytes-asked")),
        right(say!("col-answered")),
    ];
    let more = match skipped {
        0 => String::new(),
        skipped => format!("{}\n", say!("sessions-earlier", n = count(skipped as u64))),
    };
    more + &table(&head, &cells)
}

/// What a model is told of a turn.
fn state(turn: &view::SessionTurn) -> String {
    let state = words().say(&format!("turn-{}", turn.state.as_str().replace('_', "-")));
    if turn.inherited { say!("turn-inherited", state = state) } else { state }
}
