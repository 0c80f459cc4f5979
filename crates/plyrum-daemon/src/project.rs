//! Which project a working directory belongs to: its git work tree, else the directory itself.

use std::path::Path;

/// The project's directory. Looks only for a `.git`, and only upwards.
pub(crate) fn of(workspace: &str) -> String {
    let dir = Path::new(workspace);
    let tree = dir.ancestors().filter(|_| dir.is_absolute()).find(|dir| dir.join(".git").exists());
    tree.and_then(Path::to_str).unwrap_or(workspace).to_owned()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_project_is_its_work_tree() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().to_str().unwrap();
        let inside = home.path().join("src/deep");
        std::fs::create_dir_all(&inside).unwrap();
        let inside = inside.to_str().unwrap();
        assert_eq!(of(inside), inside, "no work tree");
        std::fs::write(home.path().join(".git"), "gitdir: elsewhere").unwrap();
        assert_eq!(of(inside), root);
        assert_eq!(of("relative"), "relative");
    }
}
