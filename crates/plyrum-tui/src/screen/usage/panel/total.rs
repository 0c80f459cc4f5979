//! The period as a whole, beside the one before.

use super::super::said;
use super::{Pair, Pane};
use crate::theme::Role;
use plyrum_words::money;

pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let (look, sum) = (pane.look, &pane.board.total);
    let say = |key| look.words.say(key);
    let mut pairs = vec![Pair::new(say("usage-cost"), said::cost(look, sum), Role::Money)];
    if sum.unpriced > 0 {
        let unpriced = look.words.with("usage-unpriced-attempts", &[("n", sum.unpriced.into())]);
        pairs.push(Pair::new(say("usage-without-price"), unpriced, Role::Warning));
    }
    if let Some(before) = &pane.board.previous {
        let change = said::change(look, sum.cost_micro_rub, before.sum.cost_micro_rub);
        let cost = said::cost(look, &before.sum);
        pairs.push(Pair::new(say("usage-before"), format!("{cost} ({change})"), Role::Text));
    }
    let runs = format!("{} / {}", money::count(sum.runs), money::count(sum.attempts));
    pairs.push(Pair::new(say("usage-runs-attempts"), runs, Role::Text));
    let meters = &sum.usage.meters;
    let tokens = |count| said::marked(sum, said::tokens(look, count));
    let both = format!("{} / {}", tokens(meters.total_input()), tokens(meters.output + meters.reasoning));
    pairs.push(Pair::new(say("usage-tokens"), both, Role::Text));
    if sum.estimated > 0 {
        let estimated = look.words.with("usage-estimated-attempts", &[("n", sum.estimated.into())]);
        pairs.push(Pair::new(say("usage-estimated"), estimated, Role::Dim));
    }
    pairs
}
