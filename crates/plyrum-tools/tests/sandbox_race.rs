//! A folder of the workspace and a link that leaves it change places all the time, while commands start in that folder
//! and read and write in it: nothing outside is written, nothing hidden is read. `PLYRUM_SWAPS` sets how many swaps.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, all of it")]

#[allow(dead_code, reason = "shared by several tests")]
mod support;

use plyrum_tools::sandbox::Level;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use support::{Yard, offers, run};

/// Reads and writes through the folder's name, many times.
const LINE: &str = "for i in $(seq 200); do cat swapped/key 2>/dev/null; echo $i 2>/dev/null >swapped/written; done; \
    cat key 2>/dev/null; echo x 2>/dev/null >here; true";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_race_with_commands_writes_nothing_outside_and_reads_nothing_hidden() {
    let yard = Yard::new();
    if !offers(&yard.config, Level::Full).await {
        return;
    }
    let wanted: u32 = std::env::var("PLYRUM_SWAPS").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000);
    let (outside, hidden) = (yard.path("home/other"), yard.path("home/plyrum"));
    let work = yard.workspace();
    fs::create_dir(work.join("swapped")).unwrap();
    fs::write(work.join("swapped/key"), "inside\n").unwrap();
    symlink(&hidden, work.join("to-hidden")).unwrap();
    symlink(&outside, work.join("to-outside")).unwrap();
    let (over, swaps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (stop, count, root) = (Arc::clone(&over), Arc::clone(&swaps), fs::File::open(&work).unwrap());
    let swapping = std::thread::spawn(move || {
        while !stop.load(Ordering::Acquire) {
            let done = count.fetch_add(1, Ordering::AcqRel);
            let lure = if done.is_multiple_of(4) || done % 4 == 1 { "to-hidden" } else { "to-outside" };
            let flags = rustix::fs::RenameFlags::EXCHANGE;
            rustix::fs::renameat_with(&root, "swapped", &root, lure, flags).unwrap();
            // Pauses of many lengths, so that swaps fall between all steps.
            (0..(done.wrapping_mul(2_654_435_761) >> 16)).for_each(|_| std::hint::spin_loop());
        }
    });
    let runner = yard.runner(Level::Full);
    let (mut ran, mut refused, mut inside) = (0_u32, 0_u32, 0_usize);
    while swaps.load(Ordering::Acquire) < wanted || inside < 20 {
        let mut spec = yard.spec(Level::Full, &["/bin/bash", "--noprofile", "--norc", "-c", LINE]);
        if ran.is_multiple_of(2) {
            spec.cwd = "swapped".into();
        }
        match run(&runner, spec).await {
            Ok(done) => {
                assert!(!done.output.contains("s3cr3t"), "{}", done.output);
                inside += done.output.matches("inside").count();
            }
            Err(_) => refused += 1,
        }
        ran += 1;
    }
    over.store(true, Ordering::Release);
    swapping.join().unwrap();
    for (folder, name) in [(&outside, "kept"), (&hidden, "key")] {
        let names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [name], "{}", folder.display());
    }
    assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "kept\n");
    println!(
        "{} swaps under {ran} commands, {refused} of them refused at their start: {inside} reads inside, none of a \
         secret, nothing written outside",
        swaps.load(Ordering::Acquire)
    );
}
