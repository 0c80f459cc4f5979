//! Grouping, filtering, and pictures of every state.

use super::*;
use crate::screen::Look;
use crate::snapshot;
use crate::theme::Theme;
use plyrum_billing_client::MicroRub;
use plyrum_protocol::{ErrorKind, Timestamp};
use plyrum_words::{Lang, Words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn model(id: &str, why_not: Option<&str>, price: Option<(&str, &str)>) -> ModelRow {
    let (provider, _) = id.split_once('/').unwrap();
    let row = serde_json::json!({
        "model": id, "provider": provider, "ready": why_not.is_none(), "why_not": why_not,
        "context_tokens": 128_000, "max_output_tokens": 4096,
        "currency": price.map(|_| "USD"), "input_per_million": price.map(|p| p.0),
        "output_per_million": price.map(|p| p.1), "origin": "config.toml",
    });
    serde_json::from_value(row).unwrap()
}

fn provider(name: &str, more: &serde_json::Value) -> ProviderRow {
    let mut row = serde_json::json!({
        "provider": name, "kind": "openai-chat", "base_url": format!("https://{name}.example/v1"), "ready": true,
        "models": 1, "running": 0, "limit": 4, "failures": 0, "origin": "config.toml",
    });
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(row).unwrap()
}

/// One in each state, one of them without a model.
fn providers() -> Vec<ProviderRow> {
    let until = "1970-01-01T00:00:24Z";
    vec![
        provider("offline", &serde_json::json!({"kind": "offline", "base_url": null, "origin": "built in"})),
        provider(
            "far",
            &serde_json::json!({"ready": false, "why_not": "the variable FAR_KEY is not set in the daemon"}),
        ),
        provider(
            "lab",
            &serde_json::json!({
                "running": 1, "waiting": 2, "limit": 1, "key": "the variable LAB_KEY", "ca_files": ["/etc/lab/ca.pem"],
                "proxy": {"address": "proxy.lan:3128", "origin": "environment"},
            }),
        ),
        provider("tired", &serde_json::json!({"ready": false, "failures": 5, "resting_until": until})),
        provider("tried", &serde_json::json!({"failures": 6, "is_probing": true, "running": 1})),
        provider("busy", &serde_json::json!({"running": 3})),
    ]
}

fn filled() -> ModelsScreen {
    let mut screen = ModelsScreen::default();
    screen.open();
    screen.set_models(
        &[
            model("offline/query", None, Some(("0", "0"))),
            model("lab/fast", None, Some(("3.00", "15.00"))),
            model("lab/неизвестная", Some("price_unknown"), None),
            model("far/slow", Some("no key: FAR_KEY is not set"), Some(("0.25", "1.25"))),
        ],
        &providers(),
    );
    let health = ProviderHealth {
        provider: "lab".into(),
        attempts: 120,
        failed: 3,
        cut: 1,
        cancelled: 2,
        retries: 4,
        cost: MicroRub::new(12_345_678),
        unpriced: 0,
    };
    screen.loaded(ModelsReply::Health(Ok(vec![health])));
    screen
}

/// More than fits, with names and reasons that do not.
fn long() -> ModelsScreen {
    let mut screen = ModelsScreen::default();
    let why = "ключ \u{1b}[31mFAR_KEY\u{202e} не задан: положите его в окружение и запустите демон заново";
    let models: Vec<ModelRow> = (0..60)
        .map(|n| {
            let id = format!("provider-{}/模型-с-очень-длинным-именем-{n:02}-instruct", n / 9);
            model(&id, (n % 3 == 0).then_some(why), Some(("1234.56", "99999.99")))
        })
        .collect();
    screen.set_models(&models, &[]);
    screen.resize(ModelsView::room(Rect::new(0, 0, 80, 22)));
    screen.press(Action::Bottom);
    (0..5).for_each(|_| drop(screen.press(Action::Up)));
    screen
}

fn picture(name: &str, screen: &ModelsScreen) {
    for (width, height) in [(80, 22), (120, 38)] {
        for lang in [Lang::En, Lang::Ru] {
            let (theme, words) = (Theme::sixteen(), Words::new(lang));
            let look = Look { theme: &theme, words: &words, now: Timestamp::from_millis(0), is_plain: false };
            let area = Rect::new(0, 0, width, height);
            let mut buffer = Buffer::empty(area);
            let screen = &mut screen.clone();
            screen.resize(ModelsView::room(area));
            let _cursor = ModelsView { screen, look }.draw(area, &mut buffer);
            let lang = if lang == Lang::En { "en" } else { "ru" };
            snapshot::check(&format!("models-{name}-{width}-{lang}"), &buffer);
        }
    }
}

#[test]
fn pictures_of_every_state() {
    let mut loading = ModelsScreen::default();
    loading.open();
    picture("loading", &loading);
    let mut empty = ModelsScreen::default();
    empty.set_models(&[], &[]);
    picture("empty", &empty);
    picture("filled", &filled());
    let mut detail = filled();
    (0..3).for_each(|_| drop(detail.press(Action::Down)));
    detail.press(Action::Open);
    picture("detail", &detail);
    let mut provider = filled();
    provider.press(Action::Down);
    provider.press(Action::Open);
    picture("provider", &provider);
    picture("long", &long());
    let mut nothing = filled();
    nothing.press(Action::Search);
    "нет такой".chars().for_each(|c| drop(nothing.typed(c)));
    nothing.press(Action::Confirm);
    picture("no-match", &nothing);
    let mut searching = filled();
    searching.press(Action::Search);
    "fast".chars().for_each(|c| drop(searching.typed(c)));
    picture("search", &searching);
    let mut failed = long();
    failed.loaded(ModelsReply::Health(Err(Fault::new(ErrorKind::Storage, "the ledger cannot be read"))));
    picture("error", &failed);
}

#[test]
fn models_stand_under_their_provider_and_words_narrow_them() {
    let mut screen = filled();
    let shown = |screen: &ModelsScreen| {
        let name = |row: &Row<'_>| match row {
            Row::Provider(group) => group.name.to_owned(),
            Row::Model(model) => model.model.clone(),
        };
        screen.rows().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&screen),
        [
            "busy",
            "lab",
            "lab/fast",
            "lab/неизвестная",
            "offline",
            "offline/query",
            "tired",
            "tried",
            "far",
            "far/slow"
        ],
        "also those that have no model; last those that cannot be asked"
    );
    screen.press(Action::Search);
    "НЕИЗ".chars().for_each(|c| drop(screen.typed(c)));
    screen.press(Action::Confirm);
    assert_eq!(shown(&screen), ["lab", "lab/неизвестная"]);
    assert!(screen.is_open_inside());
    screen.press(Action::Escape);
    assert_eq!(shown(&screen).len(), 10);
}

#[test]
fn a_refresh_asks_the_daemon_and_the_ledger() {
    assert_eq!(filled().press(Action::Refresh), [ModelsAsk::Models, ModelsAsk::Health]);
}

#[test]
fn what_the_books_did_not_tell_is_not_told() {
    let mut screen = filled();
    assert!(matches!(screen.lately("lab"), Lately::Asked(health) if health.attempts == 120));
    assert!(matches!(screen.lately("far"), Lately::NotAsked));
    screen.loaded(ModelsReply::Health(Err(Fault::new(ErrorKind::Storage, "no"))));
    assert!(matches!(screen.lately("lab"), Lately::Asked(_)), "what was read stays");
    let mut fresh = ModelsScreen::default();
    fresh.loaded(ModelsReply::Health(Err(Fault::new(ErrorKind::Storage, "no"))));
    assert!(matches!(fresh.lately("lab"), Lately::Unknown));
}
