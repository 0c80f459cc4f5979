//! What `plyrum config show` prints: every value that holds, and where it came from.

use std::ffi::OsString;
use std::path::Path;

use plyrum_catalog::shipped_files;
use plyrum_config::{Diagnostic, Entry, Layer, Paths, flatten};

use crate::environment::{Asked, LANG_VARIABLE, asked_lang};
use crate::load::Sources;
use crate::{BUILT_IN, Fingerprint, Settings};

/// Sections whose entries replace a shipped entry of the same name whole, as the catalogue
/// merges them.
const WHOLE: [&str; 3] = ["providers", "models", "fx"];

impl Settings {
    /// The merged configuration, sorted by key, with secrets hidden. Refuses what
    /// [`Settings::load`] refuses, so what is shown is what holds.
    pub fn entries(paths: &Paths, cwd: Option<&Path>) -> Result<Vec<Entry>, Vec<Diagnostic>> {
        Self::entries_with(paths, cwd, |name| std::env::var_os(name))
    }

    /// The same with another environment than this process's.
    pub fn entries_with(
        paths: &Paths,
        cwd: Option<&Path>,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Vec<Entry>, Vec<Diagnostic>> {
        let fingerprint = Fingerprint::take(paths, cwd);
        let sources = Sources::read(paths, cwd)?;
        let settings = Self::assemble(&sources, &env, fingerprint)?;
        let mut layers: Vec<Layer<'_>> =
            shipped_files().iter().map(|(_, text)| Layer::BuiltIn { text }).collect();
        layers.push(Layer::BuiltIn { text: BUILT_IN });
        layers.push(Layer::File { name: "config.toml", text: &sources.user_text });
        if let Asked::Lang(lang) = asked_lang(&env) {
            layers.push(Layer::Value {
                origin: LANG_VARIABLE,
                key: &["defaults", "lang"],
                value: lang.name(),
            });
        }
        Ok(narrowed(flatten(&layers, &WHOLE), settings.narrowing.entries))
    }
}

/// The project's values in the place of the user's.
fn narrowed(mut entries: Vec<Entry>, project: Vec<Entry>) -> Vec<Entry> {
    entries.retain(|entry| project.iter().all(|narrower| narrower.key != entry.key));
    entries.extend(project);
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries
}
