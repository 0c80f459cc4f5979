//! `ask --check`: proposals are tried in copies of the workspace, in the sandbox, with one leave for all of them; the
//! best-ranked that passes is the answer, and the workspace stays as it is.

use crate::mixtures::config;
use crate::world::{FakeProvider, Out, Reply, Script, World, eventually, skipped};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PLAN: &str = "name = \"best-of-n\"\ndescription = \"Three, of which one is picked\"\nquorum = \"all\"\n\
    [[step]]\nid = \"propose\"\nkind = \"propose\"\nmembers = 3\nmodels = [\"lab/one\", \"lab/two\", \"lab/three\"]\n\
    [[step]]\nid = \"answer\"\nkind = \"select\"\nafter = [\"propose\"]\nmodel = \"lab/lead\"\n";
const TEST: &str = "import unittest\nfrom sum import total\n\n\nclass Sums(unittest.TestCase):\n    def test(self):\n        \
    self.assertEqual(total([1, 2, 3]), 6)\n";
const CHECK: &str = "python3 -m unittest -q test_sum";
const WRONG: &str = "Here:\n```python\ndef total(xs):\n    return 0\n```\n";
const RIGHT: &str = "So:\n```python\ndef total(xs):\n    return sum(xs)\n```\nThat is all.";

/// A world in which policies confirm commands. `None`, said loudly: there is no full sandbox here.
fn in_a_sandbox() -> Option<World> {
    let world = World::new();
    let works = world.sh("bwrap --ro-bind / / --proc /proc --unshare-all true").run().code == 0;
    let python = world.sh("command -v python3").run().code == 0;
    if !works || !python {
        skipped("no check runs here, since bubblewrap does not work or there is no python3");
    }
    (works && python).then_some(world)
}

/// Three models that propose these, and one that would pick the first.
fn serve(world: &World, proposals: [&str; 3]) -> FakeProvider {
    let script = ["one", "two", "three"]
        .iter()
        .zip(proposals)
        .fold(Script::new(), |script, (model, text)| script.for_model(model, Reply::answer(text, 100, 20)));
    let fake = FakeProvider::spawn(script.for_model("lead", Reply::answer("A", 300, 1)));
    world.config(&config(&format!("kind = \"openai-chat\"\nbase_url = \"{}\"", fake.base_url())));
    world.file_of_home("config/plans/best-of-n.toml", PLAN);
    world.file("test_sum.py", TEST);
    world.file("sum.py", "raise RuntimeError('not written yet')\n");
    fake
}

/// Every file below a folder with its content.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let is_folder = path.symlink_metadata().unwrap().is_dir();
            let text = if is_folder { String::new() } else { fs::read_to_string(&path).unwrap_or_default() };
            found.insert(path.display().to_string(), text);
            if is_folder {
                open.push(path);
            }
        }
    }
    found
}

fn asks<const N: usize>(world: &World, more: [&str; N]) -> Out {
    let mut line = "\"$PLYRUM\" ask -o stream-json --check \"$CHECK\" --check-file sum.py".to_owned();
    for word in more {
        line = format!("{line} {word}");
    }
    world.sh(&format!("{line} 'write sum.py so that its test passes'")).env("CHECK", CHECK).run()
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

/// The steps that were tried, each with whether it passed.
fn tried(lines: &[Value]) -> Vec<(&str, bool)> {
    let told = of_type(lines, "proposal.checked");
    told.iter().map(|line| (line["step"].as_str().unwrap(), line["passed"].as_bool().unwrap())).collect()
}

/// No copy is left, and the daemon is whole.
#[track_caller]
fn nothing_is_left(world: &World) {
    let scratch = world.home().join("state/sandbox/scratch");
    eventually("no copy is left", || fs::read_dir(&scratch).map_or(0, Iterator::count) == 0);
    world.is_sound();
}

#[test]
fn the_best_ranked_that_passes_is_the_answer_and_the_workspace_stays() {
    let Some(world) = in_a_sandbox() else { return };
    let fake = serve(&world, [WRONG, RIGHT, RIGHT]);
    let before = tree(&world.beside("work"));
    let out = asks(&world, ["--approve workspace"]);
    out.ok();
    let lines = out.lines();
    let result = lines.last().unwrap();
    assert_eq!((&result["answer"], &result["status"]), (&RIGHT.into(), &"succeeded".into()), "{out}");
    assert_eq!(tried(&lines), [("propose-1", false), ("propose-2", true)], "{out}");
    let failed = of_type(&lines, "proposal.checked")[0];
    assert!(failed["exit"] == 1 && failed["output"].as_str().unwrap().contains("AssertionError"), "{failed}");
    assert_eq!(of_type(&lines, "quorum.reached").last().unwrap()["reason"], "code_with_tests");
    assert_eq!(fake.requests().len(), 3, "no judge is paid");
    assert_eq!(tree(&world.beside("work")), before, "the workspace is as it was");
    let action = &of_type(&lines, "tool.proposed")[0]["action"];
    assert_eq!((&action["kind"], &action["command"]), (&"check".into(), &CHECK.into()));
    assert_eq!((&action["file"], &action["proposals"]), (&"sum.py".into(), &3.into()));
    let planned = of_type(&lines, "run.planned")[0];
    assert!(
        planned["plan"] == "best-of-n" && planned["reasons"].to_string().contains("code_with_tests"),
        "{planned}"
    );
    let run = result["run"].as_str().unwrap().to_owned();
    let told = world.json(["explain", &run, "--json"]);
    let check_of = |step: &str| {
        told["attempts"].as_array().unwrap().iter().find(|row| row["step"] == step).unwrap()["check"].clone()
    };
    assert_eq!((&check_of("propose-1")["exit"], &check_of("propose-2")["passed"]), (&1.into(), &true.into()));
    assert_eq!(check_of("propose-3"), Value::Null, "it was not its turn");
    for (kind, count) in [("tool.proposed", 1), ("tool.decided", 1), ("tool.executed", 2)] {
        eventually("it is on record", || {
            let records = world.json(["audit", "search", "--json", "--run", &run, "--kind", kind]);
            records.as_array().unwrap().len() == count
        });
    }
    nothing_is_left(&world);
}

#[test]
fn where_none_passes_a_judge_chooses_and_it_is_said() {
    let Some(world) = in_a_sandbox() else { return };
    let other = WRONG.replace('0', "1");
    let more = WRONG.replace('0', "2");
    let fake = serve(&world, [WRONG, &other, &more]);
    let out = asks(&world, ["--approve workspace"]);
    out.ok();
    let lines = out.lines();
    assert_eq!(lines.last().unwrap()["status"], "degraded", "{out}");
    assert_eq!(tried(&lines).len(), 3);
    assert_eq!(of_type(&lines, "quorum.reached").last().unwrap()["reason"], "none_passed");
    assert_eq!(fake.requests().len(), 4, "a judge chose");
    nothing_is_left(&world);
}

#[test]
fn nobody_there_ends_it_before_anything_is_paid_and_a_no_goes_on_without_it() {
    let Some(world) = in_a_sandbox() else { return };
    let fake = serve(&world, [WRONG, RIGHT, RIGHT]);
    let alone = asks(&world, ["--approve ask"]);
    assert_eq!(alone.code, 5, "{alone}");
    assert_eq!(fake.requests().len(), 0, "nobody was asked: {alone}");
    let parked = asks(&world, ["--approve ask", "--defer"]);
    assert_eq!(parked.lines().last().unwrap()["status"], "parked", "{parked}");
    let asked = world.json(["approvals", "list", "--json"])[0].clone();
    assert_eq!((&asked["tool"], &asked["action"]["command"]), (&"check".into(), &CHECK.into()));
    world.plyrum(["deny", asked["approval"].as_str().unwrap(), "--reason", "не надо"]).run().ok();
    let run = asked["run"].as_str().unwrap();
    let lines = world.plyrum(["runs", "attach", run, "-o", "stream-json"]).run().lines();
    assert!(tried(&lines).is_empty(), "{lines:?}");
    assert_eq!(of_type(&lines, "tool.finished")[0]["outcome"], "denied");
    let result = &of_type(&lines, "run.finished")[0]["result"];
    assert_eq!((&result["status"], fake.requests().len()), (&"succeeded".into(), 4), "{result}");
    nothing_is_left(&world);
}

#[test]
fn a_question_outlives_the_daemon_and_one_yes_holds_for_all_candidates() {
    let Some(world) = in_a_sandbox() else { return };
    let fake = serve(&world, [WRONG, RIGHT, RIGHT]);
    let parked = asks(&world, ["--approve ask", "--defer"]);
    assert_eq!(parked.lines().last().unwrap()["status"], "parked", "{parked}");
    assert!(world.kill_daemon());
    let asked = world.json(["approvals", "list", "--json"])[0].clone();
    world.plyrum(["approve", asked["approval"].as_str().unwrap()]).run().ok();
    let run = asked["run"].as_str().unwrap();
    let lines = world.plyrum(["runs", "attach", run, "-o", "stream-json"]).run().lines();
    assert_eq!(tried(&lines), [("propose-1", false), ("propose-2", true)], "{lines:?}");
    assert_eq!(of_type(&lines, "approval.requested").len(), 1);
    assert_eq!(of_type(&lines, "run.finished")[0]["result"]["answer"], RIGHT);
    assert_eq!(fake.requests().len(), 3);
    nothing_is_left(&world);
}

#[test]
fn a_yes_for_always_holds_for_the_next_check_in_this_workspace() {
    let Some(world) = in_a_sandbox() else { return };
    let fake = serve(&world, [WRONG, RIGHT, RIGHT]);
    let parked = asks(&world, ["--approve ask", "--defer"]);
    assert_eq!(parked.lines().last().unwrap()["status"], "parked", "{parked}");
    let asked = world.json(["approvals", "list", "--json"])[0].clone();
    world.plyrum(["approve", asked["approval"].as_str().unwrap(), "--always"]).run().ok();
    let run = asked["run"].as_str().unwrap();
    let first = world.plyrum(["runs", "attach", run, "-o", "stream-json"]).run().lines();
    assert_eq!(tried(&first), [("propose-1", false), ("propose-2", true)], "{first:?}");
    let out = asks(&world, ["--approve ask"]);
    out.ok();
    let lines = out.lines();
    assert!(of_type(&lines, "approval.requested").is_empty(), "{out}");
    assert_eq!(tried(&lines), [("propose-1", false), ("propose-2", true)], "{out}");
    assert_eq!(lines.last().unwrap()["answer"], RIGHT, "{out}");
    assert_eq!(fake.requests().len(), 6);
    nothing_is_left(&world);
}

#[test]
fn without_a_sandbox_nothing_runs_and_it_goes_on_as_without_a_check() {
    let world = World::new().with_env("PLYRUM_SANDBOX", "none");
    let fake = serve(&world, [WRONG, RIGHT, RIGHT]);
    let out = asks(&world, ["--approve workspace"]);
    out.ok();
    let lines = out.lines();
    assert!(tried(&lines).is_empty() && of_type(&lines, "approval.requested").is_empty(), "{out}");
    let text = of_type(&lines, "tool.finished")[0]["text"].as_str().unwrap();
    assert!(text.contains("full sandbox"), "{text}");
    assert_eq!(fake.requests().len(), 4, "a judge chose");
    nothing_is_left(&world);
}

#[test]
fn what_a_check_cannot_be_is_refused_before_anything_begins() {
    let world = World::new();
    let fake = serve(&world, [WRONG, RIGHT, RIGHT]);
    std::os::unix::fs::symlink("/etc", world.beside("work/out")).unwrap();
    let names = [
        "/etc/x",
        "../x",
        "a/../../x",
        "a/../x",
        ".git/hooks/x",
        "node_modules/p/index.js",
        "web/.venv/x.py",
        "target/x",
        ".plyrum/config.toml",
        ".envrc",
        "out/x",
        ".",
        "",
    ];
    for name in names {
        let out = world.plyrum(["ask", "--check", "true", "--check-file", name, "hello"]).run();
        out.fails_telling(2, ["--check-file"]);
    }
    world.plyrum(["ask", "--check", "true", "hello"]).run().fails_telling(2, ["--check-file"]);
    world.plyrum(["ask", "--check-file", "a", "hello"]).run().fails_telling(2, ["--check"]);
    let check = ["ask", "--check", "true", "--check-file", "a"];
    let [ask, a, b, c, d] = check;
    for plan in ["direct", "moa", "vote", "cascade"] {
        let out = world.plyrum([ask, a, b, c, d, "--plan", plan, "hello"]).run();
        out.fails_telling(2, ["selects no proposal", "best-of-n"]);
    }
    world.plyrum([ask, a, b, c, d, "--plan-mode", "hello"]).run().fails_telling(2, ["--plan-mode"]);
    world.plyrum([ask, a, " ", c, d, "hello"]).run().fails_telling(2, ["is empty"]);
    let secret = format!("KEY=sk-ant-api03-{}AA make", "Zb7".repeat(31));
    world.plyrum([ask, a, &secret, c, d, "hello"]).run().fails_telling(2, ["looks like a secret"]);
    world.plyrum([ask, a, b, c, d, "-m", "offline/shell", "ls"]).run().fails(2);
    world.file("any.json", "{}");
    let out = world.plyrum([ask, a, b, c, d, "--schema", "any.json", "hello"]).run();
    out.fails_telling(2, ["a check judges code"]);
    let large = fs::File::create(world.beside("work/large.bin")).unwrap();
    large.set_len(300 << 20).unwrap();
    world.plyrum([ask, a, b, c, d, "hello"]).run().fails_telling(2, ["256 MiB"]);
    fs::remove_file(world.beside("work/large.bin")).unwrap();
    assert_eq!(fake.requests().len(), 0);
    let dry = world.plyrum([ask, a, b, c, d, "--dry-run", "--json", "hello"]).run();
    assert_eq!(dry.json()["check"]["command"], "true", "{dry}");
}

#[test]
fn ctrl_c_ends_a_check_at_once_and_so_does_a_crash_for_what_it_left() {
    let Some(world) = in_a_sandbox() else { return };
    let waits = "```python\nimport os, time\nopen('begun', 'w').close()\nfor _ in range(3000):\n    \
         os.mkdir('d')\n    os.chdir('d')\nos.chmod('{work}', 0)\ntime.sleep(98761)\n```";
    let waits = waits.replace("{work}", &world.beside("work").display().to_string());
    let _fake = serve(&world, [&waits, RIGHT, RIGHT]);
    let line = "exec \"$PLYRUM\" ask -o stream-json --approve workspace --check \"$CHECK\" --check-file sum.py 'write it'";
    let scratch = world.home().join("state/sandbox/scratch");
    // The candidate builds what no path reaches, and closes its folder once it has.
    let begun = || {
        use std::os::unix::fs::PermissionsExt as _;
        let mut copies = fs::read_dir(&scratch).into_iter().flatten().flatten();
        copies.any(|copy| copy.metadata().is_ok_and(|found| found.permissions().mode() % 0o1000 == 0))
    };
    let running = world.sh(line).env("CHECK", CHECK).start();
    eventually("a candidate runs", begun);
    running.signal(Signal::SIGINT);
    running.finish();
    eventually("the run is over", || world.only_run()["status"] == "cancelled");
    nothing_is_left(&world);
    let running = world.sh(line).env("CHECK", CHECK).start();
    eventually("a candidate runs", begun);
    assert!(world.kill_daemon());
    let _lost_its_daemon = running.finish();
    world.plyrum(["balance", "show"]).run().ok();
    nothing_is_left(&world);
}

#[test]
fn a_hostile_candidate_reaches_nothing() {
    let Some(world) = in_a_sandbox() else { return };
    let work = world.beside("work").display().to_string();
    let home = world.home().display().to_string();
    let user = world.beside("user").display().to_string();
    // Each way that works ends the process with 0, which would pass.
    let hostile = format!(
        "```python\nimport os, socket\n\ndef reaches(way):\n    try:\n        way()\n    except OSError:\n        return\n    \
         os._exit(0)\n\nreaches(lambda: open('{user}/was-here', 'w'))\nreaches(lambda: open('/etc/was-here', 'w'))\n\
         reaches(lambda: open('{home}/config/config.toml').read())\nreaches(lambda: open('{home}/run/x', 'w'))\n\
         reaches(lambda: open('.env').read())\n\
         reaches(lambda: socket.create_connection(('127.0.0.1', PORT), 2))\n\
         reaches(lambda: socket.socket(socket.AF_UNIX))\nopen('{work}/test_sum.py', 'w').write('spoiled')\n\
         open('left-behind', 'w').close()\nraise SystemExit(3)\n```"
    );
    let quits = "```python\nprint('bwrap: no such thing')\nraise SystemExit(1)\n```";
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hostile = hostile.replace("PORT", &listener.local_addr().unwrap().port().to_string());
    let _fake = serve(&world, [&hostile, quits, RIGHT]);
    world.file(".env", "SECRET=1\n");
    let before = tree(&world.beside("work"));
    let out = asks(&world, ["--approve workspace"]);
    out.ok();
    let lines = out.lines();
    assert_eq!(
        tried(&lines),
        [("propose-1", false), ("propose-2", false), ("propose-3", true)],
        "what one spoils the next does not see: {out}"
    );
    assert_eq!(of_type(&lines, "proposal.checked")[0]["exit"], 3, "{out}");
    assert_eq!(tree(&world.beside("work")), before);
    assert!(!world.beside("user/was-here").exists());
    nothing_is_left(&world);
}
