//! The daemon: one process per user that owns what is worth protecting: provider keys, the router, runs,
//! money and audit. Clients connect over a local socket, submit, and render frames.
//!
//! Reading order: [`boot`](boot) brings the parts up and takes them down in order; `serve` accepts clients;
//! `handle` carries out their requests; `submit` and `resolve` make a run of a prompt; `driver` executes
//! what the engine asks for; `sessions` knows what was said before; `hub` and `outbox` fan frames out; `recorder`
//! writes the audit; `tools` carries out what models call, by `policies` and approvals, and `gate` starts nothing that may cost money without it.
//!
//! Meaning changes at two seams here: `handle` (frames ↔ domain) and `driver::convert` (wire ↔ engine
//! inputs). Knows nothing of terminals.

mod blocking;
mod boot;
mod budgets;
mod calendar;
mod check;
mod clock;
mod context;
mod daemon;
mod driver;
mod ending;
mod expand;
mod flushes;
mod form;
mod gate;
mod handle;
mod hub;
mod idle;
mod ids;
mod instructions;
mod lanes;
mod learned;
mod library;
mod limits;
mod lock;
mod log;
mod ollama;
mod outbox;
mod project;
mod recorder;
mod recording;
mod recover;
mod registry;
mod resolve;
mod resume;
mod runs;
mod serve;
mod sessions;
mod signals;
mod submit;
mod sweep;
mod tools;
mod visitors;

mod keys;

pub use boot::{Start, run};
pub use library::{PERSONAS, PLANS};
