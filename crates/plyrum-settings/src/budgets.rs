//! `[budgets]`: limits in rubles, and how a project lowers them.

use plyrum_billing_client::MicroRub;
use plyrum_catalog::DecimalText;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[budgets]`, as written: decimals in quotes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetsSection {
    pub(crate) run: Option<Spanned<DecimalText>>,
    pub(crate) session: Option<Spanned<DecimalText>>,
    pub(crate) day: Option<Spanned<DecimalText>>,
    pub(crate) month: Option<Spanned<DecimalText>>,
}

/// One limit: its key, and where it was written.
pub(crate) type Written<'a> = (&'static str, Option<&'a Spanned<DecimalText>>);

impl BudgetsSection {
    pub(crate) fn written(&self) -> [Written<'_>; 4] {
        [
            ("run", self.run.as_ref()),
            ("session", self.session.as_ref()),
            ("day", self.day.as_ref()),
            ("month", self.month.as_ref()),
        ]
    }
}

/// Limits in micro-rubles; an absent one does not limit, zero allows nothing that costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Budgets {
    /// Of one run.
    pub run: Option<MicroRub>,
    /// Of one session, over all of its time.
    pub session: Option<MicroRub>,
    /// Of a calendar day.
    pub day: Option<MicroRub>,
    /// Of a calendar month.
    pub month: Option<MicroRub>,
}

impl Budgets {
    /// The limit of this key.
    pub(crate) fn slot(&mut self, key: &str) -> Option<&mut Option<MicroRub>> {
        match key {
            "run" => Some(&mut self.run),
            "session" => Some(&mut self.session),
            "day" => Some(&mut self.day),
            "month" => Some(&mut self.month),
            _ => None,
        }
    }
}

/// A limit from its text; the message says what is wrong with it.
pub(crate) fn parse_limit(key: &str, text: &str) -> Result<MicroRub, String> {
    match MicroRub::parse_rub(text) {
        Ok(limit) if limit < MicroRub::ZERO => Err(format!("budgets.{key}: a limit must not be negative")),
        Ok(limit) => Ok(limit),
        Err(error) => Err(format!("budgets.{key}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_exact_rubles_and_never_negative() {
        assert_eq!(parse_limit("run", "50.25"), Ok(MicroRub::new(50_250_000)));
        assert_eq!(parse_limit("run", "0"), Ok(MicroRub::ZERO));
        assert_eq!(parse_limit("day", "-1"), Err("budgets.day: a limit must not be negative".to_owned()));
        assert!(parse_limit("day", "много").unwrap_err().starts_with("budgets.day: "));
    }
}
