//! Pictures of every state of the conversation, the steps and the questions, in `snapshots/tui/`.

use super::stage::{RUN, Stage, choices, picture};
use crate::app::{Message, Reply};
use crossterm::event::{KeyCode, KeyModifiers};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{DryRun, ErrorKind, Fault, ResultTag};
use plyrum_words::Lang;

const ANSWER: &str = "# Индексы\n\nИндекс — это **отсортированная** копия столбца с `указателями`.\n\n1. первое\n   - вложенное\n2. второе\n\n| модель | цена |\n|---|---:|\n| lab/fast | 0,12 ₽ |\n| 日本語 | 1,50 ₽ |\n\n> Цитата 👨‍👩‍👧 и é с ударением.\n\n```rust\nfn main() {\n    let x: u64 = 42; // ответ\n}\n```\n\nСсылка: [сайт](https://example.org/очень/длинный/путь/который/не/помещается/в/строку/никак). СловоКотороеНеПомещаетсяВСтрокуПотомуЧтоОноСлишкомДлинноеДляЛюбогоЭкранаШириныВосемьдесят конец.\n";

fn started(lang: Lang) -> Stage {
    let mut stage = Stage::ready(lang);
    stage.asks("Что такое индекс?").begins();
    stage
}

fn mixture(lang: Lang) -> Stage {
    let mut stage = Stage::ready(lang);
    stage.asks("Что такое индекс?");
    stage.frame(r#""type":"run.accepted","session":"cd34","persona":"default","client":"plyrum test","prompt_sha256":"00""#);
    let models = ["fast", "wise", "terse", "careful", "local", "distant"];
    let proposers: Vec<String> = models
        .iter()
        .enumerate()
        .map(|(n, model)| format!(r#"{{"step":"propose-{}","kind":"propose","role":"proposer","model":"lab/{model}","after":[]}}"#, n + 1))
        .collect();
    let after: Vec<String> = (1..=6).map(|n| format!("\"propose-{n}\"")).collect();
    stage.frame(&format!(
        r#""type":"run.planned","plan":"six","steps":[{},{{"step":"answer","kind":"aggregate","role":"aggregator","model":"lab/writer","after":[{}]}}],"price_low_micro_rub":308160,"price_high_micro_rub":17499792,"reasons":["plan_requested"]"#,
        proposers.join(","),
        after.join(",")
    ));
    stage.frame(r#""type":"hold.taken","holds":[],"total_micro_rub":17499792"#);
    for n in 1..=6 {
        stage
            .frame(&format!(r#""type":"step.started","step":"propose-{n}","kind":"propose","role":"proposer""#))
            .frame(&format!(r#""type":"attempt.started","step":"propose-{n}","attempt":"a.{n}","provider":"lab","model":"lab/{}","try":1"#, models[n - 1]));
    }
    stage.later(420);
    for n in 1..=5 {
        stage.frame(&format!(r#""type":"attempt.opened","attempt":"a.{n}","ttft_ms":{}"#, 100 + n * 40)).live(&format!(
            r#""type":"delta","step":"propose-{n}","attempt":"a.{n}","channel":"proposal","offset":0,"text":"Индекс — это отсортированная копия столбца, предложение {n}. ""#
        ));
    }
    stage.later(700);
    for n in 1..=3 {
        stage
            .frame(&format!(r#""type":"attempt.finished","attempt":"a.{n}","outcome":"ok","usage":{{"input":30,"cache_read":0,"cache_write_5m":0,"cache_write_1h":0,"output":{},"reasoning":0,"quality":"reported"}},"cost_micro_rub":{},"ms":{}"#, 20 + n, n * 15_200, 900 + n * 50))
            .frame(&format!(r#""type":"step.finished","step":"propose-{n}","outcome":"ok","cost_micro_rub":{},"ms":{}"#, n * 15_200, 900 + n * 50));
    }
    stage.frame(r#""type":"provisional","step":"propose-1""#);
    stage
}

fn mixed(lang: Lang) -> Stage {
    let mut stage = mixture(lang);
    stage
        .frame(r#""type":"attempt.finished","attempt":"a.4","outcome":"failed","usage":{"input":0,"cache_read":0,"cache_write_5m":0,"cache_write_1h":0,"output":0,"reasoning":0,"quality":"missing"},"cost_micro_rub":0,"ms":1100,"error":{"kind":"provider_unavailable","message":"lab: 503"}"#)
        .frame(r#""type":"step.finished","step":"propose-4","outcome":"failed","cost_micro_rub":0,"ms":1100"#)
        .frame(r#""type":"quorum.reached","have":4,"of":6,"waited_ms":1120,"reason":"quorum""#)
        .frame(r#""type":"proposal.late","step":"propose-6""#)
        .frame(r#""type":"step.cancelled","step":"propose-6","reason":"late""#)
        .frame(r#""type":"step.cancelled","step":"propose-5","reason":"dropped""#)
        .frame(r#""type":"step.started","step":"answer","kind":"aggregate","role":"aggregator""#)
        .frame(r#""type":"attempt.started","step":"answer","attempt":"a.7","provider":"lab","model":"lab/writer","try":1"#)
        .live(r#""type":"delta","step":"answer","attempt":"a.7","channel":"answer","offset":0,"text":"Индекс — это **копия** столбца ""#);
    stage
}

fn acting(lang: Lang) -> Stage {
    let mut stage = started(lang);
    stage.says("Смотрю, что в проекте. ");
    stage
        .frame(r#""type":"tool.proposed","call":"c.1","step":"answer","tool":"read_file","action":{"kind":"read","path":"src/main.rs","arguments":{}},"sha256":"aa","said":"Смотрю, что в проекте.""#)
        .frame(r#""type":"tool.started","call":"c.1","ruling":{"verdict":"allow","policy":"workspace","rule":"read","reason":"inside"}"#)
        .frame(r#""type":"tool.finished","call":"c.1","outcome":"ok","ms":3,"bytes":120,"changed_files":[],"text":"fn main() {}""#)
        .frame(r#""type":"tool.proposed","call":"c.2","step":"answer","tool":"write_file","action":{"kind":"write","changes":[{"path":"src/привет.rs","before_sha256":"00","after_sha256":"11","diff":"--- a/src/привет.rs\n+++ b/src/привет.rs\n@@ -1,3 +1,4 @@\n fn привет() {\n-    println!(\"раз\");\n+    println!(\"два\");\n+    println!(\"три\");\n }\n"}]},"sha256":"bb""#)
        .frame(r#""type":"tool.started","call":"c.2","ruling":{"verdict":"allow","policy":"workspace","rule":"write","reason":"inside"}"#)
        .frame(r#""type":"tool.finished","call":"c.2","outcome":"ok","ms":5,"bytes":0,"changed_files":[{"path":"src/привет.rs"}],"text":"written""#)
        .frame(r#""type":"tool.proposed","call":"c.3","step":"answer","tool":"run","action":{"kind":"run","argv":["cargo","test","--quiet"],"cwd":"","timeout_s":120,"network":false},"sha256":"cc""#)
        .frame(r#""type":"tool.started","call":"c.3","ruling":{"verdict":"allow","policy":"workspace","rule":"tests","reason":"a test"},"sandbox":"full""#);
    stage
}

fn asked(lang: Lang, rule: &str, action: &str) -> Stage {
    let mut stage = started(lang);
    stage
        .frame(&format!(r#""type":"tool.proposed","call":"c.1","step":"answer","tool":"shell","action":{action},"sha256":"ed91ef7c79e862c65870260d50bf6a91312a875f0bf9f42dd52171f7f395d057","said":"Запускаю.""#))
        .frame(&format!(r#""type":"approval.requested","approval":"{RUN}.a1","call":"c.1","deadline":"2026-11-18T11:40:00.000Z","default":"denied","ruling":{{"verdict":"ask","policy":"ask","reason":"no rule of `ask` allows it"}}{rule}"#));
    stage
}

const SHELL: &str =
    r#"{"kind":"shell","command":"cargo build && echo готово","cwd":"","timeout_s":120,"network":false}"#;
const HOSTILE: &str = r#"{"kind":"shell","command":"echo \u001b[8mrm -rf /\u001b[0m \u202e\u200b\rнет","cwd":"","timeout_s":120,"network":true}"#;
const RULE: &str = r#","verdict_if_rule":"[[rule]]\ntool = \"command\"\nwords = [\"cargo\", \"build\"]\nverdict = \"allow\"\n""#;

#[test]
fn the_first_screen() {
    picture("first-looking", Stage::new);
    picture("first-offline", |lang| {
        let mut stage = Stage::new(lang);
        stage.tell(Message::Connected { build: "0.1.0".into() });
        let found = choices(&[("lab/fast", Some("no key: LAB_KEY is not set")), ("offline/query", None)]);
        stage.reply(Reply::Choices(Ok(Box::new(found))));
        stage
    });
    picture("first-ready", Stage::ready);
}

#[test]
fn a_prompt_that_is_being_written() {
    let priced = |lang| {
        let mut stage = Stage::ready(lang);
        stage.types("Что такое индекс базы данных и когда он не помогает?");
        stage.later(300);
        let ticket = stage.asked.iter().rev().find_map(|effect| match effect {
            crate::app::Effect::Quote(order) => Some(order.ticket),
            _ => None,
        });
        let plan = DryRun {
            tag: ResultTag::DryRun,
            plan: "moa".into(),
            steps: Vec::new(),
            price_low_micro_rub: MicroRub::new(308_160),
            price_high_micro_rub: MicroRub::new(17_499_792),
            unpriced: Vec::new(),
            reasons: Vec::new(),
            resting: Vec::new(),
            check: None,
        };
        stage.reply(Reply::Quoted { ticket: ticket.unwrap(), outcome: Ok(plan) });
        stage
    };
    picture("chat-priced", priced);
    picture("chat-commands", |lang| {
        let mut stage = Stage::ready(lang);
        stage.types("/re");
        stage
    });
    picture("chat-files", |lang| {
        let mut stage = Stage::ready(lang);
        stage.types("что в @ма");
        stage.reply(Reply::Files(vec!["src/main.rs".into(), "src/маршрут.rs".into(), "docs/".into()]));
        stage
    });
    picture("chat-pasted", |lang| {
        let mut stage = Stage::ready(lang);
        stage.types("Разбери: ");
        stage.tell(Message::Paste("строка\n".repeat(120)));
        stage
    });
    picture("chat-search-history", |lang| {
        let mut stage = Stage::ready(lang);
        stage.reply(Reply::EarlierPrompts(vec!["Что такое MoA?".into(), "Как отменить commit?".into()]));
        stage.ctrl('r');
        stage.types("moa");
        stage
    });
}

#[test]
fn an_answer_on_its_way() {
    picture("chat-sending", |lang| {
        let mut stage = Stage::ready(lang);
        stage.types("Что такое индекс?").key(KeyCode::Enter);
        stage
    });
    picture("chat-waiting", |lang| {
        let mut stage = started(lang);
        stage.later(1500);
        stage
    });
    picture("chat-streaming", |lang| {
        let mut stage = started(lang);
        stage.says(ANSWER);
        stage
    });
    picture("chat-mixture", mixture);
    picture("chat-aggregating", mixed);
    picture("chat-queued", |lang| {
        let mut stage = started(lang);
        stage.says("Индекс — это ");
        stage.types("А когда он не помогает?").key(KeyCode::Tab);
        stage.types("И сколько он стоит?").key(KeyCode::Enter);
        stage
    });
    picture("chat-stopping", |lang| {
        let mut stage = started(lang);
        stage.says("Индекс — это ");
        stage.key(KeyCode::Esc);
        stage
    });
}

#[test]
fn an_answer_that_is_there() {
    picture("chat-finished", |lang| {
        let mut stage = started(lang);
        stage.says(ANSWER).ends("succeeded", ANSWER, "null");
        stage
    });
    picture("chat-cancelled", |lang| {
        let mut stage = started(lang);
        stage.says("Индекс — это ").ends(
            "cancelled",
            "Индекс — это",
            r#"{"kind":"cancelled","message":"cancelled"}"#,
        );
        stage
    });
    picture("chat-failed", |lang| {
        let mut stage = started(lang);
        stage.ends("failed", "", r#"{"kind":"provider_unavailable","message":"lab: the server answered 503 three times","hint":"plyrum models list shows which others are ready"}"#);
        stage
    });
    picture("chat-refused", |lang| {
        let mut stage = Stage::ready(lang);
        stage.types("Что такое индекс?").key(KeyCode::Enter);
        let (ticket, order) = stage
            .asked
            .iter()
            .rev()
            .find_map(|effect| match effect {
                crate::app::Effect::Submit(order) => Some((order.ticket, order.clone())),
                _ => None,
            })
            .unwrap();
        let fault = Fault::new(ErrorKind::Budget, "the day's budget leaves 0.10 ₽, and this needs 0.25 ₽")
            .hint("plyrum budget set day 300");
        stage.reply(Reply::Submitted { ticket, outcome: Err((fault, order)), is_again: false });
        stage
    });
    picture("chat-notices", |lang| {
        let mut stage = started(lang);
        stage
            .frame(r#""type":"plan.shrunk","from":"moa","to":"direct","reason":"the day's budget leaves 1.20 ₽""#)
            .frame(r#""type":"attempt.retried","attempt":"a.1","next":"a.2","after_ms":1500,"cause":"429 too many requests""#)
            .frame(r#""type":"attempt.retried","attempt":"a.2","next":"a.3","after_ms":7000,"is_retry_after":true,"cause":"status 429""#)
            .frame(r#""type":"attempt.queued","attempt":"a.3","provider":"lab","limit":1"#)
            .frame(r#""type":"provider.resting","provider":"lab","attempt":"a.3","failures":5,"until":"2026-11-18T11:07:10Z""#)
            .frame(r#""type":"recording.failed","reason":"the disk is full""#)
            .frame(r#""type":"attempt.fallback","from":"lab/fast","to":"lab/wise","cause":"503""#)
            .frame(r#""type":"budget.notice","scope":"day","percent":80,"spent_micro_rub":240000000,"limit_micro_rub":300000000,"setting":"budget day""#);
        stage
    });
    picture("chat-read-back", |lang| {
        let mut stage = started(lang);
        stage.says(ANSWER).says(ANSWER).ends("succeeded", &format!("{ANSWER}{ANSWER}"), "null");
        stage.draw(80, 24);
        stage.key(KeyCode::PageUp);
        stage
    });
    picture("chat-reading", |lang| {
        let mut stage = started(lang);
        stage.says(ANSWER).ends("succeeded", ANSWER, "null");
        stage.key(KeyCode::Tab);
        stage
    });
}

#[test]
fn what_is_done() {
    picture("chat-running", |lang| {
        let mut stage = acting(lang);
        stage.later(2300);
        stage.live(r#""type":"tool.output","call":"c.3","offset":0,"text":"running 3 tests\ntest раз ... ok\ntest два ... ok\n""#);
        stage
    });
    picture("chat-done", |lang| {
        let mut stage = acting(lang);
        stage
            .frame(r#""type":"tool.finished","call":"c.3","outcome":"ok","exit":101,"ms":2400,"bytes":900,"changed_files":[],"text":"exit code 101\nrunning 3 tests\ntest раз ... ok\ntest два ... FAILED\n\nfailures:\n\nthread 'два' panicked\nassertion failed\nnote: run with RUST_BACKTRACE\n\ntest result: FAILED""#)
            .frame(r#""type":"tool.proposed","call":"c.4","step":"answer","tool":"todo","action":{"kind":"todo","items":[{"text":"посмотреть","status":"done"},{"text":"починить тест","status":"in_progress"},{"text":"проверить","status":"pending"}]},"sha256":"dd""#)
            .frame(r#""type":"tool.finished","call":"c.4","outcome":"ok","ms":0,"bytes":0,"changed_files":[],"text":"""#)
            .frame(r#""type":"tool.proposed","call":"c.5","step":"answer","tool":"shell","action":{"kind":"shell","command":"rm -rf target","cwd":"","timeout_s":60,"network":false},"sha256":"ee""#)
            .frame(r#""type":"tool.finished","call":"c.5","outcome":"denied","ms":0,"bytes":0,"changed_files":[],"text":"the user did not allow it: не надо""#);
        stage.frame(r#""type":"step.started","step":"answer-2","kind":"answer","role":"answer""#);
        stage
    });
    picture("chat-details", |lang| {
        let mut stage = acting(lang);
        stage.app.conversation.shows_details = true;
        stage
    });
}

#[test]
fn questions() {
    picture("approval-rule", |lang| asked(lang, RULE, SHELL));
    picture("approval-hostile", |lang| asked(lang, "", HOSTILE));
    picture("approval-long", |lang| {
        let command = (0..60).map(|n| format!("echo {n}")).collect::<Vec<_>>().join("\\n");
        let action = format!(
            r#"{{"kind":"shell","command":"{command}","cwd":"sub","env":{{"A":"b c"}},"timeout_s":120,"network":false}}"#
        );
        asked(lang, "", &action)
    });
    picture("approval-reason", |lang| {
        let mut stage = asked(lang, RULE, SHELL);
        stage.later(500);
        stage.key(KeyCode::Char('3'));
        stage.types("сначала покажи план");
        stage
    });
    picture("approval-sent", |lang| {
        let mut stage = asked(lang, RULE, SHELL);
        stage.draw(80, 24);
        stage.later(500);
        stage.key(KeyCode::Char('1'));
        stage
    });
    picture("approvals-none", |lang| {
        let mut stage = Stage::ready(lang);
        stage.key(KeyCode::F(4));
        stage
    });
    picture("approvals-others", |lang| {
        let mut stage = Stage::ready(lang);
        let row = |n: u32| {
            serde_json::from_value(serde_json::json!({
                "approval": format!("ff00.a{n}"), "run": "ff00", "tool": "run", "status": "pending", "why": "it is new",
                "action": {"kind": "run", "argv": ["cargo", "publish"], "cwd": "", "timeout_s": 60, "network": false},
                "sha256": "ab".repeat(32), "deadline": "2026-11-19T11:40:00Z",
            }))
            .unwrap()
        };
        stage.key(KeyCode::F(4));
        stage.reply(Reply::Approvals(Ok(vec![row(1), row(2), row(3)])));
        stage
    });
}

#[test]
fn steps() {
    picture("lifecycle-none", |lang| {
        let mut stage = Stage::ready(lang);
        stage.key(KeyCode::F(3));
        stage
    });
    picture("lifecycle-gathering", |lang| {
        let mut stage = mixture(lang);
        stage.key(KeyCode::F(3));
        stage.key(KeyCode::Down);
        stage
    });
    picture("lifecycle-queued", |lang| {
        let mut stage = started(lang);
        stage.frame(r#""type":"attempt.queued","attempt":"a.1","provider":"lab","limit":1"#);
        stage.key(KeyCode::F(3));
        stage
    });
    picture("lifecycle-aggregating", |lang| {
        let mut stage = mixed(lang);
        stage.key(KeyCode::F(3));
        for _ in 0..3 {
            stage.key(KeyCode::Down);
        }
        stage
    });
    picture("lifecycle-reader", |lang| {
        let mut stage = mixture(lang);
        stage.key(KeyCode::F(3));
        stage.key(KeyCode::Enter);
        stage
    });
}

#[test]
fn what_lies_over_a_screen_and_what_goes_wrong() {
    picture("palette", |lang| {
        let mut stage = Stage::ready(lang);
        stage.ctrl('p');
        stage
    });
    picture("palette-filtered", |lang| {
        let mut stage = Stage::ready(lang);
        stage.ctrl('p');
        stage.types("mod");
        stage
    });
    picture("palette-nothing", |lang| {
        let mut stage = Stage::ready(lang);
        stage.ctrl('p');
        stage.types("нетакого");
        stage
    });
    picture("pick-model", |lang| {
        let mut stage = Stage::ready(lang);
        stage.types("/model").key(KeyCode::Esc);
        stage.key(KeyCode::Enter);
        stage
    });
    picture("help", |lang| {
        let mut stage = Stage::ready(lang);
        stage.key(KeyCode::F(1));
        stage
    });
    picture("chat-disconnected", |lang| {
        let mut stage = started(lang);
        stage.says("Индекс — это ");
        stage.tell(Message::Disconnected(Fault::new(ErrorKind::DaemonUnreachable, "the daemon is gone")));
        stage.types("продолжаю писать");
        stage
    });
    picture("chat-toast", |lang| {
        let mut stage = Stage::ready(lang);
        stage.press(KeyCode::Char('c'), KeyModifiers::CONTROL);
        stage
    });
    for (width, height) in [(20, 5), (40, 10)] {
        let mut stage = started(Lang::Ru);
        stage.says(ANSWER);
        let (buffer, _) = stage.draw(width, height);
        crate::snapshot::check(&format!("small-{width}"), &buffer);
    }
}
