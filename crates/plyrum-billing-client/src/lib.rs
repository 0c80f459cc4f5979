//! Canonical usage, rate cards, FX, the one cost formula and hold bounds.
//!
//! Every charge must be determined, replayable and the same everywhere: whoever holds the stored usage,
//! rate card and FX rate of an attempt gets the very figure that was charged. So this crate is integers
//! only, knows no files, clocks, SQL or vendors, and has exactly one place that turns tokens into money:
//! [`cost`].
//!
//! Reading order: [`MicroRub`] (what money is) → [`Usage`] (what was used, in disjoint meters) →
//! [`Convention`] (how a vendor's overlapping counts become disjoint) → [`RateCard`] and [`Fx`] (what it
//! costs) → [`cost`] (the formula) → [`hold_amount`] (what must be reserved beforehand) → [`estimate`]
//! (what to settle when nothing was reported) → [`Billing`] (how the rest of Plyrum asks).

#![deny(clippy::float_arithmetic)]

mod billing;
mod bound;
mod card;
mod convention;
mod cost;
mod decimal;
mod estimate;
mod fx;
mod money;
mod said;
mod usage;

pub use billing::{Billing, HoldQuote};
pub use bound::{
    AttemptBound, MESSAGE_OVERHEAD_TOKENS, USUAL_PICTURE_TOKENS, affordable_output, hold_amount, input_bound,
};
pub use card::{Fee, MAX_FEE, MAX_PRICE, PerMillion, RateCard, Rates, Tier};
pub use convention::{Convention, Counts, UsageInvalid};
pub use cost::{CostError, cost};
pub use decimal::DecimalError;
pub use estimate::{BytesPerToken, estimate};
pub use fx::{Fx, MAX_FX_TERM};
pub use money::MicroRub;
pub use said::{SaidCost, is_far_off};
pub use usage::{MAX_TOKENS, MAX_UNITS, Quality, Usage};
