//! Outlines, copies, deletions, and the end of a log.

use std::fs;

use plyrum_protocol::{MediaType, PictureMark, SessionId, Timestamp};
use plyrum_sessions::{
    Event, Item, Outline, SessionLog, TextRole, Texts, begin_deletion, begin_of_last, cut_off_deletions,
    end_deletion, fork, keep_picture, last, list, matching, picture, read, read_from, set_last, tombstone,
    tombstones_matching,
};

use crate::world::World;
use crate::{SECRET, redactor, run};

#[test]
fn an_outline_tells_the_same_whether_read_at_once_or_as_the_log_grows() {
    let mut world = World::new();
    let mut growing = Outline::default();
    world.open(Some("/home/ann/tea"));
    growing.advance(world.dir(), &world.id).unwrap();
    for n in 0..5 {
        let run = world.begin(&format!("вопрос {n}"));
        growing.advance(world.dir(), &world.id).unwrap();
        world.end(&run, "ответ");
        growing.advance(world.dir(), &world.id).unwrap();
    }
    world.event(&Event::Renamed { at: Timestamp::from_millis(1), title: "Чай".into() });
    world.event(&Event::Rewound { at: Timestamp::from_millis(1), to: Some(run("r3")) });
    growing.advance(world.dir(), &world.id).unwrap();
    let whole = Outline::read(world.dir(), &world.id).unwrap();
    assert_eq!(growing, whole);
    let about = &whole.about;
    assert_eq!((about.name(), about.project.as_deref()), ("Чай", Some("/home/ann/tea")));
    assert_eq!(about.first_words.as_deref(), Some("вопрос 0"));
    let told: Vec<&str> = whole.told().map(|turn| turn.run.as_str()).collect();
    assert_eq!(told, ["r1", "r2", "r3"]);
    let texts = Texts::open(world.dir(), &world.id).unwrap();
    let said = texts.of(&whole.turns[4]).unwrap();
    assert_eq!((said.prompt.as_str(), said.answer.as_str()), ("вопрос 4", "ответ"));
}

#[test]
fn a_torn_end_and_a_log_that_was_replaced_are_seen_for_what_they_are() {
    let mut world = World::new();
    world.ask("one", "1");
    let path = world.dir().join("s-1.jsonl");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"{\"text\":{\"run\":\"r2\""].concat()).unwrap();
    let mut outline = Outline::read(world.dir(), &world.id).unwrap();
    assert_eq!((outline.turns.len(), outline.scanned_bytes()), (1, whole.len() as u64));
    fs::remove_file(&path).unwrap();
    world.ask("2", "");
    outline.advance(world.dir(), &world.id).unwrap();
    assert_eq!(outline.turns[0].run, run("r2"));
}

#[test]
fn lines_of_a_newer_build_are_passed_over_and_damage_is_told() {
    let mut world = World::new();
    world.ask("one", "1");
    let path = world.dir().join("s-1.jsonl");
    let newer = "{\"event\":{\"type\":\"merged\",\"with\":7}}\n{\"note\":{\"of\":\"tomorrow\"}}\n\
                 {\"frame\":{\"type\":\"step.paused\",\"run\":\"r1\",\"seq\":9,\"at\":\"2030-01-01T00:00:00Z\"}}\n";
    let damaged = "{\"text\":{\"run\":\"r1\"}}\nrubbish\n";
    fs::write(&path, fs::read_to_string(&path).unwrap() + newer + damaged).unwrap();
    let items: Vec<_> = read(world.dir(), &world.id).unwrap().collect();
    let told: Vec<String> =
        items.iter().filter_map(|item| item.as_ref().err().map(ToString::to_string)).collect();
    assert_eq!(items.len(), 3 + 2, "{told:?}");
    assert!(told[0].contains("s-1.jsonl:7") && told[1].contains("s-1.jsonl:8"), "{told:?}");
    assert_eq!(Outline::read(world.dir(), &world.id).unwrap().turns.len(), 1);
}

#[test]
fn a_copy_has_what_counts_up_to_a_run_and_stays_when_the_original_goes() {
    let mut world = World::new();
    world.open(Some("/p"));
    world.ask("one", "1");
    let second = world.ask("two", "2");
    world.event(&Event::Rewound { at: Timestamp::from_millis(1), to: Some(run("r1")) });
    let third = world.ask("three", "3");
    world.ask("four", "4");
    let original = world.id.clone();
    let copy = SessionId::new("s-2").unwrap();
    let at = Timestamp::from_millis(1_795_400_000_000);
    fork(world.dir(), &original, &third, &copy, at, &World::plain()).unwrap();
    begin_deletion(world.dir(), &original, at, "test").unwrap();

    world.switch("s-2");
    world.ask("five", "5");
    let outline = Outline::read(world.dir(), &copy).unwrap();
    let told: Vec<(&str, bool)> = outline.told().map(|turn| (turn.run.as_str(), turn.is_inherited)).collect();
    assert_eq!(told, [("r1", true), ("r3", true), ("r5", false)]);
    assert_eq!(outline.about.forked_from, Some((original, third)));
    assert_eq!(outline.about.project.as_deref(), Some("/p"));
    assert!(outline.place_of(&second).is_none(), "what was taken back is not copied");
    let texts = Texts::open(world.dir(), &copy).unwrap();
    assert_eq!(texts.of(&outline.turns[1]).unwrap().prompt, "three");
}

#[test]
fn a_deleted_session_leaves_a_tombstone_and_none_of_its_words() {
    let mut world = World::new();
    world.ask("a secret wish", "granted");
    let path = world.dir().join("s-1.jsonl");
    fs::write(world.dir().join("s-1.jsonl.torn-5"), "a secret wi").unwrap();
    let bytes = fs::metadata(&path).unwrap().len();
    let stone = begin_deletion(world.dir(), &world.id, Timestamp::from_millis(7), "test").unwrap();
    end_deletion(world.dir(), &world.id).unwrap();
    assert_eq!(tombstones_matching(world.dir(), "s-", 9).unwrap(), std::slice::from_ref(&stone));
    assert_eq!((stone.bytes, stone.sha256.len()), (bytes, 64));
    assert_eq!(tombstone(world.dir(), &world.id).unwrap(), Some(stone));
    assert_eq!(list(world.dir()).unwrap(), []);
    for entry in fs::read_dir(world.dir()).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("wish"), "{text}");
    }
}

#[test]
fn a_start_finishes_a_deletion_that_was_cut_off_and_leaves_alone_what_was_put_back() {
    let mut world = World::new();
    world.ask("a secret wish", "granted");
    let path = world.dir().join("s-1.jsonl");
    let log = fs::read(&path).unwrap();
    let stone = begin_deletion(world.dir(), &world.id, Timestamp::from_millis(7), "test").unwrap();
    fs::write(&path, &log).unwrap();
    fs::write(world.dir().join("s-1.jsonl.torn-5"), "a secret wi").unwrap();
    fs::write(world.dir().join("s-2.new"), "half of a copy").unwrap();
    assert_eq!(cut_off_deletions(world.dir()).unwrap(), std::slice::from_ref(&stone));
    assert_eq!(cut_off_deletions(world.dir()).unwrap(), [stone], "until it is on record");
    end_deletion(world.dir(), &world.id).unwrap();
    assert_eq!(cut_off_deletions(world.dir()).unwrap(), []);
    assert_eq!(fs::read_dir(world.dir()).unwrap().count(), 1);
    fs::write(&path, &log).unwrap();
    assert_eq!(cut_off_deletions(world.dir()).unwrap(), []);
    assert_eq!(fs::read(&path).unwrap(), log, "somebody's copy");
}

#[test]
fn the_last_session_is_the_one_that_was_written_down() {
    let mut world = World::new();
    assert_eq!(last(world.dir()).unwrap(), None);
    world.ask("one", "1");
    world.switch("s-2");
    world.ask("two", "2");
    set_last(world.dir(), &SessionId::new("s-1").unwrap()).unwrap();
    assert_eq!(last(world.dir()).unwrap().unwrap().as_str(), "s-1");
    fs::remove_file(world.dir().join("s-1.jsonl")).unwrap();
    assert_eq!(last(world.dir()).unwrap().unwrap().as_str(), "s-2", "that one is gone");
}

#[test]
fn a_whole_id_is_itself_and_a_prefix_may_fit_several() {
    let mut world = World::new();
    for id in ["ab", "abc", "abd"] {
        world.switch(id);
        world.ask("x", "y");
    }
    fs::create_dir(world.dir().join("abe.jsonl")).unwrap();
    let found = |prefix: &str| -> Vec<String> {
        matching(world.dir(), prefix, 9).unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(found("ab"), ["ab"]);
    assert_eq!(found("a"), ["ab", "abc", "abd"]);
    assert_eq!(found("abe"), [""; 0], "a directory is no session");
    assert_eq!(matching(world.dir(), "", 2).unwrap().len(), 2);
}

#[test]
fn a_copy_is_redacted_with_what_is_known_today() {
    let mut world = World::new();
    let run = world.ask(&format!("my key is {SECRET}"), &format!("{SECRET} it is"));
    let copy = SessionId::new("s-2").unwrap();
    fork(world.dir(), &world.id, &run, &copy, Timestamp::from_millis(1), &redactor()).unwrap();
    let text = fs::read_to_string(world.dir().join("s-2.jsonl")).unwrap();
    assert!(!text.contains(SECRET) && text.matches("redacted:known").count() == 2, "{text}");
    let outline = Outline::read(world.dir(), &copy).unwrap();
    assert!(outline.turns[0].is_inherited && outline.turns[0].answer_bytes > 0);
}

#[test]
fn two_attachments_of_one_name_stay_two_and_long_ones_whole() {
    let mut world = World::new();
    let run = world.begin("two");
    let log = SessionLog::open_existing(world.dir(), &world.id).unwrap();
    let long = "ы".repeat(300_000);
    for text in [long.as_str(), "second", "third"] {
        log.append_text(&run, TextRole::Attachment, Some("a"), text, &World::plain()).unwrap();
    }
    world.end(&run, "ok");
    let outline = Outline::read(world.dir(), &world.id).unwrap();
    let said = Texts::open(world.dir(), &world.id).unwrap().of(&outline.turns[0]).unwrap();
    let texts: Vec<&str> = said.attachments.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, [long.as_str(), "second", "third"]);
    assert!(SessionLog::open_existing(world.dir(), &SessionId::new("gone").unwrap()).is_err());
}

#[test]
fn the_end_is_found_without_reading_the_beginning() {
    let mut world = World::new();
    for n in 0..20 {
        world.ask(&format!("question {n}"), &"x".repeat(100_000));
    }
    let long = "ы".repeat(700_000); // several lines
    let log = SessionLog::open(world.dir(), &world.id).unwrap();
    log.append_text(&run("r21"), TextRole::User, None, &long, &World::plain()).unwrap();
    let prompts = |turns: usize| -> Vec<String> {
        let begin = begin_of_last(world.dir(), &world.id, turns).unwrap();
        let items = read_from(world.dir(), &world.id, begin).unwrap();
        items
            .filter_map(|item| match item.unwrap() {
                Item::Text(text) => Some(text.text.chars().take(11).collect()),
                _ => None,
            })
            .collect()
    };
    assert_eq!(prompts(1), ["ы".repeat(11)]);
    assert_eq!(prompts(3), ["question 18".to_owned(), "question 19".to_owned(), "ы".repeat(11)]);
    assert_eq!(prompts(21).len(), 21);
    assert_eq!(prompts(500).len(), 21);
    assert_eq!(prompts(0), [""; 0]);
    // Whatever is torn there, and however much.
    let path = world.dir().join("s-1.jsonl");
    let mut torn = fs::read(&path).unwrap();
    torn.extend(vec![b'x'; 3_000_000]);
    fs::write(&path, torn).unwrap();
    assert_eq!(prompts(2), ["question 19".to_owned(), "ы".repeat(11)]);
}

#[test]
fn titles_and_projects_are_redacted_and_titles_are_cut() {
    let world = World::new();
    let log = SessionLog::open(world.dir(), &world.id).unwrap();
    let at = Timestamp::from_millis(1);
    log.append_event(&Event::Opened { at, project: Some(format!("/tmp/{SECRET}")) }, &redactor()).unwrap();
    let title = format!("{SECRET} {}", "длинно".repeat(100));
    log.append_event(&Event::Renamed { at, title }, &redactor()).unwrap();
    let text = fs::read_to_string(world.dir().join("s-1.jsonl")).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    let outline = Outline::read(world.dir(), &world.id).unwrap();
    assert!(outline.about.name().len() <= plyrum_sessions::TITLE_MAX_BYTES);
}

#[test]
fn a_picture_is_named_in_the_log_kept_beside_it_copied_with_its_turn_and_deleted_with_the_session() {
    let mut world = World::new();
    let mark = PictureMark {
        name: format!("{SECRET}.png"),
        media_type: MediaType::Png,
        bytes: 5,
        // SHA-256 of `bytes`.
        sha256: "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9".to_owned(),
    };
    keep_picture(world.dir(), &world.id, &mark, b"bytes").unwrap();
    let log = SessionLog::open(world.dir(), &world.id).unwrap();
    log.append_asked(
        None,
        &run("r1"),
        "look",
        &[("a.txt", "text")],
        std::slice::from_ref(&mark),
        &redactor(),
    )
    .unwrap();
    let asked = world.begin("");
    assert_eq!(asked, run("r1"));
    world.end(&asked, "seen");
    let outline = Outline::read(world.dir(), &world.id).unwrap();
    assert_eq!((outline.turns[0].pictures, outline.turns[0].picture_bytes), (1, 5));
    let said = Texts::open(world.dir(), &world.id).unwrap().of(&outline.turns[0]).unwrap();
    assert_eq!(said.attachments, [("a.txt".to_owned(), "text".to_owned())]);
    let [kept] = said.pictures.as_slice() else { panic!("{said:?}") };
    assert!(kept.sha256 == mark.sha256 && !kept.name.contains(SECRET), "{kept:?}");
    let texts = read(world.dir(), &world.id).unwrap().filter_map(|item| match item.unwrap() {
        Item::Text(text) => Some((text.text, text.picture.is_some())),
        _ => None,
    });
    assert!(texts.into_iter().any(|text| text == ("[picture, image/png, 5 bytes]".to_owned(), true)));

    let copy = SessionId::new("s-2").unwrap();
    let at = Timestamp::from_millis(1);
    fork(world.dir(), &world.id, &asked, &copy, at, &World::plain()).unwrap();
    begin_deletion(world.dir(), &world.id, at, "test").unwrap();
    assert_eq!(picture(world.dir(), &world.id, &mark).unwrap(), None);
    assert_eq!(picture(world.dir(), &copy, &mark).unwrap().as_deref(), Some(b"bytes".as_slice()));
}
