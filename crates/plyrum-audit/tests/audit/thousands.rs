//! Twelve kinds of attack at a thousand positions each, against an audit with the ledger as its witness: every
//! one is found.
//!
//! The attacker can do everything that the file system lets him do, and knows how records are hashed; what he
//! cannot do is write the ledger. Where he can replace that too, only a head that the user kept elsewhere
//! shows it, and a test says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use plyrum_audit::own::{CHECKPOINT, RETENTION};
use plyrum_audit::{Anchor, GENESIS, Witness, verify};
use plyrum_jsonl::testing::{Dice, quick_place};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{files, name, open_on_day};

const POSITIONS: usize = 1_000;

/// An audit: lines by the names of its files.
type Lines = BTreeMap<String, Vec<String>>;

/// An honest audit of five days, what the ledger knows of it, and what both were two days before.
struct Honest {
    lines: Lines,
    witness: Witness,
    older: Lines,
    older_witness: Witness,
    /// Another audit, with files of the same names.
    foreign: Lines,
}

fn read(dir: &Path) -> Lines {
    files(dir)
        .iter()
        .map(|file| (name(file), fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()))
        .collect()
}

fn write(salt: &str, days: u32) -> (Lines, Witness) {
    let dir = tempfile::tempdir().unwrap();
    let mut anchor = None;
    for day in 0..days {
        let mut log = open_on_day(dir.path(), &format!("2026-11-{}", 10 + day));
        for n in 0..8 {
            let body = json!({"run": format!("{salt}{n}"), "outbox": day * 8 + n, "text": "привет"});
            log.append(["hold", "settle", "run.accepted"][n as usize % 3], &body).unwrap();
        }
        log.checkpoint().unwrap();
        anchor = Some(Anchor { seq: log.head().seq, hash: log.head().hash });
    }
    (read(dir.path()), Witness { anchor, floor: None })
}

static HONEST: LazyLock<Honest> = LazyLock::new(|| {
    let ((lines, witness), (older, older_witness)) = (write("a", 5), write("a", 3));
    assert!(older.iter().all(|(file, old)| lines[file] == *old), "the older one is its beginning");
    Honest { lines, witness, older, older_witness, foreign: write("b", 5).0 }
});

/// Whether `verify` finds that something is wrong.
fn is_found(lines: &Lines, expect_head: Option<&str>, witness: &Witness) -> bool {
    let dir = tempfile::tempdir_in(quick_place()).unwrap();
    for (file, lines) in lines {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        fs::write(dir.path().join(file), text).unwrap();
    }
    !verify(dir.path(), expect_head, Some(witness)).unwrap().ok
}

/// What the forger does to the lines.
fn rehash(line: &str, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
    let mut record: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
    change(&mut record);
    let field = |name: &str| record[name].to_string();
    let before = format!(
        "{{\"v\":1,\"seq\":{},\"ts\":{},\"boot\":{},\"kind\":{},\"body\":{},\"prev\":{}",
        field("seq"),
        field("ts"),
        field("boot"),
        field("kind"),
        field("body"),
        field("prev")
    );
    let hash = Sha256::new().chain_update("plyrum-audit-v1\0").chain_update(&before).finalize();
    format!("{before},\"hash\":\"{}\"}}", hex(&hash))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn hash_of(line: &str) -> String {
    line.get(line.len() - 66..line.len() - 2).unwrap().to_owned()
}

/// Makes numbers, hashes and checkpoints right from a line on, as a forger would who knows everything.
fn make_right(lines: &mut Lines, from_file: usize, from: usize) {
    let before = lines
        .values()
        .take(from_file)
        .flatten()
        .chain(lines.values().nth(from_file).unwrap().iter().take(from));
    let (mut seq, mut prev) = before.fold((0, GENESIS.to_owned()), |(seq, _), line| (seq + 1, hash_of(line)));
    let mut closed = None;
    let names: Vec<String> = lines.keys().cloned().collect();
    for (nth, file) in names.iter().enumerate() {
        let (mut text, mut first) = (String::new(), None);
        let all = lines.get_mut(file).unwrap();
        for (at, line) in all.iter_mut().enumerate() {
            let summary = |file: &str, first: u64, last: u64, text: &str, hash: &str| {
                json!({
                    "file": file, "first_seq": first, "last_seq": last, "records": last + 1 - first, "bytes": text.len(),
                    "sha256": hex(&Sha256::digest(text)), "last_hash": hash,
                })
            };
            if nth > from_file || nth == from_file && at >= from {
                let so_far = first.map(|first| summary(file, first, seq, &text, &prev));
                let told = if at == 0 { closed.clone() } else { so_far };
                *line = rehash(line, |record| {
                    record.insert("seq".into(), json!(seq + 1));
                    record.insert("prev".into(), json!(prev));
                    if let Some(told) = told.filter(|_| record["kind"] == CHECKPOINT) {
                        record["body"].as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
                    }
                });
                seq += 1;
                prev = hash_of(line);
            }
            let number = serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap();
            first.get_or_insert(number);
            text += line;
            text.push('\n');
            closed = first.map(|first| summary(file, first, number, &text, &hash_of(line)));
        }
    }
}

/// A place in an audit: the n-th file, and a line in it.
fn place(lines: &Lines, dice: &mut Dice) -> (usize, usize) {
    let file = dice.below(lines.len());
    (file, dice.below(lines.values().nth(file).unwrap().len()))
}

fn file_mut(lines: &mut Lines, nth: usize) -> &mut Vec<String> {
    lines.values_mut().nth(nth).unwrap()
}

/// Tries an attack at a thousand positions; `None` from it is no change and does not count.
fn all_found(seed: u64, mut attack: impl FnMut(&Honest, &mut Dice) -> Option<Lines>) {
    let mut dice = Dice::new(seed);
    let mut tried = 0;
    while tried < POSITIONS {
        let before = dice.clone();
        let Some(lines) = attack(&HONEST, &mut dice) else { continue };
        if lines == HONEST.lines {
            continue;
        }
        tried += 1;
        assert!(is_found(&lines, None, &HONEST.witness), "not found: {before:?}");
    }
}

/// An attack that changes some lines.
fn edits(seed: u64, change: impl Fn(&mut Lines, (usize, usize), &mut Dice)) {
    all_found(seed, |honest, dice| {
        let mut lines = honest.lines.clone();
        let at = place(&lines, dice);
        change(&mut lines, at, dice);
        Some(lines)
    });
}

#[test]
fn the_honest_audit_verifies_and_a_forger_who_changes_nothing_too() {
    assert!(!is_found(&HONEST.lines, None, &HONEST.witness));
    let mut lines = HONEST.lines.clone();
    make_right(&mut lines, 0, 0);
    assert_eq!(lines, HONEST.lines, "the forger writes what we write");
}

#[test]
fn flip() {
    edits(1, |lines, (file, at), dice| {
        let line = &mut file_mut(lines, file)[at];
        let mut bytes = line.clone().into_bytes();
        let nth = dice.below(bytes.len());
        bytes[nth] ^= 1 << dice.below(7);
        if let Ok(text) = String::from_utf8(bytes) {
            *line = text;
        }
    });
}

#[test]
fn drop_a_line() {
    edits(2, |lines, (file, at), _| drop(file_mut(lines, file).remove(at)));
}

#[test]
fn swap_two_lines() {
    edits(3, |lines, (file, at), dice| {
        let (other_file, other) = place(lines, dice);
        let (a, b) = (file_mut(lines, file)[at].clone(), file_mut(lines, other_file)[other].clone());
        file_mut(lines, file)[at] = b;
        file_mut(lines, other_file)[other] = a;
    });
}

#[test]
fn insert_or_duplicate_a_line() {
    edits(4, |lines, (file, at), dice| {
        let (from_file, from) = place(lines, dice);
        let source = if dice.once_in(2) { &HONEST.foreign } else { &HONEST.lines };
        let line = source.values().nth(from_file).unwrap()[from].clone();
        file_mut(lines, file).insert(at, line);
    });
}

#[test]
fn truncate_at_any_byte() {
    edits(5, |lines, (file, at), dice| {
        let later: Vec<String> = lines.keys().skip(file + 1).cloned().collect();
        for name in later {
            lines.remove(&name);
        }
        let lines = file_mut(lines, file);
        lines.truncate(at + 1);
        let keep = dice.below(lines[at].len() + 1);
        match keep {
            0 => drop(lines.pop()),
            _ => lines[at] = lines[at].chars().take(keep).collect(),
        }
    });
}

#[test]
fn rehash_one_changed_record() {
    edits(6, |lines, (file, at), dice| {
        let line = &mut file_mut(lines, file)[at];
        let changed =
            rehash(line, |record| drop(record.insert("body".into(), json!({"forged": dice.any()}))));
        *line = changed;
    });
}

#[test]
fn rehash_everything_from_a_changed_record_on() {
    edits(7, |lines, (file, at), dice| {
        let line = &mut file_mut(lines, file)[at];
        let changed = rehash(line, |record| {
            // A forger of a checkpoint changes what nothing else proves.
            let field = if record["kind"] == CHECKPOINT { "boot" } else { "body" };
            record.insert(
                field.into(),
                if field == "boot" { json!("forged") } else { json!({"forged": dice.any()}) },
            );
        });
        *line = changed;
        make_right(lines, file, at);
    });
}

#[test]
fn splice_in_a_file_of_another_audit() {
    all_found(8, |honest, dice| {
        let mut lines = honest.lines.clone();
        let (file, at) = place(&lines, dice);
        let foreign = honest.foreign.values().nth(file).unwrap().clone();
        let to = file_mut(&mut lines, file);
        // From a line on, up to a line.
        let end = at + 1 + dice.below(to.len() - at);
        to.splice(at..end, foreign[at..end].to_vec());
        if dice.once_in(2) {
            make_right(&mut lines, file, at);
        }
        Some(lines)
    });
}

#[test]
fn put_an_old_copy_of_a_file_back() {
    edits(9, |lines, (file, at), _| file_mut(lines, file).truncate(at));
}

#[test]
fn rename_or_reorder_files() {
    all_found(10, |honest, dice| {
        let mut lines = honest.lines.clone();
        let names: Vec<String> = lines.keys().cloned().collect();
        let (a, b) = (&names[dice.below(names.len())], &names[dice.below(names.len())]);
        if dice.once_in(2) {
            let (of_a, of_b) = (lines.remove(a)?, lines.get(b).cloned().unwrap_or_default());
            lines.insert(b.clone(), of_a);
            lines.insert(a.clone(), of_b);
        } else {
            let content = lines.remove(a)?;
            let new = match dice.below(4) {
                0 => format!("{:012}-2026-11-{}.jsonl", dice.below(60), 10 + dice.below(9)),
                1 => format!("{a}.bak"),
                2 => format!("copy-{a}"),
                _ => a.replace(".jsonl", ".json"),
            };
            lines.insert(new, content);
        }
        Some(lines)
    });
}

#[test]
fn delete_files_with_and_without_a_forged_tombstone() {
    all_found(11, |honest, dice| {
        let mut lines = honest.lines.clone();
        let names: Vec<String> = lines.keys().cloned().collect();
        let first = dice.below(names.len());
        let many = 1 + dice.below(names.len() - first);
        let gone: Vec<(String, Vec<String>)> = names[first..first + many]
            .iter()
            .map(|name| (name.clone(), lines.remove(name).unwrap()))
            .collect();
        if first == 0 && many < names.len() && !dice.once_in(4) {
            let summaries: Vec<Value> = gone.iter().map(|(name, lines)| tombstone_of(name, lines)).collect();
            let last = summaries.last().unwrap().clone();
            let tombstone = json!({
                "files": summaries, "last_seq": last["last_seq"], "last_hash": last["last_hash"], "last_outbox": 9, "told": {},
            });
            let newest = file_mut(&mut lines, names.len() - many - 1);
            let appended = rehash(newest.last().unwrap(), |record| {
                record.insert("seq".into(), json!(record["seq"].as_u64().unwrap() + 1));
                record.insert("prev".into(), json!(hash_of(newest.last().unwrap())));
                record.insert("kind".into(), json!(RETENTION));
                record.insert("body".into(), tombstone);
            });
            newest.push(appended);
        }
        Some(lines)
    });
}

fn tombstone_of(name: &str, lines: &[String]) -> Value {
    let number = |line: &String| serde_json::from_str::<Value>(line).unwrap()["seq"].clone();
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    json!({
        "file": name, "first_seq": number(first), "last_seq": number(last), "records": lines.len(), "bytes": 1,
        "sha256": "0", "last_hash": hash_of(last),
    })
}

#[test]
fn put_an_old_copy_of_the_whole_audit_back_and_go_on_from_it() {
    all_found(12, |honest, dice| {
        let mut lines = honest.older.clone();
        let (file, at) = place(&lines, dice);
        let later: Vec<String> = lines.keys().skip(file + 1).cloned().collect();
        for name in later {
            lines.remove(&name);
        }
        file_mut(&mut lines, file).truncate(at + 1);
        // And new history of the forger's own, rightly hashed.
        for _ in 0..dice.below(4) {
            let to = file_mut(&mut lines, file);
            let last = to.last().unwrap().clone();
            to.push(rehash(&last, |record| {
                record.insert("kind".into(), json!("hold"));
                record.insert("body".into(), json!({"forged": dice.any()}));
                record.insert("seq".into(), json!(record["seq"].as_u64().unwrap() + 1));
                record.insert("prev".into(), json!(hash_of(&last)));
            }));
        }
        Some(lines)
    });
}

#[test]
fn an_old_copy_of_audit_and_ledger_together_shows_only_with_an_expected_head() {
    let head = &HONEST.witness.anchor.as_ref().unwrap().hash;
    assert!(!is_found(&HONEST.older, None, &HONEST.older_witness), "the two agree with each other");
    assert!(is_found(&HONEST.older, Some(head), &HONEST.older_witness), "but not with what the user kept");
}
