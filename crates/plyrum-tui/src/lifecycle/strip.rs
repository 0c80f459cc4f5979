//! The steps of a mixture in the least room: beside the conversation while it goes on.

use super::table::role;
use super::{elapsed_ms, sign, tokens};
use crate::paint::Pieces;
use crate::run::{Phase, Run};
use crate::screen::Look;
use crate::theme::Role;
use plyrum_protocol::StepKind;
use plyrum_words::money::count;
use ratatui::text::Line;

/// At most so many steps have a row of their own.
const MAX_ROWS: usize = 8;

/// A row a step while proposals come; one line when the answer is being written.
pub(crate) fn strip(run: &Run, look: Look<'_>, width: usize) -> Vec<Line<'static>> {
    let gathers = run.steps.iter().any(|step| step.kind == StepKind::Propose && !step.phase.is_over());
    let mut lines = vec![summary(run, look, width)];
    if gathers {
        let name =
            run.steps.iter().map(|step| crate::paint::width(step.id.as_str())).max().unwrap_or(0).min(16);
        for step in run.steps.iter().take(MAX_ROWS) {
            let tokens = tokens(step)
                .map(|(n, measure)| format!("{}{}", measure.sign(), count(n)))
                .unwrap_or_default();
            let model = width.saturating_sub(name + 8 + 12 + 18);
            lines.push(
                Pieces::new(look.theme)
                    .add(Role::Text, "  ")
                    .column(role(step.phase), sign(step.phase, look.is_plain), 2)
                    .column(Role::Text, step.id.as_str(), name)
                    .add(Role::Text, "  ")
                    .column(Role::Dim, &step.model, model)
                    .add(Role::Text, " ")
                    .column(role(step.phase), &super::words::phase(look.words, step), 14)
                    .add(Role::Text, " ")
                    .right(
                        Role::Text,
                        &elapsed_ms(step, look.now).map(|ms| look.words.seconds(ms)).unwrap_or_default(),
                        8,
                    )
                    .right(Role::Dim, &tokens, 8)
                    .done(),
            );
        }
        if run.steps.len() > MAX_ROWS {
            let more = (run.steps.len() - MAX_ROWS) as u64;
            let text = look.words.with("lifecycle-more-steps", &[("n", more.into())]);
            lines.push(Pieces::new(look.theme).add(Role::Dim, &format!("    {text}")).done());
        }
    }
    lines
}

/// How many proposals are there, who writes, and what the whole may cost at most.
fn summary(run: &Run, look: Look<'_>, width: usize) -> Line<'static> {
    let proposals = run.steps.iter().filter(|step| step.kind == StepKind::Propose);
    let (have, of) = proposals.fold((0_u64, 0_u64), |(have, of), step| {
        (have + u64::from(matches!(step.phase, Phase::Done | Phase::Cut)), of + 1)
    });
    let writer = run.steps.iter().find(|step| step.writes_answer() && step.started_at.is_some());
    let mut left = Pieces::new(look.theme).add(Role::Title, &run.plan).add(
        Role::Text,
        &format!(
            " · {}",
            look.words.with("lifecycle-proposals", &[("have", have.into()), ("of", of.into())])
        ),
    );
    if let Some(step) = writer.filter(|step| !step.phase.is_over()) {
        left = left.add(
            Role::Busy,
            &format!(" · {}", look.words.with("lifecycle-writes", &[("model", step.model.clone().into())])),
        );
    }
    let held = look.words.with("lifecycle-held", &[("held", look.words.lang().rub(run.held).into())]);
    let right = Pieces::new(look.theme).add(Role::Money, &held);
    left.apart(right, width).done()
}
