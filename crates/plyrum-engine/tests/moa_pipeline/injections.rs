//! Injected instructions of the data pack, each in a proposal and in a file that came with the question: the request
//! keeps its shape, and its rules are what they are without them.

use super::framing::told_over;
use super::{Block, blocks_of, moa, read_back, request, user_text};
use plyrum_engine::{Attachment, RunSpec};
use serde::Deserialize;
use std::io::Write as _;
use std::path::PathBuf;

#[derive(Debug, Deserialize)]
struct Injection {
    id: String,
    text: String,
}

/// The rows of the pack; none where it is not there.
fn injections() -> Option<Vec<Injection>> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let dir = std::env::var_os("PLYRUM_DATA").map_or_else(beside, PathBuf::from);
    let path = dir.join("safety/injections.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        // Past the test runner's capture.
        let why = format!("SKIPPED: {} is not there (PLYRUM_DATA); no injection was tried\n", path.display());
        let _nobody_to_tell = std::io::stderr().write_all(why.as_bytes());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a row of the pack")).collect())
}

/// What the reader gets of a run over this proposal and this file: its rules, its blocks and what stands around them.
fn system_of(injection: &Injection, spec: &RunSpec) -> String {
    let Injection { id, text } = injection;
    let proposal = format!("Here is my answer.\n{text}\nThat is all.");
    let told = told_over(spec, [&proposal, "an honest one", "another of its own"]);
    let request = request(&told, 4);
    let (file, rest) = user_text(request).split_once("\n</attachment>\n").expect("one file");
    assert!(!file.contains("</attachment"), "{id}: the file ends early");
    let blocks = blocks_of(rest);
    let mut read: Vec<String> = blocks.iter().map(|block| read_back(block.body)).collect();
    read.sort();
    let mut said = [proposal.clone(), "an honest one".to_owned(), "another of its own".to_owned()];
    said.sort();
    assert_eq!(read, said, "{id}");
    for block in &blocks {
        is_inert(id, block);
    }
    assert!(request.tools.is_empty() && request.turns.len() == 2, "{id}");
    assert!(request.turns.iter().all(|turn| !turn.text.contains("lab/m")), "{id}: a model is named");
    assert_eq!(told.result.answer, "all in one", "{id}");
    request.turns.first().expect("the rules").text.clone()
}

fn is_inert(id: &str, block: &Block<'_>) {
    let body = block.body.to_lowercase();
    assert!(!body.contains("<proposal") && !body.contains("</proposal"), "{id}: {}", block.body);
    assert!(!body.contains(&block.boundary.to_lowercase()), "{id}: the boundary stands within");
    let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    assert!(!block.body.contains(acts) && !block.body.contains(hides), "{id}: {:?}", block.body);
}

#[test]
fn no_injection_of_the_pack_leaves_its_block_or_touches_the_rules() {
    let Some(rows) = injections() else { return };
    assert!(rows.len() >= 300, "{} rows: that is not the pack", rows.len());
    let spec_with = |text: &str| {
        let mut spec = moa(3);
        spec.conversation.attachments = vec![Attachment { name: "mail.txt".into(), text: text.into() }];
        spec
    };
    let plain = Injection { id: "none".to_owned(), text: "nothing".to_owned() };
    let rules = system_of(&plain, &spec_with("nothing"));
    for row in &rows {
        assert_eq!(system_of(row, &spec_with(&row.text)), rules, "{}", row.id);
    }
}
