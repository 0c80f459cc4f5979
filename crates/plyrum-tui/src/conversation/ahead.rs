//! Lines made ahead: what will come into view next is laid out away from the keys, since code takes long to highlight. What
//! is in view is laid out by who draws it, at once.

use super::Conversation;
use super::turn::Answer;

/// Turns before and behind those in view that are laid out ahead.
const AHEAD: usize = 24;
/// Bytes of answers that are laid out together, and are copied for it.
const MAX_BYTES: usize = 512 * 1024;

/// Answers that are to be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlaid {
    /// The conversation, by its number.
    pub number: u64,
    /// For which width.
    pub columns: u16,
    /// Each with its turn's key, the nearest to what is read first.
    pub answers: Vec<(u64, String)>,
}

/// They, with their lines.
#[derive(Debug)]
pub struct Laid {
    number: u64,
    columns: u16,
    answers: Vec<(u64, Answer)>,
}

impl Unlaid {
    /// Makes the lines. This takes a while.
    #[must_use]
    pub fn lay_out(self) -> Laid {
        let laid_out = |(key, text): (u64, String)| (key, Answer::laid_out(&text, self.columns));
        Laid {
            number: self.number,
            columns: self.columns,
            answers: self.answers.into_iter().map(laid_out).collect(),
        }
    }
}

impl Conversation {
    /// Answers around what was drawn last that have no lines for its width; none while others are being laid out.
    pub fn look_ahead(&mut self) -> Option<Unlaid> {
        if self.is_laying_out || self.size.0 == 0 {
            return None;
        }
        let columns = self.columns();
        let (first, last) = self.seen;
        let above = (first.saturating_sub(AHEAD)..first).rev();
        let below = last.saturating_add(1)..last.saturating_add(1).saturating_add(AHEAD);
        let mut room = MAX_BYTES;
        let mut answers = Vec::new();
        for turn in above.chain(below).filter_map(|at| self.turns.get(at)) {
            let Some(text) = turn.unlaid(columns) else { continue };
            if text.len() > room {
                break;
            }
            room -= text.len();
            answers.push((turn.key(), text.to_owned()));
        }
        self.is_laying_out = !answers.is_empty();
        self.is_laying_out.then_some(Unlaid { number: self.number, columns, answers })
    }

    /// Takes lines that were made ahead; those of another conversation or width are of no use.
    pub fn take_laid(&mut self, laid: Laid) {
        if laid.number != self.number {
            return;
        }
        self.is_laying_out = false;
        if laid.columns != self.columns() {
            return;
        }
        for (key, answer) in laid.answers {
            if let Some(turn) = self.turns.iter_mut().find(|turn| turn.key() == key) {
                turn.take_laid(answer, laid.columns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{State, Turn};
    use crate::run::Run;
    use crate::screen::Look;
    use crate::theme::Theme;
    use plyrum_protocol::{ErrorKind, Fault, RunId, Timestamp};
    use plyrum_words::{Lang, Words};

    fn turn(key: u64) -> Turn {
        let mut run = Run::new(RunId::new(format!("run{key}")).unwrap());
        run.answer =
            format!("## Part {key}\n\n```rust\nlet part = {key};\n```\n\n{}", "some words ".repeat(40));
        run.is_lost(Fault::new(ErrorKind::Failed, "over"));
        Turn::new(key, format!("question {key}"), Vec::new(), State::Run(Box::new(run)))
    }

    fn draw(conversation: &mut Conversation, width: usize) -> Vec<String> {
        let (theme, words) = (Theme::sixteen(), Words::new(Lang::En));
        let look = Look { theme: &theme, words: &words, now: Timestamp::from_millis(0), is_plain: false };
        conversation.prepare(width, 20, look);
        conversation.visible().iter().map(ToString::to_string).collect()
    }

    /// Every page up to the first line, with what is made ahead where `ahead` says so.
    fn read_upwards(ahead: bool) -> Vec<Vec<String>> {
        let mut conversation = Conversation::numbered(7);
        conversation.open((0..60).map(turn).collect(), None);
        let mut pages = Vec::new();
        for width in [60, 44] {
            conversation.go_to_bottom();
            for _ in 0..80 {
                pages.push(draw(&mut conversation, width));
                if let Some(unlaid) = conversation.look_ahead().filter(|_| ahead) {
                    conversation.take_laid(unlaid.lay_out());
                }
                conversation.page(-1);
            }
        }
        pages
    }

    #[test]
    fn what_was_laid_out_ahead_looks_as_what_is_drawn_at_once() {
        assert_eq!(read_upwards(true), read_upwards(false));
    }

    #[test]
    fn around_what_is_read_everything_gets_its_lines_and_then_nothing_more_is_asked_for() {
        let mut conversation = Conversation::numbered(7);
        conversation.open((0..60).map(turn).collect(), None);
        draw(&mut conversation, 60);
        let unlaid = conversation.look_ahead().expect("the turns above are to be laid out");
        assert_eq!(
            unlaid.answers.first().map(|(key, _)| *key + 1),
            conversation.turns.get(conversation.seen.0).map(Turn::key)
        );
        assert_eq!(unlaid.answers.len(), AHEAD);
        assert_eq!(conversation.look_ahead(), None, "one at a time");
        conversation.take_laid(unlaid.lay_out());
        assert_eq!(conversation.look_ahead(), None);
        draw(&mut conversation, 50);
        let unlaid = conversation.look_ahead().expect("another width needs other lines");
        let mut other = Conversation::numbered(8);
        other.take_laid(unlaid.lay_out());
        assert!(other.is_empty());
    }
}
