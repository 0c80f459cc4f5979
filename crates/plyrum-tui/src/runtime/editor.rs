//! The user's own editor, on a private file.

use plyrum_protocol::{ErrorKind, Fault};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest text that comes back.
const MAX_TEXT: u64 = 128 * 1024;

/// Opens the text in `VISUAL`, else `EDITOR`, else `vi`; what it is afterwards.
pub(super) fn edit(text: &str) -> Result<String, Fault> {
    let cannot =
        |e: io::Error| Fault::new(ErrorKind::Storage, format!("cannot keep the text for the editor: {e}"));
    let file = Draft::new(text).map_err(cannot)?;
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|it| !it.trim().is_empty());
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    // As shells do it: the variable may hold words of its own (`code --wait`).
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(&file.path)
        .status()
        .map_err(|e| Fault::new(ErrorKind::Failed, format!("cannot start the editor `{editor}`: {e}")))?;
    if !status.success() {
        return Err(Fault::new(
            ErrorKind::Failed,
            format!("the editor `{editor}` failed: the text is as it was"),
        )
        .hint("set VISUAL or EDITOR to an editor that is installed"));
    }
    file.read().map_err(cannot)
}

/// A private folder that was not there: whoever made one of this name before us gets nothing to read.
fn fresh_dir(place: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt as _;
    const TRIES: u32 = 100;
    let named = |n: u32| place.join(format!("plyrum-{}-{n}", std::process::id()));
    let mut builder = std::fs::DirBuilder::new();
    builder.mode(0o700);
    for dir in (0..TRIES).map(named) {
        match builder.create(&dir) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| dir),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("no free name in {}", place.display())))
}

/// A private file that goes away with us.
struct Draft {
    dir: PathBuf,
    path: PathBuf,
}

impl Draft {
    fn new(text: &str) -> io::Result<Self> {
        // In memory, where the system has a place for that: what is typed has passed no redactor.
        let place = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_dir());
        let dir = fresh_dir(&place.unwrap_or_else(std::env::temp_dir))?;
        let path = dir.join("prompt.md");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(Self { dir, path })
    }

    fn read(&self) -> io::Result<String> {
        read_bounded(&self.path).map(|text| text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }
}

fn read_bounded(path: &Path) -> io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_TEXT).read_to_string(&mut text)?;
    Ok(text)
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _left_in_tmp = std::fs::remove_dir_all(&self.dir);
    }
}
