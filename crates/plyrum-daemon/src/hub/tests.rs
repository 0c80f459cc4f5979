//! A follower that reconnects anywhere has every durable frame once, in order, and text without gaps or doubles.
//! The runs are the engine's golden ones, their texts cut into single characters.

use super::*;
use crate::outbox::Next;
use plyrum_client::{Follower, Step};
use plyrum_protocol::Incoming;
use std::collections::BTreeSet;

const GOLDEN: [&str; 3] = [
    include_str!("../../../../snapshots/engine/direct-retry.jsonl"),
    include_str!("../../../../snapshots/engine/mixture-degraded.jsonl"),
    include_str!("../../../../snapshots/engine/moa-late.jsonl"),
];

fn frames(golden: &str) -> Vec<Frame> {
    golden.lines().map(|line| serde_json::from_str(line).unwrap()).flat_map(cut).collect()
}

/// A delta as one delta for each character.
fn cut(frame: Frame) -> Vec<Frame> {
    let FrameBody::Delta { step, attempt, channel, offset, text } = &frame.body else { return vec![frame] };
    let piece = |(at, c): (usize, char)| {
        let (step, attempt, text) = (step.clone(), attempt.clone(), c.to_string());
        let body = FrameBody::Delta { step, attempt, channel: *channel, offset: offset + at as u64, text };
        Frame { body, ..frame.clone() }
    };
    text.char_indices().map(piece).collect()
}

fn hub(frames: &[Frame]) -> Hub {
    Hub::new(frames[0].run.clone(), SessionId::new("cd34").unwrap())
}

fn publish(hub: &Hub, frames: &[Frame]) {
    for frame in frames {
        hub.publish(frame);
    }
}

type Text = (AttemptId, Channel);

/// A client that notes what it was shown.
struct Reader {
    follower: Follower,
    seqs: Vec<u64>,
    texts: BTreeMap<Text, String>,
    attaches: usize,
}

impl Reader {
    fn new(run: &RunId) -> Self {
        Self { follower: Follower::new(run.clone()), seqs: Vec::new(), texts: BTreeMap::new(), attaches: 0 }
    }

    /// Takes at most `limit` frames of what waits, attaching again where that is asked for.
    async fn read(&mut self, hub: &Hub, outbox: &Outbox, limit: usize) {
        let mut taken = 0;
        outbox.reply("{}\n"); // so that there is always something to take
        loop {
            let Next::Write { lines, missed } = outbox.next().await else { panic!("it is open") };
            let mut again = !missed.is_empty();
            let last = lines.is_empty() || lines.last().is_some_and(|line| &**line == "{}\n");
            for line in lines.iter().filter(|line| &***line != "{}\n") {
                if taken == limit {
                    return; // the rest is lost on the way
                }
                taken += 1;
                again |= self.take(line);
            }
            if again {
                self.attach(hub, outbox);
            } else if last {
                return;
            }
        }
    }

    fn attach(&mut self, hub: &Hub, outbox: &Outbox) {
        self.attaches += 1;
        let mut progress = Progress::after(self.follower.last_seq());
        while hub.catch_up(outbox, &mut progress, Timestamp::default()) == CaughtUp::Partly {}
        outbox.reply("{}\n");
    }

    /// Takes a frame; true where the follower wants to attach again.
    fn take(&mut self, line: &str) -> bool {
        let message: Incoming = serde_json::from_str(line).unwrap();
        let frame: Frame = serde_json::from_str(message.params.unwrap().get()).unwrap();
        let Step::Show { skip } = self.follower.step(&frame) else {
            return self.follower.step(&frame) != Step::Skip;
        };
        self.seqs.extend(frame.seq);
        if let FrameBody::Delta { attempt, channel, offset, text, .. } = frame.body {
            let shown = self.texts.entry((attempt, channel)).or_default();
            assert_eq!(shown.len() as u64, offset + skip as u64, "a gap or a double");
            shown.push_str(text.get(skip..).unwrap());
        }
        false
    }
}

fn texts(frames: &[Frame]) -> BTreeMap<Text, String> {
    let mut texts: BTreeMap<Text, String> = BTreeMap::new();
    for frame in frames {
        if let FrameBody::Delta { attempt, channel, text, .. } = &frame.body {
            texts.entry((attempt.clone(), *channel)).or_default().push_str(text);
        }
    }
    texts
}

/// Attempts whose text is over at this point: what of it was lost comes with the results.
fn over(frames: &[Frame]) -> BTreeSet<AttemptId> {
    let ended = |frame: &Frame| match &frame.body {
        FrameBody::AttemptFinished { attempt, .. } => Some(attempt.clone()),
        _ => None,
    };
    frames.iter().filter_map(ended).collect()
}

/// The connection breaks when this many frames were published and this many of them read; a new one follows.
async fn reconnects(frames: &[Frame], published: usize, read: usize) {
    let (hub, first, second) = (hub(frames), Outbox::default(), Outbox::default());
    let mut reader = Reader::new(&frames[0].run);
    reader.attach(&hub, &first);
    let (before, after) = frames.split_at(published);
    publish(&hub, before);
    reader.read(&hub, &first, read).await;
    first.close();
    reader.attach(&hub, &second);
    publish(&hub, after);
    reader.read(&hub, &second, usize::MAX).await;
    let durable: Vec<u64> = frames.iter().filter_map(|frame| frame.seq).collect();
    assert_eq!(reader.seqs, durable, "published {published}, read {read}");
    let over = over(before);
    for (stream, text) in texts(frames) {
        let shown = reader.texts.get(&stream).map_or("", String::as_str);
        let whole = shown == text;
        let cut_and_over = over.contains(&stream.0) && text.starts_with(shown) && read < published;
        assert!(whole || cut_and_over, "published {published}, read {read}, {stream:?}: {shown:?}");
    }
}

#[tokio::test]
async fn a_follower_that_reconnects_at_any_frame_has_no_gap_and_no_double() {
    let mut breaks = 0;
    for golden in GOLDEN {
        let frames = frames(golden);
        for published in 0..=frames.len() {
            // At every frame of one run each that may be the last one read; of longer ones some.
            let step = if golden == GOLDEN[0] { 1 } else { (published / 3).max(1) };
            for read in (0..published).step_by(step).chain([published]) {
                reconnects(&frames, published, read).await;
                breaks += 1;
            }
        }
    }
    assert!(breaks > 500, "{breaks}");
}

/// Another run fills the queue of the same client again and again.
#[tokio::test]
async fn an_attach_gets_further_however_full_the_queue_is_of_another_runs_frames() {
    let frames = frames(GOLDEN[2]);
    let (hub, outbox) = (hub(&frames), Outbox::default());
    let (noise, line): (_, Arc<str>) = (RunId::new("0153").unwrap(), "{}\n".into());
    let flood = || while outbox.offer(&noise, &line, 0, Place::Among) == Offered::Queued {};
    let mut reader = Reader::new(&frames[0].run);
    reader.attach(&hub, &outbox);
    for frame in &frames {
        flood();
        hub.publish(frame);
        reader.read(&hub, &outbox, usize::MAX).await;
        outbox.forgive(&noise);
    }
    let durable: Vec<u64> = frames.iter().filter_map(|frame| frame.seq).collect();
    assert_eq!(reader.seqs, durable);
    assert!(reader.attaches > 10, "the queue was full: {}", reader.attaches);
}

fn long_frame(seq: u64, bytes: usize) -> Frame {
    let body = FrameBody::StepCancelled { step: StepId::new("answer").unwrap(), reason: "r".repeat(bytes) };
    Frame { body, run: RunId::new("ab12").unwrap(), seq: Some(seq), at: Timestamp::default() }
}

#[test]
fn a_long_replay_comes_in_steps_and_nothing_live_comes_between() {
    let (hub, outbox) =
        (Hub::new(RunId::new("ab12").unwrap(), SessionId::new("cd34").unwrap()), Outbox::default());
    let mut progress = Progress::after(0);
    let mut step = || {
        let caught_up = hub.catch_up(&outbox, &mut progress, Timestamp::default());
        (caught_up, progress.seq)
    };
    assert_eq!(step(), (CaughtUp::Whole, 0));
    for seq in 1..=10 {
        hub.publish(&long_frame(seq, CATCH_UP_BYTES / 4));
    }
    assert_eq!(step(), (CaughtUp::Partly, 4));
    assert!(hub.lock().followers.is_empty(), "it does not follow while it catches up");
    hub.publish(&long_frame(11, 1));
    assert_eq!(step(), (CaughtUp::Partly, 8));
    assert_eq!(step(), (CaughtUp::Whole, 11));
    assert_eq!(hub.lock().followers.len(), 1);
}

fn delta(attempt: &str, offset: usize, text: &str) -> Frame {
    let (step, attempt) = (StepId::new("answer").unwrap(), AttemptId::new(attempt).unwrap());
    let (offset, text) = (offset as u64, text.to_owned());
    let body = FrameBody::Delta { step, attempt, channel: Channel::Answer, offset, text };
    Frame { body, run: RunId::new("ab12").unwrap(), seq: None, at: Timestamp::default() }
}

/// All texts grow while a follower is brought to them.
#[tokio::test]
async fn long_open_texts_come_in_bounded_steps_and_whole_though_they_grow_meanwhile() {
    const ATTEMPTS: [&str; 3] = ["a.1", "b.1", "c.1"];
    let run = RunId::new("ab12").unwrap();
    let (hub, outbox) = (Hub::new(run.clone(), SessionId::new("cd34").unwrap()), Outbox::default());
    let mut reader = Reader::new(&run);
    let mut whole = String::new();
    let mut grow = |hub: &Hub, piece: &str| {
        for attempt in ATTEMPTS {
            hub.publish(&delta(attempt, whole.len(), piece));
        }
        whole += piece;
        whole.clone()
    };
    grow(&hub, &"ж".repeat(CATCH_UP_BYTES));
    let (mut progress, mut steps) = (Progress::after(0), 0);
    while hub.catch_up(&outbox, &mut progress, Timestamp::default()) == CaughtUp::Partly {
        steps += 1;
        assert!(steps < 50, "no progress");
        let mut bytes = 0;
        outbox.reply("{}\n");
        loop {
            let Next::Write { lines, missed } = outbox.next().await else { panic!("it is open") };
            assert!(missed.is_empty() && hub.lock().followers.is_empty());
            bytes += lines.iter().map(|line| line.len()).sum::<usize>();
            for line in lines.iter().filter(|line| &***line != "{}\n") {
                assert!(!reader.take(line), "nothing is missing");
            }
            if lines.last().is_some_and(|line| &**line == "{}\n") {
                break;
            }
        }
        assert!(bytes < CATCH_UP_BYTES + 2 * SNAPSHOT_BYTES, "{bytes}");
        grow(&hub, "больше ");
    }
    assert!(steps >= 6, "{steps}");
    let text = grow(&hub, "и всё");
    reader.read(&hub, &outbox, usize::MAX).await;
    assert_eq!(reader.attaches, 0);
    assert!(ATTEMPTS.len() == reader.texts.len() && reader.texts.values().all(|shown| *shown == text));
}

#[test]
fn a_text_is_shown_in_pieces_that_fit_a_message_each() {
    let text = "ж\u{1}".repeat(SNAPSHOT_BYTES);
    let mut joined = String::new();
    for (offset, piece) in pieces(&text, 0) {
        assert_eq!(offset, joined.len());
        assert!(piece.len() <= SNAPSHOT_BYTES);
        joined += piece;
    }
    assert_eq!(joined, text);
    assert_eq!(pieces(&text, 3).next().map(|(offset, _)| offset), Some(3));
    assert_eq!(pieces("", 0).count() + pieces("ab", 2).count(), 0);
}
