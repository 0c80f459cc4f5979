//! The search index: found in both languages, and never another truth than the logs.

use std::fs;

use plyrum_protocol::{SessionId, Timestamp};
use plyrum_sessions::index::{Index, Role, Search, Searcher};
use plyrum_sessions::{Event, begin_deletion as delete, fork};

use crate::world::World;

impl World {
    fn index(&self) -> Index {
        Index::open(&self.dir().join("index.sqlite"), self.dir()).unwrap()
    }

    fn caught_up(&self) -> Index {
        let mut index = self.index();
        for session in index.behind().unwrap() {
            assert!(index.catch_up(&session).unwrap());
        }
        assert_eq!(index.behind().unwrap(), []);
        index
    }

    fn searcher(&self) -> Searcher {
        Searcher::open(&self.dir().join("index.sqlite"), self.dir()).unwrap()
    }

    /// Runs and roles of the hits.
    fn found(&self, search: &Search) -> Vec<(String, Role)> {
        let hits = self.searcher().search(search).unwrap().unwrap();
        hits.into_iter().map(|hit| (hit.run.to_string(), hit.role)).collect()
    }

    fn finds(&self, text: &str) -> Vec<(String, Role)> {
        self.found(&words(text))
    }
}

fn words(text: &str) -> Search {
    Search { text: text.to_owned(), limit: 50, ..Search::default() }
}

fn hits(list: &[(&str, Role)]) -> Vec<(String, Role)> {
    list.iter().map(|(run, role)| ((*run).to_owned(), *role)).collect()
}

#[test]
fn words_are_found_in_any_form_in_both_languages_the_newest_first() {
    let mut world = World::new();
    world.ask("Как маршрутизатор выбирает модели?", "По качеству и цене: router weights.");
    world.ask("And the routers?", "The router is pure.");
    world.caught_up();
    assert_eq!(world.finds("маршрутизаторы"), hits(&[("r1", Role::User)]));
    assert_eq!(world.finds("МОДЕЛЬ выбрать"), hits(&[]), "all words must occur");
    assert_eq!(
        world.finds("routers"),
        hits(&[("r2", Role::Answer), ("r2", Role::User), ("r1", Role::Answer)])
    );
    assert_eq!(world.finds("\"router is\""), hits(&[("r2", Role::Answer)]));
    assert_eq!(world.finds("router -weights"), hits(&[("r2", Role::Answer), ("r2", Role::User)]));
    assert_eq!(world.finds("маршрутиз*"), hits(&[("r1", Role::User)]));
    assert_eq!(world.finds("маршрутизато*"), hits(&[("r1", Role::User)]), "also beyond the stem");
    assert_eq!(world.finds("качеств* и цен*"), hits(&[("r1", Role::Answer)]));
    assert_eq!(world.searcher().search(&words("-only")).unwrap(), None);
    let hit = &world.searcher().search(&words("цена")).unwrap().unwrap()[0];
    assert_eq!(hit.snippet.text, "По качеству и цене: router weights.");
    let (from, to) = hit.snippet.marks[0];
    assert_eq!(hit.snippet.text.get(from..to), Some("цене"));
}

#[test]
fn a_search_can_be_kept_to_a_project_or_a_session_and_goes_on_page_by_page() {
    let mut world = World::new();
    for (session, project) in [("s-1", Some("/a")), ("s-2", Some("/b")), ("s-3", None)] {
        world.switch(session);
        world.open(project);
        world.ask("tea", "green tea");
    }
    world.caught_up();
    assert_eq!(world.finds("tea").len(), 6);
    let of_project = |project: &str| Search { project: Some(project.to_owned()), ..words("tea") };
    assert_eq!(world.found(&of_project("/b")), hits(&[("r2", Role::Answer), ("r2", Role::User)]));
    assert_eq!(world.found(&of_project("/nowhere")), hits(&[]));
    let session = Search { session: Some(SessionId::new("s-3").unwrap()), ..words("tea") };
    assert_eq!(world.found(&session).len(), 2);
    let mut page = Search { limit: 4, ..words("tea") };
    let first = world.searcher().search(&page).unwrap().unwrap();
    page.before = Some(first[3].cursor);
    assert_eq!(world.found(&page), hits(&[("r1", Role::Answer), ("r1", Role::User)]));
    let sessions = world.searcher().sessions(None, None, 2).unwrap();
    let names: Vec<&str> = sessions.iter().map(|(row, _)| row.session.as_str()).collect();
    assert_eq!(names, ["s-3", "s-2"]);
    let rest = world.searcher().sessions(None, Some(sessions[1].1), 2).unwrap();
    assert_eq!((rest.len(), rest[0].0.session.as_str(), rest[0].0.turns), (1, "s-1", 1));
    assert_eq!(world.searcher().sessions(Some("/b"), None, 9).unwrap().len(), 1);
}

#[test]
fn what_is_appended_is_taken_in_once_whenever_the_index_looks() {
    let mut world = World::new();
    let mut index = world.index();
    for n in 0..3 {
        let run = world.begin("tea or coffee");
        index.catch_up(&world.id).unwrap();
        index.catch_up(&world.id).unwrap();
        assert_eq!(world.finds("coffee").len(), n + 1);
        world.end(&run, "tea");
        index.catch_up(&world.id).unwrap();
        assert_eq!(world.finds("tea").len(), 2 * (n + 1));
    }
    world.event(&Event::Renamed { at: Timestamp::from_millis(9), title: "Drinks".into() });
    index.catch_up(&world.id).unwrap();
    let row = &world.searcher().sessions(None, None, 1).unwrap()[0].0;
    assert_eq!((row.name.as_str(), row.turns), ("Drinks", 3));
}

#[test]
fn a_prompt_whose_run_is_not_accepted_yet_waits_for_its_time() {
    let mut world = World::new();
    world.ask("tea", "yes");
    let log = plyrum_sessions::SessionLog::open(world.dir(), &world.id).unwrap();
    let role = plyrum_sessions::TextRole::User;
    log.append_text(&crate::run("r9"), role, None, "coffee", &World::plain()).unwrap();
    let mut index = world.index();
    index.catch_up(&world.id).unwrap();
    assert_eq!(world.finds("coffee"), hits(&[]));
    log.append_frame(&crate::finished("r9", 1)).unwrap();
    index.catch_up(&world.id).unwrap();
    assert_eq!((world.finds("coffee").len(), world.finds("tea").len()), (1, 1));
}

#[test]
fn the_copy_of_a_message_is_shown_once() {
    let mut world = World::new();
    let run = world.ask("green tea", "yes");
    let copy = SessionId::new("s-2").unwrap();
    let later = Timestamp::from_millis(1_795_400_000_000);
    fork(world.dir(), &world.id, &run, &copy, later, &World::plain()).unwrap();
    world.caught_up();
    let found = world.searcher().search(&words("green")).unwrap().unwrap();
    assert_eq!((found.len(), found[0].session.as_str()), (1, "s-1"));
    let turns: Vec<u64> =
        world.searcher().sessions(None, None, 9).unwrap().iter().map(|(row, _)| row.turns).collect();
    assert_eq!(turns, [0, 1], "a copied turn was not asked again");
    let original = world.id.clone();
    delete(world.dir(), &original, Timestamp::from_millis(9), "test").unwrap();
    world.caught_up();
    let found = world.searcher().search(&words("green")).unwrap().unwrap();
    assert_eq!((found.len(), found[0].session.as_str()), (1, "s-2"));
}

#[test]
fn what_is_deleted_is_not_found_and_its_words_are_not_in_the_file() {
    let mut world = World::new();
    world.ask("xylophonic wish", "granted");
    world.switch("s-2");
    world.ask("tea", "yes");
    let mut index = world.caught_up();
    let gone = SessionId::new("s-1").unwrap();
    delete(world.dir(), &gone, Timestamp::from_millis(7), "test").unwrap();
    index.forget(std::slice::from_ref(&gone)).unwrap();
    assert_eq!(world.finds("xylophonic"), hits(&[]));
    assert_eq!(world.finds("tea").len(), 1);
    drop(index);
    for suffix in ["", "-wal"] {
        let path = world.dir().join(format!("index.sqlite{suffix}"));
        let bytes = fs::read(path).unwrap_or_default();
        assert!(!bytes.windows(6).any(|window| window == b"xyloph"), "in {suffix}");
    }
}

#[test]
fn a_missing_damaged_foreign_or_older_index_is_made_again_from_the_logs() {
    let mut world = World::new();
    world.ask("tea", "green");
    let path = world.dir().join("index.sqlite");
    let damages: [&dyn Fn(); 5] = [
        &|| fs::remove_file(&path).unwrap(),
        &|| fs::write(&path, "no database at all").unwrap(),
        &|| {
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..4096]).unwrap();
        },
        &|| rusqlite(&path, "PRAGMA user_version = 77"),
        &|| rusqlite(&path, "DROP TABLE messages"),
    ];
    for (n, damage) in damages.iter().enumerate() {
        drop(world.caught_up());
        rusqlite(&path, "PRAGMA wal_checkpoint(TRUNCATE)");
        damage();
        let mut index = world.index();
        for session in index.behind().unwrap() {
            if !index.catch_up(&session).unwrap() {
                index.catch_up(&session).unwrap();
            }
        }
        // A table that is missing shows when it is needed.
        if index.catch_up(&world.id).is_ok_and(|whole| !whole) {
            index.catch_up(&world.id).unwrap();
        }
        assert_eq!(world.finds("tea").len(), 1, "damage {n}");
    }
}

fn rusqlite(path: &std::path::Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_log_that_is_not_the_one_that_was_indexed_is_indexed_anew() {
    let mut world = World::new();
    world.ask("tea", "green");
    let mut index = world.caught_up();
    fs::remove_file(world.dir().join("s-1.jsonl")).unwrap();
    world.ask("coffee and much more of it than there was of tea", "black, and a long story about it");
    assert_eq!(index.behind().unwrap(), std::slice::from_ref(&world.id));
    index.catch_up(&world.id).unwrap();
    assert_eq!((world.finds("tea").len(), world.finds("green").len(), world.finds("black").len()), (1, 0, 1));
}

#[test]
fn a_log_that_cannot_be_read_keeps_nobody_from_being_found() {
    let mut world = World::new();
    world.ask("tea", "green");
    let index_of = |index: &mut Index| {
        let behind = index.behind().unwrap();
        behind.iter().filter(|session| index.catch_up(session).is_ok_and(|whole| whole)).count()
    };
    let mut index = world.index();
    assert!(index.catch_up(&SessionId::new("nobody").unwrap()).is_err());
    fs::create_dir(world.dir().join("s-0.jsonl")).unwrap();
    assert!(index.catch_up(&SessionId::new("s-0").unwrap()).is_err());
    assert_eq!(index_of(&mut index), 1);
    assert_eq!(world.finds("tea").len(), 1);
}

#[test]
fn an_index_that_is_gone_or_in_use_elsewhere_is_begun_anew() {
    let mut world = World::new();
    world.ask("tea", "green");
    let mut index = world.caught_up();
    fs::remove_file(world.dir().join("index.sqlite")).unwrap();
    let error = Searcher::open(&world.dir().join("index.sqlite"), world.dir()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    index.begin_anew().unwrap();
    for session in index.behind().unwrap() {
        index.catch_up(&session).unwrap();
    }
    assert_eq!(world.finds("tea").len(), 1);
}
