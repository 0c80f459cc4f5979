//! Runs that are ended: by a person, by the clock, by the disk.

use super::direct;
use crate::world::story::{Event::*, check, deadline};
use plyrum_engine::FailureClass::{Overloaded, RateLimited};

#[test]
fn cancelled_while_the_money_is_held() {
    check(
        &direct(&["lab/a"]),
        &[LedgerWaits, Cancels, LedgerGoesOn],
        r#"
        hold.taken 1 for 0.4037 RUB
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.00 RUB
    "#,
    );
}

#[test]
fn cancelled_in_the_middle_of_the_answer() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hel"), Cancels, Says("lo"), Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (cancelled), estimated 0.0006 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "Hel" 0.0006 RUB
    "#,
    );
}

#[test]
fn cancelled_while_waiting_to_ask_again() {
    check(
        &direct(&["lab/a"]),
        &[Fails(Overloaded), Cancels],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        attempt.retried 1 as 2
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "" 0.00 RUB
    "#,
    );
}

#[test]
fn cancelled_while_the_answer_is_booked() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello"), Uses(30, 2), LedgerWaits, Ends, Cancels, LedgerGoesOn],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn cancelled_twice_is_cancelled_once() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hel"), Cancels, Cancels],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (cancelled), estimated 0.0006 RUB
        step.cancelled answer (cancelled)
        run.finished
        cancelled (cancelled: cancelled by Ctrl-C) "Hel" 0.0006 RUB
    "#,
    );
}

#[test]
fn the_deadline_ends_a_slow_answer() {
    check(
        &deadline(60_000, direct(&["lab/a"])),
        &[Says("Hel"), Waits(60_000)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 cancelled (timeout), estimated 0.0006 RUB
        step.cancelled answer (timeout)
        run.finished
        failed (timeout: the run took longer than 60 s) "Hel" 0.0006 RUB
    "#,
    );
}

#[test]
fn no_wait_goes_beyond_the_deadline() {
    check(
        &deadline(10_000, direct(&["lab/a"])),
        &[FailsFor(RateLimited, 20_000)],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.finished 1 failed (provider_unavailable), missing 0.00 RUB
        step.finished answer failed 0.00 RUB
        run.finished
        failed (provider_unavailable: the provider failed (RateLimited)) "" 0.00 RUB
    "#,
    );
}

#[test]
fn an_answer_that_came_in_time_is_not_lost_to_a_slow_ledger() {
    check(
        &deadline(60_000, direct(&["lab/a"])),
        &[Says("Hello"), Uses(30, 2), LedgerWaits, Ends, Waits(60_001), LedgerGoesOn],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0038 RUB
        step.finished answer ok 0.0038 RUB
        run.finished
        succeeded "Hello" 0.0038 RUB
    "#,
    );
}

#[test]
fn a_hold_that_cannot_be_written_sends_nothing() {
    check(
        &direct(&["lab/a"]),
        &[HoldBreaks],
        r#"
        step.started answer
        step.finished answer failed 0.00 RUB
        run.finished
        failed (storage: the disk is full) "" 0.00 RUB
    "#,
    );
}

#[test]
fn a_booking_that_cannot_be_written_ends_the_run_loudly() {
    check(
        &direct(&["lab/a"]),
        &[Says("Hello"), LedgerBreaks, Ends],
        r#"
        hold.taken 1 for 0.4037 RUB
        step.started answer
        attempt.started 1 lab/a, try 1
        attempt.opened 1 after 0 ms
        step.cancelled answer (storage)
        run.finished
        failed (storage: the disk is full) "Hello" 0.00 RUB
    "#,
    );
}
