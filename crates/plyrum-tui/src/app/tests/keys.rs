//! What keys come to, and in which order things happen.

use super::stage::{RUN, Stage};
use crate::app::{Effect, Link, Message, Overlay, Reply, Screen};
use crossterm::event::{KeyCode, KeyModifiers};
use plyrum_protocol::{CancelReason, ErrorKind, Fault, Receipt, RunId, SessionId};
use plyrum_words::Lang;

fn ready() -> Stage {
    Stage::ready(Lang::En)
}

fn submits(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Submit(order) => Some(order.prompt.clone()),
            _ => None,
        })
        .collect()
}

const CANCEL: fn(&Effect) -> bool =
    |effect| matches!(effect, Effect::Cancel { reason: CancelReason::Interrupt, .. });

#[test]
fn ctrl_c_stops_then_clears_then_quits_when_it_is_pressed_again() {
    let mut stage = ready();
    stage.asks("hello").begins().types("more");
    assert!(stage.ctrl('c').iter().any(CANCEL));
    stage.ends("cancelled", "", "null");
    assert!(stage.ctrl('c').is_empty());
    assert!(stage.app.composer.is_empty(), "what was written is cleared");
    assert!(stage.ctrl('c').is_empty(), "a hint");
    assert!(matches!(stage.ctrl('c').as_slice(), [Effect::Quit(farewell)] if farewell.code == 0));
}

#[test]
fn two_ctrl_c_far_apart_do_not_quit() {
    let mut stage = ready();
    stage.ctrl('c');
    stage.later(5_000);
    assert!(stage.ctrl('c').is_empty());
}

#[test]
fn esc_stops_and_twice_takes_back() {
    let mut stage = ready();
    stage.asks("hello").begins();
    assert!(stage.key(KeyCode::Esc).iter().any(CANCEL));
    stage.ends("cancelled", "", "null");
    assert!(stage.key(KeyCode::Esc).is_empty());
    let session = SessionId::new("cd34").unwrap();
    assert_eq!(stage.key(KeyCode::Esc), [Effect::Rewind { session, turns: 1 }]);
}

#[test]
fn prompts_wait_in_their_order_and_one_may_be_said_now() {
    let mut stage = ready();
    stage.asks("first").begins();
    stage.types("second").key(KeyCode::Enter);
    stage.types("third").key(KeyCode::Tab);
    stage.types("urgent");
    let effects = stage.press(KeyCode::Char('s'), KeyModifiers::ALT);
    assert!(effects.iter().any(CANCEL) && submits(&effects).is_empty());
    stage.asked.clear();
    stage.ends("cancelled", "", "null");
    assert_eq!(submits(&stage.asked), ["urgent"]);
    assert_eq!(stage.app.queue.len(), 2);
}

#[test]
fn a_prompt_that_is_refused_comes_back_to_the_editor() {
    let mut stage = ready();
    stage.types("hello").key(KeyCode::Enter);
    let (ticket, order) = stage
        .asked
        .iter()
        .find_map(|effect| match effect {
            Effect::Submit(order) => Some((order.ticket, order.clone())),
            _ => None,
        })
        .unwrap();
    let fault = Fault::new(ErrorKind::Budget, "too dear");
    stage.reply(Reply::Submitted { ticket, outcome: Err((fault, order)), is_again: false });
    assert_eq!(stage.app.composer.text(), "hello");
    assert!(!stage.app.is_busy());
}

#[test]
fn a_gap_is_asked_for_once_until_it_is_filled() {
    let mut stage = ready();
    stage.asks("hello").begins();
    let gap = |seq: u64| {
        format!(
            r#"{{"type":"hold.taken","holds":[],"total_micro_rub":1,"run":"{RUN}","seq":{seq},"at":"2026-11-18T11:06:40Z"}}"#
        )
    };
    let run = RunId::new(RUN).unwrap();
    let attach = Effect::Attach { run: run.clone(), after_seq: 5, approve: None };
    assert_eq!(stage.line(&gap(9)), std::slice::from_ref(&attach));
    assert!(stage.line(&gap(10)).is_empty(), "what is missing is on its way");
    let attached = plyrum_protocol::Attached { run: run.clone(), live: true };
    stage.reply(Reply::Attached { run, outcome: Ok(attached) });
    assert_eq!(stage.line(&gap(11)), [attach]);
}

#[test]
fn a_daemon_that_is_back_is_attached_to_where_it_was_left() {
    let mut stage = ready();
    stage.asks("hello").begins();
    stage.tell(Message::Disconnected(Fault::new(ErrorKind::DaemonUnreachable, "gone")));
    assert!(matches!(stage.app.link, Link::Down { .. }));
    let effects = stage.tell(Message::Connected { build: "0.1.0".into() });
    let run = RunId::new(RUN).unwrap();
    assert!(effects.contains(&Effect::Attach { run, after_seq: 5, approve: None }), "{effects:?}");
}

#[test]
fn a_question_is_answered_by_digits_that_were_read_and_by_no_letter() {
    let mut stage = ready();
    stage.asks("do it").begins();
    stage.frame(r#""type":"tool.proposed","call":"c.1","step":"answer","tool":"run","action":{"kind":"run","argv":["ls"],"cwd":"","timeout_s":60,"network":false},"sha256":"aa""#);
    stage.types("ver 1");
    stage.frame(&format!(r#""type":"approval.requested","approval":"{RUN}.a1","call":"c.1","deadline":"2026-11-18T12:00:00Z","default":"denied","ruling":{{"verdict":"ask","policy":"ask","reason":"new"}}"#));
    stage.types("2");
    assert!(!stage.asked.iter().any(|effect| matches!(effect, Effect::Answer(_))), "it was being typed");
    stage.later(1_000);
    stage.types("yнYдNh");
    assert!(!stage.asked.iter().any(|effect| matches!(effect, Effect::Answer(_))));
    stage.later(2_500);
    assert!(
        !stage.types("1").asked.iter().any(|effect| matches!(effect, Effect::Answer(_))),
        "nothing was drawn yet"
    );
    stage.text();
    stage.later(2_500);
    stage.types("1");
    let answers: Vec<bool> = stage
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Answer(reply) => Some(reply.approve),
            _ => None,
        })
        .collect();
    assert_eq!(answers, [true]);
}

#[test]
fn a_price_is_asked_for_after_a_pause_and_an_old_one_is_dropped() {
    let mut stage = ready();
    stage.types("hel");
    assert!(!stage.asked.iter().any(|effect| matches!(effect, Effect::Quote(_))), "not by the key itself");
    stage.later(100).types("lo").later(200);
    assert!(!stage.asked.iter().any(|effect| matches!(effect, Effect::Quote(_))), "the pause begins anew");
    stage.later(100);
    let quotes = stage.asked.iter().filter(|effect| matches!(effect, Effect::Quote(_))).count();
    assert_eq!(quotes, 1);
}

#[test]
fn frames_of_a_conversation_that_was_left_change_nothing() {
    let mut stage = ready();
    stage.asks("hello").begins();
    stage.types("/new").key(KeyCode::Esc);
    stage.key(KeyCode::Enter);
    assert!(stage.app.conversation.turns.is_empty());
    stage.says("late");
    assert!(stage.app.conversation.turns.is_empty());
}

#[test]
fn what_is_read_does_not_move_when_text_arrives() {
    let mut stage = ready();
    let long: String = (0..80).map(|n| format!("line {n}\n\n")).collect::<Vec<_>>().concat();
    stage.asks("hello").begins().says(&long);
    stage.text();
    stage.key(KeyCode::PageUp);
    stage.key(KeyCode::PageUp);
    let before: Vec<String> = stage.text().lines().skip(1).take(12).map(str::to_owned).collect();
    stage.says("and more\n\nand more\n\nand more\n\n");
    let after: Vec<String> = stage.text().lines().skip(1).take(12).map(str::to_owned).collect();
    assert_eq!(after, before);
    stage.press(KeyCode::End, KeyModifiers::CONTROL);
    assert!(stage.text().contains("and more"));
}

#[test]
fn a_shell_line_names_the_model_that_only_acts() {
    let mut stage = ready();
    stage.types("!ls -la");
    let effects = stage.key(KeyCode::Enter);
    let Some(Effect::Submit(order)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((order.prompt.as_str(), order.options.model.as_deref()), ("ls -la", Some("offline/shell")));
}

#[test]
fn an_unknown_command_is_said_and_kept() {
    let mut stage = ready();
    stage.types("/frobnicate now");
    assert!(submits(&stage.key(KeyCode::Enter)).is_empty());
    assert_eq!(stage.app.composer.text(), "/frobnicate now");
    assert!(stage.app.toast.as_ref().is_some_and(|toast| toast.text.contains("/frobnicate")));
}

#[test]
fn screens_are_reached_by_their_keys_and_left_by_esc() {
    let mut stage = ready();
    for (n, screen) in (2..=8).zip(Screen::ALL) {
        stage.key(KeyCode::F(n));
        assert_eq!(stage.app.screen, screen);
    }
    stage.key(KeyCode::Esc);
    assert_eq!(stage.app.screen, Screen::Chat);
    stage.types("?");
    assert!(matches!(stage.app.overlay, Some(Overlay::Help { .. })));
    stage.key(KeyCode::Esc);
    assert!(stage.app.overlay.is_none());
}

#[test]
fn chords_work_on_a_cyrillic_layout() {
    let mut stage = ready();
    stage.ctrl('з'); // where p is
    assert!(matches!(stage.app.overlay, Some(Overlay::Picker(_))));
}

#[test]
fn leaving_says_how_to_go_on() {
    let mut stage = ready();
    stage.asks("hello").begins();
    let Effect::Quit(farewell) = stage.tell(Message::Terminate { code: 143 }).remove(0) else { panic!() };
    assert_eq!(farewell.code, 143);
    assert!(farewell.lines.concat().contains(RUN), "{:?}", farewell.lines);
}

#[test]
fn only_what_the_daemon_took_belongs_to_a_session() {
    let mut stage = ready();
    stage.types("hello").key(KeyCode::Enter);
    assert!(stage.app.conversation.session.is_none());
    let receipt = Receipt {
        run: RunId::new("ffff").unwrap(),
        session: SessionId::new("eeee").unwrap(),
        offline: true,
        keys_only_in_client: Vec::new(),
        warning: None,
        context: None,
    };
    stage.reply(Reply::Submitted { ticket: 99_999, outcome: Ok(receipt), is_again: false });
    assert!(stage.app.conversation.session.is_none(), "that was of no order of this conversation");
}
