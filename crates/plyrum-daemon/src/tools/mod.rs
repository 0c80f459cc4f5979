//! Tool actions: from a call that a model wrote to what came of it.
//!
//! Reading order: `offer` says what there is; `call` reads what a model wrote; `prepare` makes of it exactly what will
//! happen, with a hash; `decide` asks the policies; `act` is the life of one call, and asks a person where the policies
//! say so (`ask`); `execute` carries it out; `toolbox` is what all runs share (the sandbox, questions that wait, locks
//! on workspaces); `of_run` what the calls of one run share; `check` runs what judges proposals. `undo` puts back what a run changed.
//!
//! The promise is kept in `act`: nothing is executed but what was prepared, allowed by a rule or by a recorded
//! approval of exactly this hash, and is prepared again to the same hash at the moment it begins.

mod act;
mod ask;
mod call;
mod check;
mod decide;
mod execute;
mod of_run;
mod offer;
mod prepare;
mod record;
mod toolbox;
mod undo;

pub(crate) use act::act;
pub(crate) use ask::Parked;
pub(crate) use check::{Candidate, check, file_of};
pub(crate) use of_run::{OfRun, Order};
pub(crate) use offer::offered;
pub(crate) use toolbox::Toolbox;
pub(crate) use undo::{catch_up, undo};
