//! One of a few answers. Digits, or arrows and enter; esc is the safe one. Never a letter: the key that types `y` on one
//! layout types the first letter of "no" on another.
//!
//! The keys are read in a thread, since the question may be answered elsewhere at any moment: then it is taken away. The
//! terminal is as it was afterwards, however this ends.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, poll, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How soon a question that was answered elsewhere goes away.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// A question that is on the screen for less than this was read by nobody.
const UNREAD: Duration = Duration::from_millis(400);
/// Most answers: one for each digit.
const MAX_ANSWERS: usize = 9;

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// The answer at this place, from 0.
    Answer(usize),
    /// Ctrl-C.
    Interrupt,
}

/// Whether there is somebody to ask: eyes on standard error, and a keyboard.
pub fn is_possible() -> bool {
    io::stderr().is_terminal() && std::fs::File::open("/dev/tty").is_ok()
}

/// A question on the screen. Dropping it takes it away.
#[derive(Debug)]
pub struct Choosing {
    stop: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
    chosen: oneshot::Receiver<Chosen>,
}

impl Choosing {
    /// Shows a text as it is (the caller has made it safe), at most nine answers under it, and a line on how to answer;
    /// `safe` is where the mark begins, and what esc means.
    pub fn begin(text: String, answers: Vec<String>, safe: usize, help: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, chosen) = oneshot::channel();
        let stopped = Arc::clone(&stop);
        let listening = std::thread::spawn(move || {
            let _nobody_sees = io::stderr().write_all(text.as_bytes());
            if let Ok(Some(answer)) = listen(&answers, safe, &help, &stopped) {
                let _answered_elsewhere = tell.send(answer);
            }
        });
        Self { stop, listening: Some(listening), chosen }
    }

    /// The answer; none where the terminal is gone.
    pub async fn chosen(&mut self) -> Option<Chosen> {
        (&mut self.chosen).await.ok()
    }
}

impl Drop for Choosing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A moment at most: whoever ends after this finds the terminal as it was.
        if let Some(listening) = self.listening.take() {
            let _its_panic_is_told = listening.join();
        }
    }
}

/// Raw mode for as long as it lives.
struct Raw;

impl Raw {
    fn begin() -> io::Result<Self> {
        enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _gone_with_the_terminal = disable_raw_mode();
    }
}

fn listen(answers: &[String], safe: usize, help: &str, stop: &AtomicBool) -> io::Result<Option<Chosen>> {
    let _raw = Raw::begin()?;
    let answers = answers.get(..answers.len().min(MAX_ANSWERS)).unwrap_or_default();
    let mut list = List { answers, at: safe, help };
    list.draw(false)?;
    // What was typed before the question could be read answers nothing.
    let shown = Instant::now();
    let chosen = loop {
        if stop.load(Ordering::Relaxed) {
            break None;
        }
        if !poll(LOOK_AGAIN)? {
            continue;
        }
        let Event::Key(key) = read()? else { continue };
        let is_interrupt = key.modifiers.contains(KeyModifiers::CONTROL);
        if shown.elapsed() < UNREAD && !is_interrupt {
            continue;
        }
        if key.kind == KeyEventKind::Release {
            continue;
        }
        if let Some(chosen) = list.key(key.code, key.modifiers, safe) {
            break Some(chosen);
        }
        list.draw(true)?;
    };
    list.erase()?;
    Ok(chosen)
}

/// The answers, and where the mark is.
#[derive(Debug)]
struct List<'a> {
    answers: &'a [String],
    at: usize,
    help: &'a str,
}

impl List<'_> {
    /// What a key means; none where it only moves the mark, or means nothing.
    fn key(&mut self, key: KeyCode, modifiers: KeyModifiers, safe: usize) -> Option<Chosen> {
        match key {
            // The same key on a Cyrillic layout.
            KeyCode::Char('c' | 'с') if modifiers.contains(KeyModifiers::CONTROL) => Some(Chosen::Interrupt),
            KeyCode::Char(digit @ '1'..='9') if modifiers.is_empty() => {
                let place = usize::try_from(digit.to_digit(10)?).ok()?.checked_sub(1)?;
                (place < self.answers.len()).then_some(Chosen::Answer(place))
            }
            KeyCode::Up => {
                self.at = self.at.checked_sub(1).unwrap_or(self.answers.len().saturating_sub(1));
                None
            }
            KeyCode::Down => {
                self.at = (self.at + 1) % self.answers.len().max(1);
                None
            }
            KeyCode::Enter => Some(Chosen::Answer(self.at)),
            KeyCode::Esc => Some(Chosen::Answer(safe)),
            _ => None,
        }
    }

    /// Draws the list; `again` over itself.
    fn draw(&self, again: bool) -> io::Result<()> {
        let mut text = if again { format!("\r\x1b[{}A", self.answers.len()) } else { String::new() };
        for (place, answer) in self.answers.iter().enumerate() {
            let mark = if place == self.at { '>' } else { ' ' };
            text += &format!("\r\x1b[K{mark} {} {answer}\r\n", place + 1);
        }
        text += &format!("\r\x1b[K  {}", self.help);
        let mut err = io::stderr();
        err.write_all(text.as_bytes())?;
        err.flush()
    }

    fn erase(&self) -> io::Result<()> {
        let mut err = io::stderr();
        write!(err, "\r\x1b[{}A\x1b[J", self.answers.len())?;
        err.flush()
    }
}

/// A line, as the terminal edits it; none where it is empty. Blocks.
pub fn line(prompt: &str, most: usize) -> io::Result<Option<String>> {
    let mut err = io::stderr();
    err.write_all(prompt.as_bytes())?;
    err.flush()?;
    let mut line = String::new();
    let keys = std::fs::File::open("/dev/tty")?;
    io::BufRead::read_line(&mut io::BufReader::new(keys), &mut line)?;
    let line: String = line.trim().chars().take(most).collect();
    Ok((!line.is_empty()).then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: KeyModifiers = KeyModifiers::NONE;

    fn keys(pressed: &[(KeyCode, KeyModifiers)]) -> Option<Chosen> {
        let answers: Vec<String> = ["yes", "always", "no"].map(str::to_owned).to_vec();
        let mut list = List { answers: &answers, at: 2, help: "" };
        pressed.iter().find_map(|(key, modifiers)| list.key(*key, *modifiers, 2))
    }

    #[test]
    fn digits_arrows_enter_and_esc_answer() {
        assert_eq!(keys(&[(KeyCode::Char('1'), NONE)]), Some(Chosen::Answer(0)));
        assert_eq!(keys(&[(KeyCode::Enter, NONE)]), Some(Chosen::Answer(2)), "enter alone is the safe one");
        assert_eq!(keys(&[(KeyCode::Up, NONE), (KeyCode::Enter, NONE)]), Some(Chosen::Answer(1)));
        assert_eq!(
            keys(&[(KeyCode::Down, NONE), (KeyCode::Enter, NONE)]),
            Some(Chosen::Answer(0)),
            "it wraps"
        );
        assert_eq!(keys(&[(KeyCode::Up, NONE), (KeyCode::Esc, NONE)]), Some(Chosen::Answer(2)));
        assert_eq!(keys(&[(KeyCode::Char('4'), NONE)]), None, "there is no fourth");
    }

    #[test]
    fn no_letter_of_any_layout_answers() {
        for letter in "yYnNaAнНдДтТуУ0 \t".chars() {
            assert_eq!(keys(&[(KeyCode::Char(letter), NONE)]), None, "{letter:?}");
        }
        for c in ['c', 'с'] {
            assert_eq!(keys(&[(KeyCode::Char(c), KeyModifiers::CONTROL)]), Some(Chosen::Interrupt), "{c:?}");
        }
        assert_eq!(keys(&[(KeyCode::Char('1'), KeyModifiers::ALT)]), None);
    }
}
