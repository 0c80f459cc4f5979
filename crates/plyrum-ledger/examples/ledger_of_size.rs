//! Makes a ledger with millions of settled attempts, as a year or two of heavy use would, for measurements:
//! `cargo run --release -p plyrum-ledger --example ledger_of_size -- FILE ATTEMPTS`.
//!
//! Rows come from SQL in bulk instead of from the writer (which flushes each commit), with everything that
//! the writer would have written: entries, account, roll-ups. `check` says whether the books hold.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use plyrum_ledger::{
    DashboardQuery, Ledger, LedgerReader, Limits, RecoverySpec, SpentBy, UsageFilter, Windows,
};
use rusqlite::Connection;

/// Attempts of one statement.
const STEP: i64 = 250_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().collect();
    let (Some(path), Some(attempts)) = (words.get(1), words.get(2)) else {
        return Err("give a file and a number of attempts; `check` as a third word proves the books".into());
    };
    let (path, attempts) = (Path::new(path), attempts.parse::<i64>()?);
    if !path.exists() {
        make(path, attempts)?;
    }
    measure(path, words.get(3).is_some_and(|word| word == "check"))
}

fn make(path: &Path, attempts: i64) -> Result<(), Failure> {
    // An empty ledger of the newest schema.
    drop(Ledger::open(path, RecoverySpec { at: 0 })?);
    let conn = Connection::open(path)?;
    conn.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000; PRAGMA foreign_keys = OFF;
         DROP INDEX attempts_of_run; DROP INDEX attempts_settled; DROP INDEX entries_of_attempt;",
    )?;
    conn.execute_batch(TERMS)?;
    let started = Instant::now();
    let mut from = 0;
    while from < attempts {
        conn.execute_batch("BEGIN")?;
        for statement in [RUNS, ATTEMPTS] {
            conn.execute(statement, [from, (from + STEP).min(attempts), attempts])?;
        }
        conn.execute_batch("COMMIT")?;
        from += STEP;
        say(&format!("{} of {attempts} after {:?}", from.min(attempts), started.elapsed()))?;
    }
    conn.execute_batch(
        "BEGIN;
         INSERT INTO entries (id, txn, account, amount, kind, attempt, at)
             SELECT 2 * rowid - 1 + side, 2 * rowid - 1, iif(side = 0, 'wallet', 'spend'), iif(side = 0, -1, 1) * cost_micro_rub, 'settle',
                 attempt, closed_at FROM attempts, (SELECT 0 AS side UNION ALL SELECT 1) WHERE cost_micro_rub > 0;
         UPDATE accounts SET posted = (SELECT -sum(cost_micro_rub) FROM attempts);
         CREATE INDEX attempts_of_run ON attempts (run);
         CREATE INDEX attempts_settled ON attempts (closed_at) WHERE state = 'settled';
         CREATE INDEX entries_of_attempt ON entries (attempt) WHERE attempt IS NOT NULL;
         COMMIT;",
    )?;
    say(&format!("entries and indexes after {:?}", started.elapsed()))?;
    // The migration fills the roll-ups of what is there; here, again, from the same text.
    let schema = include_str!("../src/schema_3.sql");
    let back_fill =
        schema.get(schema.find("INSERT INTO rollup_keys").ok_or("no back-fill")?..).unwrap_or_default();
    conn.execute_batch(&format!("BEGIN; {back_fill} COMMIT; PRAGMA journal_mode = WAL"))?;
    Ok(say(&format!("roll-ups after {:?}", started.elapsed()))?)
}

fn measure(path: &Path, check: bool) -> Result<(), Failure> {
    let reader = LedgerReader::open(path)?;
    let (_, last) = reader.used_between()?.ok_or("an empty ledger")?;
    // A month that begins and ends off the hour grid's days: 21:00 UTC is midnight in Moscow.
    let day = 86_400_000;
    let month = last - last % day - 31 * day - 3 * 3_600_000;
    for (name, of) in [
        ("all", SpentBy::All),
        ("persona", SpentBy::Persona("coder")),
        ("project", SpentBy::Project("/home/user/src/project-2")),
        ("provider", SpentBy::Provider("provider-3")),
    ] {
        reader.spent(of, month, i64::MAX)?;
        let started = Instant::now();
        for _ in 0..100 {
            reader.spent(of, month, i64::MAX)?;
        }
        say(&format!("spent in a month, {name}: {:?}", started.elapsed() / 100))?;
    }
    measure_dashboard(path, last)?;
    if check {
        let started = Instant::now();
        for check in reader.check()? {
            say(&format!("{} {}: {}", if check.ok { "ok " } else { "NOT" }, check.name, check.detail))?;
        }
        say(&format!("checked in {:?}", started.elapsed()))?;
    }
    Ok(())
}

/// The first reading of a new reader, as when the screen is opened, and the later ones.
fn measure_dashboard(path: &Path, last: i64) -> Result<(), Failure> {
    let (hour, day) = (3_600_000, 86_400_000);
    let midnight = last - (last + 3 * hour) % day;
    let month = DashboardQuery {
        now: last,
        since: Some(midnight - 26 * day),
        previous: Some((midnight - 57 * day, last - 31 * day)),
        week: midnight - 4 * day,
        limits: Limits {
            windows: Windows { day: midnight, month: midnight - 26 * day },
            ..Limits::default()
        },
        days: (0..31).map(|n| midnight + (n - 29) * day).collect(),
        hours_since: midnight - 27 * day,
        ..DashboardQuery::default()
    };
    let all = DashboardQuery { since: None, previous: None, ..month.clone() };
    let filter = |persona: &str| UsageFilter { persona: Some(persona.to_owned()), ..UsageFilter::default() };
    let coder = DashboardQuery { filter: filter("coder"), ..month.clone() };
    let nobody = DashboardQuery { filter: filter("nobody"), ..all.clone() };
    for (name, query) in [("a month", month), ("all", all), ("a persona's month", coder), ("nobody", nobody)]
    {
        let reader = LedgerReader::open(path)?;
        let started = Instant::now();
        let figures = reader.dashboard(&query)?;
        let first = started.elapsed();
        let started = Instant::now();
        for _ in 0..20 {
            reader.dashboard(&query)?;
        }
        say(&format!(
            "dashboard, {name}: first {first:?}, then {:?}; {} attempts",
            started.elapsed() / 20,
            figures.total.attempts
        ))?;
    }
    Ok(())
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}")
}

/// Two attempts a run, ten runs a session, over two years; ids are scattered as random ones are.
const RUNS: &str = "WITH RECURSIVE n (i) AS (SELECT ?1 / 2 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2 / 2)
    INSERT INTO runs (run, session, persona, plan, project, client, status, started_at, ended_at, content_hash, finish_hash)
    SELECT printf('%012x', i * 1800000000007 % 281474976710656), printf('%012x', (i / 10) * 17800000000007 % 281474976710656),
        iif(i / 10 % 3 = 0, 'coder', 'default'), 'auto', '/home/user/src/project-' || (i / 100 % 5), 'plyrum-cli', 'succeeded',
        1700000000000 + i * 2 * (63072000000 / ?3), 1700000009000 + i * 2 * (63072000000 / ?3),
        randomblob(16), randomblob(16)
    FROM n";

/// Ten models of four providers; 400617/5000 rubles a dollar. The cost is the formula in integers.
const ATTEMPTS: &str = "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2),
    used AS (SELECT i, printf('%012x', (i / 2) * 1800000000007 % 281474976710656) AS run, (i / 20) % 10 AS m,
        1700000000000 + i * (63072000000 / ?3) AS at,
        200 + i * 7919 % 9000 AS input, i * 104729 % 20000 AS cache_read, 50 + i * 15485863 % 1500 AS output,
        iif(i % 3 = 0, i * 32452843 % 2000, 0) AS reasoning FROM n),
    priced AS (SELECT *, ((input * 3000000 + cache_read * 300000 + (output + reasoning) * 15000000) * 400617 + 4999999999) / 5000000000
        AS cost FROM used)
    INSERT INTO attempts (attempt, run, account, step, layer, role, provider, model, try, state, hold_micro_rub, cost_micro_rub,
        outcome, quality, first_of, closed_at, terms, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning,
        request_bytes, received_bytes, held_at, sent_at, ms, ttft_ms, content_hash, settle_hash, message_chain, usage_shape, raw_usage)
    SELECT run || '.' || (i % 2 + 1), run, 1, iif(i % 2 = 0, 'answer', 'aggregate'), 0, iif(i % 2 = 0, 'answer', 'aggregator'),
        'provider-' || (m % 4), 'provider-' || (m % 4) || '/model-' || m, 1, 'settled', cost * 3, cost, 'ok', 'reported',
        iif(i % 2 = 0, 31, 24), at, m + 1, input, cache_read, 0, 0, output, reasoning,
        3 * (input + cache_read), 3 * output, at - 9000, at - 8990, 8990, 700, randomblob(16), randomblob(16),
        '[\"' || lower(hex(randomblob(4))) || '\",\"' || lower(hex(randomblob(4))) || '\",\"' || lower(hex(randomblob(4))) || '\"]',
        1, printf('%d %d %d %d 0 %d 0 0 0', input + cache_read, output + reasoning, input + cache_read + output + reasoning,
            cache_read, reasoning)
    FROM priced";

/// Ten prices, and how one provider says its usage.
const TERMS: &str = "WITH RECURSIVE n (m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM n WHERE m < 9)
    INSERT INTO terms (id, price_version, fx_version, price_card, currency, fx, bytes_per_token)
    SELECT m + 1, '0f343b0931126a20f133d67c2b018a3' || m, '9a0364b9e99bb480dd25e1f0284c8555',
        '{\"input\":3000000,\"output\":15000000,\"cache_read\":300000}', 'USD', '{\"num\":\"400617\",\"den\":\"5000\"}',
        '{\"num\":3,\"den\":1}' FROM n;
    INSERT INTO usage_shapes (id, shape) VALUES (1, '{\"prompt_tokens\":#,\"completion_tokens\":#,\"total_tokens\":#,\"prompt_tokens_details\":{\"cached_tokens\":#,\"audio_tokens\":#},\"completion_tokens_details\":{\"reasoning_tokens\":#,\"audio_tokens\":#,\"accepted_prediction_tokens\":#,\"rejected_prediction_tokens\":#}}');";
