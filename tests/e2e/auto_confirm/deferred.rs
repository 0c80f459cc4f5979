//! `--defer`: the run parks, and goes on by the first answer, from any terminal.

use super::{
    acting, acting_with, ask, frames, frames_of, id, question, records, run_of, text, told, turn, write,
};
use serde_json::Value;
use std::fs;

const END: &str = "[[turn]]\ntext = \"Готово.\"\n";

fn parked(world: &crate::world::World) -> (String, Value) {
    let out = ask(world, "--defer");
    assert_eq!((out.code, out.json()["status"].as_str()), (5, Some("parked")), "{out}");
    assert_eq!(out.json()["error"]["kind"], "parked");
    (run_of(&out), question(world))
}

#[test]
fn auto_confirm_defer_parks_until_somebody_approves_exactly_what_was_shown() {
    let world = acting(&(turn("Пишу.", &[&write("a.txt", "содержание\n")]) + END));
    let (run, asked) = parked(&world);
    assert_eq!((asked["run"].as_str(), asked["tool"].as_str()), (Some(run.as_str()), Some("write_file")));
    let change = &asked["action"]["changes"][0];
    assert!(change["path"] == "a.txt" && change["diff"].as_str().unwrap().contains("+содержание"), "{asked}");
    assert_eq!(world.json(["runs", "list", "--json"])[0]["status"], "parked");
    let shown = world.plyrum(["approvals", "list"]).run();
    assert!(shown.ok().contains("+содержание") && shown.stdout.contains(asked["sha256"].as_str().unwrap()));
    assert_eq!(text(&world, "a.txt"), None);

    world.plyrum(["approve", id(&asked)]).run().ok();
    let frames = frames(&world, &run);
    assert_eq!(frames.last().unwrap()["result"]["answer"], "Готово.");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("содержание\n"));
    let started = frames_of(&frames, "tool.started");
    assert_eq!(started[0]["approval"], asked["approval"]);
    let again = world.plyrum(["deny", id(&asked)]).run();
    assert!(again.code == 1 && again.stderr.contains("answered before"), "the first answer counts: {again}");
    world.plyrum(["approve", id(&asked)]).run().ok(); // it says the same
    let decided = records(&world, &run, "tool.decided");
    assert_eq!(decided[0]["approval"], asked["approval"]);
    assert!(decided[0]["by"].as_str().unwrap().starts_with("plyrum approve"), "{decided:?}");
    assert_eq!(records(&world, &run, "approval").len(), 3, "requested, resolved, executed");
    world.is_sound();
}

#[test]
fn auto_confirm_defer_tells_the_model_why_not_and_goes_on_or_ends() {
    let script = turn("", &[&write("a.txt", "x")])
        + "[[turn]]\nmatch_tool = \"не этот файл\"\ntext = \"Понял.\"\n"
        + &turn("", &[&write("a.txt", "x")]);
    let world = acting(&script);
    let (run, asked) = parked(&world);
    assert_eq!(id(&asked), id(&question(&world)));
    world.plyrum(["deny", "last", "--reason", "не этот файл"]).run().ok();
    assert_eq!(frames(&world, &run).last().unwrap()["result"]["answer"], "Понял.");

    let (run, asked) = parked(&world);
    world.plyrum(["deny", id(&asked), "--end"]).run().ok();
    let result = frames(&world, &run).last().unwrap()["result"].clone();
    assert_eq!(result["error"]["kind"], "approval_denied", "{result}");
    assert_eq!(text(&world, "a.txt"), None);
    world.is_sound();
}

#[test]
fn auto_confirm_defer_holds_the_default_when_nobody_answers() {
    let script = turn("", &[&write("a.txt", "x")])
        + "[[turn]]\nmatch_tool = \"in time\"\ntext = \"Никто не ответил.\"\n";
    let world = acting_with(&script, "[defaults]\ndeferred_seconds = 1");
    let (run, asked) = parked(&world);
    let result = frames(&world, &run).last().unwrap()["result"].clone();
    assert_eq!(result["answer"], "Никто не ответил.", "{result}");
    let late = world.plyrum(["approve", id(&asked)]).run();
    assert!(late.code == 1 && late.stderr.contains("expired"), "{late}");
    assert_eq!(text(&world, "a.txt"), None);
    let all = world.json(["approvals", "list", "--all", "--json"]);
    assert_eq!(all[0]["status"], "expired", "{all}");
}

#[test]
fn auto_confirm_defer_does_not_overwrite_what_changed_since_it_was_asked() {
    let world = acting(&(turn("", &[&write("a.txt", "of the model")]) + END));
    world.file("a.txt", "as it was");
    let (run, asked) = parked(&world);
    fs::write(world.beside("work/a.txt"), "of somebody else").unwrap();
    world.plyrum(["approve", id(&asked)]).run().ok();
    let frames = frames(&world, &run);
    assert!(told(&frames)[0].contains("files changed"), "{:?}", told(&frames));
    assert_eq!(text(&world, "a.txt").as_deref(), Some("of somebody else"));
    assert!(records(&world, &run, "tool.executed").is_empty());
    assert!(records(&world, &run, "approval.executed").is_empty());
}

#[test]
fn auto_confirm_defer_executes_once_however_many_approve_at_once() {
    let world = acting(&(turn("", &[&write("a.txt", "x")]) + END));
    let (run, asked) = parked(&world);
    let approvers: Vec<_> = (0..12).map(|_| world.plyrum(["approve", id(&asked)]).start()).collect();
    for approver in approvers {
        approver.finish().ok();
    }
    let frames = frames(&world, &run);
    assert_eq!(frames_of(&frames, "tool.started").len(), 1);
    assert_eq!(frames_of(&frames, "approval.resolved").len(), 1);
    let kinds = records(&world, &run, "approval").len();
    assert_eq!(kinds, 3, "requested, resolved, executed: each once");
    assert_eq!(records(&world, &run, "tool.executed").len(), 1);
}

#[test]
fn auto_confirm_defer_of_a_cancelled_run_leaves_no_question() {
    let world = acting(&turn("", &[&write("a.txt", "x")]));
    let (run, asked) = parked(&world);
    world.plyrum(["runs", "cancel", &run]).run().ok();
    let result = frames(&world, &run).last().unwrap()["result"].clone();
    assert_eq!(result["status"], "cancelled", "{result}");
    let late = world.plyrum(["approve", id(&asked)]).run();
    assert_eq!(late.code, 1, "{late}");
    assert_eq!(text(&world, "a.txt"), None);
    world.is_sound();
}
