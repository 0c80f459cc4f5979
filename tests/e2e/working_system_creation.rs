//! A model builds a small program in an empty folder, and everything around it holds.
//!
//! What the model does is played from a script; all else is real: the binary, its daemon, the sandbox, the compilers
//! and shells of this machine. The program that comes out is then used as anybody would use it, the record of how it
//! came to be is read by somebody who was not there, and it is taken back. One story is in Python and waits for a
//! person twice, once beyond the life of its daemon; the other is in shell and goes by rules of the user.

use crate::world::{Out, World, eventually, skipped};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const MODEL: &str = r#"[models."offline/script"]
provider = "offline"
name = "script"
context_tokens = 100000
price = { currency = "RUB", input = "1", output = "2" }
"#;

const KASSA: &str = include_str!("working_system_creation/kassa.toml");
const DELA: &str = include_str!("working_system_creation/dela.toml");

#[test]
fn working_system_creation_in_python_with_a_person_who_approves_and_denies() {
    let Some(world) = workshop(KASSA, "python3") else { return };
    let parked = ask(&world, "Сделай отчёт о расходах", &["--defer"]);
    assert_eq!((parked.code, parked.json()["status"].as_str()), (5, Some("parked")), "{parked}");
    let run = parked.json()["run"].as_str().unwrap().to_owned();
    let tries = waiting(&world, "kassa");
    a_later_daemon_goes_on(&world, KASSA);
    world.plyrum(["approve", &tries]).run().ok();
    let installs = waiting(&world, "pip");
    world.plyrum(["deny", &installs, "--reason", "без зависимостей"]).run().ok();

    let built = Built::of(world, &run);
    assert_eq!(built.result()["answer"].as_str().unwrap().lines().count(), 1, "{}", built.result());
    assert!(built.result()["answer"].as_str().unwrap().ends_with("все тесты проходят."));
    assert_eq!(built.exits_of("unittest"), [1, 0], "the tests fail first and pass then");
    assert_eq!(built.ends_of("pre-commit"), ["denied"]);
    assert_eq!(built.ends_of("outside.txt"), ["denied"]);
    assert_eq!(built.ends_of("pip"), ["denied"]);
    assert!(built.most_calls_of_a_turn() >= 4);
    assert!(built.told_of_failures().iter().any(|told| told.contains("`kassa/money.py`, hunk 2")));
    assert_eq!(built.approvals(), [tries.as_str()], "what a person allowed was executed, and only that");
    built.holds_what_is_promised();

    reports_expenses(&built.world);
    built.can_be_taken_back();
}

#[test]
fn working_system_creation_in_shell_by_rules_of_the_user() {
    let Some(world) = workshop(DELA, "awk") else { return };
    let rules: [(&str, &[&str]); 5] = [
        ("allow", &["chmod", "+x", "bin/dela", "tests/run.sh"]),
        ("allow", &["./tests/run.sh"]),
        ("allow", &["./bin/dela", "add", "*"]),
        ("allow", &["./bin/dela", "list"]),
        ("deny", &["rm", "-r", "*"]),
    ];
    for (verdict, words) in rules {
        rule(&world, verdict, words);
    }
    let done = ask(&world, "Сделай список дел", &[]);
    done.ok();
    let run = done.json()["run"].as_str().unwrap().to_owned();

    let built = Built::of(world, &run);
    assert_eq!(done.json()["answer"], built.result()["answer"]);
    assert!(built.result()["answer"].as_str().unwrap().ends_with("тесты проходят."));
    assert_eq!(built.exits_of("./tests/run.sh"), [1, 0], "the tests fail first and pass then");
    assert_eq!(built.ends_of("outside.txt"), ["denied"]);
    assert_eq!(built.ends_of(".envrc"), ["denied"]);
    assert_eq!(built.ends_of(r#"["rm","#), ["denied"], "the user's own rule");
    assert!(built.most_calls_of_a_turn() >= 4);
    assert!(built.told_of_failures().iter().any(|told| told.contains("`lib/store.sh`, hunk 1")));
    assert_eq!(built.approvals(), [""; 0], "rules alone decided");
    built.holds_what_is_promised();

    keeps_a_list(&built.world);
    built.can_be_taken_back();
}

/// The daemon ends under the parked run. The script forgets what it has played, so only the rest is left of it.
#[track_caller]
fn a_later_daemon_goes_on(world: &World, script: &str) {
    world.plyrum(["daemon", "stop"]).run().ok();
    let (_, rest) = script.split_once("# The later daemon plays from here on.").unwrap();
    fs::write(world.beside("script.toml"), rest).unwrap();
}

/// The program of the first story, used from outside.
#[track_caller]
fn reports_expenses(world: &World) {
    let lines = "date;category;amount\n2026-01-30;еда;1 000,5\n2026-02-01;дом;2000\n2026-02-03;еда;0,45\n";
    fs::write(world.beside("spent.csv"), lines).unwrap();
    let report = |words: &str| world.sh(&format!("python3 -B -m kassa {words}")).run();
    assert_eq!(report("../spent.csv").ok(), "дом: 2 000,00 ₽\nеда: 1 000,95 ₽\nИтого: 3 000,95 ₽\n");
    let months = "2026-02: 2 000,45 ₽\n2026-01: 1 000,50 ₽\nИтого: 3 000,95 ₽\n";
    assert_eq!(report("../spent.csv --by month").ok(), months);
    let missing = report("../nothing.csv");
    assert!(missing.code == 1 && missing.stderr.starts_with("kassa: "), "{missing}");
    world.sh("python3 -B -m unittest discover -s tests -t .").run().ok();
}

/// The program of the second story, used from outside.
#[track_caller]
fn keeps_a_list(world: &World) {
    let dela = |words: &str| world.sh(&format!("DELA_FILE=../mine.tsv ./bin/dela {words}")).run();
    for n in 1..=10 {
        dela(&format!("add 'дело {n}'")).ok();
    }
    dela("done 1").ok();
    let list = dela("list");
    assert!(list.ok().starts_with("  1 [x] дело 1\n  2 [ ] дело 2\n"), "{list}");
    assert!(list.stdout.ends_with(" 10 [ ] дело 10\n"), "{list}");
    let missing = dela("done 11");
    assert!(missing.code == 1 && missing.stderr == "dela: there is no 11\n", "{missing}");
    assert_eq!(
        world.sh("./bin/dela").run().ok(),
        "  1 [ ] Купить хлеб\n",
        "what the model wrote down itself"
    );
}

/// A world whose model plays this script. `None`, said loudly: something is not on this machine.
fn workshop(script: &str, program: &str) -> Option<World> {
    let world = World::new();
    for needed in [&format!("command -v {program}"), "bwrap --ro-bind / / --proc /proc --unshare-all true"] {
        if world.sh(needed).run().code != 0 {
            skipped(&format!("no working system is created here, since `{needed}` fails"));
            return None;
        }
    }
    world.config(MODEL);
    let path = world.beside("script.toml");
    fs::write(&path, script).unwrap();
    Some(world.with_env("PLYRUM_OFFLINE_SCRIPT", path.to_str().unwrap()))
}

fn ask(world: &World, prompt: &str, more: &[&str]) -> Out {
    let line =
        format!("\"$PLYRUM\" ask -m offline/script --approve workspace --json {} '{prompt}'", more.join(" "));
    world.sh(&line).run()
}

/// A rule of the user, which decides from then on.
#[track_caller]
fn rule(world: &World, verdict: &str, words: &[&str]) {
    let words = format!("'{}'", words.join("' '"));
    let now = || world.sh(&format!("\"$PLYRUM\" policy test --policy workspace --json -- {words}")).run();
    assert_eq!(now().json()["verdict"], "ask");
    world.sh(&format!("\"$PLYRUM\" policy add --verdict {verdict} --why mine -- {words}")).run().ok();
    assert_eq!(now().json()["verdict"], verdict);
}

/// Waits until a command with this word in it is asked for, and gives the question's id.
#[track_caller]
fn waiting(world: &World, word: &str) -> String {
    let mut found = None;
    eventually(&format!("`{word}` is asked for"), || {
        let pending = world.json(["approvals", "list", "--json"]);
        let asked = |question: &&Value| strings(&question["action"]["argv"]).contains(&word);
        found = pending.as_array().unwrap().iter().find(asked).cloned();
        found.is_some()
    });
    let found = found.unwrap();
    assert_eq!(found["status"], "pending", "{found}");
    found["approval"].as_str().unwrap().to_owned()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

/// A finished run: what was shown of it and what is on record.
struct Built {
    world: World,
    run: String,
    frames: Vec<Value>,
    records: Vec<Value>,
}

impl Built {
    /// Follows the run to its end, then reads the record, which is whole once the daemon has stopped.
    #[track_caller]
    fn of(world: World, run: &str) -> Self {
        let followed = world.plyrum(["runs", "attach", run, "-o", "stream-json"]).run();
        followed.ok();
        world.plyrum(["daemon", "stop"]).run().ok();
        let records = world.json(["audit", "search", "--json", "-n", "1000", "--run", run]);
        let records = records.as_array().unwrap().clone();
        Self { world, run: run.to_owned(), frames: followed.lines(), records }
    }

    fn result(&self) -> &Value {
        &self.frames.last().unwrap()["result"]
    }

    fn frames_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.frames.iter().filter(move |frame| frame["type"] == kind)
    }

    fn records_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.records.iter().filter(move |record| record["kind"] == kind).map(|record| &record["body"])
    }

    /// The last frames of calls whose action has this in it, in order.
    fn finished(&self, part: &str) -> Vec<&Value> {
        let calls =
            self.frames_of("tool.proposed").filter(|frame| frame["action"].to_string().contains(part));
        calls.map(|proposed| self.end_of(&proposed["call"])).collect()
    }

    #[track_caller]
    fn end_of(&self, call: &Value) -> &Value {
        let mut ends = self.frames_of("tool.finished").filter(|frame| frame["call"] == *call);
        let end = ends.next().unwrap();
        assert!(ends.next().is_none(), "{call} ended twice");
        end
    }

    fn exits_of(&self, command: &str) -> Vec<i64> {
        self.finished(command).iter().filter_map(|frame| frame["exit"].as_i64()).collect()
    }

    fn ends_of(&self, part: &str) -> Vec<&str> {
        self.finished(part).iter().filter_map(|frame| frame["outcome"].as_str()).collect()
    }

    /// What the model was told about calls that did not work.
    fn told_of_failures(&self) -> Vec<&str> {
        let failed = self.frames_of("tool.finished").filter(|frame| frame["outcome"] == "failed");
        failed.filter_map(|frame| frame["text"].as_str()).collect()
    }

    fn most_calls_of_a_turn(&self) -> usize {
        let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
        for frame in self.frames_of("tool.proposed") {
            *turns.entry(frame["step"].as_str().unwrap()).or_default() += 1;
        }
        turns.into_values().max().unwrap_or(0)
    }

    /// Questions whose action was executed.
    fn approvals(&self) -> Vec<&str> {
        self.records_of("approval.executed").filter_map(|body| body["approval"].as_str()).collect()
    }

    /// What holds for every run with actions.
    #[track_caller]
    fn holds_what_is_promised(&self) {
        assert_eq!(self.result()["status"], "succeeded", "{}", self.result());
        self.nothing_is_executed_without_leave();
        self.nothing_denied_is_executed();
        self.record_and_frames_agree();
        self.files_on_record_are_those_on_disk();
        self.money_adds_up();
        assert!(!self.world.beside("outside.txt").exists(), "something was written outside of the workspace");
    }

    /// Every execution has its decision before it, by a rule that is where the record says, or by a person.
    #[track_caller]
    fn nothing_is_executed_without_leave(&self) {
        for (at, record) in self.records.iter().enumerate().filter(|(_, r)| r["kind"] == "tool.executed") {
            let executed = &record["body"];
            let before = |kind: &str| {
                let same =
                    |body: &Value| ["call", "sha256", "tool"].iter().all(|key| body[key] == executed[key]);
                let found: Vec<_> = self.records[..at]
                    .iter()
                    .filter(|record| record["kind"] == kind && same(&record["body"]))
                    .collect();
                assert_eq!(found.len(), 1, "{kind} before {executed}");
                &found[0]["body"]
            };
            before("tool.proposed");
            let decided = before("tool.decided");
            assert_eq!(decided["verdict"], "allow", "{decided}");
            match decided["approval"].as_str() {
                Some(approval) => self.a_person_allowed(approval, executed),
                None if executed["tool"] == "todo" => assert_eq!(decided["policy"], "built in"),
                None => self.a_rule_stands_there(decided),
            }
        }
    }

    #[track_caller]
    fn a_person_allowed(&self, approval: &str, executed: &Value) {
        let of_it =
            |record: &&Value| record["body"]["approval"] == approval && record["kind"] != "tool.decided";
        let records: Vec<&Value> = self.records.iter().filter(of_it).collect();
        let kinds: Vec<_> = records.iter().filter_map(|record| record["kind"].as_str()).collect();
        assert_eq!(kinds, ["approval.requested", "approval.resolved", "approval.executed"], "{approval}");
        assert!(records.iter().all(|record| record["body"]["sha256"] == executed["sha256"]), "{records:?}");
        assert_eq!(records[1]["body"]["verdict"], "approved");
        assert!(records[1]["body"]["by"].as_str().unwrap().starts_with("plyrum approve"), "{}", records[1]);
    }

    #[track_caller]
    fn a_rule_stands_there(&self, decided: &Value) {
        assert!(decided["by"] == "policy" && decided["policy"] == "workspace", "{decided}");
        let file = decided["file"].as_str().unwrap();
        let own = self.world.home().join("config/policies/rules.toml");
        let text = if file == own.to_str().unwrap() {
            fs::read_to_string(own).unwrap()
        } else {
            assert_eq!(file, "built in: config/policies/workspace.toml");
            include_str!("../../config/policies/workspace.toml").to_owned()
        };
        let line = usize::try_from(decided["line"].as_u64().unwrap()).unwrap();
        assert_eq!(text.lines().nth(line - 1), Some("[[rule]]"), "{decided}");
    }

    #[track_caller]
    fn nothing_denied_is_executed(&self) {
        let denied: Vec<_> =
            self.records_of("tool.decided").filter(|body| body["verdict"] == "deny").collect();
        let finished = self.frames_of("tool.finished").filter(|frame| frame["outcome"] == "denied");
        assert_eq!(denied.len(), finished.count(), "what is denied is on record as denied");
        for decided in denied {
            let is_it = |other: &Value| other["call"] == decided["call"];
            assert!(!self.records_of("tool.executed").any(is_it), "{decided}");
            assert!(!self.frames_of("tool.started").any(is_it), "{decided}");
        }
    }

    /// What was shown as begun is what is on record as executed, with the same end.
    #[track_caller]
    fn record_and_frames_agree(&self) {
        let shown: Vec<_> = self.frames_of("tool.started").map(|frame| self.end_of(&frame["call"])).collect();
        let executed: Vec<_> = self.records_of("tool.executed").collect();
        assert_eq!(shown.len(), executed.len());
        for (frame, body) in shown.into_iter().zip(executed) {
            for key in ["call", "outcome", "exit", "bytes", "changed_files"] {
                assert_eq!(frame[key], body[key], "{key} of {body}");
            }
        }
    }

    /// The last hash on record of each file is its hash; what is in no record is in a cache that is on record.
    #[track_caller]
    fn files_on_record_are_those_on_disk(&self) {
        let mut on_record: BTreeMap<&str, &str> = BTreeMap::new();
        let mut caches: BTreeSet<&str> = BTreeSet::new();
        for file in
            self.records_of("tool.executed").flat_map(|body| body["changed_files"].as_array().unwrap())
        {
            let path = file["path"].as_str().unwrap();
            match file["after_sha256"].as_str() {
                Some(hash) => drop(on_record.insert(path, hash)),
                None if path.ends_with("__pycache__/") => drop(caches.insert(path)),
                None => drop(on_record.remove(path)),
            }
        }
        let sums = self.world.sh("find . -type f -exec sha256sum {} +").run();
        let on_disk = sums.ok().lines().map(|line| line.split_once("  ./").unwrap());
        let on_disk = on_disk.map(|(hash, path)| (path, hash));
        let on_disk = on_disk.filter(|(path, _)| !caches.iter().any(|cache| path.starts_with(cache)));
        assert_eq!(on_disk.collect::<BTreeMap<_, _>>(), on_record);
    }

    #[track_caller]
    fn money_adds_up(&self) {
        let cost = self.result()["cost_micro_rub"].as_i64().unwrap();
        let attempts = self.result()["attempts"].as_array().unwrap();
        let sum: i64 = attempts.iter().filter_map(|attempt| attempt["cost_micro_rub"].as_i64()).sum();
        assert!(cost > 0 && cost == sum, "{}", self.result());
        assert_eq!(self.world.only_run()["cost_micro_rub"], cost);
        assert_eq!(self.world.json(["balance", "show", "--json"])["posted_micro_rub"], -cost);
        self.world.plyrum(["ledger", "reconcile"]).run().ok();
        self.world.is_sound();
    }

    /// Undone, the workspace is as empty as it was, and undoing again changes nothing.
    #[track_caller]
    fn can_be_taken_back(&self) {
        let entries = || self.world.sh("find . -mindepth 1").run().ok().to_owned();
        assert_ne!(entries(), "");
        let undone = self.world.json(["undo", &self.run, "--json"]);
        assert!(undone["left"] == serde_json::json!([]) && undone["removed"].as_array().unwrap().len() > 5);
        assert_eq!(entries(), "", "{undone}");
        self.world.plyrum(["undo", &self.run]).run().ok();
        assert_eq!(entries(), "");
        self.world.plyrum(["daemon", "stop"]).run().ok();
        let records = self.world.json(["audit", "search", "--json", "--kind", "tool.undone"]);
        assert_eq!(records[0]["body"]["run"], self.run.as_str(), "{records}");
        self.world.is_sound();
    }
}
