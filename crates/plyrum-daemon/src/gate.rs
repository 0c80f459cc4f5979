//! No run that may cost money begins while the audit cannot be written: what is spent is on record, or it is
//! not spent. Runs that are free for certain still go, and say so.
//!
//! A run that is under way when the audit breaks goes on: its money is safe in the ledger's outbox and reaches
//! the log when that can be written again.

use crate::context::Context;
use crate::resolve::Resolved;
use plyrum_protocol::{ErrorKind, Fault};

/// Lets a run through, perhaps with something to tell its user, or refuses it. `ready`: whether the audit can be written.
pub(crate) fn pass(
    ready: Result<(), String>,
    context: &Context,
    resolved: &Resolved,
) -> Result<Option<String>, Fault> {
    let Err(why) = ready else { return Ok(None) };
    if is_free(context, resolved) {
        let told = format!("the audit log cannot be written, so only free runs start: {why}");
        crate::log::line(&told);
        return Ok(Some(told));
    }
    let message = format!("the audit log cannot be written, so no run that may cost money starts: {why}");
    crate::log::line(&message);
    Err(Fault::new(ErrorKind::Storage, message)
        .hint("free some space or mend the disk and ask again; plyrum daemon status; plyrum audit verify"))
}

/// Whether every model that could be asked, stand-ins too, has a price of nothing.
fn is_free(context: &Context, resolved: &Resolved) -> bool {
    let costs_nothing =
        |model: &str| context.catalog.price_basis(model).is_ok_and(|basis| basis.card.is_free());
    resolved.steps.iter().flat_map(|step| &step.models).all(|model| costs_nothing(model.id.as_str()))
}
