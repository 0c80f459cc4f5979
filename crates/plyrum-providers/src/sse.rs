//! Server-sent events, decoded from bytes.
//!
//! Bytes, because Cyrillic is two bytes a letter and a network cuts where it likes: text is made of whole
//! lines only. The rules are WHATWG's; the limits are ours. The same bytes give the same events however they
//! are split, which tests here and of the golden streams try at every byte.

/// Bytes of one line. A provider's chunk is a few hundred.
pub(crate) const MAX_LINE: usize = 1024 * 1024;
/// Bytes of one event's data, all its lines together.
pub(crate) const MAX_EVENT: usize = 8 * 1024 * 1024;

/// One event with data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SseEvent<'a> {
    /// The `event:` field; empty when there was none.
    pub(crate) name: &'a str,
    /// The `data:` lines, joined by line feeds.
    pub(crate) data: &'a str,
}

/// Why bytes are no event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    #[error("a line of the event stream is over 1 MiB")]
    LineTooLong,
    #[error("an event of the stream is over 8 MiB")]
    EventTooLong,
    #[error("the event stream is not UTF-8")]
    NotUtf8,
}

/// Decodes one stream. What is left when the stream ends was never an event, by WHATWG's rule.
#[derive(Debug, Default)]
pub(crate) struct SseDecoder {
    /// The beginning of a line whose end has not come; empty in the usual case of whole lines.
    partial: Vec<u8>,
    fields: Fields,
    /// The last byte was CR: a LF now belongs to it.
    after_cr: bool,
}

impl SseDecoder {
    /// Takes the next bytes and hands every event completed by them to `on_event`, until that says stop.
    pub(crate) fn push<E: From<SseError>>(
        &mut self,
        mut bytes: &[u8],
        mut on_event: impl FnMut(SseEvent<'_>) -> Result<Next, E>,
    ) -> Result<Next, E> {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, rest) = bytes.split_at(end);
            bytes = self.skip_line_end(rest);
            if self.partial.len() + line.len() > MAX_LINE {
                return Err(SseError::LineTooLong.into());
            }
            let next = if self.partial.is_empty() {
                self.fields.line(line, &mut on_event)?
            } else {
                self.partial.extend_from_slice(line);
                let next = self.fields.line(&self.partial, &mut on_event)?;
                self.partial.clear();
                next
            };
            if next == Next::Stop {
                return Ok(Next::Stop);
            }
        }
        if self.partial.len() + bytes.len() > MAX_LINE {
            return Err(SseError::LineTooLong.into());
        }
        self.partial.extend_from_slice(bytes);
        Ok(Next::More)
    }

    /// What follows the CR, LF or CRLF that `rest` begins with.
    fn skip_line_end<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        match rest {
            [b'\r'] => {
                self.after_cr = true;
                &[]
            }
            [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
            [] => &[],
        }
    }
}

/// Whether the reader of events wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Go on.
    More,
    /// The stream is over for the reader; later bytes mean nothing.
    Stop,
}

/// The event being assembled from lines.
#[derive(Debug, Default)]
struct Fields {
    name: String,
    data: String,
    has_data: bool,
    /// The first line was seen: a byte order mark may stand before that one only.
    begun: bool,
}

impl Fields {
    fn line<E: From<SseError>>(
        &mut self,
        mut line: &[u8],
        on_event: &mut impl FnMut(SseEvent<'_>) -> Result<Next, E>,
    ) -> Result<Next, E> {
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(on_event);
        }
        let (name, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => {
                let (name, value) = line.split_at(colon);
                let value = value.strip_prefix(b":").unwrap_or(value);
                (name, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match name {
            b"data" => self.add_data(text(value)?)?,
            b"event" => {
                self.name.clear();
                self.name.push_str(text(value)?);
            }
            // Comments (an empty name), `id`, `retry` and whatever comes to be invented.
            _ => {}
        }
        Ok(Next::More)
    }

    fn add_data(&mut self, value: &str) -> Result<(), SseError> {
        if self.data.len() + value.len() >= MAX_EVENT {
            return Err(SseError::EventTooLong);
        }
        if self.has_data {
            self.data.push('\n');
        }
        self.has_data = true;
        self.data.push_str(value);
        Ok(())
    }

    fn dispatch<E>(&mut self, on_event: &mut impl FnMut(SseEvent<'_>) -> Result<Next, E>) -> Result<Next, E> {
        let next = if self.has_data {
            on_event(SseEvent { name: &self.name, data: &self.data })
        } else {
            Ok(Next::More)
        };
        self.name.clear();
        self.data.clear();
        self.has_data = false;
        next
    }
}

fn text(value: &[u8]) -> Result<&str, SseError> {
    std::str::from_utf8(value).map_err(|_| SseError::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Result<Vec<(String, String)>, SseError> {
        let mut decoder = SseDecoder::default();
        let mut events = Vec::new();
        for piece in pieces {
            decoder.push(piece, |event| {
                events.push((event.name.to_owned(), event.data.to_owned()));
                Ok::<_, SseError>(Next::More)
            })?;
        }
        Ok(events)
    }

    fn data(stream: &[u8]) -> Vec<String> {
        decode(&[stream]).unwrap().into_iter().map(|(_, data)| data).collect()
    }

    #[test]
    fn lf_cr_and_crlf_end_lines_alike() {
        for stream in ["data: a\n\ndata: b\n\n", "data: a\r\rdata: b\r\r", "data: a\r\n\r\ndata: b\r\n\r\n"] {
            assert_eq!(data(stream.as_bytes()), ["a", "b"], "{stream:?}");
        }
    }

    #[test]
    fn a_crlf_split_between_reads_is_one_line_end() {
        let events = decode(&[b"data: a\r", b"\n\r", b"\ndata: b\r\n\r", b"\n"]).unwrap();
        assert_eq!(events.iter().map(|(_, data)| data.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn only_one_space_after_the_colon_is_dropped_and_none_is_needed() {
        assert_eq!(data(b"data:a\n\ndata:  b\n\ndata\n\n"), ["a", " b", ""]);
    }

    #[test]
    fn data_lines_are_joined_by_line_feeds() {
        assert_eq!(data(b"data: a\ndata:\ndata: b\n\n"), ["a\n\nb"]);
    }

    #[test]
    fn comments_ids_and_empty_events_are_nothing() {
        assert_eq!(data(b": ping\n\n:\n\nid: 3\nretry: 5\n\nevent: x\n\ndata: a\n\n"), ["a"]);
    }

    #[test]
    fn an_event_name_belongs_to_one_event() {
        let events = decode(&[b"event: error\ndata: a\n\ndata: b\n\n"]).unwrap();
        assert_eq!(events, [("error".to_owned(), "a".to_owned()), (String::new(), "b".to_owned())]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_start_only() {
        assert_eq!(data(b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n"), ["a"]);
    }

    #[test]
    fn an_unfinished_event_is_no_event() {
        assert_eq!(data(b"data: a\n\ndata: b\n"), ["a"]);
        assert_eq!(data(b"data: a\n\ndata: b"), ["a"]);
    }

    #[test]
    fn invalid_utf8_is_an_error_and_never_garble() {
        assert_eq!(decode(&[b"data: \xD0\n\n"]), Err(SseError::NotUtf8));
        assert_eq!(decode(&[b": \xFF\n\ndata: \xD0", b"\x96\n\n"]).unwrap()[0].1, "Ж");
    }

    #[test]
    fn a_line_over_the_limit_is_refused_before_it_is_stored() {
        let mut decoder = SseDecoder::default();
        let piece = vec![b'x'; 64 * 1024];
        let error = (0..2000).find_map(|_| decoder.push(&piece, |_| Ok::<_, SseError>(Next::More)).err());
        assert_eq!(error, Some(SseError::LineTooLong));
        assert!(decoder.partial.len() <= MAX_LINE);
    }

    #[test]
    fn an_event_over_the_limit_is_refused() {
        let line = [b"data: ".as_slice(), &vec![b'x'; MAX_LINE - 8], b"\n"].concat();
        let lines: Vec<&[u8]> = std::iter::repeat_n(line.as_slice(), 9).collect();
        assert_eq!(decode(&lines), Err(SseError::EventTooLong));
    }

    mod fuzz {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #![proptest_config(crate::fuzz::config())]

            #[test]
            fn any_split_of_any_bytes_gives_the_same_events(
                bytes in prop::collection::vec(
                    prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), Just(b' '), Just(b'd'), Just(0xD0), Just(0x96), any::<u8>()],
                    0..80,
                ),
                prefix in prop_oneof![Just(&b""[..]), Just(&b"\xEF\xBB\xBF"[..])],
                cuts in prop::collection::vec(0_usize..84, 0..6),
            ) {
                let mut stream = prefix.to_vec();
                stream.extend_from_slice(b"data: a\r\ndata: \xD0\x96\r\n\r\ndata");
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
