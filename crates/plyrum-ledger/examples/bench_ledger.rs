//! How many attempts a second the ledger can hold and settle on this disk, beside what the disk's own
//! flush can do in the same run: `scripts/bench-ledger.sh` calls it. A figure without the disk's says
//! nothing, so both are measured in turn, several times, and medians are printed.
//!
//! `bench_ledger DIRECTORY [ROUNDS [PAIRS]]`: PAIRS attempts of each of 64 concurrent runs a round.
#![expect(clippy::print_stdout, reason = "prints its figures")]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use plyrum_billing_client::{BytesPerToken, Fx, MicroRub, PerMillion, RateCard, Rates, Usage};
use plyrum_ledger::{
    Basis, HoldBatch, HoldOutcome, Ledger, Limits, NewHold, NewRun, Outcome, Price, RecoverySpec,
    SentRequest, Settle,
};

type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

const RUNS: u64 = 64;

/// What one round measured.
struct Round {
    flushes_a_second: u128,
    pairs_a_second: u128,
    flushes_a_pair_by_1000: u128,
}

fn main() -> Done<()> {
    let mut words = std::env::args().skip(1);
    let dir = words.next().ok_or("usage: bench_ledger DIRECTORY [ROUNDS [PAIRS]]")?;
    let rounds: u64 = words.next().map_or(Ok(5), |text| text.parse())?;
    let pairs: u64 = words.next().map_or(Ok(100), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let path = Path::new(&dir).join("bench.sqlite");
    let (ledger, _) = Ledger::open(&path, RecoverySpec { at: 0 })?;
    let mut measured = Vec::new();
    for round in 0..rounds {
        let flushes_a_second = flushes(Path::new(&dir))?;
        let before = ledger.stats().full_commits;
        let began = Instant::now();
        runtime.block_on(load(&ledger, round, pairs))?;
        let took = began.elapsed();
        let done = u128::from(RUNS * pairs);
        let flushed = u128::from(ledger.stats().full_commits - before);
        measured.push(Round {
            flushes_a_second,
            pairs_a_second: a_second(done, took),
            flushes_a_pair_by_1000: flushed * 1000 / done,
        });
    }
    let broken: Vec<_> = runtime.block_on(ledger.check())?.into_iter().filter(|check| !check.ok).collect();
    if !broken.is_empty() {
        return Err(format!("the books do not prove: {broken:?}").into());
    }
    runtime.block_on(ledger.shutdown())?;
    tell(&measured);
    Ok(())
}

fn tell(measured: &[Round]) {
    for round in measured {
        let ratio = round.pairs_a_second * 10 / round.flushes_a_second.max(1);
        println!(
            "  disk {:>7} flushes/s   ledger {:>7} pairs/s   ratio {:>3}.{}   flushes a pair 0.{:03}",
            round.flushes_a_second,
            round.pairs_a_second,
            ratio / 10,
            ratio % 10,
            round.flushes_a_pair_by_1000
        );
    }
    let median = |figure: fn(&Round) -> u128| {
        let mut figures: Vec<u128> = measured.iter().map(figure).collect();
        figures.sort_unstable();
        figures.get(figures.len() / 2).copied().unwrap_or(0)
    };
    let (disk, pairs) = (median(|round| round.flushes_a_second), median(|round| round.pairs_a_second));
    let ratio = median(|round| round.pairs_a_second * 10 / round.flushes_a_second.max(1));
    println!(
        "medians: disk {disk} flushes/s, ledger {pairs} hold+settle pairs/s with {RUNS} concurrent runs, ratio {}.{}",
        ratio / 10,
        ratio % 10
    );
}

fn a_second(count: u128, took: Duration) -> u128 {
    count * 1_000_000_000 / took.as_nanos().max(1)
}

/// Appends a page and flushes it, for a second: what the disk itself does.
fn flushes(dir: &Path) -> Done<u128> {
    let path = dir.join("flush");
    let mut file = std::fs::File::create(&path)?;
    let began = Instant::now();
    let mut count = 0;
    while began.elapsed() < Duration::from_secs(1) {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    let took = began.elapsed();
    std::fs::remove_file(path)?;
    Ok(a_second(count, took))
}

async fn load(ledger: &Ledger, round: u64, pairs: u64) -> Done<()> {
    let mut runs = tokio::task::JoinSet::new();
    for run in 0..RUNS {
        let (ledger, run) = (ledger.clone(), format!("run-{round}-{run}"));
        runs.spawn(async move {
            ledger.begin_run(new_run(&run)).await?;
            for nth in 0..pairs {
                let attempt = format!("{run}.{nth}");
                if ledger.hold(hold(&run, &attempt)).await? != HoldOutcome::Granted {
                    return Err("a hold was refused".into());
                }
                ledger.mark_sent_of(&attempt, 2, sent()).await?;
                ledger.settle(settle(attempt)).await?;
            }
            Done::Ok(())
        });
    }
    while let Some(ended) = runs.join_next().await {
        ended??;
    }
    Ok(())
}

fn new_run(run: &str) -> NewRun {
    NewRun {
        run: run.to_owned(),
        session: run.to_owned(),
        persona: "default".to_owned(),
        plan: "direct".to_owned(),
        project: None,
        client: "bench".to_owned(),
        budget: None,
        at: 1,
    }
}

fn hold(run: &str, attempt: &str) -> HoldBatch {
    let rate = Some(PerMillion::new(300_000_000));
    let base = Rates { input: rate, output: rate, ..Rates::default() };
    let hold = NewHold {
        attempt: attempt.to_owned(),
        step: "answer".to_owned(),
        layer: 0,
        role: "answer".to_owned(),
        provider: "lab".to_owned(),
        model: "lab/fast".to_owned(),
        try_no: 1,
        amount: MicroRub::new(2_000_000),
        price: Some(Price {
            version: "price-1".to_owned(),
            currency: "RUB".to_owned(),
            card: RateCard { base, ..RateCard::default() },
            fx_version: "rub".to_owned(),
            fx: Fx::RUB,
        }),
        request_bytes: 2_000,
        bytes_per_token: BytesPerToken::default(),
        is_bounded: true,
    };
    HoldBatch { run: run.to_owned(), at: 2, holds: vec![hold], run_budget: None, limits: Limits::default() }
}

fn sent() -> SentRequest {
    let message_chain = ["c2a1f0e4b7d3", "90ab12cd34ef"].map(str::to_owned).to_vec();
    SentRequest { bytes: 2_000, message_chain }
}

fn settle(attempt: String) -> Settle {
    Settle {
        attempt,
        at: 3,
        basis: Basis::Reported(Usage { input: 700, output: 300, ..Usage::default() }),
        outcome: Outcome::Ok,
        error_kind: None,
        raw_usage: Some(r#"{"prompt_tokens":700,"completion_tokens":300,"total_tokens":1000}"#.to_owned()),
        said_cost: None,
        ms: Some(900),
        ttft_ms: Some(200),
        received_bytes: 1_200,
        limits: Limits::default(),
    }
}
