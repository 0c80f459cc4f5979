//! Roll-ups against the plainest sum there is: a loop over the attempts of a random history.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::read::usage;
use crate::tests::{assert_sound, batch, new_run, settle, tokens};
use crate::*;

proptest! {
    /// Pieces follow one another without gap or overlap, and fit the rows that they name.
    #[test]
    fn pieces_cover_a_time_exactly(since in 0..100 * DAY_MS, length in 0..100 * DAY_MS, fine in any::<bool>()) {
        let step = if fine { 1 } else { 900_000 };
        let (since, until) = (since / step * step, (since + length) / step * step);
        for levels in [EACH, EVERYTHING, SESSIONS] {
            let pieces = cover(levels, since, until);
            let mut at = since;
            for piece in &pieces {
                prop_assert!(piece.since == at && piece.until > at);
                at = piece.until;
                if let Some(level) = levels.iter().find(|level| Some(level.number) == piece.level) {
                    prop_assert_eq!((piece.since % level.width_ms, piece.until % level.width_ms), (0, 0));
                } else {
                    prop_assert!(piece.until - piece.since < 2 * levels[levels.len() - 1].width_ms);
                }
            }
            prop_assert_eq!(at, until.max(since));
            prop_assert!(pieces.len() <= 2 * levels.len() + 1);
        }
    }
}

#[test]
fn all_time_is_covered_by_the_widest_rows() {
    let pieces = cover(EACH, 0, i64::MAX);
    assert_eq!((pieces[0].level, pieces[0].since), (Some(2), 0));
    assert_eq!(pieces.last().map(|piece| piece.until), Some(i64::MAX));
    assert_eq!(cover(EACH, 5, 5), []);
    assert_eq!(cover(EACH, i64::MAX - 1, i64::MAX).len(), 1);
}

/// One attempt of a history: small numbers that pick from a few names, so that many rows share a key.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) run: u8,
    pub(crate) model: u8,
    pub(crate) role: u8,
    pub(crate) try_no: u32,
    pub(crate) output: u64,
    pub(crate) searches: u64,
    pub(crate) basis: u8,
    pub(crate) outcome: u8,
    pub(crate) priced: bool,
    pub(crate) at: i64,
}

/// 2026-03-01: the weeks after it have a clock change of Europe.
pub(crate) const START: i64 = 1_772_323_200_000;

pub(crate) fn line() -> impl Strategy<Value = Line> {
    let at = (0..40 * 96_i64, prop_oneof![Just(0), Just(-1), Just(1), 0..900_000_i64]);
    (
        0..6_u8,
        0..3_u8,
        0..2_u8,
        1..3_u32,
        0..1_000_u64,
        0..3_u64,
        0..3_u8,
        0..4_u8,
        prop::bool::weighted(0.9),
        at,
    )
        .prop_map(
            |(run, model, role, try_no, output, searches, basis, outcome, priced, (quarter, over))| Line {
                run,
                model,
                role,
                try_no,
                output,
                searches,
                basis,
                outcome,
                priced,
                at: START + quarter * 900_000 + over,
            },
        )
}

const PERSONAS: [&str; 2] = ["default", "coder"];
const OUTCOMES: [Outcome; 4] = [Outcome::Ok, Outcome::Cut, Outcome::Cancelled, Outcome::Failed];

impl Line {
    pub(crate) fn model(&self) -> String {
        format!("lab/{}", self.model)
    }

    pub(crate) fn provider(&self) -> &'static str {
        ["lab", "other"][usize::from(self.model % 2)]
    }

    pub(crate) fn role(&self) -> &'static str {
        ["answer", "proposer"][usize::from(self.role)]
    }

    pub(crate) fn persona(&self) -> &'static str {
        PERSONAS[usize::from(self.run % 2)]
    }

    pub(crate) fn project(&self) -> &'static str {
        ["", "here", "there"][usize::from(self.run % 3)]
    }

    pub(crate) fn session(&self) -> String {
        format!("s{}", self.run / 2)
    }

    pub(crate) fn key(&self, by: &str) -> String {
        match by {
            "model" => self.model(),
            "provider" => self.provider().to_owned(),
            "persona" => self.persona().to_owned(),
            "role" => self.role().to_owned(),
            "project" => self.project().to_owned(),
            "session" => self.session(),
            other => panic!("{other}"),
        }
    }

    fn basis(&self) -> Basis {
        let units = match self.searches {
            0 => BTreeMap::new(),
            searches => BTreeMap::from([("web_search".to_owned(), searches)]),
        };
        match self.basis {
            0 => Basis::Reported(plyrum_billing_client::Usage { units, ..tokens(self.output) }),
            1 => Basis::Estimated,
            _ => Basis::Nothing,
        }
    }
}

/// Plays a history through the writer, in the order of its lines, and gives the ledger.
pub(crate) async fn played(lines: &[Line]) -> Ledger {
    let ledger = Ledger::open_in_memory().unwrap();
    play(&ledger, lines).await;
    ledger
}

async fn play(ledger: &Ledger, lines: &[Line]) {
    for run in 0..6 {
        let project = Some(["", "here", "there"][usize::from(run % 3_u8)]).filter(|name| !name.is_empty());
        let new = NewRun {
            session: format!("s{}", run / 2),
            persona: PERSONAS[usize::from(run % 2)].to_owned(),
            project: project.map(str::to_owned),
            ..new_run(&format!("r{run}"))
        };
        ledger.begin_run(new).await.unwrap();
    }
    for (nth, line) in lines.iter().enumerate() {
        let id = format!("a{nth}");
        let mut held = batch(&format!("r{}", line.run), &[(&id, if line.priced { 10_000 } else { 0 })]);
        let hold = &mut held.holds[0];
        (hold.model, hold.provider, hold.role) =
            (line.model(), line.provider().to_owned(), line.role().to_owned());
        hold.try_no = line.try_no;
        match &mut hold.price {
            Some(price) if line.priced => {
                let fee = plyrum_billing_client::Fee::new(7);
                price.card.unit_fees = [("web_search".to_owned(), fee)].into();
            }
            price => *price = None,
        }
        ledger.hold(held).await.unwrap();
        ledger.mark_sent(&id, 3_000).await.unwrap();
        let outcome = OUTCOMES[usize::from(line.outcome)];
        let ending =
            Settle { at: line.at, outcome, received_bytes: line.output, ..settle(&id, line.basis()) };
        ledger.settle(ending).await.unwrap();
    }
}

/// What rows and total of a report must be, added up attempt by attempt.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Plain {
    attempts: u64,
    output: u64,
    searches: u64,
    cost: i64,
    unpriced: u64,
    failed: (u64, i64),
    retries: (u64, i64),
    runs: u64,
}

fn plain(sum: &UsageTotal) -> Plain {
    Plain {
        attempts: sum.attempts,
        output: sum.usage.output,
        searches: sum.usage.units.get("web_search").copied().unwrap_or_default(),
        cost: sum.cost.get(),
        unpriced: sum.unpriced,
        failed: (sum.failed.attempts, sum.failed.cost.get()),
        retries: (sum.retries.attempts, sum.retries.cost.get()),
        runs: sum.runs,
    }
}

/// The attempts as they were settled, beside their lines.
pub(crate) async fn settled(ledger: &Ledger, lines: &[Line]) -> Vec<(Line, Attempt)> {
    let mut by_id = BTreeMap::new();
    for run in 0..6 {
        for attempt in ledger.attempts_of(&format!("r{run}")).await.unwrap() {
            by_id.insert(attempt.attempt.clone(), attempt);
        }
    }
    lines
        .iter()
        .enumerate()
        .map(|(nth, line)| (line.clone(), by_id.remove(&format!("a{nth}")).unwrap()))
        .collect()
}

/// Σ of those that are wanted, by key. `first_by`: what a run is counted once for.
fn expected(
    rows: &[(Line, Attempt)],
    key: impl Fn(&Line) -> Option<String>,
    first_by: impl Fn(&Line) -> String,
) -> BTreeMap<String, Plain> {
    let mut seen = BTreeSet::new();
    let mut groups: BTreeMap<String, Plain> = BTreeMap::new();
    for (line, attempt) in rows {
        // Seen in the order of settles, wanted or not: a run is not new in May that began in April.
        let is_first = seen.insert((line.run, first_by(line)));
        let Some(key) = key(line) else { continue };
        let (usage, cost) = (attempt.usage.clone().unwrap(), attempt.cost.map_or(0, MicroRub::get));
        let part =
            |(count, sum): (u64, i64), is: bool| if is { (count + 1, sum + cost) } else { (count, sum) };
        let group = groups.entry(key).or_default();
        *group = Plain {
            attempts: group.attempts + 1,
            output: group.output + usage.output,
            searches: group.searches + usage.units.get("web_search").copied().unwrap_or_default(),
            cost: group.cost + cost,
            unpriced: group.unpriced + u64::from(attempt.cost.is_none()),
            failed: part(group.failed, line.outcome == 3),
            retries: part(group.retries, line.try_no > 1),
            runs: group.runs + u64::from(is_first),
        };
    }
    groups
}

fn by_key(report: &UsageReport) -> BTreeMap<String, Plain> {
    report.rows.iter().map(|row| (row.key.clone(), plain(&row.sum))).collect()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// By every dimension, in any window, filtered or not: what is reported is the sum of its attempts.
    #[test]
    fn reports_are_the_sums_of_their_attempts(
        lines in prop::collection::vec(line(), 1..40), since in 0..40 * 96_i64, length in 0..40 * 96_i64, over in 0..3_i64,
    ) {
        let (since, until) = (START + since * 900_000 - over, START + (since + length) * 900_000 + over);
        runtime().block_on(async {
            let ledger = played(&lines).await;
            assert_sound(&ledger.check().await.unwrap());
            let rows = settled(&ledger, &lines).await;
            let inside = move |line: &Line| (since..until).contains(&line.at);
            let dimensions = [
                ("model", UsageBy::Model), ("provider", UsageBy::Provider), ("persona", UsageBy::Persona),
                ("role", UsageBy::Role), ("project", UsageBy::Project), ("session", UsageBy::Session),
            ];
            for (name, by) in dimensions {
                let query = UsageQuery { by, since: Some(since), until: Some(until) };
                let first_by = |line: &Line| match name {
                    "model" | "provider" | "role" => line.key(name),
                    _ => String::new(),
                };
                let due = expected(&rows, |line| inside(line).then(|| line.key(name)), first_by);
                let asked = query.clone();
                let report = ledger.look(move |conn| usage::report(conn, &asked, &UsageFilter::default())).await.unwrap();
                assert_eq!(by_key(&report), due, "{name}");
                let total = expected(&rows, |line| inside(line).then(String::new), |_| String::new());
                assert_eq!(plain(&report.total), total.get("").cloned().unwrap_or_default(), "{name}");

                let filter = UsageFilter { persona: Some("coder".to_owned()), ..UsageFilter::default() };
                let coder = |line: &Line| inside(line) && line.persona() == "coder";
                let due = expected(&rows, |line| coder(line).then(|| line.key(name)), first_by);
                let asked = query.clone();
                let report = ledger.look(move |conn| usage::report(conn, &asked, &filter)).await.unwrap();
                assert_eq!(by_key(&report), due, "{name} of a persona");

                let filter = UsageFilter { session: Some("s1".to_owned()), ..UsageFilter::default() };
                let due = expected(&rows, |line| (inside(line) && line.session() == "s1").then(|| line.key(name)), first_by);
                let report = ledger.look(move |conn| usage::report(conn, &query, &filter)).await.unwrap();
                assert_eq!(by_key(&report), due, "{name} of a session");
            }
        });
    }

    /// What a budget is checked against is exact at any edges.
    #[test]
    fn spending_is_exact(lines in prop::collection::vec(line(), 1..40), since in 0..40 * 96_i64, length in 0..40 * 96_i64) {
        let (since, until) = (START + since * 900_000, START + (since + length) * 900_000);
        runtime().block_on(async {
            let ledger = played(&lines).await;
            let rows = settled(&ledger, &lines).await;
            let due = |wanted: &dyn Fn(&Line) -> bool| -> i64 {
                let inside = rows.iter().filter(|(line, _)| (since..until).contains(&line.at) && wanted(line));
                inside.filter_map(|(_, attempt)| attempt.cost).map(MicroRub::get).sum()
            };
            let spent = |of: SpentBy<'static>| ledger.look(move |conn| spent(conn, of, since, until));
            assert_eq!(spent(SpentBy::All).await.unwrap(), due(&|_| true));
            assert_eq!(spent(SpentBy::Persona("coder")).await.unwrap(), due(&|line| line.persona() == "coder"));
            assert_eq!(spent(SpentBy::Project("here")).await.unwrap(), due(&|line| line.project() == "here"));
            assert_eq!(spent(SpentBy::Project("")).await.unwrap(), due(&|line| line.project().is_empty()));
            assert_eq!(spent(SpentBy::Provider("other")).await.unwrap(), due(&|line| line.provider() == "other"));
            let left_out = |wanted: &dyn Fn(&Line) -> bool| {
                let inside = rows.iter().filter(|(line, _)| (since..until).contains(&line.at) && wanted(line));
                i64::try_from(inside.filter(|(_, attempt)| attempt.cost.is_none()).count()).unwrap()
            };
            let without_price = |of: SpentBy<'static>| ledger.look(move |conn| unpriced(conn, of, since, until));
            assert_eq!(without_price(SpentBy::All).await.unwrap(), left_out(&|_| true));
            let of_coder = SpentBy::Persona("coder");
            assert_eq!(without_price(of_coder).await.unwrap(), left_out(&|line| line.persona() == "coder"));
            assert_eq!(spent(SpentBy::Persona("nobody")).await.unwrap(), 0);
        });
    }

    /// Days of any offset (quarters of an hour) and days of 23 and 25 hours.
    #[test]
    fn days_are_the_sums_of_their_attempts(lines in prop::collection::vec(line(), 1..40), quarters in -48..56_i64) {
        runtime().block_on(async {
            let ledger = played(&lines).await;
            let rows = settled(&ledger, &lines).await;
            let (offset, day) = (quarters * 900_000, DAY_MS);
            let start = |line: &Line| line.at - (line.at + offset).rem_euclid(day);
            let due = expected(&rows, |line| Some(start(line).to_string()), |_| String::new());
            let minutes = i32::try_from(quarters * 15).unwrap();
            let report = by_day(&ledger, Buckets::OffsetMinutes(minutes)).await;
            assert_eq!(by_start(&report), due);

            // Berlin: 2026-03-29 has 23 hours.
            let starts: Vec<i64> = (0..45).map(|n| START - 3_600_000 + n * day - if n > 28 { 3_600_000 } else { 0 }).collect();
            let spans = starts.clone();
            let start = move |line: &Line| {
                let span = spans.windows(2).find(|span| (span[0]..span[1]).contains(&line.at))?;
                Some(span[0].to_string())
            };
            let due = expected(&rows, start, |_| String::new());
            let report = by_day(&ledger, Buckets::Starts(starts)).await;
            assert_eq!(by_start(&report), due);
            assert_eq!(report.total.attempts, u64::try_from(lines.len()).unwrap(), "what is outside is in the total");
        });
    }
}

async fn by_day(ledger: &Ledger, buckets: Buckets) -> UsageReport {
    let query = UsageQuery { by: UsageBy::Day(buckets), since: None, until: None };
    ledger.look(move |conn| usage::report(conn, &query, &UsageFilter::default())).await.unwrap()
}

fn by_start(report: &UsageReport) -> BTreeMap<String, Plain> {
    report.rows.iter().map(|row| (row.start_at.unwrap().to_string(), plain(&row.sum))).collect()
}

/// Everything that schema 3 added, as text.
fn dump(conn: &Connection) -> Vec<String> {
    let mut select = conn
        .prepare(
            "SELECT p.level || ' ' || p.start || ' ' || coalesce(k.model || k.role || k.persona || k.project, s.session, '') || ' '
                 || p.attempts || ' ' || p.output || ' ' || p.cost || ' ' || p.failed_cost || ' ' || p.runs || ' ' || p.runs_model
             FROM rollups p LEFT JOIN rollup_keys k ON p.level < 3 AND k.id = p.key
                 LEFT JOIN rollup_sessions s ON p.level = 4 AND s.id = p.key ORDER BY 1",
        )
        .unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// A ledger of schema 2 gets the roll-ups that it would have had.
    #[test]
    fn a_migration_fills_them_from_what_is_there(mut lines in prop::collection::vec(line(), 1..30)) {
        lines.sort_by_key(|line| line.at);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.sqlite");
        runtime().block_on(async {
            let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
            play(&ledger, &lines).await;
            ledger.shutdown().await.unwrap();
        });
        let conn = Connection::open(&path).unwrap();
        let before = dump(&conn);
        crate::tests::back_to_schema_3(&conn);
        conn.execute_batch(
            "DROP VIEW rollup_places; DROP VIEW usage_lines; DROP TABLE rollups; DROP TABLE rollup_units; DROP TABLE rollup_keys;
             DROP TABLE rollup_sessions; DROP TABLE rollup_levels; ALTER TABLE attempts DROP COLUMN first_of; PRAGMA user_version = 2",
        )
        .unwrap();
        drop(conn);
        let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 1 }).unwrap();
        runtime().block_on(async {
            assert_sound(&ledger.check().await.unwrap());
            ledger.shutdown().await.unwrap();
        });
        prop_assert_eq!(dump(&Connection::open(&path).unwrap()), before);
    }
}

#[test]
fn the_proof_finds_a_roll_up_that_is_wrong_missing_or_too_many() {
    let lines: Vec<Line> = (0..4)
        .map(|n| Line {
            run: n,
            model: n % 2,
            role: 0,
            try_no: 1,
            output: 10,
            searches: 1,
            basis: 0,
            outcome: 0,
            priced: true,
            at: START,
        })
        .collect();
    runtime().block_on(async {
        for damage in [
            "UPDATE rollups SET cost = cost + 1 WHERE level = 1",
            "UPDATE rollups SET runs = runs + 1 WHERE level = 2",
            "DELETE FROM rollup_units WHERE level = 2",
            "DELETE FROM rollups WHERE level = 4",
            "INSERT INTO rollups SELECT level, start + 3600000, key, attempts, input, cache_read, cache_write_5m, cache_write_1h, output,
                 reasoning, cost, unpriced, reported, estimated, missing, review, failed, failed_cost, cut, cut_cost, cancelled,
                 cancelled_cost, retries, retries_cost, runs, runs_model, runs_provider, runs_role, runs_each FROM rollups WHERE level = 0",
            "UPDATE rollup_units SET count = 9 WHERE level = 0",
            "UPDATE attempts SET first_of = 0",
        ] {
            let ledger = played(&lines).await;
            ledger.look(move |conn| Ok(conn.execute(damage, [])?)).await.unwrap();
            let broken: Vec<_> = ledger.check().await.unwrap().into_iter().filter(|check| !check.ok).collect();
            assert!(!broken.is_empty(), "{damage}");
        }
    });
}
