//! Of all who have a say, the strictest counts.

use super::{acting, ask, frames, frames_of, id, question, run_of, text, turn, write};
use crate::world::eventually;
use std::fs;

const END: &str = "[[turn]]\ntext = \"Готово.\"\n";

#[test]
fn auto_confirm_by_a_lax_policy_asks_as_soon_as_a_client_with_a_strict_one_looks() {
    let slow = "[[turn]]\ntext = \"Сейчас, сейчас, сейчас, сейчас, сейчас, сейчас.\"\nchunk_bytes = 8\ndelay_ms = 300\n";
    let first = turn("", &[&write("a.txt", "x")]);
    let second = slow.to_owned() + "tool_calls = [" + &write("b.txt", "y") + "]\n";
    let world = acting(&(first + &second + END));
    let out = ask(&world, "--approve workspace --detach --defer");
    let run = run_of(&out);
    eventually("the first is confirmed by the policy", || text(&world, "a.txt").is_some());
    let watching = world.plyrum(["runs", "attach", &run, "-o", "stream-json", "--approve", "ask"]).start();
    let asked = question(&world);
    assert_eq!(asked["action"]["changes"][0]["path"], "b.txt", "{asked}");
    world.plyrum(["approve", id(&asked)]).run().ok();
    let frames = watching.finish().lines();
    let requested = frames_of(&frames, "approval.requested");
    assert_eq!(requested.last().unwrap()["ruling"]["policy"], "ask");
    assert_eq!(text(&world, "b.txt").as_deref(), Some("y"));
}

#[test]
fn auto_confirm_is_narrowed_by_a_project_and_never_widened() {
    let world = acting(&(turn("", &[&write("a.txt", "x")]) + END));
    fs::create_dir(world.beside("work/.plyrum")).unwrap();
    world.file(".plyrum/config.toml", "policy = \"read-only\"\n");
    let out = ask(&world, "--approve workspace");
    assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (5, Some("approval_needed")), "{out}");
    assert_eq!(text(&world, "a.txt"), None);

    let world = acting(&(turn("", &[&write("a.txt", "x")]) + END));
    fs::create_dir(world.beside("work/.plyrum")).unwrap();
    let rule = |verdict| {
        format!("[[rule]]\ntool = \"write\"\npath = \"**\"\nverdict = \"{verdict}\"\nwhy = \"ours\"\n")
    };
    world.file(".plyrum/policy.toml", rule("allow"));
    let out = ask(&world, "--approve ask");
    assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (3, Some("config")), "{out}");
    world.file(".plyrum/policy.toml", rule("deny"));
    let out = ask(&world, "--approve workspace");
    out.ok();
    let frames = frames(&world, &run_of(&out));
    assert_eq!(frames_of(&frames, "tool.finished")[0]["outcome"], "denied");
    assert_eq!(text(&world, "a.txt"), None);
}
