//! The words that cross Plyrum's socket, and the shapes that its commands print as JSON.
//!
//! Everything here is plain data with one meaning on both sides: ids, requests, frames, errors, the
//! handshake and the line codec. Nothing here performs I/O, reads a clock, knows a vendor or a terminal.
//! JSON Schemas of the public shapes are generated from these types (see [`schema`]) and compared with
//! the copies under `snapshots/schema/`, so a change of shape is always a visible change.

mod check;
mod codec;
mod decision;
mod ending;
mod error;
mod failure;
mod frame;
mod hello;
mod ids;
mod json;
mod method;
mod picture;
mod result;
mod rpc;
pub mod schema;
mod session;
mod time;
mod tool;
pub mod view;
mod vote;

/// For counts that are left out where there is nothing to count.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

pub use check::{Check, MAX_CHECK_COMMAND_BYTES, first_code_block};
pub use codec::{Decoder, LineTooLong, MAX_LINE_BYTES};
pub use decision::{
    AttachmentFeature, Candidate, Decision, Excluded, Features, Intent, Language, OutputKind, QualityBasis,
    Risk,
};
pub use ending::{ENDS_WITHIN, LockNote, MAX_LOCK_NOTE, NoNote};
pub use error::{ErrorKind, Fault};
pub use failure::FailureView;
pub use frame::{
    AttemptHold, Channel, ContextFile, Frame, FrameBody, PlannedStep, Role, StepKind, StepOutcome,
};
pub use hello::{Hello, Incompatible, PROTO_MAX, PROTO_MIN, agree};
pub use ids::{ApprovalId, AttachmentId, AttemptId, CallId, InvalidId, RunId, SessionId, StepId};
pub use json::to_line;
pub use method::*;
pub use picture::{MAX_PICTURE_BYTES, MAX_PICTURES, MediaType, PictureMark};
pub use result::{
    AttemptOutcome, AttemptResult, DryRun, DryRunStep, ResultTag, RunResult, RunStatus, UsageView,
};
pub use rpc::{Incoming, Outgoing, RequestId, RpcError};
pub use session::*;
pub use time::Timestamp;
pub use tool::{
    Action, ApprovalRow, ApprovalScope, ApprovalVerdict, Asking, ChangedFile, FileChange, Ruling, TodoItem,
    TodoStatus, ToolOutcome, Undone,
};
pub use vote::{VoteGroup, Voter};
