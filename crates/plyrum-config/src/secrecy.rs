//! Which values may be shown.
//!
//! A configuration file may hold a key by mistake, or a password inside a URL. What prints
//! a value (`config show`, an error about a type) asks here first. Being wrong on the side
//! of hiding costs a look into the file; the other side costs a key.

use toml::de::{DeTable, DeValue};

use crate::HIDDEN;

/// Everything below a key of such a name is hidden.
const SECRET_KEYS: [&str; 12] = [
    "api_key",
    "apikey",
    "authorization",
    "cookie",
    "credentials",
    "headers",
    "key",
    "passphrase",
    "password",
    "private_key",
    "secret",
    "token",
];

/// Beginnings of well-known keys, for a literal that stands where no key belongs.
const SECRET_PREFIXES: [&str; 14] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xox",
    "AIza",
    "AKIA",
    "Bearer ",
    "-----BEGIN",
];

/// Shorter strings are no secrets, and hiding each of them would make a message unreadable.
const MIN_SECRET: usize = 4;

/// Whether a value under this path must not be shown as it stands.
pub(crate) fn is_secret_path(path: &[String]) -> bool {
    path.iter().any(|key| {
        let folded = key.to_lowercase().replace('-', "_");
        SECRET_KEYS.contains(&folded.as_str())
    })
}

/// `text` as it may be shown for this path: itself, itself without a URL's password, or [`HIDDEN`].
pub(crate) fn shown(path: &[String], text: &str) -> String {
    let hide = if is_secret_path(path) { !is_reference(path, text) } else { looks_secret(text) };
    if hide { HIDDEN.to_owned() } else { without_userinfo(text) }
}

/// `message` without any string of the document `text` that must not be shown.
///
/// Whoever wrote the message may have quoted any value, so all of them are looked for.
pub(crate) fn conceal(text: &str, message: &str) -> String {
    let (document, _) = DeTable::parse_recoverable(text);
    let mut secrets = Vec::new();
    collect_secrets(document.get_ref(), &mut Vec::new(), &mut secrets);
    // The longest first, so that no secret leaves its tail behind another one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(message.to_owned(), |message, secret| {
        let escaped: String = secret.escape_debug().collect();
        message.replace(secret, HIDDEN).replace(&escaped, HIDDEN)
    })
}

fn collect_secrets(table: &DeTable<'_>, path: &mut Vec<String>, secrets: &mut Vec<String>) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        collect_from(value.get_ref(), path, secrets);
        path.pop();
    }
}

fn collect_from(value: &DeValue<'_>, path: &mut Vec<String>, secrets: &mut Vec<String>) {
    match value {
        DeValue::String(text) if text.len() >= MIN_SECRET && shown(path, text) != text.as_ref() => {
            secrets.push(text.to_string());
        }
        DeValue::Table(table) => collect_secrets(table, path, secrets),
        DeValue::Array(items) => items.iter().for_each(|item| collect_from(item.get_ref(), path, secrets)),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => {}
    }
}

/// `api_key = { env = "LAB_KEY" }` and `{ file = "/…" }` name a key without being one.
fn is_reference(path: &[String], text: &str) -> bool {
    match path.last().map(String::as_str) {
        Some("env") => is_variable_name(text),
        Some("file") => text.starts_with(['/', '~', '.']),
        _ => false,
    }
}

/// The shape of a variable's name; many digits are the shape of a key.
fn is_variable_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && text.chars().filter(char::is_ascii_digit).count() <= 4
}

/// A known key's beginning, or a long run of letters and digits mixed as no name has one.
pub(crate) fn looks_secret(text: &str) -> bool {
    let begins = |prefix: &str| text.starts_with(prefix) && text.len() >= prefix.len() + 8;
    SECRET_PREFIXES.into_iter().any(begins) || text.split(|c: char| !is_key_character(c)).any(is_dense)
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '+' || c == '='
}

fn is_dense(run: &str) -> bool {
    let digits = run.chars().filter(char::is_ascii_digit).count();
    let letters = run.chars().filter(char::is_ascii_alphabetic).count();
    run.len() >= 24 && digits >= 4 && letters >= 4
}

/// `scheme://user:password@host/…?query` with userinfo and query hidden.
fn without_userinfo(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (address, query) = match rest.split_once('?') {
        Some((address, _)) => (address, format!("?{HIDDEN}")),
        None => (rest, String::new()),
    };
    let (authority, path) = match address.find('/').and_then(|at| address.split_at_checked(at)) {
        Some(parts) => parts,
        None => (address, ""),
    };
    let authority = match authority.rsplit_once('@') {
        Some((_, host)) => format!("{HIDDEN}@{host}"),
        None => authority.to_owned(),
    };
    format!("{scheme}://{authority}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, value: &str, expected: &str) {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        assert_eq!(shown(&path, value), expected, "{path:?}");
    }

    #[test]
    fn what_names_a_key_is_shown_and_what_is_a_key_is_not() {
        check("providers.lab.api_key.env", "LAB_KEY", "LAB_KEY");
        check("providers.lab.api_key.file", "/home/ann/key", "/home/ann/key");
        check("providers.lab.api_key.env", "sk-live-abcdef", HIDDEN);
        check("providers.lab.api_key.env", "A8F7E6D5C4B3A291", HIDDEN);
        check("providers.lab.api_key.command", "hunter2", HIDDEN);
        check("providers.lab.api_key", "hunter2", HIDDEN);
        check("providers.lab.headers.X-Org", "acme", HIDDEN);
    }

    #[test]
    fn a_key_in_the_wrong_place_is_hidden_by_its_looks() {
        check("defaults.model", "sk-proj-0123456789", HIDDEN);
        check("defaults.model", "0123456789abcdef0123456789abcdef", HIDDEN);
        check("defaults.model", "lab/fast", "lab/fast");
        let long = "gpt-4o-mini-search-preview-2025-03-11-20250311";
        check("models.x.name", long, long);
    }

    #[test]
    fn a_message_is_cleared_of_every_secret_of_its_file() {
        let text = "model = \"lab/fast\"\n[lab]\napi_key = { command = [\"pass\", \"hun\\\"ter\"] }\n";
        let message = "`pass` and \"hun\\\"ter\" and hun\"ter for lab/fast";
        let expected = format!("`{HIDDEN}` and \"{HIDDEN}\" and {HIDDEN} for lab/fast");
        assert_eq!(conceal(text, message), expected);
    }

    #[test]
    fn a_password_inside_a_url_is_hidden() {
        check("providers.lab.proxy", "http://ann:pw@proxy:3128", "http://«hidden»@proxy:3128");
        check("providers.lab.base_url", "https://h/v1?key=abc", "https://h/v1?«hidden»");
        check("providers.lab.base_url", "https://h/v1/@x", "https://h/v1/@x");
    }
}
