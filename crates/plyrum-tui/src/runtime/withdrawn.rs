//! Orders that their writer took back while they were on their way. The screen says so at once; who carries orders looks
//! before each goes out, also while there is no connection.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Most that are remembered: far more than can be on their way.
const MAX: usize = 1024;

/// Numbers of orders that are not to be sent. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Withdrawn {
    tickets: Arc<Mutex<BTreeSet<u64>>>,
    heard: Arc<Notify>,
}

impl Withdrawn {
    /// This order is not to be sent.
    pub(super) fn add(&self, ticket: u64) {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.insert(ticket);
        if tickets.len() > MAX {
            tickets.pop_first();
        }
        drop(tickets);
        self.heard.notify_one();
    }

    /// Whether this order was taken back.
    pub(super) fn has(&self, ticket: u64) -> bool {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).contains(&ticket)
    }

    /// The same, and it is forgotten: what follows from it is done.
    pub(super) fn take(&self, ticket: u64) -> bool {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket)
    }

    /// Until another order was taken back.
    pub(super) async fn heard(&self) {
        self.heard.notified().await;
    }
}
