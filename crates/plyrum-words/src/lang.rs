//! Which language is spoken.

/// Whose words are said, and whose conventions numbers follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Russian.
    Ru,
}

/// The locale of messages, strongest first.
const VARIABLES: [&str; 4] = ["PLYRUM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"];

impl Lang {
    /// By `PLYRUM_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANG`: the first that is set and not `auto`.
    #[must_use]
    pub fn of_environment() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// The same, of variables that are given.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut set = VARIABLES.iter().filter_map(|name| variable(name));
        match set.find(|value| !value.is_empty() && value != "auto") {
            Some(locale) if is_russian(&locale) => Self::Ru,
            _ => Self::En,
        }
    }
}

/// `ru`, `ru_RU.UTF-8`, `ru-RU`.
fn is_russian(locale: &str) -> bool {
    let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
    language.eq_ignore_ascii_case("ru")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_variable_that_is_set_decides() {
        let lang = |set: &[(&str, &str)]| {
            Lang::of(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(lang(&[]), Lang::En);
        for russian in ["ru", "ru_RU.UTF-8", "ru-RU", "RU", "ru_UA", "ru@x"] {
            assert_eq!(lang(&[("LANG", russian)]), Lang::Ru, "{russian}");
        }
        for other in ["run", "rue_SK", "C", "POSIX", "en_US.UTF-8", ""] {
            assert_eq!(lang(&[("LANG", other)]), Lang::En, "{other}");
        }
        assert_eq!(lang(&[("LANG", "ru_RU"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(lang(&[("LANG", "ru_RU"), ("LC_MESSAGES", "en_US")]), Lang::En);
        assert_eq!(lang(&[("LANG", "C"), ("LC_ALL", "C"), ("PLYRUM_LANG", "ru")]), Lang::Ru);
        assert_eq!(lang(&[("LANG", "ru_RU"), ("PLYRUM_LANG", "en")]), Lang::En);
        assert_eq!(lang(&[("LANG", "ru_RU"), ("LC_ALL", ""), ("PLYRUM_LANG", "auto")]), Lang::Ru);
    }
}
