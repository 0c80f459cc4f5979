//! What went wrong, was stopped or repeated, and what it cost.

use super::super::said;
use super::{Pair, Pane};
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::view::DashboardPart;
use plyrum_words::money;

pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let sum = &pane.board.total;
    let parts = [
        ("usage-failed", sum.failed, Role::Bad),
        ("usage-cut", sum.cut, Role::Bad),
        ("usage-cancelled", sum.cancelled, Role::Warning),
        ("usage-retries", sum.retries, Role::Warning),
    ];
    parts.into_iter().map(|(word, part, role)| pair(pane, word, part, role)).collect()
}

fn pair(pane: Pane<'_>, word: &str, part: DashboardPart, role: Role) -> Pair {
    let value = format!("{}  {:>12}", money::count(part.attempts), said::rub(pane.look, part.cost_micro_rub));
    let role = if part.attempts == 0 && part.cost_micro_rub == MicroRub::ZERO { Role::Dim } else { role };
    Pair::new(pane.look.words.say(word), value, role)
}
