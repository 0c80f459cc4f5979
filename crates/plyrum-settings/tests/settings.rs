//! Whole configurations, as a user would write them, and what is said about them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use plyrum_billing_client::MicroRub;
use plyrum_catalog::ProviderId;
use plyrum_config::Paths;
use plyrum_settings::{AddError, BillingMode, Lang, ModelChoice, PricesFile, Profile, Settings};
use tempfile::TempDir;

const LAB: &str = r#"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:9001/v1"
api_key = { env = "LAB_KEY" }

[models."lab/fast"]
provider = "lab"
name = "fast-1"
context_tokens = 128000
"#;

/// A home and a project of its own.
struct Place {
    dir: TempDir,
    lang: Option<&'static str>,
}

#[expect(clippy::unwrap_used, reason = "a test's own files")]
impl Place {
    fn new(config: &str) -> Self {
        let place = Self { dir: TempDir::new().unwrap(), lang: None };
        place.paths().prepare().unwrap();
        place.write("home/config/config.toml", config);
        place.write("repo/.git/HEAD", "");
        place.write("repo/src/x", "");
        place
    }

    fn project(self, text: &str) -> Self {
        self.write("repo/.plyrum/config.toml", text);
        self
    }

    fn lang(mut self, lang: &'static str) -> Self {
        self.lang = Some(lang);
        self
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn paths(&self) -> Paths {
        Paths::under(&self.dir.path().join("home"))
    }

    fn cwd(&self) -> PathBuf {
        self.dir.path().join("repo/src")
    }

    fn env(&self) -> impl Fn(&str) -> Option<OsString> {
        let lang = self.lang;
        move |name| lang.filter(|_| name == "PLYRUM_LANG").map(OsString::from)
    }

    fn settings(&self) -> Settings {
        Settings::load_with(&self.paths(), Some(&self.cwd()), self.env()).unwrap()
    }

    /// What is wrong, without the directory, which differs from run to run.
    fn problems(&self) -> Vec<String> {
        let problems = Settings::load_with(&self.paths(), Some(&self.cwd()), self.env()).unwrap_err();
        problems.iter().map(|problem| self.relative(&problem.to_string())).collect()
    }

    fn shown(&self) -> Vec<String> {
        let entries = Settings::entries_with(&self.paths(), Some(&self.cwd()), self.env()).unwrap();
        entries.into_iter().map(|e| format!("{} = {}  # {}", e.key, e.value, e.origin)).collect()
    }

    fn relative(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.dir.path().display()), "").replace("home/config/", "")
    }
}

fn rub(text: &str) -> Option<MicroRub> {
    MicroRub::parse_rub(text).ok()
}

#[test]
fn without_any_file_everything_has_its_built_in_value() {
    let home = TempDir::new().unwrap();
    let settings = Settings::load_with(&Paths::under(home.path()), None, |_| None).unwrap();
    assert_eq!(settings.defaults.model, ModelChoice::Auto);
    assert_eq!(settings.defaults.persona, "default");
    assert_eq!(settings.defaults.plan, "auto");
    assert_eq!(settings.defaults.profile, Profile::Balanced);
    assert_eq!(settings.defaults.lang, Lang::Auto);
    assert_eq!(settings.defaults.max_output_tokens, plyrum_catalog::DEFAULT_MAX_OUTPUT_TOKENS);
    assert_eq!(settings.billing.mode, BillingMode::Metered);
    assert_eq!(settings.budgets, plyrum_settings::Budgets::default());
    assert_eq!(
        (settings.moa.proposers, settings.moa.aggregator, settings.daemon.idle_exit),
        (None, None, None)
    );
    assert!(settings.catalog.model("offline/lead").is_some() && settings.notes.is_empty());
}

#[test]
fn the_users_file_wins_key_by_key() {
    let place = Place::new(&format!(
        "[defaults]\nmodel = \"lab/fast\"\nprofile = \"best\"\n[moa]\nproposers = [\"lab/fast\", \"lab/fast\"]\n\
         aggregator = \"offline/synth\"\n[billing]\nmode = \"prepaid\"\n[budgets]\nrun = \"50\"\n\
         [daemon]\nidle_exit = \"30m\"\n{LAB}"
    ));
    let settings = place.settings();
    assert_eq!(settings.defaults.model.to_string(), "lab/fast");
    assert_eq!((settings.defaults.profile, settings.defaults.persona.as_str()), (Profile::Best, "default"));
    assert_eq!(settings.moa.proposers.map(|list| list.len()), Some(2));
    assert_eq!(settings.billing.mode, BillingMode::Prepaid);
    assert_eq!((settings.budgets.run, settings.budgets.day), (rub("50"), None));
    assert_eq!(settings.daemon.idle_exit, Some(std::time::Duration::from_mins(30)));
}

#[test]
fn an_unknown_key_anywhere_names_its_line_and_the_nearest_key() {
    for (text, expected) in [
        ("[defalts]\n", "config.toml:1: unknown key `defalts` (did you mean `defaults`?)"),
        ("[defaults]\nmodle = \"auto\"\n", "config.toml:2: unknown key `modle` (did you mean `model`?)"),
        (
            "[models.\"lab/fast\"]\nprovider = \"offline\"\nname = \"x\"\ncontext_tokens = 1\n\
             price = { currency = \"USD\", inptu = \"3\" }\n",
            "config.toml:5: unknown key `inptu` (did you mean `input`?)",
        ),
        (
            "[providers.lab]\nkind = \"openai-chat\"\nbase_ulr = \"http://h\"\n",
            "config.toml:3: unknown key `base_ulr` (did you mean `base_url`?)",
        ),
        (
            "[budgets]\nweek = \"1\"\n",
            "config.toml:2: unknown key `week`; known: `run`, `session`, `day`, `month`",
        ),
    ] {
        assert_eq!(Place::new(text).problems(), [expected]);
    }
}

#[test]
fn names_that_lead_nowhere_are_all_told_at_once() {
    let place = Place::new(&format!(
        "[defaults]\nmodel = \"lab/fats\"\npersona = \"../x\"\nmax_output_tokens = 0\n\
         [moa]\nproposers = [\n  \"lab/fast\",\n  \"lab/slow\",\n]\naggregator = \"offline/snyth\"\n\
         [budgets]\nrun = \"-1\"\nday = \"ten\"\n{LAB}"
    ));
    let problems = place.problems();
    let places: Vec<&str> = problems.iter().map(|text| text.split(':').nth(1).unwrap()).collect();
    assert_eq!(places, ["2", "3", "4", "8", "10", "12", "13"], "{problems:#?}");
    assert_eq!(problems[0], "config.toml:2: defaults.model: no model `lab/fats` (did you mean `lab/fast`?)");
    assert_eq!(
        problems[4],
        "config.toml:10: moa.aggregator: no model `offline/snyth` (did you mean `offline/synth`?)"
    );
}

#[test]
fn a_wrong_value_says_what_would_be_right() {
    for (text, expected) in [
        (
            "[defaults]\nprofile = \"bets\"\n",
            "config.toml:2: defaults.profile: unknown value `bets` (did you mean `best`?)",
        ),
        (
            "[defaults]\nlang = \"de\"\n",
            "config.toml:2: defaults.lang: unknown value `de`; known: `auto`, `en`, `ru`",
        ),
        (
            "[budgets]\nrun = 50\n",
            "config.toml:2: budgets.run: invalid type: integer `50`, expected a decimal in quotes, such as \"3.00\"",
        ),
        (
            "[daemon]\nidle_exit = \"soon\"\n",
            "config.toml:2: daemon.idle_exit: `soon` is no time: \"0\" for never, or \"1s\" to \"168h\"",
        ),
        ("[moa]\nproposers = []\n", "config.toml:2: moa.proposers: 1 to 16 models, or leave the key out"),
        ("[defaults\n", "config.toml:1: unclosed table, expected `]`"),
    ] {
        assert_eq!(Place::new(text).problems(), [expected]);
    }
}

#[test]
fn a_hedge_has_its_time_in_seconds_and_there_is_none_unless_it_is_asked_for() {
    let after = |written: &str| Place::new(&format!("[defaults]\nhedge_after_seconds = {written}\n"));
    assert_eq!(Place::new("").settings().defaults.hedge_after_ms, None);
    for (written, ms) in [("1", 1_000), ("\"1.5\"", 1_500), ("\"2.025\"", 2_025), ("600", 600_000)] {
        assert_eq!(after(written).settings().defaults.hedge_after_ms, Some(ms), "{written}");
        let shown = after(written).shown();
        assert!(shown.iter().any(|line| line.contains("hedge_after_seconds")), "{shown:?}");
    }
    for wrong in ["0", "-1", "601", "\"0.9\"", "\"1.5s\"", "\"1.0001\"", "\"\"", "\".5\"", "1.5", "true"] {
        let problems = after(wrong).problems();
        let [problem] = &problems[..] else { panic!("{wrong}: {problems:?}") };
        assert!(problem.starts_with("config.toml:2: defaults.hedge_after_seconds = "), "{problem}");
        assert!(problem.contains("1 to 600 seconds"), "{problem}");
    }
}

#[test]
fn the_catalogues_mistakes_have_their_line_in_the_users_file() {
    let place = Place::new("[models.\"lab/fast\"]\nprovider = \"labb\"\nname = \"x\"\ncontext_tokens = 1\n");
    let problems = place.problems();
    assert!(problems[0].starts_with("config.toml:2: unknown provider `labb`"), "{problems:?}");
}

#[test]
fn a_key_in_the_file_is_refused_and_not_repeated() {
    let place = Place::new(
        "[providers.lab]\nkind = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\napi_key = \"hunter2hunter2\"\n",
    );
    let problems = place.problems().join("\n");
    assert!(problems.starts_with("config.toml:4: "), "{problems}");
    assert!(!problems.contains("hunter2"), "{problems}");
}

#[test]
fn a_project_may_only_narrow() {
    let place = Place::new("").project(
        "allow_provider = [\"x\"]\n[providers.evil]\nkind = \"openai-chat\"\nbase_url = \"http://evil\"\n[defaults]\n",
    );
    let narrow = "its file may only narrow (allow_providers, policy, budgets)";
    let mut problems = place.problems();
    problems.sort();
    assert_eq!(
        problems,
        [
            format!(
                "repo/.plyrum/config.toml:1: `allow_provider` cannot be set by a project: {narrow} \
                 (did you mean `allow_providers`?)"
            ),
            format!("repo/.plyrum/config.toml:2: `providers` cannot be set by a project: {narrow}"),
            format!("repo/.plyrum/config.toml:5: `defaults` cannot be set by a project: {narrow}"),
        ]
    );
}

#[test]
fn a_projects_budget_lowers_and_never_raises() {
    let place = Place::new("[budgets]\nrun = \"50\"\nsession = \"30\"\nday = \"300\"\n")
        .project("[budgets]\nrun = \"10\"\nsession = \"1000\"\nday = \"1000\"\nmonth = \"5\"\n");
    let settings = place.settings();
    assert_eq!((settings.budgets.run, settings.budgets.session), (rub("10"), rub("30")));
    assert_eq!((settings.budgets.day, settings.budgets.month), (rub("300"), None), "the user's own");
    assert_eq!((settings.narrowing.day, settings.narrowing.month), (rub("1000"), rub("5")), "the project's");
    let set_in = ["run", "session"].map(|limit| settings.narrowing.setting_of(limit));
    assert_eq!(set_in, ["budgets.run in the project's .plyrum/config.toml", "budgets.session"]);
    let notes: Vec<String> = settings.notes.iter().map(|note| place.relative(note)).collect();
    assert_eq!(
        notes,
        [
            "repo/.plyrum/config.toml:3: budgets.session = 1000.00 RUB is above 30.00 RUB and is ignored: a project may only narrow"
        ]
    );
}

#[test]
fn an_inner_project_file_narrows_further_and_cannot_lift() {
    let place = Place::new(LAB).project("allow_providers = [\"lab\", \"offline\"]\npolicy = \"read-only\"\n");
    place.write(
        "repo/src/.plyrum/config.toml",
        "allow_providers = [\"offline\", \"lba\", \"other\"]\npolicy = \"workspace\"\n",
    );
    let settings = place.settings();
    let allowed = |id: &str| settings.narrowing.allows(&ProviderId::new(id).unwrap());
    assert_eq!((allowed("offline"), allowed("lab"), allowed("other")), (true, false, false));
    assert_eq!(settings.narrowing.policies, ["read-only", "workspace"]);
    assert_eq!(settings.notes.len(), 2);
    assert!(settings.notes[0].ends_with("names `lba`, which is not configured here (did you mean `lab`?)"));
}

#[test]
fn the_variable_for_the_language_wins_over_the_file() {
    let file = "[defaults]\nlang = \"en\"\n";
    assert_eq!(Place::new(file).settings().defaults.lang, Lang::En);
    assert_eq!(Place::new(file).lang("ru_RU.UTF-8").settings().defaults.lang, Lang::Ru);
    let unknown = Place::new(file).lang("de").settings();
    assert_eq!(unknown.defaults.lang, Lang::En);
    assert_eq!(unknown.notes, ["PLYRUM_LANG=de: not a language of this program (auto, en, ru)"]);
}

#[test]
fn every_write_changes_the_settings_and_reading_does_not() {
    let place = Place::new("");
    let settings = place.settings();
    let changed = || Settings::changed(&place.paths(), settings.fingerprint());
    assert!(!changed());
    place.write("repo/.plyrum/config.toml", "policy = \"ask\"\n");
    assert!(changed());
    fs::remove_file(place.dir.path().join("repo/.plyrum/config.toml")).unwrap();
    assert!(!changed());
    place.write("home/config/config.toml", "[defaults]\n");
    assert!(changed());
}

#[test]
fn show_tells_every_value_and_where_it_came_from() {
    let place = Place::new(&format!("{LAB}\n[defaults]\nmodel = \"lab/fast\"\n[budgets]\nrun = \"50\"\n"))
        .project("policy = \"read-only\"\n[budgets]\nrun = \"10\"\n")
        .lang("ru");
    let shown = place.shown();
    for line in [
        "billing.mode = \"metered\"  # built in",
        "budgets.run = \"10.00\"  # .plyrum/config.toml:3",
        "defaults.lang = \"ru\"  # PLYRUM_LANG",
        "defaults.model = \"lab/fast\"  # config.toml:13",
        "policy = \"read-only\"  # .plyrum/config.toml:1",
        "providers.lab.api_key.env = \"LAB_KEY\"  # config.toml:5",
        "providers.offline.kind = \"offline\"  # built in",
    ] {
        assert!(shown.iter().any(|have| have == line), "{line} in {shown:#?}");
    }
    let mut sorted = shown.clone();
    sorted.sort();
    assert_eq!(shown, sorted);
}

#[test]
fn a_file_that_cannot_be_read_is_reported_like_a_broken_one() {
    let place = Place::new("");
    fs::remove_file(place.paths().config_file()).unwrap();
    fs::create_dir(place.paths().config_file()).unwrap();
    assert_eq!(place.problems(), ["config.toml: it is not a regular file"]);
}

#[test]
fn the_shipped_defaults_document_every_key() {
    let text = plyrum_settings::BUILT_IN;
    for key in [
        "model",
        "persona",
        "plan",
        "profile",
        "lang",
        "max_output_tokens",
        "markup_bps",
        "mode",
        "proposers",
        "aggregator",
        "run",
        "day",
        "month",
        "idle_exit",
        "hedge_after_seconds",
    ] {
        assert!(text.contains(&format!("{key} = ")), "{key}");
    }
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/defaults.toml").is_file());
}

const BOOK: &str = "[[row]]\nmodel = \"lab/fast-1\"\nprice = { from = \"2026-11-22\", currency = \"USD\", input = \"3.00\", output = \"15.00\" }\n";

#[test]
fn imported_prices_are_a_layer_below_the_users_and_a_broken_file_is_placed() {
    let place = Place::new(LAB);
    place.write("home/config/prices.toml", BOOK);
    let settings = place.settings();
    let day = plyrum_catalog::Day::parse("2026-11-22").unwrap();
    assert!(settings.catalog.at(day).price_basis("lab/fast").is_err(), "no rate for the dollar");
    assert_eq!(settings.catalog.model("lab/fast").unwrap().price_rows.len(), 1);
    for (text, told) in [
        (
            BOOK.replace("2026-11-22", "2026-22-11"),
            "prices.toml:3: from must be a day such as \"2026-11-20\"",
        ),
        (
            BOOK.replace("inptu", "input").replace("input", "inptu"),
            "prices.toml:3: unknown key `inptu` (did you mean `input`?)",
        ),
        ("[[rows]]\n".to_owned(), "prices.toml:1: unknown key `rows` (did you mean `row`?)"),
    ] {
        place.write("home/config/prices.toml", &text);
        assert_eq!(place.problems(), [told]);
    }
}

#[test]
fn mistakes_in_both_files_are_told_at_once() {
    let place = Place::new(&LAB.replace("context_tokens = 128000", "context_tokens = 0"));
    place.write("home/config/prices.toml", &BOOK.replace("\"3.00\"", "\"x\""));
    let problems = place.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].starts_with("prices.toml:3:") && problems[1].starts_with("config.toml:"),
        "{problems:?}"
    );
}

#[test]
fn added_prices_show_in_the_fingerprint_and_leave_what_was_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new(LAB);
    let settings = place.settings();
    let file = PricesFile::read(&place.paths()).unwrap();
    file.add(BOOK).unwrap();
    assert!(Settings::changed(&place.paths(), settings.fingerprint()));
    let path = place.paths().prices_file();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read_to_string(&path).unwrap();
    let stale = file.add(BOOK).unwrap_err();
    assert!(matches!(stale, AddError::Changed(_)), "{stale}");
    PricesFile::read(&place.paths()).unwrap().add(&BOOK.replace("3.00", "4.00")).unwrap();
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.starts_with(&before) && after.len() > before.len());
    assert_eq!(place.settings().prices.rows("lab/fast-1").len(), 2);
    assert!(!path.with_file_name("prices.toml.new").exists());
    let broken = PricesFile::read(&place.paths()).unwrap().add("[[row]]\nmodel = 1\n").unwrap_err();
    assert!(matches!(broken, AddError::Broken(_)), "{broken}");
    assert_eq!(fs::read_to_string(&path).unwrap(), after, "nothing that cannot be read is written");
}
