//! Whatever happens in whatever order: nothing breaks, and nothing foreign is drawn.

use super::stage::{RUN, Stage};
use crate::app::{Message, Reply};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_words::Lang;
use proptest::prelude::*;

/// Cases of a property: `PLYRUM_FUZZ_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PLYRUM_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}

#[derive(Debug, Clone)]
enum Event {
    Key(KeyCode, KeyModifiers),
    Paste(String),
    Frame(usize),
    Delta(String),
    Taken,
    Files,
    Gone,
    Back,
    Later(u64),
    Draw(u16, u16),
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zа-я ]{0,12}",
        Just("\u{1b}[31mred\u{1b}]52;c;aGk=\u{7}".to_owned()),
        Just("\u{202e}\u{200b}\u{9b}2J日本👨‍👩‍👧é\r\u{8}".to_owned()),
        Just("**жирно** `код`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n```rust\nfn x() {}\n".to_owned()),
        ".{0,20}",
    ]
}

fn key() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        4 => prop::char::any().prop_map(KeyCode::Char),
        4 => prop::sample::select("12345yн/?@!jkgGecfdnxpr ".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        6 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::Left,
            KeyCode::Right, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
            KeyCode::Delete,
        ]),
        2 => (1_u8..=9).prop_map(KeyCode::F),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
        KeyModifiers::SHIFT,
    ]);
    prop_oneof![
        12 => (key(), modifiers).prop_map(|(code, modifiers)| Event::Key(code, modifiers)),
        2 => hostile().prop_map(Event::Paste),
        6 => (0_usize..FRAMES.len()).prop_map(Event::Frame),
        4 => hostile().prop_map(Event::Delta),
        3 => Just(Event::Taken),
        1 => Just(Event::Files),
        1 => Just(Event::Gone),
        1 => Just(Event::Back),
        3 => (0_u64..3_000).prop_map(Event::Later),
        3 => (1_u16..200, 1_u16..60).prop_map(|(width, height)| Event::Draw(width, height)),
    ]
}

const FRAMES: &[&str] = &[
    r#""type":"run.accepted","session":"cd34","persona":"default","client":"x","prompt_sha256":"00""#,
    r#""type":"run.planned","plan":"moa","steps":[{"step":"answer","kind":"answer","role":"answer","model":"lab/fast","after":[]},{"step":"p","kind":"propose","role":"proposer","model":"lab/\u001b[2J","after":[]},{"step":"q","kind":"propose","role":"proposer","model":"lab/b","after":[]}],"price_low_micro_rub":1,"price_high_micro_rub":2,"reasons":["\u001b]0;x\u0007"]"#,
    r#""type":"step.started","step":"answer","kind":"answer","role":"answer""#,
    r#""type":"attempt.started","step":"answer","attempt":"a.1","provider":"lab","model":"lab/fast","try":1"#,
    r#""type":"attempt.fallback","from":"\u202ea","to":"b\u001b[1m","cause":"c\r\n""#,
    r#""type":"votes.counted","step":"answer","groups":[{"answer":"\u001b[8m4\u202e2","votes":[{"step":"p","weight_milli":5000}]},{"answer":null,"votes":[{"step":"q","weight_milli":1}]}],"settles":true"#,
    r#""type":"tool.proposed","call":"c.1","step":"answer","tool":"ru\u001b[8mn","action":{"kind":"shell","command":"ls \u001b[8m\u202e","cwd":"\u0007","timeout_s":60,"network":false},"sha256":"aa","said":"\u001b[31m""#,
    r#""type":"approval.requested","approval":"x.a1","call":"c.1","deadline":"2026-11-18T12:00:00Z","default":"denied","ruling":{"verdict":"ask","policy":"ask","reason":"\u001b[5mnew"},"verdict_if_rule":"[[rule]]\nwords = [\"\u001b[5m\"]""#,
    r#""type":"approval.resolved","approval":"x.a1","call":"c.1","verdict":"approved","by":"\u001b[5mme""#,
    r#""type":"tool.started","call":"c.1","ruling":{"verdict":"ask","policy":"ask","reason":"new"}"#,
    r#""type":"tool.output","call":"c.1","offset":0,"text":"\u001b[31mred\u009b2J\n""#,
    r#""type":"tool.finished","call":"c.1","outcome":"failed","exit":1,"ms":1,"bytes":1,"changed_files":[],"text":"\u001b[31m""#,
    r#""type":"run.finished","result":{"type":"result","schema":1,"run":"ab12cd34ef567890","session":"cd34","status":"failed","answer":"\u001b[31m","structured":null,"plan":"direct","model":"\u001b[31m","usage":{"input":1,"cache_read":0,"cache_write_5m":0,"cache_write_1h":0,"output":1,"reasoning":0,"quality":"estimated"},"cost_micro_rub":1,"attempts":[],"duration_ms":1,"error":{"kind":"failed","message":"\u001b[31m\u202e"}}"#,
];

fn play(stage: &mut Stage, event: Event) {
    match event {
        Event::Key(code, modifiers) => drop(stage.tell(Message::Key(KeyEvent::new(code, modifiers)))),
        Event::Paste(text) => drop(stage.tell(Message::Paste(text))),
        Event::Frame(nth) => drop(stage.frame(FRAMES[nth])),
        Event::Delta(text) => drop(stage.says(&text)),
        Event::Taken => {
            if stage.asked.iter().any(|effect| matches!(effect, crate::app::Effect::Submit(_))) {
                stage.taken(RUN);
            }
        }
        Event::Files => drop(stage.reply(Reply::Files(vec!["a\u{1b}[31m.rs".into(), "путь/файл".into()]))),
        Event::Gone => {
            let fault = Fault::new(ErrorKind::DaemonUnreachable, "gone \u{1b}[31m");
            drop(stage.tell(Message::Disconnected(fault)));
        }
        Event::Back => drop(stage.tell(Message::Connected { build: "\u{1b}[31m".into() })),
        Event::Later(ms) => drop(stage.later(ms)),
        Event::Draw(width, height) => {
            let (buffer, cursor) = stage.draw(width, height);
            for cell in &buffer.content {
                assert!(!cell.symbol().chars().any(char::is_control), "{:?} is drawn", cell.symbol());
            }
            if let Some(cursor) = cursor {
                assert!(
                    cursor.x < width && cursor.y < height,
                    "the cursor is at {cursor:?} of {width}×{height}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_and_nothing_foreign_is_drawn(
        events in prop::collection::vec(event(), 1..120),
        is_russian in any::<bool>(),
    ) {
        let mut stage = Stage::ready(if is_russian { Lang::Ru } else { Lang::En });
        for event in events {
            play(&mut stage, event);
        }
        play(&mut stage, Event::Draw(80, 24));
        play(&mut stage, Event::Draw(120, 40));
    }
}
