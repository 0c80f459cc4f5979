//! `[daemon]`: how the background process lives.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Longest time that can be asked for: a week.
const MAX_IDLE: Duration = Duration::from_hours(7 * 24);

/// `[daemon]`, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaemonSection {
    pub(crate) idle_exit: Option<Spanned<String>>,
}

/// How the background process lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DaemonSettings {
    /// Ends itself when no client was connected and no run lived for this long; never without it.
    pub idle_exit: Option<Duration>,
}

/// A time from its text (`90s`, `30m`, `12h`; `0` is never); the message says what is wrong with it.
pub(crate) fn parse_idle(text: &str) -> Result<Option<Duration>, String> {
    let wrong = || format!("daemon.idle_exit: `{text}` is no time: \"0\" for never, or \"1s\" to \"168h\"");
    if text == "0" {
        return Ok(None);
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    let number = Some(number).filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
    let time = number
        .and_then(|number| number.parse::<u64>().ok()?.checked_mul(seconds))
        .map(Duration::from_secs)
        .filter(|time| (Duration::from_secs(1)..=MAX_IDLE).contains(time));
    time.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_a_bound_and_zero_is_never() {
        assert_eq!(parse_idle("0"), Ok(None));
        assert_eq!(parse_idle("90s"), Ok(Some(Duration::from_secs(90))));
        assert_eq!(parse_idle("30m"), Ok(Some(Duration::from_mins(30))));
        assert_eq!(parse_idle("168h"), Ok(Some(MAX_IDLE)));
        for wrong in ["", "m", "0m", "30", "30 m", "-1s", "+1s", "169h", "1d", "ж", "99999999999999999999h"]
        {
            assert!(parse_idle(wrong).is_err(), "{wrong}");
        }
    }
}
