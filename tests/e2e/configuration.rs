//! Mistakes in what the user wrote: file, line, nearest word, exit code, and nothing secret repeated.

use crate::world::{FakeProvider, LAB_KEY, Reply, Script, World, lab_config};
use std::fs;

fn answering() -> Script {
    Script::new().always(Reply::answer("Here it is.", 9, 4))
}

#[test]
fn an_unknown_key_is_told_with_file_line_and_nearest_key() {
    let world = World::new();
    world.config("[defaults]\nlang = \"en\"\nmodell = \"auto\"\n");
    for args in [["ask", "Hello there"], ["config", "check"], ["config", "show"]] {
        let out = world.plyrum(args).run();
        assert_eq!(out.code, 3, "{out}");
        let told = format!("{}{}", out.stdout, out.stderr);
        assert!(
            told.contains("config.toml:3") && told.contains("`modell`") && told.contains("`model`"),
            "{out}"
        );
    }
    assert_eq!(world.json(["runs", "list", "--json"]), serde_json::json!([]));
}

#[test]
fn a_misspelt_key_of_a_provider_is_found_too() {
    let world = World::new();
    world.config("[providers.lab]\nkind = \"openai-chat\"\nbase_ulr = \"http://127.0.0.1:1/v1\"\n");
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["config.toml:3", "base_ulr", "base_url"]);
}

#[test]
fn broken_toml_is_told_with_its_place_and_running_runs_go_on() {
    let world = World::new();
    let fake = world
        .lab(Script::new().always(Reply::sse().text("Slow").gate("rest").text(" and steady.").end(9, 4)));
    let running = world.plyrum(["ask", "How do you work?"]).start();
    fake.wait_at_gate_blocking("rest");
    world.config("[defaults]\nmodel = \"lab/fast\n");
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["config.toml:2", "hint: "]);
    fake.release("rest");
    running.finish().answers("Slow and steady.");
    world.config(&lab_config(&fake.base_url(), "", ""));
    world.plyrum(["ask", "Hello there"]).run().answers("Slow and steady.");
}

#[test]
fn a_daemon_starts_beside_a_broken_file_and_tells_it_at_the_ask() {
    let world = World::new();
    world.config("[[[\n");
    world.plyrum(["daemon", "start"]).run().ok();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["config.toml:1"]);
    let doctor = world.plyrum(["doctor"]).run();
    assert!(doctor.code == 1 && doctor.stdout.contains("FAIL config"), "{doctor}");
}

#[test]
fn an_unknown_model_persona_plan_session_or_run_is_exit_2_with_the_nearest() {
    let world = World::new();
    let _fake = world.lab(answering());
    world.plyrum(["ask", "-m", "lab/fsat", "Hello there"]).run().fails_telling(2, ["lab/fsat", "`lab/fast`"]);
    world.plyrum(["ask", "-p", "revewer", "Hello there"]).run().fails_telling(2, ["revewer", "`reviewer`"]);
    world.plyrum(["ask", "--plan", "dirct", "Hello there"]).run().fails_telling(2, ["dirct", "`direct`"]);
    world.plyrum(["ask", "-s", "ffff", "Hello there"]).run().fails_telling(2, ["ffff", "hint: "]);
    world.plyrum(["ask", "-c", "Hello there"]).run().fails(2);
    for args in [["runs", "show", "ffff"], ["explain", "ffff", "--json"], ["transcript", "show", "ffff"]] {
        world.plyrum(args).run().fails(2);
    }
    world.plyrum(["runs", "attach", "ffff"]).run().fails_telling(2, ["hint: "]);
}

#[test]
fn an_unknown_model_in_the_configuration_is_told() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(
        &lab_config(&fake.base_url(), "", "").replace("model = \"lab/fast\"", "model = \"lab/fsat\""),
    );
    let out = world.plyrum(["ask", "Hello there"]).run();
    out.fails_telling(3, ["config.toml:2", "lab/fsat", "lab/fast"]);
}

#[test]
fn a_missing_key_is_exit_3_and_names_the_variable() {
    let world = World::new();
    let fake = world.lab_with_key(answering());
    world.plyrum(["ask", "-m", "lab/fast", "Hello there"]).run().fails_telling(3, ["LAB_KEY", "hint: "]);
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn a_key_that_only_this_shell_has_is_said_to_be_missing_in_the_daemon() {
    let world = World::new();
    let fake = world.lab_with_key(answering());
    world.plyrum(["daemon", "start"]).run().ok();
    let ask = || world.plyrum(["ask", "-m", "lab/fast", "Hello there"]).env("LAB_KEY", LAB_KEY);
    let out = ask().run();
    out.fails_telling(3, ["LAB_KEY", "daemon restart"]);
    assert!(!out.stderr.contains(LAB_KEY), "{out}");
    world.plyrum(["daemon", "restart"]).env("LAB_KEY", LAB_KEY).run().ok();
    ask().run().answers("Here it is.");
    assert_eq!(fake.requests()[0].header("authorization"), Some(format!("Bearer {LAB_KEY}").as_str()));
}

#[test]
fn a_key_of_this_shell_is_noticed_even_when_another_model_answers() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    let config = lab_config(&fake.base_url(), "api_key = { env = \"LAB_KEY\" }", "");
    world.config(&config.replace("model = \"lab/fast\"", "model = \"auto\""));
    world.plyrum(["daemon", "start"]).run().ok();
    let out = world.plyrum(["ask", "What is it?"]).stdin("It is a test.").env("LAB_KEY", LAB_KEY).run();
    out.answers("test");
    assert!(out.stderr.contains("LAB_KEY") && out.stderr.contains("daemon restart"), "{out}");
}

#[test]
fn a_key_in_a_file_or_from_a_command_is_used() {
    for source in ["{ file = \"lab.key\" }", "{ command = [\"cat\", \"lab.key\"] }"] {
        let world = World::new();
        let fake = FakeProvider::spawn(answering());
        let source = source.replace(
            "\"cat\", \"lab.key\"",
            &format!("\"cat\", \"{}\"", world.home().join("config/lab.key").display()),
        );
        world.config(&lab_config(&fake.base_url(), &format!("api_key = {source}"), ""));
        world.file_of_home("config/lab.key", &format!("{LAB_KEY}\n"));
        let chmod = format!("chmod 600 '{}'", world.home().join("config/lab.key").display());
        world.sh(&chmod).run().ok();
        world.plyrum(["ask", "Hello there"]).run().answers("Here it is.");
        assert_eq!(fake.requests()[0].header("authorization"), Some(format!("Bearer {LAB_KEY}").as_str()));
    }
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(&lab_config(&fake.base_url(), "api_key = { file = \"lab.key\" }", ""));
    world.file_of_home("config/lab.key", LAB_KEY);
    world.sh(&format!("chmod 644 '{}'", world.home().join("config/lab.key").display())).run().ok();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, ["lab.key", "chmod 600"]);
}

#[test]
fn a_key_written_into_the_configuration_is_refused_and_not_repeated() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(&lab_config(&fake.base_url(), &format!("api_key = \"{LAB_KEY}\""), ""));
    for args in [["ask", "Hello there"], ["config", "check"], ["config", "show"], ["doctor", "--json"]] {
        let out = world.plyrum(args).run();
        assert!(out.code == 3 || args[0] == "doctor", "{out}");
        let told = format!("{}{}", out.stdout, out.stderr);
        assert!(told.contains("config.toml:7") || args[0] == "doctor", "{out}");
        assert!(!told.contains(LAB_KEY), "the key is repeated: {out}");
    }
    assert!(!world.log().contains(LAB_KEY), "{}", world.log());
}

#[test]
fn a_wire_of_a_later_build_is_told_with_what_there_is() {
    let world = World::new();
    world.config("[providers.claude]\nkind = \"telepathy\"\n");
    world
        .plyrum(["ask", "Hello there"])
        .run()
        .fails_telling(3, ["config.toml:2", "telepathy", "openai-chat"]);
}

#[test]
fn an_address_with_a_password_is_refused_and_not_repeated() {
    let world = World::new();
    world.config(&lab_config("http://ann:hunter2hunter2@127.0.0.1:9/v1", "", ""));
    let out = world.plyrum(["ask", "Hello there"]).run();
    out.fails_telling(3, ["config.toml:6"]);
    assert!(!out.stderr.contains("hunter2"), "{out}");
}

#[test]
fn config_show_tells_where_each_value_comes_from() {
    let world = World::new();
    let _fake = world.lab(answering());
    let rows = world.plyrum(["config", "show", "--json"]).env("PLYRUM_LANG", "ru").run().json();
    let origin = |key: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key);
        row.map(|row| (row["value"].as_str().unwrap().to_owned(), row["origin"].as_str().unwrap().to_owned()))
    };
    assert_eq!(origin("defaults.profile").map(|row| row.1).as_deref(), Some("built in"));
    let (value, from) = origin("defaults.model").unwrap();
    assert!(value.contains("lab/fast") && from.contains("config.toml:2"), "{value} {from}");
    assert_eq!(origin("defaults.lang").map(|row| row.1).as_deref(), Some("PLYRUM_LANG"));
    assert_eq!(world.daemons(), [0; 0]);
}

#[test]
fn config_path_is_just_the_path_and_starts_nothing() {
    let world = World::new();
    let out = world.plyrum(["config", "path"]).run();
    assert_eq!(out.ok(), format!("{}\n", world.home().join("config/config.toml").display()));
    assert!(!world.home().exists(), "nothing is created");
}

#[test]
fn a_project_may_narrow_and_not_widen() {
    let world = World::new();
    let fake = FakeProvider::spawn(answering());
    world.config(&lab_config(&fake.base_url(), "", "[budgets]\nrun = \"50\""));
    let project = world.beside("work/.plyrum");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("config.toml"), "[budgets]\nrun = \"0.000003\"\n").unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(6, ["0.000003"]);
    world.config(&lab_config(&fake.base_url(), "", "[budgets]\nrun = \"0.000002\""));
    fs::write(project.join("config.toml"), "[budgets]\nrun = \"500\"\n").unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(6, ["0.000002"]);
    fs::write(
        project.join("config.toml"),
        "[providers.evil]\nkind = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\n",
    )
    .unwrap();
    world.plyrum(["ask", "Hello there"]).run().fails_telling(3, [".plyrum/config.toml:1"]);
}

#[test]
fn an_empty_home_variable_is_exit_3() {
    let world = World::new();
    world.plyrum(["ask", "Hello there"]).env("PLYRUM_HOME", "").run().fails_telling(3, ["PLYRUM_HOME"]);
}
