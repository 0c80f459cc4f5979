//! Actions are shown alike by commands and by the screen.

pub(crate) use plyrum_markup::escaped;
pub(crate) use plyrum_tui::action::{ended, line, row, rules, status, whole, why};
