//! Metered and prepaid: what a change of mode moves, and what it never does.

use serde_json::{Value, json};

use super::*;

async fn mode(ledger: &impl Store, mode: Mode) -> Balance {
    ledger.set_mode(mode, ModeSource::User, 100).await.unwrap()
}

/// What `[billing] mode = "prepaid"` makes of the account.
async fn configured(ledger: &impl Store) -> Mode {
    ledger.set_mode(Mode::Prepaid, ModeSource::Config, 100).await.unwrap().mode
}

pub(super) async fn a_mode_that_is_set_again_pays_nothing(lab: &impl Lab) {
    for kept in [Mode::Prepaid, Mode::Metered] {
        let ledger = lab.with_run().await;
        mode(&ledger, kept).await;
        ledger.adjust(adjust("minus", -30)).await.unwrap();
        let again = mode(&ledger, kept).await;
        assert_eq!((again.mode, again.posted), (kept, micro(-30)), "below zero it stays below zero");
        ledger.prove().await;
    }
}

pub(super) async fn what_metered_runs_spent_is_closed_and_what_is_owed_stays(lab: &impl Lab) {
    let ledger = lab.prepaid(10).await;
    ledger.hold_and_send("a", 10).await;
    ledger.settle(settle("a", Basis::Reported(tokens(15)))).await.unwrap();
    assert_eq!(mode(&ledger, Mode::Metered).await.debt, micro(5));
    ledger.hold_and_send("b", 30).await;
    ledger.settle(settle("b", Basis::Reported(tokens(30)))).await.unwrap();
    assert_eq!(ledger.figures().await, (-35, 0));
    let prepaid = mode(&ledger, Mode::Prepaid).await;
    assert_eq!((prepaid.posted, prepaid.debt), (micro(-5), micro(5)), "30 were the keys', 5 are owed");
    ledger.prove().await;
}

pub(super) async fn a_change_of_mode_is_told_once_and_a_repeat_is_not(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.hold_and_send("a", 30).await;
    ledger.settle(settle("a", Basis::Reported(tokens(30)))).await.unwrap();
    mode(&ledger, Mode::Prepaid).await;
    mode(&ledger, Mode::Prepaid).await;
    mode(&ledger, Mode::Metered).await;
    mode(&ledger, Mode::Metered).await;
    let bodies = ledger.take_outbox(100).await.unwrap();
    let told: Vec<_> = bodies.iter().filter(|row| row.kind == "mode").map(|row| &row.body).collect();
    let figures =
        |body: &Value| (body["from"].clone(), body["to"].clone(), body["closed_tab_micro_rub"].clone());
    assert_eq!(
        told.iter().map(|body| figures(body)).collect::<Vec<_>>(),
        [(json!("metered"), json!("prepaid"), json!(30)), (json!("prepaid"), json!("metered"), json!(0)),]
    );
    assert!(bodies.iter().filter(|row| row.kind == "mode").all(|row| row.at == 100));
}

pub(super) async fn an_account_with_money_is_no_longer_the_configurations(lab: &impl Lab) {
    let ledger = lab.with_run().await;
    ledger.top_up(top_up("t", 5)).await.unwrap();
    assert_eq!(configured(&ledger).await, Mode::Metered, "it has entries");
    let ledger = lab.with_run().await;
    ledger.hold(batch("run", &[("a", 5)])).await.unwrap();
    assert_eq!(configured(&ledger).await, Mode::Metered, "it holds money");
    ledger.release("a", 3_000).await.unwrap();
    assert_eq!(configured(&ledger).await, Mode::Prepaid, "new again");
}
