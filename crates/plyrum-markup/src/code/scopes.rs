//! From the scopes of a syntax to roles: the innermost scope that has one decides.

use std::sync::OnceLock;

use syntect::parsing::{Scope, ScopeStack};

use crate::line::Tone;

/// The first that a scope begins with counts, so what is special stands before what is general.
const ROLES: &[(&str, Tone)] = &[
    ("comment", Tone::Comment),
    ("string", Tone::String),
    ("constant.character.escape", Tone::Number),
    ("constant", Tone::Number),
    ("keyword.operator.word", Tone::Keyword),
    ("keyword.operator", Tone::Text),
    ("keyword", Tone::Keyword),
    ("storage", Tone::Keyword),
    ("variable.language", Tone::Keyword),
    ("variable.function", Tone::Function),
    ("entity.name.function", Tone::Function),
    ("entity.name.tag", Tone::Keyword),
    ("entity.name.section", Tone::Heading),
    ("entity.name", Tone::Type),
    ("entity.other.inherited-class", Tone::Type),
    ("entity.other.attribute-name", Tone::Type),
    ("support.function", Tone::Function),
    ("support.macro", Tone::Function),
    ("support.constant", Tone::Number),
    ("support.type.property-name", Tone::Text),
    ("support", Tone::Type),
    ("markup.inserted", Tone::Added),
    ("markup.deleted", Tone::Removed),
    ("markup.heading", Tone::Heading),
    ("markup.raw", Tone::Code),
    ("markup.underline.link", Tone::Link),
    ("markup.quote", Tone::Quote),
];

/// The role of what stands in these scopes.
pub(super) fn tone(stack: &ScopeStack) -> Tone {
    stack.as_slice().iter().rev().find_map(|scope| of_scope(*scope)).unwrap_or(Tone::Text)
}

fn of_scope(scope: Scope) -> Option<Tone> {
    roles().iter().find_map(|(start, tone)| start.is_prefix_of(scope).then_some(*tone))
}

fn roles() -> &'static [(Scope, Tone)] {
    static SCOPES: OnceLock<Vec<(Scope, Tone)>> = OnceLock::new();
    SCOPES.get_or_init(|| {
        ROLES.iter().filter_map(|(name, tone)| Scope::new(name).ok().map(|scope| (scope, *tone))).collect()
    })
}
