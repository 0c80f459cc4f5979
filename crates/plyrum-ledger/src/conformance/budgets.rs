//! Budgets as any backend keeps them: what each is used up by, and which there can be. How they refuse and
//! tell is in `limits.rs`.

use serde_json::json;

use super::limits::budget;
use super::*;

fn with_day_from(day: i64, configured: &[Budget]) -> Limits {
    let limit = |budget: &Budget| Limit { budget: budget.clone(), setting: "[budgets]".to_owned() };
    Limits { configured: configured.iter().map(limit).collect(), windows: Windows { day, month: 0 } }
}

/// A run of this session, persona and project.
async fn run_of(ledger: &impl Store, run: &str, session: &str, persona: &str, project: &str) {
    let run = NewRun {
        session: session.to_owned(),
        persona: persona.to_owned(),
        project: Some(project.to_owned()),
        ..new_run(run)
    };
    ledger.begin_run(run).await.unwrap();
}

/// Charges an attempt of `run` at `at`, which held just that.
async fn charge(
    ledger: &impl Store,
    run: &str,
    attempt: &str,
    cost: i64,
    at: i64,
    limits: &Limits,
) -> Vec<BudgetNotice> {
    let batch = HoldBatch { limits: limits.clone(), ..batch(run, &[(attempt, cost)]) };
    assert_eq!(ledger.hold(batch).await, Ok(HoldOutcome::Granted));
    let usage = tokens(u64::try_from(cost).unwrap());
    let settle = Settle { at, limits: limits.clone(), ..settle(attempt, Basis::Reported(usage)) };
    ledger.settle(settle).await.unwrap().notices
}

pub(super) async fn each_limit_shows_what_is_posted_in_its_window_and_what_is_held(lab: &impl Lab) {
    let ledger = lab.open();
    run_of(&ledger, "mine", "s", "coder", "/p").await;
    run_of(&ledger, "other", "t", "writer", "/q").await;
    let none = Limits::default();
    charge(&ledger, "mine", "yesterday", 3, 50, &none).await;
    charge(&ledger, "mine", "today", 20, 150, &none).await;
    charge(&ledger, "other", "theirs", 100, 150, &none).await;
    ledger.hold(batch("mine", &[("open", 400)])).await.unwrap();
    let of = [
        (BudgetScope::All, "", Period::Day, Some((120, 400))),
        (BudgetScope::All, "", Period::Month, Some((123, 400))),
        (BudgetScope::Run, "", Period::Total, None),
        (BudgetScope::Session, "", Period::Total, None),
        (BudgetScope::Session, "s", Period::Total, Some((23, 400))),
        (BudgetScope::Session, "t", Period::Total, Some((100, 0))),
        (BudgetScope::Persona, "coder", Period::Day, Some((20, 400))),
        (BudgetScope::Persona, "writer", Period::Total, Some((100, 0))),
        (BudgetScope::Project, "/p", Period::Total, Some((23, 400))),
        (BudgetScope::Provider, "lab", Period::Day, Some((120, 400))),
        (BudgetScope::Provider, "elsewhere", Period::Day, Some((0, 0))),
    ];
    let configured: Vec<Budget> =
        of.iter().map(|(scope, key, period, _)| budget(*scope, key, *period, 1_000)).collect();
    ledger.set_budget(budget(BudgetScope::Project, "/q", Period::Day, 7), 1).await.unwrap();
    let states = ledger.budgets(with_day_from(100, &configured)).await.unwrap();
    for (state, (scope, key, _, used)) in states.iter().zip(of) {
        let shown = state.spent.zip(state.held).map(|(spent, held)| (spent.get(), held.get()));
        assert_eq!((shown, state.setting.as_str()), (used, "[budgets]"), "{scope} {key}");
    }
    let [of_table] = &states[of.len()..] else { panic!("{states:?}") };
    assert_eq!((of_table.budget.limit, of_table.spent), (micro(7), Some(micro(100))));
    assert_eq!(of_table.setting, "plyrum budget set project:/q --per day");
}

pub(super) async fn a_limit_on_each_run_or_session_is_told_to_each_of_them(lab: &impl Lab) {
    for scope in [BudgetScope::Run, BudgetScope::Session] {
        let ledger = lab.open();
        run_of(&ledger, "mine", "s", "coder", "/p").await;
        run_of(&ledger, "other", "t", "coder", "/p").await;
        let limits = with_day_from(0, &[budget(scope, "", Period::Total, 100)]);
        let told = async |run, attempt| {
            let notices = charge(&ledger, run, attempt, 30, 200, &limits).await;
            notices.iter().map(|notice| (notice.percent, notice.spent.get())).collect::<Vec<_>>()
        };
        assert_eq!(told("mine", "a").await, []);
        assert_eq!(told("other", "b").await, [], "{scope}: its own 30, not the other's");
        assert_eq!(told("mine", "c").await, [(50, 60)]);
        assert_eq!(told("other", "d").await, [(50, 60)], "{scope}: the other was told already");
        assert_eq!(told("mine", "e").await, [(80, 90)]);
    }
}

pub(super) async fn a_budget_is_told_when_it_changes_and_a_repeat_is_not(lab: &impl Lab) {
    let ledger = lab.open();
    let lab_day = |limit| budget(BudgetScope::Provider, "lab", Period::Day, limit);
    ledger.set_budget(lab_day(5), 10).await.unwrap();
    ledger.set_budget(lab_day(5), 11).await.unwrap();
    ledger.set_budget(lab_day(6), 12).await.unwrap();
    assert_eq!(ledger.remove_budget(budget(BudgetScope::All, "", Period::Day, 0).id, 13).await, Ok(false));
    assert_eq!(ledger.remove_budget(lab_day(0).id, 14).await, Ok(true));
    assert_eq!(ledger.budgets(Limits::default()).await, Ok(vec![]));
    let bodies = ledger.take_outbox(10).await.unwrap();
    let told: Vec<_> = bodies.iter().map(|row| (row.at, row.body["limit_micro_rub"].clone())).collect();
    assert_eq!(told, [(10, json!(5)), (12, json!(6)), (14, json!(null))]);
    assert_eq!((&bodies[0].body["scope"], &bodies[0].body["key"]), (&json!("provider"), &json!("lab")));
}

pub(super) async fn a_limit_on_one_is_none_on_another(lab: &impl Lab) {
    for (scope, key) in [
        (BudgetScope::Session, "s"),
        (BudgetScope::Persona, "coder"),
        (BudgetScope::Project, "/p"),
        (BudgetScope::Provider, "elsewhere"),
    ] {
        let ledger = lab.open();
        run_of(&ledger, "mine", "s", "coder", "/p").await;
        run_of(&ledger, "other", "t", "writer", "/q").await;
        ledger.begin_run(new_run("from no project")).await.unwrap();
        ledger.set_budget(budget(scope, key, Period::Total, 10), 1).await.unwrap();
        let mut mine = batch("mine", &[("a", 11)]);
        mine.holds[0].provider = "elsewhere".to_owned();
        assert!(matches!(ledger.hold(mine).await, Ok(HoldOutcome::Refused(_))), "{scope}");
        for run in ["other", "from no project"] {
            let theirs = ledger.hold(batch(run, &[(run, 1_000)])).await;
            assert_eq!(theirs, Ok(HoldOutcome::Granted), "{scope}");
            let settled = ledger.settle(settle(run, Basis::Reported(tokens(1_000)))).await.unwrap();
            assert_eq!(settled.notices, [], "{scope}");
        }
    }
}

pub(super) async fn of_two_equal_limits_the_configurations_is_named(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let day = budget(BudgetScope::All, "", Period::Day, 5);
    ledger.set_budget(day.clone(), 1).await.unwrap();
    let hold = HoldBatch { limits: with_day_from(0, &[day]), ..batch("run", &[("a", 6)]) };
    let HoldOutcome::Refused(refusal) = ledger.hold(hold).await.unwrap() else { panic!("granted") };
    assert_eq!((refusal.limit, refusal.setting.as_str()), (micro(5), "[budgets]"));
    let month = budget(BudgetScope::All, "", Period::Month, 5);
    ledger.set_budget(month, 1).await.unwrap();
    let hold = HoldBatch { limits: with_day_from(0, &[]), ..batch("run", &[("b", 6)]) };
    let HoldOutcome::Refused(refusal) = ledger.hold(hold).await.unwrap() else { panic!("granted") };
    assert_eq!(refusal.scope, Scope::Day, "of two that leave the same, the first");
}

pub(super) async fn two_hundred_and_fifty_six_budgets_are_kept_and_not_one_more(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    let nth = |n: usize| budget(BudgetScope::Persona, &format!("p{n}"), Period::Day, 1);
    for n in 0..MAX_BUDGETS {
        ledger.set_budget(nth(n), 1).await.unwrap();
    }
    let over = ledger.set_budget(nth(MAX_BUDGETS), 1).await;
    assert!(matches!(over, Err(LedgerError::Invalid { .. })), "{over:?}");
    let changed = Budget { limit: micro(2), ..nth(0) };
    assert_eq!(ledger.set_budget(changed, 1).await, Ok(()), "one that is there can be changed");
    assert_eq!(ledger.remove_budget(nth(1).id, 1).await, Ok(true));
    assert_eq!(ledger.set_budget(nth(MAX_BUDGETS), 1).await, Ok(()));
    let many: Vec<Budget> = (0..MAX_BUDGETS).map(nth).collect();
    let hold = HoldBatch { limits: with_day_from(0, &many), ..batch("run", &[("a", 1)]) };
    assert_eq!(ledger.hold(hold).await, Ok(HoldOutcome::Granted), "as many come with a hold");
}

pub(super) async fn limits_that_make_no_sense_are_refused_with_the_hold_and_with_the_settle(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold_and_send("open", 5).await;
    let day = |limit| budget(BudgetScope::All, "", Period::Day, limit);
    let mut long_setting = with_day_from(0, &[day(5)]);
    long_setting.configured[0].setting = "x".repeat(1_025);
    for wrong in [
        with_day_from(-1, &[]),
        Limits { windows: Windows { day: 0, month: -1 }, ..Limits::default() },
        with_day_from(0, &[day(-1)]),
        with_day_from(0, &[budget(BudgetScope::All, "", Period::Total, 5)]),
        with_day_from(0, &[budget(BudgetScope::Persona, &"x".repeat(1_025), Period::Day, 5)]),
        long_setting,
    ] {
        let hold = HoldBatch { limits: wrong.clone(), ..batch("run", &[("a", 1)]) };
        let refused = ledger.hold(hold).await;
        assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{wrong:?}: {refused:?}");
        let settle = Settle { limits: wrong.clone(), ..settle("open", Basis::Nothing) };
        let refused = ledger.settle(settle).await;
        assert!(matches!(refused, Err(LedgerError::Invalid { .. })), "{wrong:?}: {refused:?}");
    }
    assert_eq!(ledger.figures().await, (0, 5));
}
