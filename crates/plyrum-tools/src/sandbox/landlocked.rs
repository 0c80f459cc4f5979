//! The lower level's rules: nothing is written, and only named places are read.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use super::places::{Hidden, Places, around};

/// Where systems keep programs, libraries and their settings.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/opt",
    "/nix/store",
    "/run/current-system",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/version",
    "/proc/filesystems",
    "/dev/random",
    "/dev/urandom",
];
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full"];

/// What a reading command may read: the system, the folders of `path`, the workspace; nothing hidden.
pub(crate) fn readable(places: &Places, path: &[PathBuf]) -> Vec<PathBuf> {
    let hidden: &[Hidden] = &places.hidden;
    let system = SYSTEM.iter().map(PathBuf::from);
    let all = system.chain(path.iter().cloned()).chain([places.workspace.clone()]);
    let mut found: Vec<PathBuf> = all.flat_map(|root| around(&root, hidden)).collect();
    found.sort();
    found.dedup();
    found
}

/// Why the rules could not be set.
#[derive(Debug, thiserror::Error)]
pub(super) enum LandlockError {
    #[error("the kernel's Landlock is too old or off (kernel 6.2 or later is needed): {0}")]
    Rules(#[from] RulesetError),
    #[error("the kernel did not enforce Landlock")]
    NotEnforced,
}

/// Binds this thread, and what it executes, for good.
pub(super) fn restrict(readable: &[PathBuf]) -> Result<(), LandlockError> {
    // Before the third version, truncating was not governed. Devices, the network and signals came later; the
    // filter refuses sockets and signals by itself.
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V3))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(ABI::V6)))?
        .add_rules(path_beneath_rules(DEVICES, AccessFs::from_file(ABI::V3)))?
        .restrict_self()?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(LandlockError::NotEnforced),
        _ => Ok(()),
    }
}
