//! The corpus of bypasses and of everyday commands, judged by the binary itself, in one process.

use super::project::{CLASSES, COMMANDS, lay_out, members};
use crate::world::World;
use std::fs;

/// Verdicts of a policy on commands, in order.
#[track_caller]
fn verdicts(world: &World, policy: &str, commands: &[String]) -> Vec<String> {
    let lines: String =
        commands.iter().map(|command| serde_json::json!(command).to_string() + "\n").collect();
    let judged = world.plyrum(["policy", "test", "--policy", policy, "--batch"]).stdin(lines).run();
    judged.ok();
    judged.lines().iter().map(|verdict| verdict["verdict"].as_str().unwrap().to_owned()).collect()
}

fn project() -> World {
    let world = World::new();
    fs::create_dir(world.beside("work/project")).unwrap();
    lay_out(&world.beside("work/project"));
    // The folder itself is the workspace: what the layout puts beside it lies outside.
    for entry in fs::read_dir(world.beside("work/project")).unwrap() {
        let entry = entry.unwrap();
        fs::rename(entry.path(), world.beside("work").join(entry.file_name())).unwrap();
    }
    fs::rename(world.beside("work/secret.txt"), world.beside("secret.txt")).unwrap();
    fs::remove_dir(world.beside("work/project")).unwrap();
    world
}

#[test]
fn auto_confirm_allows_no_member_of_any_class_of_bypass() {
    let world = project();
    let of_class = |(class, templates, fillings): &(&'static str, &[&str], &[&str])| {
        members(templates, fillings).into_iter().map(|member| (*class, member)).collect::<Vec<_>>()
    };
    let (classes, commands): (Vec<_>, Vec<_>) = CLASSES.iter().flat_map(of_class).unzip();
    for policy in ["workspace", "read-only", "ci", "ask"] {
        let verdicts = verdicts(&world, policy, &commands);
        assert_eq!(verdicts.len(), commands.len());
        let judged = classes.iter().zip(&commands).zip(&verdicts);
        let allowed: Vec<_> = judged.filter(|(_, verdict)| *verdict == "allow").collect();
        assert!(allowed.is_empty(), "under {policy}: {allowed:?}");
        let denies = policy == "ci";
        assert!(verdicts.iter().all(|verdict| (verdict == "deny") || !denies), "under ci nothing is asked");
    }
    assert!(CLASSES.len() >= 40 && commands.len() >= 400, "{} members", commands.len());
}

#[test]
fn auto_confirm_allows_nine_of_ten_everyday_commands() {
    let world = project();
    let commands: Vec<String> = COMMANDS.iter().map(|command| (*command).to_owned()).collect();
    let verdicts = verdicts(&world, "workspace", &commands);
    let allowed = verdicts.iter().filter(|verdict| *verdict == "allow").count();
    assert!(commands.len() >= 150 && allowed * 10 >= commands.len() * 9, "{allowed} of {}", commands.len());
    assert!(verdicts_are_all(&world, "ask", &commands, "ask"));
}

fn verdicts_are_all(world: &World, policy: &str, commands: &[String], verdict: &str) -> bool {
    verdicts(world, policy, commands).iter().all(|found| found == verdict)
}
