//! What a piece of the screen can be, and its name in the user's file.

use plyrum_markup::Tone;

/// What a piece of the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// What is read.
    Text,
    /// What may be overlooked.
    Dim,
    /// The name of a screen or a pane.
    Title,
    /// A border.
    Border,
    /// The border of what has the keys.
    Focus,
    /// The line that is chosen.
    Selected,
    /// A key that can be pressed.
    Key,
    /// The user's own words.
    User,
    /// Money.
    Money,
    /// It went well.
    Good,
    /// It should be looked at.
    Warning,
    /// It went wrong.
    Bad,
    /// It is going on.
    Busy,
    /// What matches a search.
    Match,
    /// A bar of a chart, or its filled part.
    Bar,
    /// A second bar to compare with.
    BarBefore,
    /// Text of a document, by its own role.
    Markup(Tone),
}

const ROLES: &[(Role, &str)] = &[
    (Role::Text, "text"),
    (Role::Dim, "dim"),
    (Role::Title, "title"),
    (Role::Border, "border"),
    (Role::Focus, "focus"),
    (Role::Selected, "selected"),
    // Not `key`: what a file says of a key is never quoted in a message.
    (Role::Key, "keys"),
    (Role::User, "user"),
    (Role::Money, "money"),
    (Role::Good, "good"),
    (Role::Warning, "warning"),
    (Role::Bad, "bad"),
    (Role::Busy, "busy"),
    (Role::Match, "match"),
    (Role::Bar, "bar"),
    (Role::BarBefore, "bar-before"),
    (Role::Markup(Tone::Text), "markup-text"),
    (Role::Markup(Tone::Dim), "markup-dim"),
    (Role::Markup(Tone::Heading), "markup-heading"),
    (Role::Markup(Tone::Code), "markup-code"),
    (Role::Markup(Tone::Keyword), "markup-keyword"),
    (Role::Markup(Tone::String), "markup-string"),
    (Role::Markup(Tone::Number), "markup-number"),
    (Role::Markup(Tone::Comment), "markup-comment"),
    (Role::Markup(Tone::Function), "markup-function"),
    (Role::Markup(Tone::Type), "markup-type"),
    (Role::Markup(Tone::Link), "markup-link"),
    (Role::Markup(Tone::Quote), "markup-quote"),
    (Role::Markup(Tone::Marker), "markup-marker"),
    (Role::Markup(Tone::Added), "markup-added"),
    (Role::Markup(Tone::Removed), "markup-removed"),
    (Role::Markup(Tone::Hunk), "markup-hunk"),
];

impl Role {
    /// All roles that have a name.
    pub fn all() -> impl Iterator<Item = Self> {
        ROLES.iter().map(|(role, _)| *role)
    }

    /// Its name in the user's file.
    #[must_use]
    pub fn name(self) -> &'static str {
        ROLES.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The role of that name, written with `-` or `_`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        ROLES.iter().find(|(_, known)| *known == name).map(|(role, _)| *role)
    }
}
