//! Prices from the outside: imported from a list, charged to the letter, refused when they are strange.

use crate::world::{FakeProvider, LAB_PRICE, Reply, Script, World, conforms, lab_config};
use serde_json::{Value, json};

/// One price list entry for the model that `lab` serves as `fast-1`.
fn list(input: &str, output: &str) -> String {
    format!(
        r#"{{"fast-1": {{"litellm_provider": "lab", "mode": "chat", "input_cost_per_token": {input},
            "output_cost_per_token": {output}, "cache_read_input_token_cost": 3e-07}},
            "other-1": {{"litellm_provider": "lab", "mode": "chat", "input_cost_per_token": 1e-06,
            "output_cost_per_token": 1e-06}}}}"#
    )
}

fn usage() -> Value {
    json!({
        "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
        "prompt_tokens_details": {"cached_tokens": 400},
        "completion_tokens_details": {"reasoning_tokens": 50},
    })
}

/// 600 × 3.00, 400 × 0.30, 200 × 15.00 = 4920 micro-USD; × 80.1234 = 394 207.128; upward, once.
const COST: i64 = 394_208;

/// `lab/fast` without a price, and a list of prices beside the home.
fn unpriced(world: &World) -> FakeProvider {
    let script =
        Script::new().always(Reply::sse().text("The answer.").finish("stop").usage_json(usage()).done());
    let fake = FakeProvider::spawn(script);
    world.config(&lab_config(&fake.base_url(), "", "").replace(&format!("price = {LAB_PRICE}\n"), ""));
    fake
}

fn write_list(world: &World, text: &str) -> String {
    let path = world.beside("list.json");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn an_imported_price_is_charged_from_the_next_ask_on_and_quote_and_explain_agree() {
    let world = World::new();
    let _fake = unpriced(&world);
    world.plyrum(["daemon", "start"]).run().ok();
    world
        .plyrum(["prices", "quote", "lab/fast", "--input", "1", "--output", "1"])
        .run()
        .fails_telling(3, ["no price", "plyrum prices import"]);
    let file = write_list(&world, &list("3e-06", "1.5e-05"));
    let imported = world.plyrum(["prices", "import", &file, "--yes"]).run();
    assert!(imported.ok().contains("2 prices added"), "{imported}");

    let result = world.json(["ask", "--json", "What does it cost?"]);
    assert_eq!(result["cost_micro_rub"], COST);
    let attempt = &world.json(["explain", "last", "--json"])["attempts"][0];
    let quote = world.json([
        "prices",
        "quote",
        "lab/fast",
        "--input",
        "600",
        "--cache-read",
        "400",
        "--output",
        "150",
        "--reasoning",
        "50",
        "--json",
    ]);
    conforms("price-quote", &quote);
    assert_eq!(quote["cost_micro_rub"], attempt["cost_micro_rub"]);
    assert_eq!(quote["price_version"], attempt["price_version"]);
    assert_eq!((&quote["meters"], &quote["fx"]), (&attempt["meters"], &attempt["fx"]));
    assert!(quote["hold_micro_rub"].as_i64() >= quote["cost_micro_rub"].as_i64(), "{quote}");
    let shown = world.plyrum(["prices", "list", "lab/fast"]).run();
    assert!(shown.ok().contains("prices.toml") && shown.stdout.contains("list.json"), "{shown}");
    world.is_sound();
}

#[test]
fn a_later_import_adds_a_row_and_past_charges_keep_theirs() {
    let world = World::new();
    let _fake = unpriced(&world);
    let file = write_list(&world, &list("3e-06", "1.5e-05"));
    world.plyrum(["prices", "import", &file, "--yes"]).run().ok();
    world.plyrum(["ask", "What does it cost?"]).run().ok();
    let first = world.json(["explain", "last", "--json"]);
    write_list(&world, &list("4e-06", "1.5e-05"));
    let diff = world.plyrum(["prices", "diff", &file]).run();
    assert!(diff.ok().contains("3.00 → 4.00") && diff.stdout.contains("1 changed, 1 unchanged"), "{diff}");
    world.plyrum(["prices", "import", &file, "--yes"]).run().ok();
    // 600 × 4.00 + 120 + 3000 = 5520 micro-USD; × 80.1234 = 442 281.168.
    assert_eq!(world.json(["ask", "--json", "And now?"])["cost_micro_rub"], 442_282);
    let again = world.json(["explain", first["run"].as_str().unwrap(), "--json"]);
    assert_eq!(again, first);
    let rows = world.json(["prices", "list", "lab/fast", "--all", "--json"]);
    conforms("price-list", &rows);
    let held: Vec<&Value> = rows["rows"].as_array().unwrap().iter().map(|row| &row["holds"]).collect();
    assert_eq!(held, [false, true]);
    world.is_sound();
}

#[test]
fn a_diff_writes_nothing_and_an_import_without_a_yes_neither() {
    let world = World::new();
    let _fake = unpriced(&world);
    let file = write_list(&world, &list("3e-06", "1.5e-05"));
    let diff = world.json(["prices", "diff", &file, "--json"]);
    conforms("price-diff", &diff);
    assert_eq!((&diff["feed"], &diff["changes"][0]["verdict"]), (&"litellm".into(), &"new".into()));
    world.plyrum(["prices", "import", &file]).run().fails_telling(2, ["nothing was added", "--yes"]);
    world.plyrum(["prices", "import", &file]).stdin("y\n").run().fails_telling(2, ["--yes"]);
    assert!(!world.home().join("config/prices.toml").exists());
    let listed = world.json(["prices", "list", "lab/fast", "--json"]);
    assert_eq!((&listed["rows"][0]["known"], &listed["rows"][0]["figures"]), (&false.into(), &json!([])));
}

#[test]
fn a_second_import_says_that_there_is_nothing_and_keeps_the_file() {
    let world = World::new();
    let _fake = unpriced(&world);
    let file = write_list(&world, &list("3e-06", "1.5e-05"));
    world.plyrum(["prices", "import", &file, "--yes"]).run().ok();
    let book = world.home().join("config/prices.toml");
    let before = std::fs::read_to_string(&book).unwrap();
    let again = world.plyrum(["prices", "import", &file]).run();
    assert!(again.ok().contains("nothing to add"), "{again}");
    assert_eq!(std::fs::read_to_string(&book).unwrap(), before);
}

#[test]
fn a_jump_is_left_out_and_told_until_it_is_allowed() {
    let world = World::new();
    let _fake = unpriced(&world);
    let file = write_list(&world, &list("3e-06", "1.5e-05"));
    world.plyrum(["prices", "import", &file, "--yes"]).run().ok();
    write_list(&world, &list("3e-03", "1.5e-05").replace("1e-06", "2e-06"));
    let jump = world.plyrum(["prices", "import", &file, "--yes"]).run();
    jump.fails_telling(1, ["1 price left out", "--allow-jumps"]);
    assert!(jump.stdout.contains("3.00 → 3000.00") && jump.stdout.contains("1 price added"), "{jump}");
    let input = |model: &str| {
        let rows = world.json(["prices", "list", model, "--json"]);
        rows["rows"][0]["figures"][0]["price"].as_str().map(str::to_owned)
    };
    assert_eq!(input("lab/fast").as_deref(), Some("3.00"));
    assert_eq!(input("lab/other-1").as_deref(), Some("2.00"));
    let quote =
        world.json(["prices", "quote", "lab/other-1", "--input", "1000000", "--output", "0", "--json"]);
    assert_eq!(quote["cost_micro_rub"], 160_246_800, "imported, not configured");
    world.plyrum(["prices", "import", &file, "--yes", "--allow-jumps"]).run().ok();
    assert_eq!(input("lab/fast").as_deref(), Some("3000.00"));
}

#[test]
fn a_broken_list_is_exit_2_and_a_broken_book_exit_3_with_its_line() {
    let world = World::new();
    let _fake = unpriced(&world);
    for text in ["", "{", "[1]", "{\"a\": 1}"] {
        let file = write_list(&world, text);
        world.plyrum(["prices", "import", &file, "--yes"]).run().fails_telling(2, ["list.json"]);
    }
    let missing = world.beside("missing.json").display().to_string();
    world.plyrum(["prices", "diff", &missing]).run().fails_telling(2, ["no such file"]);
    world.file_of_home("config/prices.toml", "[[row]]\nmodel = \"lab/fast-1\"\nprise = 1\n");
    for args in [["prices", "list"], ["config", "check"], ["ask", "Hello there"]] {
        let out = world.plyrum(args).run();
        assert_eq!(out.code, 3, "{out}");
        let told = format!("{}{}", out.stdout, out.stderr);
        assert!(
            told.contains("prices.toml:3") && told.contains("`prise`") && told.contains("`price`"),
            "{out}"
        );
    }
}

#[test]
fn names_in_a_list_cannot_command_the_terminal() {
    let world = World::new();
    let entry =
        r#"{"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06, "litellm_provider": "lab"}"#;
    let file = write_list(&world, &format!(r#"{{"a\u001b[31m\u009b2Jb": {entry}}}"#));
    let diff = world.plyrum(["prices", "diff", &file]).run();
    assert!(!diff.ok().chars().any(|c| c.is_control() && c != '\n'), "{diff}");
    assert!(diff.stdout.contains(r"\u{1b}"), "shown, not obeyed: {diff}");
}

#[test]
fn a_price_of_a_later_day_is_quoted_for_that_day_and_not_before() {
    let world = World::new();
    world.config(
        &lab_config("http://127.0.0.1:9/v1", "", "").replace(
            &format!("price = {LAB_PRICE}\n"),
            &format!("price = {LAB_PRICE}\nprices = [{{ from = \"2100-01-01\", currency = \"RUB\", input = \"1\", output = \"2\" }}]\n"),
        ),
    );
    let cost = |day: &str| {
        let args =
            ["prices", "quote", "lab/fast", "--input", "1000000", "--output", "0", "--on", day, "--json"];
        world.json(args)["cost_micro_rub"].as_i64()
    };
    assert_eq!(cost("2099-12-31"), Some(240_370_200));
    assert_eq!(cost("2100-01-01"), Some(1_000_000));
    let args = ["prices", "quote", "lab/fast", "--input", "1", "--output", "1", "--on", "soon"];
    world.plyrum(args).run().fails_telling(2, ["--on soon"]);
    world.plyrum(["prices", "list", "lab/fats"]).run().fails_telling(2, ["lab/fats", "lab/fast"]);
}
