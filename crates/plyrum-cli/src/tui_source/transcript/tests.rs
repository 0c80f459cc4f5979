//! Pages from the end of a log have every turn once, whole, whatever lies between their lines.

use super::*;
use plyrum_protocol::{RunResult, RunStatus, Timestamp};
use plyrum_redact::Redactor;
use plyrum_sessions::SessionLog;
use std::io::Write as _;

struct World {
    _dir: tempfile::TempDir,
    source: Transcripts,
    session: SessionId,
    log: SessionLog,
    redactor: Redactor,
    now: std::cell::Cell<i64>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::under(&dir.path().join("home"));
        paths.prepare().unwrap();
        std::fs::create_dir_all(paths.sessions_dir()).unwrap();
        let session = SessionId::new("s-1").unwrap();
        let log = SessionLog::open(&paths.sessions_dir(), &session).unwrap();
        let redactor = Redactor::new([0; 32], []);
        let now = std::cell::Cell::new(1_795_338_000_000);
        Self { _dir: dir, source: Transcripts { paths }, session, log, redactor, now }
    }

    fn frame(&self, run: &RunId, seq: u64, body: FrameBody) {
        self.now.set(self.now.get() + 1);
        let at = Timestamp::from_millis(self.now.get());
        self.log.append_frame(&Frame { body, run: run.clone(), seq: Some(seq), at }).unwrap();
    }

    fn begin(&self, nth: usize, prompt: &str, attachments: &[(&str, &str)]) -> RunId {
        let run = RunId::new(format!("r{nth:05}")).unwrap();
        self.log.append_asked(None, &run, prompt, attachments, &[], &self.redactor).unwrap();
        let body = FrameBody::RunAccepted {
            session: self.session.clone(),
            persona: "default".into(),
            client: "test".into(),
            prompt_sha256: String::new(),
            context: Vec::new(),
            compacts: None,
            pictures: Vec::new(),
            has_schema: false,
        };
        self.frame(&run, 1, body);
        run
    }

    fn end(&self, run: &RunId, answer: &str) {
        let fault = Fault::new(ErrorKind::Internal, "x");
        let mut result = RunResult::refused(Some(run.clone()), RunStatus::Succeeded, fault);
        (result.error, result.answer) = (None, answer.to_owned());
        self.frame(run, 2, FrameBody::RunFinished { result: Box::new(result) });
    }

    fn ask(&self, nth: usize, prompt: &str) -> RunId {
        let run = self.begin(nth, prompt, &[]);
        self.end(&run, "answer");
        run
    }

    fn event(&self, event: &Event) {
        self.log.append_event(event, &self.redactor).unwrap();
    }

    fn rewind(&self, to: Option<&RunId>) {
        self.event(&Event::Rewound { at: Timestamp::from_millis(self.now.get()), to: to.cloned() });
    }

    /// All pages, the latest first.
    fn pages(&self) -> Vec<TranscriptPage> {
        let mut pages = vec![self.source.open("s-1").unwrap()];
        while let Some(cursor) = pages.last().unwrap().older.clone() {
            pages.push(self.source.before(&self.session, &cursor).unwrap());
            assert!(pages.len() < 1_000, "it goes back to the beginning");
        }
        pages
    }

    /// All turns, oldest first.
    fn turns(&self) -> Vec<PastTurn> {
        self.pages().into_iter().rev().flat_map(|page| page.turns).collect()
    }
}

fn names(turns: &[PastTurn]) -> Vec<&str> {
    turns.iter().map(|turn| turn.run.as_str()).collect()
}

#[test]
fn every_turn_comes_once_in_its_order_and_whole() {
    let world = World::new();
    let runs: Vec<RunId> = (0..95)
        .map(|nth| {
            let run = world.begin(nth, &format!("prompt {nth}"), &[("a.txt", "text"), ("b.txt", "more")]);
            world.end(&run, &format!("answer {nth}"));
            run
        })
        .collect();
    let pages = world.pages();
    assert_eq!(pages.iter().map(|page| page.turns.len()).collect::<Vec<_>>(), [20, 20, 20, 20, 15]);
    assert_eq!(pages.last().unwrap().title.as_deref(), Some("prompt 0"));
    let turns = world.turns();
    assert_eq!(names(&turns), runs.iter().map(RunId::as_str).collect::<Vec<_>>());
    for (nth, turn) in turns.iter().enumerate() {
        assert_eq!(turn.prompt, format!("prompt {nth}"));
        assert_eq!(turn.attachments, ["a.txt", "b.txt"]);
        assert_eq!(turn.frames.len(), 2);
        assert!(!turn.is_rewound && ends(&turn.frames));
    }
}

#[test]
fn pages_of_large_turns_are_small() {
    let world = World::new();
    // Longer than a line of a text may be, so that each is in several.
    let prompt = "да ".repeat(150_000);
    (0..12).for_each(|nth| drop(world.ask(nth, &prompt)));
    let pages = world.pages();
    assert!(pages.len() > 3, "{} pages", pages.len());
    for page in &pages {
        let bytes: usize = page.turns.iter().map(|turn| turn.prompt.len()).sum();
        assert!(bytes <= usize::try_from(BYTES).unwrap() + prompt.len(), "{bytes}");
        assert!(page.turns.iter().all(|turn| turn.prompt == prompt));
    }
    assert_eq!(pages.iter().map(|page| page.turns.len()).sum::<usize>(), 12);
}

#[test]
fn what_was_taken_back_is_marked_on_every_page_that_it_reaches() {
    for (kept, is_everything) in [(3, false), (30, false), (58, false), (0, true)] {
        let world = World::new();
        let runs: Vec<RunId> = (0..60).map(|nth| world.ask(nth, "x")).collect();
        world.rewind((!is_everything).then(|| &runs[kept]));
        (60..65).for_each(|nth| drop(world.ask(nth, "x")));
        let first = if is_everything { 0 } else { kept + 1 };
        let marked: Vec<bool> = world.turns().iter().map(|turn| turn.is_rewound).collect();
        let expected: Vec<bool> = (0..65).map(|nth| (first..60).contains(&nth)).collect();
        assert_eq!(marked, expected, "to {kept}");
    }
}

#[test]
fn a_run_that_ended_on_a_later_page_has_all_its_frames() {
    let world = World::new();
    let long = world.begin(0, "long", &[]);
    (1..50).for_each(|nth| drop(world.ask(nth, "short")));
    world.end(&long, "at last");
    (50..75).for_each(|nth| drop(world.ask(nth, "short")));
    let turns = world.turns();
    assert_eq!(turns.len(), 75);
    assert_eq!((turns[0].run.clone(), turns[0].frames.len()), (long, 2));
    assert!(ends(&turns[0].frames));
}

#[test]
fn a_line_that_nobody_can_read_and_a_torn_end_cost_no_turn() {
    let world = World::new();
    (0..30).for_each(|nth| drop(world.ask(nth, "x")));
    let path = world.source.paths.sessions_dir().join("s-1.jsonl");
    let add = |text: &str| {
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(text.as_bytes()).unwrap();
    };
    add("no json at all\n{\"word\":{\"of\":\"a newer build\"}}\n");
    (30..40).for_each(|nth| drop(world.ask(nth, "x")));
    add("{\"text\":{\"run\":\"r9\",\"role\":\"user\",\"te");
    assert_eq!(world.turns().len(), 40);
}

#[test]
fn a_name_is_told_where_it_was_given() {
    let world = World::new();
    (0..25).for_each(|nth| drop(world.ask(nth, "x")));
    let at = Timestamp::from_millis(0);
    world.event(&Event::Renamed { at, title: "Деньги".to_owned() });
    assert_eq!(world.pages().first().unwrap().title.as_deref(), Some("Деньги"));
}
