//! Real gzip without compression: each piece is a *stored* block, so that a stream of pieces stays a stream.
//! Clients cannot tell; a compressor would be one more dependency for nothing.

/// The magic, deflate, no flags, no time, no extra flags, no known system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// The longest stored block.
const BLOCK: usize = 65_535;

#[derive(Debug)]
pub(crate) struct Gzip {
    crc: u32,
    length: u32,
    begun: bool,
}

impl Gzip {
    pub(crate) fn new() -> Self {
        Self { crc: !0, length: 0, begun: false }
    }

    /// The next piece, packed.
    pub(crate) fn pack(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut packed = self.header();
        for block in bytes.chunks(BLOCK) {
            packed.extend(stored(block, 0));
        }
        for byte in bytes {
            self.crc =
                (0..8).fold(self.crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)));
            self.length = self.length.wrapping_add(1);
        }
        packed
    }

    /// The last block and the sums.
    pub(crate) fn end(mut self) -> Vec<u8> {
        let mut packed = self.header();
        packed.extend(stored(&[], 1));
        packed.extend((!self.crc).to_le_bytes());
        packed.extend(self.length.to_le_bytes());
        packed
    }

    fn header(&mut self) -> Vec<u8> {
        if std::mem::replace(&mut self.begun, true) { Vec::new() } else { HEADER.to_vec() }
    }
}

/// One block; `last` is 1 for the last one.
fn stored(block: &[u8], last: u8) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
    let mut packed = vec![last];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend_from_slice(block);
    packed
}
