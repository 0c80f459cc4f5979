//! Addresses of providers and proxies.
//!
//! Only what a key may safely be sent to: http or https, a host, no user name or password (it would be
//! printed wherever the address is), no query or fragment (a key in a URL ends up in logs).

/// Checks `url` and gives it back without trailing slashes. The message never repeats the address, which
/// may hold a password.
pub(crate) fn check(what: &str, url: &str) -> Result<String, String> {
    const MAX_BYTES: usize = 2048;
    if url.len() > MAX_BYTES {
        return Err(format!("{what} is longer than {MAX_BYTES} bytes"));
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(format!("{what} has a blank, a backslash or a control character"));
    }
    let rest = strip_scheme(url).ok_or_else(|| format!("{what} must start with http:// or https://"))?;
    if rest.contains(['?', '#']) {
        return Err(format!("{what} must not have a query or fragment; a key goes into api_key"));
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err(format!("{what} must not hold a user name or password; a key goes into api_key"));
    }
    if !is_host_and_port(authority) {
        return Err(format!("{what} has no valid host after http:// or https://"));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

fn strip_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(rest)
}

fn is_host_and_port(authority: &str) -> bool {
    let is_port = |port: &str| {
        !port.is_empty()
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, after)) => {
            let port =
                if after.is_empty() { None } else { Some(after.strip_prefix(':').unwrap_or_default()) };
            return v6.parse::<std::net::Ipv6Addr>().is_ok() && port.is_none_or(is_port);
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    !host.is_empty() && host.chars().all(plain) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_addresses_pass_and_lose_trailing_slashes() {
        for (url, kept) in [
            ("http://127.0.0.1:9001/v1", "http://127.0.0.1:9001/v1"),
            ("https://api.example.org/v1//", "https://api.example.org/v1"),
            ("HTTPS://host", "HTTPS://host"),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
            ("https://пример.рф/v1", "https://пример.рф/v1"),
        ] {
            assert_eq!(check("base_url", url), Ok(kept.to_owned()));
        }
    }

    #[test]
    fn anything_else_is_refused_and_not_repeated() {
        for url in [
            "",
            "hunter2",
            "ftp://hunter2",
            "http://",
            "http:///hunter2",
            "https://me:hunter2@host/v1",
            "https://hunter2@host",
            "https://host/v1?key=hunter2",
            "https://host/#hunter2",
            "https://host hunter2",
            "https://host\\@hunter2",
            "https://host:99999/hunter2",
            "https://host:0",
            "https://host:/v1",
            "https://[::1/v1",
            "https://[hunter2]/",
            "https://[::1]hunter2",
            "file:///hunter2",
        ] {
            let message = check("base_url", url).unwrap_err();
            assert!(message.starts_with("base_url ") && !message.contains("hunter2"), "{url}: {message}");
        }
    }
}
