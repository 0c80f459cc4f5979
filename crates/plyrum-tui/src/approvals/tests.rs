//! Which keys answer, and which never do.

use super::*;
use std::collections::BTreeMap;

fn row(id: &str, rule: Option<&str>) -> ApprovalRow {
    ApprovalRow {
        approval: ApprovalId::new(id).unwrap(),
        run: RunId::new("ab12").unwrap(),
        tool: "run".into(),
        action: Action::Run {
            argv: vec!["ls".into()],
            cwd: String::new(),
            env: BTreeMap::new(),
            timeout_s: 60,
            network: false,
        },
        sha256: "aa".into(),
        status: "pending".into(),
        rule: rule.map(str::to_owned),
        why: "it is new".into(),
        deadline: Timestamp::from_millis(600_000),
        by: None,
        reason: None,
    }
}

const READ: Timestamp = Timestamp::from_millis(1000);

fn asked(rule: Option<&str>) -> Approvals {
    let mut approvals = Approvals::default();
    approvals.listed(&[row("ab12.a1", rule)], None, Timestamp::from_millis(0));
    approvals.was_seen_whole();
    approvals
}

#[test]
fn what_was_not_seen_to_its_end_is_not_allowed() {
    let mut approvals = Approvals::default();
    approvals.listed(&[row("ab12.a1", None)], None, Timestamp::from_millis(0));
    assert_eq!(approvals.press(Key::Answer(1), READ, "me"), None);
    assert!(
        approvals.press(Key::Answer(2), READ.plus_millis(1000), "me").is_some_and(|reply| !reply.approve)
    );
}

#[test]
fn keys_answer_the_question_that_is_shown_and_no_other() {
    let mut approvals = Approvals::default();
    approvals.listed(&[row("ab12.a1", None), row("ab12.a2", None)], None, Timestamp::from_millis(0));
    approvals.step_around(Timestamp::from_millis(0));
    approvals.listed(&[row("ab12.a0", None), row("ab12.a2", None)], None, Timestamp::from_millis(10));
    let shown = approvals.chosen().map(|(question, ..)| question.approval.clone()).unwrap();
    let reply = approvals.press(Key::Answer(2), READ, "me").unwrap();
    assert_eq!((shown.as_str(), reply.approval.as_str()), ("ab12.a2", "ab12.a2"));
}

#[test]
fn digits_arrows_and_esc_answer_what_was_read() {
    let said = |keys: &[Key], rule| {
        let mut approvals = asked(rule);
        keys.iter().find_map(|key| approvals.press(*key, READ, "me")).map(|r| (r.approve, r.scope, r.end))
    };
    let once = ApprovalScope::Once;
    assert_eq!(said(&[Key::Answer(1)], None), Some((true, once, false)));
    assert_eq!(said(&[Key::Answer(2)], None), Some((false, once, false)));
    assert_eq!(said(&[Key::Answer(4)], None), Some((false, once, true)));
    assert_eq!(said(&[Key::Answer(5)], Some("r")), Some((true, ApprovalScope::Session, false)));
    assert_eq!(said(&[Key::Answer(6)], Some("r")), Some((true, ApprovalScope::Always, false)));
    assert_eq!(said(&[Key::Answer(6)], None), None, "what cannot be a rule is not said for longer");
    assert_eq!(said(&[Key::Confirm], None), Some((false, once, false)), "enter alone is the safe one");
    assert_eq!(said(&[Key::Up, Key::Confirm], None), Some((true, once, false)));
    assert_eq!(said(&[Key::Escape], Some("r")), Some((false, once, false)));
}

#[test]
fn what_is_pressed_before_it_can_be_read_answers_nothing() {
    let mut approvals = asked(None);
    let soon = Timestamp::from_millis(300);
    assert_eq!(approvals.press(Key::Answer(1), soon, "me"), None);
    assert_eq!(approvals.press(Key::Answer(1), Timestamp::from_millis(600), "me"), None, "typing goes on");
    assert!(approvals.press(Key::Answer(1), Timestamp::from_millis(1100), "me").is_some());
}

#[test]
fn a_no_may_have_a_reason_and_is_sent_once() {
    let mut approvals = asked(None);
    assert_eq!(approvals.press(Key::Answer(3), READ, "me"), None);
    assert!(approvals.is_typing_reason());
    approvals.typed("поз\u{7}же1");
    approvals.press(Key::DeleteBack, READ, "me");
    let reply = approvals.press(Key::Confirm, READ, "me").unwrap();
    assert_eq!((reply.approve, reply.reason.as_deref()), (false, Some("позже")));
    assert_eq!(approvals.press(Key::Answer(1), READ, "me"), None, "one answer");
    approvals.answered(&ApprovalId::new("ab12.a1").unwrap(), READ);
    assert!(approvals.questions().is_empty());
}

#[test]
fn the_next_question_has_to_be_read_too() {
    let mut approvals = Approvals::default();
    approvals.listed(&[row("ab12.a1", None), row("ab12.a2", None)], None, Timestamp::from_millis(0));
    approvals.was_seen_whole();
    assert!(approvals.press(Key::Answer(1), READ, "me").is_some());
    approvals.answered(&ApprovalId::new("ab12.a1").unwrap(), READ);
    approvals.was_seen_whole();
    assert_eq!(approvals.press(Key::Answer(1), READ.plus_millis(100), "me"), None);
    assert_eq!(approvals.press(Key::Answer(1), READ.plus_millis(700), "me").unwrap().approval, "ab12.a2");
}
