//! From when on a vote pays, field by field.
//!
//! Made from recorded answers of about 45 models by `plyrum bench moa --data DIR`, which prints what the same data says
//! today and how the rule does on questions that it was not made from. Where a field was not measured, the published
//! rule of thumb holds.

/// The rule of one field for discrete answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calibration {
    /// A member this far under the best is left out, in thousandths.
    pub too_weak_milli: u32,
    /// With fewer members the best is asked alone.
    pub min_members: usize,
    /// Up to this gap between the best and the mean a vote pays whatever the number of members.
    pub near_milli: u32,
    /// Members that make a vote pay above that gap.
    pub unequal_members: usize,
}

/// The rule of thumb: near-equals vote, others only where they are many.
const USUAL: Calibration =
    Calibration { too_weak_milli: 150, min_members: 2, near_milli: 50, unequal_members: 5 };

/// Fields that were measured, by their name in a decision. With weighted votes the gap matters little; who is let in does. Halves of
/// the questions make somewhat different rules (`bench moa` prints them), by gains within chance: of these the stricter
/// is kept, since a vote that loses is worse than one that was not held.
const MEASURED: &[(&str, Calibration)] = &[
    // GSM8K and MATH level 5: weak members err in many ways, and their words weigh little.
    ("math", Calibration { too_weak_milli: 150, min_members: 2, near_milli: 1000, unequal_members: 2 }),
    // CRUXEval: weak members fall into the same trap, so that two of them outvote the best.
    (
        "programming",
        Calibration { too_weak_milli: 100, min_members: 3, near_milli: 1000, unequal_members: 3 },
    ),
];

/// The rule for a prompt of these fields: that of the first one which was measured.
pub fn calibration<'a>(domains: impl IntoIterator<Item = &'a str>) -> Calibration {
    let measured = |domain: &str| MEASURED.iter().find(|(name, _)| *name == domain).map(|(_, rule)| *rule);
    domains.into_iter().find_map(measured).unwrap_or(USUAL)
}

impl Calibration {
    /// Whether a panel with this gap and so many members votes.
    pub(crate) fn votes(&self, gap_milli: u32, members: usize) -> bool {
        members >= self.min_members && (gap_milli <= self.near_milli || members >= self.unequal_members)
    }
}
