//! Budgets under random schedules; the stories are in `conformance/limits.rs`.

use proptest::prelude::*;

use super::*;
use crate::conformance::limits::{budget, day, hold_under};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is held and charged in whatever order, over days that come one after the other, no window
    /// of any limit is ever passed.
    #[test]
    fn no_limit_is_ever_passed(
        limits in prop::collection::vec(0..400_i64, 4),
        mut steps in prop::collection::vec((0..3_u8, 0..2_u8, 0..120_i64, 0..=100_i64), 1..40),
    ) {
        // Days go on: what a hold of a later day is charged after a clock was set back is that day's no more.
        steps.sort_by_key(|(today, ..)| *today);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let ledger = with_run().await;
            ledger.set_budget(day(limits[0]), 1).await.unwrap();
            ledger.set_budget(budget(BudgetScope::All, "", Period::Month, limits[1]), 1).await.unwrap();
            ledger.set_budget(budget(BudgetScope::Provider, "p0", Period::Total, limits[2]), 1).await.unwrap();
            ledger.set_budget(budget(BudgetScope::Session, "", Period::Total, limits[3]), 1).await.unwrap();
            let mut open: Vec<(String, u8, i64, i64)> = Vec::new();
            // Per day, per provider, and in all.
            let (mut by_day, mut p0, mut total) = ([0_i64; 3], 0, 0);
            let days = u8::try_from(steps.len() / 3 + 1).unwrap();
            for (n, (_, provider, amount, percent)) in steps.into_iter().enumerate() {
                let today = u8::try_from(n).unwrap() / days;
                let windows = Windows { day: i64::from(today) * 1_000, month: 0 };
                let at = windows.day + 5;
                let limits_now = Limits { configured: vec![], windows };
                let attempt = format!("a{n}");
                let mut wanted = batch("run", &[(&attempt, amount)]);
                wanted.holds[0].provider = format!("p{provider}");
                let granted = hold_under(&ledger, wanted, &limits_now).await.is_ok();
                if granted {
                    ledger.mark_sent(&attempt, at).await.unwrap();
                    open.push((attempt, provider, amount, percent));
                }
                if n % 3 != 0 && !open.is_empty() {
                    let (attempt, provider, amount, percent) = open.remove(0);
                    let cost = amount * percent / 100;
                    let basis = Basis::Reported(tokens(u64::try_from(cost).unwrap()));
                    ledger.settle(Settle { at, limits: limits_now, ..settle(&attempt, basis) }).await.unwrap();
                    by_day[usize::from(today)] += cost;
                    p0 += if provider == 0 { cost } else { 0 };
                    total += cost;
                }
                let held: i64 = open.iter().map(|o| o.2).sum();
                let held_p0: i64 = open.iter().filter(|o| o.1 == 0).map(|o| o.2).sum();
                for spent in by_day {
                    assert!(spent <= limits[0], "the day: {spent} of {}", limits[0]);
                }
                assert!(total + held <= limits[1].max(0), "the month: {total} + {held} of {}", limits[1]);
                assert!(p0 + held_p0 <= limits[2], "the provider");
                assert!(total + held <= limits[3], "the session");
            }
            ledger.prove().await;
        });
    }
}
