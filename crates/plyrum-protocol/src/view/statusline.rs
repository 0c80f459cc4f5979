//! `statusline`: the figures of a prompt or a status bar.

use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Now, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statusline {
    /// Charged since midnight, in the caller's time zone.
    pub today_micro_rub: MicroRub,
    /// How many requests of today are not in it, since their price is not known.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub today_unpriced: u32,
    /// Charged since the first of the month.
    pub month_micro_rub: MicroRub,
    /// The same of the month.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub month_unpriced: u32,
    /// Reserved by attempts that are not settled.
    pub held_micro_rub: MicroRub,
    /// What may still be spent, prepaid; null where the account has no limit.
    pub available_micro_rub: Option<MicroRub>,
    /// The least that a budget of everything (a day's or a month's, set with `budget set`) leaves; null without one.
    pub budget_left_micro_rub: Option<MicroRub>,
}
