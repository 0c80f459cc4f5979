//! Commands of the prompt, the palette, and what is chosen from lists.

use super::overlay::{self, Pick, PickItem, Picker};
use super::{App, Choices, Command, Effect, Mode, Overlay, Screen};
use crate::composer::Composed;
use crate::conversation::Conversation;
use crate::keymap::{Action, Context};
use crate::theme::Role;
use plyrum_protocol::{Effort, Profile, RunId, RunStatus};

/// Rows that a page key moves in a list.
const PAGE: isize = 10;

impl App {
    /// What was written: a prompt, a command of ours, or a command of the shell.
    pub(super) fn carry_out(&mut self, composed: Composed) -> Vec<Effect> {
        self.conversation.go_to_bottom();
        match composed {
            Composed::Command { name, args } => {
                if let Some(command) = Command::named(&name) {
                    self.command(command, args.trim())
                } else {
                    let text = self.words.with("no-such-command", &[("name", name.as_str().into())]);
                    self.toast(Role::Bad, text);
                    let _edited = self.composer.replace(&format!("/{name} {args}"));
                    Vec::new()
                }
            }
            composed => self.send(composed),
        }
    }

    fn command(&mut self, command: Command, args: &str) -> Vec<Effect> {
        let some = (!args.is_empty()).then(|| args.to_owned());
        match command {
            Command::New => self.begin_anew(),
            Command::Sessions => self.go(Screen::Sessions),
            Command::Resume => match some {
                Some(id) => self.open_session(id),
                None => self.go(Screen::Sessions),
            },
            Command::Model => self.choose_or_set(some, Pick::Model, overlay_models, "pick-model"),
            Command::Persona => self.choose_or_set(some, Pick::Persona, overlay_personas, "pick-persona"),
            Command::Plan => self.choose_or_set(some, Pick::Plan, overlay_plans, "pick-plan"),
            Command::Profile => self.set_profile(args),
            Command::Effort => self.set_effort(args),
            Command::Approve => self.set_policy(some.as_deref()),
            Command::Runs => self.pick_run(),
            Command::Attach => match some {
                Some(id) => self.open_session(id),
                None => self.pick_run(),
            },
            Command::Lifecycle => self.go(Screen::Lifecycle),
            Command::FinishNow => {
                self.live().map(|run| Effect::FinishNow(run.id.clone())).into_iter().collect()
            }
            Command::Approvals => self.go(Screen::Approvals),
            Command::Undo => self.undo(),
            Command::Rewind => self.rewind(args.parse().unwrap_or(1)),
            Command::Fork => self.fork(),
            Command::Rename => self.rename(args),
            Command::Compact => self.compact(args),
            Command::Copy => self.copy_answer(),
            Command::Code => self.copy_code(),
            Command::Details => {
                self.toggle_details();
                Vec::new()
            }
            Command::Usage => self.go(Screen::Usage),
            Command::Audit => self.go(Screen::Audit),
            Command::Models => self.go(Screen::Models),
            Command::Mouse => self.toggle_mouse(),
            Command::Help => {
                self.overlay = Some(Overlay::Help { scroll: 0 });
                Vec::new()
            }
            Command::Quit => vec![Effect::Quit(self.farewell(0))],
        }
    }

    fn begin_anew(&mut self) -> Vec<Effect> {
        self.leaves();
        self.live_at = None;
        self.conversation = Conversation::numbered(self.ticket());
        self.context = None;
        self.watched = None;
        Vec::new()
    }

    fn choose_or_set(
        &mut self,
        name: Option<String>,
        pick: fn(Option<String>) -> Pick,
        rows: fn(&Self, &Choices) -> Vec<PickItem>,
        title: &'static str,
    ) -> Vec<Effect> {
        if let Some(name) = name {
            let name = Some(name).filter(|name| name != "auto");
            return self.picked(pick(name));
        }
        match &self.choices {
            Some(choices) => {
                let rows = rows(self, choices);
                self.pick(Picker::new(title, rows));
                Vec::new()
            }
            None => vec![Effect::ListChoices],
        }
    }

    fn set_profile(&mut self, name: &str) -> Vec<Effect> {
        self.ask.profile = match name {
            "cheap" => Some(Profile::Cheap),
            "balanced" => Some(Profile::Balanced),
            "best" => Some(Profile::Best),
            "" | "auto" => None,
            _ => {
                self.toast(Role::Bad, self.words.say("no-such-profile"));
                return Vec::new();
            }
        };
        self.edited();
        self.say_asked_with();
        Vec::new()
    }

    fn set_effort(&mut self, name: &str) -> Vec<Effect> {
        let effort = Effort::ALL.into_iter().find(|effort| effort.as_str() == name);
        if effort.is_none() && !matches!(name, "" | "auto") {
            self.toast(Role::Bad, self.words.say("no-such-effort"));
            return Vec::new();
        }
        self.ask.effort = effort;
        self.edited();
        self.say_asked_with();
        Vec::new()
    }

    fn set_policy(&mut self, name: Option<&str>) -> Vec<Effect> {
        match name {
            None => return self.cycle_mode(),
            Some("plan") => self.ask.mode = Mode::Plan,
            Some("default") => self.ask.mode = Mode::Default,
            Some(name) => self.ask.mode = Mode::Policy(name.to_owned()),
        }
        self.say_asked_with();
        Vec::new()
    }

    fn pick_run(&mut self) -> Vec<Effect> {
        let Some(choices) = &self.choices else { return vec![Effect::ListChoices] };
        let rows = choices.runs.iter().map(|row| {
            let id: String = row.run.as_str().chars().take(8).collect();
            let sign = if row.status == RunStatus::Running { "▸ " } else { "" };
            let status = self.words.say(&format!("status-{}", row.status.as_str()));
            PickItem {
                label: id,
                detail: format!(
                    "{sign}{status} · {} · {}",
                    row.plan,
                    self.words.charged(row.cost_micro_rub, row.unpriced as usize)
                ),
                pick: Pick::Run(row.run.clone()),
            }
        });
        let rows = rows.collect();
        self.pick(Picker::new("pick-run", rows));
        vec![Effect::ListChoices]
    }

    fn undo(&mut self) -> Vec<Effect> {
        if let Some(run) = self.last_run().map(|run| run.id.clone()) {
            vec![Effect::Undo(run)]
        } else {
            self.toast(Role::Warning, self.words.say("nothing-to-undo"));
            Vec::new()
        }
    }

    fn fork(&mut self) -> Vec<Effect> {
        match self.conversation.session.clone() {
            Some(session) => vec![Effect::Fork(session)],
            None => self.no_conversation(),
        }
    }

    fn rename(&mut self, title: &str) -> Vec<Effect> {
        match self.conversation.session.clone() {
            Some(session) => vec![Effect::Rename { session, title: title.to_owned() }],
            None => self.no_conversation(),
        }
    }

    fn no_conversation(&mut self) -> Vec<Effect> {
        self.toast(Role::Warning, self.words.say("no-conversation"));
        Vec::new()
    }

    fn compact(&mut self, mind: &str) -> Vec<Effect> {
        if self.conversation.session.is_none() || self.is_busy() {
            self.toast(Role::Warning, self.words.say("nothing-to-compact"));
            return Vec::new();
        }
        let composed = Composed::of(mind);
        let order = super::Order { is_compaction: true, ..self.order(&composed) };
        let turn = crate::conversation::Turn::new(
            self.key(),
            format!("/compact {mind}").trim_end().to_owned(),
            Vec::new(),
            crate::conversation::State::Sending { ticket: order.ticket, is_withdrawn: false },
        );
        self.conversation.push(turn);
        self.sent.push(super::runs::Sent::of(order.ticket, None));
        vec![Effect::Submit(Box::new(order))]
    }

    /// Everything that can be done, by name.
    pub(super) fn open_palette(&mut self) {
        let commands = super::COMMANDS.iter().map(|(name, command, about)| PickItem {
            label: format!("/{name}"),
            detail: self.words.say(about),
            pick: Pick::Command(*command),
        });
        let keys = self.keymap.help(Context::Everywhere).into_iter().map(|row| PickItem {
            label: self.words.say(row.about),
            detail: row.keys(),
            pick: Pick::Do(row.action),
        });
        let is_known = |item: &PickItem| !matches!(item.pick, Pick::Do(Action::Palette | Action::Escape));
        let items = commands.chain(keys.filter(is_known)).collect();
        self.pick(Picker::new("pick-command", items));
    }

    pub(super) fn picker_key(&mut self, mut picker: Picker, action: Action) -> Vec<Effect> {
        match action {
            Action::Escape | Action::Palette => return Vec::new(),
            Action::Send | Action::Open | Action::Confirm => {
                return picker.chosen().map(|pick| self.picked(pick)).unwrap_or_default();
            }
            Action::Up => picker.step_by(-1),
            Action::Down => picker.step_by(1),
            Action::PageUp => picker.step_by(-PAGE),
            Action::PageDown => picker.step_by(PAGE),
            Action::DeleteBack if !picker.backspace() => return Vec::new(),
            Action::DeleteToStart => picker.filter.clear(),
            _ => {}
        }
        self.overlay = Some(Overlay::Picker(picker));
        Vec::new()
    }

    fn picked(&mut self, pick: Pick) -> Vec<Effect> {
        match pick {
            Pick::Do(action) => return self.do_action(action),
            Pick::Command(command) => return self.command(command, ""),
            Pick::Model(model) => self.ask.model = model,
            Pick::Persona(persona) => self.ask.persona = persona,
            Pick::Plan(plan) => self.ask.plan = plan,
            Pick::Run(run) => return self.open_run(&run),
        }
        self.edited();
        self.say_asked_with();
        Vec::new()
    }

    fn do_action(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::GoChat => self.go(Screen::Chat),
            Action::GoLifecycle => self.go(Screen::Lifecycle),
            Action::GoApprovals => self.go(Screen::Approvals),
            Action::GoSessions => self.go(Screen::Sessions),
            Action::GoAudit => self.go(Screen::Audit),
            Action::GoUsage => self.go(Screen::Usage),
            Action::GoModels => self.go(Screen::Models),
            Action::CycleApproval => self.cycle_mode(),
            Action::ToggleMouse => self.toggle_mouse(),
            Action::Copy => self.copy_answer(),
            Action::CopyCode => self.copy_code(),
            Action::Redraw => vec![Effect::Redraw],
            Action::Suspend => vec![Effect::Suspend],
            Action::QuitWhenEmpty => vec![Effect::Quit(self.farewell(0))],
            Action::Help => {
                self.overlay = Some(Overlay::Help { scroll: 0 });
                Vec::new()
            }
            Action::PageUp => {
                self.conversation.page(-1);
                Vec::new()
            }
            Action::PageDown => {
                self.conversation.page(1);
                Vec::new()
            }
            Action::Top => {
                self.conversation.go_to_top();
                Vec::new()
            }
            Action::Bottom => {
                self.conversation.go_to_bottom();
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What prompts are asked with from now on.
    fn say_asked_with(&mut self) {
        let text = self.words.with("asked-with", &[("what", self.asked_with().into())]);
        self.toast(Role::Good, text);
    }

    /// Model, persona, plan, profile, effort, as far as they are chosen.
    #[must_use]
    pub fn asked_with(&self) -> String {
        let profile = self.ask.profile.map(|profile| match profile {
            Profile::Cheap => "cheap",
            Profile::Balanced => "balanced",
            Profile::Best => "best",
        });
        let effort = self
            .ask
            .effort
            .map(|effort| self.words.with("asked-effort", &[("effort", effort.as_str().into())]));
        let chosen = [
            Some(self.ask.model.as_deref().unwrap_or("auto")),
            self.ask.persona.as_deref(),
            self.ask.plan.as_deref(),
            profile,
            effort.as_deref(),
        ];
        chosen.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    pub(super) fn chosen_from(&mut self, choices: Choices) {
        self.models.set_models(&choices.models, &choices.providers);
        self.choices = Some(choices);
    }

    /// Whether there is nothing but the offline extractor, and nothing else on its way.
    pub(super) fn may_try(&self) -> bool {
        let hosted = self
            .choices
            .as_ref()
            .map(|choices| choices.models.iter().any(|model| model.ready && model.provider != "offline"));
        hosted == Some(false) && self.conversation.turns.is_empty() && !self.conversation.is_loading
    }

    /// Enter on an empty first screen: a question that needs no key, about a text that comes with it.
    pub(super) fn first_try(&mut self) -> Vec<Effect> {
        let composed = Composed::of(&self.words.say("try-prompt"));
        let mut effects = self.send(composed);
        for effect in &mut effects {
            if let Effect::Submit(order) = effect {
                order.texts.push(("about-plyrum.md".to_owned(), self.words.say("try-text")));
                order.options.model = Some("offline/query".to_owned());
                order.options.plan = Some("direct".to_owned());
                if let Some(turn) = self.conversation.turns.back_mut() {
                    turn.attachments.push("about-plyrum.md".to_owned());
                    turn.changed();
                }
            }
        }
        effects
    }

    fn open_run(&mut self, run: &RunId) -> Vec<Effect> {
        self.open_session(run.as_str().to_owned())
    }
}

fn overlay_models(app: &App, choices: &Choices) -> Vec<PickItem> {
    overlay::models(choices, app.words.say("pick-any-model"), |why| app.look().told(why))
}

fn overlay_personas(_: &App, choices: &Choices) -> Vec<PickItem> {
    overlay::personas(choices)
}

fn overlay_plans(_: &App, choices: &Choices) -> Vec<PickItem> {
    overlay::plans(choices)
}
