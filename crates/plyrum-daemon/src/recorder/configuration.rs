//! What changed in the configuration, by names and hashes: which files, and which providers' keys. Never a
//! value: a file is its SHA-256, a key a fingerprint that only this installation can make.

use super::Kind;
use crate::context::Context;
use plyrum_config::{MAX_CONFIG_BYTES, Paths, read_bounded};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Most projects whose configuration is remembered; beyond that all are told anew.
const MAX_PROJECTS: usize = 64;
/// Most files of one configuration that are told.
const MAX_FILES: usize = 256;
/// Hex digits of a key's fingerprint.
const PRINT_DIGITS: usize = 16;

/// Hash or fingerprint by name.
pub(crate) type Names = BTreeMap<String, String>;

/// What was last read, for the user and for each project.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    last: Mutex<BTreeMap<Option<PathBuf>, (Names, Names)>>,
}

impl Loads {
    /// A configuration was read: the records that tell what is new about it.
    pub(crate) fn records(
        &self,
        project: Option<&Path>,
        context: &Context,
        files: Names,
    ) -> Vec<(Kind, Value)> {
        let now = (files, context.keys.clone());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= MAX_PROJECTS {
            last.clear();
        }
        let before = last.insert(project.map(Path::to_owned), now.clone());
        told(project, before.as_ref(), &now)
    }
}

fn told(
    project: Option<&Path>,
    before: Option<&(Names, Names)>,
    (files, keys): &(Names, Names),
) -> Vec<(Kind, Value)> {
    let (old_files, old_keys) = before.cloned().unwrap_or_default();
    let mut records = Vec::new();
    if before.is_none() || old_files != *files {
        let list: Vec<Value> =
            files.iter().map(|(file, sha256)| json!({"file": file, "sha256": sha256})).collect();
        let changed = Changes::between(&old_files, files);
        let body = json!({"project": project, "files": list, "changed": changed.json()});
        records.push((Kind::ConfigLoaded, body));
    }
    if old_keys != *keys {
        let list: Vec<Value> = keys
            .iter()
            .map(|(provider, print)| json!({"provider": provider, "fingerprint": print}))
            .collect();
        let changed = Changes::between(&old_keys, keys);
        let body = json!({"project": project, "keys": list, "changed": changed.json()});
        records.push((Kind::KeysChanged, body));
    }
    records
}

/// Names that came, went, or mean something else.
struct Changes<'n> {
    appeared: Vec<&'n str>,
    vanished: Vec<&'n str>,
    changed: Vec<&'n str>,
}

impl<'n> Changes<'n> {
    fn between(before: &'n Names, now: &'n Names) -> Self {
        let missing = |from: &'n Names, of: &'n Names| {
            of.keys().filter(|name| !from.contains_key(*name)).map(String::as_str).collect()
        };
        let differs = |(name, print): &(&String, &String)| before.get(*name).is_some_and(|old| old != *print);
        Self {
            appeared: missing(before, now),
            vanished: missing(now, before),
            changed: now.iter().filter(differs).map(|(name, _)| name.as_str()).collect(),
        }
    }

    fn json(&self) -> Value {
        json!({"appeared": self.appeared, "vanished": self.vanished, "changed": self.changed})
    }
}

/// The files that have a say and are there, with their hashes. Blocks. What is no file of text, or longer than any
/// that is read, has no say: a pipe or a device in one of the directories is passed over, not waited for.
pub(crate) fn loaded_files(context: &Context, paths: &Paths) -> Names {
    let own = [paths.personas_dir(), paths.plans_dir()];
    let own = own.iter().flat_map(|dir| {
        let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        files.sort();
        files
    });
    let all = context.settings.fingerprint().files().map(Path::to_owned).chain(own);
    let hashed = |path: PathBuf| {
        let file = read_bounded(&path, MAX_CONFIG_BYTES).ok()??;
        let shown = path.strip_prefix(&paths.config_dir).unwrap_or(&path).display().to_string();
        Some((shown, crate::ids::hex(&Sha256::digest(file.text))))
    };
    all.take(MAX_FILES).filter_map(hashed).collect()
}

/// A fingerprint of a key: the same key has the same, and nobody without the install key can try keys on it.
pub(crate) fn key_print(install_key: &[u8; 32], key: &str) -> String {
    let digest =
        Sha256::new().chain_update(b"plyrum-key-print-v1\0").chain_update(install_key).chain_update(key);
    let mut print = crate::ids::hex(&digest.finalize());
    print.truncate(PRINT_DIGITS);
    print
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, &str)]) -> Names {
        pairs.iter().map(|(name, print)| ((*name).to_owned(), (*print).to_owned())).collect()
    }

    #[test]
    fn what_came_went_and_changed_is_told_and_nothing_else() {
        let first =
            (names(&[("config.toml", "1"), ("prices.toml", "2")]), names(&[("lab", "a"), ("old", "b")]));
        let at_first = told(None, None, &first);
        assert_eq!(
            at_first.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            [Kind::ConfigLoaded, Kind::KeysChanged]
        );
        assert_eq!(told(None, Some(&first), &first), [], "a new day reads the same files again");
        let then =
            (names(&[("config.toml", "3"), ("plans/a.toml", "4")]), names(&[("lab", "c"), ("new", "d")]));
        let records = told(None, Some(&first), &then);
        let changes = |nth: usize| records[nth].1["changed"].clone();
        assert_eq!(
            changes(0),
            json!({"appeared": ["plans/a.toml"], "vanished": ["prices.toml"], "changed": ["config.toml"]})
        );
        assert_eq!(changes(1), json!({"appeared": ["new"], "vanished": ["old"], "changed": ["lab"]}));
        let nothing = (first.0.clone(), Names::new());
        assert_eq!(told(None, None, &nothing).len(), 1, "without keys there is nothing to say of them");
    }

    #[test]
    fn a_fingerprint_hangs_on_the_key_and_on_the_installation() {
        let print = |install, key| key_print(&[install; 32], key);
        assert_eq!(print(1, "sk-live-1"), print(1, "sk-live-1"));
        assert!(
            print(1, "sk-live-1") != print(1, "sk-live-2") && print(1, "sk-live-1") != print(2, "sk-live-1")
        );
        assert_eq!(print(1, "sk-live-1").len(), PRINT_DIGITS);
    }
}
