//! Policies and rules from where they are: built in, the user's folder, the project. For the daemon, which decides by
//! them, and for `plyrum policy`, which shows and changes them without a daemon.

mod rules_file;

pub use rules_file::{add, change};

use crate::policy::{Layer, POLICIES, Policy, PolicyError, Rules};
use plyrum_config::{ConfigError, Diagnostic, Paths, nearest, read_bounded};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Largest policy file, in bytes.
pub(crate) const MAX_BYTES: u64 = 256 * 1024;
/// Most files of the user's folder.
const MAX_FILES: usize = 256;
/// The user's own rules, in the folder of policies.
const RULES: &str = "rules.toml";

/// A policy with its origin.
#[derive(Debug, Clone)]
pub struct Sourced {
    /// The policy.
    pub policy: Policy,
    /// Its file, or `built in`.
    pub from: String,
}

/// Shipped policies, and the user's own over them by name.
pub fn policies(paths: &Paths) -> Result<BTreeMap<String, Sourced>, PoliciesError> {
    let mut policies = shipped()?.clone();
    let Ok(entries) = std::fs::read_dir(folder(paths)) else { return Ok(policies) };
    let mut files: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).take(MAX_FILES).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml") && !path.ends_with(RULES));
    files.sort();
    for path in files {
        if let Some(file) = read_bounded(&path, MAX_BYTES).map_err(PoliciesError::Unreadable)? {
            let from = path.display().to_string();
            take(&mut policies, &path, &file.text, &from, &from)?;
        }
    }
    Ok(policies)
}

/// The shipped ones, which are read once: every run looks at them before its first request.
fn shipped() -> Result<&'static BTreeMap<String, Sourced>, PoliciesError> {
    static SHIPPED: OnceLock<BTreeMap<String, Sourced>> = OnceLock::new();
    if let Some(shipped) = SHIPPED.get() {
        return Ok(shipped);
    }
    let mut policies = BTreeMap::new();
    for (path, text) in POLICIES {
        take(&mut policies, Path::new(path), text, &format!("built in: {path}"), "built in")?;
    }
    Ok(SHIPPED.get_or_init(|| policies))
}

fn take(
    policies: &mut BTreeMap<String, Sourced>,
    path: &Path,
    text: &str,
    file: &str,
    from: &str,
) -> Result<(), PoliciesError> {
    let policy = Policy::parse(text, file).map_err(|e| broken(path, text, &e))?;
    policies.insert(policy.name.clone(), Sourced { policy, from: from.to_owned() });
    Ok(())
}

/// A policy by name, with the rules of the user and of the project over it that hold at `now`, in seconds since 1970.
pub fn layered(paths: &Paths, name: &str, workspace: &Path, now: i64) -> Result<Policy, PoliciesError> {
    let policies = policies(paths)?;
    let Some(found) = policies.get(name) else {
        return Err(unknown(name, policies.keys().map(String::as_str)));
    };
    let mut policy = found.policy.with_rules(Arc::new(user_rules(paths)?.1), now);
    let project = workspace.join(".plyrum/policy.toml");
    if let Some(rules) = rules(&project, Layer::Project)? {
        policy = policy.with_rules(Arc::new(rules), now);
    }
    Ok(policy)
}

/// The user's own rules and their file, which need not be there.
pub fn user_rules(paths: &Paths) -> Result<(PathBuf, Rules), PoliciesError> {
    let path = folder(paths).join(RULES);
    let rules = match rules(&path, Layer::User)? {
        Some(rules) => rules,
        None => {
            Rules::parse("", &path.display().to_string(), Layer::User).map_err(|e| broken(&path, "", &e))?
        }
    };
    Ok((path, rules))
}

fn rules(path: &Path, layer: Layer) -> Result<Option<Rules>, PoliciesError> {
    let Some(file) = read_bounded(path, MAX_BYTES).map_err(PoliciesError::Unreadable)? else {
        return Ok(None);
    };
    let rules = Rules::parse(&file.text, &path.display().to_string(), layer);
    rules.map(Some).map_err(|e| broken(path, &file.text, &e))
}

fn folder(paths: &Paths) -> PathBuf {
    paths.config_dir.join("policies")
}

/// A file of policies or rules that is not right: where, and what to try.
pub fn broken(path: &Path, text: &str, error: &PolicyError) -> PoliciesError {
    PoliciesError::Broken(Diagnostic::from_span(path, text, error.span.clone(), &error.message))
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> PoliciesError {
    PoliciesError::Unknown { name: name.to_owned(), near: nearest(name, known).map(str::to_owned) }
}

/// Why policies or rules could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// No policy of this name.
    #[error("there is no policy `{name}`")]
    Unknown {
        /// As it was asked for.
        name: String,
        /// One that is nearly called so.
        near: Option<String>,
    },
    /// A file is not right.
    #[error("{0}")]
    Broken(Diagnostic),
    /// A file cannot be read.
    #[error(transparent)]
    Unreadable(ConfigError),
    /// The file of rules cannot be written.
    #[error("{}: {source}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file of rules would be too large.
    #[error("{} would be over 256 KiB", .0.display())]
    TooLarge(PathBuf),
}

impl PoliciesError {
    /// What to try.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { near: Some(near), .. } => {
                format!("did you mean `{near}`? plyrum policy list shows all")
            }
            Self::Unknown { near: None, .. } => "plyrum policy list shows all".to_owned(),
            Self::Broken(_) => "correct the file".to_owned(),
            Self::Unreadable(error) => error.hint(),
            Self::Storage { .. } => "free some space or mend the disk; plyrum doctor".to_owned(),
            Self::TooLarge(_) => "remove rules that are over".to_owned(),
        }
    }
}
