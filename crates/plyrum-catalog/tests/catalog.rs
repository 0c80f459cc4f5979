//! From configuration text to a catalogue: what is accepted, and which piece of the text is blamed.

#![expect(clippy::expect_used, reason = "a test fails by panicking, with the reason")]

use std::path::Path;

use plyrum_billing_client::{Fee, PerMillion};
use plyrum_catalog::{
    Catalog, CatalogError, KeySource, LOCAL_PRESETS, ModelId, Origin, PriceBook, PriceState, ProviderId,
    Sections, Wire, shipped_files,
};

const LAB: &str = r#"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:9001/v1/"
api_key = { env = "LAB_KEY" }
headers = { X-Team = "blue" }
timeouts = { connect = 5, total = 600 }

[models."lab/fast"]
provider = "lab"
name = "fast-1"
context_tokens = 128000
max_output_tokens = 4096
price = { currency = "USD", input = "3.00", cache_read = "0.30", output = "15.00" }
bytes_per_token = "3.5"
fallback = ["lab/free", "offline/lead"]
quality = 812

[models."lab/free"]
provider = "lab"
name = "free-1"
context_tokens = 1
price = { currency = "RUB", input = "0", output = "0" }

[fx]
USD = { rate = "80.1234", date = "2026-11-20", source = "Bank of Russia" }
markup_bps = 1250
"#;

fn read(text: &str) -> Sections {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn build(text: &str) -> Result<Catalog, Vec<CatalogError>> {
    Catalog::build(&Sections::shipped().expect("the built-in files parse"), &read(text))
}

/// The one mistake in `text`, as the piece of text that is blamed and the message.
#[track_caller]
fn blamed(text: &str) -> (String, String) {
    let mut errors = build(text).expect_err("must not build");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let error = errors.remove(0);
    let piece = text.get(error.span.expect("a place")).expect("the place is in the text");
    (piece.to_owned(), error.message)
}

/// The same for `LAB` with `old` replaced by `new`.
#[track_caller]
fn blamed_after(old: &str, new: &str) -> (String, String) {
    assert!(LAB.contains(old), "the example has no `{old}`");
    blamed(&LAB.replacen(old, new, 1))
}

#[test]
fn every_shipped_file_is_embedded_and_loads() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    for folder in ["providers", "models"] {
        for entry in config.join(folder).read_dir().expect("the folder is there") {
            let entry = entry.expect("readable");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            let is_file = entry.file_type().expect("readable").is_file();
            assert!(
                !is_file || shipped_files().iter().any(|(embedded, _)| *embedded == path),
                "{path} is not embedded"
            );
        }
    }
    for entry in config.join("providers/local").read_dir().expect("the folder is there") {
        let name = entry.expect("readable").file_name().to_string_lossy().replace(".toml", "");
        let (_, text) = LOCAL_PRESETS.iter().find(|(preset, _)| *preset == name).expect(&name);
        let preset: Sections = toml::from_str(text).expect("an entry");
        let added = Catalog::build(&Sections::shipped().expect("valid"), &preset).expect(&name);
        assert!(added.provider(&name).is_some_and(|entry| entry.api_key.is_none()), "{name}");
    }
    let catalog = Catalog::shipped().expect("the built-in files are valid");
    let models: Vec<&str> = catalog.models.keys().map(ModelId::as_str).collect();
    assert_eq!(
        models,
        ["offline/central", "offline/lead", "offline/query", "offline/shell", "offline/synth"]
    );
    assert_eq!(
        catalog.providers.keys().map(ProviderId::as_str).collect::<Vec<_>>(),
        [
            "anthropic",
            "deepseek",
            "gemini",
            "gigachat",
            "groq",
            "mistral",
            "offline",
            "ollama",
            "openai",
            "openrouter",
            "together",
            "xai",
            "yandex"
        ]
    );
}

#[test]
fn the_example_of_the_handbook_becomes_a_catalogue() {
    let catalog = build(LAB).expect("valid");
    let lab = catalog.provider("lab").expect("there");
    assert_eq!((lab.kind, lab.origin), (Wire::OpenAiChat, Origin::User));
    assert_eq!(lab.base_url.as_deref(), Some("http://127.0.0.1:9001/v1"));
    assert_eq!(lab.api_key, Some(KeySource::Env("LAB_KEY".to_owned())));
    assert_eq!(lab.headers["x-team"], "blue");
    assert_eq!((lab.timeouts.connect, lab.timeouts.headers), (Some(5), None));
    let fast = catalog.model("lab/fast").expect("there");
    assert_eq!((fast.name.as_str(), fast.context_tokens, fast.quality), ("fast-1", 128_000, Some(812)));
    let PriceState::Known(row) = &fast.price else { panic!("priced") };
    assert_eq!(row.card.base.input.map(PerMillion::get), Some(3_000_000));
    assert_eq!(catalog.model("offline/lead").map(|model| model.origin), Some(Origin::Shipped));
    assert_eq!(catalog.fx["USD"].rate_text, "80.1234");
}

#[test]
fn a_time_may_have_a_unit() {
    let written =
        LAB.replacen("connect = 5, total = 600", r#"connect = "3s", headers = "2m", total = "1h""#, 1);
    let timeouts = build(&written).expect("valid").provider("lab").expect("there").timeouts;
    assert_eq!((timeouts.connect, timeouts.headers, timeouts.total), (Some(3), Some(120), Some(3600)));
    assert_eq!(timeouts.idle_bytes, None);
}

#[test]
fn a_models_name_at_its_provider_leads_to_its_id() {
    let twice =
        format!("{LAB}\n[models.\"lab/again\"]\nprovider = \"lab\"\nname = \"fast-1\"\ncontext_tokens = 1\n");
    let catalog = build(&twice).expect("valid");
    let ids = |name: &str| catalog.named_on_the_wire(name).map(|m| m.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids("fast-1"), ["lab/again", "lab/fast"]);
    assert_eq!(ids("lab/fast"), [""; 0], "an id is no name");
}

#[test]
fn a_users_entry_replaces_the_shipped_one_of_the_same_id_whole() {
    let catalog = build(
        r#"
        [models."offline/lead"]
        provider = "offline"
        name = "lead"
        context_tokens = 9
        "#,
    )
    .expect("valid");
    let lead = catalog.model("offline/lead").expect("there");
    assert_eq!((lead.context_tokens, lead.origin, &lead.price), (9, Origin::User, &PriceState::Unknown));
}

#[test]
fn names_that_lead_nowhere_are_blamed_where_they_stand() {
    let (piece, message) = blamed_after(r#"provider = "lab""#, r#"provider = "labb""#);
    assert_eq!(piece, r#""labb""#);
    assert_eq!(
        message,
        "unknown provider `labb`; there are: anthropic, deepseek, gemini, gigachat, groq, lab, mistral, offline, …"
    );
    let (piece, message) = blamed_after(r#""offline/lead"]"#, r#""offline/leed"]"#);
    assert_eq!(piece, r#""offline/leed""#);
    assert!(message.starts_with("unknown model `offline/leed`; there are: "), "{message}");
    assert_eq!(blamed_after(r#""lab/free", "#, r#""lab/fast", "#).1, "a model cannot be its own fallback");
}

#[test]
fn a_literal_key_is_refused_with_the_way_out_and_never_repeated() {
    for literal in [r#""sk-live-hunter2""#, r#"{ env = "sk-hunter2" }"#, r#"{ value = "hunter2" }"#] {
        let text = LAB.replacen(r#"{ env = "LAB_KEY" }"#, literal, 1);
        let (_, message) = blamed(&text);
        assert!(
            message.contains("{ env = ") && message.contains("{ file = ") && message.contains("{ command = ")
        );
        assert!(!message.contains("hunter2"), "{message}");
        assert!(!format!("{:?}", read(&text)).contains("hunter2"), "not even when sections are printed");
    }
    let (piece, message) = blamed_after(r#"{ X-Team = "blue" }"#, r#"{ Authorization = "Bearer hunter2" }"#);
    assert_eq!(piece, r#""Bearer hunter2""#);
    assert!(message.contains("api_key") && !message.contains("hunter2"), "{message}");
}

#[test]
fn an_address_with_a_password_is_refused_and_not_repeated() {
    let (_, message) = blamed_after("http://127.0.0.1:9001/v1/", "http://me:hunter2@127.0.0.1/v1");
    assert!(message.contains("user name or password") && !message.contains("hunter2"), "{message}");
    assert!(blamed_after("http://127.0.0.1", "ftp://127.0.0.1").1.contains("http://"));
}

#[test]
fn an_unknown_wire_is_told_those_that_there_are() {
    let (piece, message) = blamed_after(r#""openai-chat""#, r#""openai-chatt""#);
    assert_eq!(piece, r#""openai-chatt""#);
    assert!(
        message.contains("is not a wire format; this build has: openai-chat, openai-responses, anthropic"),
        "{message}"
    );
}

#[test]
fn a_wire_of_one_server_knows_its_address_and_gigachat_its_lender() {
    let text = "[providers.giga]\nkind = \"gigachat\"\n\n[providers.claude]\nkind = \"anthropic\"\nstream = false\n\
                [providers.claude.quirks]\ncache = \"1h\"\nschema = \"none\"\n";
    let user: Sections = toml::from_str(text).unwrap();
    let catalog = Catalog::build(&Sections::shipped().unwrap(), &user).unwrap();
    let giga = catalog.provider("giga").unwrap();
    assert_eq!(giga.base_url.as_deref(), Some("https://gigachat.devices.sberbank.ru/api/v1"));
    assert_eq!(giga.lender.as_ref().map(|lender| lender.scope.as_str()), Some("GIGACHAT_API_PERS"));
    assert_eq!(giga.max_concurrency, 1, "a person has one stream");
    let claude = catalog.provider("claude").unwrap();
    assert_eq!(claude.base_url.as_deref(), Some("https://api.anthropic.com"));
    assert!(!claude.streams);
    assert_eq!(claude.quirks.cache, Some(plyrum_catalog::CacheLife::Hour));
    for (text, word) in [
        ("kind = \"gigachat\"\nscope = \"X\"", "scope must be one of"),
        ("kind = \"anthropic\"\nscope = \"GIGACHAT_API_PERS\"", "only gigachat"),
        ("kind = \"anthropic\"\nfolder = \"b1g\"", "only yandex"),
        ("kind = \"gigachat\"\nauth_url = \"ftp://x\"", "http://"),
    ] {
        let (_, message) = blamed(&format!("[providers.mine]\n{text}\n"));
        assert!(message.contains(word), "{text}: {message}");
    }
}

#[test]
fn what_a_wire_needs_or_cannot_use_is_said() {
    let (_, message) = blamed_after("base_url = \"http://127.0.0.1:9001/v1/\"\n", "");
    assert!(message.contains("needs base_url"), "{message}");
    let (piece, message) = blamed("[providers.mine]\nkind = \"offline\"\nbase_url = \"http://host\"\n");
    assert_eq!(piece, r#""http://host""#);
    assert!(message.contains("no network"), "{message}");
}

#[test]
fn each_figure_out_of_its_range_is_blamed() {
    for (old, new, piece, word) in [
        (r#"input = "3.00""#, r#"input = "3.0000001""#, r#""3.0000001""#, "6 decimals"),
        (r#"input = "3.00""#, r#"input = "-3.00""#, r#""-3.00""#, "negative"),
        (r#"output = "15.00""#, r#"output = "1e3""#, r#""1e3""#, "not a decimal"),
        (r#"currency = "USD""#, r#"currency = "usd""#, r#""usd""#, "three capital letters"),
        ("context_tokens = 128000", "context_tokens = 0", "0", "context_tokens must be 1"),
        ("max_output_tokens = 4096", "max_output_tokens = 1000000000001", "1000000000001", "must be 1 to"),
        (r#"bytes_per_token = "3.5""#, r#"bytes_per_token = "0""#, r#""0""#, "greater than zero"),
        ("quality = 812", "quality = 1001", "1001", "per mille"),
        ("markup_bps = 1250", "markup_bps = 100001", "100001", "markup_bps"),
        (r#"rate = "80.1234""#, r#"rate = "0""#, r#""0""#, "greater than zero"),
        (r#"rate = "80.1234""#, r#"rate = "80.12345678901""#, r#""80.12345678901""#, "too many digits"),
        (r#"rate = "80.1234""#, r#"rate = "80.1234567891""#, r#""80.1234567891""#, "fx_out_of_range"),
        (r#"date = "2026-11-20""#, r#"date = "2026-11-31""#, r#""2026-11-31""#, "must be a day"),
        (r#"source = "Bank of Russia""#, r#"source = """#, r#""""#, "source is empty"),
        ("connect = 5", "connect = 0", "{ connect = 0, total = 600 }", "timeouts.connect"),
        ("connect = 5", r#"connect = "25h""#, r#"{ connect = "25h", total = 600 }"#, "timeouts.connect"),
        (r#"name = "fast-1""#, r#"name = """#, r#""""#, "name is empty"),
    ] {
        let (blamed, message) = blamed_after(old, new);
        assert_eq!(blamed, piece, "{new}: {message}");
        assert!(message.contains(word), "{new}: {message}");
    }
}

#[test]
fn a_price_holds_up_to_the_corner_and_not_one_further() {
    let priced = |input: &str| LAB.replacen("input = \"3.00\"", &format!("input = \"{input}\""), 1);
    assert!(build(&priced("10000000")).is_ok());
    assert!(blamed(&priced("10000000.000001")).1.contains("price_out_of_range"));
}

#[test]
fn an_id_must_be_short_and_printable() {
    let model =
        |id: &str| format!("[models.\"{id}\"]\nprovider = \"offline\"\nname = \"x\"\ncontext_tokens = 1\n");
    assert!(build(&model(&"x".repeat(128))).is_ok());
    assert!(blamed(&model(&"x".repeat(129))).1.contains("longer than 128 bytes"));
    assert!(blamed(&model("")).1.contains("is empty"));
    assert!(blamed(&model("a b")).1.contains("blank or a control character"));
    assert!(blamed(&model("a\\u001bb")).1.contains("blank or a control character"));
    assert!(blamed(&model("auto")).1.contains("router"));
}

#[test]
fn tiers_and_fees_are_read_and_checked() {
    let text = |tiers: &str| {
        LAB.replacen(
            r#"output = "15.00" }"#,
            &format!(
                r#"output = "15.00", request_fee = "0.25", unit_fees = {{ web_search = "0.005" }}, tiers = [{tiers}] }}"#
            ),
            1,
        )
    };
    let high = r#"{ above_input_tokens = 200000, input = "6.00" }"#;
    let low = r#"{ above_input_tokens = 1000, output = "9.00" }"#;
    let row = |text: &str| {
        let catalog = build(text).expect("valid");
        match &catalog.model("lab/fast").expect("there").price {
            PriceState::Known(row) => row.clone(),
            PriceState::Unknown => panic!("priced"),
        }
    };
    let written = row(&text(&format!("{high}, {low}")));
    assert_eq!(written.card.request_fee.map(Fee::get), Some(250_000));
    assert_eq!(written.card.unit_fees["web_search"].get(), 5_000);
    assert_eq!(written.card.tiers[0].above_input_tokens, 1000);
    assert_eq!(row(&text(&format!("{low}, {high}"))), written, "order does not make another version");
    let (piece, message) = blamed(&text(&format!("{high}, {high}")));
    assert_eq!((piece.as_str(), message.as_str()), ("200000", "another tier has this threshold"));
}

#[test]
fn all_mistakes_are_reported_together() {
    let text = LAB
        .replace("LAB_KEY", "not a name")
        .replace("quality = 812", "quality = 2000")
        .replace("80.1234", "x");
    assert_eq!(build(&text).expect_err("three mistakes").len(), 3);
}

#[test]
fn shapes_that_are_wrong_are_refused_by_the_parser_with_a_place() {
    for (old, new, word) in [
        (r#"input = "3.00""#, "input = 3.00", "a decimal in quotes"),
        (r#"input = "3.00""#, r#"inptu = "3.00""#, "unknown field `inptu`"),
        ("context_tokens = 128000", "context_tokens = -1", "-1"),
        ("max_output_tokens = 4096", "max_output_token = 4096", "unknown field"),
        ("connect = 5", "conect = 5", "unknown field"),
        ("connect = 5", "connect = -5", "whole seconds, or a time such as \"30s\""),
        ("connect = 5", "connect = 2.5", "whole seconds"),
        ("connect = 5", r#"connect = "5 parsecs""#, "\"5 parsecs\""),
        (r#"rate = "80.1234", "#, "", "missing field `rate`"),
        ("markup_bps = 1250", "markup = 1250", "expected struct FxRow"),
    ] {
        assert!(LAB.contains(old));
        let error = toml::from_str::<Sections>(&LAB.replacen(old, new, 1)).expect_err(new);
        assert!(error.message().contains(word), "{new}: {}", error.message());
        assert!(error.span().is_some(), "{new}");
    }
}

#[test]
fn sections_keep_their_places_inside_a_bigger_file() {
    #[derive(serde::Deserialize)]
    struct Whole {
        models: std::collections::BTreeMap<String, plyrum_catalog::ModelSection>,
    }
    let text = "title = 1\n[models.m]\nprovider = \"gone\"\nname = \"x\"\ncontext_tokens = 1\n";
    let whole: Whole = toml::from_str(text).expect("parses");
    let user = Sections { models: whole.models, ..Sections::default() };
    let errors = Catalog::build(&Sections::default(), &user).expect_err("no such provider");
    assert_eq!(text.get(errors[0].span.clone().expect("a place")), Some("\"gone\""));
}

#[test]
fn a_cassette_is_played_by_replay_alone_at_a_pace_that_makes_sense() {
    let section = |kind: &str, more: &str| build(&format!("[providers.tape]\nkind = \"{kind}\"\n{more}"));
    let entry = |more: &str| {
        let catalog = section("replay", more).expect("valid");
        let tape = catalog.provider("tape").expect("there");
        assert_eq!((tape.kind, tape.base_url.as_deref()), (Wire::Replay, None));
        tape.replay.clone().expect("something to play")
    };
    for (pace, permille) in
        [("", 0), ("pace = 0", 0), ("pace = 1", 1000), ("pace = 0.25", 250), ("pace = 100", 100_000)]
    {
        let replay = entry(&format!("file = \"a.cassette\"\n{pace}"));
        assert_eq!((replay.file.to_str(), replay.pace_permille), (Some("a.cassette"), permille), "{pace}");
    }
    for (kind, more, told) in [
        ("replay", "", "needs file"),
        ("replay", "file = \"\"", "file is empty"),
        ("replay", "file = \"a\"\nbase_url = \"http://x/\"", "uses no network"),
        ("replay", "file = \"a\"\napi_key = { env = \"K\" }", "takes no key"),
        ("replay", "file = \"a\"\npace = -1", "pace must be"),
        ("replay", "file = \"a\"\npace = -0.5", "pace must be"),
        ("replay", "file = \"a\"\npace = 101", "pace must be"),
        ("replay", "file = \"a\"\npace = inf", "pace must be"),
        ("ollama", "file = \"a\"", "only replay plays a file"),
        ("ollama", "pace = 1", "only replay plays a file"),
    ] {
        let problems = section(kind, more).expect_err("a mistake");
        assert!(problems.iter().any(|problem| problem.message.contains(told)), "{more}: {problems:?}");
    }
}

#[test]
fn an_entry_without_a_provider_adds_to_the_model_of_a_list() {
    let sections = |text: &str| toml::from_str::<Sections>(text).unwrap();
    let shipped = Sections::shipped().unwrap();
    let listed = sections(
        "[models.\"ollama/m\"]\nprovider = \"ollama\"\nname = \"m:3b\"\ncontext_tokens = 4096\ntools = false\n\
         reasoning = true\nonly_when_named = true\n",
    );
    let price = "price = { currency = \"RUB\", input = \"1\", output = \"2\" }\n";
    let built = |user: &str| Catalog::build_with(&shipped, &listed, &sections(user), &PriceBook::default());
    let catalog = built(&format!("[models.\"ollama/m\"]\n{price}only_when_named = false\n")).unwrap();
    let model = catalog.model("ollama/m").unwrap();
    assert_eq!((model.name.as_str(), model.context_tokens), ("m:3b", 4096));
    assert_eq!((model.tools, model.reasoning, model.only_when_named), (false, true, false));
    assert!(matches!(model.price, PriceState::Known(_)));
    let wrong = built(&format!("[models.\"ollama/other\"]\n{price}")).unwrap_err();
    assert!(
        wrong[0].message.contains("[models.\"ollama/other\"] needs provider, name and context_tokens"),
        "{wrong:?}"
    );
}
