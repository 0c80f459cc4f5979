//! In a mixture the proposers advise; the one that reads them acts, on the user's words alone.

use super::{mixture, moa, request, story};
use crate::world::story::{Event::*, Told, at, play, proposes};
use crate::world::{self, tools};
use plyrum_engine::{Effect, Input, Limits, ModelCall, RunSpec, Stop};
use plyrum_protocol::{AttemptId, FrameBody, RunStatus, StepKind, Timestamp};

const LS: &str = r#"{"argv":["ls"]}"#;

fn acting(mut spec: RunSpec) -> RunSpec {
    spec.tools = Some(tools(5));
    spec
}

/// The second proposer calls a tool on the way to its proposal.
fn told(spec: &RunSpec, lead: Vec<world::story::Event>) -> Told {
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
    assert!(told.text.contains("tool.refused 2 run"), "{}", told.text);
    assert_eq!(told.result.answer, "Two files.");
}

#[test]
fn a_judge_has_no_tools_and_a_call_of_its_is_refused() {
    let judges = [Calls(LS), Says("B"), Uses(90, 1), Ends].to_vec();
    let told = told(&acting(mixture(3, StepKind::Select)), judges);
    assert!(request(&told, 4).tools.is_empty());
    assert!(request(&told, 4).turns[0].text.contains("You have no tools"));
    assert!(told.text.contains("tool.refused 4 run"), "{}", told.text);
    assert!(!told.text.contains("tool.proposed") && !told.text.contains("tool.finished"), "{}", told.text);
    assert!(["one", "two", "three"].contains(&told.result.answer.as_str()), "{}", told.text);
}

#[test]
fn an_aggregator_that_calls_a_tool_is_refused_and_the_best_ranked_proposal_stands() {
    let stops = [Stop::EndTurn, Stop::ToolUse, Stop::Other("tool_calls".to_owned())];
    for stop in stops {
        for says in [Some("Let me look."), None] {
            let said = says.map(Says).into_iter();
            let calls = said.chain([Calls(LS), Calls(LS), Uses(90, 1), EndsWith(stop.clone())]).collect();
            let told = told(&moa(3), calls);
            assert!(request(&told, 4).tools.is_empty());
            assert_eq!(told.text.matches("tool.refused 4 run").count(), 1, "told once: {}", told.text);
            assert!(
                !told.text.contains("tool.proposed") && !told.text.contains("tool.finished"),
                "{}",
                told.text
            );
            assert_eq!(
                (told.result.answer.as_str(), told.result.status, told.result.model.as_str()),
                ("one", RunStatus::Degraded, "lab/m1"),
                "{stop:?} {says:?}: {}",
                told.text
            );
            assert_eq!(told.score.shown_answer(), "one", "what it had said is replaced");
            assert_eq!(told.result.attempts.len(), 4, "and booked");
        }
    }
}

#[test]
fn the_name_of_a_refused_tool_is_told_as_far_as_it_is_one() {
    let call = |name: String| {
        let id = "x1".to_owned();
        Input::Call {
            attempt: AttemptId::new("ab12.1").unwrap(),
            call: ModelCall { id, name, arguments: "{}".to_owned() },
        }
    };
    let (mut run, _) = world::start(world::spec(world::direct(&["lab/m1"]), Limits::default(), 7));
    let now = Timestamp::from_millis(1_000_000);
    run.apply(now, Input::Held { batch: 1 });
    let effects = run.apply(now, call("инструмент".repeat(1_000)));
    let [Effect::Emit(frame)] = effects.as_slice() else { panic!("{effects:?}") };
    let FrameBody::ToolRefused { tool, .. } = &frame.body else { panic!("{frame:?}") };
    assert!(tool.len() <= 64 && tool.starts_with("инструмент"), "{tool}");
    assert_eq!(run.apply(now, call("another".to_owned())), [], "a stream of them is told once");
}
