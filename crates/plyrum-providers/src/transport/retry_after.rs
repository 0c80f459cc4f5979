//! How long a provider asks to wait: `retry-after-ms`, `Retry-After` in seconds, or as a date. Nonsense
//! (negative, not a number, over a day, a past date) is no answer at all.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use super::Clock;

const DAY: Duration = Duration::from_hours(24);

/// The wait in milliseconds, if a sensible one is asked for.
pub(super) fn milliseconds(headers: &HeaderMap, clock: Option<Clock>) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let wait = text("retry-after-ms")
        .and_then(|value| decimal(value, 1e-3))
        .or_else(|| decimal(text(RETRY_AFTER.as_str())?, 1.0))
        .or_else(|| {
            let until = httpdate::parse_http_date(text(RETRY_AFTER.as_str())?).ok()?;
            let now = text(DATE.as_str())
                .and_then(|date| httpdate::parse_http_date(date).ok())
                .or_else(|| clock.map(|clock| clock()))?;
            until.duration_since(now).ok()
        })?;
    (wait <= DAY).then(|| u64::try_from(wait.as_millis()).ok()).flatten()
}

fn decimal(text: &str, unit: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse::<f64>().ok()? * unit).ok()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn check(headers: &[(&str, &str)], expected: Option<u64>) {
        let noon: Clock = || SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 10);
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
            })
            .collect();
        assert_eq!(milliseconds(&map, Some(noon)), expected, "{headers:?}");
    }

    #[test]
    fn seconds_milliseconds_and_dates_are_understood() {
        check(&[], None);
        check(&[("retry-after", "2")], Some(2000));
        check(&[("retry-after", " 0.5 ")], Some(500));
        check(&[("retry-after", "0")], Some(0));
        check(&[("retry-after-ms", "1500")], Some(1500));
        check(&[("retry-after-ms", "1500"), ("retry-after", "9")], Some(1500));
        check(&[("retry-after-ms", "x"), ("retry-after", "9")], Some(9000));
        check(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(10_000));
        check(
            &[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), ("date", "Sun, 06 Nov 1994 08:49:07 GMT")],
            Some(30_000),
        );
    }

    #[test]
    fn nonsense_is_ignored() {
        for value in ["-1", "NaN", "inf", "1e300", "86401", "soon", "", "Sun, 06 Nov 1994 08:00:00 GMT"] {
            check(&[("retry-after", value)], None);
        }
        for value in ["-1", "NaN", "inf", "86400001", "soon", ""] {
            check(&[("retry-after-ms", value)], None);
        }
        check(&[("retry-after", "86400")], Some(86_400_000));
    }

    #[test]
    fn a_date_without_any_clock_is_ignored() {
        let map: HeaderMap =
            [(RETRY_AFTER, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"))].into_iter().collect();
        assert_eq!(milliseconds(&map, None), None);
    }
}
