//! One turn: what was asked, what was done, what was answered. Its lines are made when they are needed and kept until
//! something changes.

use super::rows;
use crate::run::Run;
use crate::screen::Look;
use plyrum_markup::Streaming;
use plyrum_protocol::{Fault, RunId};
use ratatui::text::Line;

/// How far a turn is.
#[derive(Debug)]
pub enum State {
    /// It waits for the one before it, or for the daemon.
    Sending {
        /// The order's number.
        ticket: u64,
        /// It was taken back; who carries orders has not said yet whether it went out before.
        is_withdrawn: bool,
    },
    /// Its run goes on, or is over.
    Run(Box<Run>),
    /// The daemon did not take it.
    Refused(Fault),
}

/// A turn of the conversation.
#[derive(Debug)]
pub struct Turn {
    key: u64,
    /// What was asked.
    pub prompt: String,
    /// Names of what came with it.
    pub attachments: Vec<String>,
    /// How far it is.
    pub state: State,
    /// It was taken back: it is not told to a model any more.
    pub is_rewound: bool,
    /// It was asked in the session that this one is a copy of.
    pub is_inherited: bool,
    answer: Streaming,
    /// Bytes of the answer that the text above has, and which answer that was.
    taken: (usize, u32),
    layout: Option<Layout>,
}

/// An answer with its lines: made where it holds up no key, for turns of an earlier time.
#[derive(Debug, Default)]
pub struct Answer {
    lines: Streaming,
    bytes: usize,
}

impl Answer {
    /// Makes the lines of a whole answer, for a width.
    #[must_use]
    pub fn laid_out(text: &str, columns: u16) -> Self {
        let mut lines = Streaming::default();
        lines.push(text);
        lines.finish();
        let _kept = lines.lines(columns);
        Self { lines, bytes: text.len() }
    }
}

/// Lines before and behind the answer. What was done is long in some turns, and all but its end stays as it is: only what
/// may still change is made anew.
#[derive(Debug)]
struct Layout {
    made_for: Facts,
    head: Vec<Line<'static>>,
    /// Items whose lines stay, and how many lines they have with the prompt.
    settled: (usize, usize),
    foot: Vec<Line<'static>>,
    is_stale: bool,
}

/// What all lines of a turn depend on, beside its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and only compared")]
struct Facts {
    width: usize,
    details: bool,
    is_rewound: bool,
    is_inherited: bool,
    is_typed_command: bool,
    attachments: usize,
    pictures: usize,
}

impl Turn {
    /// A turn; `key` names it as long as the conversation is open.
    #[must_use]
    pub fn new(key: u64, prompt: String, attachments: Vec<String>, state: State) -> Self {
        Self {
            key,
            prompt,
            attachments,
            state,
            is_rewound: false,
            is_inherited: false,
            answer: Streaming::default(),
            taken: (0, 0),
            layout: None,
        }
    }

    /// The same with an answer that has its lines.
    #[must_use]
    pub fn with_answer(mut self, answer: Answer) -> Self {
        self.taken = (answer.bytes, self.epoch());
        self.answer = answer.lines;
        self
    }

    /// What names it as long as the conversation is open.
    #[must_use]
    pub const fn key(&self) -> u64 {
        self.key
    }

    /// Its run.
    #[must_use]
    pub fn run(&self) -> Option<&Run> {
        match &self.state {
            State::Run(run) => Some(run),
            State::Sending { .. } | State::Refused(_) => None,
        }
    }

    /// Its run.
    pub fn run_mut(&mut self) -> Option<&mut Run> {
        match &mut self.state {
            State::Run(run) => Some(run),
            State::Sending { .. } | State::Refused(_) => None,
        }
    }

    /// Its run's id.
    #[must_use]
    pub fn run_id(&self) -> Option<&RunId> {
        self.run().map(|run| &run.id)
    }

    /// Whether it goes on.
    #[must_use]
    pub fn is_live(&self) -> bool {
        match &self.state {
            State::Sending { .. } => true,
            State::Run(run) => run.is_live(),
            State::Refused(_) => false,
        }
    }

    /// Whether nothing but this screen knows of it, or more comes of it: it is not let go.
    pub(crate) fn is_held(&self) -> bool {
        self.is_live() || matches!(self.state, State::Refused(_))
    }

    /// What was answered.
    #[must_use]
    pub fn answer(&self) -> &str {
        self.run().map_or("", Run::shown)
    }

    /// Something of it changed: lines that may be others now are to be made anew. The answer's own are only added to.
    pub fn changed(&mut self) {
        if let Some(layout) = &mut self.layout {
            layout.is_stale = true;
        }
    }

    /// Its answer, where that will not change and has no lines for a width yet.
    pub(super) fn unlaid(&self, columns: u16) -> Option<&str> {
        let text = self.answer();
        let is_laid_out = self.taken == (text.len(), self.epoch()) && self.answer.width() == columns;
        (!self.is_live() && !text.is_empty() && !is_laid_out).then_some(text)
    }

    /// Takes its answer with the lines that were made ahead.
    pub(super) fn take_laid(&mut self, answer: Answer, columns: u16) {
        if self.unlaid(columns).is_some_and(|text| text.len() == answer.bytes) {
            self.taken = (answer.bytes, self.epoch());
            self.answer = answer.lines;
        }
    }

    /// Its first lines, at most so many.
    pub(super) fn lines(
        &mut self,
        width: usize,
        details: bool,
        look: Look<'_>,
        most: usize,
    ) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        self.rows(width, details, look, 0, most, &mut lines);
        lines
    }

    /// How many lines it has.
    pub(super) fn height(&mut self, width: usize, details: bool, look: Look<'_>) -> usize {
        let (head, foot) = self.frame(width, details, look);
        head + foot + self.answer_lines(width)
    }

    /// Adds at most so many of its lines, from one on.
    pub(super) fn rows(
        &mut self,
        width: usize,
        details: bool,
        look: Look<'_>,
        from: usize,
        most: usize,
        to: &mut Vec<Line<'static>>,
    ) {
        let (head, _) = self.frame(width, details, look);
        let body = self.answer_lines(width);
        let until = to.len().saturating_add(most);
        let Some(layout) = &self.layout else { return };
        let indented = |line: plyrum_markup::Line| rows::answer(look, &line);
        let answer = self.answer.lines(rows::answer_width(width));
        let all = layout.head.iter().skip(from).cloned().chain(
            answer
                .since(from.saturating_sub(head))
                .map(indented)
                .chain(layout.foot.iter().skip(from.saturating_sub(head + body)).cloned()),
        );
        to.extend(all.take(until - to.len()));
    }

    /// Lines before and behind the answer.
    fn frame(&mut self, width: usize, details: bool, look: Look<'_>) -> (usize, usize) {
        self.take_answer();
        let made_for = Facts {
            width,
            details,
            is_rewound: self.is_rewound,
            is_inherited: self.is_inherited,
            is_typed_command: self.run().is_some_and(Run::is_typed_command),
            attachments: self.attachments.len(),
            pictures: self.run().map_or(0, |run| run.pictures.len()),
        };
        match self.layout.take() {
            Some(layout) if layout.made_for == made_for && !layout.is_stale => self.layout = Some(layout),
            Some(layout) if layout.made_for == made_for => self.lay_out(layout, look),
            _ => {
                let head = rows::prompt(self, width, look);
                let settled = (0, head.len());
                self.lay_out(Layout { made_for, head, settled, foot: Vec::new(), is_stale: true }, look);
            }
        }
        self.layout.as_ref().map_or((0, 0), |layout| (layout.head.len(), layout.foot.len()))
    }

    /// Makes the lines anew that may have changed.
    fn lay_out(&mut self, mut layout: Layout, look: Look<'_>) {
        let Facts { width, details, .. } = layout.made_for;
        let (mut items, mut lines) = layout.settled;
        layout.head.truncate(lines);
        if let Some(run) = self.run() {
            let mut is_settled = true;
            for item in run.items.iter().skip(items) {
                layout.head.extend(rows::item(run, item, width, details, look));
                is_settled &= run.is_settled(item);
                if is_settled {
                    (items, lines) = (items + 1, layout.head.len());
                }
            }
        }
        layout.head.push(Line::default());
        layout.settled = (items, lines);
        layout.foot = rows::foot(self, width, look);
        layout.is_stale = false;
        self.layout = Some(layout);
    }

    fn answer_lines(&mut self, width: usize) -> usize {
        self.answer.lines(rows::answer_width(width)).len()
    }

    /// Counts up whenever another answer is shown.
    fn epoch(&self) -> u32 {
        let Some(run) = self.run() else { return 0 };
        run.answer_epoch.wrapping_mul(2).wrapping_add(u32::from(run.is_provisional()))
    }

    /// Lets its lines before and behind the answer go: they are made again when it comes into view.
    pub(super) fn fold_away(&mut self) {
        self.layout = None;
    }

    /// About how many bytes it takes, with the lines of its answer.
    pub(super) fn weight(&self) -> usize {
        self.prompt.len()
            + self.answer().len()
            + self.answer.bytes()
            + self.run().map_or(0, Run::weight)
            + 256
    }

    /// Gives the renderer what is new of the answer; one that began anew is rendered anew.
    fn take_answer(&mut self) {
        let epoch = self.epoch();
        let State::Run(run) = &self.state else { return };
        let shown = run.shown();
        if epoch != self.taken.1 || shown.len() < self.taken.0 {
            self.answer = Streaming::default();
            self.taken = (0, epoch);
        }
        if let Some(new) = shown.get(self.taken.0..).filter(|new| !new.is_empty()) {
            self.answer.push(new);
            self.taken.0 = shown.len();
        }
        // A proposal that stands for the answer is whole.
        if !run.is_live() || run.is_provisional() {
            self.answer.finish();
        }
    }
}
