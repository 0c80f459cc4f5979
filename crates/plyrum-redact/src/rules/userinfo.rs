//! Passwords in URLs and database connection strings: `scheme://user:password@host`.

use super::cursor::{Cursor, Found, Stop};

/// User and password together.
const USERINFO_MAX_BYTES: usize = 512;
/// A longer user name may itself be a token and goes as well.
const USER_MAX_BYTES: usize = 24;

/// From behind `://`.
pub(super) fn find(mut text: Cursor<'_>) -> Result<Found, Stop> {
    let start = text.at();
    let run = text.run(USERINFO_MAX_BYTES, is_userinfo)?;
    // The last `@` ends the password: people forget to encode one inside it.
    let end = run.iter().rposition(|b| *b == b'@').ok_or(Stop::No)?;
    let (userinfo, _) = run.split_at(end);
    let colon = userinfo.iter().position(|b| *b == b':').ok_or(Stop::No)?;
    let (user, password) = (colon, userinfo.len() - colon - 1);
    if password == 0 || userinfo.get(colon + 1).is_some_and(|b| is_placeholder(*b)) {
        return Err(Stop::No);
    }
    if user > USER_MAX_BYTES {
        return Ok(Found { keep: start, len: userinfo.len() });
    }
    Ok(Found { keep: start + colon + 1, len: password })
}

/// Visible ASCII but delimiters and quotes, and letters beyond ASCII. 0xC2 begins `«`, `»` and
/// no-break spaces.
fn is_userinfo(b: u8) -> bool {
    (b.is_ascii_graphic() && !b"/?#\"'`<>\\|".contains(&b)) || (b >= 0x80 && b != 0xC2)
}

/// `${PASSWORD}`, `{password}`, `%s`, `***`.
fn is_placeholder(first: u8) -> bool {
    b"${%*[(".contains(&first)
}
