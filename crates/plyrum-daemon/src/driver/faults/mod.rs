//! The fault matrix: each of the design's 48 fault shapes on each wire, for answers that are streamed and answers that come
//! whole, before and after the first output.
//!
//! A cell is one run of this daemon's own driver, in process: the submit, the engine, the ledger on disk, the redactor and the
//! HTTP transport are the real ones, and the other end is the scripted server on a real socket. Nothing of the driver is
//! copied, which is why the suite lives here and not in a test crate: limits of milliseconds are no setting of the
//! configuration (whole seconds are), so the providers of a cell are put into its registry by hand.
//!
//! What each cell must be is written in `shapes`, shape by shape, next to how it is brought about; that it is so is checked in
//! `cell`. Beside the end itself that is, for every cell: it ends in time; every attempt is settled once, with the cost that
//! follows from what was reported, estimated or missing, and the sum is the run's; what was shown is what had been sent, once;
//! a request is repeated where the design says so, nothing having been shown, and never elsewhere; the server saw as many
//! requests as the books have attempts. What is repeated is run a second time with a server that mends after the first try.
//!
//! `snapshots/providers/faults.txt` is the table as it was found, `scripts/faults.sh` prints it, and
//! `UPDATE_SNAPSHOTS=1` writes it anew. Cells that cannot be are in it with the reason.
//!
//! Real waits of the retry rule (half a second to two) are the price of the real engine; cells run beside each other.

mod cell;
mod lab;
mod shapes;
mod table;
mod wires;

use cell::Verdict;
use lab::Lab;
use shapes::{Case, SHAPES};
use std::sync::Arc;
use table::Table;
use tokio::sync::Semaphore;
use wires::{Place, WIRES};

/// Cells that run at once.
const AT_ONCE: usize = 40;
/// Columns whose daemons are up at once.
const COLUMNS_AT_ONCE: usize = 16;
/// Threads that run them.
const THREADS: usize = 2;

#[test]
fn every_wire_is_in_the_table() {
    for wire in plyrum_providers::Wire::ALL {
        assert!(WIRES.iter().any(|spoken| spoken.wire == *wire), "wires.rs has no line for {}", wire.name());
    }
}

#[test]
fn the_shapes_are_those_of_the_design() {
    let mut numbers: Vec<u8> = SHAPES.iter().map(|shape| shape.number).collect();
    assert!(numbers.is_sorted());
    numbers.dedup();
    assert_eq!(numbers, (1..=48).collect::<Vec<u8>>());
}

#[test]
fn every_fault_on_every_wire_ends_in_time_and_is_booked_once() {
    if without_proxies() {
        return;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build().unwrap();
    let table = runtime.block_on(matrix());
    runtime.shutdown_background();
    table.check();
}

/// Where the machine's own settings name a proxy, the proxy looks names up, and shape 1 cannot be had: the suite runs in a
/// process of its own then, without them. False: nothing is in the way.
fn without_proxies() -> bool {
    let names = ["http_proxy", "https_proxy", "all_proxy"].map(|name| [name.to_owned(), name.to_uppercase()]);
    let set: Vec<_> = names.iter().flatten().filter(|name| std::env::var_os(name).is_some()).collect();
    if set.is_empty() {
        return false;
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["every_fault_on_every_wire_ends_in_time_and_is_booked_once", "--nocapture"]);
    for name in set {
        command.env_remove(name);
    }
    assert!(command.status().unwrap().success(), "the suite failed, see above");
    true
}

/// Runs all columns.
async fn matrix() -> Table {
    let cells = Arc::new(Semaphore::new(AT_ONCE));
    let columns = Arc::new(Semaphore::new(COLUMNS_AT_ONCE));
    let mut running = Vec::new();
    for (manner, is_whole, is_after) in table::MANNERS {
        for place in Place::all() {
            let case = Case { place, is_whole, is_after };
            let (cells, columns) = (Arc::clone(&cells), Arc::clone(&columns));
            running.push(tokio::spawn(async move {
                let _turn = columns.acquire_owned().await.unwrap();
                (manner, place.name(), column(case, &cells).await)
            }));
        }
    }
    let (mut table, mut labs) = (Table::default(), Vec::new());
    for column in running {
        let (manner, place, (lab, verdicts)) = column.await.unwrap();
        table.add(manner, place, verdicts);
        labs.push(lab); // what its daemon does beside the runs still finds its home
    }
    table
}

/// Runs one column: a daemon of its own, and every shape against it.
async fn column(case: Case, cells: &Arc<Semaphore>) -> (Arc<Lab>, Vec<Verdict>) {
    let sample = wires::sample(case).await;
    let plans: Vec<_> = SHAPES.iter().map(|shape| (shape.cell)(&case, &sample)).collect();
    let lab = Arc::new(Lab::new(case, plans.len()).await);
    let mut running = Vec::new();
    for (nth, plan) in plans.into_iter().enumerate() {
        let (lab, cells) = (Arc::clone(&lab), Arc::clone(cells));
        running.push(tokio::spawn(async move {
            match plan {
                Err(reason) => Verdict::CannotBe(reason),
                Ok(plan) => cell::run(&lab, nth, &plan, &cells).await,
            }
        }));
    }
    let mut verdicts = Vec::new();
    for verdict in running {
        verdicts
            .push(verdict.await.unwrap_or_else(|error| Verdict::Wrong("?".to_owned(), error.to_string())));
    }
    if let Err(why) = lab.is_sound().await {
        verdicts.push(Verdict::Wrong("books".to_owned(), why));
    }
    (lab, verdicts)
}
