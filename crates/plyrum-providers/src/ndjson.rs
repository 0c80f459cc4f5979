//! Lines of JSON, decoded from bytes.
//!
//! By the same rules as [`crate::sse`]: text is made of whole lines only, limits are ours, and the same bytes give the same
//! lines however they are split. LF, CR and CRLF end a line alike, which no JSON text can mind: inside of its strings
//! neither may stand. Blank lines are nothing.

use crate::sse::{MAX_LINE, Next};

/// Why bytes are no lines of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineError {
    #[error("a line of the answer is over 1 MiB")]
    LineTooLong,
    #[error("the answer is not UTF-8")]
    NotUtf8,
}

/// Decodes one body.
#[derive(Debug, Default)]
pub(crate) struct LineDecoder {
    /// The beginning of a line whose end has not come; empty in the usual case of whole lines.
    partial: Vec<u8>,
    /// The first line was seen: a byte order mark may stand before that one only.
    has_begun: bool,
}

impl LineDecoder {
    /// Takes the next bytes and hands every line completed by them to `on_line`, until that says stop.
    pub(crate) fn push<E: From<LineError>>(
        &mut self,
        mut bytes: &[u8],
        mut on_line: impl FnMut(&str) -> Result<Next, E>,
    ) -> Result<Next, E> {
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.split_first().map_or(&[], |(_, rest)| rest);
            if self.partial.len() + line.len() > MAX_LINE {
                return Err(LineError::LineTooLong.into());
            }
            let next = if self.partial.is_empty() {
                self.line(line, &mut on_line)?
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.line(&whole, &mut on_line)?
            };
            if next == Next::Stop {
                return Ok(Next::Stop);
            }
        }
        if self.partial.len() + bytes.len() > MAX_LINE {
            return Err(LineError::LineTooLong.into());
        }
        self.partial.extend_from_slice(bytes);
        Ok(Next::More)
    }

    /// What came after the last line's end: a line in which only the end is missing, or half a line, which may end within
    /// a letter. None where it is blank.
    pub(crate) fn rest(&mut self) -> Option<Result<String, LineError>> {
        let rest = std::mem::take(&mut self.partial);
        let line = self.without_mark(&rest);
        if line.trim_ascii().is_empty() {
            return None;
        }
        match std::str::from_utf8(line) {
            Ok(text) => Some(Ok(text.to_owned())),
            Err(error) if error.error_len().is_none() => None,
            Err(_) => Some(Err(LineError::NotUtf8)),
        }
    }

    fn line<E: From<LineError>>(
        &mut self,
        line: &[u8],
        on_line: &mut impl FnMut(&str) -> Result<Next, E>,
    ) -> Result<Next, E> {
        let line = self.without_mark(line).trim_ascii();
        if line.is_empty() {
            return Ok(Next::More);
        }
        on_line(std::str::from_utf8(line).map_err(|_| LineError::NotUtf8)?)
    }

    fn without_mark<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        if std::mem::replace(&mut self.has_begun, true) {
            return line;
        }
        line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines, and what was left.
    fn decode(pieces: &[&[u8]]) -> Result<(Vec<String>, Option<String>), LineError> {
        let mut decoder = LineDecoder::default();
        let mut lines = Vec::new();
        for piece in pieces {
            decoder.push(piece, |line| {
                lines.push(line.to_owned());
                Ok::<_, LineError>(Next::More)
            })?;
        }
        let rest = decoder.rest().transpose()?;
        Ok((lines, rest))
    }

    fn lines(stream: &[u8]) -> Vec<String> {
        decode(&[stream]).unwrap().0
    }

    #[test]
    fn lf_cr_and_crlf_end_lines_alike_and_blank_lines_are_nothing() {
        for stream in ["{}\n[]\n", "{}\r[]\r", "{}\r\n[]\r\n", "\n\n {} \r\n\t\r\n[]\n\n"] {
            assert_eq!(lines(stream.as_bytes()), ["{}", "[]"], "{stream:?}");
        }
    }

    #[test]
    fn letters_may_be_split_between_reads() {
        assert_eq!(decode(&[b"\"\xD0", b"\x96\"\r", b"\n1\n"]).unwrap().0, ["\"Ж\"", "1"]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_start_only() {
        assert_eq!(lines(b"\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}\n"), ["{}", "\u{feff}{}"]);
        assert_eq!(decode(&[b"\xEF\xBB\xBF{}"]).unwrap().1.as_deref(), Some("{}"));
    }

    #[test]
    fn what_is_left_is_told_unless_it_is_blank_or_ends_within_a_letter() {
        for (stream, left) in
            [(&b"{}\n{"[..], Some("{")), (b"{}", Some("{}")), (b"{}\n ", None), (b"\"\xD0", None)]
        {
            assert_eq!(decode(&[stream]).unwrap().1.as_deref(), left, "{stream:?}");
        }
        assert_eq!(decode(&[b"\xD0{}"]), Err(LineError::NotUtf8));
    }

    #[test]
    fn invalid_utf8_is_an_error_and_never_garble() {
        assert_eq!(decode(&[b"\"\xD0\"\n"]), Err(LineError::NotUtf8));
    }

    #[test]
    fn a_line_over_the_limit_is_refused_before_it_is_stored() {
        let mut decoder = LineDecoder::default();
        let piece = vec![b'x'; 64 * 1024];
        let error = (0..2000).find_map(|_| decoder.push(&piece, |_| Ok::<_, LineError>(Next::More)).err());
        assert_eq!(error, Some(LineError::LineTooLong));
        assert!(decoder.partial.len() <= MAX_LINE);
    }

    #[test]
    fn nothing_is_read_after_a_stop() {
        let mut decoder = LineDecoder::default();
        let mut seen = 0;
        let next = decoder.push(b"1\n2\n", |_| {
            seen += 1;
            Ok::<_, LineError>(Next::Stop)
        });
        assert_eq!((next, seen), (Ok(Next::Stop), 1));
    }

    mod fuzz {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #![proptest_config(crate::fuzz::config())]

            #[test]
            fn any_split_of_any_bytes_gives_the_same_lines(
                bytes in prop::collection::vec(
                    prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), Just(b'{'), Just(0xD0), Just(0x96), any::<u8>()],
                    0..80,
                ),
                prefix in prop_oneof![Just(&b""[..]), Just(&b"\xEF\xBB\xBF"[..])],
                cuts in prop::collection::vec(0_usize..84, 0..6),
            ) {
                let mut stream = prefix.to_vec();
                stream.extend_from_slice(b"{\"a\":\"\xD0\x96\"}\r\n");
                stream.extend_from_slice(&bytes);
                let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
                cuts.extend([0, stream.len()]);
                cuts.sort_unstable();
                let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
                prop_assert_eq!(decode(&pieces), decode(&[&stream]));
            }
        }
    }
}
