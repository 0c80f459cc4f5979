//! Policies: who may do what without being asked. A policy is rules over tools, words, classes of commands, paths and
//! hosts, checked when it is loaded. `deny > ask > allow`, then the most specific; where no rule speaks, it is asked.
//!
//! Three layers. The *policy* is shipped or written by the user as a whole. The user's own *rules* lie over it: an
//! `allow` there turns an ask into an allow, never a deny, and never what is asked always (see `command/guard.rs`).
//! A *project's* rules only narrow. What the commands mean is in `command/`, how a shell string is taken apart in
//! `shell/`. Files are only looked at, to see where links lead; there is no clock here.

mod command;
mod decide;
mod expand;
mod ground;
mod instant;
mod layers;
mod protected;
mod question;
mod rule;
mod secrets;
mod shell;
mod url;
mod verdict;
mod wildcard;

pub use command::{Class, hardened};
pub use decide::only_reads;
pub use instant::unix_seconds;
pub use layers::{Policy, strictest};
pub use question::{Place, Question};
pub use rule::{Layer, NewRule, PolicyError, RemoveError, Rules, What, without_rule};
pub(crate) use secrets::holds_keys;
pub use secrets::secrets_below;
pub use shell::{Refusal, Simple, Why, Word, recognise};
pub use url::host;
pub use verdict::{Decided, Verdict};

/// Shipped policies, by path in the repository.
pub const POLICIES: &[(&str, &str)] = &[
    ("config/policies/ask.toml", include_str!("../../../../config/policies/ask.toml")),
    ("config/policies/ci.toml", include_str!("../../../../config/policies/ci.toml")),
    ("config/policies/read-only.toml", include_str!("../../../../config/policies/read-only.toml")),
    ("config/policies/workspace.toml", include_str!("../../../../config/policies/workspace.toml")),
];
