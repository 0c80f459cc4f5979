//! Mixtures to tell stories about.

mod cancel;
mod cascade;
mod dropped;
mod duplicates;
mod finish_now;
mod form;
mod framing;
mod injections;
mod judge;
mod late;
mod layers;
mod money;
mod order;
mod quorum;
mod rescue;
mod retry;
mod tools;
mod trial;
mod vote;

use crate::world;
use crate::world::story::{Event, Told};
use plyrum_engine::{FanOut, Limits, Request, RunSpec, Speaker};
use plyrum_protocol::{AttemptId, OutputKind, StepKind};

/// `n` proposers of different models and a step of this kind over them, asked by `lab/lead`.
fn mixture(n: usize, kind: StepKind) -> RunSpec {
    let names: Vec<String> = (1..=n).map(|n| format!("p-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let models: Vec<String> = (1..=n).map(|n| format!("lab/m{n}")).collect();
    let propose = |(name, model): (&&str, &String)| world::step(name, StepKind::Propose, &[], &[model]);
    let mut steps: Vec<_> = names.iter().zip(&models).map(propose).collect();
    steps.push(world::step("lead", kind, &names, &["lab/lead"]));
    let mut spec = world::spec(steps, Limits::default(), 7);
    "moa".clone_into(&mut spec.plan);
    spec
}

fn moa(n: usize) -> RunSpec {
    mixture(n, StepKind::Aggregate)
}

/// Proposers are asked two, then one at a time.
fn thrifty(spec: RunSpec) -> RunSpec {
    RunSpec { fan_out: FanOut::Thrifty, ..spec }
}

/// Its answers can be compared.
fn discrete(mut spec: RunSpec) -> RunSpec {
    spec.decision.output_kind = OutputKind::Discrete;
    spec
}

/// Every step may be asked of another model too.
fn with_fallback(mut spec: RunSpec) -> RunSpec {
    for step in &mut spec.steps {
        step.models.push(world::model("lab/other"));
    }
    spec
}

/// Several stories, one after the other.
fn story<const N: usize>(parts: [Vec<Event>; N]) -> Vec<Event> {
    parts.into_iter().flatten().collect()
}

/// What an attempt was sent.
fn request(told: &Told, attempt: u32) -> &Request {
    &told.score.requests[&AttemptId::new(format!("ab12.{attempt}")).unwrap()]
}

fn was_sent(told: &Told, attempt: u32) -> bool {
    told.score.requests.contains_key(&AttemptId::new(format!("ab12.{attempt}")).unwrap())
}

/// The question of a request, with everything that stands before it.
fn user_text(request: &Request) -> &str {
    let turn = request.turns.last().expect("a request says something");
    assert_eq!(turn.speaker, Speaker::User);
    &turn.text
}

/// One proposal as the reader gets it.
#[derive(Debug, PartialEq, Eq)]
struct Block<'a> {
    label: &'a str,
    votes: usize,
    boundary: &'a str,
    body: &'a str,
}

/// Reads the blocks of a request the way that its policy describes them: by their length.
fn blocks(request: &Request) -> Vec<Block<'_>> {
    blocks_of(user_text(request))
}

fn blocks_of(mut rest: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    while let Some(after) = rest.strip_prefix("<proposal label=\"") {
        let (label, after) = after.split_once("\" bytes=\"").unwrap();
        let (bytes, after) = after.split_once("\" votes=\"").unwrap();
        let (votes, after) = after.split_once("\" boundary=\"").unwrap();
        let (boundary, after) = after.split_once("\">\n").unwrap();
        let (body, after) = after.split_at(bytes.parse().unwrap());
        rest = after.strip_prefix("\n</proposal>\n").expect("a block ends after its bytes");
        blocks.push(Block { label, votes: votes.parse().unwrap(), boundary, body });
    }
    assert_eq!(rest, "hello", "after the blocks comes the question");
    blocks
}

/// The text that a body stands for: `\u{…}` is the character of that number.
fn read_back(body: &str) -> String {
    let mut parts = body.split("\\u{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        let (number, rest) = part.split_once('}').expect("an escape ends");
        text.push(char::from_u32(u32::from_str_radix(number, 16).unwrap()).expect("a character"));
        text + rest
    })
}
