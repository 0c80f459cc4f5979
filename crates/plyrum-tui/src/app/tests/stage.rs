//! The whole screen without a terminal: real messages in, pictures and effects out, a clock that stands where it is put.

use crate::app::{App, Ask, Effect, Message, Reply, Setup};
use crate::keymap::Keymap;
use crate::snapshot;
use crate::theme::Theme;
use crate::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use plyrum_client::FrameLine;
use plyrum_protocol::{Receipt, RunId, SessionId, Timestamp};
use plyrum_words::{Lang, Words};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The run that everything is about.
pub(super) const RUN: &str = "ab12cd34ef567890";
/// When a play begins.
pub(super) const START: i64 = 1_795_000_000_000;

/// The screen, and what it asked for.
pub(super) struct Stage {
    pub(super) app: App,
    pub(super) now: Timestamp,
    pub(super) asked: Vec<Effect>,
    seq: u64,
}

impl Stage {
    pub(super) fn new(lang: Lang) -> Self {
        let setup = Setup {
            words: Words::new(lang),
            theme: Theme::sixteen(),
            keymap: Keymap::default(),
            is_plain: false,
            open: None,
            ask: Ask::default(),
            now: Timestamp::from_millis(START),
            client: "plyrum test".into(),
            warning: None,
        };
        let (app, asked) = App::new(setup);
        Self { app, now: Timestamp::from_millis(START), asked, seq: 0 }
    }

    /// The same, with the daemon there and two models ready.
    pub(super) fn ready(lang: Lang) -> Self {
        let mut stage = Self::new(lang);
        stage.tell(Message::Connected { build: "0.1.0".into() });
        stage.reply(Reply::Choices(Ok(Box::new(choices(&[
            ("lab/fast", None),
            ("lab/wise", None),
            ("offline/query", None),
        ])))));
        stage.reply(Reply::Figures(Ok(figures())));
        stage.asked.clear();
        stage
    }

    /// Takes a message; what it asks for is kept.
    pub(super) fn tell(&mut self, message: Message) -> Vec<Effect> {
        let effects = self.app.update(self.now, message);
        self.asked.extend(effects.iter().cloned());
        effects
    }

    pub(super) fn reply(&mut self, reply: Reply) -> Vec<Effect> {
        self.tell(Message::Reply(reply))
    }

    pub(super) fn later(&mut self, ms: u64) -> &mut Self {
        self.now = self.now.plus_millis(ms);
        self.tell(Message::Tick);
        self
    }

    pub(super) fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
        self.tell(Message::Key(KeyEvent::new(code, modifiers)))
    }

    pub(super) fn key(&mut self, code: KeyCode) -> Vec<Effect> {
        self.press(code, KeyModifiers::NONE)
    }

    pub(super) fn ctrl(&mut self, c: char) -> Vec<Effect> {
        self.press(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    pub(super) fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.key(KeyCode::Char(c));
        }
        self
    }

    /// Writes, sends, and has the daemon take it.
    pub(super) fn asks(&mut self, text: &str) -> &mut Self {
        self.types(text).key(KeyCode::Enter);
        self.taken(RUN);
        self
    }

    /// The daemon takes what was sent last.
    pub(super) fn taken(&mut self, run: &str) {
        let ticket = self.asked.iter().rev().find_map(|effect| match effect {
            Effect::Submit(order) => Some(order.ticket),
            _ => None,
        });
        let receipt = Receipt {
            run: RunId::new(run).unwrap(),
            session: SessionId::new("cd34").unwrap(),
            offline: false,
            keys_only_in_client: Vec::new(),
            warning: None,
            context: None,
        };
        self.seq = 0;
        self.reply(Reply::Submitted { ticket: ticket.unwrap(), outcome: Ok(receipt), is_again: false });
    }

    /// A durable frame of the run: its fields without `run`, `seq` and `at`.
    pub(super) fn frame(&mut self, fields: &str) -> &mut Self {
        self.seq += 1;
        let json = format!("{{{fields},\"run\":\"{RUN}\",\"seq\":{},\"at\":\"{}\"}}", self.seq, self.now);
        self.line(&json);
        self
    }

    /// A live frame.
    pub(super) fn live(&mut self, fields: &str) -> &mut Self {
        let json = format!("{{{fields},\"run\":\"{RUN}\",\"at\":\"{}\"}}", self.now);
        self.line(&json);
        self
    }

    pub(super) fn line(&mut self, json: &str) -> Vec<Effect> {
        let frame = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {json}"));
        self.tell(Message::Frame(Box::new(FrameLine { json: json.to_owned(), frame: Some(frame) })))
    }

    /// A direct answer begins.
    pub(super) fn begins(&mut self) -> &mut Self {
        self.frame(r#""type":"run.accepted","session":"cd34","persona":"default","client":"plyrum test","prompt_sha256":"00""#)
            .frame(r#""type":"run.planned","plan":"direct","steps":[{"step":"answer","kind":"answer","role":"answer","model":"lab/fast","after":[]}],"price_low_micro_rub":1000,"price_high_micro_rub":250000,"reasons":["plan_default"]"#)
            .frame(r#""type":"hold.taken","holds":[],"total_micro_rub":250000"#)
            .frame(r#""type":"step.started","step":"answer","kind":"answer","role":"answer""#)
            .frame(r#""type":"attempt.started","step":"answer","attempt":"a.1","provider":"lab","model":"lab/fast","try":1"#)
    }

    /// Some text of the answer.
    pub(super) fn says(&mut self, text: &str) -> &mut Self {
        let offset = self.app.live().map_or(0, |run| run.answer.len());
        let text = serde_json::to_string(text).unwrap();
        self.live(&format!(
            r#""type":"delta","step":"answer","attempt":"a.1","channel":"answer","offset":{offset},"text":{text}"#
        ))
    }

    /// The run ends.
    pub(super) fn ends(&mut self, status: &str, answer: &str, error: &str) -> &mut Self {
        let answer = serde_json::to_string(answer).unwrap();
        self.frame(&format!(
            r#""type":"run.finished","result":{{"type":"result","schema":1,"run":"{RUN}","session":"cd34","status":"{status}","answer":{answer},"structured":null,"plan":"direct","model":"lab/fast","usage":{{"input":1204,"cache_read":0,"cache_write_5m":0,"cache_write_1h":0,"output":340,"reasoning":0,"quality":"reported"}},"cost_micro_rub":123456,"attempts":[],"duration_ms":3200,"error":{error}}}"#
        ))
    }

    /// What is drawn, and where the cursor is.
    pub(super) fn draw(&mut self, width: u16, height: u16) -> (Buffer, Option<Position>) {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        self.app.tell_time(self.now);
        view::prepare(&mut self.app, area);
        let cursor = view::draw(&self.app, area, &mut buffer);
        (buffer, cursor)
    }

    /// What is drawn at 80×24, as text.
    pub(super) fn text(&mut self) -> String {
        snapshot::text(&self.draw(80, 24).0)
    }
}

/// Plays the same at 80×24 and 120×40, in both languages, and compares the pictures.
pub(super) fn picture(name: &str, play: impl Fn(Lang) -> Stage) {
    for (lang, word) in [(Lang::En, "en"), (Lang::Ru, "ru")] {
        let mut stage = play(lang);
        for (width, height) in [(80, 24), (120, 40)] {
            let (buffer, _) = stage.draw(width, height);
            snapshot::check(&format!("{name}-{width}-{word}"), &buffer);
        }
    }
}

pub(super) fn figures() -> plyrum_protocol::view::Statusline {
    use plyrum_billing_client::MicroRub;
    plyrum_protocol::view::Statusline {
        today_micro_rub: MicroRub::new(1_234_500),
        today_unpriced: 0,
        month_unpriced: 0,
        month_micro_rub: MicroRub::new(55_000_000),
        held_micro_rub: MicroRub::ZERO,
        available_micro_rub: None,
        budget_left_micro_rub: Some(MicroRub::new(298_765_500)),
    }
}

/// Models by id, each with why it is not ready.
pub(super) fn choices(models: &[(&str, Option<&str>)]) -> crate::app::Choices {
    let model = |(id, why): &(&str, Option<&str>)| {
        let (provider, _) = id.split_once('/').unwrap();
        serde_json::from_value(serde_json::json!({
            "model": id, "provider": provider, "ready": why.is_none(), "why_not": why, "context_tokens": 128_000,
            "max_output_tokens": 4096, "currency": "USD", "input_per_million": "3.00", "output_per_million": "15.00",
            "origin": "config.toml",
        }))
        .unwrap()
    };
    let provider = |(id, why): &(&str, Option<&str>)| {
        let (provider, _) = id.split_once('/').unwrap();
        serde_json::from_value(serde_json::json!({
            "provider": provider, "kind": "openai-chat", "key": "the variable LAB_KEY", "ready": why.is_none(),
            "why_not": why, "models": 1, "running": 0, "limit": 4, "failures": 0, "origin": "config.toml",
        }))
        .unwrap()
    };
    let mut providers: Vec<plyrum_protocol::view::ProviderRow> = models.iter().map(provider).collect();
    providers.dedup_by(|a, b| a.provider == b.provider);
    let models = models.iter().map(model).collect();
    crate::app::Choices { models, providers, ..crate::app::Choices::default() }
}
