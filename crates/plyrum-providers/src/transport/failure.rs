//! From `reqwest`'s layered errors to one class and one short sentence. What the class is decided by is every
//! layer; what people are told is where it failed and why, without the layers between.

use std::error::Error;
use std::io;

use crate::wire::End;
use crate::{ErrorClass, Limit, ProviderError, Timeouts};

/// The client could not be made.
pub(super) fn of_building(error: &reqwest::Error) -> ProviderError {
    let class = if layers(error).any(is_tls) { ErrorClass::Tls } else { ErrorClass::Config };
    ProviderError::new(class, format!("no HTTP client: {}", chain(error)))
}

/// No response came.
pub(super) fn of_sending(error: &reqwest::Error, timeouts: &Timeouts) -> ProviderError {
    if error.is_connect() && error.is_timeout() {
        return Limit::Connect.error(timeouts);
    }
    ProviderError::new(class_of_sending(error), chain(error))
}

/// A body broke off.
pub(super) fn of_body(error: &reqwest::Error) -> End {
    let broken = broken_off(error);
    if is_early_end(error) { End::Truncated(broken) } else { End::Broken(broken) }
}

/// The same of a body that is of no use unless it is whole.
pub(super) fn broken_off(error: &reqwest::Error) -> ProviderError {
    if is_early_end(error) {
        let message = format!("the connection ended in the middle of the body: {}", chain(error));
        return ProviderError::new(ErrorClass::Reset, message);
    }
    let class = match layers(error).find_map(io_kind) {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => ErrorClass::Protocol,
        _ if layers(error).any(is_tls) => ErrorClass::Tls,
        _ => ErrorClass::Reset,
    };
    ProviderError::new(class, chain(error))
}

fn is_early_end(error: &reqwest::Error) -> bool {
    layers(error).find_map(io_kind) == Some(io::ErrorKind::UnexpectedEof)
}

fn class_of_sending(error: &reqwest::Error) -> ErrorClass {
    if error.is_dns() || says(error, "dns error") {
        ErrorClass::Dns
    } else if says(error, "tunnel error") || says(error, "proxy") {
        ErrorClass::Proxy
    } else if layers(error).any(is_tls) || says(error, "handshake") {
        ErrorClass::Tls
    } else if let Some(kind) = layers(error).find_map(io_kind) {
        match kind {
            io::ErrorKind::ConnectionRefused => ErrorClass::Refused,
            io::ErrorKind::TimedOut => ErrorClass::Timeout,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => ErrorClass::Protocol,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => ErrorClass::Reset,
            _ if error.is_connect() => ErrorClass::Connect,
            _ => ErrorClass::Reset,
        }
    } else if error.is_connect() {
        ErrorClass::Connect
    } else if error.is_timeout() {
        ErrorClass::Timeout
    } else if says(error, "connection closed") || says(error, "canceled") {
        ErrorClass::Reset
    } else {
        ErrorClass::Protocol
    }
}

/// The outermost layer, which says what was tried, and the innermost, which says why it failed; one text where
/// one of them says it all.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let first = error.to_string();
    let last = layers(error).last().map(ToString::to_string).unwrap_or_default();
    if first.contains(&last) {
        first
    } else if last.contains(&first) {
        last
    } else {
        format!("{first}: {last}")
    }
}

fn layers<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

/// The next layer. `io::Error` hides what it wraps from `source`, which skips to the cause of that.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    error.is::<rustls::Error>()
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    // An outer layer may only say "other" of an inner one that knows better.
    error.downcast_ref::<io::Error>().map(io::Error::kind).filter(|kind| *kind != io::ErrorKind::Other)
}

fn says(error: &(dyn Error + 'static), words: &str) -> bool {
    // The outermost layer quotes the URL, in which anything may stand.
    layers(error).skip(1).any(|layer| layer.to_string().contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Self>>,
    }

    fn layered(texts: &[&'static str]) -> Layer {
        let (text, rest) = texts.split_first().unwrap();
        Layer { text, source: (!rest.is_empty()).then(|| Box::new(layered(rest))) }
    }

    #[test]
    fn people_are_told_the_first_and_the_last_cause_and_nothing_twice() {
        for (texts, told) in [
            (&["sending to u", "client error", "tcp connect error", "refused"][..], "sending to u: refused"),
            (&["sending to u"], "sending to u"),
            (&["sending to u: refused", "client error", "refused"], "sending to u: refused"),
            (&["refused", "client error", "sending to u: refused"], "sending to u: refused"),
            (&["body broke", "body broke"], "body broke"),
        ] {
            assert_eq!(chain(&layered(texts)), told);
        }
    }

    #[test]
    fn a_cause_that_an_io_error_wraps_is_the_last() {
        let inner = io::Error::other(layered(&["tls", "unknown issuer"]));
        let outer = io::Error::new(io::ErrorKind::InvalidData, inner);
        assert!(chain(&outer).contains("unknown issuer"), "{}", chain(&outer));
    }
}
