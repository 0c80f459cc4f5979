//! Whether anything was written since the settings were read, without reading it.

use std::path::{Path, PathBuf};

use plyrum_config::{FileStamp, Paths, project_paths};

/// The state of every file that has a say, the absent ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    cwd: Option<PathBuf>,
    files: Vec<(PathBuf, Option<FileStamp>)>,
}

impl Fingerprint {
    /// Looks at the files now. Taken before they are read, so that a write in between shows
    /// at the next look.
    pub(crate) fn take(paths: &Paths, cwd: Option<&Path>) -> Self {
        let project = cwd.map(project_paths).unwrap_or_default();
        let files =
            [paths.config_file(), paths.prices_file(), paths.models_file()].into_iter().chain(project);
        Self {
            cwd: cwd.map(Path::to_owned),
            files: files.map(|path| (path.clone(), FileStamp::of(&path))).collect(),
        }
    }

    /// The files, whether or not they are there.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    pub(crate) fn is_current(&self, paths: &Paths) -> bool {
        *self == Self::take(paths, self.cwd.as_deref())
    }
}
