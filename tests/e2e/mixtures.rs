//! Several models, one answer: killed, cancelled and followed in every phase, with its money exact.

use crate::world::{FakeProvider, Reply, Script, World};
use nix::sys::signal::Signal;

/// Where a run is held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Every proposer has said its first words.
    Proposing,
    /// One proposal is whole, the others are not.
    FirstProposal,
    /// The answer has begun.
    Aggregating,
}

const PHASES: [Phase; 3] = [Phase::Proposing, Phase::FirstProposal, Phase::Aggregating];
const PROPOSALS: [(&str, &str); 3] = [
    ("one", "Tea was first grown in the hills of the south west."),
    ("two", "A drink of leaves, brought along by merchants and monks."),
    ("three", "It began as a medicine and became a habit of whole nations."),
];

fn script(held_up: Option<Phase>) -> Script {
    let script = PROPOSALS.iter().fold(Script::new(), |script, (model, text)| {
        let (first, rest) = text.split_once(' ').unwrap();
        let gated = match held_up {
            Some(Phase::Proposing) => true,
            Some(Phase::FirstProposal) => *model != "one",
            Some(Phase::Aggregating) | None => false,
        };
        let reply = Reply::sse().text(first);
        let reply = if gated { reply.gate("rest") } else { reply };
        script.for_model(model, reply.text(&format!(" {rest}")).end(100, 20))
    });
    let answer = Reply::sse().text("Tea came ");
    let answer = if held_up == Some(Phase::Aggregating) { answer.gate("rest") } else { answer };
    script.for_model("lead", answer.text("from the hills.").end(300, 10))
}

pub(crate) fn mixture(world: &World, held_up: Option<Phase>) -> FakeProvider {
    mixture_of(world, script(held_up))
}

/// The models of the mixture at a provider of these lines.
pub(crate) fn config(provider: &str) -> String {
    let models: String = ["one", "two", "three", "lead"]
        .iter()
        .map(|name| {
            format!(
                "[models.\"lab/{name}\"]\nprovider = \"lab\"\nname = \"{name}\"\ncontext_tokens = 100000\n\
                 max_output_tokens = 500\nprice = {{ currency = \"RUB\", input = \"100\", output = \"400\" }}\n"
            )
        })
        .collect::<Vec<_>>()
        .concat();
    format!(
        "[providers.lab]\n{provider}\n{models}\
         [moa]\nproposers = [\"lab/one\", \"lab/two\", \"lab/three\"]\naggregator = \"lab/lead\"\n"
    )
}

fn mixture_of(world: &World, script: Script) -> FakeProvider {
    let fake = FakeProvider::spawn(script);
    world.config(&config(&format!("kind = \"openai-chat\"\nbase_url = \"{}\"", fake.base_url())));
    let plan = include_str!("../../config/plans/moa.toml").replace("fan_out = \"fast\"", "quorum = \"all\"");
    world.file_of_home("config/plans/moa.toml", &plan);
    fake
}

/// Waits until the run stands where it is held up.
fn wait_in(phase: Phase, fake: &FakeProvider) {
    fake.wait_for_requests_blocking(if phase == Phase::Aggregating { 4 } else { 3 });
    fake.wait_at_gate_blocking("rest");
}

/// Σ attempts = run = usage = account, and nothing is held.
fn books_agree(world: &World) {
    world.is_sound();
    let cost = world.only_run()["cost_micro_rub"].as_i64().unwrap();
    let explained = world.json(["explain", "last", "--json"]);
    let attempts = explained["attempts"].as_array().unwrap();
    assert_eq!(attempts.iter().filter_map(|a| a["cost_micro_rub"].as_i64()).sum::<i64>(), cost);
    assert_eq!(world.json(["usage", "--json"])["total"]["cost_micro_rub"], cost);
    let balance = world.json(["balance", "show", "--json"]);
    assert_eq!(
        (balance["posted_micro_rub"].as_i64(), balance["held_micro_rub"].as_i64()),
        (Some(-cost), Some(0))
    );
}

#[test]
fn three_proposals_become_one_answer_with_an_exact_price() {
    let world = World::new();
    let _fake = mixture(&world, None);
    let result = world.json(["ask", "--json", "--plan", "moa", "Where is tea from?"]);
    assert_eq!(
        (&result["answer"], &result["status"]),
        (&"Tea came from the hills.".into(), &"succeeded".into())
    );
    // Three proposals of 100 × 100 + 20 × 400, and an answer of 300 × 100 + 10 × 400, per million tokens.
    assert_eq!(result["cost_micro_rub"], 3 * 18_000 + 34_000);
    assert_eq!(result["extra_over_direct_micro_rub"], 2 * 18_000 + 34_000);
    let role = |role: &str| {
        let rows = world.json(["usage", "--by", "role", "--json"]);
        let row = rows["rows"].as_array().unwrap().iter().find(|row| row["key"] == role).cloned();
        row.unwrap()["cost_micro_rub"].as_i64().unwrap()
    };
    assert_eq!((role("proposer"), role("aggregator")), (54_000, 34_000));
    books_agree(&world);
}

#[test]
fn a_mixture_killed_in_any_phase_is_interrupted_and_resolved() {
    for phase in PHASES {
        let world = World::new();
        let fake = mixture(&world, Some(phase));
        let running = world.plyrum(["ask", "--plan", "moa", "Where is tea from?"]).start();
        wait_in(phase, &fake);
        assert!(world.kill_daemon());
        running.finish().fails(1);
        world.plyrum(["daemon", "start"]).run().ok();
        assert_eq!(world.only_run()["status"], "interrupted", "{phase:?}");
        books_agree(&world);
        let sent = if phase == Phase::Aggregating { 4 } else { 3 };
        assert_eq!(fake.requests().len(), sent, "{phase:?}: nothing is sent again");
    }
}

#[test]
fn a_mixture_cancelled_in_any_phase_hangs_up_and_books_what_it_used() {
    for phase in PHASES {
        let world = World::new();
        let fake = mixture(&world, Some(phase));
        let running = world.plyrum(["ask", "--plan", "moa", "Where is tea from?"]).start();
        wait_in(phase, &fake);
        running.signal(Signal::SIGINT);
        running.finish().fails(130);
        assert_eq!(world.only_run()["status"], "cancelled", "{phase:?}");
        books_agree(&world);
    }
}

#[test]
fn a_mixture_whose_client_dies_in_any_phase_is_cancelled() {
    for phase in PHASES {
        let world = World::new();
        let fake = mixture(&world, Some(phase));
        let running = world.plyrum(["ask", "--plan", "moa", "Where is tea from?"]).start();
        wait_in(phase, &fake);
        running.signal(Signal::SIGKILL);
        drop(running.finish());
        fake.wait_for_hangups_blocking(1);
        crate::world::eventually("the run ends", || world.only_run()["status"] != "running");
        assert_eq!(world.only_run()["status"], "cancelled", "{phase:?}");
        books_agree(&world);
    }
}

#[test]
fn a_second_client_in_the_middle_sees_what_it_missed_then_what_comes() {
    let world = World::new();
    let fake = mixture(&world, Some(Phase::Aggregating));
    world.plyrum(["ask", "--detach", "--plan", "moa", "Where is tea from?"]).run().ok();
    wait_in(Phase::Aggregating, &fake);
    let followers = [0, 1].map(|_| world.plyrum(["runs", "attach", "last"]).start());
    for follower in &followers {
        follower.wait_for("Tea came ");
    }
    fake.release("rest");
    for follower in followers {
        let frames = follower.finish().lines();
        let numbers: Vec<u64> = frames.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
        assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
        let answer = frames.iter().filter(|f| f["type"] == "delta" && f["channel"] == "answer");
        let answer: String = answer.filter_map(|f| f["text"].as_str()).collect();
        assert_eq!(answer, "Tea came from the hills.");
        assert_eq!(frames.last().unwrap()["type"], "run.finished");
    }
}

#[test]
fn finishing_now_answers_with_what_is_there() {
    let world = World::new();
    let fake = mixture(&world, Some(Phase::FirstProposal));
    let running = world.plyrum(["ask", "--json", "--plan", "moa", "Where is tea from?"]).start();
    wait_in(Phase::FirstProposal, &fake);
    crate::world::eventually("one proposal is whole", || {
        world.json(["usage", "--json"])["total"]["attempts"] == 1
    });
    world.plyrum(["runs", "finish", "last"]).run().ok();
    let result = running.finish().json();
    assert_eq!(result["status"], "degraded", "{result}");
    assert_eq!(result["answer"], PROPOSALS[0].1);
    books_agree(&world);
}

#[test]
fn a_proposer_that_stalls_is_dropped_and_the_rest_is_answered() {
    let world = World::new();
    let script = PROPOSALS.iter().fold(Script::new(), |script, (model, text)| {
        let reply = if *model == "two" { Reply::sse().text("Well, ").gate("rest") } else { Reply::sse() };
        script.for_model(model, reply.text(text).end(100, 20))
    });
    let script = script.for_model("lead", Reply::sse().text("Tea came from the hills.").end(300, 10));
    let fake = mixture_of(&world, script);
    let running = world.plyrum(["ask", "--json", "--plan", "moa", "Where is tea from?"]).start();
    fake.wait_at_gate_blocking("rest");
    crate::world::eventually("two proposals are whole", || {
        world.json(["usage", "--json"])["total"]["attempts"] == 2
    });
    let drops = |step: &str| world.plyrum(["runs", "drop", "last", step]).run();
    drops("nobody").fails_telling(2, ["waits for no proposal `nobody`", "still to come: propose-2"]);
    drops("propose-1").fails_telling(2, ["waits for no proposal `propose-1`"]); // it is there
    drops("propose-2").ok();
    let result = running.finish().json();
    fake.wait_for_hangups_blocking(1);
    assert_eq!(
        (&result["status"], &result["answer"]),
        (&"succeeded".into(), &"Tea came from the hills.".into())
    );
    books_agree(&world);
    assert_eq!(fake.requests().len(), 4, "nothing is asked again");
    let attempts = result["attempts"].as_array().unwrap();
    let cost = |n: usize| attempts[n]["cost_micro_rub"].as_i64().unwrap();
    assert_eq!((cost(0), cost(2), cost(3)), (18_000, 18_000, 34_000));
    assert_eq!(attempts[1]["outcome"], "cancelled");
    // A question of so many bytes and two words, by estimate; no more than was held for it.
    assert!((1..200_000).contains(&cost(1)), "{attempts:?}");
    drops("propose-2").fails_telling(2, ["no living run `last`"]);
    world.plyrum(["daemon", "stop"]).run().ok();
    let records = world.json(["audit", "search", "--json", "--kind", "run.step_dropped"]);
    assert_eq!(records.as_array().unwrap().len(), 1, "{records}");
    assert_eq!(
        (&records[0]["body"]["step"], &records[0]["body"]["by"]),
        (&"propose-2".into(), &"client".into())
    );
}
