//! Ids that the daemon makes, and numbers derived from ids.

use plyrum_protocol::{RunId, SessionId};
use sha2::{Digest, Sha256};
use std::io::Read as _;

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A new session id: 12 hex digits.
pub(crate) fn session() -> std::io::Result<SessionId> {
    SessionId::new(hex(&random::<6>()?)).map_err(std::io::Error::other)
}

/// A run's seed follows from its id, so a run replays from its log.
pub(crate) fn seed_of(run: &RunId) -> u64 {
    let hash = Sha256::digest(run.as_str());
    let mut first = [0; 8];
    first.iter_mut().zip(hash.iter()).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(first)
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
