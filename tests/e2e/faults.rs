//! What providers do wrong, what is asked again, what it costs and which exit code it is.

use crate::world::{FakeProvider, Out, Reply, Script, World, lab_config};
use serde_json::Value;
use std::net::TcpListener;

fn error(status: u16, message: &str) -> Reply {
    Reply::error(status, &format!(r#"{{"error":{{"message":"{message}"}}}}"#)).header("retry-after-ms", "0")
}

fn ask(world: &World) -> Out {
    world.plyrum(["ask", "Hello there"]).run()
}

/// Outcome, cost and error of each attempt of the last run.
fn attempts(world: &World) -> Vec<(Value, i64, Value)> {
    let explained = world.json(["explain", "last", "--json"]);
    let row = |a: &Value| (a["outcome"].clone(), a["cost_micro_rub"].as_i64().unwrap(), a["error"].clone());
    explained["attempts"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn a_busy_provider_is_asked_again_and_only_what_was_used_is_charged() {
    let world = World::new();
    let script = Script::new().then(error(503, "come back later")).then(Reply::answer("Here I am.", 100, 10));
    let fake = world.lab(script);
    let out = ask(&world);
    out.answers("Here I am.");
    // At once or in a moment: chance decides.
    assert!(out.stderr.contains("notice: asking ") && out.stderr.contains("come back later"), "{out}");
    assert_eq!(fake.requests().len(), 2);
    // 100 × 3.00 + 10 × 15.00 = 450 micro-USD; × 80.1234 = 36 055.53; upward.
    let rows = attempts(&world);
    assert_eq!(rows[0], ("failed".into(), 0, "provider_unavailable".into()));
    assert_eq!(rows[1], ("ok".into(), 36_056, Value::Null));
    assert_eq!(rows.len(), 2);
    let total = &world.json(["usage", "--json"])["total"];
    assert_eq!(
        (&total["runs"], &total["attempts"], &total["cost_micro_rub"]),
        (&1.into(), &2.into(), &36_056.into())
    );
    assert_eq!(world.json(["explain", "--json"])["attempts"][1]["retry"]["try"], 2);
    world.is_sound();
}

#[test]
fn what_a_provider_refuses_is_not_asked_again() {
    let table = [
        (400, 1, "provider_rejected"),
        (401, 3, "auth"),
        (402, 6, "provider_quota"),
        (403, 3, "auth"),
        (404, 1, "provider_rejected"),
        (413, 1, "context_too_long"),
        (422, 1, "provider_rejected"),
    ];
    let world = World::new();
    let script =
        table.iter().fold(Script::new(), |script, (status, _, _)| script.then(error(*status, "because")));
    let fake = world.lab(script);
    for (nth, (status, exit, kind)) in table.into_iter().enumerate() {
        let out = world.plyrum(["ask", "--json", "Hello there"]).run();
        out.fails_telling(exit, ["because", "hint: ", &status.to_string()]);
        assert_eq!(out.json()["error"]["kind"], kind, "{status}");
        assert_eq!(fake.requests().len(), nth + 1, "{status} was asked again");
    }
    assert_eq!(world.json(["usage", "--json"])["total"]["cost_micro_rub"], 0);
    world.is_sound();
}

#[test]
fn what_may_pass_is_tried_three_times_and_then_given_up() {
    let world = World::new();
    let fake = world.lab(Script::new().always(error(429, "too many questions")));
    ask(&world).fails_telling(4, ["too many questions", "hint: "]);
    assert_eq!(fake.requests().len(), 3);
    assert_eq!(attempts(&world).len(), 3);
    assert_eq!(world.json(["usage", "--json"])["total"]["cost_micro_rub"], 0);
    world.is_sound();
}

#[test]
fn a_wish_to_wait_too_long_is_told_and_not_waited_for() {
    let world = World::new();
    let reply = Reply::error(429, r#"{"error":{"message":"slow down"}}"#).header("retry-after", "3600");
    let fake = world.lab(Script::new().always(reply));
    ask(&world).fails_telling(4, ["slow down", "3600 s"]);
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_port_that_refuses_is_exit_4_with_the_address() {
    let world = World::new();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.config(&lab_config(&format!("http://{address}/v1"), "", ""));
    ask(&world).fails_telling(4, ["hint: ", &address.to_string()]);
    assert_eq!(world.json(["usage", "--json"])["total"]["cost_micro_rub"], 0);
    world.is_sound();
}

#[test]
fn a_name_that_does_not_resolve_is_exit_4() {
    let world = World::new();
    world.config(&lab_config("http://no-such-host.invalid/v1", "", ""));
    ask(&world).fails_telling(4, ["no-such-host.invalid"]);
    world.is_sound();
}

#[test]
fn a_stream_that_breaks_off_keeps_its_text_and_is_estimated_and_flagged() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::sse().text("Half an answer is ").text("better.").fin()));
    let out = ask(&world);
    out.fails_telling(4, ["broke off"]);
    assert_eq!(out.stdout, "Half an answer is better.\n");
    assert_eq!(fake.requests().len(), 1, "what was shown is never asked again");
    let attempt = &world.json(["explain", "--json"])["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["usage"]["quality"]), (&"cut".into(), &"estimated".into()));
    assert_eq!((&attempt["review"], &attempt["recomputes"]), (&true.into(), &true.into()));
    assert!(attempt["cost_micro_rub"].as_i64().unwrap() > 0);
    world.is_sound();
}

#[test]
fn a_stream_that_breaks_off_after_its_usage_is_charged_as_reported() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::sse().text("All of it.").usage(100, 10).reset()));
    ask(&world);
    assert_eq!(world.json(["explain", "--json"])["attempts"][0]["cost_micro_rub"], 36_056);
    world.is_sound();
}

#[test]
fn a_connection_that_breaks_before_a_word_is_asked_again() {
    let world = World::new();
    let fake =
        world.lab(Script::new().then(Reply::sse().reset()).then(Reply::answer("Second time.", 100, 10)));
    ask(&world).answers("Second time.");
    assert_eq!(fake.requests().len(), 2);
    world.is_sound();
}

#[test]
fn an_answer_without_a_word_is_a_failure_and_not_an_empty_success() {
    let world = World::new();
    let _fake = world.lab(Script::new().always(Reply::sse().end(100, 0)));
    let out = ask(&world);
    out.fails(1);
    assert_eq!(out.stdout, "");
    // 100 × 3.00 = 300 micro-USD; × 80.1234 = 24 037.02; upward: the prompt was read and is charged.
    assert_eq!(world.json(["explain", "--json"])["cost_micro_rub"], 24_038);
}

#[test]
fn garbage_instead_of_a_stream_is_exit_4() {
    let world = World::new();
    let page = Reply::json("<html>Welcome to the hotel</html>").header("content-type", "text/html");
    let _fake = world.lab(Script::new().always(page));
    ask(&world).fails(4);
    world.is_sound();
}

#[test]
fn an_answer_cut_by_its_limit_is_degraded_and_exit_0() {
    let world = World::new();
    let _fake = world
        .lab(Script::new().always(Reply::sse().text("As far as it").finish("length").usage(9, 4).done()));
    let out = ask(&world);
    out.answers("As far as it");
    assert_eq!(world.only_run()["status"], "degraded");
}

#[test]
fn a_model_that_does_not_answer_in_time_is_exit_9_and_hung_up_on() {
    let world = World::new();
    let fake = world.lab(Script::new().always(Reply::sse().text("Well, I think\n").gate("never")));
    let out = world.plyrum(["ask", "--timeout", "1s", "Hello there"]).run();
    out.fails_telling(9, ["--timeout"]);
    assert!(out.stdout.starts_with("Well, I"), "{out}");
    fake.wait_for_hangups_blocking(1);
    assert_eq!(world.only_run()["status"], "failed");
    world.is_sound();
}

#[test]
fn a_fallback_answers_and_says_so() {
    let world = World::new();
    let script = Script::new()
        .for_model("fast-1", error(400, "out of order"))
        .for_model("slow-1", Reply::answer("From the other.", 9, 3));
    let fake = FakeProvider::spawn(script);
    let other = "[models.\"lab/slow\"]\nprovider = \"lab\"\nname = \"slow-1\"\ncontext_tokens = 128000\n\
                 max_output_tokens = 1000\nprice = { currency = \"USD\", input = \"3.00\", output = \"15.00\" }";
    let config = lab_config(&fake.base_url(), "", other)
        .replace("name = \"fast-1\"", "name = \"fast-1\"\nfallback = [\"lab/slow\"]");
    world.config(&config);
    let out = ask(&world);
    out.answers("From the other.");
    assert!(out.stderr.contains("lab/slow"), "{out}");
    assert_eq!(world.json(["runs", "show", "--json"])["model"], "lab/slow");
    world.is_sound();
}
