//! A daemon that is alive and does not answer: every command says so in bounded time and names it; by force, exactly
//! that process is replaced, and its successor puts right what it left.

use crate::world::{Reply, Script, World, conforms, eventually};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

/// A daemon that was stopped in the middle of everything, and its process.
fn stuck(world: &World) -> i32 {
    world.plyrum(["daemon", "start"]).run().ok();
    let pid = world.daemon_pid().unwrap();
    kill(Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
    eventually("it is stopped", || state(pid) == Some('T'));
    pid
}

fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next()
}

#[test]
fn every_client_says_that_it_is_stuck_and_names_it() {
    let world = World::new();
    let pid = stuck(&world);
    let began = Instant::now();
    let running: Vec<_> = [
        ["ask", "Are you there?"],
        ["plans", "list"],
        ["daemon", "start"],
        ["daemon", "stop"],
        ["daemon", "drain"],
        ["daemon", "restart"],
    ]
    .map(|args| world.plyrum(args).start())
    .into();
    let status = world.plyrum(["daemon", "status", "--json"]).run();
    assert_eq!(status.code, 7, "{status}");
    let said = status.json();
    conforms("daemon-status", &said);
    assert_eq!(
        (&said["state"], &said["pid"], &said["running"]),
        (&"stuck".into(), &pid.into(), &true.into())
    );
    let named = format!("process {pid}");
    let doctor = world.plyrum(["doctor"]).run();
    assert!(doctor.code == 1 && doctor.stdout.contains("FAIL daemon"), "{doctor}");
    assert!(doctor.stdout.contains(&named) && doctor.stdout.contains("restart --force"), "{doctor}");
    for running in running {
        running.finish().fails_telling(7, [named.as_str(), "stuck", "plyrum daemon restart --force"]);
    }
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert_eq!(world.daemons(), [pid], "nobody killed it, nobody started another");
    kill(Pid::from_raw(pid), Signal::SIGCONT).unwrap();
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
}

#[test]
fn by_force_it_is_replaced_and_what_it_held_is_resolved() {
    let world = World::new();
    let fake = world.lab(
        Script::new().then(Reply::sse().text("Slow").gate("never")).always(Reply::answer("Here.", 9, 2)),
    );
    world.plyrum(["ask", "--detach", "How do you work?"]).run().ok();
    fake.wait_at_gate_blocking("never");
    let pid = stuck(&world);
    let out = world.plyrum(["daemon", "restart", "--force"]).run();
    out.ok();
    assert!(out.stderr.contains(&format!("process {pid} did not answer and was killed")), "{out}");
    assert!(world.daemon_pid().is_some_and(|new| new != pid));
    assert_eq!(world.only_run()["status"], "interrupted");
    world.is_sound();
    world.plyrum(["ask", "Are you there?"]).run().answers("Here.");
}

#[test]
fn stopping_by_force_kills_only_what_does_not_end_by_itself() {
    let world = World::new();
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().ok();
    let out = world.plyrum(["daemon", "stop", "--force"]).run();
    out.ok();
    assert!(!out.stderr.contains("killed"), "{out}");
    assert!(world.log().ends_with("ended\n"), "it ended in order: {}", world.log());
    stuck(&world);
    world.plyrum(["daemon", "stop", "--force"]).run().ok();
    assert_eq!(world.daemons(), [0; 0]);
    world.plyrum(["daemon", "stop", "--force"]).run().ok();
}

/// The lock is taken, by somebody who never listens: `status` and `doctor` both call that a fault.
#[test]
fn a_lock_without_a_listener_is_a_fault_for_status_as_for_doctor() {
    let world = World::new();
    world.file_of_home("run/daemon.lock", "");
    let lock = std::fs::File::options().write(true).open(world.home().join("run/daemon.lock")).unwrap();
    lock.lock().unwrap();
    std::fs::write(world.home().join("run/daemon.lock"), format!("{}\n", std::process::id())).unwrap();
    let named = format!("process {}", std::process::id());
    let status = world.plyrum(["daemon", "status", "--json"]).run();
    assert_eq!((status.code, &status.json()["state"]), (7, &"not_listening".into()), "{status}");
    assert!(status.stderr.contains(&named), "{status}");
    let doctor = world.plyrum(["doctor"]).run();
    assert!(doctor.code == 1 && doctor.stdout.contains("FAIL daemon"), "{doctor}");
    std::fs::write(world.home().join("run/daemon.lock"), format!("{} ending\n", std::process::id())).unwrap();
    let status = world.plyrum(["daemon", "status", "--json"]).run();
    assert_eq!((status.code, &status.json()["state"]), (0, &"draining".into()), "{status}");
    drop(lock);
    assert_eq!(world.json(["daemon", "status", "--json"])["state"], "stopped");
}

/// The lock file names a process that has not the lock: it is somebody else, and stays alive.
#[test]
fn by_force_nobody_is_hit_who_has_not_the_lock() {
    let world = World::new();
    world.file_of_home("run/note", "");
    let _deaf = UnixListener::bind(world.home().join("run/plyrum.sock")).unwrap();
    let mut bystander = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    world.file_of_home("run/daemon.lock", &format!("{}\n", bystander.id()));
    world.plyrum(["daemon", "stop", "--force"]).run().fails_telling(7, ["stuck"]);
    assert!(bystander.try_wait().unwrap().is_none(), "it lives");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[test]
fn a_follower_of_a_run_notices_that_the_daemon_has_stuck_in_the_middle_of_it() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::sse().text("Slow\n").gate("never")));
    let running = world.plyrum(["ask", "How do you work?"]).start();
    fake.wait_at_gate_blocking("never");
    running.wait_for("Slow");
    let pid = stuck(&world);
    // After 20 s of silence it asks, waits 5 s for an answer, and 5 s for one to a new connection.
    running
        .finish_within(Duration::from_mins(1))
        .fails_telling(7, [format!("process {pid}").as_str(), "stuck"]);
    world.plyrum(["daemon", "stop", "--force"]).run().ok();
}
