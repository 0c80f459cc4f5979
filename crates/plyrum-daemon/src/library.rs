//! Personas and plans: the shipped ones, embedded in the binary, with the user's own files over them.

use plyrum_config::{Diagnostic, Paths, read_bounded};
use plyrum_engine::{Persona, Plan};
use std::collections::BTreeMap;
use std::path::Path;

/// Largest plan or persona file, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;
/// Most files of one kind in the user's directory.
const MAX_FILES: usize = 256;

macro_rules! shipped {
    ($( $path:literal ),* $(,)?) => {
        &[$( ($path, include_str!(concat!("../../../", $path))) ),*]
    };
}

/// Shipped personas, by path in the repository.
pub const PERSONAS: &[(&str, &str)] = shipped!(
    "personas/architect.md",
    "personas/coder.md",
    "personas/default.md",
    "personas/editor.md",
    "personas/researcher.md",
    "personas/reviewer.md",
    "personas/shell.md",
);

/// Shipped plans, by path in the repository.
pub const PLANS: &[(&str, &str)] = shipped!(
    "config/plans/auto.toml",
    "config/plans/best-of-n.toml",
    "config/plans/cascade.toml",
    "config/plans/direct.toml",
    "config/plans/moa.toml",
    "config/plans/self-moa.toml",
    "config/plans/vote.toml",
);

/// Something with the place that it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) item: T,
    /// `built in`, or the file.
    pub(crate) origin: String,
}

/// Everything by name.
#[derive(Debug, Default)]
pub(crate) struct Library {
    pub(crate) personas: BTreeMap<String, Sourced<Persona>>,
    pub(crate) plans: BTreeMap<String, Sourced<Plan>>,
}

impl Library {
    /// Shipped files, then the user's over them. The errors are all that were found.
    pub(crate) fn load(paths: &Paths) -> Result<Self, Vec<Diagnostic>> {
        let mut library = Self::default();
        let mut problems = Vec::new();
        for (path, text) in PERSONAS {
            library.take_persona(Path::new(path), text, "built in", &mut problems);
        }
        for (path, text) in PLANS {
            library.take_plan(Path::new(path), text, "built in", &mut problems);
        }
        for (path, text) in read_dir(&paths.personas_dir(), "md", &mut problems) {
            library.take_persona(Path::new(&path), &text, &path, &mut problems);
        }
        for (path, text) in read_dir(&paths.plans_dir(), "toml", &mut problems) {
            library.take_plan(Path::new(&path), &text, &path, &mut problems);
        }
        if problems.is_empty() { Ok(library) } else { Err(problems) }
    }

    fn take_persona(&mut self, path: &Path, text: &str, origin: &str, problems: &mut Vec<Diagnostic>) {
        match Persona::parse(text) {
            Ok(item) => {
                self.personas.insert(item.name.clone(), Sourced { item, origin: origin.to_owned() });
            }
            Err(e) => problems.push(Diagnostic::from_span(path, text, e.span, &e.message)),
        }
    }

    fn take_plan(&mut self, path: &Path, text: &str, origin: &str, problems: &mut Vec<Diagnostic>) {
        match Plan::parse(text) {
            Ok(item) => {
                self.plans.insert(item.name.clone(), Sourced { item, origin: origin.to_owned() });
            }
            Err(e) => problems.push(Diagnostic::from_span(path, text, e.span, &e.message)),
        }
    }
}

/// The files of a directory with this ending, in order of their names. A missing directory has none.
fn read_dir(dir: &Path, ending: &str, problems: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<_> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == ending))
        .take(MAX_FILES)
        .collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match read_bounded(&path, MAX_FILE_BYTES) {
            Ok(Some(file)) => files.push((path.display().to_string(), file.text)),
            Ok(None) => {} // removed a moment ago
            Err(e) => problems.push(Diagnostic::of_file(&path, e.to_string())),
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_embedded_and_loads() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (dir, embedded) in [("personas", PERSONAS), ("config/plans", PLANS)] {
            let mut there: Vec<String> = std::fs::read_dir(root.join(dir))
                .unwrap()
                .map(|e| format!("{dir}/{}", e.unwrap().file_name().into_string().unwrap()))
                .collect();
            there.sort();
            let known: Vec<&str> = embedded.iter().map(|(path, _)| *path).collect();
            assert_eq!(there, known);
        }
        let empty = tempfile::tempdir().unwrap();
        let library = Library::load(&Paths::under(empty.path())).unwrap();
        assert_eq!(library.personas.len(), PERSONAS.len());
        assert_eq!(library.plans.len(), PLANS.len());
    }

    #[test]
    fn a_file_of_the_user_replaces_a_shipped_one_and_a_broken_one_is_named() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        std::fs::create_dir_all(paths.personas_dir()).unwrap();
        let file = paths.personas_dir().join("mine.md");
        std::fs::write(&file, "+++\nname = \"default\"\ndescription = \"mine\"\n+++\nHello.\n").unwrap();
        let library = Library::load(&paths).unwrap();
        assert_eq!(library.personas["default"].item.prompt, "Hello.");
        std::fs::write(&file, "+++\nname = \"default\"\ndescripton = \"mine\"\n+++\nHello.\n").unwrap();
        let problems = Library::load(&paths).unwrap_err();
        assert!(problems[0].to_string().contains("mine.md:3"), "{}", problems[0]);
    }
}
