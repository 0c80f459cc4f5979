//! Colour by role: what a piece of the screen means decides how it looks, from the 16 colours that every terminal has and
//! its user has chosen. Everything stays readable without colour: what differs also differs by a sign, a word, or weight.

use plyrum_markup::{Emphasis, Tone};
use ratatui::style::{Color, Modifier, Style};

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

/// How roles look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    has_colour: bool,
}

impl Theme {
    /// The colours of the terminal itself.
    #[must_use]
    pub const fn sixteen() -> Self {
        Self { has_colour: true }
    }

    /// Without colour: weight and reversal alone.
    #[must_use]
    pub const fn mono() -> Self {
        Self { has_colour: false }
    }

    /// How a role looks.
    #[must_use]
    pub fn of(&self, role: Role) -> Style {
        let style = shape(role);
        if self.has_colour { colour(role).map_or(style, |c| style.fg(c)) } else { style }
    }

    /// How a piece of a document looks.
    #[must_use]
    pub fn of_span(&self, tone: Tone, emphasis: Emphasis) -> Style {
        let mut style = self.of(Role::Markup(tone));
        for (flag, modifier) in [
            (Emphasis::BOLD, Modifier::BOLD),
            (Emphasis::ITALIC, Modifier::ITALIC),
            (Emphasis::UNDERLINE, Modifier::UNDERLINED),
            (Emphasis::STRUCK, Modifier::CROSSED_OUT),
        ] {
            if emphasis.has(flag) {
                style = style.add_modifier(modifier);
            }
        }
        style
    }
}

fn shape(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Title | Role::Key | Role::Focus | Role::Warning | Role::Bad | Role::User => style.bold(),
        Role::Selected | Role::Match => style.reversed(),
        Role::Dim | Role::Markup(Tone::Dim) => style.dim(),
        Role::Markup(Tone::Heading) => style.bold(),
        Role::Markup(Tone::Link) => style.underlined(),
        _ => style,
    }
}

const fn colour(role: Role) -> Option<Color> {
    Some(match role {
        Role::Focus | Role::Key | Role::User | Role::Markup(Tone::Heading | Tone::Link) => Color::Cyan,
        Role::Money | Role::Bar => Color::Green,
        Role::Good | Role::Markup(Tone::Added | Tone::String) => Color::Green,
        Role::Warning | Role::Busy | Role::Markup(Tone::Number) => Color::Yellow,
        Role::Bad | Role::Markup(Tone::Removed) => Color::Red,
        Role::BarBefore | Role::Border | Role::Markup(Tone::Comment) => Color::DarkGray,
        Role::Markup(Tone::Keyword) => Color::Magenta,
        Role::Markup(Tone::Function | Tone::Hunk) => Color::Blue,
        Role::Markup(Tone::Type | Tone::Code) => Color::Yellow,
        _ => return None,
    })
}
