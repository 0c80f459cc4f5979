//! Without the full sandbox no command is confirmed by a policy alone, and that is said; file tools are.

use super::{acting, ask, frames, frames_of, id, question, run, run_of, text, turn, write};

#[test]
fn auto_confirm_without_a_sandbox_asks_for_every_command() {
    let script = turn("", &[&write("a.txt", "x"), &run(&["ls"])]) + "[[turn]]\ntext = \"Готово.\"\n";
    let world = acting(&script).with_env("PLYRUM_SANDBOX", "none");
    let parked = ask(&world, "--approve workspace --defer");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("x"), "file tools need no sandbox");
    let asked = question(&world);
    assert_eq!(asked["action"]["argv"][0], "ls");
    assert!(asked["why"].as_str().unwrap().contains("full sandbox"), "{asked}");
    world.plyrum(["approve", id(&asked)]).run().ok();
    let frames = frames(&world, &run_of(&parked));
    assert_eq!(frames_of(&frames, "tool.started")[1]["sandbox"], "none");
    assert!(frames_of(&frames, "tool.finished")[1]["text"].as_str().unwrap().contains("a.txt"));
    let doctor = world.json(["doctor", "--json"]);
    let sandbox =
        doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "sandbox").unwrap();
    assert!(sandbox["detail"].as_str().unwrap().starts_with("none: "), "{sandbox}");
}
