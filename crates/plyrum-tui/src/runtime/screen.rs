//! The terminal's state: taken, given back for a while, and given back for good, however the program ends.

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::cell::Cell;
use std::io::{self, BufWriter, Stdout, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// Longest text that goes to the terminal's clipboard: terminals cut longer ones.
const MAX_OSC_52: usize = 74_000;
/// Bytes of a picture that go out at once.
const PICTURE: usize = 64 * 1024;

/// Whether the terminal is ours now: a panic gives it back.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();
/// What another thread said when it panicked.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);

thread_local! {
    /// Whether this thread is the one that draws.
    static DRAWS: Cell<bool> = const { Cell::new(false) };
}

/// The terminal while it is ours.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    has_mouse: bool,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if DRAWS.get() || !TAKEN.load(Ordering::SeqCst) {
                    give_back();
                    before(panic);
                } else {
                    ends_with(panic.to_string());
                }
            }));
        });
        DRAWS.set(true);
        take()?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(PICTURE, io::stdout())));
        let terminal = terminal.inspect_err(|_| give_back())?;
        Ok(Self { terminal, has_mouse: false })
    }

    /// What another thread said when it panicked: the screen is not what it seems then, and ends.
    pub(super) fn panicked() -> Option<String> {
        PANICKED.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Draws a picture; what draws says where the cursor is.
    pub(super) fn draw(
        &mut self,
        picture: impl FnOnce(Rect, &mut Buffer) -> Option<Position>,
    ) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| {
            let area = frame.area();
            let cursor = picture(area, frame.buffer_mut());
            scrub(frame.buffer_mut());
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Paints everything anew with the next picture. [`Terminal::clear`] would ask the terminal where its cursor is and wait
    /// for the answer, in the way of keys and for as long as a slow line takes; resizing to the size that it has does not.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Gives the terminal back, stops until the shell continues us, and takes it again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.without(|| {
            let whole_group = nix::unistd::Pid::from_raw(0);
            nix::sys::signal::kill(whole_group, nix::sys::signal::Signal::SIGSTOP).map_err(io::Error::from)
        })?
    }

    /// Does something that needs the terminal as it was.
    pub(super) fn without<T>(&mut self, what: impl FnOnce() -> T) -> io::Result<T> {
        give_back();
        let done = what();
        take()?;
        if self.has_mouse {
            execute!(io::stdout(), EnableMouseCapture)?;
        }
        self.clear()?;
        Ok(done)
    }

    pub(super) fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.has_mouse = on;
        if on {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }

    /// To the clipboard of the terminal, also over ssh (OSC 52).
    pub(super) fn copy(text: &str) -> io::Result<()> {
        use base64::Engine as _;
        let text = text.get(..text.floor_char_boundary(MAX_OSC_52)).unwrap_or_default();
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        write!(io::stdout(), "\x1b]52;c;{encoded}\x07")?;
        io::stdout().flush()
    }

    /// Tells who looks elsewhere: a notification (OSC 9, OSC 777) and the bell.
    pub(super) fn notify(text: &str) -> io::Result<()> {
        let text = plyrum_markup::cell(text);
        write!(io::stdout(), "\x1b]9;{text}\x07\x1b]777;notify;Plyrum;{text}\x07\x07")?;
        io::stdout().flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Another thread panicked. Only the one that draws gives the terminal back: the two would write over each other.
fn ends_with(why: String) {
    *PANICKED.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    // The loop waits on signals too; this one wakes it and means no harm.
    let _woken_by_something_else = nix::sys::signal::raise(nix::sys::signal::Signal::SIGWINCH);
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let taken = execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        // Terminals that do not know it ignore it; asking first would cost the first picture a round trip.
        PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
        Hide
    );
    taken.inspect_err(|_| give_back())
}

/// The terminal as it was. Does nothing where that is done already.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Each for itself: where one fails, the others still count.
    let mut out = io::stdout();
    let _gone_with_the_terminal = execute!(
        out,
        DisableMouseCapture,
        PopKeyboardEnhancementFlags,
        DisableFocusChange,
        DisableBracketedPaste,
        ResetColor,
        Clear(ClearType::All),
        MoveTo(0, 0),
        LeaveAlternateScreen,
        Show
    );
    let _gone_with_the_terminal = disable_raw_mode();
}

/// The last line of defence: whatever drew it, no cell carries a control character to the terminal.
fn scrub(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().chars().any(char::is_control) {
            cell.set_symbol("\u{fffd}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_passes_the_last_line() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        for (cell, symbol) in buffer.content.iter_mut().zip(["a", "\u{1b}[31m", "\u{9b}"]) {
            cell.set_symbol(symbol);
        }
        scrub(&mut buffer);
        let symbols: Vec<&str> = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(symbols, ["a", "\u{fffd}", "\u{fffd}"]);
    }

    /// In a terminal of its own, in a process of its own.
    #[test]
    #[ignore = "the other half of the test below"]
    fn panics_in_a_terminal() {
        let screen = Screen::enter().unwrap();
        assert_ne!(std::env::var("PLYRUM_TEST_PANIC").as_deref(), Ok("here"), "on purpose");
        let elsewhere = std::thread::spawn(|| panic!("elsewhere, on purpose"));
        elsewhere.join().unwrap_err();
        let why = Screen::panicked().expect("it was told to who draws");
        let is_ours = nix::sys::termios::tcgetattr(io::stdin()).unwrap();
        assert!(!is_ours.local_flags.contains(nix::sys::termios::LocalFlags::ICANON), "not given back yet");
        drop(screen);
        println!("ended: {why}");
    }

    #[test]
    fn a_panic_on_any_thread_leaves_the_terminal_as_it_was() {
        use nix::sys::termios::tcgetattr;
        use std::io::Read as _;
        for (place, said) in [("here", "on purpose"), ("elsewhere", "ended: ")] {
            let pty = nix::pty::openpty(None, None).unwrap();
            let before = tcgetattr(&pty.slave).unwrap();
            let end = || std::process::Stdio::from(pty.slave.try_clone().unwrap());
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "runtime::screen::tests::panics_in_a_terminal", "--ignored", "--nocapture"])
                .env("PLYRUM_TEST_PANIC", place)
                .stdin(end())
                .stdout(end())
                .stderr(end())
                .status();
            let code = child.unwrap().code();
            assert_eq!(code == Some(0), place == "elsewhere", "{code:?}");
            let after = tcgetattr(&pty.slave).unwrap();
            assert_eq!(after.local_flags, before.local_flags);
            // What it wrote lies in the terminal's buffer still.
            let mut shown = vec![0; 64 * 1024];
            let n = std::fs::File::from(pty.master).read(&mut shown).unwrap();
            let shown = String::from_utf8(shown.get(..n).unwrap().to_vec()).unwrap();
            let left = shown.rfind("\u{1b}[?1049l").expect("the other screen is left");
            assert!(shown.rfind("\u{1b}[?1049h").is_some_and(|entered| entered < left));
            let told = shown.rfind(said).expect("why is told");
            assert!(told > left, "it is told where it can be read");
        }
    }
}
