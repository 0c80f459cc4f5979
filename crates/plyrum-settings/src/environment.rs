//! The one variable that changes a setting: `PLYRUM_LANG`.
//!
//! A daemon does not see its caller's environment, so settings that matter to a run belong
//! in files or flags; the language matters to whoever prints.

use std::ffi::OsString;

use crate::Lang;

pub(crate) const LANG_VARIABLE: &str = "PLYRUM_LANG";

/// What the variable asks for: a language, nothing, or something that this build has not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Nothing,
    Lang(Lang),
    Unknown(String),
}

pub(crate) fn asked_lang(env: &impl Fn(&str) -> Option<OsString>) -> Asked {
    let value = env(LANG_VARIABLE).filter(|value| !value.is_empty());
    let Some(value) = value else { return Asked::Nothing };
    let text = value.to_str().unwrap_or("?");
    Lang::from_locale(text).map_or_else(|| Asked::Unknown(excerpt(text)), Asked::Lang)
}

/// Enough to recognise it, and nothing that a terminal would obey.
fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_an_absent_one() {
        let asked = |value: &'static str| asked_lang(&move |_: &str| Some(OsString::from(value)));
        assert_eq!(asked(""), Asked::Nothing);
        assert_eq!(asked("ru_RU"), Asked::Lang(Lang::Ru));
        assert_eq!(asked("de\u{1b}"), Asked::Unknown("de".to_owned()));
        assert_eq!(asked_lang(&|_: &str| None), Asked::Nothing);
    }
}
