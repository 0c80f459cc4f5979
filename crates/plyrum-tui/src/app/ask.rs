//! What prompts are asked with.

use plyrum_protocol::{Asking, Effort, Profile, SubmitOptions};

/// Who may act without being asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The configured policy.
    Default,
    /// A policy by its name.
    Policy(String),
    /// Nobody acts: reading and thinking only.
    Plan,
}

/// What prompts are asked with, until it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Catalogue id; none lets the router choose.
    pub model: Option<String>,
    /// Persona; none takes the configured one.
    pub persona: Option<String>,
    /// Plan; none takes the configured one.
    pub plan: Option<String>,
    /// Quality against price.
    pub profile: Option<Profile>,
    /// How long models that think may think.
    pub effort: Option<Effort>,
    /// Who may act.
    pub mode: Mode,
    /// The configured policy, where it is known: what [`Mode::Default`] comes to.
    pub default_policy: Option<String>,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            model: None,
            persona: None,
            plan: None,
            profile: None,
            effort: None,
            mode: Mode::Default,
            default_policy: None,
        }
    }
}

/// The policies that shift+tab goes through, from the strictest.
const CYCLE: [&str; 3] = ["ask", "read-only", "workspace"];

impl Ask {
    /// The next mode: ask, read-only, workspace, plan, and around.
    pub fn cycle(&mut self) {
        let place = match &self.mode {
            Mode::Default => {
                self.default_policy.as_ref().and_then(|name| CYCLE.iter().position(|it| it == name))
            }
            Mode::Policy(name) => CYCLE.iter().position(|policy| policy == name),
            Mode::Plan => Some(CYCLE.len()),
        };
        let next = place.map_or(1, |place| (place + 1) % (CYCLE.len() + 1));
        self.mode = CYCLE.get(next).map_or(Mode::Plan, |policy| Mode::Policy((*policy).to_owned()));
    }

    /// The policy that is sent along.
    #[must_use]
    pub fn policy(&self) -> Option<String> {
        match &self.mode {
            Mode::Default | Mode::Plan => None,
            Mode::Policy(name) => Some(name.clone()),
        }
    }

    /// As a submit has it.
    #[must_use]
    pub fn options(&self) -> SubmitOptions {
        SubmitOptions {
            model: self.model.clone(),
            persona: self.persona.clone(),
            plan: self.plan.clone(),
            profile: self.profile,
            effort: self.effort,
            approve: self.policy(),
            asking: Asking::Client,
            plan_mode: self.mode == Mode::Plan,
            ..SubmitOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_goes_around_and_plan_mode_names_no_policy() {
        let mut ask = Ask::default();
        let mut seen = Vec::new();
        for _ in 0..4 {
            ask.cycle();
            seen.push((ask.policy(), ask.options().plan_mode));
        }
        let policy = |name: &str| (Some(name.to_owned()), false);
        assert_eq!(seen, [policy("read-only"), policy("workspace"), (None, true), policy("ask")]);
    }
}
