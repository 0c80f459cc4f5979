//! Recording. An exchange is noted in memory while it goes on and written whole when it is over, so that exchanges which go on
//! at the same time stay apart in the file, and nothing reaches it that did not pass the redactor whole.
//!
//! A recording never holds an answer up or breaks it: what cannot be written is told by [`Tape::settled`], and the exchange goes
//! on without it. Bytes are counted over the tape's life, so its memory is bounded by the file's limit.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plyrum_redact::Redactor;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::clean::{Cleaner, clean};
use super::{
    Cassette, CassetteError, Ended, Head, KEPT_HEADERS, MAX_BYTES, OfRun, Piece, Recorded, key, line,
};
use crate::call_ids::CallIds;
use crate::wire::End;
use crate::{ChatRequest, ProviderError, Wire};

/// How long exchanges that are being hung up are waited for.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Exchanges are recorded on it. Clones record on the same.
#[derive(Clone)]
pub struct Tape {
    inner: Arc<Inner>,
    /// Whose exchanges are recorded.
    run: Option<OfRun>,
}

struct Inner {
    redactor: Redactor,
    /// Over, and not yet written, in the order of their ends.
    waiting: Mutex<VecDeque<Waiting>>,
    out: Mutex<Out>,
    state: Mutex<State>,
    /// Exchanges that are not over.
    open: watch::Sender<usize>,
}

struct Waiting {
    recorded: Recorded,
    cleaner: Cleaner,
}

struct Out {
    file: File,
    bytes: u64,
}

#[derive(Default)]
struct State {
    /// Bytes of bodies that were noted.
    noted: u64,
    /// Why nothing more is recorded.
    failure: Option<String>,
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").finish_non_exhaustive()
    }
}

impl Tape {
    /// Records behind what the file has: nothing, or a cassette, of which an exchange that was broken off is cut away. The file is
    /// locked as long as the tape lives. Everything passes `redactor`.
    ///
    /// # Errors
    /// [`CassetteError::NotOne`] for a file with anything else in it, which stays as it is.
    pub fn on(mut file: File, redactor: Redactor) -> Result<Self, CassetteError> {
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => CassetteError::Busy,
            std::fs::TryLockError::Error(error) => CassetteError::Io(error),
        })?;
        let bytes = Cassette::read_from(&file)?.whole_bytes;
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(bytes))?;
        let (waiting, state) = (Mutex::default(), Mutex::default());
        let open = watch::Sender::new(0);
        let inner = Inner { redactor, waiting, state, open, out: Mutex::new(Out { file, bytes }) };
        Ok(Self { inner: Arc::new(inner), run: None })
    }

    /// The same for what a run asks from here on.
    #[must_use]
    pub fn of_run(self, run: OfRun) -> Self {
        Self { run: Some(run), ..self }
    }

    /// Waits until all exchanges that are over are written; why not all of them are, if so.
    pub async fn settled(&self) -> Option<String> {
        let inner = Arc::clone(&self.inner);
        if let Err(error) = tokio::task::spawn_blocking(move || inner.write_waiting()).await {
            return Some(error.to_string());
        }
        lock(&self.inner.state).failure.clone()
    }

    /// The same when no exchange goes on any more; those of which nobody wants to hear are over in a moment.
    pub async fn finished(&self) -> Option<String> {
        let mut open = self.inner.open.subscribe();
        // An exchange that goes on for all that is not waited for: it is written when it is over.
        let _ = timeout(LAST_WAIT, open.wait_for(|open| *open == 0)).await;
        self.settled().await
    }

    /// Begins an exchange.
    pub(crate) fn take(&self, wire: Wire, request: &ChatRequest, masks: impl Masks) -> Take {
        let recorded = Recorded {
            wire,
            model: request.model.clone(),
            key: key(request),
            run: self.run.clone(),
            response: None,
            pieces: Vec::new(),
            ended: Ended::Left,
            ended_us: 0,
        };
        let draft = Draft { recorded, sent: Instant::now(), is_lost: false };
        self.inner.open.send_modify(|open| *open += 1);
        let notes = Notes { draft: Arc::new(Mutex::new(draft)), tape: self.clone() };
        Take { notes, ids: CallIds::after(request), masks: Box::new(masks), is_over: false }
    }
}

/// Who knows further secrets when an exchange is over: a token may have been lent for it.
pub(crate) trait Masks: Send + Sync + 'static {
    fn redactors(&self) -> Vec<Redactor>;
}

impl<M: Masks> Masks for Arc<M> {
    fn redactors(&self) -> Vec<Redactor> {
        M::redactors(self)
    }
}

/// The recording of one exchange. Dropped before its end, the exchange counts as left.
pub(crate) struct Take {
    notes: Notes,
    ids: CallIds,
    masks: Box<dyn Masks>,
    is_over: bool,
}

/// What is noted of an exchange, by whoever sees it.
#[derive(Clone)]
pub(crate) struct Notes {
    draft: Arc<Mutex<Draft>>,
    tape: Tape,
}

struct Draft {
    recorded: Recorded,
    sent: Instant,
    /// There was no room for a part of it.
    is_lost: bool,
}

impl Notes {
    /// The request goes out now: times count from here.
    pub(crate) fn sent(&self) {
        lock(&self.draft).sent = Instant::now();
    }

    /// The response's head.
    pub(crate) fn response(&self, status: u16, headers: &reqwest::header::HeaderMap) {
        let kept = KEPT_HEADERS.iter().filter_map(|name| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        let headers = kept.collect();
        let mut draft = lock(&self.draft);
        let us = draft.us();
        draft.recorded.response = Some(Head { us, status, headers });
    }

    /// A piece of the body.
    pub(crate) fn piece(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut draft = lock(&self.draft);
        if !self.tape.has_room(bytes.len()) {
            draft.is_lost = true;
            draft.recorded.pieces = Vec::new();
        }
        if !draft.is_lost {
            let us = draft.us();
            draft.recorded.pieces.push(Piece { us, bytes: bytes.to_vec() });
        }
    }
}

impl Draft {
    fn us(&self) -> u64 {
        u64::try_from(self.sent.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Take {
    /// For who sends the request.
    pub(crate) fn notes(&self) -> Notes {
        self.notes.clone()
    }

    pub(crate) fn piece(&self, bytes: &[u8]) {
        self.notes.piece(bytes);
    }

    /// The body is over.
    pub(crate) fn ended(&mut self, end: &End) {
        self.over(match end {
            End::Clean => Ended::Clean,
            End::Truncated(error) => Ended::Cut(error.message.clone()),
            End::Broken(error) => Ended::Failed(error.clone()),
        });
    }

    /// There was no answer. A refusal is one: its status and its body say it all.
    pub(crate) fn refused(&mut self, error: &ProviderError) {
        let has_response = lock(&self.notes.draft).recorded.response.is_some();
        self.over(if has_response { Ended::Clean } else { Ended::Failed(error.clone()) });
    }

    fn over(&mut self, ended: Ended) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let mut draft = lock(&self.notes.draft);
        let us = draft.us();
        (draft.recorded.ended, draft.recorded.ended_us) = (ended, us);
        if draft.is_lost {
            return;
        }
        let pieces = std::mem::take(&mut draft.recorded.pieces);
        let recorded = Recorded { pieces, ..draft.recorded.clone() };
        drop(draft);
        let inner = &self.notes.tape.inner;
        let redactors = std::iter::once(inner.redactor.clone()).chain(self.masks.redactors()).collect();
        let cleaner = Cleaner { redactors, ids: std::mem::take(&mut self.ids) };
        lock(&inner.waiting).push_back(Waiting { recorded, cleaner });
        let inner = Arc::clone(inner);
        match Handle::try_current() {
            // Redacting megabytes takes its time, and a disk may be slow.
            Ok(runtime) => drop(runtime.spawn_blocking(move || inner.write_waiting())),
            Err(_) => inner.write_waiting(),
        }
    }
}

impl Drop for Take {
    fn drop(&mut self) {
        self.over(Ended::Left);
        self.notes.tape.inner.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}

impl Tape {
    /// Counts bytes that are to be noted; false where they are too many, and from then on.
    fn has_room(&self, bytes: usize) -> bool {
        let mut state = lock(&self.inner.state);
        state.noted = state.noted.saturating_add(bytes as u64);
        if state.noted > MAX_BYTES {
            state.failure.get_or_insert_with(full);
        }
        state.failure.is_none()
    }
}

impl Inner {
    /// Writes what is over, in its order. Whoever comes while somebody writes waits for the end of that.
    fn write_waiting(&self) {
        let mut out = lock(&self.out);
        loop {
            let Some(next) = lock(&self.waiting).pop_front() else { return };
            if lock(&self.state).failure.is_some() {
                continue;
            }
            let written = line::write(&clean(next.recorded, &next.cleaner))
                .map_err(|error| error.to_string())
                .and_then(|lines| out.append(&lines));
            if let Err(why) = written {
                lock(&self.state).failure = Some(why);
            }
        }
    }
}

impl Out {
    /// All of it, or the file is as it was.
    fn append(&mut self, lines: &[u8]) -> Result<(), String> {
        let after = self.bytes.saturating_add(lines.len() as u64);
        if after > MAX_BYTES {
            return Err(full());
        }
        if let Err(error) = self.file.write_all(lines) {
            // Where even this fails the exchange is torn, which readers understand.
            let _ = self.file.set_len(self.bytes);
            return Err(error.to_string());
        }
        self.bytes = after;
        Ok(())
    }
}

fn full() -> String {
    "the cassette has reached 64 MiB".to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::ErrorClass;

    struct NoMasks;

    impl Masks for NoMasks {
        fn redactors(&self) -> Vec<Redactor> {
            Vec::new()
        }
    }

    fn file() -> File {
        tempfile::tempfile().unwrap()
    }

    fn tape(file: &File) -> Result<Tape, CassetteError> {
        Tape::on(file.try_clone().unwrap(), Redactor::new([0; 32], []))
    }

    fn take(tape: &Tape, model: &str) -> Take {
        tape.take(
            Wire::OpenAiChat,
            &ChatRequest { model: model.to_owned(), ..ChatRequest::default() },
            NoMasks,
        )
    }

    fn models(mut file: &File) -> Vec<String> {
        file.seek(SeekFrom::Start(0)).unwrap();
        let read = Cassette::read_from(file).unwrap();
        read.exchanges.into_iter().map(|recorded| recorded.model).collect()
    }

    #[tokio::test]
    async fn exchanges_are_written_whole_in_the_order_of_their_ends() {
        let file = file();
        let tape = tape(&file).unwrap();
        let (mut one, two) = (take(&tape, "one"), take(&tape, "two"));
        one.piece(b"data: 1\n\n");
        two.piece(b"data: 2\n\n");
        drop(two);
        one.ended(&End::Clean);
        drop(one);
        assert_eq!(tape.finished().await, None);
        assert_eq!(models(&file), ["two", "one"]);
    }

    #[tokio::test]
    async fn a_cassette_goes_on_behind_its_last_whole_exchange_and_nothing_else_is_touched() {
        let mut file = file();
        let first = tape(&file).unwrap();
        drop(take(&first, "one"));
        assert_eq!(first.finished().await, None);
        file.seek(SeekFrom::End(0)).unwrap();
        file.write_all(b"{\"v\":1,\"wire\":\"oll").unwrap();
        drop(first);
        file.seek(SeekFrom::Start(0)).unwrap();
        let second = tape(&file).unwrap();
        drop(take(&second, "two"));
        assert_eq!(second.finished().await, None);
        assert_eq!(models(&file), ["one", "two"]);

        let mut other = tempfile::tempfile().unwrap();
        other.write_all(b"my notes\n").unwrap();
        other.seek(SeekFrom::Start(0)).unwrap();
        assert!(matches!(tape(&other), Err(CassetteError::NotOne { line: 1, .. })));
        let mut text = String::new();
        other.seek(SeekFrom::Start(0)).unwrap();
        other.read_to_string(&mut text).unwrap();
        assert_eq!(text, "my notes\n");
    }

    #[tokio::test]
    async fn a_full_cassette_keeps_what_it_has_and_says_so() {
        let file = file();
        let tape = tape(&file).unwrap();
        drop(take(&tape, "one"));
        assert_eq!(tape.settled().await, None);
        let mut large = take(&tape, "large");
        let piece = vec![b'x'; 1024 * 1024];
        for _ in 0..65 {
            large.piece(&piece);
        }
        let broken = ProviderError::new(ErrorClass::Reset, "gone");
        large.ended(&End::Broken(broken));
        drop((large, take(&tape, "late")));
        assert_eq!(tape.finished().await.as_deref(), Some("the cassette has reached 64 MiB"));
        assert_eq!(models(&file), ["one"]);
    }

    #[tokio::test]
    async fn two_runs_do_not_record_to_one_file_at_a_time() {
        let kept = tempfile::NamedTempFile::new().unwrap();
        let open = || File::options().read(true).write(true).open(kept.path()).unwrap();
        let redactor = || Redactor::new([0; 32], []);
        let first = Tape::on(open(), redactor()).unwrap();
        assert!(matches!(Tape::on(open(), redactor()), Err(CassetteError::Busy)));
        drop(first);
        assert!(Tape::on(open(), redactor()).is_ok());
    }
}
