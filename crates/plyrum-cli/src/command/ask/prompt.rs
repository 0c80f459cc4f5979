//! Asking the person at the terminal whether an action may run.

use crate::action::{rules, whole, why};
use crate::text::{say, told, words};
use plyrum_protocol::{Action, ApprovalScope, Ruling};
use plyrum_tui::{Choosing, Chosen, line};

pub(super) use plyrum_tui::is_possible;

/// Longest reason for a no, in characters.
const MAX_REASON: usize = 1000;

/// What the person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Yes, for so long.
    Yes(ApprovalScope),
    /// No, and perhaps why.
    No {
        /// For the model.
        reason: Option<String>,
        /// The run ends with it.
        end: bool,
    },
    /// Ctrl-C: the run is to end.
    Interrupt,
}

/// A question on the screen. Dropping it takes it away.
#[derive(Debug)]
pub(super) struct Asking {
    choices: Vec<Choice>,
    choosing: Choosing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Yes(ApprovalScope),
    No,
    Why,
    End,
}

impl Asking {
    /// Shows the whole action and listens.
    pub(super) fn begin(tool: &str, action: &Action, ruling: &Ruling, rule: Option<&str>) -> Self {
        let (labels, choices): (Vec<_>, Vec<_>) = choices(rule.is_some()).into_iter().unzip();
        let labels = labels.into_iter().map(|key| words().say(key)).collect();
        let safe = choices.iter().position(|choice| *choice == Choice::No).unwrap_or(0);
        let choosing =
            Choosing::begin(question(tool, action, ruling, rule), labels, safe, say!("choose-help"));
        Self { choices, choosing }
    }

    /// The answer; none where the terminal is gone.
    pub(super) async fn said(&mut self) -> Option<Said> {
        let place = match self.choosing.chosen().await? {
            Chosen::Interrupt => return Some(Said::Interrupt),
            Chosen::Answer(place) => place,
        };
        Some(match self.choices.get(place)? {
            Choice::Yes(scope) => Said::Yes(*scope),
            Choice::No => Said::No { reason: None, end: false },
            Choice::End => Said::No { reason: None, end: true },
            Choice::Why => {
                let asked = format!("{} ", say!("choose-reason"));
                let reason = tokio::task::spawn_blocking(move || line(&asked, MAX_REASON)).await;
                Said::No { reason: reason.ok().and_then(Result::ok).flatten(), end: false }
            }
        })
    }
}

/// What can be said, each with its message, in the order of the digits.
fn choices(has_rule: bool) -> Vec<(&'static str, Choice)> {
    // A digit means the same at every question.
    let mut choices = vec![
        ("choose-once", Choice::Yes(ApprovalScope::Once)),
        ("choose-no", Choice::No),
        ("choose-no-why", Choice::Why),
        ("choose-no-end", Choice::End),
    ];
    if has_rule {
        choices.push(("choose-session", Choice::Yes(ApprovalScope::Session)));
        choices.push(("choose-always", Choice::Yes(ApprovalScope::Always)));
    }
    choices
}

fn question(tool: &str, action: &Action, ruling: &Ruling, rule: Option<&str>) -> String {
    let asked = say!("action-why", why = &*told(&why(&ruling.reason)));
    let mut text = format!("\n{}  {asked}\n", whole(words(), tool, action));
    if let Some(rule) = rule {
        text.push_str(&format!("  {}\n{}", say!("action-rule-would"), rules(rule)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_rule_cannot_be_said_for_longer() {
        let said = |has_rule| choices(has_rule).into_iter().map(|(_, choice)| choice).collect::<Vec<_>>();
        assert_eq!(said(false), [Choice::Yes(ApprovalScope::Once), Choice::No, Choice::Why, Choice::End]);
        assert!(said(true).contains(&Choice::Yes(ApprovalScope::Always)));
        assert!(choices(true).iter().all(|(label, _)| words().has(label)));
    }
}
