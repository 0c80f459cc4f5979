//! Colour by role: what a piece of the screen means decides how it looks, from the 16 colours that every terminal has and
//! its user has chosen. Everything stays readable without colour: what differs also differs by a sign, a word, or weight.

mod file;
mod role;

pub use file::ThemeError;
pub use role::Role;

use plyrum_markup::{Emphasis, Tone};
use ratatui::style::{Color, Modifier, Style};

/// How roles look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    palette: Palette,
    /// What the user's file says, for a role at most once.
    own: Vec<(Role, Style)>,
}

/// Which colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Palette {
    /// On a dark ground, or one that is not known.
    Sixteen,
    /// On a light ground, where yellow and cyan are hard to read.
    Light,
    Mono,
}

impl Theme {
    /// The colours of the terminal itself.
    #[must_use]
    pub const fn sixteen() -> Self {
        Self { palette: Palette::Sixteen, own: Vec::new() }
    }

    /// The same for a light ground.
    #[must_use]
    pub const fn light() -> Self {
        Self { palette: Palette::Light, own: Vec::new() }
    }

    /// Without colour: weight, slant, lines and reversal alone.
    #[must_use]
    pub const fn mono() -> Self {
        Self { palette: Palette::Mono, own: Vec::new() }
    }

    /// What the variables of the environment ask for. `NO_COLOR` wins; `CLICOLOR_FORCE` wins over the rest.
    #[must_use]
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| get(name).is_some_and(|value| !value.is_empty());
        let is = |name, wanted| get(name).is_some_and(|value| value == wanted);
        let is_forced = is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0");
        let is_poor = is("TERM", "dumb") || is("CLICOLOR", "0");
        if is_set("NO_COLOR") || (is_poor && !is_forced) {
            return Self::mono();
        }
        // Some terminals tell their colours as `foreground;background`; 7 and 15 are the white ones.
        let ground = get("COLORFGBG").unwrap_or_default();
        let is_light = matches!(ground.rsplit(';').next(), Some("7" | "15"));
        if is_light { Self::light() } else { Self::sixteen() }
    }

    /// How a role looks.
    #[must_use]
    pub fn of(&self, role: Role) -> Style {
        let own = self.own.iter().find(|(known, _)| *known == role).map(|(_, style)| *style);
        if self.palette != Palette::Mono {
            return own.unwrap_or_else(|| self.built_in(role));
        }
        // The user's colours end where colour is not wanted; the user's weights do not.
        let own = own.filter(|style| !style.add_modifier.is_empty());
        Style { fg: None, bg: None, ..own.unwrap_or_else(|| self.built_in(role)) }
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

    fn built_in(&self, role: Role) -> Style {
        match self.palette {
            Palette::Mono => Style::new().add_modifier(weight_alone(role)),
            Palette::Sixteen => coloured(role, colour(role)),
            Palette::Light => coloured(role, colour(role).map(on_light)),
        }
    }
}

fn coloured(role: Role, colour: Option<Color>) -> Style {
    Style { fg: colour, ..Style::new().add_modifier(weight(role)) }
}

/// The weight beside a colour. It keeps apart what a person who sees no colours has to tell apart.
const fn weight(role: Role) -> Modifier {
    match role {
        Role::Title | Role::Key | Role::Focus | Role::Warning | Role::Bad | Role::User => Modifier::BOLD,
        Role::Selected => Modifier::REVERSED,
        Role::Match => Modifier::REVERSED.union(Modifier::BOLD),
        Role::Markup(Tone::Heading | Tone::Keyword) => Modifier::BOLD,
        // Grey by the terminal's own measure: bright black is the ground itself in some palettes.
        Role::Dim | Role::Border | Role::BarBefore | Role::Markup(Tone::Dim | Tone::Comment) => Modifier::DIM,
        Role::Markup(Tone::Link) => Modifier::UNDERLINED,
        Role::Markup(Tone::Quote) => Modifier::ITALIC,
        _ => Modifier::empty(),
    }
}

/// The weight where there is no colour.
const fn weight_alone(role: Role) -> Modifier {
    match role {
        Role::Key => Modifier::UNDERLINED,
        Role::Bad => Modifier::BOLD.union(Modifier::UNDERLINED),
        Role::Busy => Modifier::ITALIC,
        Role::Markup(Tone::Added) => Modifier::BOLD,
        Role::Markup(Tone::Removed) => Modifier::DIM,
        Role::Markup(Tone::Hunk) => Modifier::UNDERLINED,
        Role::Markup(Tone::Code) => Modifier::BOLD,
        Role::Markup(Tone::Comment) => Modifier::ITALIC,
        role => weight(role),
    }
}

const fn colour(role: Role) -> Option<Color> {
    Some(match role {
        Role::Focus | Role::Key | Role::User | Role::Markup(Tone::Heading | Tone::Link) => Color::Cyan,
        Role::Money | Role::Bar => Color::Green,
        Role::Good | Role::Markup(Tone::Added | Tone::String) => Color::Green,
        Role::Warning | Role::Busy | Role::Markup(Tone::Number | Tone::Type | Tone::Code) => Color::Yellow,
        Role::Bad | Role::Markup(Tone::Removed) => Color::Red,
        Role::Markup(Tone::Keyword | Tone::Marker) => Color::Magenta,
        Role::Markup(Tone::Function | Tone::Hunk) => Color::Blue,
        _ => return None,
    })
}

/// What can be read on white in the place of what cannot.
const fn on_light(colour: Color) -> Color {
    match colour {
        Color::Yellow => Color::Magenta,
        Color::Cyan => Color::Blue,
        colour => colour,
    }
}

#[cfg(test)]
mod tests;
