//! bubblewrap's arguments, from places to words. The order matters: a later mount covers an earlier one, so
//! what is hidden comes last.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::places::Places;

/// A command to be wrapped.
#[derive(Debug)]
pub(crate) struct Wrapped<'a> {
    pub(crate) places: &'a Places,
    pub(crate) writable: bool,
    pub(crate) network: bool,
    /// Bytes of each private folder.
    pub(crate) temporary_bytes: u64,
    /// An empty file of ours, shown in place of hidden files.
    pub(crate) empty: &'a Path,
    /// A program to show that may lie under `/tmp`.
    pub(crate) shown: Option<&'a Path>,
    pub(crate) argv: &'a [OsString],
}

/// Where programs' sockets, locks and leftovers lie: each becomes empty and private.
const PRIVATE: &[&str] = &["/tmp", "/var/tmp", "/run", "/dev/shm"];

/// The programs that name resolution may need from under `/run`.
const RESOLVER: &str = "/etc/resolv.conf";

/// bubblewrap, if it is installed where systems put programs.
pub(crate) fn find() -> Option<PathBuf> {
    let folders = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];
    folders.into_iter().map(|folder| Path::new(folder).join("bwrap")).find(|path| path.is_file())
}

/// Words after bubblewrap's own name.
pub(crate) fn arguments(wrapped: &Wrapped<'_>) -> Vec<OsString> {
    let mut words = Words::default();
    words.add(&["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]);
    if !wrapped.network {
        words.add(&["--unshare-net"]);
    }
    words.add(&["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "plyrum"]);
    words.add(&["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
    for folder in PRIVATE.iter().filter(|folder| Path::new(folder).is_dir()) {
        words.add(&["--perms", "1777", "--size", &wrapped.temporary_bytes.to_string(), "--tmpfs", folder]);
    }
    // Devices are mounts of their own; the folder around them would be another place to fill.
    words.add(&["--remount-ro", "/dev"]);
    // To root outside, the kernel's settings are plain files of its own, capabilities or not.
    words.add(&["--remount-ro", "/proc"]);
    if wrapped.network {
        resolver(&mut words);
    }
    let workspace = &wrapped.places.workspace;
    let shown = wrapped.places.instead.as_ref().map_or(workspace, |instead| &instead.folder);
    words.bind(if wrapped.writable { "--bind" } else { "--ro-bind" }, shown, workspace);
    for lent in wrapped.places.lent() {
        words.bind("--ro-bind", &lent, &lent);
    }
    // A folder that is a mount itself cannot be renamed, and with it what is protected in it.
    let mut above: Vec<&Path> = wrapped
        .places
        .protected
        .iter()
        .filter(|protected| !protected.made)
        .flat_map(|protected| protected.path.ancestors().skip(1).take_while(|folder| *folder != workspace))
        .collect();
    above.sort_unstable();
    above.dedup();
    for folder in above.into_iter().filter(|folder| folder.starts_with(workspace)) {
        words.bind("--bind-try", folder, folder);
    }
    for protected in &wrapped.places.protected {
        // What lies deeper may be gone by now.
        let how = if protected.made { "--ro-bind" } else { "--ro-bind-try" };
        words.bind(how, &protected.path, &protected.path);
    }
    if let Some(shown) = wrapped.shown {
        words.bind("--ro-bind", shown, shown);
    }
    hide(&mut words, wrapped);
    words.add(&["--chdir"]);
    words.0.push(wrapped.places.cwd.clone().into());
    words.add(&["--"]);
    words.0.extend(wrapped.argv.iter().cloned());
    words.0
}

/// The resolver's settings are often a link into `/run`.
fn resolver(words: &mut Words) {
    if let Ok(real) = std::fs::canonicalize(RESOLVER)
        && real.starts_with("/run")
    {
        words.bind("--ro-bind", &real, &real);
    }
}

fn hide(words: &mut Words, wrapped: &Wrapped<'_>) {
    let private = |path: &Path| PRIVATE.iter().any(|folder| path.starts_with(folder));
    let workspace = &wrapped.places.workspace;
    for hidden in &wrapped.places.hidden {
        if private(&hidden.path) && !hidden.path.starts_with(workspace) {
            continue;
        }
        if hidden.folder {
            words.add(&["--perms", "0555", "--tmpfs"]);
            words.0.push(hidden.path.clone().into());
            words.add(&["--remount-ro"]);
            words.0.push(hidden.path.clone().into());
        } else {
            words.bind("--ro-bind", wrapped.empty, &hidden.path);
        }
    }
}

#[derive(Default)]
struct Words(Vec<OsString>);

impl Words {
    fn add(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    fn bind(&mut self, how: &str, from: &Path, to: &Path) {
        self.0.extend([OsStr::new(how), from.as_os_str(), to.as_os_str()].map(OsStr::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::places::{Hidden, Instead, Protected};

    fn line(writable: bool, network: bool) -> String {
        line_in(Path::new("/w"), writable, network, None)
    }

    fn line_in(workspace: &Path, writable: bool, network: bool, instead: Option<Instead>) -> String {
        let places = Places {
            workspace: workspace.to_owned(),
            cwd: "/w/sub".into(),
            hidden: vec![
                Hidden { path: "/w/secret".into(), folder: true },
                Hidden { path: "/h/.netrc".into(), folder: false },
                Hidden { path: "/tmp/away".into(), folder: true },
            ],
            protected: vec![Protected { path: "/w/.git".into(), folder: true, made: true }],
            instead,
        };
        let argv = [OsString::from("ls"), OsString::from("-l")];
        let wrapped = Wrapped {
            places: &places,
            writable,
            network,
            temporary_bytes: 7,
            empty: Path::new("/s/empty"),
            shown: None,
            argv: &argv,
        };
        arguments(&wrapped).iter().map(|w| w.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn later_mounts_cover_earlier_ones() {
        let line = line(true, false);
        let at = |what: &str| line.find(what).unwrap_or_else(|| panic!("{what} in {line}"));
        let order = [
            at("--ro-bind / /"),
            at("--size 7 --tmpfs /tmp"),
            at("--bind /w /w"),
            at("--ro-bind /w/.git /w/.git"),
            at("--tmpfs /w/secret --remount-ro /w/secret"),
            at("--ro-bind /s/empty /h/.netrc"),
            at("--chdir /w/sub -- ls -l"),
        ];
        assert!(order.is_sorted(), "{line}");
        assert!(line.contains("--unshare-net") && !line.contains("/tmp/away"));
    }

    #[test]
    fn another_folder_in_the_workspaces_place_covers_it() {
        let kept = tempfile::tempdir().unwrap();
        let root = kept.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("node_modules")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("venv")).unwrap();
        let lent = ["node_modules", "venv"].map(PathBuf::from).to_vec();
        let line = line_in(&root, true, false, Some(Instead { folder: "/s/copy".into(), lent }));
        let w = root.display();
        assert!(
            line.contains(&format!("--bind /s/copy {w} --ro-bind {w}/node_modules {w}/node_modules")),
            "{line}"
        );
        assert!(!line.contains(&format!("--bind {w} {w}")) && !line.contains("venv"), "{line}");
    }

    #[test]
    fn reading_commands_get_a_read_only_workspace_and_the_network_is_a_choice() {
        assert!(line(false, false).contains("--ro-bind /w /w"));
        assert!(!line(true, true).contains("--unshare-net"));
    }
}
