//! Approvals: asked for durably, answered once, executed once, and waited for across a crash.

use serde_json::json;
use tokio::task::JoinSet;

use super::*;
use ApprovalVerdict::{Approved, Denied};

async fn row(store: &impl Store, id: &str) -> Approval {
    store.approval(id).await.unwrap().unwrap()
}

async fn status(store: &impl Store, id: &str) -> ApprovalStatus {
    row(store, id).await.status
}

async fn waiting(store: &impl Store) -> Vec<String> {
    store.parked().await.unwrap().into_iter().map(|parked| parked.approval.id).collect()
}

/// The bodies of approvals, with their kinds.
async fn told(store: &impl Store) -> Vec<(String, serde_json::Value)> {
    let bodies = store.take_outbox(1_000).await.unwrap().into_iter();
    bodies.filter(|row| row.kind.starts_with("approval.")).map(|row| (row.kind, row.body)).collect()
}

fn ids(rows: &[Approval]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

pub(super) async fn what_is_asked_for_is_there_before_anybody_is_told_and_asked_once(lab: &impl Lab) {
    let store = lab.with_run().await;
    let new = NewApproval { rule: Some("ask.toml:7".to_owned()), ..new_approval("a", "run") };
    store.request_approval(new.clone()).await.unwrap();
    let asked = row(&store, "a").await;
    let expected = Approval {
        id: new.id.clone(),
        run: new.run.clone(),
        session: new.session.clone(),
        call: new.call.clone(),
        tool: new.tool.clone(),
        action: new.action.clone(),
        sha256: new.sha256.clone(),
        why: new.why.clone(),
        rule: new.rule.clone(),
        at: 1_000,
        deadline: 2_000,
        status: ApprovalStatus::Pending,
        scope: None,
        by: None,
        reason: None,
        ends_run: false,
        answered_at: None,
        executed_at: None,
    };
    assert_eq!(asked, expected);
    let again = NewApproval { at: 1_500, deadline: 9_000, ..new.clone() };
    assert_eq!(store.request_approval(again).await, Ok(()), "a repeat, which changes nothing");
    assert_eq!(row(&store, "a").await, asked);
    for other in [
        NewApproval { action: "{}".to_owned(), ..new.clone() },
        NewApproval { sha256: "f".repeat(64), ..new.clone() },
        NewApproval { checkpoint: Some("{}".to_owned()), ..new },
    ] {
        let reused = LedgerError::IdReused { what: "approval", id: "a".to_owned() };
        assert_eq!(store.request_approval(other).await, Err(reused));
    }
    assert_eq!((told(&store).await.len(), store.approval("nobody").await), (1, Ok(None)));
}

pub(super) async fn an_approval_needs_a_run_that_is_open(lab: &impl Lab) {
    let store = lab.with_run().await;
    let unknown = LedgerError::UnknownRun { run: "nobody".to_owned() };
    assert_eq!(store.request_approval(new_approval("a", "nobody")).await, Err(unknown));
    store.finish_run(finish("run", RunStatus::Succeeded)).await.unwrap();
    let late = store.request_approval(new_approval("a", "run")).await;
    assert!(matches!(late, Err(LedgerError::RunEnded { .. })), "{late:?}");
    assert_eq!((store.approval("a").await, told(&store).await), (Ok(None), vec![]));
}

pub(super) async fn the_first_answer_wins_and_everybody_else_sees_it(lab: &impl Lab) {
    let store = lab.with_run().await;
    for id in ["yes", "no"] {
        store.request_approval(new_approval(id, "run")).await.unwrap();
    }
    let first = AnswerApproval {
        scope: ApprovalScope::Always,
        rule: Some("allow touch".to_owned()),
        ..answer("yes", Approved, 1_500)
    };
    let Answered::Now(yes) = store.answer_approval(first.clone()).await.unwrap() else { panic!() };
    assert_eq!(
        (yes.status, yes.scope, yes.by.as_deref()),
        (ApprovalStatus::Approved, Some(ApprovalScope::Always), Some("tui"))
    );
    assert_eq!((yes.rule.as_deref(), yes.answered_at), (Some("allow touch"), Some(1_500)));
    assert_eq!(row(&store, "yes").await, yes, "what was answered is what is there");

    let other = AnswerApproval { by: "cli".to_owned(), ..answer("yes", Denied, 1_600) };
    for late in [other, first] {
        assert_eq!(store.answer_approval(late).await, Ok(Answered::Before(yes.clone())), "one's own, too");
    }
    let no =
        AnswerApproval { reason: Some("not here".to_owned()), ends_run: true, ..answer("no", Denied, 1_700) };
    let Answered::Now(no) = store.answer_approval(no).await.unwrap() else { panic!() };
    assert_eq!(
        (no.status, no.reason.as_deref(), no.ends_run),
        (ApprovalStatus::Denied, Some("not here"), true)
    );
    assert_eq!(store.answer_approval(answer("nobody", Approved, 1_500)).await, Ok(Answered::Unknown));
    let (store, _) = lab.crash(store, 9_000).await;
    assert_eq!((row(&store, "yes").await, row(&store, "no").await), (yes, no));
}

pub(super) async fn of_many_answers_at_once_one_counts_and_its_action_runs_once(lab: &impl Lab) {
    let store = lab.with_run().await;
    store.request_approval(new_approval("a", "run")).await.unwrap();
    let mut answers = JoinSet::new();
    for i in 0..200 {
        let store = store.clone();
        let by = AnswerApproval { by: format!("client {i}"), ..answer("a", Approved, 1_500) };
        answers.spawn(async move { store.answer_approval(by).await.unwrap() });
    }
    let answers = answers.join_all().await;
    let counted: Vec<_> = answers.iter().filter(|answer| matches!(answer, Answered::Now(_))).collect();
    let row = row(&store, "a").await;
    assert_eq!(counted, [&Answered::Now(row.clone())]);
    assert!(answers.iter().filter(|answer| **answer == Answered::Before(row.clone())).count() == 199);
    let mut begun = JoinSet::new();
    for _ in 0..200 {
        let store = store.clone();
        begun.spawn(async move { store.begin_execution("a", &SHA.repeat(8), 1_600).await.unwrap() });
    }
    assert_eq!(begun.join_all().await.into_iter().filter(|begun| *begun).count(), 1);
    assert_eq!(told(&store).await.len(), 3);
}

pub(super) async fn at_the_deadline_nobody_can_answer_any_more(lab: &impl Lab) {
    let store = lab.with_run().await;
    for id in ["in time", "late"] {
        store.request_approval(new_approval(id, "run")).await.unwrap();
    }
    let in_time = store.answer_approval(answer("in time", Approved, 1_999)).await.unwrap();
    assert!(matches!(in_time, Answered::Now(_)), "{in_time:?}");
    let late = store.answer_approval(answer("late", Approved, 2_000)).await.unwrap();
    let Answered::Before(expired) = late else { panic!("{late:?}") };
    assert_eq!((expired.status, expired.by.clone()), (ApprovalStatus::Expired, None));
    assert_eq!((expired.scope, expired.answered_at), (None, Some(2_000)));
    assert_eq!(row(&store, "late").await, expired);
    assert_eq!(store.begin_execution("late", &SHA.repeat(8), 2_001).await, Ok(false));
    assert_eq!(store.expire_approvals(9_000).await, Ok(vec![]), "it is told of already");
    let bodies = told(&store).await;
    let of_late: Vec<&str> =
        bodies.iter().filter(|(_, body)| body["approval"] == "late").map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(of_late, ["approval.requested", "approval.resolved"]);
}

pub(super) async fn what_is_due_expires_once_the_earliest_first(lab: &impl Lab) {
    let store = lab.with_run().await;
    for (id, deadline) in [("third", 1_502), ("first", 1_500), ("second", 1_501), ("later", 1_503)] {
        store.request_approval(NewApproval { deadline, ..new_approval(id, "run") }).await.unwrap();
    }
    assert_eq!(store.expire_approvals(1_499).await, Ok(vec![]));
    let expired = store.expire_approvals(1_502).await.unwrap();
    assert_eq!(ids(&expired), ["first", "second", "third"]);
    assert_eq!(row(&store, "first").await, expired[0]);
    assert_eq!(expired[0].reason.as_deref(), Some("nobody answered before the deadline"));
    assert_eq!(store.expire_approvals(1_502).await, Ok(vec![]));
    assert_eq!(status(&store, "later").await, ApprovalStatus::Pending);
    assert!(store.expire_approvals(-1).await.is_err());
}

pub(super) async fn an_action_runs_once_and_only_as_it_was_approved(lab: &impl Lab) {
    let store = lab.with_run().await;
    store.begin_run(new_run("over")).await.unwrap();
    for (id, run) in [("a", "run"), ("denied", "run"), ("of the ended run", "over")] {
        store.request_approval(new_approval(id, run)).await.unwrap();
    }
    let sha = SHA.repeat(8);
    assert_eq!(store.begin_execution("a", &sha, 1_400).await, Ok(false), "nobody has answered");
    store.answer_approval(answer("a", Approved, 1_500)).await.unwrap();
    store.answer_approval(answer("denied", Denied, 1_500)).await.unwrap();
    store.answer_approval(answer("of the ended run", Approved, 1_500)).await.unwrap();
    store.finish_run(finish("over", RunStatus::Cancelled)).await.unwrap();
    for other in ["f".repeat(64), sha.to_uppercase(), String::new()] {
        assert_eq!(store.begin_execution("a", &other, 1_600).await, Ok(false), "another action: {other}");
    }
    assert_eq!(status(&store, "a").await, ApprovalStatus::Approved);
    for never in ["denied", "of the ended run", "nobody"] {
        assert_eq!(store.begin_execution(never, &sha, 1_600).await, Ok(false), "{never}");
    }
    assert_eq!(store.begin_execution("a", &sha, 1_700).await, Ok(true));
    assert_eq!(store.begin_execution("a", &sha, 1_700).await, Ok(false));
    let (store, _) = lab.crash(store, 9_000).await;
    assert_eq!(store.begin_execution("a", &sha, 9_100).await, Ok(false), "nor after a crash");
    let done = row(&store, "a").await;
    assert_eq!(
        (done.status, done.executed_at, done.answered_at),
        (ApprovalStatus::Executed, Some(1_700), Some(1_500))
    );
    assert_eq!(told(&store).await.iter().filter(|(kind, _)| kind == "approval.executed").count(), 1);
}

pub(super) async fn the_end_of_a_run_takes_its_approvals_along(lab: &impl Lab) {
    let store = lab.with_run().await;
    store.begin_run(new_run("other")).await.unwrap();
    for (id, run) in [("by hand", "run"), ("answered", "run"), ("of another", "other")] {
        store.request_approval(parking(id, run)).await.unwrap();
    }
    store.answer_approval(answer("answered", Approved, 1_100)).await.unwrap();
    let withdrawn = store.withdraw_approvals("run", 1_200, "the turn was taken back").await.unwrap();
    assert_eq!(ids(&withdrawn), ["by hand"]);
    assert_eq!(row(&store, "by hand").await, withdrawn[0]);
    let reason = withdrawn[0].reason.as_deref();
    assert_eq!((withdrawn[0].status, reason), (ApprovalStatus::Expired, Some("the turn was taken back")));
    assert_eq!(store.withdraw_approvals("nobody", 1_200, "why").await, Ok(vec![]));

    store.request_approval(parking("at the end", "run")).await.unwrap();
    store.finish_run(finish("run", RunStatus::Cancelled)).await.unwrap();
    let ended = row(&store, "at the end").await;
    assert_eq!((ended.status, ended.answered_at), (ApprovalStatus::Expired, Some(5_000)));
    assert_eq!(ended.reason.as_deref(), Some("the run has ended"));
    assert_eq!(status(&store, "answered").await, ApprovalStatus::Approved);
    assert_eq!(waiting(&store).await, ["of another"], "an ended run goes on from nothing");
    assert_eq!(status(&store, "of another").await, ApprovalStatus::Pending);
    let kinds: Vec<String> = store.take_outbox(100).await.unwrap().into_iter().map(|row| row.kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["approval.resolved", "run"], "in this order");
}

pub(super) async fn each_change_has_one_body_that_tells_it(lab: &impl Lab) {
    let store = lab.with_run().await;
    let rule = Some("ask.toml:7".to_owned());
    store.request_approval(NewApproval { rule, ..parking("a", "run") }).await.unwrap();
    store.request_approval(new_approval("b", "run")).await.unwrap();
    let yes = AnswerApproval { rule: Some("allow".to_owned()), ..answer("a", Approved, 1_500) };
    store.answer_approval(yes).await.unwrap();
    store.begin_execution("a", &SHA.repeat(8), 1_600).await.unwrap();
    store.take_up("a", 1_700).await.unwrap();
    store.expire_approvals(2_000).await.unwrap();
    let sha = SHA.repeat(8);
    let of = |id: &str| json!({"approval": id, "run": "run", "call": format!("call of {id}"), "tool": "run", "sha256": sha});
    let with = |mut body: serde_json::Value, more: serde_json::Value| {
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let why = "no rule allows it";
    let asked = |id: &str, more| with(with(of(id), json!({"why": why, "deadline": 2_000})), more);
    let late = json!({"verdict": "expired", "by": "daemon", "reason": "nobody answered before the deadline"});
    let yes = json!({"verdict": "approved", "by": "tui", "scope": "once", "rule": "allow"});
    let begun = json!({"approval": "a", "run": "run", "call": "call of a", "sha256": sha});
    let expected = [
        ("approval.requested", asked("a", json!({"rule": "ask.toml:7"}))),
        ("approval.requested", asked("b", json!({}))),
        ("approval.resolved", with(of("a"), yes)),
        ("approval.executed", begun),
        ("approval.resolved", with(of("b"), late)),
    ];
    assert_eq!(told(&store).await, expected.map(|(kind, body)| (kind.to_owned(), body)));
}

pub(super) async fn a_list_comes_newest_first_a_page_at_a_time(lab: &impl Lab) {
    let store = lab.with_run().await;
    store.begin_run(new_run("other")).await.unwrap();
    for (id, run, at) in [("a", "run", 10), ("b", "other", 30), ("c", "run", 20), ("d", "run", 30)] {
        store.request_approval(NewApproval { at, ..new_approval(id, run) }).await.unwrap();
    }
    store.answer_approval(answer("c", Denied, 50)).await.unwrap();
    let list =
        async |filter: ApprovalFilter| -> String { ids(&store.approvals(filter).await.unwrap()).concat() };
    let all = ApprovalFilter { limit: 10, ..ApprovalFilter::default() };
    let of_run = ApprovalFilter { run: Some("run".to_owned()), ..all.clone() };
    assert_eq!(list(all.clone()).await, "dbca");
    assert_eq!(list(ApprovalFilter { limit: 2, ..all.clone() }).await, "db");
    assert_eq!(list(ApprovalFilter { before: Some((30, "b".to_owned())), ..all.clone() }).await, "ca");
    assert_eq!(list(ApprovalFilter { pending_only: true, ..all.clone() }).await, "dba");
    assert_eq!(list(of_run.clone()).await, "dca");
    assert_eq!(list(ApprovalFilter { pending_only: true, ..of_run.clone() }).await, "da");
    assert_eq!(list(ApprovalFilter { before: Some((30, "d".to_owned())), limit: 1, ..of_run }).await, "c");
    assert_eq!(list(ApprovalFilter::default()).await, "", "none were asked for");
}

pub(super) async fn a_run_that_waits_stays_open_across_a_crash_and_the_others_end(lab: &impl Lab) {
    let store = lab.open();
    for (run, parks) in [
        ("waits", true),
        ("no checkpoint", false),
        ("answered", true),
        ("expired", true),
        ("taken up", true),
        ("executed", true),
    ] {
        store.begin_run(new_run(run)).await.unwrap();
        let new = if parks { parking(run, run) } else { new_approval(run, run) };
        store.request_approval(new).await.unwrap();
    }
    store.begin_run(new_run("asks nothing")).await.unwrap();
    store.hold(batch("waits", &[("held", 5)])).await.unwrap();
    store.answer_approval(answer("expired", Denied, 2_000)).await.unwrap();
    for id in ["answered", "taken up", "executed"] {
        store.answer_approval(answer(id, Approved, 1_500)).await.unwrap();
    }
    store.take_up("taken up", 1_600).await.unwrap();
    assert_eq!(store.begin_execution("executed", &SHA.repeat(8), 1_600).await, Ok(true));
    let before = store.parked().await.unwrap();

    let (store, recovery) = lab.crash(store, 9_000).await;
    let mut ended: Vec<&str> = recovery.interrupted.iter().map(|run| run.run.as_str()).collect();
    ended.sort_unstable();
    assert_eq!(ended, ["asks nothing", "executed", "no checkpoint", "taken up"]);
    assert_eq!(ids(&recovery.expired), ["no checkpoint"]);
    assert_eq!(recovery.expired[0].reason.as_deref(), Some("the daemon ended in the middle of the run"));
    assert_eq!(row(&store, "no checkpoint").await, recovery.expired[0]);
    assert_eq!(recovery.released, [("held".to_owned(), micro(5))], "its holds are resolved as any other's");
    let parked = store.parked().await.unwrap();
    assert_eq!(parked, before, "nothing of them has changed");
    let with: Vec<_> = parked.iter().map(|of| (of.approval.id.as_str(), of.checkpoint.as_str())).collect();
    let checkpoints = [
        ("answered", r#"{"of":"answered"}"#),
        ("expired", r#"{"of":"expired"}"#),
        ("waits", r#"{"of":"waits"}"#),
    ];
    assert_eq!(with, checkpoints);
    assert_eq!(store.running().await, Ok(vec![]), "nobody takes them for abandoned");
    assert_eq!(store.run_totals("waits").await.unwrap().status, RunStatus::Running);
    let (_, again) = lab.crash(store, 9_500).await;
    assert_eq!(again, Recovery::default());
}

pub(super) async fn a_parked_run_goes_on_from_its_checkpoint_once(lab: &impl Lab) {
    let store = lab.with_run().await;
    store.request_approval(NewApproval { deadline: 20_000, ..parking("a", "run") }).await.unwrap();
    let (store, _) = lab.crash(store, 9_000).await;
    let early = store.take_up("a", 9_050).await;
    assert!(matches!(early, Err(LedgerError::Invalid { .. })), "there is no answer to take: {early:?}");
    store.answer_approval(answer("a", Approved, 9_100)).await.unwrap();
    let (store, _) = lab.crash(store, 9_200).await;
    assert_eq!(waiting(&store).await, ["a"], "answered, and the run has not taken it");
    store.take_up("a", 9_300).await.unwrap();
    store.take_up("a", 9_300).await.unwrap();
    assert_eq!((waiting(&store).await, store.running().await.unwrap()), (vec![], vec!["run".to_owned()]));
    assert_eq!(store.begin_execution("a", &SHA.repeat(8), 9_400).await, Ok(true));
    assert_eq!(store.hold(batch("run", &[("next", 5)])).await, Ok(HoldOutcome::Granted));
    let (store, recovery) = lab.crash(store, 9_500).await;
    assert_eq!(recovery.interrupted.len(), 1, "it was on its way");
    assert_eq!(store.begin_execution("a", &SHA.repeat(8), 9_600).await, Ok(false));
    let unknown = LedgerError::UnknownApproval { approval: "nobody".to_owned() };
    assert_eq!(store.take_up("nobody", 9_600).await, Err(unknown));
    store.prove().await;
}

pub(super) async fn what_breaks_a_bound_is_refused_before_anything_is_written(lab: &impl Lab) {
    let store = lab.with_run().await;
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let new = || parking("a", "run");
    for (what, bad) in [
        ("approval id is empty", NewApproval { id: String::new(), ..new() }),
        ("tool is empty", NewApproval { tool: String::new(), ..new() }),
        ("action has 1048577 bytes", NewApproval { action: text(MAX_ACTION + 1), ..new() }),
        ("action is not JSON", NewApproval { action: "touch a".to_owned(), ..new() }),
        ("not a SHA-256", NewApproval { sha256: SHA.repeat(7), ..new() }),
        ("not a SHA-256", NewApproval { sha256: SHA.repeat(8).to_uppercase(), ..new() }),
        ("why it is asked has", NewApproval { why: "y".repeat(16 * 1024 + 1), ..new() }),
        ("rule has", NewApproval { rule: Some("y".repeat(16 * 1024 + 1)), ..new() }),
        ("approval time is -1", NewApproval { at: -1, ..new() }),
        ("approval deadline is", NewApproval { deadline: i64::MAX, ..new() }),
        ("checkpoint has", NewApproval { checkpoint: Some(text(MAX_CHECKPOINT + 1)), ..new() }),
        ("checkpoint is not JSON", NewApproval { checkpoint: Some("{".to_owned()), ..new() }),
    ] {
        let refused = store.request_approval(bad).await.unwrap_err();
        assert!(refused.to_string().contains(what), "{what}: {refused}");
    }
    assert_eq!(store.approval("a").await, Ok(None));
    let largest = NewApproval { action: text(MAX_ACTION), checkpoint: Some(text(MAX_CHECKPOINT)), ..new() };
    store.request_approval(largest).await.unwrap();
    assert_eq!(store.parked().await.unwrap()[0].checkpoint.len(), MAX_CHECKPOINT);
    for bad in [
        AnswerApproval { by: String::new(), ..answer("a", Denied, 1_500) },
        AnswerApproval { reason: Some("y".repeat(16 * 1024 + 1)), ..answer("a", Denied, 1_500) },
        AnswerApproval { at: -1, ..answer("a", Denied, 1_500) },
    ] {
        assert!(matches!(store.answer_approval(bad).await, Err(LedgerError::Invalid { .. })));
    }
    assert_eq!((status(&store, "a").await, told(&store).await.len()), (ApprovalStatus::Pending, 1));
}
