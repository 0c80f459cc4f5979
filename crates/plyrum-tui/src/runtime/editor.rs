//! The user's own editor, on a private file.

use crate::app::Edited;
use plyrum_protocol::{ErrorKind, Fault, MAX_PROMPT_BYTES};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest text that comes back: that of a prompt.
const MAX_TEXT: u64 = MAX_PROMPT_BYTES as u64;

/// Opens the text in `VISUAL`, else `EDITOR`, else `vi`; what it is afterwards. What was written is never lost: what an editor
/// kept before it failed comes back too, and a text that no prompt can be made of stays where it is, with its place told.
pub(super) fn edit(text: &str) -> Edited {
    let editor = ["VISUAL", "EDITOR"].iter().filter_map(|name| std::env::var(name).ok());
    let editor = editor.into_iter().find(|it| !it.trim().is_empty()).unwrap_or_else(|| "vi".to_owned());
    edit_with(&editor, text)
}

fn edit_with(editor: &str, text: &str) -> Edited {
    let cannot =
        |e: io::Error| Fault::new(ErrorKind::Storage, format!("cannot keep the text for the editor: {e}"));
    let file = match Draft::new(text) {
        Ok(file) => file,
        Err(e) => return Edited { text: None, fault: Some(cannot(e)) },
    };
    // As shells do it: the variable may hold words of its own (`code --wait`).
    let status = Command::new("sh").args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(&file.path).status();
    let fault = match status {
        Ok(status) if status.success() => None,
        Ok(_) => Some(Fault::new(ErrorKind::Failed, format!("the editor `{editor}` failed"))),
        Err(e) => Some(Fault::new(ErrorKind::Failed, format!("cannot start the editor `{editor}`: {e}"))),
    };
    let fault = fault.map(|it| it.hint("set VISUAL or EDITOR to an editor that is installed"));
    match file.read() {
        Ok(kept) => Edited { text: Some(kept).filter(|kept| fault.is_none() || kept != text), fault },
        // There is nothing to keep.
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => {
            let why = format!("the editor `{editor}` left no file");
            Edited { text: None, fault: Some(Fault::new(ErrorKind::Failed, why)) }
        }
        Err(unusable) => {
            let kept = file.keep();
            let why = format!("what the editor left cannot be a prompt: {unusable}");
            let hint = format!("it is kept in {}", kept.display());
            Edited { text: None, fault: Some(Fault::new(ErrorKind::Usage, why).hint(hint)) }
        }
    }
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

/// A private file that goes away with us, unless it is kept.
struct Draft {
    dir: PathBuf,
    path: PathBuf,
    is_kept: bool,
}

impl Draft {
    fn new(text: &str) -> io::Result<Self> {
        // In memory, where the system has a place for that: what is typed has passed no redactor.
        let place = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_dir());
        let dir = fresh_dir(&place.unwrap_or_else(std::env::temp_dir))?;
        let path = dir.join("prompt.md");
        // From here on it goes away also where the writing fails.
        let draft = Self { dir, path, is_kept: false };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.path)?;
        file.write_all(text.as_bytes())?;
        Ok(draft)
    }

    fn read(&self) -> io::Result<String> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        std::fs::File::open(&self.path)?.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
        let unusable = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        if bytes.len() as u64 > MAX_TEXT {
            return Err(unusable(format!("it is longer than {} KiB", MAX_TEXT >> 10)));
        }
        let text = String::from_utf8(bytes).map_err(|_| unusable("it is not UTF-8 text".to_owned()))?;
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Leaves the file where it is.
    fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        self.path.clone()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            let _left_in_tmp = std::fs::remove_dir_all(&self.dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_kept_comes_back_however_it_ended() {
        let edited = |editor: &str| edit_with(editor, "as it was");
        assert_eq!(edited("printf 'new\\n' >").text.as_deref(), Some("new"));
        assert_eq!(edited("true").text.as_deref(), Some("as it was"));

        let failed = edited("f() { echo kept > \"$1\"; exit 1; }; f");
        assert_eq!(failed.text.as_deref(), Some("kept"));
        assert!(failed.fault.unwrap().message.contains("failed"));

        let gone = edited("rm");
        assert!(gone.text.is_none() && gone.fault.unwrap().message.contains("left no file"));

        let nothing = edited("exit 3; :");
        assert_eq!(nothing.text, None, "what is written stays as it is");
        assert!(nothing.fault.is_some());
    }

    #[test]
    fn a_text_that_is_no_prompt_is_kept_where_it_is_told() {
        for (editor, why) in [
            ("printf '\\377' >", "not UTF-8"),
            ("f() { head -c 2000000 /dev/zero | tr '\\0' a > \"$1\"; }; f", "longer than"),
        ] {
            let edited = edit_with(editor, "as it was");
            let fault = edited.fault.unwrap();
            assert!(fault.message.contains(why), "{}", fault.message);
            assert_eq!(edited.text, None);
            let hint = fault.hint.unwrap();
            let path = PathBuf::from(hint.strip_prefix("it is kept in ").unwrap());
            assert!(path.metadata().unwrap().len() > 0);
            std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        }
    }
}
