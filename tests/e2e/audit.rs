//! The audit as its user meets it: found, shown, exported, retired; and what happens where it cannot be written.

use crate::world::{LAB_KEY, Reply, Running, Script, World, eventually, lab_config, skipped};
use plyrum_audit::{AuditLog, Opening};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn answers() -> Script {
    Script::new().always(Reply::answer("It is a lighthouse.", 100, 10))
}

fn audit(world: &World) -> PathBuf {
    world.home().join("data/audit")
}

/// The audit's files, in order.
fn files(world: &World) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(audit(world)).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    files
}

/// The kinds of a run's records, in order.
#[track_caller]
fn kinds(world: &World, run: &str) -> Vec<String> {
    let records = world.json(["audit", "search", "--json", "--run", run]);
    records.as_array().unwrap().iter().map(|record| record["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_run_is_found_by_its_id_its_kind_and_its_words() {
    let world = World::new();
    let _lab = world.lab(answers());
    world.plyrum(["ask", "What is it?"]).run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    let kinds = kinds(&world, "last");
    for kind in ["run.accepted", "run.routed", "run.planned", "hold", "settle", "run", "run.finished"] {
        assert_eq!(kinds.iter().filter(|found| *found == kind).count(), 1, "{kind} in {kinds:?}");
    }
    let search = |args: &str| world.sh(&format!("\"$PLYRUM\" audit search {args}")).run();
    let held = search("--kind hold");
    assert!(held.stdout.lines().count() == 1 && held.stdout.contains("lab/fast"), "{held}");
    assert_eq!(search("--kind run --until 1h").stdout, "", "nothing is so old");
    assert_eq!(search("'What is it'").stdout, "", "no prompt is in it");
    let one = search("-n 1 --json --kind daemon");
    assert_eq!(one.json()[0]["kind"], "daemon.stopped");
    assert!(one.stderr.contains("only the last 1"), "{one}");
    search("--since tomorrow x").fails_telling(2, ["--since `tomorrow`", "hint: "]);
}

#[test]
fn an_export_is_checked_by_anyone_and_no_file_is_overwritten() {
    let world = World::new();
    world.plyrum(["ask", "What is it?"]).stdin("It is a text.").run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    world.plyrum(["audit", "export", "-o", "copy.jsonl"]).run().ok();
    let verdict = world.json(["audit", "verify", "--json", "--file", "copy.jsonl"]);
    assert_eq!(verdict, world.json(["audit", "verify", "--json"]));
    let copy = world.beside("work/copy.jsonl");
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&files(&world)[0]).unwrap());
    world.plyrum(["audit", "export", "-o", "copy.jsonl"]).run().fails_telling(1, ["copy.jsonl", "hint: "]);
    let head = world.sh("\"$PLYRUM\" audit export | head -n 1").run();
    assert_eq!((head.code, head.stdout.lines().count()), (0, 1), "{head}");
    let changed = fs::read_to_string(&copy).unwrap().replace("succeeded", "failed");
    world.file("changed.jsonl", changed);
    let out = world.plyrum(["audit", "verify", "--file", "changed.jsonl"]).run();
    assert!(out.code == 1 && out.stdout.contains("its hash does not match"), "{out}");
}

#[test]
fn a_follower_sees_what_comes() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let follower = world.plyrum(["audit", "tail", "--follow", "--json"]).start();
    follower.wait_for("\"kind\":\"daemon.started\"");
    world.plyrum(["ask", "What is it?"]).stdin("It is a text.").run().ok();
    follower.wait_for("\"kind\":\"run.finished\"");
    interrupt(follower);
}

fn interrupt(running: Running) {
    nix::sys::signal::kill(running.pid(), nix::sys::signal::Signal::SIGINT).unwrap();
    let _interrupted = running.finish();
}

#[test]
fn a_changed_configuration_and_key_are_on_record_by_name_only() {
    let world = World::new().with_env("LAB_KEY", LAB_KEY);
    let lab = world.lab_with_key(answers());
    world.plyrum(["ask", "What is it?"]).run().ok();
    let with_file = |key: &str| {
        world.file_of_home("config/lab.key", key);
        let path = world.home().join("config/lab.key");
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let text =
            lab_config(&lab.base_url(), "api_key = { file = \"lab.key\" }", &format!("# {}", key.len()));
        world.config(&text);
        world.plyrum(["ask", "What is it?"]).run().ok();
    };
    with_file("other-4f9d2c7b81e6a035d8c1x");
    world.plyrum(["daemon", "stop"]).run().ok();
    let records = |kind: &str| world.json(["audit", "search", "--json", "--kind", kind]);
    let (loads, keys) = (records("config.loaded"), records("keys.changed"));
    let last = |records: &Value| records.as_array().unwrap().last().unwrap()["body"].clone();
    assert_eq!(last(&loads)["changed"]["changed"], json!(["config.toml"]), "{loads}");
    assert_eq!(last(&loads)["files"][0]["sha256"].as_str().unwrap().len(), 64, "{loads}");
    assert_eq!(keys[0]["body"]["changed"]["appeared"], json!(["lab"]), "{keys}");
    assert_eq!(last(&keys)["changed"]["changed"], json!(["lab"]), "{keys}");
    let log = fs::read_to_string(&files(&world)[0]).unwrap();
    assert!(!log.contains(LAB_KEY) && !log.contains("other-4f9d2c7b81e6a035d8c1x"));
}

#[test]
fn a_cancelled_run_says_by_whom() {
    let world = World::new();
    let lab = world
        .lab(Script::new().always(Reply::sse().text("It is\n").gate("rest").text(" long.").end(100, 10)));
    let running = world.plyrum(["ask", "What is it?"]).start();
    lab.wait_at_gate_blocking("rest");
    world.plyrum(["runs", "cancel", "last"]).run().ok();
    let _cancelled = running.finish();
    world.plyrum(["daemon", "stop"]).run().ok();
    let records = world.json(["audit", "search", "--json", "--kind", "run.cancelled"]);
    assert_eq!(records[0]["body"]["by"], "client", "{records}");
    assert_eq!(records[0]["body"]["reason"], "user", "{records}");
}

#[test]
fn records_cut_off_while_no_daemon_ran_stay_found_after_the_next_start() {
    let world = World::new();
    world.plyrum(["ask", "What is it?"]).stdin("It is a text.").run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    let path = files(&world).pop().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&path, lines[..lines.len() - 3].iter().flat_map(|line| [*line, "\n"]).collect::<String>())
        .unwrap();
    world.plyrum(["ask", "What is it?"]).stdin("It is a text.").run().ok();
    for _ in 0..2 {
        world.plyrum(["daemon", "restart"]).run().ok();
        let out = world.plyrum(["audit", "verify"]).run();
        assert!(out.code == 1 && out.stdout.contains("records at the end were removed"), "{out}");
        let doctor = world.plyrum(["doctor"]).run();
        assert!(doctor.code == 1 && doctor.stdout.contains("FAIL audit"), "{doctor}");
    }
}

/// Files of some old days, as a daemon of then left them.
fn old_days(world: &World) {
    world.dir_of_home("data/audit");
    for day in 1..=3 {
        let open = || {
            let clock = Box::new(move || format!("2025-03-0{day}T12:00:00.000Z"));
            let redactor = plyrum_redact::Redactor::new([0; 32], []);
            AuditLog::open(&audit(world), Opening { redactor, boot: "old", anchor: None, clock })
        };
        // A child that another test is starting has a copy of the lock until it becomes its program.
        let mut opened = open();
        eventually("the lock is free", || {
            if matches!(opened, Err(plyrum_audit::AuditError::Busy { .. })) {
                opened = open();
            }
            opened.is_ok()
        });
        let mut log = opened.unwrap();
        for n in 0..5 {
            log.append("daemon.started", &json!({"n": n})).unwrap();
        }
    }
}

#[test]
fn old_files_are_retired_with_a_tombstone_and_deleted_ones_are_found() {
    let world = World::new();
    old_days(&world);
    world.plyrum(["ask", "What is it?"]).stdin("It is a text.").run().ok();
    assert_eq!(files(&world).len(), 4);
    let looked = world.plyrum(["audit", "prune", "--before", "2025-03-03"]).run();
    assert!(looked.stdout.contains("2 files with 11 records") && looked.stderr.contains("--yes"), "{looked}");
    assert_eq!(files(&world).len(), 4, "nothing is removed without being told to");
    let pruned = world.json(["audit", "prune", "--before", "2025-03-03", "--yes", "--json"]);
    assert_eq!((pruned["done"].clone(), pruned["files"][1]["last_seq"].clone()), (json!(true), json!(11)));
    assert_eq!(files(&world).len(), 2);
    let verdict = world.json(["audit", "verify", "--json"]);
    assert_eq!((verdict["ok"].clone(), verdict["first_seq"].clone()), (json!(true), json!(12)), "{verdict}");
    world.is_sound();
    let tombstone = world.json(["audit", "search", "--json", "--kind", "retention"]);
    assert_eq!(tombstone[0]["body"]["files"], {
        let files = pruned["files"].as_array().unwrap();
        let hashes = tombstone[0]["body"]["files"].as_array().unwrap().iter().map(|f| f["last_hash"].clone());
        let with_hash = |(file, hash): (&Value, Value)| {
            let mut file = file.clone();
            file["last_hash"] = hash;
            file
        };
        Value::Array(files.iter().zip(hashes).map(with_hash).collect())
    });
    world.plyrum(["daemon", "restart"]).run().ok();
    world.is_sound();
    world.plyrum(["audit", "prune", "--before", "2030-01-01", "--yes"]).run().ok();
    assert_eq!(files(&world).len(), 1, "the newest stays");
    world.is_sound();
    // One more is deleted by hand.
    let world = World::new();
    old_days(&world);
    world.plyrum(["ask", "What is it?"]).stdin("It is a text.").run().ok();
    fs::remove_file(&files(&world)[0]).unwrap();
    let out = world.plyrum(["audit", "verify"]).run();
    assert!(out.code == 1 && out.stdout.contains("records 1 to 5 are missing"), "{out}");
    world
        .plyrum(["audit", "prune", "--before", "soon"])
        .run()
        .fails_telling(2, ["--before `soon`", "hint: "]);
}

#[test]
fn a_log_that_is_taken_away_refuses_paid_runs_lets_free_ones_go_and_heals() {
    let world = World::new();
    let lab = world.lab(answers());
    world.plyrum(["ask", "What is it?"]).run().answers("It is a lighthouse.");
    eventually("the records of the first run are written", || {
        fs::read_to_string(&files(&world)[0]).unwrap().contains("\"kind\":\"run\"")
    });
    let (path, away) = (files(&world)[0].clone(), world.beside("away"));
    fs::rename(&path, &away).unwrap();
    let refused = world.plyrum(["ask", "--json", "What is it?"]).run();
    let name = path.file_name().unwrap().to_str().unwrap();
    refused.fails_telling(1, ["the audit log cannot be written", name, "hint: "]);
    assert_eq!(refused.lines().last().unwrap()["error"]["kind"], "storage");
    assert_eq!(lab.requests().len(), 1, "nothing is sent");
    let free =
        world.plyrum(["ask", "-m", "offline/lead", "What is it?"]).stdin("It is free of charge.").run();
    free.answers("free of charge");
    assert!(free.stderr.contains("warning: the audit log cannot be written"), "{free}");
    let status = world.plyrum(["daemon", "status"]).run();
    assert!(status.code == 0 && status.stderr.contains(name), "{status}");
    assert!(world.json(["daemon", "status", "--json"])["audit_problem"].as_str().unwrap().contains(name));
    let doctor = world.plyrum(["doctor"]).run();
    assert!(doctor.code == 1 && doctor.stdout.contains("it cannot write the audit log"), "{doctor}");
    assert!(world.log().contains("the audit log cannot be written"), "{}", world.log());
    fs::rename(&away, &path).unwrap();
    world.plyrum(["ask", "What is it?"]).run().answers("It is a lighthouse.");
    world.is_sound();
    let free = world.json(["audit", "search", "--json", "--kind", "run.accepted"]);
    assert_eq!(free.as_array().unwrap().len(), 3, "the free run waited for the log to come back: {free}");
}

/// A disk of its own for the audit.
struct Disk(PathBuf);

impl Disk {
    fn at(dir: &Path, size: &str) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "plyrum-e2e"])
            .arg(dir)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(dir.to_owned()));
        }
        skipped("a full disk of the audit cannot be tried here, since tmpfs cannot be mounted (not root?)");
        None
    }

    /// Fills it; removing the file frees it.
    fn fill(&self) -> PathBuf {
        let ballast = self.0.join("ballast");
        let mut file = File::create(&ballast).unwrap();
        for size in [64 * 1024, 4096, 1] {
            while file.write_all(&vec![0_u8; size]).is_ok() {}
        }
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _left_to_the_system = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_running_run_outlives_a_full_audit_disk_and_its_money_arrives_later() {
    let world = World::new();
    world.dir_of_home("data/audit");
    let Some(disk) = Disk::at(&audit(&world), "3m") else { return };
    let talking = Reply::sse().text("The first line of it.\n").gate("rest").text("The rest.").end(100, 10);
    let lab = world.lab(Script::new().then(talking).always(Reply::answer("There is room again.", 100, 10)));
    let running = world.plyrum(["ask", "Tell me a story"]).start();
    lab.wait_at_gate_blocking("rest");
    let ballast = disk.fill();
    lab.release("rest");
    running.finish().answers("The rest.");
    let cost = world.only_run()["cost_micro_rub"].clone();
    assert_eq!(cost, 36_056, "it is booked as ever");
    let refused = world.plyrum(["ask", "Is there room?"]).run();
    refused.fails_telling(1, ["the audit log cannot be written", "hint: "]);
    assert_eq!(lab.requests().len(), 1, "nothing is sent");
    let checks = world.plyrum(["ledger", "reconcile"]).run();
    assert!(checks.code == 0 && checks.stdout.contains("bodies wait for the log"), "{checks}");
    world.plyrum(["audit", "verify"]).run().ok();
    fs::remove_file(ballast).unwrap();
    world.plyrum(["ask", "Is there room?"]).run().answers("There is room again.");
    let first = world.json(["runs", "list", "--json"])[1]["run"].as_str().unwrap().to_owned();
    eventually("the money of the first run is in the log", || {
        let kinds = kinds(&world, &first);
        ["hold", "settle", "run", "run.finished"].iter().all(|kind| kinds.iter().any(|found| found == kind))
    });
    world.plyrum(["ledger", "reconcile"]).run().ok();
    world.plyrum(["daemon", "stop"]).run().ok();
    world.is_sound();
}
