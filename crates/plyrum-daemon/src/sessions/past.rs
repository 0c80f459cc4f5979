//! What of a conversation the next request tells the model.
//!
//! In this order: the summary, if older turns were compacted; then the turns behind it, word for word with
//! what came with them, from the place that the window says (`window.rs`). All that may take half of the
//! model's context; the other half is for the new prompt and the answer. Where a prompt leaves less room than
//! that, fewer turns are sent with it. A turn that is larger than all that room is sent without what came with
//! it, and cut where that is not enough. Turns without an answer and turns that were taken back are not told.
//!
//! Pictures go along with their turns, the latest ones up to a size that requests can have; like the window, what is left
//! of them is cut rarely and deeply.

use super::pictures::Pictures;
use super::window::{Marks, begin};
use crate::resolve::Told;
use plyrum_billing_client::BytesPerToken;
use plyrum_engine::{Attachment, Conversation, Exchange, Picture};
use plyrum_protocol::{ContextMeter, PictureMark, RunId};
use plyrum_redact::Redactor;
use plyrum_sessions::{Outline, Said, Texts, Turn};
use std::borrow::Cow;
use std::io;

/// Bytes that a turn costs beside its texts.
const TURN_BYTES: u64 = 32;
/// Bytes of what stands for an attachment that is not sent again.
const OMITTED_BYTES: u64 = 96;
/// Room that is worth sending a turn in.
const LEAST_BYTES: u64 = 256;
/// Bytes of the words for a picture.
const PICTURE_NAMED_BYTES: u64 = 192;
/// Most bytes of pictures in one request, those of the prompt among them: 16 MiB, which base64 makes 21 of.
const PICTURES_BYTES: u64 = 16 * 1024 * 1024;
/// Most pictures of earlier turns in one request.
const PAST_PICTURES: u64 = 16;
/// What stands where the middle of a text was cut out.
const CUT: &str = "\n[…]\n";

/// The model that is asked, and what the request says beside the conversation's past.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) model: String,
    pub(crate) context_tokens: u64,
    pub(crate) bytes_per_token: BytesPerToken,
    /// The system prompt and the project's files.
    pub(crate) fixed_bytes: u64,
    /// The new prompt with what comes with it.
    pub(crate) asked_bytes: u64,
    /// Bytes of the prompt's own pictures.
    pub(crate) asked_picture_bytes: u64,
    /// Bytes of text that would be as many tokens as one picture; 0 for a model that is shown none.
    pub(crate) picture_bytes: u64,
    /// The longest answer.
    pub(crate) output_tokens: u64,
}

/// What is told.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) summary: Option<String>,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) meter: ContextMeter,
}

/// Which turns are told, by their runs, without their texts.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) sent: Vec<RunId>,
    pub(crate) left_out: Vec<RunId>,
    pub(crate) meter: ContextMeter,
    /// Larger turns are shortened.
    turn_max_bytes: u64,
    /// From this one of the turns that are sent on, pictures go along.
    pictures_from: usize,
}

impl Room {
    /// Bytes of a turn with all that belongs to it.
    pub(super) fn whole_size(&self, turn: &Turn) -> u64 {
        whole_size(turn).saturating_add(turn.pictures.saturating_mul(self.picture_bytes))
    }

    /// Bytes that a turn takes in a request: no more than `turn_max_bytes`.
    pub(super) fn size_of(&self, turn: &Turn, turn_max_bytes: u64) -> u64 {
        let whole = self.whole_size(turn);
        if whole <= turn_max_bytes {
            return whole;
        }
        let text = whole_size(turn);
        if text <= turn_max_bytes {
            return text; // its pictures are only named
        }
        let omitted = OMITTED_BYTES.saturating_mul(turn.said.len() as u64);
        text.saturating_sub(turn.attached_bytes).saturating_add(omitted).min(turn_max_bytes)
    }

    fn context_bytes(&self) -> u64 {
        self.bytes_per_token.bytes_in(self.context_tokens)
    }

    /// The most that earlier turns and their summary may take, whatever is asked.
    fn history_bytes(&self) -> u64 {
        self.context_bytes() / 2
    }

    /// What this prompt leaves for them.
    fn free_bytes(&self) -> u64 {
        let taken = self.fixed_bytes.saturating_add(self.asked_bytes);
        let answer = self.bytes_per_token.bytes_in(self.output_tokens);
        self.context_bytes().saturating_sub(taken).saturating_sub(answer)
    }
}

/// Chooses the turns; reads no texts.
pub(crate) fn choose(outline: &Outline, room: &Room) -> Choice {
    let summary = outline.summary().map(|(turn, _)| turn);
    let summary_bytes = summary.map_or(0, |turn| turn.answer_bytes);
    let told: Vec<&Turn> = outline.told().collect();
    let free = room.free_bytes().saturating_sub(summary_bytes);
    let usual = Window::of(&told, room, room.history_bytes().saturating_sub(summary_bytes));
    let window =
        if usual.bytes <= free { usual } else { Window::of(&told, room, free).no_wider_than(&usual) };
    let summarised = outline
        .summary()
        .map_or(0, |(_, behind)| outline.turns.iter().take(behind).filter(|turn| turn.is_told()).count());
    let (left_out, sent) = told.split_at(window.first);
    let shortened = sent.iter().filter(|turn| room.whole_size(turn) > window.turn_max_bytes).count();
    let history = summary_bytes.saturating_add(window.bytes);
    let count = |turns: usize| u32::try_from(turns).unwrap_or(u32::MAX);
    let meter = ContextMeter {
        model: room.model.clone(),
        context_tokens: room.context_tokens,
        used_tokens: room.bytes_per_token.tokens_in(room.fixed_bytes.saturating_add(history)),
        history_tokens: room.bytes_per_token.tokens_in(history),
        history_limit_tokens: room.context_tokens / 2,
        sent_turns: count(sent.len()),
        shortened_turns: count(shortened),
        summarised_turns: count(summarised),
        left_out_turns: count(left_out.len()),
        summary: summary.map(|turn| turn.run.clone()),
    };
    let runs = |turns: &[&Turn]| turns.iter().map(|turn| turn.run.clone()).collect();
    Choice {
        sent: runs(sent),
        left_out: runs(left_out),
        meter,
        turn_max_bytes: window.turn_max_bytes,
        pictures_from: pictures_from(&told, room.asked_picture_bytes).saturating_sub(window.first),
    }
}

/// The place of the first turn whose pictures are sent again, beside as many bytes of new ones.
pub(super) fn pictures_from(told: &[&Turn], asked_bytes: u64) -> usize {
    let sizes: Vec<u64> = told.iter().map(|turn| turn.picture_bytes.min(PICTURES_BYTES)).collect();
    let counts: Vec<u64> = told.iter().map(|turn| turn.pictures.min(PAST_PICTURES)).collect();
    let usual = begin(&sizes, Marks::below(PICTURES_BYTES)).max(begin(&counts, Marks::below(PAST_PICTURES)));
    let free = PICTURES_BYTES.saturating_sub(asked_bytes);
    let mut sum: u64 = sizes.iter().skip(usual).sum();
    let is_over = |size: &&u64| {
        let is_over = sum > free;
        sum = sum.saturating_sub(**size);
        is_over
    };
    usual + sizes.iter().skip(usual).take_while(is_over).count()
}

/// The turns that fit into some room.
struct Window {
    first: usize,
    bytes: u64,
    turn_max_bytes: u64,
}

impl Window {
    fn of(told: &[&Turn], room: &Room, bytes: u64) -> Self {
        let sizes: Vec<u64> = told.iter().map(|turn| room.size_of(turn, bytes)).collect();
        let first = if bytes < LEAST_BYTES { told.len() } else { begin(&sizes, Marks::below(bytes)) };
        Self { first, bytes: sizes.iter().skip(first).sum(), turn_max_bytes: bytes }
    }

    fn no_wider_than(self, other: &Self) -> Self {
        Self { first: self.first.max(other.first), ..self }
    }
}

/// Chooses the turns and reads them.
pub(crate) fn read(
    outline: &Outline,
    texts: &Texts,
    pictures: Pictures<'_>,
    room: &Room,
) -> io::Result<Past> {
    let choice = choose(outline, room);
    let summary = outline.summary().map(|(turn, _)| texts.of(turn)).transpose()?.map(|said| said.answer);
    let sent = choice.sent.iter().filter_map(|run| outline.turns.get(outline.place_of(run)?));
    let exchanges = sent.enumerate().map(|(at, turn)| {
        let whole = room.whole_size(turn) <= choice.turn_max_bytes;
        let pictures = Some(pictures).filter(|_| whole && at >= choice.pictures_from);
        Ok(exchange(turn, texts.of(turn)?, pictures, choice.turn_max_bytes))
    });
    Ok(Past { summary, exchanges: exchanges.collect::<io::Result<_>>()?, meter: choice.meter })
}

/// The summary and every turn that is told, however much of it a model can take.
pub(crate) fn told(outline: &Outline, asked_picture_bytes: u64) -> Told {
    let summary = outline.summary().map_or(0, |(turn, _)| turn.answer_bytes);
    let bytes = outline.told().map(whole_size).fold(summary, u64::saturating_add);
    let turns: Vec<&Turn> = outline.told().collect();
    let pictures =
        turns.iter().skip(pictures_from(&turns, asked_picture_bytes)).map(|turn| turn.pictures).sum();
    Told { bytes, pictures }
}

/// The same conversation without what is known to be secret today: its log may be older than a key.
pub(crate) fn redacted(mut conversation: Conversation, redactor: &Redactor) -> Conversation {
    let clean = |text: &mut String| {
        if let Cow::Owned(clean) = redactor.redact(text) {
            *text = clean;
        }
    };
    conversation.summary.iter_mut().for_each(clean);
    for exchange in &mut conversation.history {
        clean(&mut exchange.prompt);
        clean(&mut exchange.answer);
        exchange.pictures.iter_mut().for_each(|picture| clean(&mut picture.mark.name));
        for attachment in &mut exchange.attachments {
            clean(&mut attachment.name);
            clean(&mut attachment.text);
        }
    }
    // Only an extractor's compaction has any that were not redacted on their way in.
    conversation.attachments.iter_mut().for_each(|attachment| clean(&mut attachment.text));
    conversation
}

/// A turn as it is told again; without `pictures` those are only named.
pub(super) fn exchange(
    turn: &Turn,
    said: Said,
    pictures: Option<Pictures<'_>>,
    turn_max_bytes: u64,
) -> Exchange {
    let attachments = said.attachments.into_iter().map(|(name, text)| Attachment { name, text });
    let (shown, named) = shown(said.pictures, pictures);
    if whole_size(turn) <= turn_max_bytes {
        let attachments = attachments.chain(named).collect();
        return Exchange { attachments, pictures: shown, prompt: said.prompt, answer: said.answer };
    }
    let attachments = attachments.map(|Attachment { name, text }| {
        let text = format!("[{} bytes, not sent again]", text.len());
        Attachment { name, text }
    });
    let attachments: Vec<Attachment> = attachments.chain(named).collect();
    let beside = TURN_BYTES + OMITTED_BYTES * attachments.len() as u64 + 2 * CUT.len() as u64;
    let room = turn_max_bytes.saturating_sub(beside);
    let (prompt, answer) = (said.prompt.len() as u64, said.answer.len() as u64);
    // The shorter of the two stays whole where it can.
    let of_prompt = prompt.min((room / 2).max(room.saturating_sub(answer)));
    let of_answer = answer.min(room.saturating_sub(of_prompt));
    let (prompt, answer) = (cut(said.prompt, of_prompt), cut(said.answer, of_answer));
    Exchange { attachments, pictures: shown, prompt, answer }
}

/// The pictures that are sent again, and what stands for the others.
fn shown(marks: Vec<PictureMark>, pictures: Option<Pictures<'_>>) -> (Vec<Picture>, Vec<Attachment>) {
    let (mut shown, mut named) = (Vec::new(), Vec::new());
    for mark in marks {
        match pictures.map(|pictures| pictures.find(&mark)) {
            Some(Some(data)) => shown.push(Picture { mark, data }),
            Some(None) => named.push(Picture::gone(&mark)),
            None => {
                let text = "[a picture, not sent again]".to_owned();
                named.push(Attachment { name: mark.name, text });
            }
        }
    }
    (shown, named)
}

/// The beginning and the end of a text, together at most so many bytes and the sign between them.
fn cut(text: String, bytes: u64) -> String {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if text.len() <= bytes {
        return text;
    }
    let (begin, end) = (text.floor_char_boundary(bytes / 2), text.ceil_char_boundary(text.len() - bytes / 2));
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!("{}{CUT}{}", part(0..begin), part(end..text.len()))
}

/// Bytes of a turn's text.
fn whole_size(turn: &Turn) -> u64 {
    let texts = turn.prompt_bytes.saturating_add(turn.answer_bytes).saturating_add(turn.attached_bytes);
    let named = turn.pictures.saturating_mul(PICTURE_NAMED_BYTES);
    texts.saturating_add(TURN_BYTES).saturating_add(named)
}

#[cfg(test)]
mod tests {
    use super::super::pictures::Reads;
    use super::*;
    use plyrum_protocol::{Frame, FrameBody, MediaType, RunResult, RunStatus, SessionId, Timestamp};
    use plyrum_sessions::{Event, SessionLog, TextRole};
    use sha2::{Digest as _, Sha256};

    /// A session on disk.
    struct World {
        dir: tempfile::TempDir,
        id: SessionId,
        turns: u32,
    }

    impl World {
        fn new() -> Self {
            Self { dir: tempfile::tempdir().unwrap(), id: SessionId::new("5e55").unwrap(), turns: 0 }
        }

        fn log(&self) -> SessionLog {
            SessionLog::open(self.dir.path(), &self.id).unwrap()
        }

        fn ask(&mut self, prompt: &str, attached: &str, answer: &str, compacts: Option<&RunId>) -> RunId {
            self.turns += 1;
            let run = RunId::new(format!("r{}", self.turns)).unwrap();
            let (log, plain) = (self.log(), Redactor::new([0; 32], []));
            log.append_text(&run, TextRole::User, None, prompt, &plain).unwrap();
            if !attached.is_empty() {
                log.append_text(&run, TextRole::Attachment, Some("file"), attached, &plain).unwrap();
            }
            let at = Timestamp::from_millis(i64::from(self.turns) * 1000);
            let accepted = FrameBody::RunAccepted {
                session: self.id.clone(),
                persona: "default".into(),
                client: "test".into(),
                prompt_sha256: String::new(),
                context: Vec::new(),
                compacts: compacts.cloned(),
                pictures: Vec::new(),
                has_schema: false,
            };
            let fault = plyrum_protocol::Fault::new(plyrum_protocol::ErrorKind::Internal, "");
            let mut result = RunResult::refused(Some(run.clone()), RunStatus::Succeeded, fault);
            (result.error, result.answer) = (None, answer.to_owned());
            let finished = FrameBody::RunFinished { result: Box::new(result) };
            for (seq, body) in [(1, accepted), (2, finished)] {
                log.append_frame(&Frame { body, run: run.clone(), seq: Some(seq), at }).unwrap();
            }
            run
        }

        fn pictures(&self) -> Pictures<'_> {
            Pictures { dir: self.dir.path(), session: &self.id, reads: Reads::Bytes }
        }

        fn rewind(&self, to: &RunId) {
            let event = Event::Rewound { at: Timestamp::from_millis(1), to: Some(to.clone()) };
            self.log().append_event(&event, &Redactor::new([0; 32], [])).unwrap();
        }

        /// Prompts that are told, `S:` before the summary.
        fn told(&self, room: &Room) -> (Vec<String>, ContextMeter) {
            let outline = Outline::read(self.dir.path(), &self.id).unwrap();
            let past =
                read(&outline, &Texts::open(self.dir.path(), &self.id).unwrap(), self.pictures(), room)
                    .unwrap();
            let summary = past.summary.map(|summary| format!("S:{summary}"));
            let told = summary.into_iter().chain(past.exchanges.into_iter().map(|e| e.prompt));
            (told.collect(), past.meter)
        }
    }

    fn room(context_tokens: u64) -> Room {
        Room {
            model: "lab/fast".into(),
            context_tokens,
            bytes_per_token: BytesPerToken::new(1, 1).unwrap(),
            fixed_bytes: 10,
            asked_bytes: 10,
            asked_picture_bytes: 0,
            picture_bytes: 100,
            output_tokens: 100,
        }
    }

    #[test]
    fn at_the_limit_the_oldest_turns_go_and_the_beginning_then_stays() {
        let mut world = World::new();
        let mut begins = Vec::new();
        for n in 0..40 {
            world.ask(&format!("question {n:02}"), "", &"a".repeat(60), None);
            let (told, meter) = world.told(&room(2_000));
            assert!(meter.used_tokens <= 1_010, "{meter:?}");
            assert_eq!(meter.sent_turns + meter.left_out_turns, n + 1);
            begins.push(told[0].clone());
        }
        begins.dedup();
        assert!(begins.len() <= 8, "{} beginnings in 40 turns: {begins:?}", begins.len());
        assert_eq!(begins[0], "question 00");
    }

    #[test]
    fn a_long_prompt_leaves_room_for_fewer_turns_only_while_it_is_asked() {
        let mut world = World::new();
        for n in 0..8 {
            world.ask(&format!("question {n}"), "", &"a".repeat(60), None);
        }
        let usual = world.told(&room(2_000)).0;
        assert_eq!(usual.len(), 8);
        let crowded = Room { asked_bytes: 1_500, ..room(2_000) };
        let (told, meter) = world.told(&crowded);
        assert!((1..8).contains(&told.len()) && meter.left_out_turns > 0, "{told:?}");
        assert_eq!(told.last(), usual.last());
        let full = Room { asked_bytes: 5_000, ..room(2_000) };
        assert_eq!(world.told(&full).0, [""; 0]);
        assert_eq!(world.told(&room(2_000)).0, usual);
    }

    #[test]
    fn what_came_with_a_prompt_is_told_again_unless_it_is_too_large() {
        let mut world = World::new();
        world.ask("small", "a file", "yes", None);
        world.ask("half", &"x".repeat(1_500), "yes", None);
        world.ask("large", &"x".repeat(5_000), "yes", None);
        let outline = Outline::read(world.dir.path(), &world.id).unwrap();
        let texts = Texts::open(world.dir.path(), &world.id).unwrap();
        let past = read(&outline, &texts, world.pictures(), &room(4_000)).unwrap();
        let attached: Vec<&str> =
            past.exchanges.iter().flat_map(|e| &e.attachments).map(|a| a.text.as_str()).collect();
        let half = "x".repeat(1_500);
        assert_eq!(attached, ["a file", &half, "[5000 bytes, not sent again]"]);
        assert_eq!(past.meter.shortened_turns, 1);
    }

    /// A turn with pictures of so many bytes, each another one.
    fn ask_with_pictures(world: &mut World, prompt: &str, pictures: u64, bytes: u64) -> Vec<PictureMark> {
        let run = RunId::new(format!("r{}", world.turns + 1)).unwrap();
        let marks: Vec<PictureMark> = (0..pictures)
            .map(|nth| {
                let mut data = vec![0; usize::try_from(bytes).unwrap()];
                data[0] = u8::try_from(nth).unwrap();
                data[1] = u8::try_from(world.turns).unwrap();
                let name = format!("{nth}.png");
                let sha256 = crate::ids::hex(&Sha256::digest(&data));
                let mark = PictureMark { name, media_type: MediaType::Png, bytes, sha256 };
                plyrum_sessions::keep_picture(world.dir.path(), &world.id, &mark, &data).unwrap();
                mark
            })
            .collect();
        let plain = Redactor::new([0; 32], []);
        world.log().append_asked(None, &run, "", &[], &marks, &plain).unwrap();
        assert_eq!(world.ask(prompt, "", "seen", None), run);
        marks
    }

    fn past(world: &World, room: &Room) -> Past {
        let outline = Outline::read(world.dir.path(), &world.id).unwrap();
        let texts = Texts::open(world.dir.path(), &world.id).unwrap();
        read(&outline, &texts, world.pictures(), room).unwrap()
    }

    #[test]
    fn pictures_are_sent_again_with_their_turn_and_named_where_they_are_gone() {
        let mut world = World::new();
        let marks = ask_with_pictures(&mut world, "what are they?", 2, 10);
        let told = past(&world, &room(4_000)).exchanges;
        assert_eq!(told[0].pictures.iter().map(|p| &p.mark).collect::<Vec<_>>(), [&marks[0], &marks[1]]);
        assert_eq!((told[0].pictures[1].data[0], told[0].attachments.len()), (1, 0));
        let outline = Outline::read(world.dir.path(), &world.id).unwrap();
        assert_eq!(super::told(&outline, 0).pictures, 2);
        std::fs::remove_file(world.dir.path().join(format!("5e55.pictures/{}", marks[0].sha256))).unwrap();
        let told = past(&world, &room(4_000)).exchanges;
        assert_eq!(told[0].pictures[0].mark, marks[1]);
        assert_eq!(told[0].attachments[0].text, "[picture 0.png is no longer here]");
        let narrow = Room { picture_bytes: 3_000, ..room(4_000) };
        let told = past(&world, &narrow).exchanges;
        assert_eq!((told[0].pictures.len(), told[0].prompt.as_str()), (0, "what are they?"));
        assert!(told[0].attachments.iter().all(|a| a.text == "[a picture, not sent again]"), "{told:?}");
    }

    #[test]
    fn pictures_over_what_a_request_can_have_go_from_the_oldest_turns_and_many_at_once() {
        const MIB: u64 = 1024 * 1024;
        let mut world = World::new();
        for _ in 0..6 {
            ask_with_pictures(&mut world, "and this?", 1, 3 * MIB);
        }
        let shown = |asked: u64| -> Vec<usize> {
            let room = Room { asked_picture_bytes: asked, ..room(100_000) };
            past(&world, &room).exchanges.iter().map(|e| e.pictures.len()).collect()
        };
        assert_eq!(shown(0), [0, 0, 0, 0, 1, 1], "16 MiB fit, and the sixth leaves half of them");
        for (asked, sent_again) in [(10, 2), (11, 1), (13, 1), (14, 0), (16, 0)] {
            assert_eq!(shown(asked * MIB).iter().sum::<usize>(), sent_again, "beside {asked} MiB");
        }
    }

    #[test]
    fn no_more_than_sixteen_pictures_are_sent_again_however_small_they_are() {
        let mut world = World::new();
        for _ in 0..5 {
            ask_with_pictures(&mut world, "and these?", 4, 9);
        }
        let exchanges = past(&world, &room(100_000)).exchanges;
        let shown: Vec<usize> = exchanges.iter().map(|e| e.pictures.len()).collect();
        assert_eq!(shown, [0, 0, 0, 4, 4]);
    }

    #[test]
    fn the_newest_turn_is_told_however_large_it_is_and_cut_only_where_it_must_be() {
        let mut world = World::new();
        world.ask("one", "", &"a".repeat(300), None);
        world.ask("two", "", &"b".repeat(900), None);
        assert_eq!(world.told(&room(2_000)).0, ["two"], "most of the room is its own");
        world.ask("three", "", &format!("{}{}", "c".repeat(3_000), "d".repeat(3_000)), None);
        let outline = Outline::read(world.dir.path(), &world.id).unwrap();
        let past = read(
            &outline,
            &Texts::open(world.dir.path(), &world.id).unwrap(),
            world.pictures(),
            &room(2_000),
        )
        .unwrap();
        let [only] = past.exchanges.as_slice() else { panic!("{:?}", past.exchanges) };
        assert_eq!(only.prompt, "three");
        assert!(
            only.answer.starts_with("cccc") && only.answer.ends_with("dddd") && only.answer.len() < 1_000
        );
        assert!(only.answer.contains("[…]"));
        assert_eq!((past.meter.shortened_turns, past.meter.left_out_turns), (1, 2));
    }

    #[test]
    fn a_summary_stands_for_what_it_covers_until_it_is_taken_back() {
        let mut world = World::new();
        let runs: Vec<RunId> = (0..4).map(|n| world.ask(&format!("q{n}"), "", "a", None)).collect();
        let summary = world.ask("", "", "all of it", Some(&runs[1]));
        let (told, meter) = world.told(&room(10_000));
        assert_eq!(told, ["S:all of it", "q2", "q3"]);
        assert_eq!((meter.summarised_turns, meter.summary.as_ref()), (2, Some(&summary)));
        let later = world.ask("q5", "", "a", None);
        world.ask("", "", "newer", Some(&later));
        assert_eq!(world.told(&room(10_000)).0, ["S:newer"]);
        world.rewind(&later);
        assert_eq!(world.told(&room(10_000)).0, ["S:all of it", "q2", "q3", "q5"]);
        world.rewind(&runs[2]);
        assert_eq!(world.told(&room(10_000)).0, ["q0", "q1", "q2"], "the originals are still there");
        world.ask("again", "", "a", None);
        assert_eq!(world.told(&room(10_000)).0, ["q0", "q1", "q2", "again"]);
    }
}
