//! Nobody is there to be asked: the run ends at once and says what would have allowed it; it never hangs.

use super::{
    acting, acting_in_a_sandbox, ask, frames, frames_of, records, run, run_of, text, told, turn, write,
};

#[test]
fn auto_confirm_headless_ends_at_once_and_names_the_rule_that_would_allow_it() {
    let world = acting(&turn("I write.", &[&write("a.txt", "x"), &write("b.txt", "y")]));
    let out = ask(&world, "");
    assert_eq!(out.code, 5, "{out}");
    let result = out.json();
    assert_eq!(
        (result["status"].as_str(), result["error"]["kind"].as_str()),
        (Some("failed"), Some("approval_needed"))
    );
    let message = result["error"]["message"].as_str().unwrap();
    assert!(message.contains("write a.txt") && message.contains("plyrum policy add"), "{message}");
    assert!(result["error"]["hint"].as_str().unwrap().contains("--defer"), "{result}");
    assert_eq!(result["answer"], "I write.");
    assert_eq!((text(&world, "a.txt"), text(&world, "b.txt")), (None, None));
    let run = run_of(&out);
    assert_eq!(records(&world, &run, "tool.decided")[0]["verdict"], "deny");
    assert!(records(&world, &run, "tool.executed").is_empty());
    assert!(records(&world, &run, "approval").is_empty());
    world.is_sound();
}

#[test]
fn auto_confirm_headless_tells_the_model_of_a_denial_by_a_rule_and_goes_on() {
    let script =
        turn("", &[&write(".git/hooks/pre-commit", "x"), &write("../x", "y"), &write("ok.txt", "z")])
            + "[[turn]]\ntext = \"Сделано.\"\n";
    let world = acting(&script);
    let out = ask(&world, "--approve workspace");
    out.ok();
    assert_eq!(out.json()["answer"], "Сделано.");
    assert_eq!(text(&world, "ok.txt").as_deref(), Some("z"));
    let frames = frames(&world, &run_of(&out));
    let ends: Vec<_> =
        frames_of(&frames, "tool.finished").iter().map(|f| f["outcome"].as_str().unwrap()).collect();
    assert_eq!(ends, ["denied", "denied", "ok"], "{:?}", told(&frames));
    assert!(!world.beside("x").exists());
}

#[test]
fn auto_confirm_under_ci_denies_what_would_be_asked_and_the_run_goes_on() {
    let script = turn("", &[&run(&["curl", "https://example.org"]), &run(&["ls"])])
        + "[[turn]]\ntext = \"Ну ладно.\"\n";
    let Some(world) = acting_in_a_sandbox(&script) else { return };
    let out = ask(&world, "--approve ci");
    out.ok();
    let frames = frames(&world, &run_of(&out));
    let ends: Vec<_> =
        frames_of(&frames, "tool.finished").iter().map(|f| f["outcome"].as_str().unwrap()).collect();
    assert_eq!(ends, ["denied", "ok"]);
    assert!(frames_of(&frames, "approval.requested").is_empty());
}

#[test]
fn auto_confirm_of_a_policy_that_is_not_there_runs_nothing() {
    let world = acting(&turn("", &[&write("a", "b")]));
    let out = ask(&world, "--approve wrkspace");
    assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (2, Some("not_found")), "{out}");
    assert!(out.json()["error"]["hint"].as_str().unwrap().contains("workspace"), "{out}");
}

#[test]
fn auto_confirm_of_calls_that_do_not_fit_tells_the_model_once_and_then_fails() {
    let broken = "{ name = \"run\", arguments = \"{\" }";
    let script = turn("", &[broken]) + &turn("", &[&write("a.txt", "x")]) + "[[turn]]\ntext = \"Так.\"\n";
    let world = acting(&script);
    let out = ask(&world, "--approve workspace");
    out.ok();
    assert!(told(&frames(&world, &run_of(&out)))[0].contains("no JSON"));
    let world = acting(&(turn("", &[broken]) + &turn("", &["{ name = \"no_such_tool\" }"])));
    let out = ask(&world, "--approve workspace");
    assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (1, Some("failed")), "{out}");
    world.is_sound();
}

#[test]
fn auto_confirm_stops_a_model_that_runs_in_circles_and_one_that_never_ends() {
    let same = turn("", &[&write("a.txt", "x")]);
    let out = ask(&acting(&same.repeat(9)), "--approve workspace");
    assert_eq!(out.code, 1, "{out}");
    assert!(out.json()["error"]["message"].as_str().unwrap().contains("again and again"), "{out}");
    let turns: String = (0..4).map(|n| turn("", &[&write("a.txt", &n.to_string())])).collect();
    let world = acting(&turns);
    let out = ask(&world, "--approve workspace --max-turns 2");
    assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (9, Some("turn_limit")), "{out}");
    assert_eq!(text(&world, "a.txt").as_deref(), Some("1"), "two turns were carried out");
}

#[test]
fn auto_confirm_in_plan_mode_carries_out_nothing_that_changes_anything_whatever_the_model_calls() {
    let script = turn(
        "",
        &[
            &write("a.txt", "x"),
            &run(&["touch", "b.txt"]),
            "{ name = \"list_dir\", arguments = { path = \".\" } }",
        ],
    ) + "[[turn]]\ntext = \"План.\"\n";
    let world = acting(&script);
    let out = ask(&world, "--plan-mode --approve workspace");
    out.ok();
    let frames = frames(&world, &run_of(&out));
    let ends: Vec<_> =
        frames_of(&frames, "tool.finished").iter().map(|f| f["outcome"].as_str().unwrap()).collect();
    assert_eq!(ends, ["denied", "denied", "ok"], "{:?}", told(&frames));
    assert_eq!((text(&world, "a.txt"), text(&world, "b.txt")), (None, None));
}

#[test]
fn auto_confirm_where_the_workspace_holds_plyrums_own_files_is_refused() {
    let world = acting(&turn("", &[&write("home/config/policies/rules.toml", "x")]));
    let line = "cd .. && \"$PLYRUM\" ask -m offline/script --json --approve workspace сделай";
    let out = world.sh(line).run();
    assert_eq!((out.code, out.json()["error"]["kind"].as_str()), (3, Some("config")), "{out}");
    assert!(!world.home().join("config/policies/rules.toml").exists());
}

#[test]
fn auto_confirm_of_a_search_tells_nothing_of_files_that_hold_secrets() {
    let script = turn("", &["{ name = \"search\", arguments = { pattern = \"hunter\" } }"])
        + "[[turn]]\ntext = \"Так.\"\n";
    let world = acting(&script);
    world.file(".env", "S=hunter2xyz");
    world.file("a.txt", "hunter is a word");
    let out = ask(&world, "--approve read-only");
    out.ok();
    let frames = frames(&world, &run_of(&out));
    assert!(
        told(&frames)[0].contains("a.txt")
            && told(&frames)[0].contains("1 files or folders that usually hold secrets")
    );
    assert!(!told(&frames)[0].contains("hunter2xyz"), "{:?}", told(&frames));
}

/// Each thing that goes wrong ends in a state that the model is told of, and the run goes on.
#[test]
fn auto_confirm_of_what_cannot_work_tells_the_model_and_goes_on() {
    let read = |path: &str| format!("{{ name = \"read_file\", arguments = {{ path = \"{path}\" }} }}");
    let timed = "{ name = \"run\", arguments = { argv = [\"sleep\", \"20.0617\"], timeout_s = 1 } }";
    let patch = "{ name = \"apply_patch\", arguments = { patch = \"*** Begin Patch\\n*** Update File: a.txt\\n@@\\n-b\\n+c\\n*** End Patch\\n\" } }";
    let script = turn("", &[&read("missing"), &read("binary"), &read("../beside"), &read("link"), patch])
        + &turn("", &[&run(&["no-such-program"]), timed, &run(&["yes", "so-0617"])])
        + "[[turn]]\ntext = \"Так.\"\n";
    let Some(world) = acting_in_a_sandbox(&script) else { return };
    for words in ["no-such-program", "sleep 20.0617", "yes so-0617"] {
        world.sh(&format!("\"$PLYRUM\" policy add --verdict allow --why mine -- {words}")).run().ok();
    }
    world.file("a.txt", "a\n");
    world.file("binary", b"\x7fELF\0\0\0");
    std::os::unix::fs::symlink("/etc/passwd", world.beside("work/link")).unwrap();
    std::fs::write(world.beside("beside"), "beside").unwrap();
    let out = ask(&world, "--approve workspace");
    out.ok();
    let frames = frames(&world, &run_of(&out));
    let ends: Vec<_> =
        frames_of(&frames, "tool.finished").iter().map(|f| f["outcome"].as_str().unwrap()).collect();
    assert_eq!(
        ends,
        ["failed", "ok", "denied", "denied", "failed", "failed", "stopped", "stopped"],
        "{:#?}",
        told(&frames)
    );
    for (told, says) in told(&frames).iter().zip([
        "missing",
        "binary",
        "../beside",
        "link",
        "hunk 1",
        "was not found",
        "its time was over",
        "too much output",
    ]) {
        assert!(told.contains(says), "{says}: {told}");
    }
    assert_eq!(text(&world, "a.txt").as_deref(), Some("a\n"));
    let living = world.sh("pgrep -f '[s]leep 20.0617|[y]es so-0617'").run();
    assert_eq!(living.code, 1, "something of it runs on: {living}");
    world.is_sound();
}
