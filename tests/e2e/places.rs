//! The same daemon from everywhere: a plain terminal, cron's empty environment, a desktop's variables, another
//! session, tmux; with `PLYRUM_HOME` and without.

use crate::world::{PLYRUM, World, eventually, skipped};
use std::fs;
use std::process::Command;

/// Environments that one user's processes have.
const PLACES: [(&str, &str); 6] = [
    ("a plain shell", ""),
    ("cron", "env -i PLYRUM_HOME=\"$PLYRUM_HOME\""),
    (
        "a desktop",
        "env XDG_RUNTIME_DIR=/run/user/0 XDG_STATE_HOME=/tmp/x XDG_DATA_HOME=/tmp/y XDG_CONFIG_HOME=/tmp/z TMPDIR=/var/tmp",
    ),
    ("another home variable", "env HOME=/nonexistent"),
    ("another session", "setsid -w"),
    ("a supervisor", "nohup"),
];

#[test]
fn every_place_finds_the_same_daemon() {
    let world = World::new();
    world.plyrum(["daemon", "start"]).run().ok();
    let pid = world.daemon_pid().unwrap();
    for (place, prefix) in PLACES {
        let out = world.sh(&format!("{prefix} \"$PLYRUM\" daemon status --json")).run();
        assert_eq!(out.json()["pid"], pid, "{place}: {out}");
        let out = world
            .sh(&format!("printf 'Yes, I am here.' | {prefix} \"$PLYRUM\" ask -q 'Are you there?'"))
            .run();
        out.answers("here");
    }
    assert_eq!(world.daemons(), [pid]);
}

/// Whoever starts it, the others find it.
#[test]
fn a_daemon_that_any_place_started_serves_all_others() {
    for (place, prefix) in PLACES {
        let world = World::new();
        world.sh(&format!("{prefix} \"$PLYRUM\" daemon start")).run().ok();
        let pid = world.daemon_pid();
        assert!(pid.is_some(), "{place}");
        world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
        assert_eq!(world.daemon_pid(), pid, "{place}");
    }
}

#[test]
fn a_daemon_started_in_tmux_outlives_its_server_and_serves_others() {
    if Command::new("tmux").arg("-V").output().is_err() {
        return skipped("tmux is not installed");
    }
    let world = World::new();
    let socket = world.beside("tmux").display().to_string();
    let tmux = |args: &str| {
        world
            .sh(&format!("tmux -f /dev/null -S '{socket}' {args}"))
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
    };
    tmux("new-session -d \"'$PLYRUM' daemon start; '$PLYRUM' daemon status --json >status; exec cat\"")
        .run()
        .ok();
    eventually("a daemon is there", || world.daemon_pid().is_some());
    let pid = world.daemon_pid();
    tmux("kill-server").run().ok();
    world.plyrum(["ask", "Are you there?"]).stdin("Yes, I am here.").run().answers("here");
    assert_eq!(world.daemon_pid(), pid, "it survived the hang-up of its terminal");
}

/// Without `PLYRUM_HOME` everything hangs on the passwd database: here one with another home for this user, in a mount
/// namespace of its own.
#[test]
fn without_plyrum_home_every_place_finds_the_daemon_of_the_passwd_database() {
    let world = World::new();
    let home = world.beside("pw");
    fs::create_dir(&home).unwrap();
    let uid = nix::unistd::getuid();
    let passwd =
        format!("me:x:{uid}:0::{}:/bin/sh\nroot:x:0:0::{}:/bin/sh\n", home.display(), home.display());
    fs::write(world.beside("passwd"), passwd).unwrap();
    let script = format!(
        "mount --bind '{passwd}' /etc/passwd || exit 77
        unset PLYRUM_HOME
        first=$(env -i '{PLYRUM}' daemon start && env -i '{PLYRUM}' daemon status --json)
        for place in 'env' 'env -i' 'env HOME=/nonexistent' 'env XDG_RUNTIME_DIR=/tmp XDG_STATE_HOME=/tmp/x XDG_DATA_HOME=/tmp/y' 'setsid -w' 'env TMPDIR=/var/tmp'; do
            now=$($place '{PLYRUM}' daemon status --json)
            [ \"$now\" = \"$first\" ] || {{ echo \"$place: $now is not $first\"; exit 1; }}
        done
        case $first in *'\"running\":true'*) ;; *) exit 1 ;; esac
        test -S '{home}/.local/state/plyrum/run/plyrum.sock' || exit 1
        find '{home}' -type f ! -perm 600 -o -type d ! -path '{home}' ! -path '*/.local' ! -path '*/.local/s*e' ! -perm 700 | grep . && exit 1
        env -i '{PLYRUM}' daemon stop
        echo \"$first\"",
        passwd = world.beside("passwd").display(),
        home = home.display(),
    );
    let out = world.unshared(&script).run();
    if out.code == 77 || out.stderr.contains("unshare") {
        return skipped("a passwd database of its own cannot be mounted here (not root?)");
    }
    assert!(out.ok().contains("\"running\":true"), "{out}");
}
