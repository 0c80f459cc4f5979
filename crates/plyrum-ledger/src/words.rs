//! The closed vocabularies, each with the one word that SQL, JSON and screens use for it.
//!
//! The schema's CHECK constraints list the same words: a word that only one side knows fails loudly.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// The word used in SQL, JSON and on screen.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value that a word names.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.as_str()))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::parse(value.as_str()?).ok_or_else(|| unknown_word(stringify!($name)))
            }
        }
    };
}

fn unknown_word(vocabulary: &'static str) -> FromSqlError {
    FromSqlError::Other(format!("a word that is no {vocabulary}").into())
}

words! {
    /// How the account is limited.
    Mode {
        /// No limit of its own: the user's keys pay the vendor. Budgets still apply.
        Metered = "metered",
        /// Nothing may be spent that was not topped up.
        Prepaid = "prepaid",
    }
}

words! {
    /// Where a run is.
    RunStatus {
        /// Its first wave may be under way.
        Running = "running",
        /// Waits for an approval. Spends nothing meanwhile.
        Parked = "parked",
        /// Answered as planned.
        Succeeded = "succeeded",
        /// Answered with less than planned.
        Degraded = "degraded",
        /// Ended without an answer.
        Failed = "failed",
        /// Ended by its owner.
        Cancelled = "cancelled",
        /// The daemon died under it.
        Interrupted = "interrupted",
    }
}

impl RunStatus {
    /// True for a run that will not spend any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Running | Self::Parked)
    }
}

words! {
    /// Where an attempt is: `held` → `sent` → `streaming` → `settled` | `released`.
    AttemptState {
        /// Money is reserved; no byte has gone out.
        Held = "held",
        /// The request may have reached the provider.
        Sent = "sent",
        /// Something came back.
        Streaming = "streaming",
        /// Charged, once and for all.
        Settled = "settled",
        /// Given back: it was never sent.
        Released = "released",
    }
}

impl AttemptState {
    /// True once no money of it is held.
    pub const fn is_resolved(self) -> bool {
        matches!(self, Self::Settled | Self::Released)
    }
}

words! {
    /// How an attempt ended.
    Outcome {
        /// Came to its end.
        Ok = "ok",
        /// The stream stopped in the middle.
        Cut = "cut",
        /// We hung up.
        Cancelled = "cancelled",
        /// The provider said no, or could not be reached.
        Failed = "failed",
    }
}

words! {
    /// Which limit refused a hold.
    Scope {
        /// The prepaid account's available money.
        Wallet = "wallet",
        /// The prepaid account owes for attempts that cost more than they held.
        Debt = "debt",
        /// The run's budget.
        Run = "run",
        /// The session's budget.
        Session = "session",
        /// The day's budget.
        Day = "day",
        /// The month's budget.
        Month = "month",
        /// The persona's budget.
        Persona = "persona",
        /// The project's budget.
        Project = "project",
        /// The provider's budget.
        Provider = "provider",
        /// A limit is in force and the price is not known, so nothing can say that it fits.
        PriceUnknown = "price_unknown",
    }
}

words! {
    /// What a budget counts together.
    BudgetScope {
        /// Each run by itself.
        Run = "run",
        /// Each session by itself, or one of them.
        Session = "session",
        /// Everything.
        All = "all",
        /// What runs with one persona.
        Persona = "persona",
        /// What is submitted from one project.
        Project = "project",
        /// What goes to one provider.
        Provider = "provider",
    }
}

words! {
    /// Over which time a budget counts.
    Period {
        /// From the beginning.
        Total = "total",
        /// A day of the caller's calendar.
        Day = "day",
        /// A month of the caller's calendar.
        Month = "month",
    }
}

words! {
    /// How an approval was answered.
    ApprovalVerdict {
        /// The action may run.
        Approved = "approved",
        /// It may not.
        Denied = "denied",
    }
}

words! {
    /// How far an answer reaches.
    ApprovalScope {
        /// This action alone.
        Once = "once",
        /// Its like, as long as the session lasts.
        Session = "session",
        /// Its like, by a rule that was saved.
        Always = "always",
    }
}

words! {
    /// Where an approval is: `pending` → `approved` → `executed`, or `pending` → `denied` | `expired`.
    ApprovalStatus {
        /// Nobody has answered yet.
        Pending = "pending",
        /// The action may run, and has not begun to.
        Approved = "approved",
        /// The action may not run.
        Denied = "denied",
        /// Nobody answered in time, or the run was over first: as good as denied.
        Expired = "expired",
        /// The action has begun to run.
        Executed = "executed",
    }
}

impl From<ApprovalVerdict> for ApprovalStatus {
    fn from(verdict: ApprovalVerdict) -> Self {
        match verdict {
            ApprovalVerdict::Approved => Self::Approved,
            ApprovalVerdict::Denied => Self::Denied,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_one_value_and_back() {
        for word in ["running", "parked", "succeeded", "degraded", "failed", "cancelled", "interrupted"] {
            assert_eq!(RunStatus::parse(word).map(RunStatus::as_str), Some(word));
        }
        for word in ["pending", "approved", "denied", "expired", "executed"] {
            assert_eq!(ApprovalStatus::parse(word).map(ApprovalStatus::as_str), Some(word));
        }
        assert_eq!(Mode::parse("postpaid"), None);
    }
}
