//! `plyrum providers`: which there are and how each is, further ones, their keys, and whether they answer.

use super::lists::pages;
use super::{Outcome, config, connected, paths, runtime};
use crate::fault::wrong_use;
use crate::out;
use crate::sanitize::clean;
use crate::secret_input;
use crate::table::{left, right, table};
use crate::text::{say, time, told, words};
use clap::ValueEnum;
use plyrum_catalog::{Catalog, LOCAL_PRESETS, ProviderEntry, Wire, shipped_files};
use plyrum_config::{Paths, replace_file};
use plyrum_protocol::{Empty, ErrorKind, Fault, ProviderList, ProviderRef, ProviderScan, ProviderTest, view};
use plyrum_settings::{AddProviderError, Settings, add_provider};
use std::fmt::Write as _;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// All providers: where each is, where its key is, and why it is not used
    List {
        /// Look for servers of this machine at their usual ports too
        #[arg(long)]
        scan: bool,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Add a provider to your configuration
    #[command(after_help = ADD_EXAMPLES)]
    Add {
        /// Its name: the one of a server that was found, or any other with --kind
        name: String,
        /// The wire that it speaks
        #[arg(long, value_name = "WIRE")]
        kind: Option<Kind>,
        /// Where it is: everything before the path of the wire
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// The environment variable that holds its key
        #[arg(long, value_name = "NAME")]
        key_env: Option<String>,
    },
    /// Ask a provider for its list of models, which costs nothing: whether it answers, and takes the key if the list needs one
    Test {
        /// Its name
        provider: String,
        /// As one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a provider its key: typed without being shown, or piped in; kept in a file that only you can read
    Login {
        /// Its name
        provider: String,
    },
    /// Remove a key that was given by login
    Logout {
        /// Its name
        provider: String,
    },
}

const ADD_EXAMPLES: &str = "Examples:
  plyrum providers add lm-studio
  plyrum providers add lab --kind openai-chat --url http://127.0.0.1:9001/v1
  plyrum providers add work --kind anthropic --url https://llm.example.org --key-env WORK_KEY

An entry is added at the end of config.toml. Then: plyrum models list --refresh";

/// A wire by its word in the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind(Wire);

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: &[Kind] = &[
            Kind(Wire::OpenAiChat),
            Kind(Wire::OpenAiResponses),
            Kind(Wire::Anthropic),
            Kind(Wire::Gemini),
            Kind(Wire::Ollama),
            Kind(Wire::OpenRouter),
            Kind(Wire::DeepSeek),
            Kind(Wire::Yandex),
            Kind(Wire::GigaChat),
        ];
        ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.as_str()))
    }
}

pub(crate) fn run(command: &Command) -> Outcome {
    match command {
        Command::List { scan, json } => list(*scan, *json),
        Command::Add { name, kind, url, key_env } => add(name, *kind, url.as_deref(), key_env.as_deref()),
        Command::Test { provider, json } => test(provider, *json),
        Command::Login { provider } => login(provider),
        Command::Logout { provider } => logout(provider),
    }
}

fn list(scan: bool, json: bool) -> Outcome {
    let paths = paths()?;
    let (rows, found) = runtime()?.block_on(async {
        let mut client = connected(&paths).await?;
        let rows = pages::<ProviderList, _>(&mut client).await?;
        let found = if scan { Some(client.call::<ProviderScan>(&Empty {}).await?.rows) } else { None };
        Ok::<_, Fault>((rows, found))
    })?;
    match (found, json) {
        (Some(found), true) => out::print_json(&view::ProviderScan { providers: rows, found })?,
        (None, true) => out::print_json(&rows)?,
        (found, false) => {
            out::print(&text(&rows))?;
            if let Some(found) = found {
                out::print(&clean(&found_text(&found)))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn text(rows: &[view::ProviderRow]) -> String {
    let head = [
        left(say!("col-provider")),
        left(say!("col-usable")),
        right(say!("col-models")),
        left(say!("col-wire")),
        left(String::new()),
    ];
    let cells = |row: &view::ProviderRow| {
        let why_not = row.why_not.as_deref().map(|why| told(why).into_owned());
        vec![
            row.provider.clone(),
            readiness(row),
            crate::money::count(row.models),
            row.kind.clone(),
            why_not.unwrap_or_else(|| place(row)),
        ]
    };
    // Those that can be asked first: the others are there to be completed.
    let mut sorted: Vec<&view::ProviderRow> = rows.iter().collect();
    sorted.sort_by_key(|row| row.why_not.is_some());
    table(&head, &sorted.into_iter().map(cells).collect::<Vec<_>>())
}

/// Where it is, by which way it is asked, and where its key is.
fn place(row: &view::ProviderRow) -> String {
    let key = row.key.as_deref().map(|key| told(key).into_owned());
    let is_open = key.is_some() && row.base_url.as_deref().is_some_and(goes_in_the_open);
    let key = key.into_iter().chain(is_open.then(|| say!("providers-in-the-open")));
    let place = row.base_url.clone().into_iter().chain(way(row.proxy.as_ref(), &row.ca_files)).chain(key);
    place.collect::<Vec<_>>().join(" · ")
}

/// Whether requests to this address, and the key in them, can be read on their way.
fn goes_in_the_open(base_url: &str) -> bool {
    base_url.starts_with("http://") && !plyrum_catalog::is_of_this_machine(base_url)
}

/// What is not as usual on the way to a provider: a proxy, certificates of one's own choice.
fn way(proxy: Option<&view::ProxyView>, ca_files: &[String]) -> Vec<String> {
    let by = |proxy: &view::ProxyView| {
        let origin = match proxy.origin.as_str() {
            "environment" => say!("providers-origin-environment"),
            other => other.to_owned(),
        };
        say!("providers-by-proxy", proxy = &proxy.address, origin = origin)
    };
    let files = (!ca_files.is_empty()).then(|| say!("providers-ca", files = ca_files.join(", ")));
    proxy.map(by).into_iter().chain(files).collect()
}

fn readiness(row: &view::ProviderRow) -> String {
    if row.why_not.is_some() {
        return say!("providers-not-ready");
    }
    match (row.resting_until, &row.version) {
        (Some(until), _) => say!("providers-resting", at = time(until), n = row.failures),
        (None, _) if row.is_probing => say!("providers-probing", n = row.failures),
        (None, _) if row.waiting > 0 => {
            say!("providers-queue", n = row.running, limit = row.limit, waiting = row.waiting)
        }
        (None, _) if row.running > 0 => say!("providers-busy", n = row.running, limit = row.limit),
        (None, Some(version)) if row.kind == Wire::Ollama.as_str() => {
            say!("providers-version", version = version)
        }
        (None, _) => say!("models-ready"),
    }
}

fn found_text(found: &[view::FoundRow]) -> String {
    if found.is_empty() {
        let ports: Vec<&str> = LOCAL_PRESETS.iter().map(|(id, _)| *id).collect();
        return format!("\n{}\n", say!("providers-none-found", names = ports.join(", ")));
    }
    let mut text = String::from("\n");
    for row in found {
        let models = row.models.join(", ");
        let line = say!("providers-found", preset = &row.preset, url = &row.base_url, models = models);
        // Nothing fails that writes into a text.
        let _ = writeln!(text, "{line}");
    }
    text
}

fn add(name: &str, kind: Option<Kind>, url: Option<&str>, key_env: Option<&str>) -> Outcome {
    let paths = paths()?;
    paths.prepare().map_err(|e| plyrum_client::of_config(&e))?;
    let preset = local(name);
    let shipped = shipped(name);
    if shipped.as_ref().is_some_and(|entry| kind_of(entry) == Some(Wire::Offline)) {
        return Err(wrong_use(say!("fault-provider-offline", name = name)));
    }
    let kept = shipped.as_ref().filter(|_| url.is_some()).and_then(kind_of);
    let kind = kind.map(|Kind(kind)| kind).or_else(|| Some(preset.as_ref()?.kind)).or(kept);
    let kind = kind.ok_or_else(|| wrong_use(say!("fault-provider-kind", name = name)))?;
    let mut entry = shipped.as_ref().map(|entry| kept_of(entry, kind)).unwrap_or_default();
    let mut set = |key: &str, value: toml::Value| entry.insert(key.to_owned(), value);
    set("kind", kind.as_str().into());
    if let Some(url) = url.map(str::to_owned).or_else(|| preset.as_ref()?.base_url.clone()) {
        set("base_url", url.into());
    }
    if let Some(variable) = key_env {
        set("api_key", toml::Table::from_iter([("env".to_owned(), variable.into())]).into());
    }
    if let Some(preset) = &preset {
        set("max_concurrency", i64::from(preset.max_concurrency).into());
    }
    let lines = entry.iter().fold(String::new(), |mut lines, (key, value)| {
        // Nothing fails that writes into a text.
        let _ = writeln!(lines, "{key} = {value}");
        lines
    });
    let file = add_provider(&paths, name, &lines).map_err(not_added)?;
    let mut said = vec![say!("providers-added", name = name, file = file.display().to_string())];
    if shipped.is_some() {
        said.push(say!("providers-replaced", name = name));
        let variable = entry.get("api_key").and_then(|key| key.get("env")?.as_str());
        said.extend(variable.map(|variable| say!("providers-replaced-key", variable = variable)));
    }
    out::print(&clean(&format!("{}\n", said.join("\n"))))?;
    Ok(ExitCode::SUCCESS)
}

/// A wrong argument is told by its own name: nobody has written the line that it would have become.
fn not_added(error: AddProviderError) -> Fault {
    match error {
        AddProviderError::Refused { key, why } => {
            let argument = match key.as_str() {
                "base_url" => "--url",
                "api_key" => "--key-env",
                "kind" => "--kind",
                _ => "NAME",
            };
            wrong_use(format!("{argument}: {}", told(&why)))
        }
        error => Fault::new(ErrorKind::Config, told(&error.to_string()).into_owned()),
    }
}

/// The entry of this name that comes with Plyrum.
fn shipped(name: &str) -> Option<toml::Table> {
    let of_file =
        |text: &str| text.parse::<toml::Table>().ok()?.get("providers")?.get(name)?.as_table().cloned();
    shipped_files().iter().find_map(|(_, text)| of_file(text))
}

fn kind_of(entry: &toml::Table) -> Option<Wire> {
    let word = entry.get("kind")?.as_str()?;
    let of_word = |kind: &&Kind| kind.0.as_str() == word;
    let known = Kind::value_variants().iter().find(of_word).map(|Kind(kind)| *kind);
    known.or_else(|| (word == Wire::Offline.as_str()).then_some(Wire::Offline))
}

/// What one's own entry keeps of the shipped one that it replaces; on another wire, what every wire has.
fn kept_of(shipped: &toml::Table, kind: Wire) -> toml::Table {
    let is_same = kind_of(shipped) == Some(kind);
    let of_every_wire = |key: &str| ["api_key", "max_concurrency"].contains(&key);
    let kept = shipped.iter().filter(|(key, _)| is_same || of_every_wire(key));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The preset of a server of one's own machine.
fn local(id: &str) -> Option<ProviderEntry> {
    let presets = Catalog::local_presets().ok()?;
    presets.into_iter().find(|preset| preset.id.as_str() == id)
}

fn test(provider: &str, json: bool) -> Outcome {
    let asked = ProviderRef { provider: provider.to_owned() };
    let tested =
        runtime()?.block_on(async { connected(&paths()?).await?.call::<ProviderTest>(&asked).await })?;
    if json {
        out::print_json(&tested)?;
    } else {
        out::print(&clean(&format!("{}\n", answered(&tested))))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn answered(tested: &view::ProviderTested) -> String {
    let models = tested.models;
    let answered =
        say!("providers-answered", name = &tested.provider, models = models, ms = words().count(tested.ms));
    let way = way(tested.proxy.as_ref(), &tested.ca_files);
    std::iter::once(answered).chain(way).collect::<Vec<_>>().join(" · ")
}

/// The provider, as the configuration has it.
fn known(paths: &Paths, name: &str) -> Result<ProviderEntry, Fault> {
    let settings = Settings::load(paths, None).map_err(|problems| config::broken(&problems))?;
    settings.catalog.provider(name).cloned().ok_or_else(|| {
        Fault::new(ErrorKind::NotFound, say!("fault-no-provider", name = name)).hint("plyrum providers list")
    })
}

fn login(provider: &str) -> Outcome {
    let paths = paths()?;
    paths.prepare().map_err(|e| plyrum_client::of_config(&e))?;
    let entry = known(&paths, provider)?;
    let place = match &entry.api_key {
        None | Some(plyrum_catalog::KeySource::Env(_)) if entry.kind != Wire::Offline => {
            file_of(&paths, &entry)?
        }
        _ => return Err(wrong_use(say!("fault-login-elsewhere", name = provider))),
    };
    let Some(key) = secret_input::read(&say!("providers-key-of", name = provider))? else {
        return Ok(ExitCode::from(130));
    };
    keep(&place, &key).map_err(|error| not_kept(&place, &error))?;
    let said = say!("providers-key-kept", file = place.display().to_string());
    out::print(&clean(&format!("{said}\n")))?;
    if let Some(plyrum_catalog::KeySource::Env(name)) = &entry.api_key
        && std::env::var_os(name).is_some_and(|value| !value.is_empty())
    {
        out::print(&clean(&format!("{}\n", say!("providers-variable-first", name = name))))?;
    }
    match test(provider, false) {
        // There is nothing to try the key at: that is no fault of the key.
        Err(fault) if fault.kind == ErrorKind::NotFound => {
            out::print(&clean(&format!("{}\n", say!("providers-key-untried", name = provider))))?;
            Ok(ExitCode::SUCCESS)
        }
        outcome => outcome,
    }
}

/// The file of a key that was given for this provider at its server.
fn file_of(paths: &Paths, entry: &ProviderEntry) -> Result<PathBuf, Fault> {
    let none = || wrong_use(say!("fault-login-elsewhere", name = entry.id.as_str()));
    entry.key_file().map(|name| paths.keys_dir().join(name)).ok_or_else(none)
}

/// Every key that was given for a provider of this name, whether or not it is still there.
fn given(paths: &Paths, provider: &str) -> io::Result<Vec<PathBuf>> {
    let files = match std::fs::read_dir(paths.keys_dir()) {
        Ok(files) => files.take(4096).collect::<io::Result<Vec<_>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let of_it = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.split(' ').next() == Some(provider)
    };
    Ok(files.into_iter().map(|file| file.path()).filter(of_it).collect())
}

fn not_kept(place: &Path, error: &io::Error) -> Fault {
    let path = place.display().to_string();
    Fault::new(ErrorKind::Storage, say!("fault-file", path = path, why = error.to_string()))
}

/// Never half a key, never readable by others.
fn keep(place: &Path, key: &str) -> io::Result<()> {
    let dir = place.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let directory = File::open(dir)?;
    directory.lock()?; // until it is closed
    replace_file(&directory, place, key)
}

fn logout(provider: &str) -> Outcome {
    let paths = paths()?;
    let places = given(&paths, provider).map_err(|error| not_kept(&paths.keys_dir(), &error))?;
    if places.is_empty() {
        let fault = Fault::new(ErrorKind::NotFound, say!("fault-no-key", name = provider));
        return Err(fault.hint("plyrum providers list"));
    }
    for place in places {
        std::fs::remove_file(&place).map_err(|error| not_kept(&place, &error))?;
        let said = say!("providers-key-gone", file = place.display().to_string());
        out::print(&clean(&format!("{said}\n")))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_entry_keeps_what_the_shipped_one_has() {
        let groq = shipped("groq").unwrap();
        let kept = kept_of(&groq, Wire::OpenAiChat);
        assert_eq!(kept, groq);
        let kept = kept_of(&groq, Wire::Anthropic);
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["api_key"]);
        assert_eq!(kind_of(&shipped("offline").unwrap()), Some(Wire::Offline));
        assert!(shipped("lab").is_none());
    }

    #[test]
    fn only_http_to_other_machines_goes_in_the_open() {
        for (url, expected) in [
            ("https://api.example.com/v1", false),
            ("http://127.0.0.1:8080/v1", false),
            ("http://localhost:11434", false),
            ("http://[::1]:1/v1", false),
            ("http://192.168.1.5:8000/v1", true),
            ("http://api.example.com", true),
            ("http://127.example.com", true),
            ("http://localhost.example.com:80/v1", true),
        ] {
            assert_eq!(goes_in_the_open(url), expected, "{url}");
        }
    }
}
