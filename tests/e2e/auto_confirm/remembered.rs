//! Answers that hold for longer: a rule for the workspace, or for the conversation.

use super::{acting_in_a_sandbox, ask, frames, id, question, records, run, run_of, turn};
use std::fs;

/// Each run of the script calls the same command and says that it is done.
fn again_and_again() -> String {
    (turn("", &[&run(&["python3", "-c", "print(1)"])])
        + "[[turn]]\nmatch_tool = \"exit code\"\ntext = \"Да.\"\n")
        .repeat(6)
}

fn script_file() -> String {
    (turn("", &[&run(&["python3", "tool.py"])]) + "[[turn]]\nmatch_tool = \"exit code\"\ntext = \"Да.\"\n")
        .repeat(6)
}

#[test]
fn auto_confirm_remembers_an_answer_always_as_a_rule_of_this_workspace() {
    let Some(world) = acting_in_a_sandbox(&script_file()) else { return };
    world.file("tool.py", "print('привет')\n");
    let parked = ask(&world, "--approve workspace --defer");
    let asked = question(&world);
    assert!(asked["rule"].as_str().unwrap().contains("tool.py"), "{asked}");
    let approved = world.plyrum(["approve", id(&asked), "--always"]).run();
    assert!(approved.ok().starts_with("approved") && approved.stderr.contains("rules.toml"), "{approved}");
    frames(&world, &run_of(&parked));
    let out = ask(&world, "--approve workspace");
    out.ok();
    let decided = records(&world, &run_of(&out), "tool.decided");
    assert!(decided[0]["file"].as_str().unwrap().ends_with("rules.toml"), "{decided:?}");
    assert_eq!((decided[0]["by"].as_str(), decided[0]["line"].as_u64()), (Some("policy"), Some(1)));

    fs::create_dir(world.beside("work/other")).unwrap();
    fs::create_dir(world.beside("work/other/.git")).unwrap();
    let elsewhere = "cd other && \"$PLYRUM\" ask -m offline/script --json --approve workspace 'сделай'";
    assert_eq!(world.sh(elsewhere).run().code, 5, "another workspace is still asked");

    world.plyrum(["policy", "remove", "1"]).run().ok();
    assert_eq!(ask(&world, "--approve workspace").code, 5, "what is taken back is asked again");
}

#[test]
fn auto_confirm_remembers_an_answer_in_its_conversation_only() {
    let Some(world) = acting_in_a_sandbox(&script_file()) else { return };
    world.file("tool.py", "print('привет')\n");
    let parked = ask(&world, "--approve workspace --defer");
    let asked = question(&world);
    world.plyrum(["approve", id(&asked), "--session"]).run().ok();
    let frames = frames(&world, &run_of(&parked));
    let session = frames[0]["session"].as_str().unwrap();
    ask(&world, &format!("--approve workspace -s {session}")).ok();
    assert_eq!(ask(&world, "--approve workspace").code, 5, "another conversation is still asked");
}

#[test]
fn auto_confirm_cannot_remember_what_is_asked_every_time() {
    let Some(world) = acting_in_a_sandbox(&again_and_again()) else { return };
    ask(&world, "--approve workspace --defer");
    let asked = question(&world);
    assert!(asked["rule"].is_null(), "{asked}");
    let refused = world.plyrum(["approve", id(&asked), "--always"]).run();
    assert!(refused.code == 2 && refused.stderr.contains("approves it once"), "{refused}");
    assert_eq!(question(&world)["status"], "pending", "a refused answer is none");
    world.plyrum(["approve", id(&asked)]).run().ok();
}
