//! Who is asked first in a cascade.
//!
//! A cascade saves money where two that cost less agree: the strongest is asked only where they do not. So nobody who costs
//! more than the strongest is asked before it, and nobody far under it; where fewer than two are left, the strongest alone
//! is both cheaper and better, and the plan is direct.

use crate::activate::Seat;
use plyrum_billing_client::MicroRub;

/// A member this far under the strongest is left out, in thousandths.
const FAR_UNDER_MILLI: u32 = 150;

/// A cascade of some seats, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cascade {
    /// Who is asked first, the cheapest before others.
    pub first: Vec<usize>,
    /// Who is asked where those disagree; none where nothing is known of how good anybody is.
    pub strongest: Option<usize>,
}

/// The cascade of these seats, the best-ranked first; `None` where asking the strongest alone costs no more. Where nobody's
/// quality is known nobody is too weak or too dear, and all are asked, the cheapest first: a price is no strength.
pub fn cascade(seats: &[Seat]) -> Option<Cascade> {
    let known = seats.iter().enumerate().filter(|(_, seat)| seat.quality_milli.is_some());
    // The first of equals: `max_by_key` would take the last.
    let strongest = known.rev().max_by_key(|(_, seat)| seat.quality_milli);
    let Some((at, best)) = strongest else {
        return Some(Cascade { first: cheapest_first(seats), strongest: None });
    };
    let first: Vec<usize> = (0..seats.len())
        .filter(|other| *other != at && seats.get(*other).is_some_and(|seat| goes_before(seat, best)))
        .collect();
    (first.len() >= 2).then(|| Cascade { first: by_cost(seats, first), strongest: Some(at) })
}

/// All seats, the cheapest first.
pub fn cheapest_first(seats: &[Seat]) -> Vec<usize> {
    by_cost(seats, (0..seats.len()).collect())
}

fn goes_before(seat: &Seat, best: &Seat) -> bool {
    let is_far = |(own, best): (u32, u32)| own + FAR_UNDER_MILLI < best;
    let is_dearer = |(own, best): (MicroRub, MicroRub)| own > best;
    !seat.quality_milli.zip(best.quality_milli).is_some_and(is_far)
        && !seat.cost.zip(best.cost).is_some_and(is_dearer)
}

/// The cheapest first, of equals the better-ranked; what has no price comes last.
fn by_cost(seats: &[Seat], mut places: Vec<usize>) -> Vec<usize> {
    let cost = |at: &usize| seats.get(*at).and_then(|seat| seat.cost);
    places.sort_by_key(|at| (cost(at).is_none(), cost(at)));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(known: &[(Option<u32>, Option<i64>)]) -> Vec<Seat> {
        let seat = |(quality_milli, cost): &(Option<u32>, Option<i64>)| Seat {
            quality_milli: *quality_milli,
            cost: cost.map(MicroRub::new),
            latency_ms: None,
        };
        known.iter().map(seat).collect()
    }

    fn of(known: &[(Option<u32>, Option<i64>)]) -> Option<(Vec<usize>, Option<usize>)> {
        cascade(&seats(known)).map(|cascade| (cascade.first, cascade.strongest))
    }

    #[test]
    fn the_cheap_ones_are_asked_before_the_strongest() {
        let panel = [(Some(900), Some(50)), (Some(860), Some(9)), (Some(840), Some(3)), (Some(700), Some(1))];
        assert_eq!(of(&panel), Some((vec![2, 1], Some(0))), "the fourth is far under");
        let equal = [(Some(800), Some(5)); 3];
        assert_eq!(of(&equal), Some((vec![1, 2], Some(0))), "of equals the better-ranked is the strongest");
    }

    #[test]
    fn nobody_who_costs_more_is_asked_before_the_strongest() {
        let cheap_and_good = [(Some(900), Some(1)), (Some(850), Some(20)), (Some(840), Some(30))];
        assert_eq!(of(&cheap_and_good), None);
        let one_is_cheaper = [(Some(900), Some(10)), (Some(850), Some(2)), (Some(840), Some(30))];
        assert_eq!(of(&one_is_cheaper), None, "one alone agrees with nobody");
        let one_has_no_price = [(Some(900), Some(10)), (Some(850), None), (Some(840), Some(2))];
        assert_eq!(of(&one_has_no_price), Some((vec![2, 1], Some(0))));
    }

    #[test]
    fn where_nothing_is_known_a_price_is_no_strength() {
        assert_eq!(of(&[(None, Some(9)), (None, Some(1)), (None, None)]), Some((vec![1, 0, 2], None)));
        assert_eq!(of(&[]), Some((vec![], None)));
    }
}
