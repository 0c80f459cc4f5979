//! Measures the screen as a person meets it: the real program on a terminal of its own, with a real daemon behind it.
//! `scripts/bench-screen.sh` builds and runs it.
//!
//! Usage: `bench_screen PLYRUM [--json] [--megabytes N] [--rounds N] [--pages N] [--only PART]…`, where a part is
//! `first`, `echo`, `long` or `idle`. Exits with 1 where a figure is missed.
//!
//! A picture is complete when its end mark (`CSI ? 2026 l`, the end of a synchronized update) has come out of the
//! terminal; times are taken when bytes are read, before anything is parsed.

#![expect(clippy::print_stdout, reason = "the program's output is its table")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measuring program may stop at the first surprise"
)]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod deltas;
mod echo;
mod figures;
mod first;
mod idle;
mod long;
mod process;
mod session;
mod stage;
mod terminal;

use figures::Figures;
use std::path::PathBuf;
use std::process::ExitCode;

/// What is measured, and how thoroughly.
struct Asked {
    plyrum: PathBuf,
    is_json: bool,
    megabytes: usize,
    rounds: usize,
    pages: usize,
    only: Vec<String>,
}

impl Asked {
    fn of_arguments() -> Self {
        let mut arguments = std::env::args().skip(1);
        let plyrum = PathBuf::from(arguments.next().expect("the program to measure"));
        let mut asked =
            Self { plyrum, is_json: false, megabytes: 100, rounds: 15, pages: 300, only: Vec::new() };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().expect("a value");
            match name.as_str() {
                "--json" => asked.is_json = true,
                "--megabytes" => asked.megabytes = value().parse().expect("a number"),
                "--rounds" => asked.rounds = value().parse().expect("a number"),
                "--pages" => asked.pages = value().parse().expect("a number"),
                "--only" => asked.only.push(value()),
                other => panic!("{other} is no option"),
            }
        }
        asked
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> ExitCode {
    let asked = Asked::of_arguments();
    let mut figures = Figures::default();
    if asked.wants("first") {
        first::measure(&asked, &mut figures);
    }
    if asked.wants("echo") {
        echo::measure(&asked, &mut figures);
    }
    if asked.wants("long") {
        long::measure(&asked, &mut figures);
    }
    if asked.wants("idle") {
        idle::measure(&asked, &mut figures);
    }
    println!("{}", if asked.is_json { figures.json() } else { figures.table() });
    if figures.all_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
