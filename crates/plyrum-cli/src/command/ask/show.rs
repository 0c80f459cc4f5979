//! What is printed where: the answer on standard output, everything else on standard error, in the shape
//! that was asked for.

use super::Format;
use super::holds::Holds;
use super::so_far::SoFar;
use super::{dry, notices, steps};
use crate::action;
use crate::fault;
use crate::money;
use crate::out::{self, Reader};
use crate::sanitize::{Sanitizer, clean};
use crate::text::{say, told, words};
use plyrum_billing_client::{MicroRub, Quality};
use plyrum_client::FrameLine;
use plyrum_protocol::{
    ApprovalId, ApprovalVerdict, CallId, CancelReason, Channel, ContextMeter, DryRun, ErrorKind, Fault,
    Frame, FrameBody, Receipt, RunId, RunResult, RunStatus, ToolOutcome, first_code_block, to_line,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

/// Lines that wait for the answer's line to end; more are told at once.
const MAX_TOLD_LATER: usize = 64;

/// How a run is printed.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::command) struct Style {
    pub(in crate::command) format: Format,
    pub(in crate::command) raw: bool,
    pub(in crate::command) extract: bool,
    /// The answer is printed at the end, and only where it fits what was asked for: what comes before may be replaced.
    pub(in crate::command) whole: bool,
    pub(in crate::command) plain: bool,
    pub(in crate::command) quiet: bool,
    pub(in crate::command) verbose: bool,
    /// The person at the terminal is asked about actions.
    pub(in crate::command) asks: bool,
}

/// Prints one run.
#[derive(Debug)]
pub(in crate::command) struct Show {
    style: Style,
    /// As the style has it, and of runs that another command asked for.
    whole: Cell<bool>,
    text: RefCell<Text>,
    /// The run, once the daemon has taken it.
    run: RefCell<Option<RunId>>,
    holds: RefCell<Holds>,
    /// What is known of a run that this command does not follow to its end.
    so_far: RefCell<SoFar>,
    /// Actions that are not over, each in a line.
    actions: RefCell<BTreeMap<CallId, String>>,
}

/// State of the answer on standard output.
#[derive(Debug, Default)]
struct Text {
    sanitizer: Sanitizer,
    /// Bytes of the answer that were taken, before the sanitizer.
    taken: usize,
    /// Newlines behind the first one at the end, which wait for text: the answer ends with exactly one.
    newlines: usize,
    /// The last byte written was a newline.
    at_line_start: bool,
    began: bool,
    /// What is told once the line ends that is being written: on a terminal it would stand inside the answer.
    told_later: Vec<String>,
}

impl Show {
    pub(in crate::command) fn new(style: Style) -> Self {
        Self {
            style,
            whole: Cell::new(style.whole),
            text: RefCell::default(),
            run: RefCell::default(),
            holds: RefCell::default(),
            so_far: RefCell::default(),
            actions: RefCell::default(),
        }
    }

    /// The daemon took the run.
    pub(in crate::command) fn receipt(&self, receipt: &Receipt) {
        self.run.replace(Some(receipt.run.clone()));
        if !receipt.keys_only_in_client.is_empty() && !self.style.quiet {
            let names = receipt.keys_only_in_client.join(", ");
            out::notice(&say!("ask-key-not-in-daemon", names = names));
        }
        if let Some(warning) = &receipt.warning {
            out::warning(warning);
        }
        if receipt.offline {
            out::notice(&say!("ask-offline"));
        }
        if let Some(told) = receipt.context.as_ref().and_then(|context| self.context(context)) {
            out::err(&clean(&told));
        }
    }

    /// How much of the conversation is told, where somebody should know: a part of it is not, or soon will not be.
    fn context(&self, context: &ContextMeter) -> Option<String> {
        let (used, of) = (money::count(context.used_tokens), money::count(context.context_tokens));
        let model = &context.model;
        let turns = |turns: u32| turns.to_string();
        match context.left_out_turns {
            0 if self.style.verbose => {
                let (sent, summarised) = (turns(context.sent_turns), turns(context.summarised_turns));
                let told = say!(
                    "ask-context",
                    used = used,
                    of = of,
                    model = model,
                    sent = sent,
                    summarised = summarised
                );
                Some(format!("· {told}"))
            }
            _ if self.style.quiet => None,
            0 if context.is_nearly_full() => {
                let limit = money::count(context.history_limit_tokens);
                let told = say!("ask-context-nearly-full", used = used, limit = limit, model = model);
                Some(say!("notice", text = told))
            }
            0 if context.shortened_turns > 0 => {
                let turns = turns(context.shortened_turns);
                let told = say!("ask-context-shortened", turns = turns, model = model, of = of);
                Some(say!("notice", text = told))
            }
            0 => None,
            left_out => {
                let told = say!("ask-context-left-out", turns = turns(left_out), model = model, of = of);
                Some(say!("notice", text = told))
            }
        }
    }

    /// One frame; `skip` bytes of a delta were shown before.
    pub(in crate::command) fn frame(
        &self,
        line: &FrameLine,
        frame: &Frame,
        skip: usize,
    ) -> Result<Reader, Fault> {
        self.holds.borrow_mut().see(&frame.body);
        self.so_far.borrow_mut().see(&frame.body);
        if matches!(frame.body, FrameBody::RunAccepted { has_schema: true, .. }) {
            self.whole.set(true);
        }
        let written = match self.style.format {
            Format::StreamJson => out::write(&format!("{}\n", line.json)),
            Format::Json => Ok(Reader::There),
            Format::Text => self.text_frame(frame, skip),
        };
        written.map_err(|e| of_output(&e))
    }

    /// A frame of a type that this build does not know: for who reads the stream, not for people.
    pub(in crate::command) fn unknown(&self, line: &FrameLine) -> Result<Reader, Fault> {
        match self.style.format {
            Format::StreamJson => out::write(&format!("{}\n", line.json)).map_err(|e| of_output(&e)),
            Format::Json | Format::Text => Ok(Reader::There),
        }
    }

    fn text_frame(&self, frame: &Frame, skip: usize) -> io::Result<Reader> {
        if !self.style.quiet {
            for text in notices::of(&frame.body) {
                self.notice(&text);
            }
        }
        match &frame.body {
            FrameBody::Delta { channel: Channel::Answer, text, .. }
                if !self.style.extract && !self.whole.get() =>
            {
                self.answer(text.get(skip..).unwrap_or_default())
            }
            FrameBody::RecordingFailed { reason } => {
                out::warning(&say!("ask-not-recorded", why = &*told(reason)));
                Ok(Reader::There)
            }
            FrameBody::ToolProposed { call, tool, action, .. } => {
                self.end_of_turn()?;
                self.actions.borrow_mut().insert(call.clone(), action::line(words(), tool, action));
                Ok(Reader::There)
            }
            FrameBody::AttemptStarted { .. } if !self.style.verbose => {
                self.begin_again();
                Ok(Reader::There)
            }
            FrameBody::ToolStarted { call, ruling, approval, .. } if !self.style.quiet => {
                let line = self.actions.borrow().get(call).cloned().unwrap_or_default();
                let why = match (approval, &ruling.rule) {
                    (Some(_), _) => say!("ask-approved"),
                    (None, Some(rule)) => say!("ask-by-rule", policy = &ruling.policy, rule = rule),
                    (None, None) => told(&ruling.policy).into_owned(),
                };
                self.tell(clean(&format!("· {line} ({why})")));
                Ok(Reader::There)
            }
            FrameBody::ToolFinished { call, outcome, exit, changed_files, text, ms, .. }
                if !self.style.quiet =>
            {
                let line = self.actions.borrow_mut().remove(call).unwrap_or_default();
                let ended = action::ended(words(), *outcome, *exit, changed_files.len(), text);
                let took = if *ms >= 1000 { format!(", {}", money::seconds(*ms)) } else { String::new() };
                match outcome {
                    ToolOutcome::Denied | ToolOutcome::Invalid => {
                        self.tell(clean(&format!("· {line}: {}", told(&ended))));
                    }
                    _ => self.tell(clean(&format!("  {}{took}", told(&ended)))),
                }
                Ok(Reader::There)
            }
            FrameBody::ApprovalResolved { verdict, by, .. } if !self.style.quiet => {
                let told = match verdict {
                    ApprovalVerdict::Approved => say!("ask-resolved-approved", by = by),
                    ApprovalVerdict::Denied => say!("ask-resolved-denied", by = by),
                    ApprovalVerdict::Expired => say!("ask-resolved-expired", by = by),
                };
                self.tell(clean(&format!("· {told}")));
                Ok(Reader::There)
            }
            body if self.style.verbose => {
                if matches!(body, FrameBody::AttemptStarted { .. }) {
                    self.begin_again();
                }
                if let Some(text) = steps::of(body) {
                    self.tell(clean(&format!("· {}", told(&text))));
                }
                Ok(Reader::There)
            }
            _ => Ok(Reader::There),
        }
    }

    /// A notice, between lines of the answer.
    fn notice(&self, text: &str) {
        self.tell(clean(&say!("notice", text = &*told(text))));
    }

    /// A line on standard error, between lines of the answer.
    fn tell(&self, line: String) {
        let mut state = self.text.borrow_mut();
        if state.began && !state.at_line_start && state.told_later.len() < MAX_TOLD_LATER {
            state.told_later.push(line);
        } else {
            out::err(&line);
        }
    }

    fn tell_what_waited(&self) {
        for line in std::mem::take(&mut self.text.borrow_mut().told_later) {
            out::err(&line);
        }
    }

    /// A piece of the answer. A first newline is written at once (`head` waits for it); further ones wait.
    fn answer(&self, text: &str) -> io::Result<Reader> {
        let mut state = self.text.borrow_mut();
        state.taken += text.len();
        let text = if self.style.raw { text.to_owned() } else { state.sanitizer.push(text) };
        let body = text.trim_end_matches('\n');
        let mut out = String::new();
        if !body.is_empty() {
            if self.style.plain && !state.began {
                out.push_str(&format!("{}\n", say!("ask-answer")));
            }
            if state.began {
                out.push_str(&"\n".repeat(state.newlines));
            }
            out.push_str(body);
            (state.began, state.newlines, state.at_line_start) = (true, 0, false);
        }
        state.newlines += text.len() - body.len();
        if state.began && !state.at_line_start && state.newlines > 0 {
            out.push('\n');
            state.newlines -= 1;
            state.at_line_start = true;
        }
        let is_whole = state.at_line_start;
        drop(state);
        let reader = if out.is_empty() { Reader::There } else { out::write(&out)? };
        if is_whole {
            self.tell_what_waited();
        }
        Ok(reader)
    }

    /// What the model said until now was said before it acts: the answer begins anew, behind an empty line.
    fn end_of_turn(&self) -> io::Result<()> {
        let mut state = self.text.borrow_mut();
        if state.began {
            if !state.at_line_start {
                state.at_line_start = true;
                let _told_by_the_next_write = out::write("\n")?;
            }
            state.newlines = 1;
        }
        drop(state);
        self.tell_what_waited();
        Ok(())
    }

    /// A model begins its answer anew: what was said before is not a part of it.
    fn begin_again(&self) {
        let mut state = self.text.borrow_mut();
        state.taken = 0;
        state.sanitizer = Sanitizer::default();
    }

    /// The session of the run, once it is known.
    pub(in crate::command) fn session(&self) -> Option<String> {
        self.so_far.borrow().session.as_ref().map(|session| session.as_str().to_owned())
    }

    /// Whether the person at the terminal is asked.
    pub(super) fn asks(&self) -> bool {
        self.style.format == Format::Text && self.style.asks
    }

    /// The run waits for somebody, and this command does not.
    pub(super) fn parked(&self, run: &RunId, approval: &ApprovalId, resume: &str) -> Result<(), Fault> {
        let approval = approval.as_str();
        let message = say!("fault-parked", run = run.as_str(), approval = approval);
        let fault = Fault::new(ErrorKind::Parked, message).hint(say!(
            "hint-parked",
            resume = resume,
            approval = approval
        ));
        let last = match self.style.format {
            Format::Text => self.last_newline().to_owned(),
            Format::Json | Format::StreamJson => {
                let mut result = RunResult::refused(Some(run.clone()), RunStatus::Parked, fault.clone());
                self.so_far.borrow().fill(&mut result);
                json_line(&result)?
            }
        };
        let _nobody_reads = out::write(&last).map_err(|e| of_output(&e))?;
        self.tell_what_waited();
        let _code = fault::tell(&fault);
        Ok(())
    }

    /// What of the answer was not streamed: a reader that was too slow for the stream gets it at the end.
    fn rest(&self, answer: &str) -> io::Result<Reader> {
        let taken = self.text.borrow().taken;
        match answer.get(taken..) {
            Some(rest) if !rest.is_empty() => self.answer(rest),
            _ => Ok(Reader::There),
        }
    }

    /// The newline that ends the answer, where there is one and none was written.
    fn last_newline(&self) -> &'static str {
        let state = self.text.borrow();
        if state.began && !state.at_line_start { "\n" } else { "" }
    }

    /// The end of the run. A reader that left wants to hear nothing more; who interrupted the wait for one hears what can be
    /// said without waiting again.
    pub(in crate::command) fn finished(
        &self,
        result: &RunResult,
        cancelled: Option<CancelReason>,
    ) -> Result<Reader, Fault> {
        let written = match self.style.format {
            Format::Json | Format::StreamJson => json_line(result)?,
            Format::Text if self.style.extract => self.extracted(result)?,
            Format::Text if self.whole.get() && result.error.is_some() => String::new(),
            Format::Text => {
                let _told_by_the_next_write = self.rest(&result.answer).map_err(|e| of_output(&e))?;
                self.last_newline().to_owned()
            }
        };
        let reader = out::write(&written).map_err(|e| of_output(&e))?;
        self.tell_what_waited();
        let is_heard = match reader {
            Reader::There => true,
            Reader::Gone => false,
            Reader::Interrupted => out::err_has_room(),
        };
        if !is_heard || cancelled == Some(CancelReason::OutputClosed) {
            return Ok(reader);
        }
        if let Some(fault) = &result.error {
            let _code_is_of_the_result = fault::tell(fault);
        } else if result.status == RunStatus::Degraded && !self.style.quiet {
            out::notice(&say!("ask-degraded"));
        }
        if self.style.quiet {
            return Ok(reader);
        }
        if let Some(over) = self.holds.borrow().over() {
            let run = result.run.as_ref().map(|run| crate::text::short(run.as_str())).unwrap_or_default();
            out::notice(&say!("ask-over-hold", over = words().rub(over), run = run));
        }
        if self.style.verbose || out::err_is_terminal() || is_a_bill(result) {
            out::err(&self.cost_line(result));
        }
        Ok(reader)
    }

    /// The first code block; a failed run has its own error to tell.
    fn extracted(&self, result: &RunResult) -> Result<String, Fault> {
        match code_block(&result.answer) {
            Ok(code) => Ok(format!("{}\n", self.safe(code))),
            Err(_) if result.error.is_some() => Ok(String::new()),
            Err(fault) => Err(fault),
        }
    }

    fn cost_line(&self, result: &RunResult) -> String {
        let usage = &result.usage.meters;
        let input = usage.input + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h;
        let cost = words().charged(result.cost_micro_rub, result.unpriced as usize);
        let values = [
            (
                "cost",
                match result.extra_over_direct_micro_rub {
                    Some(extra) => say!("ask-over-direct", cost = cost, extra = words().rub(extra)),
                    None => cost,
                },
            ),
            ("model", if result.model.is_empty() { say!("ask-no-model") } else { result.model.clone() }),
            ("input", money::count(input)),
            ("output", money::count(usage.output + usage.reasoning)),
            (
                "quality",
                match result.usage.quality {
                    Quality::Reported => String::new(),
                    other => format!(" ({})", words().say(&format!("quality-{}", other.as_str()))),
                },
            ),
            ("took", money::seconds(result.duration_ms)),
            ("run", result.run.as_ref().map(|run| crate::text::short(run.as_str())).unwrap_or_default()),
        ];
        let values = values.map(|(name, value)| (name, value.into()));
        words().with(if self.style.plain { "ask-cost-labelled" } else { "ask-cost" }, &values)
    }

    fn safe(&self, text: &str) -> String {
        if self.style.raw { text.to_owned() } else { clean(text) }
    }

    /// An error that ends the command without a result from the daemon: before there was a run, or after the
    /// daemon was lost.
    pub(in crate::command) fn refused(&self, fault: &Fault) -> ExitCode {
        let status = match fault.kind {
            ErrorKind::Interrupted => RunStatus::Interrupted,
            ErrorKind::Cancelled => RunStatus::Cancelled,
            _ => RunStatus::Failed,
        };
        let last_words = match self.style.format {
            Format::Text => Some(self.last_newline().to_owned()),
            Format::Json | Format::StreamJson => {
                json_line(&RunResult::refused(self.run.borrow().clone(), status, fault.clone())).ok()
            }
        };
        let _told_on_stderr_too = last_words.map(|words| out::write(&words));
        self.tell_what_waited();
        fault::tell(fault)
    }

    /// The plan of a dry run.
    pub(super) fn dry_run(&self, plan: &DryRun) -> Result<(), Fault> {
        if self.style.format != Format::Text {
            return out::print_json(plan);
        }
        out::print(&clean(&dry::text(plan)))
    }

    /// A run that goes on without us.
    pub(super) fn detached(&self, result: &RunResult) -> Result<(), Fault> {
        if self.style.format != Format::Text {
            return out::print_json(result);
        }
        out::print(&format!("{}\n", result.run.as_ref().map_or("", |run| run.as_str())))
    }
}

/// Whether the cost is stated wherever standard error goes: there is no answer, or half of one, to look for its
/// price with.
fn is_a_bill(result: &RunResult) -> bool {
    let failed_and_cost = result.error.is_some() && result.cost_micro_rub > MicroRub::ZERO;
    result.status == RunStatus::Cancelled || failed_and_cost
}

fn json_line(result: &RunResult) -> Result<String, Fault> {
    let line = to_line(result)
        .map_err(|e| Fault::new(ErrorKind::Internal, say!("fault-result", why = e.to_string())))?;
    Ok(line + "\n")
}

fn of_output(error: &io::Error) -> Fault {
    out::not_written(error)
}

/// The content of the first fenced code block.
fn code_block(answer: &str) -> Result<&str, Fault> {
    first_code_block(answer)
        .ok_or_else(|| Fault::new(ErrorKind::Failed, say!("fault-no-code")).hint(say!("hint-no-extract")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_code_block_is_extracted() {
        assert_eq!(code_block("Try:\n```sh\nls -l\npwd\n```\nand\n```\nno\n```").unwrap(), "ls -l\npwd");
        assert_eq!(code_block("no code").unwrap_err().kind, ErrorKind::Failed);
    }

    #[test]
    fn a_failure_that_cost_something_states_its_price_and_one_that_did_not_is_quiet() {
        let result = |status, cost, failed: bool| {
            let mut result = RunResult::refused(None, status, Fault::new(ErrorKind::Failed, "m"));
            result.cost_micro_rub = MicroRub::new(cost);
            result.error = result.error.filter(|_| failed);
            is_a_bill(&result)
        };
        assert!(result(RunStatus::Failed, 1, true));
        assert!(!result(RunStatus::Failed, 0, true));
        assert!(!result(RunStatus::Succeeded, 1, false));
        assert!(result(RunStatus::Cancelled, 0, true));
    }
}
