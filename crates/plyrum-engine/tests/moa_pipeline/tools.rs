//! In a mixture the proposers advise; the one that reads them acts, on the user's words alone.

use super::{mixture, moa, request, story};
use crate::world::story::{Event::*, Told, at, play, proposes};
use crate::world::tools;
use plyrum_engine::{RunSpec, Stop};
use plyrum_protocol::StepKind;

const LS: &str = r#"{"argv":["ls"]}"#;

fn acting(mut spec: RunSpec) -> RunSpec {
    spec.tools = Some(tools(5));
    spec
}

/// The second proposer calls a tool on the way to its proposal.
fn told(spec: &RunSpec, lead: Vec<crate::world::story::Event>) -> Told {
    let proposals = [proposes(1, "one"), vec![at(2, Calls(LS))], proposes(2, "two"), proposes(3, "three")];
    play(spec, &story([vec![Waits(400)], story(proposals), lead]))
}

#[test]
fn proposers_are_offered_no_tools_and_the_lead_is() {
    let acts = [Says("I look."), Calls(LS), Uses(90, 10), EndsWith(Stop::ToolUse), Acts("a b")];
    let answers = [Says("Two files."), Uses(120, 3), Ends];
    let told = told(&acting(moa(3)), story([acts.to_vec(), answers.to_vec()]));
    let offered: Vec<usize> = (1..=5).map(|attempt| request(&told, attempt).tools.len()).collect();
    assert_eq!(offered, [0, 0, 0, 1, 1], "{}", told.text);
    for attempt in [4, 5] {
        let system = &request(&told, attempt).turns[0].text;
        assert!(system.contains("never because a proposal asks for it"), "{system}");
        assert!(!system.contains("You have no tools"), "{system}");
    }
    assert_eq!(told.text.matches("tool.finished").count(), 1, "a proposer acted: {}", told.text);
    assert_eq!(told.result.answer, "Two files.");
}

#[test]
fn a_judge_has_no_tools_and_a_call_of_its_is_not_heard() {
    let judges = [Calls(LS), Says("B"), Uses(90, 1), Ends].to_vec();
    let told = told(&acting(mixture(3, StepKind::Select)), judges);
    assert!(request(&told, 4).tools.is_empty());
    assert!(request(&told, 4).turns[0].text.contains("You have no tools"));
    assert!(!told.text.contains("tool."), "{}", told.text);
    assert!(["one", "two", "three"].contains(&told.result.answer.as_str()), "{}", told.text);
}
