//! Newline-delimited JSON with a bound: the decoder refuses a line that is too long *before* it would
//! store it, so a hostile or broken peer cannot make the other side allocate.

/// Longest line, in bytes, newline not counted: 1 MiB.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// A peer sent a line over [`MAX_LINE_BYTES`]. The connection cannot be resynchronised: close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message is longer than {MAX_LINE_BYTES} bytes")]
pub struct LineTooLong;

/// Turns chunks of bytes into lines. Split-invariant: chunk borders never change the lines.
#[derive(Debug, Default)]
pub struct Decoder {
    partial: Vec<u8>,
}

impl Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a chunk and hands each completed line (without its newline) to `on_line`, in order.
    pub fn push(&mut self, mut chunk: &[u8], mut on_line: impl FnMut(&[u8])) -> Result<(), LineTooLong> {
        while let Some(end) = chunk.iter().position(|b| *b == b'\n') {
            let (head, rest) = chunk.split_at(end);
            if self.partial.len() + head.len() > MAX_LINE_BYTES {
                return Err(LineTooLong);
            }
            if self.partial.is_empty() {
                on_line(head);
            } else {
                self.partial.extend_from_slice(head);
                on_line(&self.partial);
                self.partial.clear();
            }
            chunk = rest.split_first().map_or(&[], |(_, tail)| tail);
        }
        if self.partial.len() + chunk.len() > MAX_LINE_BYTES {
            return Err(LineTooLong);
        }
        self.partial.extend_from_slice(chunk);
        if self.partial.is_empty() && self.partial.capacity() > 64 * 1024 {
            self.partial = Vec::new(); // an idle connection keeps no large buffer
        }
        Ok(())
    }

    /// Whether half a line is waiting for its end.
    pub fn has_partial(&self) -> bool {
        !self.partial.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Result<Vec<Vec<u8>>, LineTooLong> {
        let (mut decoder, mut out) = (Decoder::new(), Vec::new());
        for chunk in chunks {
            decoder.push(chunk, |line| out.push(line.to_vec()))?;
        }
        Ok(out)
    }

    #[test]
    fn a_line_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
        let mut text = vec![b'x'; MAX_LINE_BYTES];
        text.push(b'\n');
        assert_eq!(lines(&[&text]).unwrap().len(), 1);
        text.insert(0, b'x');
        assert_eq!(lines(&[&text]), Err(LineTooLong));
    }

    #[test]
    fn an_endless_line_is_refused_without_storing_it() {
        let mut decoder = Decoder::new();
        let chunk = vec![b'x'; 64 * 1024];
        let refused = (0..100).position(|_| decoder.push(&chunk, |_| ()).is_err());
        assert_eq!(refused, Some(16));
        assert!(decoder.partial.len() <= MAX_LINE_BYTES);
    }

    proptest! {
        #[test]
        fn chunk_borders_never_change_the_lines(text in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200), cut in 0usize..200) {
            let cut = cut.min(text.len());
            let (a, b) = text.split_at(cut);
            prop_assert_eq!(lines(&[&text]).unwrap(), lines(&[a, b]).unwrap());
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            prop_assert_eq!(lines(&[&text]).unwrap(), lines(&bytes).unwrap());
        }
    }
}
