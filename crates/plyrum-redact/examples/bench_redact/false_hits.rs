//! What is taken for a secret in texts without any.

use std::fs;
use std::path::{Path, PathBuf};

use plyrum_redact::Redactor;

use super::generate::negatives;
use super::{CORPUS_BYTES, FALSE_HITS_AT_MOST, row};

/// Bytes read of a folder's files of one kind.
const FILES_MAX_BYTES: usize = 200_000_000;
const FILE_MAX_BYTES: u64 = 4_000_000;
/// Below this a hit in 100 KB says nothing.
const FOLDER_MIN_BYTES: usize = 100_000;

/// Kinds of file that are looked into.
const ENDINGS: [&str; 16] = [
    "rs", "md", "toml", "lock", "jsonl", "txt", "py", "js", "go", "c", "h", "sh", "html", "yaml", "yml",
    "log",
];

/// Prints a row for each corpus; the redactor for records is reported, the other one must meet the figure.
pub(crate) fn table(redactor: &Redactor, folders: &[PathBuf], show: bool) -> bool {
    let mut corpora: Vec<(String, Vec<String>)> = Vec::new();
    for (name, text) in negatives::corpora(CORPUS_BYTES) {
        corpora.push((format!("generated {name}"), vec![text]));
    }
    for folder in folders {
        for ending in ENDINGS {
            let texts = read(folder, ending);
            if texts.iter().map(String::len).sum::<usize>() >= FOLDER_MIN_BYTES {
                corpora.push((format!("{} *.{ending}", short(folder)), texts));
            }
        }
    }
    let records = redactor.for_records();
    println!("\nfalse hits for each 100 KB (in brackets: for records)");
    let mut met = true;
    for (name, texts) in corpora {
        let bytes: usize = texts.iter().map(String::len).sum();
        let screen = hits(redactor, &texts, show);
        let strict = hits(&records, &texts, show);
        let rate = |hits: usize| hits as f64 * 100_000.0 / bytes as f64;
        let figure = format!("{:.3} ({:.3})", rate(screen), rate(strict));
        let name = format!("  {name}, {:.1} MB", bytes as f64 / 1e6);
        met &= row(&name, &figure, "<= 1", rate(screen) <= FALSE_HITS_AT_MOST);
    }
    met
}

fn hits(redactor: &Redactor, texts: &[String], show: bool) -> usize {
    let mut hits = 0;
    for text in texts {
        let out = redactor.redact(text);
        let there_before = text.matches("«redacted:").count();
        let found = out.matches("«redacted:").count().saturating_sub(there_before);
        if found > 0 && show {
            print_hits(&out);
        }
        hits += found;
    }
    hits
}

fn print_hits(out: &str) {
    for (at, _) in out.match_indices("«redacted:") {
        let from = out.floor_char_boundary(at.saturating_sub(60));
        let to = out.ceil_char_boundary((at + 60).min(out.len()));
        println!("    {:?}", out.get(from..to).unwrap());
    }
}

fn short(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().chars().take(16).collect()
}

fn read(folder: &Path, ending: &str) -> Vec<String> {
    let mut open = vec![folder.to_owned()];
    let (mut texts, mut bytes) = (Vec::new(), 0);
    while let Some(path) = open.pop() {
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        if about.is_dir() {
            let name = path.file_name().unwrap_or_default();
            // the redactor's own tests are full of what it is to find
            let skip = name == "target" || name == ".git" || name == "plyrum-redact";
            let entries = fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
            open.extend(entries.filter(|_| !skip));
        } else if about.is_file()
            && about.len() <= FILE_MAX_BYTES
            && bytes < FILES_MAX_BYTES
            && path.extension().is_some_and(|found| found == ending)
        {
            texts.extend(fs::read_to_string(&path).ok().inspect(|text| bytes += text.len()));
        }
    }
    texts
}
