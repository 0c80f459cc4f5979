//! Alone in its process, because the umask belongs to the whole process.

use std::os::unix::fs::PermissionsExt as _;

use nix::sys::stat::{Mode, umask};
use plyrum_config::Paths;

#[test]
fn directories_are_private_whatever_the_umask() {
    let home = tempfile::TempDir::new().unwrap();
    for bits in [0o000, 0o022, 0o077, 0o277, 0o777] {
        let paths = Paths::under(&home.path().join(format!("umask-{bits:03o}/deep")));
        umask(Mode::from_bits_truncate(bits));
        let prepared = paths.prepare();
        umask(Mode::from_bits_truncate(0o022));
        prepared.unwrap();
        let root = paths.config_dir.parent().unwrap();
        let dirs = [
            root,
            root.parent().unwrap(),
            &paths.config_dir,
            &paths.data_dir,
            &paths.state_dir,
            &paths.run_dir,
        ];
        for dir in dirs {
            let mode = dir.metadata().unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode, 0o700, "umask {bits:03o}: {}", dir.display());
        }
    }
}
