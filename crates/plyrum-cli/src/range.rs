//! Numbers in a range. clap's own parser tells of one outside in English alone; this one says the same, and what it found.

use std::fmt;
use std::ops::RangeInclusive;

/// A number that is not where it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfRange {
    given: i64,
    pub(crate) least: i64,
    pub(crate) most: i64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not in {}..={}", self.given, self.least, self.most)
    }
}

impl std::error::Error for OutOfRange {}

/// What the parser of a value has against it.
pub(crate) type Wrong = Box<dyn std::error::Error + Send + Sync>;

/// Parses a whole number from the one to the other.
pub(crate) fn within<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, Wrong> + Clone
where
    T: Copy + Into<i64> + TryFrom<i64, Error: std::error::Error + Send + Sync + 'static>,
{
    let (least, most): (i64, i64) = ((*range.start()).into(), (*range.end()).into());
    move |text| {
        let given: i64 = text.parse()?;
        if !(least..=most).contains(&given) {
            return Err(OutOfRange { given, least, most }.into());
        }
        Ok(T::try_from(given)?)
    }
}
