//! The whole screen's state, and how it changes: `update(message) → effects`, pure and without waiting for anything.
//!
//! Reading order: `message` (what can happen) → `update` (what follows from it, a file for each area) → `effect` (what is
//! asked of the world). `view` draws this state; `runtime` brings messages and carries out effects.

mod ask;
mod commands;
mod effect;
mod keys;
mod message;
mod opened;
mod overlay;
mod picked;
mod price;
mod runs;
mod update;

pub use ask::{Ask, Mode};
pub use commands::{COMMANDS, Command};
pub use effect::{Effect, Farewell, Order};
pub use message::{Choices, Edited, Message, Reply, UsageReply};
pub use overlay::{Overlay, Pick, PickItem, Picker, Reader};
pub use price::Price;
pub(crate) use runs::written;

use crate::approvals::Approvals;
use crate::composer::{Composed, Composer, History};
use crate::conversation::Conversation;
use crate::keymap::Keymap;
use crate::lifecycle::Lifecycle;
use crate::run::Run;
use crate::screen::Look;
use crate::screen::audit::AuditScreen;
use crate::screen::models::ModelsScreen;
use crate::screen::sessions::SessionsScreen;
use crate::screen::usage::UsageScreen;
use crate::theme::{Role, Theme};
use plyrum_protocol::{ContextMeter, Fault, RunId, Timestamp, view};
use plyrum_words::Words;
use std::collections::VecDeque;

/// Prompts that wait for the run before them.
const MAX_QUEUE: usize = 32;
/// How long a short word stays on the screen.
const TOAST_MS: u64 = 6_000;

/// Which screen is seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Screen {
    /// The conversation.
    #[default]
    Chat,
    /// The steps of a run.
    Lifecycle,
    /// Questions that wait.
    Approvals,
    /// Conversations.
    Sessions,
    /// The record.
    Audit,
    /// Money.
    Usage,
    /// Models and providers.
    Models,
}

impl Screen {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 7] = [
        Self::Chat,
        Self::Lifecycle,
        Self::Approvals,
        Self::Sessions,
        Self::Audit,
        Self::Usage,
        Self::Models,
    ];

    /// The key of its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "screen-chat",
            Self::Lifecycle => "screen-lifecycle",
            Self::Approvals => "screen-approvals",
            Self::Sessions => "screen-sessions",
            Self::Audit => "screen-audit",
            Self::Usage => "screen-usage",
            Self::Models => "screen-models",
        }
    }
}

/// What has the keys on the chat screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Focus {
    /// The prompt.
    #[default]
    Composer,
    /// The conversation.
    Pager,
}

/// The way to the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Link {
    /// It is looked for, or started.
    #[default]
    Connecting,
    /// It is there.
    Up {
        /// Its version.
        build: String,
    },
    /// It is gone, and looked for.
    Down {
        /// Why.
        fault: Box<Fault>,
    },
}

/// A short word about what just happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// What.
    pub text: String,
    /// How it is meant.
    pub role: Role,
    /// When it goes away.
    pub until: Timestamp,
}

/// How the screen is set up.
#[derive(Debug)]
pub struct Setup {
    /// Words and numbers.
    pub words: Words,
    /// Colours.
    pub theme: Theme,
    /// Keys.
    pub keymap: Keymap,
    /// Whether only ASCII may be shown.
    pub is_plain: bool,
    /// The session to open: an id, its beginning, `last`.
    pub open: Option<String>,
    /// What prompts are asked with.
    pub ask: Ask,
    /// Now.
    pub now: Timestamp,
    /// Program and version, for the record.
    pub client: String,
    /// Set where a file of the user's could not be used.
    pub warning: Option<String>,
}

/// The whole screen's state.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the terminal or the daemon, independent of the others"
)]
pub struct App {
    /// Words and numbers.
    pub words: Words,
    /// Colours.
    pub theme: Theme,
    /// Keys.
    pub keymap: Keymap,
    /// Whether only ASCII may be shown.
    pub is_plain: bool,
    /// What time it is.
    pub now: Timestamp,
    /// Which screen is seen.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// What has the keys on the chat screen.
    pub focus: Focus,
    /// The prompt that is being written.
    pub composer: Composer,
    /// The conversation.
    pub conversation: Conversation,
    /// Questions that wait.
    pub approvals: Approvals,
    /// The lifecycle pane.
    pub lifecycle: Lifecycle,
    /// Which run the lifecycle pane shows; the last one where none is chosen.
    pub watched: Option<RunId>,
    /// What prompts are asked with.
    pub ask: Ask,
    /// The way to the daemon.
    pub link: Link,
    /// What the prompt would cost.
    pub price: Price,
    /// What is spent and left.
    pub figures: Option<view::Statusline>,
    /// How full the context is.
    pub context: Option<ContextMeter>,
    /// Whether only the offline extractor answers.
    pub is_offline: bool,
    /// What there is to choose from.
    pub choices: Option<Choices>,
    /// Prompts that wait.
    pub queue: VecDeque<Composed>,
    /// A short word.
    pub toast: Option<Toast>,
    /// The usage dashboard.
    pub usage: UsageScreen,
    /// Conversations.
    pub sessions: SessionsScreen,
    /// The record.
    pub audit: AuditScreen,
    /// Models and providers.
    pub models: ModelsScreen,
    /// Whether the window has the keys, as far as the terminal says.
    pub has_focus: bool,
    /// Whether the mouse is captured.
    pub has_mouse: bool,
    client: String,
    next_ticket: u64,
    next_key: u64,
    /// When ctrl+c was pressed with nothing to do, or esc: a second one does more.
    armed: Option<(Armed, Timestamp)>,
    /// The run that is to be followed and is not, as far as the daemon said.
    following: Option<runs::Following>,
    /// The run, or the order on its way, that is ended so that the next prompt in the queue is said.
    steered: Option<runs::Steered>,
    /// When questions of other clients are looked for.
    look_at: Option<Timestamp>,
    /// When the books are read for what goes on.
    live_at: Option<Timestamp>,
    /// Orders that were sent and not yet taken: their prompts come back where they are refused.
    sent: Vec<runs::Sent>,
    /// The session that is being read, by the number of that reading: an answer to an older one says nothing any more.
    opening: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Armed {
    Quit,
    Rewind,
}

/// A second key within this time does more.
const TWICE_MS: u64 = 1_500;

impl App {
    /// The screen as it begins, and what is asked for at once.
    #[must_use]
    pub fn new(setup: Setup) -> (Self, Vec<Effect>) {
        let mut app = Self {
            words: setup.words,
            theme: setup.theme,
            keymap: setup.keymap,
            is_plain: setup.is_plain,
            now: setup.now,
            screen: Screen::Chat,
            overlay: None,
            focus: Focus::Composer,
            composer: Composer::new(History::default(), commands::hints()),
            conversation: Conversation::default(),
            approvals: Approvals::default(),
            lifecycle: Lifecycle::default(),
            watched: None,
            ask: setup.ask,
            link: Link::Connecting,
            price: Price::default(),
            figures: None,
            context: None,
            is_offline: false,
            choices: None,
            queue: VecDeque::new(),
            toast: None,
            usage: UsageScreen::default(),
            sessions: SessionsScreen::default(),
            audit: AuditScreen::default(),
            models: ModelsScreen::default(),
            has_focus: true,
            has_mouse: false,
            client: setup.client,
            next_ticket: 1,
            next_key: 1,
            armed: None,
            following: None,
            steered: None,
            look_at: None,
            live_at: None,
            sent: Vec::new(),
            opening: None,
        };
        if let Some(warning) = setup.warning {
            app.toast(Role::Warning, warning);
        }
        let mut effects = vec![Effect::Figures, Effect::EarlierPrompts];
        if let Some(session) = setup.open {
            effects.push(app.read_session(session));
        }
        (app, effects)
    }

    /// What every view is given.
    #[must_use]
    pub const fn look(&self) -> Look<'_> {
        Look { theme: &self.theme, words: &self.words, now: self.now, is_plain: self.is_plain }
    }

    /// The run that goes on in this conversation.
    #[must_use]
    pub fn live(&self) -> Option<&Run> {
        self.conversation.last().and_then(|turn| turn.run()).filter(|run| run.is_live())
    }

    /// Whether a prompt has to wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.conversation.last().is_some_and(crate::conversation::Turn::is_live)
    }

    /// The run that the lifecycle pane shows.
    #[must_use]
    pub fn watched_run(&self) -> Option<&Run> {
        match &self.watched {
            Some(id) => self.conversation.turn(id).and_then(|turn| turn.run()),
            None => self.conversation.turns.iter().rev().find_map(|turn| turn.run()),
        }
    }

    /// When something is to be seen that no message brings: a moving sign, the end of a short word, a price that is due.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Timestamp> {
        const BEAT_MS: u64 = 120;
        let beat = self.is_busy().then(|| self.now.plus_millis(BEAT_MS));
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let look = self.look_at.filter(|_| matches!(self.link, Link::Up { .. }));
        let live = self.live_at.filter(|_| self.screen == Screen::Usage);
        let record = self.audit.wakes_at().filter(|_| self.screen == Screen::Audit);
        let follow = self.following.as_ref().and_then(runs::Following::due_at);
        [beat, toast, self.price.due_at(), look, live, record, follow].into_iter().flatten().min()
    }

    /// Says something short.
    pub(crate) fn toast(&mut self, role: Role, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), role, until: self.now.plus_millis(TOAST_MS) });
    }

    fn fault(&mut self, fault: &Fault) {
        let said = self.look().fault(fault);
        self.toast(Role::Bad, said);
    }

    const fn ticket(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        ticket
    }

    const fn key(&mut self) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        key
    }

    /// Whether this is the second of two keys; the first one is remembered.
    fn twice(&mut self, what: Armed) -> bool {
        let now = self.now;
        let is_second =
            self.armed.is_some_and(|(armed, at)| armed == what && now.millis_since(at) <= TWICE_MS);
        self.armed = if is_second { None } else { Some((what, now)) };
        is_second
    }
}

#[cfg(test)]
mod tests;
