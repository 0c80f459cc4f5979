//! Homes that cannot be used, and disks that are full: an error with its reason, and nothing lost.

use crate::world::{Reply, Script, World, skipped};
use nix::unistd::Uid;
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// Fills the disk under this home; removing the file frees it.
fn fill(home: &Path) -> std::path::PathBuf {
    let ballast = home.join("ballast");
    let mut file = File::create(&ballast).unwrap();
    for size in [64 * 1024, 4096, 1] {
        let block = vec![0_u8; size];
        while file.write_all(&block).is_ok() {}
    }
    ballast
}

fn talking() -> Script {
    Script::new()
        .then(Reply::sse().text("The first line of it.\n").gate("rest").text("The rest.").end(100, 10))
        .always(Reply::answer("There is room again.", 100, 10))
}

#[test]
fn a_home_that_is_a_symbolic_link_is_refused() {
    let world = World::new();
    fs::create_dir(world.beside("real")).unwrap();
    symlink(world.beside("real"), world.home()).unwrap();
    for args in [["ask", "Hello there"], ["daemon", "start"], ["usage", "--json"]] {
        world.plyrum(args).run().fails_telling(3, ["symbolic link", "hint: "]);
    }
    assert_eq!(fs::read_dir(world.beside("real")).unwrap().count(), 0, "nothing is written through it");
}

#[test]
fn a_home_that_others_can_write_is_refused() {
    let world = World::new();
    fs::create_dir(world.home()).unwrap();
    fs::set_permissions(world.home(), Permissions::from_mode(0o777)).unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["writable by others", "chmod"]);
    fs::set_permissions(world.home(), Permissions::from_mode(0o700)).unwrap();
    world.plyrum(["ask", "What is it?"]).stdin("It is fine now.").run().ok();
    fs::set_permissions(world.home().join("data"), Permissions::from_mode(0o770)).unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["writable by others"]);
}

#[test]
fn a_home_that_is_a_file_is_refused() {
    let world = World::new();
    fs::write(world.home(), "").unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["hint: "]);
}

#[test]
fn a_home_of_another_user_is_refused() {
    if !Uid::effective().is_root() {
        skipped("only root can give a directory to another user");
        return;
    }
    let world = World::new();
    fs::create_dir(world.home()).unwrap();
    std::os::unix::fs::chown(world.home(), Some(65_534), None).unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["another user"]);
}

#[test]
fn a_home_that_cannot_be_written_is_exit_1() {
    if Uid::effective().is_root() {
        skipped("root may write in a directory without write permission");
        return;
    }
    let world = World::new();
    fs::create_dir(world.home()).unwrap();
    fs::set_permissions(world.home(), Permissions::from_mode(0o500)).unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(1, ["hint: "]);
}

#[test]
fn a_home_below_a_file_is_exit_1() {
    let world = World::new();
    world.file("file", "");
    let home = world.beside("work/file/home").display().to_string();
    world.plyrum(["ask", "Hello there"]).env("PLYRUM_HOME", home).run().fails_telling(1, ["hint: "]);
}

#[test]
fn a_disk_that_is_full_from_the_start_is_exit_1_and_works_once_there_is_room() {
    let Some(world) = World::on_a_disk_of("4m") else { return };
    let ballast = fill(world.home());
    let out = world.plyrum(["ask", "What is it?"]).stdin("It is full.").run();
    out.fails_telling(1, ["hint: "]);
    fs::remove_file(ballast).unwrap();
    world.plyrum(["ask", "What is it?"]).stdin("It is roomy now.").run().answers("roomy");
    world.is_sound();
}

#[test]
fn a_disk_that_fills_up_under_a_running_daemon_refuses_new_runs_and_recovers_by_itself() {
    let Some(world) = World::on_a_disk_of("8m") else { return };
    let fake = world.lab(Script::new().always(Reply::answer("There is room.", 100, 10)));
    world.plyrum(["ask", "Is there room?"]).run().answers("There is room.");
    let ballast = fill(world.home());
    let big = "A sentence of seven words is here. ".repeat(2000);
    let out = world.plyrum(["ask", "--json", "Is there room?"]).stdin(big).run();
    out.fails_telling(1, ["hint: "]);
    assert_eq!(out.lines().last().unwrap()["error"]["kind"], "storage");
    assert_eq!(fake.requests().len(), 1, "nothing is sent that cannot be booked");
    fs::remove_file(ballast).unwrap();
    world.plyrum(["ask", "Is there room?"]).run().answers("There is room.");
    world.is_sound();
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_an_answer_loses_no_money() {
    let Some(world) = World::on_a_disk_of("8m") else { return };
    let fake = world.lab(talking());
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    fake.wait_at_gate_blocking("rest");
    let ballast = fill(world.home());
    fake.release("rest");
    let out = running.finish();
    assert!(out.stdout.starts_with("The first line of it.\n"), "{out}");
    out.fails_telling(1, ["hint: "]);
    fs::remove_file(ballast).unwrap();
    world.plyrum(["daemon", "restart"]).run().ok();
    world.plyrum(["ask", "Is there room?"]).run().answers("There is room again.");
    let runs = world.json(["runs", "list", "--json"]);
    let costs: Vec<i64> =
        runs.as_array().unwrap().iter().filter_map(|run| run["cost_micro_rub"].as_i64()).collect();
    // 100 × 3.00 + 10 × 15.00 = 450 micro-USD; × 80.1234; upward. The first run is charged, however it ended.
    assert_eq!(costs[0], 36_056);
    assert!(costs[1] > 0, "{runs}");
    world.is_sound();
}
