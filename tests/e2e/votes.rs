//! A vote shows its work: who gave which answer, as it was read, and what that counts.

use crate::mixtures::config;
use crate::world::{FakeProvider, Reply, Script, World};

const PROMPT: &str = "Anna has 6 bags with 7 apples in each. How many apples is that?";

/// Three models with the same price that answer in their own ways.
fn world(answers: [&str; 3]) -> (World, FakeProvider) {
    let script =
        ["one", "two", "three"].iter().zip(answers).fold(Script::new(), |script, (model, answer)| {
            script.for_model(model, Reply::answer(answer, 100, 10))
        });
    let script = script.for_model("lead", Reply::answer("Answer: 42", 100, 10));
    let (world, fake) = (World::new(), FakeProvider::spawn(script));
    world.config(&config(&format!("kind = \"openai-chat\"\nbase_url = \"{}\"", fake.base_url())));
    (world, fake)
}

#[test]
fn who_said_what_is_told_while_it_runs_and_afterwards() {
    let (world, _fake) = world(["6 times 7.\nAnswer: 42 apples", "Answer: 41", "There are 42 of them."]);
    let out = world.plyrum(["ask", "-v", "--plan", "vote", PROMPT]).run();
    assert!(out.ok().contains("Answer: 42 apples"), "{out}");
    let votes = "votes: 42 apples: propose-1, propose-3; 41: propose-2";
    assert!(out.stderr.contains(votes), "{}", out.stderr);
    let told = world.json(["explain", "last", "--json"]);
    let counted = &told["votes"][0];
    assert_eq!(
        (&counted["settles"], &counted["groups"][1]["answer"]),
        (&true.into(), &"41".into()),
        "{told}"
    );
    assert_eq!(counted["groups"][0]["votes"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&told["decision"]["output_kind"], &told["decision"]["language"]),
        (&"discrete".into(), &"en".into())
    );
    let text = world.plyrum(["explain"]).run();
    for line in [
        "read as ",
        "this plan: plan_requested",
        "votes counted by answer:\n    42 apples: propose-1, propose-3\n    41: propose-2\n",
    ] {
        assert!(text.ok().contains(line), "{line}\n{text}");
    }
    let russian = world.plyrum(["explain"]).env("PLYRUM_LANG", "ru").run();
    assert!(russian.ok().contains("голоса, подсчёт шага answer:"), "{russian}");
    world.is_sound();
}

#[test]
fn a_cascade_tells_why_it_went_on() {
    let (world, fake) = world(["Answer: 42 km", "Answer: 42 miles", "never asked"]);
    let out = world.plyrum(["ask", "-v", "--plan", "cascade", PROMPT]).run();
    assert!(out.stderr.contains("no two agree"), "{}\n{}", out.ok(), out.stderr);
    let told = world.json(["explain", "last", "--json"]);
    assert_eq!(told["votes"][0]["settles"], false, "{told}");
    assert_eq!(fake.requests().len(), 3, "the strong one is asked, too");
    world.is_sound();
}

#[test]
fn a_cascade_that_would_save_nothing_asks_the_strongest_alone() {
    let (world, fake) =
        (World::new(), FakeProvider::spawn(Script::new().always(Reply::answer("42", 100, 10))));
    let lines = config(&format!("kind = \"openai-chat\"\nbase_url = \"{}\"", fake.base_url()));
    let (before, good) = lines.split_once("[models.\"lab/one\"]\n").unwrap();
    let good = good.replacen("input = \"100\", output = \"400\"", "input = \"10\", output = \"40\"", 1);
    let known = format!("{before}[models.\"lab/one\"]\nquality = 900\n{good}")
        .replace("[models.\"lab/two\"]\n", "[models.\"lab/two\"]\nquality = 880\n")
        .replace("[models.\"lab/three\"]\n", "[models.\"lab/three\"]\nquality = 870\n");
    world.config(&known);
    assert_eq!(world.json(["route", "--json", "--plan", "cascade", PROMPT])["plan"], "direct");
    let out = world.plyrum(["ask", "--plan", "cascade", PROMPT]).run();
    assert_eq!(out.ok(), "42\n");
    assert!(
        out.stderr.contains("a cascade would save nothing here") && out.stderr.contains("lab/one"),
        "{out}"
    );
    assert_eq!(fake.requests().len(), 1, "{out}");
    world.is_sound();
}
