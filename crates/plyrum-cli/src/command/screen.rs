//! `plyrum` by itself: the screen, or, where there can be none, a plain conversation line by line.

use super::{hello, paths, workspace};
use crate::command::ask::{EffortArg, ProfileArg};
use crate::language;
use crate::out;
use crate::random;
use crate::tui_source;
use plyrum_client::Launch;
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tui::app::{Ask, Mode, Setup};
use plyrum_tui::keymap::Keymap;
use plyrum_tui::runtime::{self, Desk};
use plyrum_tui::theme::Theme;
use plyrum_words::Words;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

/// Largest file of keys or colours.
const MAX_FILE: u64 = 256 * 1024;

/// What the screen is opened with.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Go on with this conversation (an id, its beginning, or `last`)
    #[arg(short, long, value_name = "ID", conflicts_with = "continue")]
    session: Option<String>,
    /// Go on with the last conversation
    #[arg(short, long)]
    r#continue: bool,
    /// Use this model
    #[arg(short, long, value_name = "ID")]
    model: Option<String>,
    /// Use this persona
    #[arg(short, long, value_name = "NAME")]
    persona: Option<String>,
    /// Use this plan
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    /// Trade quality against price
    #[arg(long, value_name = "PROFILE")]
    profile: Option<ProfileArg>,
    /// How long a model that thinks may think; its thoughts are paid too
    #[arg(long, value_name = "EFFORT")]
    effort: Option<EffortArg>,
    /// Allow tool actions by this policy
    #[arg(long, value_name = "POLICY")]
    approve: Option<String>,
    /// Line by line, labelled, without colour or moving signs: for screen readers and simple terminals
    #[arg(long)]
    plain: bool,
}

/// Opens the screen.
pub(crate) fn run(args: Args) -> Result<ExitCode, Fault> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Fault::new(ErrorKind::Usage, "the screen needs a terminal")
            .hint("plyrum ask \"…\" works everywhere; plyrum --help lists the commands"));
    }
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    if args.plain || is_dumb {
        return super::plain::run(&args.into());
    }
    let paths = paths()?;
    paths.prepare().map_err(|e| plyrum_client::of_config(&e))?;
    let farewell = runtime::run(desk(&paths, args)?)?;
    for line in &farewell.lines {
        out::err(line);
    }
    Ok(ExitCode::from(farewell.code))
}

impl From<Args> for super::plain::Args {
    fn from(args: Args) -> Self {
        Self {
            session: args.session.or_else(|| args.r#continue.then(|| "last".to_owned())),
            model: args.model,
            persona: args.persona,
            plan: args.plan,
            profile: args.profile,
            effort: args.effort,
            approve: args.approve,
        }
    }
}

fn desk(paths: &Paths, args: Args) -> Result<Desk, Fault> {
    let (keymap, keys_wrong) =
        read(&paths.config_dir.join("keymap.toml"), Keymap::default(), |text, path| {
            Keymap::with_file(text, path).map_err(|e| e.to_string())
        });
    let theme = Theme::from_environment(|name| std::env::var(name).ok());
    let colours = paths.config_dir.join("theme.toml");
    let (theme, colours_wrong) =
        read(&colours, theme.clone(), |text, path| theme.with_file(text, path).map_err(|e| e.to_string()));
    let here = std::env::current_dir().ok();
    let configured = plyrum_settings::Settings::load(paths, here.as_deref());
    let setup = Setup {
        words: Words::new(language::of_user()),
        theme,
        keymap,
        is_plain: !speaks_utf8(),
        open: args.session.or_else(|| args.r#continue.then(|| "last".to_owned())),
        ask: Ask {
            model: args.model,
            persona: args.persona,
            plan: args.plan,
            profile: args.profile.map(Into::into),
            effort: args.effort.map(Into::into),
            mode: args.approve.map_or(Mode::Default, Mode::Policy),
            // A configuration that cannot be read is told by the first prompt; until then nothing is claimed.
            default_policy: configured.ok().map(|settings| settings.defaults.approve),
        },
        now: runtime::now(),
        client: format!("plyrum {}", env!("CARGO_PKG_VERSION")),
        warning: keys_wrong.or(colours_wrong),
    };
    Ok(Desk {
        paths: paths.clone(),
        hello: hello(),
        launch: Launch::this_program()?,
        sources: tui_source::all(paths),
        workspace: workspace(),
        new_id: random::id,
        setup,
    })
}

/// A file of the user's; one that cannot be used is told, and what is built in holds.
fn read<T>(
    path: &Path,
    built_in: T,
    parse: impl FnOnce(&str, &Path) -> Result<T, String>,
) -> (T, Option<String>) {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text));
    match read {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => (built_in, None),
        Err(e) => (built_in, Some(format!("{}: {e}", path.display()))),
        Ok(_) => match parse(&text, path) {
            Ok(value) => (value, None),
            Err(why) => (built_in, Some(why)),
        },
    }
}

/// Whether the terminal shows more than ASCII, as far as the locale says.
fn speaks_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    match set.into_iter().find(|value| !value.is_empty()) {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8") || !matches!(locale.as_str(), "c" | "posix")
        }
        None => true,
    }
}
