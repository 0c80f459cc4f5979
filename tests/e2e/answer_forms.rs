//! `--schema`: the answer is JSON that fits, asked for natively and in words, repaired once, or the run fails with it.

use crate::auto_confirm::{acting, turn};
use crate::world::{Reply, Script, World, conforms};
use serde_json::{Value, json};

const SCHEMA: &str = r#"{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"age":{"type":"integer"}}}"#;
const ADA: &str = r#"{"name": "Ada", "age": 36}"#;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn world_with_schema() -> World {
    let world = World::new();
    world.file("person.json", SCHEMA);
    world
}

/// The messages of a request, each with who says it.
fn messages(request: &Value) -> Vec<(&str, &str)> {
    let messages = request["messages"].as_array().unwrap();
    messages.iter().map(|m| (m["role"].as_str().unwrap(), m["content"].as_str().unwrap())).collect()
}

#[test]
fn an_answer_that_fits_is_printed_as_json_and_given_as_data() {
    let world = world_with_schema();
    let fake = world.lab(Script::new().always(Reply::answer(&format!("```json\n{ADA}\n```"), 60, 12)));
    let out = world.plyrum(["ask", "--schema", "person.json", "Who?"]).run();
    assert_eq!(out.ok(), format!("{ADA}\n"));
    let sent = fake.requests()[0].json();
    let format = json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": schema() } });
    assert_eq!(sent["response_format"], format, "the wire's own field");
    let (_, asked) = *messages(&sent).last().unwrap();
    assert!(asked.starts_with("Who?\n\n") && asked.contains(&schema().to_string()), "{asked}");

    let result = world.json(["ask", "--schema", "person.json", "--json", "Who?"]);
    conforms("result", &result);
    assert_eq!(
        (&result["structured"], &result["answer"]),
        (&json!({ "name": "Ada", "age": 36 }), &ADA.into())
    );
    let lines = world.plyrum(["ask", "--schema", "person.json", "-o", "stream-json", "Who?"]).run().lines();
    let finished = lines.iter().find(|line| line["type"] == "run.finished").unwrap();
    assert_eq!(finished["result"]["structured"], lines.last().unwrap()["structured"]);
    assert_eq!(finished["result"]["structured"]["name"], "Ada");

    let plain = world.json(["ask", "--json", "Who?"]);
    assert_eq!(plain["structured"], Value::Null);
    assert_eq!(fake.requests()[3].json().get("response_format"), None, "a run without a schema is as it was");
    world.is_sound();
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_again_and_only_the_second_is_printed() {
    let world = world_with_schema();
    let first = Reply::answer(r#"{"age": "36"}"#, 60, 12);
    let fake = world.lab(
        Script::new()
            .then(first.clone())
            .then(Reply::answer(ADA, 90, 12))
            .then(first)
            .then(Reply::answer(ADA, 90, 12)),
    );
    let out = world.plyrum(["ask", "--schema", "person.json", "Who?"]).run();
    assert_eq!(out.ok(), format!("{ADA}\n"));
    assert!(
        out.stderr.contains("asking once more: the answer does not fit the schema: \"name\" is"),
        "{out}"
    );
    let repair = fake.requests()[1].json();
    let messages = messages(&repair);
    let [.., (_, prompt), (said_by, said), (asked_by, asked)] = messages.as_slice() else {
        panic!("{repair}")
    };
    assert!(prompt.starts_with("Who?\n\n"));
    assert_eq!((*said_by, *said, *asked_by), ("assistant", r#"{"age": "36"}"#, "user"));
    assert!(asked.contains("\"name\" is a required property"), "{asked}");
    assert!(repair.get("response_format").is_some());

    let russian = world.plyrum(["ask", "--schema", "person.json", "Кто?"]).env("PLYRUM_LANG", "ru").run();
    assert!(russian.stderr.contains("ещё один запрос: ответ не подходит к схеме: "), "{russian}");
    let explained = world.json(["explain", "last", "--json"]);
    let costs =
        explained["attempts"].as_array().unwrap().iter().map(|a| a["cost_micro_rub"].as_i64().unwrap());
    let costs: Vec<i64> = costs.collect();
    assert!(costs.len() == 2 && costs.iter().all(|cost| *cost > 0), "{explained}");
    world.is_sound();
}

#[test]
fn an_answer_that_never_fits_ends_with_8_and_is_kept() {
    let world = world_with_schema();
    let _fake = world.lab(Script::new().always(Reply::answer("Ada, I think.", 60, 5)));
    let out = world.plyrum(["ask", "--schema", "person.json", "Who?"]).run();
    out.fails_telling(8, ["the answer does not fit the schema: it is not JSON alone", "loosen the schema"]);
    assert_eq!(out.stdout, "", "what does not fit is no answer");
    let out = world.plyrum(["ask", "--schema", "person.json", "--json", "Who?"]).run();
    let result = out.json();
    assert_eq!((out.code, result["error"]["kind"].as_str()), (8, Some("schema_not_met")), "{out}");
    assert_eq!((&result["answer"], &result["structured"]), (&"Ada, I think.".into(), &Value::Null));
    assert_eq!(result["attempts"].as_array().unwrap().len(), 2);
    world.is_sound();
}

#[test]
fn of_several_samples_the_one_that_fits_is_taken_unmodified_and_no_judge_is_paid() {
    let world = world_with_schema();
    let misses = || Reply::answer("It is Ada, I think.", 60, 5);
    let other = || Reply::answer(r#"{"age": 36}"#, 60, 5);
    let script = Script::new().then(misses()).then(Reply::answer(ADA, 60, 12)).then(other());
    let fake = world.lab(script);
    let plan = include_str!("../../config/plans/best-of-n.toml");
    world.file_of_home("config/plans/best-of-n.toml", &format!("quorum = \"all\"\n{plan}"));
    let args = ["ask", "--plan", "best-of-n", "--schema", "person.json", "-o", "stream-json", "Who?"];
    let lines = world.plyrum(args).run().lines();
    let result = lines.last().unwrap();
    assert_eq!((&result["answer"], &result["status"]), (&ADA.into(), &"succeeded".into()), "{result}");
    assert_eq!(result["structured"]["name"], "Ada");
    let unfit: Vec<&Value> = lines.iter().filter(|line| line["type"] == "proposal.unfit").collect();
    assert_eq!(unfit.len(), 2, "{lines:?}");
    assert_eq!(fake.requests().len(), 3, "nobody has to choose");
    for request in fake.requests() {
        let sent = request.json();
        assert!(messages(&sent).last().unwrap().1.contains(&schema().to_string()), "{sent}");
    }
    world.is_sound();
}

#[test]
fn a_schema_that_is_none_is_refused_before_anything_is_sent() {
    let world = World::new();
    let fake = world.lab(Script::new());
    world.file("bad.json", r#"{"type":"objekt"}"#);
    world.file("far.json", r#"{"$ref":"https://example.com/person.json"}"#);
    for (file, why) in
        [("bad.json", "no JSON Schema"), ("far.json", "only references within"), ("no.json", "cannot read")]
    {
        world.plyrum(["ask", "--schema", file, "Who?"]).run().fails_telling(2, [file, why]);
    }
    world.plyrum(["ask", "--schema", "bad.json", "-x", "Who?"]).run().fails(2);
    assert_eq!(fake.requests().len(), 0);
    assert!(world.daemons().is_empty(), "nobody was even asked");
}

#[test]
fn a_dry_run_counts_the_schema_and_asks_nobody() {
    let world = world_with_schema();
    let fake = world.lab(Script::new());
    let price = |plan: Value| plan["price_high_micro_rub"].as_i64().unwrap();
    let without = price(world.json(["ask", "--dry-run", "--json", "Who?"]));
    let with = price(world.json(["ask", "--dry-run", "--json", "--schema", "person.json", "Who?"]));
    assert!(with > without, "{with} and {without}");
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_conversation_goes_on_with_the_json_and_without_the_words_about_it() {
    let world = world_with_schema();
    let fake = world.lab(
        Script::new()
            .then(Reply::answer(&format!("```\n{ADA}\n```"), 60, 12))
            .then(Reply::answer("36.", 60, 2)),
    );
    world.plyrum(["ask", "--schema", "person.json", "Who?"]).run().ok();
    world.plyrum(["ask", "-c", "How old?"]).run().ok();
    let sent = fake.requests()[1].json();
    let told = messages(&sent);
    let [.., asked, answered, now] = told.as_slice() else { panic!("{sent}") };
    assert_eq!([*asked, *answered, *now], [("user", "Who?"), ("assistant", ADA), ("user", "How old?")]);
}

#[test]
fn only_the_answer_after_the_tools_has_to_fit_also_where_the_run_was_parked() {
    let write = r#"{ name = "write_file", arguments = { path = "a.txt", content = "x" } }"#;
    let end = |when: &str, text: &str| format!("[[turn]]\n{when}\ntext = '{text}'\n");
    let repaired = end("match = \"Your answer does not fit\"", ADA);
    let world = acting(&(repaired + &end("match_tool = \"created\"", "[]") + &turn("I write.", &[write])));
    world.file("person.json", SCHEMA);
    let ask = "\"$PLYRUM\" ask -m offline/script --schema person.json --defer --json Write.";
    let parked = world.sh(ask).run();
    assert_eq!((parked.code, parked.json()["status"].as_str()), (5, Some("parked")), "{parked}");
    assert!(world.kill_daemon(), "the run is kept, and goes on in another daemon");
    let asked = world.json(["approvals", "list", "--json"]);
    world.plyrum(["approve", asked[0]["approval"].as_str().unwrap()]).run().ok();
    let run = parked.json()["run"].as_str().unwrap().to_owned();
    let frames = world.plyrum(["runs", "attach", &run, "-o", "stream-json"]).run().lines();
    let result = &frames.last().unwrap()["result"];
    assert_eq!(
        (&result["status"], &result["structured"]["name"]),
        (&"succeeded".into(), &"Ada".into()),
        "{result}"
    );
    assert!(frames.iter().any(|f| f["type"] == "attempt.retried"), "it was repaired on the way");
}

#[test]
fn a_typed_command_answers_to_no_schema() {
    let world = world_with_schema();
    let out = world.plyrum(["ask", "-m", "offline/shell", "--schema", "person.json", "ls"]).run();
    out.fails_telling(2, ["answers to no schema", "leave --schema away"]);
}
