//! A correction of the account: the daemon owns the ledger's writer.

use super::Visitor;
use crate::clock;
use crate::driver::convert;
use plyrum_ledger::{Adjust, LedgerError};
use plyrum_protocol::{Adjustment, ErrorKind, Fault, view};

/// Books the correction and returns the account as it is then.
pub(super) async fn adjust(visitor: &mut Visitor, asked: Adjustment) -> Result<view::Balance, Fault> {
    let adjust = Adjust {
        id: asked.adjustment,
        amount: asked.amount_micro_rub,
        reason: asked.reason,
        at: clock::now().millis(),
    };
    let balance = visitor.daemon.ledger.adjust(adjust).await.map_err(|e| told(&e))?.balance;
    visitor.daemon.recorder.outbox_filled();
    Ok(view::Balance {
        mode: balance.mode.as_str().to_owned(),
        posted_micro_rub: balance.posted,
        held_micro_rub: balance.held,
        available_micro_rub: balance.available,
    })
}

fn told(error: &LedgerError) -> Fault {
    match error {
        LedgerError::Invalid { .. } | LedgerError::IdReused { .. } => {
            Fault::new(ErrorKind::Usage, error.to_string())
        }
        _ => convert::storage(error),
    }
}
