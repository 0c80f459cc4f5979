//! What a member of the family has other than the rest: a value, so that each member's file says only that.

use crate::Wire;

/// How one member writes and reads what the others write and read differently.
#[derive(Debug)]
pub(in crate::wire) struct Dialect {
    /// The member: its name is in messages, its thoughts are the ones that go back.
    pub(in crate::wire) wire: Wire,
    /// The field of the wish for more or less thinking.
    pub(in crate::wire) effort: EffortField,
    /// The field in which thoughts come and go back.
    pub(in crate::wire) thoughts: ThoughtsField,
    /// An answer's form can be asked for by its schema; else only as JSON of any form.
    pub(in crate::wire) takes_schemas: bool,
    /// Counts with the member's own price are asked for by a field of its own.
    pub(in crate::wire) asks_cost: bool,
    /// What the names of models with marks of a prompt cache begin with; none where no model has them.
    pub(in crate::wire) marked_models: Option<&'static str>,
}

/// The field of the wish for more or less thinking.
#[derive(Clone, Copy, Debug)]
pub(in crate::wire) enum EffortField {
    /// `reasoning_effort`, a word.
    ReasoningEffort,
    /// `reasoning`, an object.
    Reasoning,
}

/// The field in which thoughts come and go back.
#[derive(Clone, Copy, Debug)]
pub(in crate::wire) enum ThoughtsField {
    /// They do not go back.
    Nothing,
    /// `reasoning_content`, a text.
    ReasoningContent,
    /// `reasoning_details`, a list of parts with signatures or in ciphers.
    ReasoningDetails,
}

impl Dialect {
    /// What most servers have.
    pub(in crate::wire) const fn of(wire: Wire) -> Self {
        Self {
            wire,
            effort: EffortField::ReasoningEffort,
            thoughts: ThoughtsField::Nothing,
            takes_schemas: true,
            asks_cost: false,
            marked_models: None,
        }
    }

    pub(super) fn marks_caches_of(&self, model: &str) -> bool {
        self.marked_models.is_some_and(|beginning| model.starts_with(beginning))
    }
}
