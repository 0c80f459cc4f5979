//! The lines of a turn beside its answer: the prompt, what was done, what it cost.

use super::turn::{State, Turn};
use crate::action;
use crate::lifecycle::Measure;
use crate::paint::{self, Pieces};
use crate::run::{Item, Notice, Run, Tool, ToolPhase};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_markup as markup;
use plyrum_protocol::{Action, RunResult, RunStatus, ToolOutcome};
use plyrum_words::money::count;
use ratatui::text::{Line, Span};

/// Columns before an answer.
const INDENT: usize = 2;
/// No terminal is wider.
const WIDEST: u16 = 1000;
/// Lines of output, or of a diff, that are shown of what was done; the rest on demand.
const EXCERPT: usize = 6;

/// The width of an answer; where it is narrower than eight columns, nothing is shown at all.
pub(super) fn answer_width(width: usize) -> u16 {
    u16::try_from(width.saturating_sub(INDENT)).unwrap_or(WIDEST).clamp(8, WIDEST)
}

/// A line of an answer.
pub(super) fn answer(look: Look<'_>, line: &markup::Line) -> Line<'static> {
    indented(paint::line(look.theme, line))
}

fn indented(mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, Span::raw(" ".repeat(INDENT)));
    line
}

/// What was asked.
pub(super) fn prompt(turn: &Turn, width: usize, look: Look<'_>) -> Vec<Line<'static>> {
    let sign = if look.is_plain { "> " } else { "› " };
    let role = if turn.is_rewound { Role::Dim } else { Role::User };
    // A command that was typed comes from the log without its sign.
    let is_command = turn.run().is_some_and(Run::is_typed_command) && !turn.prompt.starts_with('!');
    let words = if is_command { format!("!{}", turn.prompt) } else { turn.prompt.clone() };
    let text = markup::plain(&words, answer_width(width));
    let mut lines: Vec<Line<'static>> = text
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let before = if at == 0 { sign } else { "  " };
            let words: String = line.spans.iter().map(|span| span.text.as_str()).collect();
            Pieces::new(look.theme).add(Role::Key, before).add(role, &words).done()
        })
        .collect();
    let tag =
        |key: &str| Pieces::new(look.theme).add(Role::Dim, &format!("  {}", look.words.say(key))).done();
    lines.extend(
        turn.attachments
            .iter()
            .map(|name| attached(turn, name, look))
            .map(|name| Pieces::new(look.theme).fitted(Role::Dim, &format!("  + {name}"), width).done()),
    );
    if turn.is_rewound {
        lines.push(tag("screen-turn-rewound"));
    }
    if turn.is_inherited {
        lines.push(tag("screen-turn-inherited"));
    }
    lines
}

/// The name of what came with a prompt; of a picture, once the daemon has seen that it is one, with its size.
fn attached(turn: &Turn, name: &str, look: Look<'_>) -> String {
    let mark = turn.run().and_then(|run| run.pictures.iter().find(|mark| mark.name == name));
    mark.map_or_else(
        || name.to_owned(),
        |mark| {
            let size = look.words.bytes(mark.bytes);
            look.words.with("screen-picture", &[("name", name.into()), ("size", size.into())])
        },
    )
}

/// What was said or done on the way.
pub(super) fn item(
    run: &Run,
    item: &Item,
    width: usize,
    details: bool,
    look: Look<'_>,
) -> Vec<Line<'static>> {
    match item {
        Item::Said(text) => {
            let said = markup::markdown(text, answer_width(width));
            std::iter::once(Line::default()).chain(said.iter().map(|line| answer(look, line))).collect()
        }
        Item::Tool(at) => {
            let Some(tool) = run.tools.get(*at) else { return Vec::new() };
            let mut lines = self::tool(tool, width, look);
            // The answer of a typed command is its output.
            // What a check has found is told by its notices.
            let is_told = matches!(tool.action, Action::Check { .. })
                || (run.is_typed_command() && tool.phase == ToolPhase::Over);
            if !is_told {
                lines.extend(excerpt(tool, width, details, look));
            }
            lines
        }
        Item::Notice(at) => run
            .notices
            .get(*at)
            .map(|it| wrapped(&notice(it, look), Role::Warning, width, look))
            .unwrap_or_default(),
    }
}

/// A text of ours or of others, on as many lines as it takes.
fn wrapped(text: &str, role: Role, width: usize, look: Look<'_>) -> Vec<Line<'static>> {
    let lines = markup::plain(text, answer_width(width));
    let say = |line: &markup::Line| line.spans.iter().map(|span| span.text.as_str()).collect::<String>();
    lines.iter().map(|line| Pieces::new(look.theme).add(role, "  ").add(role, &say(line)).done()).collect()
}

fn notice(notice: &Notice, look: Look<'_>) -> String {
    let rub = |amount| look.words.lang().rub(amount);
    let words = look.words;
    let text = |text: &String| look.told(text).into();
    match notice {
        Notice::Shrunk { from, to, reason } => {
            words.with("notice-shrunk", &[("from", text(from)), ("to", text(to)), ("reason", text(reason))])
        }
        Notice::Queued { provider, limit } => {
            let limit = u64::from(*limit).into();
            words.with("notice-queued", &[("provider", text(provider)), ("limit", limit)])
        }
        Notice::Resting { provider, failures, for_ms } => {
            let (n, time) = (u64::from(*failures).into(), words.seconds(*for_ms).into());
            words.with("notice-resting", &[("provider", text(provider)), ("n", n), ("time", time)])
        }
        Notice::PassedOver { model, for_ms } => {
            let time = words.seconds(*for_ms).into();
            words.with("notice-passed-over", &[("model", text(model)), ("time", time)])
        }
        Notice::NotRecorded { reason } => words.with("notice-not-recorded", &[("reason", text(reason))]),
        Notice::Retried { after_ms, is_retry_after, cause } => words.with(
            if *is_retry_after { "notice-retried-as-asked" } else { "notice-retried" },
            &[("after", look.words.seconds(*after_ms).into()), ("cause", text(cause))],
        ),
        Notice::Fallback { from, to, cause } => {
            words.with("notice-fallback", &[("from", text(from)), ("to", text(to)), ("cause", text(cause))])
        }
        Notice::Hedged { after_ms, model } => {
            words.with("notice-hedged", &[("after", words.seconds(*after_ms).into()), ("model", text(model))])
        }
        Notice::ToolRefused { step, tool } => {
            words.with("notice-tool-refused", &[("step", text(step)), ("tool", text(tool))])
        }
        Notice::Checked { step, passed: true, .. } => {
            words.with("notice-checked-passes", &[("step", text(step))])
        }
        Notice::Checked { step, exit: Some(code), why: None, .. } => {
            words.with("notice-checked-exit", &[("step", text(step)), ("code", code.to_string().into())])
        }
        Notice::Checked { step, why, .. } => {
            let why = why.as_ref().map_or_else(|| "".into(), text);
            words.with("notice-checked-why", &[("step", text(step)), ("why", why)])
        }
        Notice::Counted { groups, settles } => {
            let untold = || words.say("votes-untold");
            let group = |(answer, votes): &(Option<String>, usize)| {
                format!("{} × {votes}", answer.clone().unwrap_or_else(untold))
            };
            let groups = groups.iter().map(group).collect::<Vec<_>>().join(", ");
            let key = if *settles { "notice-votes" } else { "notice-votes-open" };
            words.with(key, &[("groups", text(&groups))])
        }
        Notice::Budget { scope, percent, spent, limit } => words.with(
            "notice-budget",
            &[
                ("scope", words.say(&format!("scope-{scope}")).into()),
                ("percent", u64::from(*percent).into()),
                ("spent", rub(*spent).into()),
                ("limit", rub(*limit).into()),
            ],
        ),
        Notice::Refused { needed, available, setting } => words.with(
            "notice-refused",
            &[
                ("needed", rub(*needed).into()),
                ("available", rub(*available).into()),
                ("setting", text(setting)),
            ],
        ),
        Notice::ProviderSays { says, charged } => words
            .with("notice-provider-says", &[("says", rub(*says).into()), ("charged", rub(*charged).into())]),
    }
}

/// What was done: the action, who allowed it, what came of it.
fn tool(tool: &Tool, width: usize, look: Look<'_>) -> Vec<Line<'static>> {
    let (sign, role) = tool_sign(tool, look.is_plain);
    let ended = ended(tool, look);
    let room = width.saturating_sub(paint::width(&ended) + 6);
    let told = action::line(look.words, &tool.tool, &tool.action);
    let mut told = told.lines();
    let left = Pieces::new(look.theme).add(Role::Text, "  ").column(role, sign, 2).fitted(
        Role::Text,
        told.next().unwrap_or_default(),
        room,
    );
    let right = Pieces::new(look.theme).add(role, &ended);
    let mut lines = vec![left.apart(right, width).done()];
    lines.extend(told.map(|line| Pieces::new(look.theme).add(Role::Text, "  ").add(Role::Text, line).done()));
    lines
}

const fn tool_sign(tool: &Tool, is_plain: bool) -> (&'static str, Role) {
    let (fancy, plain, role) = match (tool.phase, tool.outcome) {
        (ToolPhase::Asked, _) => ("?", "?", Role::Warning),
        (ToolPhase::Over, Some(ToolOutcome::Ok)) => match tool.exit {
            None | Some(0) => ("✓", "+", Role::Good),
            Some(_) => ("✗", "x", Role::Bad),
        },
        (ToolPhase::Over, Some(ToolOutcome::Denied)) => ("⊘", "-", Role::Warning),
        (ToolPhase::Over, _) => ("✗", "x", Role::Bad),
        (ToolPhase::Running, _) => ("▸", ">", Role::Busy),
        _ => ("·", ".", Role::Dim),
    };
    (if is_plain { plain } else { fancy }, role)
}

fn ended(tool: &Tool, look: Look<'_>) -> String {
    match (tool.phase, tool.outcome) {
        (ToolPhase::Over, Some(outcome)) => {
            let took =
                if tool.ms >= 1000 { format!(" · {}", look.words.seconds(tool.ms)) } else { String::new() };
            let told = action::ended(look.words, outcome, tool.exit, tool.changed_files.len(), "");
            format!("{}{took}", told.trim_end_matches([':', ' ']))
        }
        (ToolPhase::Asked, _) => look.words.say("tool-asked"),
        (ToolPhase::Running, _) => {
            let ms = tool.started_at.map_or(0, |began| look.now.millis_since(began));
            if ms >= 1000 { look.words.seconds(ms) } else { String::new() }
        }
        _ => String::new(),
    }
}

/// Some lines of what came of it: the diff, the end of what runs, the beginning of what ran.
fn excerpt(tool: &Tool, width: usize, details: bool, look: Look<'_>) -> Vec<Line<'static>> {
    let inner = answer_width(width).saturating_sub(4);
    let body: Vec<markup::Line> = match (&tool.action, tool.phase) {
        (Action::Write { changes }, _) => {
            changes.iter().flat_map(|change| markup::diff(&change.diff, inner)).collect()
        }
        (Action::Todo { .. }, _) => return Vec::new(),
        (_, ToolPhase::Running) => markup::plain(&tool.output, inner),
        (Action::Read { .. }, ToolPhase::Over) if tool.outcome == Some(ToolOutcome::Ok) && !details => {
            return Vec::new();
        }
        _ => markup::plain(tool.text.trim_end(), inner),
    };
    let hidden = body.len().saturating_sub(EXCERPT);
    let (shown, more) = match (details || hidden <= 1, tool.phase) {
        (true, _) => (body.as_slice(), 0),
        (false, ToolPhase::Running) => (body.get(hidden..).unwrap_or_default(), 0),
        (false, _) => (body.get(..EXCERPT).unwrap_or_default(), hidden),
    };
    let gutter = if look.is_plain { "    | " } else { "    │ " };
    let is_diff = matches!(tool.action, Action::Write { .. });
    let mut lines: Vec<Line<'static>> = shown
        .iter()
        .map(|line| {
            let mut painted = paint::line(look.theme, line);
            if !is_diff {
                painted = painted.style(look.theme.of(Role::Dim));
            }
            painted.spans.insert(0, Span::styled(gutter, look.theme.of(Role::Border)));
            painted
        })
        .collect();
    if more > 0 {
        let text = look.words.with("tool-more-lines", &[("n", (more as u64).into())]);
        lines.push(Pieces::new(look.theme).add(Role::Border, gutter).add(Role::Dim, &text).done());
    }
    lines
}

/// What stands behind the answer.
pub(super) fn foot(turn: &Turn, width: usize, look: Look<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match &turn.state {
        State::Sending { is_withdrawn, .. } => {
            let key = if *is_withdrawn { "turn-ending" } else { "turn-sending" };
            lines.push(Pieces::new(look.theme).add(Role::Busy, &format!("  {}", look.words.say(key))).done());
        }
        State::Refused(fault) => {
            lines.extend(self::fault(&look.told(&fault.message), fault.hint.as_deref(), width, look));
        }
        State::Run(run) => match (&run.result, &run.lost) {
            (Some(result), _) => lines.extend(over(result, width, look)),
            (None, Some(fault)) => {
                lines.extend(self::fault(&look.told(&fault.message), fault.hint.as_deref(), width, look));
            }
            (None, None) => lines.extend(going(run, look)),
        },
    }
    lines.push(Line::default());
    lines
}

fn fault(message: &str, hint: Option<&str>, width: usize, look: Look<'_>) -> Vec<Line<'static>> {
    let sign = if look.is_plain { "x" } else { "✗" };
    let mut lines = wrapped(&format!("{sign} {message}"), Role::Bad, width, look);
    if let Some(hint) = hint {
        lines.extend(wrapped(
            &look.words.with("turn-hint", &[("hint", look.told(hint).into())]),
            Role::Dim,
            width,
            look,
        ));
    }
    lines
}

/// What is going on while nothing of the answer is to be seen, or what stands for it.
fn going(run: &Run, look: Look<'_>) -> Vec<Line<'static>> {
    let key = if run.is_ending {
        "turn-ending"
    } else if run.parked {
        "turn-parked"
    } else if run.question().is_some() {
        "turn-asks"
    } else if run.is_provisional() {
        "turn-provisional"
    } else if run.answer.is_empty() && !run.reasoning.is_empty() {
        "turn-reasons"
    } else if run.answer.is_empty() {
        "turn-waits"
    } else {
        return Vec::new();
    };
    let ms = run.started_at.map_or(0, |began| look.now.millis_since(began));
    let spin = spinner(look);
    let text = format!("  {spin} {} · {}", look.words.say(key), look.words.seconds(ms / 100 * 100));
    vec![Pieces::new(look.theme).add(Role::Busy, &text).done()]
}

/// A sign that moves with time.
fn spinner(look: Look<'_>) -> &'static str {
    const FANCY: [&str; 8] = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠧", "⠇", "⠏"];
    const PLAIN: [&str; 4] = ["|", "/", "-", "\\"];
    let beat = usize::try_from(look.now.millis().max(0) / 120).unwrap_or(0);
    let signs: &[&str] = if look.is_plain { &PLAIN } else { &FANCY };
    signs.get(beat % signs.len()).copied().unwrap_or_default()
}

/// How it ended and what it cost.
fn over(result: &RunResult, width: usize, look: Look<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match (&result.error, result.status) {
        (_, RunStatus::Cancelled) => {
            lines.extend(wrapped(&look.words.say("turn-cancelled"), Role::Warning, width, look));
        }
        (Some(error), _) => {
            lines.extend(fault(&look.told(&error.message), error.hint.as_deref(), width, look));
        }
        (None, RunStatus::Degraded) => {
            lines.extend(wrapped(&look.words.say("turn-degraded"), Role::Warning, width, look));
        }
        (None, _) => {}
    }
    lines.push(bill(result, width, look));
    lines
}

/// Model, time, tokens, and the one number for money.
fn bill(result: &RunResult, width: usize, look: Look<'_>) -> Line<'static> {
    let meters = &result.usage.meters;
    let measure = match result.usage.quality {
        plyrum_billing_client::Quality::Reported => Measure::Reported,
        _ => Measure::Estimated,
    };
    let input = meters.total_input();
    let output = meters.output + meters.reasoning;
    let arrow = if look.is_plain { "->" } else { "→" };
    let mut text = format!("  {}", if result.model.is_empty() { "–" } else { result.model.as_str() });
    if result.plan != "direct" && !result.plan.is_empty() {
        text += &format!(" · {}", result.plan);
    }
    text += &format!(" · {}", look.words.seconds(result.duration_ms));
    if input + output > 0 {
        text += &format!(" · {0}{1} {arrow} {0}{2}", measure.sign(), count(input), count(output));
    }
    let mut money = look.words.charged(result.cost_micro_rub, result.unpriced as usize);
    if let Some(extra) = result.extra_over_direct_micro_rub {
        let extra = look.words.lang().rub(extra);
        money += &format!(" ({})", look.words.with("bill-over-direct", &[("extra", extra.into())]));
    }
    let room = width.saturating_sub(paint::width(&money) + 3);
    Pieces::new(look.theme)
        .fitted(Role::Dim, &text, room)
        .add(Role::Dim, " · ")
        .add(Role::Money, &money)
        .done()
}
