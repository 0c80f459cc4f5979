//! A command's end, whatever ends it: nothing of it runs on, nothing of it lies about.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, all of it")]

#[allow(dead_code, reason = "shared by several tests")]
mod support;

use std::fs;
use std::time::Duration;

use plyrum_tools::commands::{Chunk, CommandError, Exit, Spec, Stopped};
use plyrum_tools::sandbox::Level;
use support::{Yard, offers, run};
use tokio::sync::{mpsc, watch};

const LEVELS: [Level; 3] = [Level::Full, Level::Lower, Level::None];

fn shell(yard: &Yard, level: Level, line: &str) -> Spec {
    yard.spec(level, &["/bin/bash", "--noprofile", "--norc", "-c", line])
}

fn running(mark: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        std::str::from_utf8(&words).is_ok_and(|words| words.starts_with("sleep\0") && words.contains(mark))
    })
}

fn names(yard: &Yard) -> Vec<String> {
    let entries = fs::read_dir(yard.workspace()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn codes_output_and_missing_programs_are_told_apart_at_every_level() {
    let yard = Yard::new();
    for level in LEVELS {
        if level != Level::None && !offers(&yard.config, level).await {
            continue;
        }
        let runner = yard.runner(level);
        let done = run(&runner, shell(&yard, level, "echo out; echo err >&2; printf '\\xff'; exit 7"))
            .await
            .unwrap();
        assert_eq!(
            (done.exit, done.output.as_str(), done.level),
            (Exit::Code(7), "out\nerr\n\u{fffd}", level)
        );
        let done = run(&runner, shell(&yard, level, "no-such-program")).await.unwrap();
        assert_eq!(done.exit, Exit::Code(127), "{level}");
        let missing = run(&runner, yard.spec(level, &["no-such-program"])).await;
        assert!(matches!(missing, Err(CommandError::NotFound(_))), "{level} {missing:?}");
        assert!(matches!(run(&runner, yard.spec(level, &[])).await, Err(CommandError::Empty)));
        assert_eq!(names(&yard), [".git", "file"], "{level}");
    }
}

#[tokio::test]
async fn time_a_stop_and_a_dropped_future_end_everything() {
    let yard = Yard::new();
    for (number, level) in LEVELS.into_iter().enumerate() {
        if level != Level::None && !offers(&yard.config, level).await {
            continue;
        }
        let runner = yard.runner(level);
        let mark = format!("9{number}{}", std::process::id());
        let line = format!(
            "trap '' TERM; (setsid sleep {mark} &) ; sleep {mark} & echo started; wait; sleep {mark}"
        );
        let late = Spec { timeout: Duration::from_millis(300), ..shell(&yard, level, &line) };
        let done = run(&runner, late).await.unwrap();
        assert_eq!(done.exit, Exit::Stopped(Stopped::TimedOut), "{level}");
        assert!(!running(&mark), "{level}: after its time");

        let (stop, stopped) = watch::channel(false);
        let (sender, mut chunks) = mpsc::channel(4);
        let task = {
            let (runner, spec) = (runner.clone(), shell(&yard, level, &line));
            tokio::spawn(async move { runner.execute(spec, stopped, sender).await })
        };
        assert_eq!(chunks.recv().await, Some(Chunk::Text("started\n".to_owned())));
        stop.send(true).unwrap();
        assert_eq!(task.await.unwrap().unwrap().exit, Exit::Stopped(Stopped::Cancelled), "{level}");
        assert!(!running(&mark), "{level}: after a stop");

        let (_stop, stopped) = watch::channel(false);
        let (sender, mut chunks) = mpsc::channel(4);
        let task = {
            let (runner, spec) = (runner.clone(), shell(&yard, level, &line));
            tokio::spawn(async move { runner.execute(spec, stopped, sender).await })
        };
        assert!(chunks.recv().await.is_some());
        task.abort();
        // The stream closes when the last process is gone.
        while chunks.recv().await.is_some() {}
        assert!(!running(&mark), "{level}: after no one waited");
    }
}

#[tokio::test]
async fn a_flood_and_a_crowd_are_ended_and_a_slow_reader_holds_nothing_up() {
    let yard = Yard::new();
    if !offers(&yard.config, Level::Full).await {
        return;
    }
    let runner = yard.runner(Level::Full);
    let (_stop, stopped) = watch::channel(false);
    let (sender, chunks) = mpsc::channel(1);
    let done = runner.execute(shell(&yard, Level::Full, "yes"), stopped, sender).await.unwrap();
    drop(chunks);
    assert_eq!(done.exit, Exit::Stopped(Stopped::TooMuchOutput));
    assert!(done.cut && done.output.len() < 50 * 1024 && done.output_bytes > 64 << 20);

    let crowd = "for i in $(seq 400); do sleep 60 & done; wait";
    let done = run(&runner, shell(&yard, Level::Full, crowd)).await.unwrap();
    assert_eq!(done.exit, Exit::Stopped(Stopped::TooManyProcesses));

    // Two processes with a part each, and what they need is really used.
    let hungry = "hog() { perl -e 'my $m = q(x) x (96 << 20); sleep 60' & }; hog; hog; wait";
    let done = run(&runner, shell(&yard, Level::Full, hungry)).await.unwrap();
    assert_eq!(done.exit, Exit::Stopped(Stopped::TooMuchMemory));
}

/// Those that a command leaves behind are being killed when it ends; until they are gone, the mount points stay.
#[tokio::test]
async fn what_a_command_leaves_behind_is_gone_before_its_mount_points_are() {
    let yard = Yard::new();
    if !offers(&yard.config, Level::Full).await {
        return;
    }
    let runner = yard.runner(Level::Full);
    let spin = "perl -e 'while (1) { mkdir q(.husky); my $f; open($f, q(>), q(.husky/pre-push)) and syswrite($f, q(x)); open($f, q(>), q(.npmrc)) and syswrite($f, q(x)) }'";
    let line = format!("for i in 1 2 3 4 5 6; do setsid {spin} & done; true");
    for _ in 0..40 {
        run(&runner, shell(&yard, Level::Full, &line)).await.unwrap();
        assert_eq!(names(&yard), [".git", "file"], "something was written where a mount point was");
    }
}

#[tokio::test]
async fn someone_who_keeps_the_pipe_does_not_keep_us() {
    let yard = Yard::new();
    let done =
        run(&yard.runner(Level::None), shell(&yard, Level::None, "sleep 3600 & echo x")).await.unwrap();
    assert_eq!((done.exit, done.output.as_str()), (Exit::Code(0), "x\n"));
}

#[tokio::test]
async fn the_lower_level_reads_only_and_says_so() {
    let yard = Yard::new();
    if !offers(&yard.config, Level::Lower).await {
        return;
    }
    let writes = Spec { writable: true, ..yard.spec(Level::Lower, &["touch", "x"]) };
    let refused = run(&yard.runner(Level::Lower), writes).await.unwrap_err();
    assert!(refused.to_string().contains("only lets commands read"), "{refused}");
    let done = run(&yard.runner(Level::Lower), yard.spec(Level::Lower, &["cat", "file"])).await.unwrap();
    assert_eq!(done.output, "file\n");
}

/// What a command swaps for links while another writes through it never leads outside.
#[tokio::test]
async fn links_that_are_swapped_all_the_time_lead_nowhere() {
    let yard = Yard::new();
    if !offers(&yard.config, Level::Full).await {
        return;
    }
    let swaps = std::env::var("SWAPS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000u32);
    let other = yard.path("home/other");
    let line = format!(
        "mkdir d; ln -s {other} l; perl -e 'my $p = fork; if (!$p) {{ while (1) {{ for (qw(d/kept d/new)) {{ my $f; open($f, q(>>), $_) and syswrite($f, q(x)) }} }} }} \
         my ($d, $l) = (q(d), q(l)); for (1..{swaps}) {{ syscall(316, -100, $d, -100, $l, 2) == 0 or die $! }} kill 9, $p; waitpid $p, 0; print qq(swapped)'",
        other = other.display(),
    );
    let done = run(&yard.runner(Level::Full), shell(&yard, Level::Full, &line)).await.unwrap();
    assert_eq!((done.exit, done.output.as_str()), (Exit::Code(0), "swapped"));
    assert_eq!(fs::read_to_string(other.join("kept")).unwrap(), "kept\n");
    assert!(!other.join("new").exists());
    // It did write where it may: whichever of the two is the folder now.
    let wrote = ["d", "l"].iter().any(|name| {
        let path = yard.workspace().join(name);
        path.symlink_metadata().is_ok_and(|found| found.is_dir()) && path.join("new").exists()
    });
    assert!(wrote);
}

#[tokio::test]
async fn a_scratch_copy_stands_in_for_the_workspace_and_only_there() {
    let yard = Yard::new();
    if !offers(&yard.config, Level::Full).await {
        return;
    }
    let work = yard.workspace();
    fs::create_dir_all(work.join("node_modules")).unwrap();
    fs::write(work.join("node_modules/lent.js"), "lent").unwrap();
    let workspace = plyrum_tools::Workspace::open(&work).unwrap();
    let below = yard.config.state_dir.join("scratch");
    let bounds = plyrum_tools::ScratchBounds::default();
    let scratch = plyrum_tools::Scratch::copy(&workspace, &below, &[], bounds, &|| false).unwrap();
    let before = names(&yard);
    let line = format!(
        "pwd; echo new > made; echo spoiled > file; cat node_modules/lent.js; touch node_modules/x 2>/dev/null && echo WROTE; \
         ls {} 2>/dev/null; test -e .git && echo GIT; exit 5",
        below.display()
    );
    let (_keep, stop) = watch::channel(false);
    let (sender, _) = mpsc::channel(1);
    let spec = Spec { writable: true, ..shell(&yard, Level::Full, &line) };
    let done = yard.runner(Level::Full).execute_in(&scratch, spec, stop, sender).await.unwrap();
    let place = fs::canonicalize(&work).unwrap();
    assert_eq!((done.exit, done.output), (Exit::Code(5), format!("{}\nlent", place.display())));
    assert_eq!(names(&yard), before, "the workspace is as it was");
    assert_ne!(fs::read_to_string(work.join("file")).unwrap(), "spoiled\n");
    assert_eq!(fs::read_to_string(scratch.folder().join("made")).unwrap(), "new\n");
    let (_keep, stop) = watch::channel(false);
    let (sender, _) = mpsc::channel(1);
    let lower =
        yard.runner(Level::None).execute_in(&scratch, shell(&yard, Level::None, "true"), stop, sender).await;
    assert!(matches!(lower, Err(CommandError::Level { .. })), "{lower:?}");
}
