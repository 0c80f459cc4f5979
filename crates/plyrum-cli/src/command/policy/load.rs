//! Policies and rules from where they are: built in, the user's folder, the project.

use crate::command::{paths, usage::now};
use plyrum_config::{Diagnostic, nearest, read_bounded};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tools::{Layer, POLICIES, Place, Policy, PolicyError, Rules};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest policy file, in bytes.
pub(super) const MAX_BYTES: u64 = 256 * 1024;
/// Most files of the user's folder.
const MAX_FILES: usize = 256;
/// The user's own rules, in the folder of policies.
const RULES: &str = "rules.toml";

/// A policy with its origin.
pub(super) struct Sourced {
    pub(super) policy: Policy,
    pub(super) from: String,
}

/// Shipped policies, and the user's own over them by name.
pub(super) fn policies() -> Result<BTreeMap<String, Sourced>, Fault> {
    let mut policies = BTreeMap::new();
    for (path, text) in POLICIES {
        take(&mut policies, Path::new(path), text, &format!("built in: {path}"), "built in")?;
    }
    let Ok(entries) = std::fs::read_dir(folder()?) else { return Ok(policies) };
    let mut files: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).take(MAX_FILES).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml") && !path.ends_with(RULES));
    files.sort();
    for path in files {
        if let Some(file) = read_bounded(&path, MAX_BYTES).map_err(|e| plyrum_client::of_config(&e))? {
            let from = path.display().to_string();
            take(&mut policies, &path, &file.text, &from, &from)?;
        }
    }
    Ok(policies)
}

fn take(
    policies: &mut BTreeMap<String, Sourced>,
    path: &Path,
    text: &str,
    file: &str,
    from: &str,
) -> Result<(), Fault> {
    let policy = Policy::parse(text, file).map_err(|e| broken(path, text, &e))?;
    policies.insert(policy.name.clone(), Sourced { policy, from: from.to_owned() });
    Ok(())
}

/// A policy by name, with the rules of the user and of the project over it.
pub(super) fn layered(name: &str, workspace: &Path) -> Result<Policy, Fault> {
    let policies = policies()?;
    let Some(found) = policies.get(name) else {
        return Err(unknown(name, policies.keys().map(String::as_str)));
    };
    let now = now().as_second();
    let mut policy = found.policy.with_rules(Arc::new(user_rules()?.1), now);
    let project = workspace.join(".plyrum/policy.toml");
    if let Some(rules) = rules(&project, Layer::Project)? {
        policy = policy.with_rules(Arc::new(rules), now);
    }
    Ok(policy)
}

/// The user's own rules and their file, which need not be there.
pub(super) fn user_rules() -> Result<(PathBuf, Rules), Fault> {
    let path = folder()?.join(RULES);
    let rules = match rules(&path, Layer::User)? {
        Some(rules) => rules,
        None => {
            Rules::parse("", &path.display().to_string(), Layer::User).map_err(|e| broken(&path, "", &e))?
        }
    };
    Ok((path, rules))
}

fn rules(path: &Path, layer: Layer) -> Result<Option<Rules>, Fault> {
    let Some(file) = read_bounded(path, MAX_BYTES).map_err(|e| plyrum_client::of_config(&e))? else {
        return Ok(None);
    };
    let rules = Rules::parse(&file.text, &path.display().to_string(), layer);
    rules.map(Some).map_err(|e| broken(path, &file.text, &e))
}

fn folder() -> Result<PathBuf, Fault> {
    Ok(paths()?.config_dir.join("policies"))
}

pub(super) fn broken(path: &Path, text: &str, error: &PolicyError) -> Fault {
    let problem = Diagnostic::from_span(path, text, error.span.clone(), &error.message);
    Fault::new(ErrorKind::Config, problem.to_string()).hint("correct the file")
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Fault {
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? plyrum policy list shows all"),
        None => "plyrum policy list shows all".to_owned(),
    };
    Fault::new(ErrorKind::NotFound, format!("there is no policy `{name}`")).hint(hint)
}

/// Where commands would run: the git work tree, else the working directory, and the latter below it.
pub(super) struct Here {
    pub(super) workspace: PathBuf,
    pub(super) cwd: String,
    home: Option<PathBuf>,
}

impl Here {
    pub(super) fn find() -> Result<Self, Fault> {
        let wrong = |e: std::io::Error| Fault::new(ErrorKind::Storage, format!("the working directory: {e}"));
        let dir = std::env::current_dir().and_then(|dir| dir.canonicalize()).map_err(wrong)?;
        let tree = dir.ancestors().find(|dir| dir.join(".git").symlink_metadata().is_ok());
        let workspace = tree.unwrap_or(&dir).to_owned();
        let cwd = dir.strip_prefix(&workspace).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
        let home = std::env::var_os("HOME").and_then(|home| PathBuf::from(home).canonicalize().ok());
        Ok(Self { workspace, cwd, home })
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place { workspace: &self.workspace, home: self.home.as_deref() }
    }
}
