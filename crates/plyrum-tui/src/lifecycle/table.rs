//! Every step with its figures.

use super::{elapsed_ms, sign, thread, tokens, words};
use crate::paint::{self, Pieces};
use crate::run::{Phase, Run, Step};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use plyrum_words::money::count;
use ratatui::text::Line;

/// How wide the columns are, for a width of the whole.
#[derive(Debug, Clone, Copy)]
struct Columns {
    name: usize,
    model: usize,
    phase: usize,
}

/// Columns of fixed width: sign, first token, time, tokens, cost, and the gaps.
const FIXED: usize = 8 + 9 + 8 + 8 + 11;

impl Columns {
    /// Names and states as wide as they are, within bounds; the model has the rest.
    fn of(run: &Run, look: Look<'_>, width: usize) -> Self {
        let rest = width.saturating_sub(FIXED);
        let widest = |texts: &mut dyn Iterator<Item = usize>, least: usize, most: usize| {
            texts.max().unwrap_or(0).clamp(least, most)
        };
        let name = widest(&mut run.steps.iter().map(|step| paint::width(step.id.as_str())), 6, 20);
        let head = paint::width(&look.words.say("lifecycle-state"));
        let phase = run.steps.iter().map(|step| paint::width(&words::phase(look.words, step)));
        let phase = widest(&mut phase.chain([head]), 8, 14);
        Self { name, model: rest.saturating_sub(phase + name), phase }
    }
}

/// A head and a row a step; the chosen one is marked.
pub(crate) fn table(run: &Run, chosen: Option<usize>, look: Look<'_>, width: usize) -> Vec<Line<'static>> {
    let columns = Columns::of(run, look, width);
    let rows = (0..run.steps.len()).filter_map(|at| row(run, at, chosen == Some(at), look, columns));
    std::iter::once(head(look, columns)).chain(rows).collect()
}

fn head(look: Look<'_>, columns: Columns) -> Line<'static> {
    let say = |key| look.words.say(key);
    Pieces::new(look.theme)
        .add(Role::Dim, "    ")
        .column(Role::Dim, &say("lifecycle-step"), columns.name)
        .add(Role::Dim, " ")
        .column(Role::Dim, &say("lifecycle-model"), columns.model)
        .add(Role::Dim, "   ")
        .column(Role::Dim, &say("lifecycle-state"), columns.phase)
        .add(Role::Dim, " ")
        .right(Role::Dim, &say("lifecycle-first"), 8)
        .right(Role::Dim, &say("lifecycle-time"), 8)
        .right(Role::Dim, &say("lifecycle-tokens"), 8)
        .right(Role::Dim, &say("lifecycle-cost"), 11)
        .done()
}

fn row(run: &Run, at: usize, is_chosen: bool, look: Look<'_>, columns: Columns) -> Option<Line<'static>> {
    let step = run.steps.get(at)?;
    let mark = if is_chosen { if look.is_plain { ">" } else { "›" } } else { " " };
    let role = role(step.phase);
    let time = |ms: Option<u64>| ms.map(|ms| look.words.seconds(ms)).unwrap_or_default();
    let tokens =
        tokens(step).map(|(n, measure)| format!("{}{}", measure.sign(), count(n))).unwrap_or_default();
    let pieces = Pieces::new(look.theme)
        .add(Role::Key, mark)
        .column(Role::Dim, thread(run, at, look.is_plain), 3)
        .column(Role::Text, step.id.as_str(), columns.name)
        .add(Role::Text, " ")
        .column(Role::Text, &step.model, columns.model)
        .add(Role::Text, " ")
        .column(role, sign(step.phase, look.is_plain), 2)
        .column(role, &words::phase(look.words, step), columns.phase)
        .add(Role::Text, " ")
        .right(Role::Dim, &time(step.ttft_ms), 8)
        .right(Role::Text, &time(elapsed_ms(step, look.now)), 8)
        .right(Role::Text, &tokens, 8)
        .right(Role::Money, &cost(step, look), 11);
    Some(if is_chosen { pieces.all(look.theme.of(Role::Selected)) } else { pieces.done() })
}

/// What a step was charged: a figure of the ledger, so there is none before it is settled.
fn cost(step: &Step, look: Look<'_>) -> String {
    match step.cost {
        Some(MicroRub::ZERO) if step.unpriced > 0 => "?".to_owned(),
        Some(cost) if step.unpriced > 0 => format!("{} + ?", look.words.rub(cost)),
        Some(cost) => look.words.rub(cost),
        None => String::new(),
    }
}

/// How a phase looks.
pub(super) const fn role(phase: Phase) -> Role {
    match phase {
        Phase::Waiting | Phase::Skipped => Role::Dim,
        Phase::Connecting | Phase::FirstToken | Phase::Streaming => Role::Busy,
        Phase::Done => Role::Good,
        Phase::Queued | Phase::Cut | Phase::Late | Phase::Cancelled => Role::Warning,
        Phase::Failed => Role::Bad,
    }
}

/// What a step does, who does it, and why it ended as it did: two lines under the table.
pub(crate) fn about(step: &Step, look: Look<'_>) -> Line<'static> {
    let why = step.why.as_deref().map(|why| format!(" · {}", look.told(why))).unwrap_or_default();
    let after = match step.after.as_slice() {
        [] => String::new(),
        after => {
            let names: Vec<&str> = after.iter().map(plyrum_protocol::StepId::as_str).collect();
            format!(" ← {}", names.join(", "))
        }
    };
    Pieces::new(look.theme)
        .add(Role::Title, step.id.as_str())
        .add(Role::Dim, &format!(" · {}{after}", words::kind(look.words, step.kind)))
        .add(Role::Warning, &why)
        .done()
}
