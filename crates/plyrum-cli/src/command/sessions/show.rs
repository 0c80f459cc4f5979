//! `sessions show`: what a session is, and what a model would be told of it now.

use super::call;
use crate::command::{Outcome, workspace};
use crate::money::{Lang, count};
use crate::sanitize::cell;
use crate::table::{Lean, table};
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
    let lang = Lang::of_environment();
    let row = &detail.row;
    let mut lines = vec![("session", row.session.to_string()), ("title", cell(&row.title))];
    lines.extend(row.project.as_ref().map(|project| ("project", cell(project))));
    if let (Some(from), Some(through)) = (&row.forked_from, &detail.forked_through) {
        lines.push(("copy of", format!("session {from} up to run {through}")));
    }
    lines.push(("begun", text::time(row.created_at)));
    lines.push(("last used", text::time(row.updated_at)));
    lines.push(("cost", format!("{} in {} turns", lang.rub(row.cost_micro_rub), count(row.turns))));
    lines.extend(detail.context.as_ref().map(|context| ("context", meter(context))));
    let head: Vec<String> = lines.iter().map(|(name, value)| format!("{name:<10} {value}")).collect();
    head.join("\n") + "\n\n" + &turns(&detail.turn_list)
}

pub(super) fn meter(context: &ContextMeter) -> String {
    let (used, of) = (count(context.used_tokens), count(context.context_tokens));
    let mut text = format!("{} % · about {used} of {of} tokens of {}", context.percent(), context.model);
    text += &format!(
        " (earlier turns may take {}): {} turns are sent",
        count(context.history_limit_tokens),
        context.sent_turns
    );
    if context.shortened_turns > 0 {
        text += &format!(" ({} of them shortened)", context.shortened_turns);
    }
    if context.summarised_turns > 0 {
        text += &format!(", a summary stands for {}", context.summarised_turns);
    }
    if context.left_out_turns > 0 {
        text += &format!(", the oldest {} do not fit", context.left_out_turns);
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
                turn.state.as_str().replace('_', " ") + if turn.inherited { " (original)" } else { "" },
                count(turn.asked_bytes),
                count(turn.answer_bytes),
            ]
        })
        .collect();
    let left = |name| (name, Lean::Left);
    let right = |name| (name, Lean::Right);
    let head =
        [left("asked"), left("run"), left("told to the model"), right("bytes asked"), right("answered")];
    let more =
        if skipped > 0 { format!("… {} earlier turns\n", count(skipped as u64)) } else { String::new() };
    more + &table(&head, &cells)
}
