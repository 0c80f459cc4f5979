//! The dashboard from a ledger's file, and its exports.

use super::*;
use plyrum_billing_client::{BytesPerToken, Fx, MicroRub, PerMillion, RateCard, Rates, Usage as Meters};
use plyrum_ledger::{Basis, HoldBatch, Ledger, NewHold, NewRun, Outcome, Price, RecoverySpec, Settle};
use plyrum_protocol::view::{DashboardFilter, DashboardPeriod};
use std::os::unix::fs::PermissionsExt as _;

fn home() -> (tempfile::TempDir, Paths) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("home");
    let paths =
        Paths::resolve(|name| (name == "PLYRUM_HOME").then(|| root.clone().into_os_string())).unwrap();
    paths.prepare().unwrap();
    (dir, paths)
}

fn noon() -> Zoned {
    "2026-11-27T12:00:00Z".parse::<Time>().unwrap().in_tz("Europe/Moscow").unwrap()
}

/// A card on which input costs 3, cached input 1 and output 5 micro-rubles a token.
fn card() -> Price {
    let rate = |micro: u64| Some(PerMillion::new(micro * 1_000_000));
    let base = Rates { input: rate(3), cache_read: rate(1), output: rate(5), ..Rates::default() };
    Price {
        version: "p".to_owned(),
        currency: "RUB".to_owned(),
        card: RateCard { base, ..RateCard::default() },
        fx_version: "rub".to_owned(),
        fx: Fx::RUB,
    }
}

fn hold(attempt: &str, model: &str, price: Option<Price>) -> HoldBatch {
    let amount = MicroRub::new(if price.is_some() { 1_000_000 } else { 0 });
    let hold = NewHold {
        attempt: attempt.to_owned(),
        step: "answer".to_owned(),
        layer: 0,
        role: "answer".to_owned(),
        provider: "lab".to_owned(),
        model: model.to_owned(),
        try_no: 1,
        amount,
        price,
        request_bytes: 30,
        bytes_per_token: BytesPerToken::default(),
        is_bounded: true,
    };
    let limits = Limits::default();
    HoldBatch { run: "run".to_owned(), at: 1, holds: vec![hold], run_budget: None, limits }
}

/// One request a day on the last three days: with a hit, failed and unpriced, and today one.
async fn used(paths: &Paths) {
    let (ledger, _) = Ledger::open(&paths.ledger_path(), RecoverySpec { at: 1 }).unwrap();
    let run = NewRun {
        run: "run".to_owned(),
        session: "session".to_owned(),
        persona: "coder".to_owned(),
        plan: "direct".to_owned(),
        project: None,
        client: "test".to_owned(),
        budget: None,
        at: 1,
    };
    ledger.begin_run(run).await.unwrap();
    let day = 86_400_000;
    let now = noon().timestamp().as_millisecond();
    let usage = |input, cache_read| Meters { input, cache_read, output: 10, ..Meters::default() };
    for (id, price, at, outcome, usage) in [
        ("first", Some(card()), now - 2 * day, Outcome::Ok, usage(2_000, 0)),
        ("hit", Some(card()), now - day, Outcome::Ok, usage(100, 1_900)),
        ("unpriced", None, now - day, Outcome::Failed, usage(7, 0)),
        ("today", Some(card()), now - 60_000, Outcome::Ok, usage(2_000, 0)),
    ] {
        let model = if price.is_some() { "lab/fast" } else { "lab/new" };
        ledger.hold(hold(id, model, price)).await.unwrap();
        ledger.mark_sent(id, at - 1_000).await.unwrap();
        let ending = Settle {
            attempt: id.to_owned(),
            at,
            basis: Basis::Reported(usage),
            outcome,
            error_kind: None,
            raw_usage: None,
            said_cost: None,
            ms: Some(10),
            ttft_ms: Some(5),
            received_bytes: 0,
            limits: Limits::default(),
        };
        ledger.settle(ending).await.unwrap();
    }
    ledger.shutdown().await.unwrap();
}

fn read(paths: &Paths, query: &view::DashboardQuery) -> view::Dashboard {
    Usage { paths: paths.clone(), zone: noon().time_zone().clone() }.read(query, &noon()).unwrap()
}

#[test]
fn a_home_without_a_ledger_has_an_empty_dashboard() {
    let (_dir, paths) = home();
    let board = read(&paths, &view::DashboardQuery::default());
    assert!(board.is_empty());
    assert_eq!((board.days.len(), board.spans.len(), board.zone.as_str()), (30, 3, "Europe/Moscow"));
}

#[tokio::test]
async fn every_panel_has_the_figures_of_the_ledger() {
    let (_dir, paths) = home();
    used(&paths).await;
    std::fs::write(paths.config_file(), "[budgets]\nday = \"1\"\n").unwrap();
    let board = read(&paths, &view::DashboardQuery::default());
    let (first, hit) = (6_050, 300 + 1_900 + 50);
    assert_eq!(board.total.cost_micro_rub, MicroRub::new(first * 2 + hit));
    assert_eq!((board.total.attempts, board.total.unpriced, board.total.failed.attempts), (4, 1, 1));
    assert_eq!(board.burn_micro_rub_per_hour, MicroRub::new(first));
    let today = board.spans.first().unwrap();
    assert_eq!(today.limit_micro_rub, Some(MicroRub::new(1_000_000)));
    assert_eq!(today.left_micro_rub, Some(MicroRub::new(1_000_000 - first)));
    // Fifteen of twenty-four hours are over.
    assert_eq!(today.projected_micro_rub, Some(MicroRub::new(first * 24 / 15)));
    assert_eq!(board.days.last().unwrap().cost_micro_rub, MicroRub::new(first));
    assert_eq!(board.days.get(28).unwrap().unpriced, 1);
    let friday = view::DashboardHour {
        weekday: 5,
        hour: 14,
        minute: 0,
        attempts: 1,
        cost_micro_rub: MicroRub::new(first),
    };
    assert!(board.hours.contains(&friday), "{:?}", board.hours);
    assert_eq!(board.last_day.len(), 24);
    assert_eq!(board.last_day.get(22).unwrap().cost_micro_rub, MicroRub::new(first));
    assert_eq!(board.cache.saved_micro_rub, MicroRub::new(1_900 * 2));
    let causes: Vec<_> =
        board.cache.causes.iter().map(|c| (c.cause.as_str(), c.lost_at_most_micro_rub.get())).collect();
    assert!(causes.contains(&("expired", 2 * 2_000)) && causes.contains(&("hit", 0)), "{causes:?}");
    assert!(board.books.agree && board.books.open_attempts == 0);
    let filter = DashboardFilter { model: Some("lab/new".to_owned()), ..DashboardFilter::default() };
    let query =
        view::DashboardQuery { period: DashboardPeriod::All, filter, ..view::DashboardQuery::default() };
    let new = read(&paths, &query);
    assert_eq!((new.total.attempts, new.total.unpriced, new.previous), (1, 1, None));
    assert_eq!(new.spans.first().unwrap().sum, today.sum, "a span knows no filter");
}

#[tokio::test]
async fn exports_are_private_whole_and_never_written_over() {
    let (dir, paths) = home();
    used(&paths).await;
    let board = read(&paths, &view::DashboardQuery::default());
    let write = |format| export::to_new_file(dir.path(), "2026-11-27", format, &board).unwrap();
    let (csv, again, json) = (write(ExportFormat::Csv), write(ExportFormat::Csv), write(ExportFormat::Json));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(
        [&csv, &again, &json].map(|path| name(path)),
        ["plyrum-usage-2026-11-27.csv", "plyrum-usage-2026-11-27-2.csv", "plyrum-usage-2026-11-27.json"]
    );
    assert_eq!(csv.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&csv).unwrap();
    let columns = |line: &str| line.split(',').count();
    let lines: Vec<&str> = text.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert!(lines.iter().all(|line| columns(line) == columns(lines[0])), "{text}");
    let fast = lines.iter().find(|line| line.starts_with("model,lab/fast,")).unwrap();
    assert!(fast.contains(",14350,0,"), "{fast}");
    let read: view::Dashboard = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(read, board);
}

#[test]
fn a_wrong_date_is_told_as_usage_tells_it() {
    let (_dir, paths) = home();
    let query = view::DashboardQuery {
        period: DashboardPeriod::Custom,
        since: Some("yesterday".to_owned()),
        ..view::DashboardQuery::default()
    };
    let usage = Usage { paths, zone: noon().time_zone().clone() };
    assert!(usage.read(&query, &noon()).unwrap_err().message.contains("yesterday"));
}
