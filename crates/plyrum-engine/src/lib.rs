//! The run state machine: one submitted prompt from accepted to finished, as a pure function.
//!
//! [`Run::apply`] takes everything that can happen ([`Input`]) and returns everything it asks for
//! ([`Effect`]). There is no I/O, no clock and no randomness of its own in here (time comes with each
//! input, a seed with the run), so every race is a unit test and whole runs replay from a log. The daemon's
//! driver executes effects and feeds their results back.
//!
//! Also here: plans (DAGs of steps) and personas (system prompts with defaults), each with its file format.

mod activate;
mod agree;
mod answer;
mod calibration;
mod cascade;
mod compose;
mod effect;
mod form;
mod input;
mod persona;
mod picture;
mod plan;
mod proposals;
mod random;
mod run;
mod shape;
mod shown;
mod spec;
mod weight;

pub use activate::{Activation, Room, SEATS, Seat, Situation, activate};
pub use answer::read_answer;
pub use calibration::{Calibration, calibration};
pub use cascade::{Cascade, cascade, cheapest_first};
pub use compose::request_for;
pub use effect::{
    Basis, CheckOrder, CloseRun, Effect, HoldBatch, HoldRequest, ModelCall, OpenAttempt, Request,
    SettleRequest, Speaker, Thought, ToolCall, Turn,
};
pub use input::{
    AttemptEnd, AttemptFailure, BudgetReached, FailureClass, Input, Refusal, RefusalCause, Settlement, Stop,
    ToolEvent, ToolResult, Tried, UsageReport, Verdict,
};
pub use persona::{Persona, PersonaError};
pub use picture::Picture;
pub use plan::{ExpandError, Models, Plan, PlanError, PlanStep};
pub use run::{ResumeError, Run, price_hint};
pub use spec::{
    AnswerForm, Attachment, Conversation, Exchange, FanOut, Limits, ModelChoice, Quorum, RunSpec, StepSpec,
    ToolOffer, Tools, Unpriced,
};
