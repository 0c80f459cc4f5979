//! The daemon ends, or is killed, in the middle of a question or of an action.

use super::{
    acting, acting_in_a_sandbox, ask, frames, frames_of, id, question, records, run, run_of, text, turn,
    write,
};
use crate::world::{World, eventually};

const END: &str = "[[turn]]\ntext = \"Готово.\"\n";

/// The daemon goes, in this way.
#[track_caller]
fn end(world: &World, how: &str) {
    if how == "kill" {
        assert!(world.kill_daemon());
    } else {
        world.plyrum(["daemon", how]).run().ok();
    }
}

#[test]
fn auto_confirm_restart_in_the_middle_of_an_approval_loses_nothing() {
    for how in ["kill", "stop", "drain"] {
        // The next daemon plays its script from the beginning, so it has only what is to come.
        let world = acting(&turn("Пишу.", &[&write("a.txt", "x")]));
        let parked = ask(&world, "--defer");
        let (run, asked) = (run_of(&parked), question(&world));
        end(&world, how);
        eventually("the daemon is gone", || world.daemons().is_empty());
        std::fs::write(world.beside("script.toml"), END).unwrap();
        assert_eq!(question(&world)["approval"], asked["approval"], "{how}: it still waits");
        world.plyrum(["approve", id(&asked)]).run().ok();
        let frames = frames(&world, &run);
        let result = &frames.last().unwrap()["result"];
        assert_eq!(
            (result["status"].as_str(), result["answer"].as_str()),
            (Some("succeeded"), Some("Готово.")),
            "{how}: {result}"
        );
        let seqs: Vec<u64> = frames.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
        assert!(seqs.iter().zip(1..).all(|(seq, n)| *seq == n), "{how}: {seqs:?}");
        assert_eq!(frames_of(&frames, "run.finished").len(), 1, "{how}");
        assert_eq!(text(&world, "a.txt").as_deref(), Some("x"), "{how}");
        assert_eq!(
            result["attempts"].as_array().unwrap().len(),
            2,
            "{how}: what it did before is in the result"
        );
        assert_eq!(records(&world, &run, "approval").len(), 3, "{how}");
        world.plyrum(["ledger", "reconcile"]).run().ok();
        world.is_sound();
    }
}

#[test]
fn auto_confirm_answered_while_no_daemon_runs_or_as_it_dies_is_carried_out_once_or_not_at_all() {
    let Some(world) = acting_in_a_sandbox(&(turn("", &[&run(&["sleep", "30.0417"])]) + END)) else { return };
    let parked = ask(&world, "--defer");
    let (run, asked) = (run_of(&parked), question(&world));
    world.plyrum(["approve", id(&asked)]).run().ok();
    eventually("the command runs", || world.sh("pgrep -f '^sleep 30.0417$'").run().code == 0);
    assert!(world.kill_daemon());
    eventually("nothing of it runs on", || world.sh("pgrep -f '^sleep 30.0417$'").run().code != 0);
    let result = frames(&world, &run).last().unwrap()["result"].clone();
    assert_eq!(result["status"], "interrupted", "what had begun is not begun again: {result}");
    assert_eq!(records(&world, &run, "approval.executed").len(), 1);
    let executed = records(&world, &run, "tool.executed");
    assert_eq!(executed[0]["outcome"], "interrupted", "it began, and its end is not known: {executed:?}");
    assert_eq!(executed.len(), 1);
    world.is_sound();
}

#[test]
fn auto_confirm_cancelled_in_the_middle_ends_the_command_and_its_children() {
    let Some(world) = acting_in_a_sandbox(&turn("", &[&run(&["sh", "-c", "sleep 31.0417 & sleep 32.0417"])]))
    else {
        return;
    };
    let parked = ask(&world, "--defer");
    let (run, asked) = (run_of(&parked), question(&world));
    world.plyrum(["approve", id(&asked)]).run().ok();
    eventually("the command runs", || world.sh("pgrep -f '^sleep 32.0417$'").run().code == 0);
    world.plyrum(["runs", "cancel", &run]).run().ok();
    let frames = frames(&world, &run);
    assert_eq!(frames.last().unwrap()["result"]["status"], "cancelled");
    assert_eq!(frames_of(&frames, "tool.finished")[0]["outcome"], "stopped");
    assert_ne!(world.sh("pgrep -f '^sleep 3[12].0417$'").run().code, 0, "something of it runs on");
    world.is_sound();
}
