//! A model that was offered no tool calls one: on every wire it is refused, told, recorded, and nothing is done.

use crate::mixtures::config;
use crate::world::{FakeProvider, Reply, Script, World};
use plyrum_fake_provider::{OAuth, Setup, Step};
use serde_json::Value;

const PROPOSALS: [(&str, &str); 3] = [
    ("one", "Tea was first grown in the hills of the south west."),
    ("two", "A drink of leaves, brought along by merchants and monks."),
    ("three", "It began as a medicine and became a habit of whole nations."),
];
const TOUCH: &str = r#"{"argv":["touch","was-here"]}"#;

fn script(lead: Reply) -> Script {
    let proposed =
        |script: Script, (model, text): &(&str, &str)| script.for_model(model, Reply::answer(text, 100, 20));
    PROPOSALS.iter().fold(Script::new(), proposed).for_model("lead", lead)
}

/// A mixture whose models are all served on one wire.
fn serve(world: &World, kind: &str, base: &str, lead: Reply) -> FakeProvider {
    let script = script(lead);
    let fake = match kind {
        "gigachat" => Setup::new(script).oauth(OAuth::new()).spawn(),
        _ => FakeProvider::spawn(script),
    };
    let lender =
        if kind == "gigachat" { format!("auth_url = \"{}\"\n", fake.oauth_url()) } else { String::new() };
    let origin = fake.origin();
    let lines = format!(
        "kind = \"{kind}\"\nbase_url = \"{origin}{base}\"\napi_key = {{ env = \"LAB_KEY\" }}\n{lender}"
    );
    world.config(&config(&lines).replace("\nprice", "\ntools = false\nprice"));
    let plan = include_str!("../../config/plans/moa.toml").replace("fan_out = \"fast\"", "quorum = \"all\"");
    world.file_of_home("config/plans/moa.toml", &plan);
    fake
}

fn types(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["type"].as_str()).collect()
}

#[test]
fn an_aggregator_is_refused_a_call_on_every_wire_and_the_best_ranked_proposal_stands() {
    let wires = [
        ("openai-chat", "/v1"),
        ("openai-responses", "/v1"),
        ("anthropic", ""),
        ("gemini", ""),
        ("ollama", ""),
        ("openrouter", "/v1"),
        ("deepseek", ""),
        ("yandex", "/v1"),
        ("gigachat", "/v1"),
    ];
    for (kind, base) in wires {
        let world = World::new().with_env("LAB_KEY", "sk-lab-4242424242424242");
        let calls = Reply::calls(&[("c1", "run", TOUCH)], 300, 10);
        let fake = serve(&world, kind, base, calls);
        let out = world.plyrum(["ask", "--plan", "moa", "-o", "stream-json", "Where is tea from?"]).run();
        let lines = out.lines();
        let refused: Vec<&Value> = lines.iter().filter(|line| line["type"] == "tool.refused").collect();
        let [refused] = refused.as_slice() else { panic!("{kind}: {out}") };
        assert_eq!((&refused["step"], &refused["tool"]), (&"answer".into(), &"run".into()), "{kind}");
        let acted = ["tool.proposed", "tool.started", "tool.finished", "approval.requested"];
        assert!(types(&lines).iter().all(|told| !acted.contains(told)), "{kind}: {out}");
        let result = lines.last().unwrap();
        assert_eq!(
            (&result["answer"], &result["status"]),
            (&PROPOSALS[0].1.into(), &"degraded".into()),
            "{kind}: {out}"
        );
        assert!(!world.beside("work/was-here").exists(), "{kind}: it was done");
        let sent = fake.requests();
        let offers = sent.iter().filter(|request| {
            serde_json::from_slice::<Value>(&request.body)
                .is_ok_and(|body| ["tools", "functions"].iter().any(|field| body.get(field).is_some()))
        });
        assert_eq!(offers.count(), 0, "{kind}: a tool was offered");
        world.is_sound();
    }
}

#[test]
fn a_refused_call_is_told_to_who_waits_and_recorded() {
    let world = World::new().with_env("LAB_KEY", "sk-lab-4242424242424242");
    let step = Step::Call { index: 0, id: "c1".into(), name: "run".into(), arguments: TOUCH.into() };
    let says = Reply::sse().text("Let me look.").step(step).finish("tool_calls").usage(300, 10).done();
    let _fake = serve(&world, "openai-chat", "/v1", says);
    let out = world.plyrum(["ask", "--plan", "moa", "Where is tea from?"]).run();
    out.ok();
    assert!(out.stdout.ends_with(&format!("{}\n", PROPOSALS[0].1)), "{out}");
    assert!(
        out.stderr.contains("answer called the tool run, which it was not offered: nothing was done"),
        "{out}"
    );
    let russian = world.plyrum(["ask", "--plan", "moa", "Откуда чай?"]).env("PLYRUM_LANG", "ru").run();
    assert!(russian.stderr.contains("шаг answer вызвал инструмент run, которого ему не давали"), "{russian}");
    world.plyrum(["daemon", "stop"]).run().ok();
    let records = world.json(["audit", "search", "--json", "--kind", "tool.decided"]);
    let body = &records[0]["body"];
    assert_eq!(
        (&body["tool"], &body["verdict"], &body["by"], &body["reason"]),
        (&"run".into(), &"denied".into(), &"engine".into(), &"it was not offered".into()),
        "{records}"
    );
    assert!(!world.beside("work/was-here").exists());
}
