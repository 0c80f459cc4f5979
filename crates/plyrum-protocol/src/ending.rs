//! A daemon's end as both sides know it: how long it may take, and what the lock file says meanwhile.
//!
//! The lock is what counts; what its file says is for whoever finds it taken and wants to know what to wait for.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Longest that a daemon takes to end, whatever lives in it. Who waits for it waits longer.
pub const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Most bytes of a lock file: a number, a word, a newline.
pub const MAX_LOCK_NOTE: u64 = 64;

/// What the file of a taken lock says: `4242`, or `4242 ending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockNote {
    /// The process that has the lock.
    pub pid: u32,
    /// It listens to nobody any more, and books what its runs used.
    pub ending: bool,
}

impl fmt::Display for LockNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.ending { " ending" } else { "" };
        write!(f, "{}{word}", self.pid)
    }
}

/// A file that says nothing of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lock file names no process")]
pub struct NoNote;

impl FromStr for LockNote {
    type Err = NoNote;

    /// Words of later versions are passed over.
    fn from_str(text: &str) -> Result<Self, NoNote> {
        let mut words = text.split_whitespace();
        let pid = words.next().and_then(|word| word.parse().ok()).filter(|pid| *pid > 0).ok_or(NoNote)?;
        Ok(Self { pid, ending: words.any(|word| word == "ending") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for ending in [false, true] {
            let note = LockNote { pid: 4242, ending };
            assert_eq!(format!("{note}\n").parse(), Ok(note));
        }
        assert_eq!("7 asleep\n".parse(), Ok(LockNote { pid: 7, ending: false }));
        for nothing in ["", "0", "-1", "many", "ending", "99999999999"] {
            assert_eq!(nothing.parse::<LockNote>(), Err(NoNote), "{nothing}");
        }
    }
}
