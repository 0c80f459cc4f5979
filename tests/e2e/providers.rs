//! What a machine and its environment offer without a configuration, and how a provider is added, keyed and tried.

use crate::world::{World, lab_config};
use plyrum_fake_provider::{FakeProvider, Reply, Script, Setup};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;

const KEY: &str = "sk-typed-4242424242424242";

fn row(rows: &Value, key: &str, name: &str) -> Value {
    rows.as_array().unwrap().iter().find(|row| row[key] == name).unwrap_or(&Value::Null).clone()
}

fn answering() -> Script {
    Script::new().always(Reply::answer("Here I am.", 12, 3))
}

fn serving(models: &[&str]) -> FakeProvider {
    Setup::new(answering()).models(models).spawn()
}

#[test]
fn an_ollama_at_its_port_answers_without_a_configuration_and_for_nothing() {
    let fake = serving(&["llama3.2:3b"]);
    let world = World::new().with_env("OLLAMA_HOST", &fake.address().to_string());
    let result = world.json(["ask", "--no-stdin", "--json", "Are you there?"]);
    assert_eq!(
        (&result["answer"], &result["model"]),
        (&"Here I am.".into(), &"ollama/llama3.2:3b".into()),
        "{result}"
    );
    assert_eq!(result["cost_micro_rub"], 0);
    let sent = fake.requests().into_iter().find(|request| request.path.contains("/api/chat")).unwrap();
    let sent: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(sent["options"]["num_ctx"], 8192, "{sent}");
    let ollama = row(&world.json(["providers", "list", "--json"]), "provider", "ollama");
    assert_eq!(
        (&ollama["ready"], &ollama["version"], &ollama["models"]),
        (&true.into(), &"0.0.0-fake".into(), &1.into())
    );
    world.is_sound();
}

#[test]
fn what_listens_at_ollamas_port_and_is_no_ollama_is_never_asked() {
    let fake = FakeProvider::spawn(answering());
    let world = World::new().with_env("OLLAMA_HOST", &fake.address().to_string());
    let result = world.json(["ask", "--no-stdin", "--json", "Are you there?"]);
    assert!(result["model"].as_str().unwrap().starts_with("offline/"), "{result}");
    assert!(fake.requests().iter().all(|request| request.path == "/api/version"), "{:?}", fake.requests());
    let ollama = row(&world.json(["providers", "list", "--json"]), "provider", "ollama");
    assert_eq!((&ollama["ready"], &ollama["models"]), (&false.into(), &0.into()), "{ollama}");
}

#[test]
fn a_provider_is_there_as_soon_as_its_usual_key_is_and_its_absence_is_told() {
    let world = World::new().with_env("GROQ_API_KEY", KEY);
    let rows = world.json(["providers", "list", "--json"]);
    assert_eq!(row(&rows, "provider", "groq")["ready"], true);
    let mistral = row(&rows, "provider", "mistral");
    assert!(mistral["why_not"].as_str().unwrap().contains("MISTRAL_API_KEY"), "{mistral}");
    world
        .plyrum(["providers", "test", "mistral"])
        .run()
        .fails_telling(3, ["MISTRAL_API_KEY", "providers login mistral"]);
    world.plyrum(["providers", "test", "mistrall"]).run().fails_telling(2, ["mistrall", "mistral"]);
}

#[test]
fn a_key_is_given_by_a_pipe_kept_privately_used_and_taken_back() {
    let world = World::new();
    let fake = serving(&["fast-1", "slow-1"]);
    world.config(&lab_config(&fake.base_url(), "api_key = { env = \"LAB_KEY\" }", ""));
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().fails_telling(3, ["LAB_KEY"]);
    let out = world.plyrum(["providers", "login", "lab"]).stdin(format!("{KEY}\n")).run();
    out.ok();
    assert!(out.stdout.contains("2 models") && !out.stdout.contains(KEY), "{out}");
    let address = fake.address();
    let kept = world.home().join(format!("config/keys/lab http {address}"));
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(kept.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    let answer = world.plyrum(["ask", "--no-stdin", "Hello?"]).run();
    answer.ok();
    let shown = fake.requests().last().unwrap().header("authorization").map(str::to_owned);
    assert_eq!(shown, Some(format!("Bearer {KEY}")));
    assert!(!world.log().contains(KEY));
    // The same name at another address has no claim to it.
    let other = serving(&["fast-1"]);
    world.config(&lab_config(&other.base_url(), "", ""));
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().ok();
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));
    world.config(&lab_config(&fake.base_url(), "api_key = { env = \"LAB_KEY\" }", ""));
    world.plyrum(["providers", "logout", "lab"]).run().ok();
    assert!(!kept.exists());
    world.plyrum(["ask", "--no-stdin", "Hello?"]).run().fails_telling(3, ["LAB_KEY"]);
    world.plyrum(["providers", "logout", "lab"]).run().fails_telling(2, ["lab"]);
    world.plyrum(["providers", "login", "../x"]).stdin(KEY).run().fails_telling(2, ["../x"]);
}

#[test]
fn a_provider_is_added_and_its_list_kept_where_a_model_without_a_price_serves_nobody() {
    let world = World::new();
    let fake = serving(&["m-1", "m-2"]);
    world.plyrum(["providers", "add", "box", "--kind", "openai-chat", "--url", &fake.base_url()]).run().ok();
    world
        .plyrum(["providers", "add", "box", "--kind", "openai-chat", "--url", &fake.base_url()])
        .run()
        .fails_telling(3, ["box"]);
    world.plyrum(["providers", "add", "dev"]).run().fails_telling(2, ["--kind"]);
    let out = world.plyrum(["models", "list", "--refresh", "--provider", "box", "--json"]).run();
    out.ok();
    assert!(out.stderr.contains("2 models, 2 new"), "{out}");
    let model = row(&out.json(), "model", "box/m-1");
    assert_eq!(
        (&model["only_when_named"], &model["currency"], &model["origin"]),
        (&true.into(), &Value::Null, &"models.toml".into())
    );
    let asked = fake.requests().len();
    world
        .plyrum(["ask", "--no-stdin", "-m", "box/m-1", "Hello?"])
        .run()
        .fails_telling(6, ["box/m-1", "price"]);
    assert_eq!(fake.requests().len(), asked, "nothing is sent");
    // Nobody else takes it either.
    let result = world.json(["ask", "--no-stdin", "--json", "Hello?"]);
    assert!(result["model"].as_str().unwrap().starts_with("offline/"), "{result}");
    world.is_sound();
}

#[test]
fn a_default_model_that_only_an_ollama_knows_is_found_and_its_loss_fails_one_run() {
    let fake = serving(&["good:1"]);
    let world = World::new().with_env("OLLAMA_HOST", &fake.address().to_string());
    world.config("[defaults]\nmodel = \"ollama/good:1\"\n");
    let result = world.json(["ask", "--no-stdin", "--json", "Are you there?"]);
    assert_eq!(result["model"], "ollama/good:1", "{result}");
    let world = World::new();
    world.config("[defaults]\nmodel = \"ollama/good:1\"\n");
    world.plyrum(["ask", "--no-stdin", "Are you there?"]).run().fails_telling(2, ["ollama/good:1"]);
    world.plyrum(["ask", "--no-stdin", "-m", "offline/lead", "Are you there?"]).run().ok();
    world.plyrum(["providers", "list"]).run().ok();
}

#[test]
fn a_local_server_of_a_preset_answers_for_nothing_once_it_is_added() {
    let world = World::new();
    let fake = serving(&["qwen"]);
    world.plyrum(["providers", "add", "lm-studio", "--url", &fake.base_url()]).run().ok();
    world.plyrum(["models", "list", "--refresh", "--provider", "lm-studio"]).run().ok();
    let result = world.json(["ask", "--no-stdin", "--json", "-m", "lm-studio/qwen", "Hello?"]);
    assert_eq!(
        (&result["status"], &result["cost_micro_rub"], &result["unpriced"]),
        (&"succeeded".into(), &0.into(), &Value::Null)
    );
}

#[test]
fn a_price_alone_is_enough_for_a_model_of_a_list() {
    let world = World::new();
    let fake = serving(&["m-1"]);
    world.plyrum(["providers", "add", "box", "--kind", "openai-chat", "--url", &fake.base_url()]).run().ok();
    world.plyrum(["models", "list", "--refresh", "--provider", "box"]).run().ok();
    let out = world.plyrum(["ask", "--no-stdin", "-m", "box/m-1", "Hello?"]).run();
    out.fails_telling(6, ["[models.\"box/m-1\"] price = { currency = \"USD\""]);
    let file = world.beside("home/config/config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let price = "price = { currency = \"RUB\", input = \"100\", output = \"400\" }";
    std::fs::write(&file, format!("{text}\n[models.\"box/m-1\"]\n{price}\n")).unwrap();
    let result = world.json(["ask", "--no-stdin", "--json", "-m", "box/m-1", "Hello?"]);
    assert_eq!((&result["status"], &result["unpriced"]), (&"succeeded".into(), &Value::Null));
    assert!(result["cost_micro_rub"].as_i64().unwrap() > 0, "{result}");
    world.is_sound();
}
