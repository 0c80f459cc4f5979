//! Medians of the file tools on this machine: `cargo run --release -p plyrum-tools --example file_bench`.

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use plyrum_tools::files::{apply_patch, read_file, search, write_file};
use plyrum_tools::{Journal, Snapshot, SnapshotBounds, Workspace};

type Done<T = ()> = Result<T, Box<dyn Error>>;

#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
fn median(what: &str, times: usize, mut act: impl FnMut(usize) -> Done) -> Done {
    let mut took: Vec<Duration> = Vec::with_capacity(times);
    for nth in 0..times {
        let begin = Instant::now();
        act(nth)?;
        took.push(begin.elapsed());
    }
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    println!("{what:<58} {:>10.3} ms  ({times} times)", median.as_secs_f64() * 1000.0);
    Ok(())
}

fn workspace(files: usize) -> Done<(tempfile::TempDir, Workspace)> {
    let top = tempfile::tempdir()?;
    let root = top.path().join("ws");
    for nth in 0..files {
        let folder = root.join(format!("d{:03}", nth / 50));
        fs::create_dir_all(&folder)?;
        let body = format!("fn number_{nth}() -> usize {{ {nth} }}\n// a line of an ordinary source file\n")
            .repeat(40);
        fs::write(folder.join(format!("f{nth}.rs")), body)?;
    }
    fs::create_dir_all(&root)?;
    let workspace = Workspace::open(&root)?;
    Ok((top, workspace))
}

fn main() -> Done {
    one_file()?;
    let (_top, ws) = workspace(5000)?;
    let find = |pattern: &str| search::Args {
        pattern: pattern.to_owned(),
        path: None,
        glob: None,
        case_insensitive: false,
        max: None,
    };
    median("search 5 000 files (3 KiB each), one match", 9, |_| {
        Ok(search::execute(&ws, &find(r"fn number_4999\("), &|| false).map(drop)?)
    })?;
    median("search 5 000 files, no match", 9, |_| {
        Ok(search::execute(&ws, &find("nowhere"), &|| false).map(drop)?)
    })?;
    for files in [1000, 10_000] {
        snapshots(files)?;
    }
    Ok(())
}

fn one_file() -> Done {
    let (top, ws) = workspace(1)?;
    let mut journal = Journal::open(&top.path().join("undo"))?;
    let read = read_file::Args { path: "d000/f0.rs".to_owned(), offset_line: None, limit_lines: None };
    median("read_file, 3 KiB", 201, |_| Ok(read_file::execute(&ws, &read).map(drop)?))?;
    median("write_file, preview and execute, flushed", 51, |nth| {
        let args = write_file::Args { path: "w.txt".to_owned(), content: format!("{nth}\n").repeat(100) };
        let expected = write_file::preview(&ws, &args)?;
        Ok(write_file::execute(&ws, &args, &expected, &mut journal).map(drop)?)
    })?;
    let lines: Vec<String> = (0..2000).map(|n| format!("line {n}")).collect();
    fs::write(ws.root().join("p.txt"), lines.join("\n"))?;
    median("apply_patch, 2 000 lines, preview and execute, flushed", 51, |nth| {
        let (old, new) = if nth % 2 == 0 { ("line 1000", "other") } else { ("other", "line 1000") };
        let patch = format!(
            "*** Begin Patch\n*** Update File: p.txt\n@@\n line 999\n-{old}\n+{new}\n line 1001\n*** End Patch\n"
        );
        let args = apply_patch::Args { patch };
        let expected = apply_patch::preview(&ws, &args)?;
        Ok(apply_patch::execute(&ws, &args, &expected, &mut journal).map(drop)?)
    })
}

fn snapshots(files: usize) -> Done {
    let (top, ws) = workspace(files)?;
    let bounds = SnapshotBounds::default();
    median(&format!("snapshot of {files} files, hashed, nothing kept"), 5, |_| {
        Ok(Snapshot::take(&ws, &bounds, &|| false).map(drop)?)
    })?;
    median(&format!("before the first command, {files} files kept and flushed"), 3, |nth| {
        let mut journal = Journal::open(&top.path().join(format!("undo{nth}")))?;
        Ok(journal.before_command(&ws, &bounds, None, &|| false).map(drop)?)
    })?;
    let mut journal = Journal::open(&top.path().join("undo"))?;
    let mut seen = journal.before_command(&ws, &bounds, None, &|| false)?;
    median(&format!("after a command, {files} files, one changed"), 9, |nth| {
        fs::write(ws.root().join("changed"), format!("{nth}"))?;
        seen = journal.after_command(&ws, &bounds, &seen, &|| false)?.snapshot;
        Ok(())
    })
}
