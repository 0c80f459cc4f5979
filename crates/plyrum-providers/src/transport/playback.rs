//! A recording in the place of a connection: its bytes come through the same [`Exchange`] that reads sockets, so decoders, limits and
//! ends are those of a living provider. Where the pieces are cut is drawn anew from a seed: no reader may depend on it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, Sleep, sleep_until};

use super::exchange::{Body, Exchange};
use super::mask::Mask;
use super::retry_after;
use crate::call_ids::CallIds;
use crate::cassette::{Ended, Head, Pace, Piece, Recorded};
use crate::wire::{Decode, End, Format, format};
use crate::{Endpoint, ErrorClass, ProviderError, ProviderStream, StreamEvent, Timeouts, Wire};

/// How a recording is played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Playing {
    /// Where pieces are cut follows from it.
    pub(crate) seed: u64,
    pub(crate) pace: Pace,
    pub(crate) timeouts: Timeouts,
}

/// Plays a recording under a provider's name.
pub(crate) fn play(name: &str, recorded: Arc<Recorded>, ids: CallIds, playing: Playing) -> ProviderStream {
    play_found(name, async { Ok(recorded) }, ids, playing)
}

/// The same, where it has to be found first.
pub(crate) fn play_found(
    name: &str,
    found: impl Future<Output = Result<Arc<Recorded>, ProviderError>> + Send + 'static,
    ids: CallIds,
    playing: Playing,
) -> ProviderStream {
    let mask = Arc::new(Mask::new(Endpoint::new(name, Wire::OpenAiChat, "")));
    let (decoder, told) = OfRecording::new(ids);
    let opening = Box::pin(async move {
        let recorded = found.await?;
        // Nobody holds the lock but the decoder, which is first asked for bytes that come after this.
        *told.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(recorded.wire);
        open(&recorded, playing).await
    });
    ProviderStream::new(Exchange::new(opening, Box::new(decoder), playing.timeouts, mask, None))
}

/// How a body ends that ended so.
pub(crate) fn end_of(ended: &Ended) -> End {
    let reset = |why: &str| ProviderError::new(ErrorClass::Reset, why);
    match ended {
        Ended::Clean => End::Clean,
        Ended::Cut(why) => End::Truncated(reset(why)),
        Ended::Failed(error) => End::Broken(error.clone()),
        Ended::Left => End::Truncated(reset("the recording ends here: whoever asked had hung up")),
        Ended::Withheld => End::Broken(withheld()),
    }
}

fn withheld() -> ProviderError {
    ProviderError::new(
        ErrorClass::Rejected,
        "the answer was not recorded: it held a secret that could not be taken out of it",
    )
}

async fn open(recorded: &Arc<Recorded>, playing: Playing) -> Result<Body, ProviderError> {
    let began = Instant::now();
    if recorded.ended == Ended::Withheld {
        return Err(withheld());
    }
    let Some(head) = &recorded.response else {
        sleep_until(began + playing.pace.of(recorded.ended_us)).await;
        return Err(match end_of(&recorded.ended) {
            End::Truncated(error) | End::Broken(error) => error,
            End::Clean => ProviderError::new(ErrorClass::Protocol, "the recording has no response"),
        });
    };
    sleep_until(began + playing.pace.of(head.us)).await;
    if (200..300).contains(&head.status) {
        return Ok(Box::pin(Tape::new(recorded, began, playing)));
    }
    sleep_until(began + playing.pace.of(recorded.ended_us)).await;
    Err(refusal(format(recorded.wire), head, &recorded.pieces))
}

fn refusal(format: &dyn Format, head: &Head, pieces: &[Piece]) -> ProviderError {
    let headers: HeaderMap = head
        .headers
        .iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
        })
        .collect();
    let body: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
    let told = format.refusal(head.status, &String::from_utf8(body).unwrap_or_default());
    ProviderError {
        retry_after_ms: retry_after::milliseconds(&headers, None).or(told.retry_after_ms),
        ..told
    }
}

/// A decoder of a wire that is known only when the recording is found, which is before the first byte.
struct OfRecording {
    ids: CallIds,
    wire: Arc<std::sync::Mutex<Option<Wire>>>,
    decoder: Option<Box<dyn Decode>>,
}

impl OfRecording {
    fn new(ids: CallIds) -> (Self, Arc<std::sync::Mutex<Option<Wire>>>) {
        let wire = Arc::default();
        (Self { ids, wire: Arc::clone(&wire), decoder: None }, wire)
    }

    fn decoder(&mut self) -> &mut dyn Decode {
        let (wire, ids) = (&self.wire, &mut self.ids);
        let made = || {
            let wire = wire.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            format(wire.unwrap_or(Wire::OpenAiChat)).decoder(std::mem::take(ids))
        };
        self.decoder.get_or_insert_with(made).as_mut()
    }
}

impl Decode for OfRecording {
    fn push(
        &mut self,
        bytes: &[u8],
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<crate::wire::Progress, ProviderError> {
        self.decoder().push(bytes, events)
    }

    fn end(&mut self, end: End, events: &mut VecDeque<StreamEvent>) {
        self.decoder().end(end, events);
    }
}

/// The recorded body.
struct Tape {
    pieces: VecDeque<(Duration, Bytes)>,
    end: Option<(Duration, End)>,
    began: Instant,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Tape {
    fn new(recorded: &Recorded, began: Instant, playing: Playing) -> Self {
        let at = |us| playing.pace.of(us);
        let cut = cut(&recorded.pieces, playing.seed);
        Self {
            pieces: cut.into_iter().map(|(us, bytes)| (at(us), bytes)).collect(),
            end: Some((at(recorded.ended_us), end_of(&recorded.ended))),
            began,
            wait: None,
        }
    }
}

impl Stream for Tape {
    type Item = Result<Bytes, End>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.pieces.front().map(|(at, _)| *at);
        let Some(at) = next.or_else(|| self.end.as_ref().map(|(at, _)| *at)) else {
            return Poll::Ready(None);
        };
        let due = self.began + at;
        if due > Instant::now() {
            let wait = self.wait.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if wait.deadline() != due {
                wait.as_mut().reset(due);
            }
            if wait.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        Poll::Ready(match self.pieces.pop_front() {
            Some((_, bytes)) => Some(Ok(bytes)),
            None => match self.end.take() {
                None | Some((_, End::Clean)) => None,
                Some((_, end)) => Some(Err(end)),
            },
        })
    }
}

/// The same bytes in other pieces: of one byte up to four thousand, small ones as likely as large ones. Each comes when its last
/// byte had come.
fn cut(pieces: &[Piece], seed: u64) -> Vec<(u64, Bytes)> {
    let whole: Bytes = pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
    let mut random = Random(seed);
    let mut times = pieces.iter();
    let (mut came, mut us) = (0, 0);
    let (mut from, mut out) = (0, Vec::new());
    while from < whole.len() {
        let largest = 1 << (random.next() % 13);
        let length = 1 + usize::try_from(random.next() % largest).unwrap_or_default();
        let end = (from + length).min(whole.len());
        while came < end
            && let Some(piece) = times.next()
        {
            came += piece.bytes.len();
            us = piece.us;
        }
        out.push((us, whole.slice(from..end)));
        from = end;
    }
    out
}

/// `SplitMix64`: the same numbers on every machine, and none of them a secret.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_where_pieces_are_cut_and_no_byte_is_lost_or_early() {
        let pieces: Vec<Piece> = (0..40_u64)
            .map(|nth| Piece { us: nth * 10, bytes: vec![u8::try_from(nth).unwrap(); 50] })
            .collect();
        let whole: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.clone()).collect();
        let mut cuts = Vec::new();
        for seed in 0..50 {
            let played = cut(&pieces, seed);
            assert_eq!(played, cut(&pieces, seed), "{seed}");
            let bytes: Vec<u8> = played.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
            assert_eq!(bytes, whole, "{seed}");
            for (us, bytes) in &played {
                assert_eq!(*us, u64::from(*bytes.last().unwrap()) * 10, "{seed}");
            }
            cuts.push(played.iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>());
        }
        cuts.sort();
        cuts.dedup();
        assert_eq!(cuts.len(), 50);
    }
}
