//! Which language a user is spoken to in: `PLYRUM_LANG`, else `defaults.lang` of the user's file, else the locale.

use plyrum_config::Paths;
use plyrum_settings::Settings;
use plyrum_words::Lang;

pub(crate) fn of_user() -> Lang {
    let asked = std::env::var("PLYRUM_LANG").is_ok_and(|lang| !lang.is_empty() && lang != "auto");
    if asked {
        return Lang::of_environment();
    }
    configured().unwrap_or_else(Lang::of_environment)
}

/// What the user's file says. Most files say nothing of it, and then nothing more is read; one that is broken is told of by
/// who needs it.
fn configured() -> Option<Lang> {
    let paths = Paths::resolve(|name| std::env::var_os(name)).ok()?;
    let file = plyrum_config::user_file(&paths).ok()??;
    if !file.text.contains("lang") {
        return None;
    }
    match Settings::load_with(&paths, None, |_| None).ok()?.defaults.lang {
        plyrum_settings::Lang::Auto => None,
        plyrum_settings::Lang::En => Some(Lang::En),
        plyrum_settings::Lang::Ru => Some(Lang::Ru),
    }
}
