use super::super::State;
use super::*;
use crate::run::Run;
use crate::screen::Look;
use crate::theme::Theme;
use crate::transcript::TakenBack;
use plyrum_protocol::{ErrorKind, Fault, RunId, Timestamp};
use plyrum_words::{Lang, Words};
use proptest::prelude::*;

/// Turns of a page.
const PAGE: usize = 20;
/// Bytes of a prompt: some fifty turns are what is kept at once.
const PROMPT: usize = 1_000;

/// A session of so many turns, and the conversation that reads it.
struct Reading {
    turns: usize,
    next_key: u64,
    conversation: Conversation,
    theme: Theme,
    words: Words,
}

impl Reading {
    fn of(turns: usize) -> Self {
        let mut reading = Self {
            turns,
            next_key: 0,
            conversation: Conversation::default(),
            theme: Theme::sixteen(),
            words: Words::new(Lang::En),
        };
        let (page, older) = reading.page(None);
        reading.conversation.open(page, older);
        reading
    }

    fn turn(&mut self, number: usize) -> Turn {
        self.next_key += 1;
        let prompt = format!("{number} {}", "word ".repeat(PROMPT / 5));
        let mut run = Run::new(RunId::new(format!("run{number}")).unwrap());
        run.is_lost(Fault::new(ErrorKind::Failed, "over"));
        Turn::new(self.next_key, prompt, Vec::new(), State::Run(Box::new(run)))
    }

    fn page(&mut self, before: Option<&Cursor>) -> (Vec<Turn>, Option<Cursor>) {
        let end = before.map_or(self.turns, |cursor| usize::try_from(cursor.before).unwrap());
        let begin = end.saturating_sub(PAGE);
        let older = (begin > 0).then(|| Cursor { before: begin as u64, taken_back: TakenBack::default() });
        ((begin..end).map(|number| self.turn(number)).collect(), older)
    }

    /// Turns are asked here, one after the other.
    fn is_asked(&mut self, turns: usize) {
        for _ in 0..turns {
            self.conversation.go_to_bottom();
            self.look();
            let turn = self.turn(self.turns);
            self.turns += 1;
            self.conversation.push(turn);
            self.conversation.let_go_above();
        }
    }

    /// A picture, and what is missing for it.
    fn look(&mut self) {
        for _ in 0..8 {
            let look = Look {
                theme: &self.theme,
                words: &self.words,
                now: Timestamp::from_millis(0),
                is_plain: false,
            };
            self.conversation.prepare(80, 24, look);
            let Some(wanted) = self.conversation.wants() else { return };
            let seen = self.place();
            match &wanted {
                Wanted::Older(cursor) => {
                    let (page, older) = self.page(Some(cursor));
                    self.conversation.prepend(page, older);
                }
                Wanted::Newer(cursor) => {
                    let (page, older) = self.page(cursor.as_ref());
                    self.conversation.append(page, older);
                }
                Wanted::Latest => {
                    let (page, older) = self.page(None);
                    self.conversation.open(page, older);
                    continue;
                }
            }
            assert_eq!(self.place(), seen, "what is read stays where it is");
        }
    }

    fn number(turn: &Turn) -> usize {
        turn.prompt.split_once(' ').unwrap().0.parse().unwrap()
    }

    /// The turn and line at the top, where one is held.
    fn place(&self) -> Option<(usize, usize)> {
        let Anchor::At { turn, line } = self.conversation.anchor else { return None };
        let read = self.conversation.turns.iter().find(|it| it.key() == turn).expect("what is read is here");
        Some((Self::number(read), line))
    }

    fn check(&self) {
        let numbers: Vec<usize> = self.conversation.turns.iter().map(Self::number).collect();
        let whole = numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        assert!(whole, "a hole in {numbers:?}");
        let counted: usize = self.conversation.pages.here.iter().map(|page| page.turns).sum();
        assert_eq!(counted, numbers.len());
        let most = MAX_BYTES + (2 * PAGE + MARGIN) * (PROMPT + 1024);
        assert!(self.conversation.weight() <= most, "{} turns are kept", numbers.len());
        let ends = numbers.last() == Some(&(self.turns - 1));
        assert_eq!(ends, !self.conversation.is_cut_below());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_long_conversation_is_read_both_ways_without_holes_or_jumps(
        turns in 1_usize..240,
        moves in proptest::collection::vec(-400_isize..400, 0..40),
    ) {
        let mut reading = Reading::of(turns);
        reading.look();
        for by in moves {
            if by % 7 == 0 {
                reading.is_asked(usize::try_from(by.abs() % 50).unwrap());
            }
            reading.conversation.scroll(by);
            reading.look();
            reading.check();
        }
    }
}

#[test]
fn down_from_far_up_everything_is_passed_to_the_end() {
    let mut reading = Reading::of(200);
    reading.look();
    while reading.conversation.turns.front().map(Reading::number) != Some(0) {
        reading.conversation.scroll(-60);
        reading.look();
        reading.check();
    }
    assert!(reading.conversation.is_cut_below(), "the end was let go on the way");
    reading.conversation.go_to_top();
    let mut passed = 0;
    while !reading.conversation.is_at_bottom() {
        let (at, _) = reading.place().expect("the end is not reached yet");
        assert!(at <= passed + 2, "from turn {passed} to {at}");
        passed = at;
        reading.conversation.scroll(14);
        reading.look();
        reading.check();
    }
    assert!(passed >= 196, "{passed}");
    assert!(reading.conversation.has_older(), "the beginning was let go");
}

#[test]
fn to_the_end_in_one_step_reads_the_end_anew() {
    let mut reading = Reading::of(200);
    reading.look();
    for _ in 0..80 {
        reading.conversation.scroll(-60);
        reading.look();
    }
    assert!(reading.conversation.is_cut_below());
    reading.conversation.go_to_bottom();
    reading.look();
    reading.check();
    assert!(!reading.conversation.is_cut_below());
    assert_eq!(reading.conversation.turns.len(), PAGE);
}

#[test]
fn a_day_of_questions_in_one_sitting_is_not_kept_whole() {
    let mut reading = Reading::of(1);
    for number in 1..150 {
        let turn = reading.turn(number);
        reading.conversation.push(turn);
        reading.turns += 1;
        reading.look();
        reading.check();
    }
    assert!(reading.conversation.turns.len() < 80, "{}", reading.conversation.turns.len());
}

#[test]
fn a_page_that_cannot_be_read_is_asked_for_once() {
    let mut reading = Reading::of(100);
    reading.look();
    let wanted = Wanted::Older(Cursor { before: 1, taken_back: TakenBack::default() });
    reading.conversation.go_to_top();
    reading.conversation.not_read(&wanted);
    reading.look();
    assert_eq!(reading.conversation.wants(), None);
    assert!(!reading.conversation.has_older());
}

#[test]
fn turns_that_were_asked_here_are_there_on_the_way_back() {
    let mut reading = Reading::of(66);
    reading.look();
    reading.is_asked(55);
    for _ in 0..200 {
        reading.conversation.scroll(-20);
        reading.look();
        reading.check();
    }
    assert!(reading.conversation.is_cut_below());
    let mut passed = reading.place().map_or(0, |(turn, _)| turn);
    while !reading.conversation.is_at_bottom() {
        let (at, _) = reading.place().expect("the end is not reached yet");
        assert!(at <= passed + 2, "from turn {passed} to {at}");
        passed = at;
        reading.conversation.scroll(14);
        reading.look();
        reading.check();
    }
    assert!(passed >= 115, "{passed}");
}
