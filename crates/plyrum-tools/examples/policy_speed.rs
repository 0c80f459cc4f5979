//! How long verdicts take: `cargo run --release -p plyrum-tools --example policy_speed`. Prints medians; asked of the
//! folder that it is started in.

use plyrum_tools::{POLICIES, Place, Policy, Question};
use std::time::Instant;

const COMMANDS: &[&str] = &[
    "git status",
    "ls -la",
    "cargo test --workspace 2>&1 | tail -20",
    "grep -rn TODO crates",
    "sed -n 1,80p README.md",
    "cat README.md Cargo.toml | head -50 && git diff --stat",
    "ls crates/*/src",
    "cat /etc/passwd",
    "cp -r crates x",
];
const ROUNDS: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let workspace = std::env::current_dir()?.canonicalize()?;
    let place = Place { workspace: &workspace, copy: None, home: None };
    let Some((file, text)) = POLICIES.iter().find(|(file, _)| file.ends_with("workspace.toml")) else {
        return Ok(());
    };
    let began = Instant::now();
    let policy = Policy::parse(text, file)?;
    print(&format!("{:>9.1?}  reading {file}", began.elapsed()));
    for command in COMMANDS {
        let mut times: Vec<_> = (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                let decided = policy.decide(&Question::Shell { command, cwd: "" }, &place);
                (began.elapsed(), decided.verdict)
            })
            .collect();
        times.sort();
        if let Some((median, verdict)) = times.get(ROUNDS / 2) {
            print(&format!("{median:>9.1?}  {:5}  {command}", verdict.as_str()));
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example that prints figures")]
fn print(line: &str) {
    println!("{line}");
}
