//! Build and test commands of a project. They run the project's own code, so they are held by the sandbox alone;
//! the grammars keep out what names other code: configuration files, runners, compilers, plug-ins.

use super::grammar::{Grammar, Parsed, word};
use super::operands::{Operands, no_response_file};
use super::{At, paths};

type Outcome = Result<(), String>;

const CARGO: &str = "-qvr -p=word -F=text -j=num --package=word --workspace --all --all-targets --all-features \
    --features=text --no-default-features --release --lib --bins --bin=word --tests --test=word --examples --example=word \
    --benches --bench=word --doc --no-run --no-fail-fast --locked --offline --frozen --jobs=num --keep-going \
    --message-format=word --color=word --profile=word --target=word --exclude=word --ignore-rust-version --quiet --verbose \
    --no-deps --manifest-path=read --target-dir=write";
const PYTEST: &str = "-qvxsl -k=text -m=text -r=word -n=word --maxfail=num --lf --ff --last-failed --failed-first --nf --sw \
    --stepwise --tb=word --collect-only --co --durations=num --no-header --no-summary --strict-markers --strict-config \
    --showlocals --capture=word --cov[text] --no-cov --exitfirst --quiet --verbose --color=word --disable-warnings";
const GO: &str = "single -v -x -n -a -race -msan -run=text -skip=text -count=num -short -cover -bench=text -benchmem \
    -benchtime=num -timeout=num -tags=word -json -failfast -parallel=num -p=num -cpu=num -list=text -shuffle=word \
    -mod=word -trimpath -coverprofile=write -o=write -covermode=word";
const RUFF: &str = "-qve --fix --no-fix --diff --check --select=word --ignore=word --extend-select=word --output-format=word \
    --show-files --statistics --quiet --verbose --exit-zero --no-cache --preview --line-length=num --target-version=word \
    --unsafe-fixes --show-fixes";
const MYPY: &str = "-v -p=word -m=word --strict --ignore-missing-imports --show-error-codes --pretty --no-incremental \
    --check-untyped-defs --disallow-untyped-defs --warn-unused-ignores --no-error-summary --explicit-package-bases \
    --namespace-packages --python-version=num --show-column-numbers --no-color-output --package=word --module=word";
const ESLINT: &str = "-f=word --ext=text --fix --fix-dry-run --max-warnings=num --quiet --format=word --cache --color \
    --no-color --no-error-on-unmatched-pattern --report-unused-disable-directives";
const TSC: &str = "single --noEmit -b --build -p=read --project=read --pretty --skipLibCheck --strict --incremental --listFiles \
    --noErrorTruncation --force --clean --verbose --dry -v";
const PRETTIER: &str = "-clw --check --list-different --write --no-color --log-level=word --ignore-unknown --no-error-on-unmatched-pattern";
const BLACK: &str = "-qv -l=num -t=word --check --diff --quiet --verbose --line-length=num --target-version=word --color --no-color";
const NINJA: &str = "-vnd -C=read -j=num -k=num --verbose --quiet";
const CTEST: &str = "-VQ -j=num -R=text -E=text -L=text -C=word -N --test-dir=read --output-on-failure --parallel=num \
    --rerun-failed --verbose --stop-on-failure --timeout=num --progress --build-config=word";
const MVN: &str =
    "-qBoeUnX -T=num --batch-mode --offline --quiet --errors --no-transfer-progress --also-make";
const GRADLE: &str = "-qis --quiet --info --offline --no-daemon --parallel --stacktrace --continue --dry-run --rerun-tasks \
    --tests=word --console=word --warning-mode=word --build-cache --no-build-cache";
const DOTNET: &str = "-c=word -v=word -f=word --configuration=word --no-build --no-restore --verbosity=word --filter=text --nologo \
    --framework=word --list-tests --no-incremental";
const RSPEC: &str = "-fd -e=text -t=word --format=word --example=text --tag=word --fail-fast --order=word --seed=num --color \
    --no-color --dry-run --only-failures --next-failure --backtrace";

/// Its `.shellcheckrc` may have it read files from anywhere.
const SHELLCHECK: &str = "-C -e=word -i=word -S=word -s=word -f=word --severity=word --shell=word --format=word \
    --exclude=word";
const JEST: &str = "-i -t=text --ci --coverage --verbose --silent --bail --runInBand --passWithNoTests --testNamePattern=text \
    --maxWorkers=num --no-color --color --listTests";
const VITEST: &str =
    "-t=text --coverage --silent --bail=num --passWithNoTests --testNamePattern=text --no-color";

/// `None`: the command is none of these.
pub(super) fn check(program: &str, args: &[String], at: &At<'_>) -> Option<Outcome> {
    let files = |name, options| Grammar { name, options, operands: Operands::Read }.check(args, at).map(drop);
    Some(match program {
        "cargo" => return cargo(args, at),
        "npm" | "pnpm" | "yarn" | "bun" => scripts(args, at),
        "pytest" => pytest(args, at),
        "python" | "python3" => return python(args, at),
        "go" => return go(args, at),
        "gofmt" => files("gofmt", "single -l -d -s -e -w"),
        "rustfmt" => files("rustfmt", "-lvq --check --edition=num --verbose --quiet"),
        "make" | "gmake" => make(args, at),
        "ninja" => targets("ninja", NINJA, args, at),
        "cmake" => cmake(args, at),
        "ctest" => {
            Grammar { name: "ctest", options: CTEST, operands: Operands::None }.check(args, at).map(drop)
        }
        "mvn" => goals(
            "mvn",
            MVN,
            &["validate", "compile", "test-compile", "test", "package", "verify", "clean"],
            args,
            at,
        ),
        "gradle" => goals("gradle", GRADLE, GRADLE_TASKS, args, at),
        "dotnet" => after("dotnet", &["build", "test"], DOTNET, args, at),
        "tsc" => files("tsc", TSC).and_then(|()| no_response_file(args)),
        "eslint" => files("eslint", ESLINT),
        "prettier" => files("prettier", PRETTIER),
        "ruff" => after("ruff", &["check", "format"], RUFF, args, at),
        "black" => files("black", BLACK),
        "mypy" => files("mypy", MYPY).and_then(|()| no_response_file(args)),
        "jest" => files("jest", JEST),
        "vitest" => after("vitest", &["run"], VITEST, args, at),
        "shellcheck" => files("shellcheck", SHELLCHECK),
        "npx" => return npx(args, at),
        "rspec" => rspec(args, at),
        "mix" => after(
            "mix",
            &["test", "compile"],
            "--trace --seed=num --failed --stale --max-failures=num --color",
            args,
            at,
        ),
        "swift" => after(
            "swift",
            &["build", "test"],
            "-vcq -c=word --configuration=word --parallel --filter=text",
            args,
            at,
        ),
        _ => return None,
    })
}

const GRADLE_TASKS: &[&str] = &[
    "assemble",
    "build",
    "check",
    "classes",
    "clean",
    "compileJava",
    "compileKotlin",
    "jar",
    "lint",
    "test",
    "testClasses",
];

fn cargo(args: &[String], at: &At<'_>) -> Option<Outcome> {
    let (command, rest) = args.split_first()?;
    let filters = match command.as_str() {
        "clean" => {
            let options = "-qvr -p=word --release --doc --package=word --profile=word --locked --offline --frozen --dry-run";
            let grammar = Grammar { name: "cargo clean", options, operands: Operands::None };
            return Some(grammar.check(rest, at).map(drop));
        }
        "build" | "b" | "check" | "c" | "clippy" | "doc" | "fmt" => Operands::None,
        "test" | "t" | "bench" => Operands::Text,
        "nextest" => {
            let Some((run, rest)) = rest.split_first() else {
                return Some(Err("`cargo nextest` has no command".to_owned()));
            };
            let known = ["run", "list"].contains(&run.as_str());
            let grammar = Grammar { name: "cargo nextest", options: CARGO, operands: Operands::Text };
            return Some(if known {
                grammar.check(rest, at).map(drop)
            } else {
                Err(format!("`{run}` is not known"))
            });
        }
        _ => return Some(Err(format!("`cargo {command}` is not known to build or test this project only"))),
    };
    let options = if command == "fmt" {
        "-qv -p=word --all --check --package=word --manifest-path=read"
    } else {
        CARGO
    };
    let parsed = Grammar { name: "cargo", options, operands: filters }.check_split(rest, at);
    Some(parsed.and_then(|parsed| behind_dashes(command, &parsed)))
}

/// What follows `--` goes to `rustfmt`, to the compiler, or to the test's own program.
fn behind_dashes(command: &str, parsed: &Parsed<'_>) -> Outcome {
    let Some(words) = &parsed.after else { return Ok(()) };
    let lint = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:-".contains(&b))
    };
    let tests = [
        "--nocapture",
        "--no-capture",
        "--ignored",
        "--include-ignored",
        "--exact",
        "--list",
        "--show-output",
        "-q",
        "--quiet",
    ];
    let mut words = words.iter().copied();
    while let Some(next) = words.next() {
        let known = match command {
            "fmt" => next == "--check",
            "clippy" => match next {
                "-D" | "-W" | "-A" | "-F" => words.next().is_some_and(lint),
                glued => {
                    ["-D", "-W", "-A", "-F"].iter().any(|option| glued.strip_prefix(option).is_some_and(lint))
                }
            },
            "test" | "t" => match next {
                "--test-threads" | "--skip" | "--color" => words.next().is_some_and(lint),
                glued => {
                    tests.contains(&glued)
                        || !glued.starts_with('-')
                        || ["--test-threads=", "--skip=", "--color="]
                            .iter()
                            .any(|o| glued.strip_prefix(o).is_some_and(lint))
                }
            },
            _ => false,
        };
        if !known {
            return Err(format!("`{next}` behind `--` is not known to be harmless for `cargo {command}`"));
        }
    }
    Ok(())
}

/// `npm test`, `yarn lint`, `pnpm run build`.
fn scripts(args: &[String], at: &At<'_>) -> Outcome {
    const NAMES: [&str; 7] = ["build", "check", "format", "lint", "test", "typecheck", "type-check"];
    let parsed = Grammar { name: "npm", options: "-s --silent --if-present", operands: Operands::Text }
        .check_split(args, at)?;
    let mut words = parsed.operands.iter().copied();
    let mut script = words.next().unwrap_or_default();
    if matches!(script, "run" | "run-script") {
        script = words.next().unwrap_or_default();
    } else if !matches!(script, "test" | "t" | "build" | "lint") {
        return Err(format!("`{script}` is no script that is known to build or test"));
    }
    let base = script.split(':').next().unwrap_or_default();
    let sends = || SENDS.iter().any(|sends| script.to_lowercase().contains(sends));
    if !(NAMES.contains(&base) || script == "t") || !word(script) || sends() {
        return Err(format!("`{script}` is no script that is known to build or test"));
    }
    // What comes behind goes to a program that nobody knows here: plain paths only.
    words.chain(parsed.after.iter().flatten().copied()).try_for_each(|path| {
        if path.starts_with('-') {
            return Err(format!("`{path}` goes to the script `{script}`, whose options are not known"));
        }
        paths::read(path, at)
    })
}

/// `tests/test_a.py::test_b[x]` is a path before the colons.
fn pytest(args: &[String], at: &At<'_>) -> Outcome {
    let reports = ["--cov-report=term", "--cov-report=term-missing"];
    let rest = without(args, &reports);
    let parsed = Grammar { name: "pytest", options: PYTEST, operands: Operands::Text }.check(&rest, at)?;
    no_response_file(args)?;
    parsed.operands.iter().try_for_each(|test| paths::read(test.split("::").next().unwrap_or_default(), at))
}

fn python(args: &[String], at: &At<'_>) -> Option<Outcome> {
    match args {
        [flag, module, rest @ ..] if flag == "-m" => match module.as_str() {
            "pytest" => Some(pytest(rest, at)),
            "mypy" | "ruff" | "black" => check(module, rest, at),
            "compileall" => {
                let grammar =
                    Grammar { name: "compileall", options: "-qfl -j=num", operands: Operands::Read };
                Some(grammar.check(rest, at).map(drop))
            }
            "unittest" => {
                let rest = rest.strip_prefix(&["discover".to_owned()]).unwrap_or(rest);
                let options = "-vqfbc -s=read -t=read -p=text -k=text --verbose --quiet --failfast --buffer --start-directory=read";
                Some(
                    Grammar { name: "unittest", options, operands: Operands::Read }.check(rest, at).map(drop),
                )
            }
            _ => None,
        },
        _ => None,
    }
}

fn go(args: &[String], at: &At<'_>) -> Option<Outcome> {
    let (command, rest) = args.split_first()?;
    if !["build", "test", "vet", "fmt"].contains(&command.as_str()) {
        return None;
    }
    let grammar = Grammar { name: "go", options: GO, operands: Operands::Read };
    Some(grammar.check(rest, at).and_then(|parsed| {
        match parsed.operands.iter().find(|package| package.contains('@')) {
            Some(package) => Err(format!("`{package}` is fetched from elsewhere")),
            None => Ok(()),
        }
    }))
}

/// What is in the name of a target or script that sends something away or installs it.
const SENDS: &[&str] = &["deploy", "install", "publish", "push", "release", "ship", "submit", "upload"];

/// Targets that by their whole name build or check, and parts of a test, check, lint or build.
fn plain_target(target: &str) -> bool {
    const WHOLE: &[&str] = &[
        "all",
        "bench",
        "benchmark",
        "build",
        "check",
        "clean",
        "compile",
        "coverage",
        "debug",
        "default",
        "distclean",
        "doc",
        "docs",
        "fmt",
        "format",
        "help",
        "integration",
        "lint",
        "test",
        "tests",
        "type-check",
        "typecheck",
        "unit",
        "unittest",
        "verify",
        "vet",
    ];
    const FIRST: &[&str] = &["build", "check", "lint", "test"];
    let part = || {
        let lower = target.to_lowercase();
        FIRST.contains(&lower.split(['-', '_', '.', ':']).next().unwrap_or_default())
            && !SENDS.iter().any(|sends| lower.contains(sends))
    };
    word(target) && (WHOLE.contains(&target) || part())
}

fn make(args: &[String], at: &At<'_>) -> Outcome {
    targets(
        "make",
        "-ksnBqw -C=read -j[num] --jobs[num] --keep-going --silent --dry-run --always-make --directory=read",
        &without(args, &["V=1", "VERBOSE=1"]),
        at,
    )
}

/// The words without some that are known as a whole.
fn without(args: &[String], known: &[&str]) -> Vec<String> {
    args.iter().filter(|arg| !known.contains(&arg.as_str())).cloned().collect()
}

/// Only what is installed here: anything else would be fetched.
fn npx(args: &[String], at: &At<'_>) -> Option<Outcome> {
    let (program, rest) = args.split_first()?;
    if !["eslint", "jest", "prettier", "tsc", "vitest"].contains(&program.as_str()) {
        return None;
    }
    // A copy is lent what is installed in the workspace.
    let installed = at.ground.workspace.join(at.cwd).join("node_modules/.bin").join(program);
    if at.ground.disk.is_none() || !installed.exists() {
        return Some(Err(format!("`{program}` is not installed here, so `npx` would fetch it")));
    }
    check(program, rest, at)
}

fn targets(name: &'static str, options: &'static str, args: &[String], at: &At<'_>) -> Outcome {
    let parsed = Grammar { name, options, operands: Operands::Words }.check(args, at)?;
    match parsed.operands.iter().find(|target| !plain_target(target)) {
        Some(target) => Err(format!("`{target}` is no target that is known to build or test")),
        None => Ok(()),
    }
}

fn cmake(args: &[String], at: &At<'_>) -> Outcome {
    if args.iter().any(|arg| arg == "--build") {
        let options = "-v -j[num] --build=read --parallel[num] --target=word --config=word --clean-first --verbose -t=word";
        let parsed = Grammar { name: "cmake", options, operands: Operands::None }.check(args, at)?;
        let targets = parsed.seen.iter().filter(|(name, _)| matches!(name.as_str(), "--target" | "-t"));
        return match targets.filter_map(|(_, target)| *target).find(|target| !plain_target(target)) {
            Some(target) => Err(format!("`{target}` is no target that is known to build or test")),
            None => Ok(()),
        };
    }
    let kinds =
        ["Debug", "Release", "RelWithDebInfo", "MinSizeRel"].map(|kind| format!("-DCMAKE_BUILD_TYPE={kind}"));
    let rest: Vec<String> = args.iter().filter(|arg| !kinds.contains(arg)).cloned().collect();
    let parsed = Grammar { name: "cmake", options: "-S=read -B=write -G=text", operands: Operands::None }
        .check(&rest, at)?;
    if parsed.has("-B") {
        return Ok(());
    }
    Err("`cmake` without `-B` or `--build`".to_owned())
}

fn goals(name: &'static str, options: &'static str, known: &[&str], args: &[String], at: &At<'_>) -> Outcome {
    let rest = without(args, &["-DskipTests", "-DskipITs"]);
    let parsed = Grammar { name, options, operands: Operands::Words }.check(&rest, at)?;
    let last = |goal: &str| goal.rsplit(':').next().unwrap_or_default().to_owned();
    let modules = name == "gradle";
    match parsed
        .operands
        .iter()
        .find(|goal| !known.contains(&if modules { last(goal) } else { (**goal).to_owned() }.as_str()))
    {
        Some(goal) => Err(format!("`{goal}` is no goal of `{name}` that is known to build or test")),
        None if parsed.operands.is_empty() => Err(format!("`{name}` has no goal")),
        None => Ok(()),
    }
}

/// A subcommand, options and paths.
fn after(name: &'static str, known: &[&str], options: &'static str, args: &[String], at: &At<'_>) -> Outcome {
    match args.split_first() {
        Some((command, rest)) if known.contains(&command.as_str()) => {
            no_response_file(rest)?;
            Grammar { name, options, operands: Operands::Read }.check(rest, at).map(drop)
        }
        Some((command, _)) => {
            Err(format!("`{name} {command}` is not known to build or test this project only"))
        }
        None => Err(format!("`{name}` has no command")),
    }
}

fn rspec(args: &[String], at: &At<'_>) -> Outcome {
    let parsed = Grammar { name: "rspec", options: RSPEC, operands: Operands::Text }.check(args, at)?;
    parsed
        .operands
        .iter()
        .try_for_each(|test| paths::read(test.split([':', '[']).next().unwrap_or_default(), at))
}
