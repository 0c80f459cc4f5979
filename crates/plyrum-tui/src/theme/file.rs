//! The user's own colours, over a theme.
//!
//! ```toml
//! [colours]
//! title = "bold bright-cyan"
//! text = "default"
//! ```
//!
//! A role says its colour and how it stands out, or one of the two; what it says replaces all of how the role looked.

use super::{Role, Theme};
use plyrum_config::Diagnostic;
use ratatui::style::{Color, Modifier, Style};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// What is wrong in the file, and on which line.
pub type ThemeError = Diagnostic;

const SECTION: &str = "colours";

const COLOURS: &[(&str, Color)] = &[
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

impl Theme {
    /// This theme with a user's file over it; `path` is only for messages.
    pub fn with_file(mut self, text: &str, path: &Path) -> Result<Self, ThemeError> {
        let document = DeTable::parse(text).map_err(|error| Diagnostic::from_toml(path, text, &error))?;
        let wrong = |span, message: &str| Diagnostic::from_span(path, text, Some(span), message);
        for (name, section) in document.get_ref() {
            let (SECTION, DeValue::Table(colours)) = (name.get_ref().as_ref(), section.get_ref()) else {
                let message = format!("unknown section `{}`", name.get_ref());
                return Err(wrong(name.span(), &message).with_nearest(name.get_ref(), [SECTION].into_iter()));
            };
            for (role, value) in colours {
                let known = Role::named(role.get_ref()).ok_or_else(|| {
                    wrong(role.span(), &format!("unknown role `{}`", role.get_ref()))
                        .with_nearest(role.get_ref(), Role::all().map(Role::name))
                })?;
                let DeValue::String(look) = value.get_ref() else {
                    return Err(wrong(value.span(), "a colour is a string, such as \"bold cyan\""));
                };
                let style = style(look).map_err(|bad| bad.told(wrong(value.span(), &bad.message())))?;
                self.own.retain(|(own, _)| *own != known);
                self.own.push((known, style));
            }
        }
        Ok(self)
    }
}

/// A word that is no colour.
struct BadWord(String);

impl BadWord {
    fn message(&self) -> String {
        let is_rgb = self.0.starts_with('#') || self.0.starts_with("rgb") || self.0.parse::<u32>().is_ok();
        if is_rgb {
            return format!("`{}` is not one of the terminal's 16 colours, which fit every palette", self.0);
        }
        format!("unknown colour `{}`", self.0)
    }

    fn told(&self, diagnostic: Diagnostic) -> Diagnostic {
        let names = COLOURS.iter().map(|(name, _)| *name).chain(MODIFIERS.iter().map(|(name, _)| *name));
        diagnostic.with_nearest(&self.0, names)
    }
}

fn style(look: &str) -> Result<Style, BadWord> {
    let mut style = Style::new();
    for word in look.split_whitespace() {
        let name = word.replace('_', "-");
        let colour = COLOURS.iter().find(|(known, _)| *known == name).map(|(_, colour)| *colour);
        let modifier = MODIFIERS.iter().find(|(known, _)| *known == name).map(|(_, modifier)| *modifier);
        style = match (colour, modifier) {
            (Some(colour), _) => style.fg(colour),
            (None, Some(modifier)) => style.add_modifier(modifier),
            (None, None) => return Err(BadWord(word.to_owned())),
        };
    }
    Ok(style)
}
