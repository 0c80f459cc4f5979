//! Reading for people.

use std::fs;

use plyrum_audit::{Filter, search, tail};
use serde_json::{Value, json};

use crate::{files, open_on_day, written};

fn seqs(records: &[Value]) -> Vec<u64> {
    records.iter().map(|r| r["seq"].as_u64().unwrap()).collect()
}

#[test]
fn the_tail_comes_from_the_newest_files_in_order() {
    let (dir, _) = written(3, 3);
    assert_eq!(seqs(&tail(dir.path(), 4).unwrap()), [6, 7, 8, 9]);
    assert_eq!(seqs(&tail(dir.path(), 100).unwrap()), (1..=9).collect::<Vec<_>>());
    assert!(tail(dir.path(), 0).unwrap().is_empty());
    assert!(tail(&dir.path().join("nothing"), 5).unwrap().is_empty());
}

#[test]
fn an_unfinished_last_line_is_passed_over() {
    let (dir, _) = written(1, 3);
    let path = files(dir.path())[0].clone();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    assert_eq!(seqs(&tail(dir.path(), 2).unwrap()), [1, 2]);
}

#[test]
fn a_search_combines_its_conditions() {
    let (dir, _) = written(2, 3);
    open_on_day(dir.path(), "2026-11-20").append("approval.resolved", &json!({"call": "c-1"})).unwrap();
    let find = |filter: Filter| seqs(&search(dir.path(), &filter).unwrap());
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(find(Filter { kind: text("approval"), ..Filter::default() }), [7]);
    assert_eq!(find(Filter { kind: text("run.start"), limit: 2, ..Filter::default() }), [1, 2]);
    assert_eq!(find(Filter { kind: text("run.st"), ..Filter::default() }), [0; 0]);
    assert_eq!(
        find(Filter { since: text("2026-11-11"), until: text("2026-11-12"), ..Filter::default() }),
        [4, 5, 6]
    );
    assert_eq!(find(Filter { text: text("\"n\":1"), ..Filter::default() }), [2, 5]);
    assert_eq!(find(Filter { boot: text("boot-2"), ..Filter::default() }), [0; 0]);
}
