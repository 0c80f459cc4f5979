//! The host of an address, strictly: what two readers could understand differently has none.

/// The host in lower case, and whether it is an address in numbers or this machine's own name.
pub(super) fn host_of(url: &str) -> Result<(String, bool), String> {
    let wrong = |what: &str| Err(format!("`{url}` {what}"));
    if url.len() > 8192 || !url.bytes().all(|b| b.is_ascii_graphic()) || url.contains('\\') {
        return wrong("is no plain address: only printable ASCII, without a backslash");
    }
    let Some((scheme, rest)) = url.split_once("://") else { return wrong("has no scheme") };
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return wrong("is neither http nor https");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return wrong("has a user name in it");
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return wrong("has a port that is no number");
    }
    let host = host.to_ascii_lowercase();
    let name = !host.is_empty() && host.split('.').all(label);
    if !name && !host.starts_with('[') {
        return wrong("has no plain host name");
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    // `0x7f.1` and `2130706433` are addresses too.
    let numeric = host.starts_with('[') || last.starts_with(|c: char| c.is_ascii_digit());
    let local =
        !host.contains('.') || [".localhost", ".local", ".internal"].iter().any(|end| host.ends_with(end));
    Ok((host, numeric || local))
}

/// The host that a rule for this address would name; none where it has no plain one.
pub fn host(url: &str) -> Option<String> {
    host_of(url).ok().map(|(host, _)| host)
}

fn label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// A host or `*.host` of a rule.
pub(super) fn host_pattern(pattern: &str) -> Result<String, String> {
    let lower = pattern.to_ascii_lowercase();
    let below = lower.strip_prefix("*.");
    let plain = below.unwrap_or(&lower).split('.').all(label) && below.is_none_or(|host| host.contains('.'));
    if plain || lower.starts_with('[') {
        return Ok(lower);
    }
    Err(format!("`{pattern}` is no host like `docs.rs` or `*.docs.rs`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_every_reader_takes_for_it() {
        assert_eq!(host_of("https://Docs.RS:443/a?b#c"), Ok(("docs.rs".to_owned(), false)));
        for url in [
            "http://127.0.0.1/",
            "http://[::1]:80/",
            "http://localhost",
            "http://2130706433/",
            "http://a.0x7f/",
            "http://x.local/",
        ] {
            assert!(matches!(host_of(url), Ok((_, true))), "{url}");
        }
        for url in [
            "ftp://a.b",
            "https://u@a.b/",
            "https://a.b\\@c.d/",
            "https://a..b/",
            "https:///x",
            "//a.b",
            "https://a.b:x/",
            "https://а.b/",
            "https://a b/",
            "https://a.b./",
        ] {
            assert!(host_of(url).is_err(), "{url}");
        }
        assert!(
            host_pattern("*.rs").is_err() && host_pattern("*").is_err() && host_pattern("*.docs.rs").is_ok()
        );
    }
}
