//! Ids that this side makes, so that a request that is repeated does nothing twice.

use crate::text::say;
use plyrum_protocol::{ErrorKind, Fault};
use std::io::Read as _;

/// Sixteen hexadecimal digits that nobody else has.
pub(crate) fn id() -> Result<String, Fault> {
    let internal = |e: std::io::Error| Fault::new(ErrorKind::Internal, say!("fault-id", why = e.to_string()));
    let mut bytes = [0_u8; 8];
    let mut source = std::fs::File::open("/dev/urandom").map_err(internal)?;
    source.read_exact(&mut bytes).map_err(internal)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}
