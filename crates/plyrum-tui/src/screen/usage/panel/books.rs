//! The account and the books: balance, holds, debts, whether the sums agree, and what a proof found.

use super::super::{Proof, said};
use super::{Pair, Pane};
use crate::theme::Role;
use plyrum_billing_client::MicroRub;
use plyrum_markup::cell;
use plyrum_words::money;

pub(super) fn pairs(pane: Pane<'_>) -> Vec<Pair> {
    let (look, balance, books) = (pane.look, &pane.board.balance, &pane.board.books);
    let say = |key| look.words.say(key);
    let balance_pair = match balance.available_micro_rub {
        Some(available) => Pair::new(say("usage-available"), said::rub(look, available), Role::Money),
        None => Pair::new(say("usage-posted"), said::rub(look, balance.posted_micro_rub), Role::Money),
    };
    let held = said::rub(look, balance.held_micro_rub);
    let held = format!("{held} ({})", money::count(books.open_attempts));
    let mut pairs = vec![balance_pair, Pair::new(say("usage-held"), held, Role::Text)];
    if books.debt_micro_rub > MicroRub::ZERO {
        pairs.push(Pair::new(say("usage-debt"), said::rub(look, books.debt_micro_rub), Role::Warning));
    }
    let (agree, role) = if books.agree { ("usage-agree", Role::Good) } else { ("usage-disagree", Role::Bad) };
    pairs.push(Pair::new(say("usage-sums"), say(agree), role));
    pairs.push(proof(pane));
    if books.review > 0 {
        pairs.push(Pair::new(say("usage-review"), money::count(books.review), Role::Warning));
    }
    if let Proof::Done(_, checks) = &pane.screen.proof {
        let wrong = checks.checks.iter().filter(|check| !check.ok);
        pairs.extend(wrong.map(|check| {
            Pair::new(format!("{}: {}", cell(&check.name), cell(&check.detail)), String::new(), Role::Bad)
        }));
    }
    pairs
}

fn proof(pane: Pane<'_>) -> Pair {
    let words = pane.look.words;
    let (value, role) = match &pane.screen.proof {
        Proof::Unasked => (words.say("usage-proof-key"), Role::Dim),
        Proof::UnderWay => (words.say("usage-proof-busy"), Role::Busy),
        Proof::Done(at, checks) if checks.ok => {
            (words.with("usage-proof-ok", &[("ago", said::ago(pane.look, *at).into())]), Role::Good)
        }
        Proof::Done(_, checks) => {
            let wrong = checks.checks.iter().filter(|check| !check.ok).count();
            let wrong = u64::try_from(wrong).unwrap_or(u64::MAX);
            (words.with("usage-proof-wrong", &[("n", wrong.into())]), Role::Bad)
        }
        Proof::Failed(fault) => (cell(&pane.look.told(&fault.message)), Role::Bad),
    };
    Pair::new(words.say("usage-proof"), value, role)
}
