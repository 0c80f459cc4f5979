//! Prompts on their way, runs that cannot be followed, and conversations that are left meanwhile.

use super::stage::{RUN, Stage};
use crate::app::{Edited, Effect, Message, Overlay, Reply, Screen};
use crate::conversation::State;
use crate::transcript::{PastTurn, TranscriptPage};
use crossterm::event::{KeyCode, KeyModifiers};
use plyrum_protocol::{CancelReason, ErrorKind, Fault, Receipt, RunId, SessionId};
use plyrum_words::Lang;

fn ready() -> Stage {
    Stage::ready(Lang::En)
}

/// The order that went out last.
fn order(stage: &Stage) -> Box<crate::app::Order> {
    let orders = stage.asked.iter().rev().find_map(|effect| match effect {
        Effect::Submit(order) => Some(order.clone()),
        _ => None,
    });
    orders.expect("a prompt was sent")
}

fn refuse(stage: &mut Stage, kind: ErrorKind) {
    let order = order(stage);
    let outcome = Err((Fault::new(kind, "not taken"), order.clone()));
    stage.reply(Reply::Submitted { ticket: order.ticket, outcome, is_again: false });
}

fn page(session: &str, runs: &[&str]) -> TranscriptPage {
    let turn = |run: &&str| PastTurn {
        run: RunId::new(*run).unwrap(),
        prompt: format!("asked in {run}"),
        attachments: Vec::new(),
        frames: Vec::new(),
        is_rewound: false,
    };
    TranscriptPage {
        session: SessionId::new(session).unwrap(),
        title: None,
        turns: runs.iter().map(turn).collect(),
        older: None,
    }
}

fn opens(stage: &mut Stage, session: &str, runs: &[&str]) -> Vec<Effect> {
    let asked = session.to_owned();
    let Effect::OpenSession { reading, .. } = stage.app.read_session(asked.clone()) else {
        panic!("a session is read");
    };
    stage.reply(Reply::Opened { asked, reading, outcome: Ok(Box::new(page(session, runs))) })
}

fn attaches(effects: &[Effect]) -> Vec<Option<&str>> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Attach { approve, .. } => Some(approve.as_deref()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_prompt_on_its_way_is_taken_back_and_comes_back() {
    let mut stage = ready();
    stage.types("hello").key(KeyCode::Enter);
    let ticket = order(&stage).ticket;
    assert_eq!(stage.key(KeyCode::Esc), [Effect::Withdraw { ticket }]);
    assert_eq!(stage.key(KeyCode::Esc), [], "once is enough");
    refuse(&mut stage, ErrorKind::Cancelled);
    assert!(stage.app.conversation.turns.is_empty());
    assert_eq!(stage.app.composer.text(), "hello");
}

#[test]
fn a_prompt_that_was_taken_before_it_was_taken_back_is_cancelled_at_once() {
    let mut stage = ready();
    stage.types("hello").key(KeyCode::Enter);
    stage.ctrl('c');
    stage.asked.clear();
    let run = RunId::new(RUN).unwrap();
    let receipt = Receipt {
        run: run.clone(),
        session: SessionId::new("cd34").unwrap(),
        offline: false,
        keys_only_in_client: Vec::new(),
        warning: None,
        context: None,
    };
    let effects = stage.reply(Reply::Submitted { ticket: 1, outcome: Ok(receipt), is_again: false });
    assert_eq!(effects, [Effect::Cancel { run, reason: CancelReason::Interrupt }]);
}

#[test]
fn what_is_said_now_ends_a_run_that_is_on_its_way_as_soon_as_it_is_taken() {
    let mut stage = ready();
    stage.types("slow").key(KeyCode::Enter);
    stage.types("urgent");
    assert!(stage.press(KeyCode::Char('s'), KeyModifiers::ALT).is_empty());
    stage.asked.clear();
    stage.asked.push(Effect::Submit(Box::new(crate::app::Order { ticket: 1, ..Default::default() })));
    stage.taken(RUN);
    assert!(stage.asked.iter().any(|effect| matches!(effect, Effect::Cancel { .. })));
    stage.begins().ends("cancelled", "", "null");
    assert_eq!(order(&stage).prompt, "urgent");
}

#[test]
fn the_turn_that_is_on_its_way_stays_when_its_conversation_is_read_again() {
    let mut stage = ready();
    stage.asks("first").begins().ends("succeeded", "yes", "null");
    stage.types("second").key(KeyCode::Enter);
    opens(&mut stage, "cd34", &[RUN]);
    let prompts: Vec<&str> = stage.app.conversation.turns.iter().map(|turn| turn.prompt.as_str()).collect();
    assert_eq!(prompts, [&format!("asked in {RUN}"), "second"]);
    stage.taken("ef56ef56ef56ef56");
    assert!(stage.app.live().is_some_and(|run| run.id.as_str() == "ef56ef56ef56ef56"));
}

#[test]
fn a_prompt_whose_conversation_was_left_is_told_of_and_where_it_is_refused_it_comes_back() {
    let mut stage = ready();
    stage.types("first").key(KeyCode::Enter);
    opens(&mut stage, "ab99", &["aaaaaaaaaaaaaaaa"]);
    stage.taken(RUN);
    let toast = stage.app.toast.as_ref().map(|toast| toast.text.clone()).unwrap_or_default();
    assert!(toast.contains("/attach ab12cd34"), "{toast}");
    assert_eq!(stage.app.conversation.session.as_ref().map(SessionId::as_str), Some("ab99"));

    let mut stage = ready();
    stage.types("first").key(KeyCode::Enter);
    opens(&mut stage, "ab99", &[]);
    stage.types("a second one");
    refuse(&mut stage, ErrorKind::Budget);
    assert_eq!(stage.app.composer.text(), "a second one\n\nfirst");
}

#[test]
fn a_run_that_cannot_be_followed_is_asked_for_again_and_one_that_is_gone_ends() {
    let mut stage = ready();
    stage.app.ask.mode = crate::app::Mode::Policy("workspace".into());
    stage.asks("hello").begins();
    let run = RunId::new(RUN).unwrap();
    let refused =
        |kind| Reply::Attached { run: RunId::new(RUN).unwrap(), outcome: Err(Fault::new(kind, "no")) };
    let effects = stage.tell(Message::Connected { build: "0.1.0".into() });
    assert_eq!(attaches(&effects), [Some("workspace")]);
    stage.asked.clear();

    stage.reply(refused(ErrorKind::NotFound));
    stage.later(0);
    assert_eq!(attaches(&stage.asked), [None], "it may have been the policy");
    stage.asked.clear();

    stage.reply(refused(ErrorKind::Failed));
    stage.later(100);
    assert!(attaches(&stage.asked).is_empty(), "not at once");
    assert!(stage.app.wakes_at().is_some_and(|at| at <= stage.now.plus_millis(30_000)));
    stage.later(30_000);
    assert_eq!(attaches(&stage.asked), [None]);
    stage.asked.clear();

    stage.types("next").key(KeyCode::Enter);
    stage.reply(refused(ErrorKind::NotFound));
    assert!(!stage.app.is_busy());
    assert!(stage.app.conversation.turn(&run).unwrap().run().unwrap().lost.is_some());
    assert_eq!(stage.app.composer.text(), "next", "what waited comes back");
    stage.later(60_000);
    assert!(attaches(&stage.asked).is_empty());
}

#[test]
fn a_reason_that_waits_on_another_screen_takes_no_keys() {
    let mut stage = ready();
    stage.asks("do it").begins();
    stage.frame(r#""type":"tool.proposed","call":"c.1","step":"answer","tool":"run","action":{"kind":"run","argv":["ls"],"cwd":"","timeout_s":60,"network":false},"sha256":"aa""#);
    stage.types("ver 1");
    stage.frame(&format!(r#""type":"approval.requested","approval":"{RUN}.a1","call":"c.1","deadline":"2026-11-18T12:00:00Z","default":"denied","ruling":{{"verdict":"ask","policy":"ask","reason":"new"}}"#));
    assert!(stage.app.is_asked());
    stage.text();
    stage.later(5_000).key(KeyCode::Char('3'));
    assert!(stage.app.approvals.is_typing_reason());
    stage.key(KeyCode::F(6));
    assert_eq!(stage.app.screen, Screen::Audit);
    stage.types("x");
    stage.tell(Message::Paste("pasted".into()));
    stage.key(KeyCode::F(2));
    let (_, asking, _) = stage.app.approvals.chosen().unwrap();
    assert_eq!(asking.reason.as_deref(), Some(""));
}

#[test]
fn what_an_editor_left_is_taken_and_its_failure_is_told() {
    let mut stage = ready();
    stage.types("as it was");
    let fault = Fault::new(ErrorKind::Failed, "the editor failed");
    stage.reply(Reply::Edited(Edited { text: Some("kept".into()), fault: Some(fault.clone()) }));
    assert_eq!(stage.app.composer.text(), "kept");
    assert!(stage.app.toast.as_ref().is_some_and(|toast| toast.text.contains("failed")));
    stage.reply(Reply::Edited(Edited { text: None, fault: Some(fault) }));
    assert_eq!(stage.app.composer.text(), "kept");
}

#[test]
fn a_long_text_goes_up_from_its_end_at_once() {
    let mut stage = ready();
    stage.key(KeyCode::F(1));
    stage.key(KeyCode::End);
    let end = stage.text();
    stage.key(KeyCode::Up);
    assert_ne!(stage.text(), end);
    assert!(matches!(stage.app.overlay, Some(Overlay::Help { scroll }) if scroll > 0));
}

#[test]
fn names_in_a_folded_paste_name_no_files_ever() {
    let mut stage = ready();
    let paste = format!("@secrets.env {}", "line\n".repeat(20));
    stage.types("read @notes.md and ").tell(Message::Paste(paste.clone()));
    stage.later(1_000);
    let quoted = stage.asked.iter().rev().find_map(|effect| match effect {
        Effect::Quote(order) => Some(order.files.clone()),
        _ => None,
    });
    assert_eq!(quoted.unwrap(), ["notes.md"]);
    stage.key(KeyCode::Enter);
    assert_eq!(order(&stage).files, ["notes.md"]);
    refuse(&mut stage, ErrorKind::Budget);
    assert!(stage.app.composer.text().contains(paste.trim_end()));
    stage.asked.clear();
    stage.key(KeyCode::Enter);
    assert_eq!(order(&stage).files, ["notes.md"], "also when it has come back");
    assert!(stage.app.conversation.turns.iter().any(|turn| matches!(turn.state, State::Refused(_))));
}

#[test]
fn what_goes_wrong_is_read_whole_on_a_narrow_screen() {
    let mut stage = ready();
    let message = "the configuration of the provider cannot be read because of a very long reason, line 42";
    let fault = Fault::new(ErrorKind::Config, message).hint("plyrum config check");
    stage.reply(Reply::Refused(fault));
    let text = stage.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("{message} · plyrum config check")), "{text}");
}

#[test]
fn what_a_reading_brings_that_nobody_waits_for_changes_nothing() {
    let mut stage = ready();
    let Effect::OpenSession { reading, .. } = stage.app.read_session("ab99".into()) else { panic!() };
    stage.types("/new").key(KeyCode::Enter);
    stage.types("hello").key(KeyCode::Enter);
    let outcome = Ok(Box::new(page("ab99", &["aaaaaaaaaaaaaaaa"])));
    stage.reply(Reply::Opened { asked: "ab99".into(), reading, outcome });
    let prompts: Vec<&str> = stage.app.conversation.turns.iter().map(|turn| turn.prompt.as_str()).collect();
    assert_eq!(prompts, ["hello"]);
}

#[test]
fn what_was_taken_back_ends_also_where_its_conversation_was_left() {
    let mut stage = ready();
    stage.types("slow").key(KeyCode::Enter);
    stage.key(KeyCode::Esc);
    stage.types("/new").key(KeyCode::Enter);
    stage.asked.retain(|effect| matches!(effect, Effect::Submit(_)));
    stage.taken(RUN);
    assert!(stage.asked.iter().any(|effect| matches!(effect, Effect::Cancel { .. })));
}

#[test]
fn what_is_said_now_ends_nothing_of_another_conversation() {
    let mut stage = ready();
    stage.types("slow").key(KeyCode::Enter);
    let slow = order(&stage).ticket;
    stage.types("steer");
    stage.press(KeyCode::Char('s'), KeyModifiers::ALT);
    stage.types("/new").key(KeyCode::Enter);
    stage.ctrl('c');
    stage.types("another").key(KeyCode::Enter);
    assert_ne!(order(&stage).ticket, slow);
    stage.asked.retain(|effect| matches!(effect, Effect::Submit(_)));
    stage.taken(RUN);
    assert!(!stage.asked.iter().any(|effect| matches!(effect, Effect::Cancel { .. })));
    assert!(stage.app.live().is_some_and(|run| !run.is_ending));
}

#[test]
fn a_prompt_that_was_sent_again_is_followed_from_its_beginning() {
    let mut stage = ready();
    stage.types("hello").key(KeyCode::Enter);
    let run = RunId::new(RUN).unwrap();
    let receipt = Receipt {
        run: run.clone(),
        session: SessionId::new("cd34").unwrap(),
        offline: false,
        keys_only_in_client: Vec::new(),
        warning: None,
        context: None,
    };
    let ticket = order(&stage).ticket;
    let effects = stage.reply(Reply::Submitted { ticket, outcome: Ok(receipt), is_again: true });
    assert_eq!(effects, [Effect::Attach { run, after_seq: 0, approve: None }]);
}

#[test]
fn what_does_not_fit_into_the_editor_waits_and_commands_stay_apart() {
    let mut stage = ready();
    stage.asks("first").begins();
    let long = "x".repeat(90 * 1024);
    for text in [&long, &long, "!make"] {
        stage.tell(Message::Paste(text.to_owned()));
        stage.key(KeyCode::Enter);
    }
    assert_eq!(stage.app.queue.len(), 3);
    stage.ends("failed", "", r#"{"kind":"failed","message":"no"}"#);
    assert_eq!(stage.app.composer.text().len(), long.len());
    assert_eq!(stage.app.queue.len(), 2, "one does not fit, and none passes it");
    stage.ctrl('c');
    stage.key(KeyCode::Enter);
    assert_eq!(stage.app.composer.text().len(), long.len());
    stage.ctrl('c');
    stage.key(KeyCode::Enter);
    assert_eq!(stage.app.composer.text(), "!make");
    assert!(stage.app.queue.is_empty());
}
