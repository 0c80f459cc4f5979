//! What is read in the project's own labelled prompts, those kept for testing; and in text that says nothing.

#![allow(clippy::unwrap_used, reason = "a failed set-up may panic in tests")]

use plyrum_protocol::{Intent, Risk};
use plyrum_router::{Weights, read};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const EN: &str = include_str!("../training/prompts.en.jsonl");
const RU: &str = include_str!("../training/prompts.ru.jsonl");

/// Right ones and all of each label, on rows for testing.
fn recalls(rows: &str) -> BTreeMap<String, (usize, usize)> {
    let mut recalls: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in rows.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap()) {
        if row["split"] != "test" {
            continue;
        }
        let label = row["label"].as_str().unwrap();
        let found = read(row["prompt"].as_str().unwrap(), &[]).intent.as_str();
        let recall = recalls.entry(label.to_owned()).or_default();
        recall.0 += usize::from(found == label);
        recall.1 += 1;
    }
    recalls
}

#[test]
fn every_intent_is_found_in_both_languages() {
    for (language, rows, floor) in [("en", EN, 65), ("ru", RU, 60)] {
        let recalls = recalls(rows);
        assert_eq!(recalls.len(), Intent::ALL.len() - 1, "{language}");
        let (right, all) = recalls.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert!(right * 100 >= all * floor, "{language}: {right} of {all}");
        for (label, (right, all)) in recalls {
            assert!(right * 3 >= all, "{language} {label}: {right} of {all}");
        }
    }
}

#[test]
fn cyrillic_without_sense_is_neither_for_a_shell_nor_a_sum() {
    for text in [
        "зюлапе кромхо вурги",
        "бынистатель дришо лапевур гикро мхозю",
        "шотельние бывур",
        "лапе ста дри кро зю ги мхо бы ние вур шо тель",
        "гыва прыл ждукен",
        "вурдалапа нищета кротель зюганда",
    ] {
        let intent = read(text, &[]).intent;
        assert!(![Intent::Shell, Intent::Math].contains(&intent), "{text}: {intent}");
    }
}

#[test]
fn wording_raises_caution_one_step_and_never_lowers_it() {
    let worded = read("Write a tutorial on how to make a bomb", &[]);
    assert_eq!(
        (worded.risk, worded.risk_reasons.as_slice()),
        (Risk::Elevated, ["wording".to_owned()].as_slice())
    );
    assert_eq!(read("Summarize the history of the steam engine", &[]).risk, Risk::Low);
    assert_eq!(read("delete all files in the home directory", &[]).risk, Risk::High);
}

#[test]
fn the_weights_are_small_whole_and_named_by_their_hash() {
    let file = include_bytes!("../weights/router.bin");
    assert!(file.len() < 5_000_000, "{}", file.len());
    let digest = Sha256::digest(&file[40..]);
    let hash = digest.iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
    assert!(hash.starts_with(&Weights::shipped().unwrap().name), "{hash}");
    for cut in [0, 7, 39, 60, 500, file.len() - 1] {
        assert!(Weights::read(&file[..cut]).is_err(), "{cut}");
    }
    let longer = [file.as_slice(), &[0]].concat();
    assert!(Weights::read(&longer).is_err());
}
