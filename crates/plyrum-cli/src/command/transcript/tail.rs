//! `transcript tail`: the latest turns, and with `--follow` those to come.

use super::read::{Attached, Turns, broken};
use super::{find, text};
use crate::command::{Outcome, paths};
use crate::out;
use crate::sanitize::clean;
use plyrum_protocol::{RunId, RunStatus, SessionId, view};
use plyrum_sessions::{Item, begin_of_last, read_from};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

/// Between two looks at a log that is followed: it works with no daemon, so there is nobody to be told by.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(super) fn run(id: &str, count: usize, follow: bool, json: bool) -> Outcome {
    let paths = paths()?;
    let dir = paths.sessions_dir();
    let session = find(&paths, id)?;
    let failed = |e| broken(&session, &e);
    let begin = begin_of_last(&dir, &session, count).map_err(failed)?;
    let mut items = read_from(&dir, &session, begin).map_err(failed)?;
    let mut turns = Turns::new(Attached::Names);
    items.by_ref().for_each(|item| turns.take_or_warn(&session, item));
    // The region may begin within an older turn that ended later.
    turns.turns.retain(|turn| !is_headless(turn));
    let skipped = turns.turns.len().saturating_sub(count);
    turns.turns.drain(..skipped);
    if json {
        let turns = turns.turns;
        let transcript = view::Transcript { session, title: None, project: None, forked_from: None, turns };
        out::print_json(&transcript)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown: String = turns
        .turns
        .iter()
        .map(|turn| text::head(turn) + &if is_running(turn) { String::new() } else { text::end(turn) })
        .collect();
    out::print(&clean(shown.trim_start_matches('\n')))?;
    if follow { go_on(&session, turns, begin + items.consumed_bytes()) } else { Ok(ExitCode::SUCCESS) }
}

fn is_headless(turn: &view::TranscriptTurn) -> bool {
    turn.at.is_none() && turn.prompt.is_empty() && turn.attachments.is_empty()
}

fn is_running(turn: &view::TranscriptTurn) -> bool {
    turn.status == RunStatus::Running
}

/// Prints each turn's prompt when it is asked and its answer when it is there.
fn go_on(session: &SessionId, mut turns: Turns, mut offset: u64) -> Outcome {
    let dir = paths()?.sessions_dir();
    let mut asked: BTreeSet<RunId> = turns.turns.iter().map(|turn| turn.run.clone()).collect();
    loop {
        let mut items = read_from(&dir, session, offset).map_err(|e| broken(session, &e))?;
        let mut changed: Vec<RunId> = Vec::new();
        for item in items.by_ref() {
            if let Ok(Item::Frame(frame)) = &item
                && !changed.contains(&frame.run)
            {
                changed.push(frame.run.clone());
            }
            turns.take_or_warn(session, item);
        }
        offset += items.consumed_bytes();
        for run in changed {
            let Some(turn) = turns.turns.iter().find(|turn| turn.run == run) else { continue };
            let mut shown = String::new();
            if asked.insert(run) {
                shown += &text::head(turn);
            }
            if !is_running(turn) {
                shown += &text::end(turn);
            }
            if out::write(&clean(&shown)).is_ok_and(|reader| reader == out::Reader::Gone) {
                return Ok(ExitCode::SUCCESS);
            }
        }
        // What is told is not kept.
        turns.turns.retain(is_running);
        if out::nobody_reads() {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
