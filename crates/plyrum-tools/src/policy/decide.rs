//! From a question to a verdict: what is asked is made into subjects that rules name, each is judged, and the
//! strictest verdict is told.

use super::command::{At, Class, classify, guard, hardened};
use super::ground::{Ground, Lies};
use super::layers::{Policy, Spoken};
use super::protected::Guarded;
use super::question::{Place, Question};
use super::rule::{Layer, Pattern, Subject};
use super::shell::{self, Simple};
use super::verdict::{Decided, Verdict};
use super::{expand, url};
use std::path::Path;

/// Most words that the patterns of one command may become.
const MAX_WORDS: usize = 4_000;

impl Policy {
    /// What the policy, with what lies over it, says.
    pub fn decide(&self, question: &Question<'_>, place: &Place<'_>) -> Decided {
        let ground = Ground::of(place);
        match *question {
            Question::Read { tool, path } => self.file(&ground, tool, path, Access::Reads),
            Question::Write { tool, path } => self.file(&ground, tool, path, Access::Writes),
            Question::Run { argv, cwd } => match ground.cwd(cwd) {
                Some(cwd) => self.command("run", argv, &At { ground: &ground, cwd: &cwd }),
                None => self.always_asked(&format!(
                    "the working directory `{cwd}` is protected or outside the workspace"
                )),
            },
            Question::Shell { command, cwd } => match ground.cwd(cwd) {
                Some(cwd) => self.shell(command, &At { ground: &ground, cwd: &cwd }),
                None => self.always_asked(&format!(
                    "the working directory `{cwd}` is protected or outside the workspace"
                )),
            },
            Question::Fetch { url } => self.fetch(&ground, url),
        }
    }

    fn shell(&self, command: &str, at: &At<'_>) -> Decided {
        let commands = match shell::recognise(command) {
            Ok(commands) => commands,
            Err(refusal) => {
                return self
                    .always_asked(&format!("the string has {refusal}; plain commands are decided by rules"));
            }
        };
        let mut strictest: Option<Decided> = None;
        for simple in &commands {
            let decided = match words(simple, at) {
                Ok(argv) => self.command("shell", &argv, at),
                Err(reason) => self.always_asked(&reason),
            };
            if strictest.as_ref().is_none_or(|known| decided.verdict > known.verdict) {
                strictest = Some(decided);
            }
        }
        strictest.unwrap_or_else(|| self.always_asked("there is no command"))
    }

    /// A shell string that this policy allows, written anew so that it can do nothing but what was decided: each word
    /// as it stands, patterns replaced by what they find now, and each program an external one. What builds on a shell's
    /// own ways (its builtins, another reading of a word, a file that appears in between) is gone.
    pub fn proven(&self, command: &str, cwd: &str, place: &Place<'_>) -> Option<String> {
        let ground = Ground::of(place);
        let cwd = ground.cwd(cwd)?;
        let at = At { ground: &ground, cwd: &cwd };
        let mut line = String::new();
        for simple in &shell::recognise(command).ok()? {
            let argv = words(simple, &at).ok()?;
            if self.command("shell", &argv, &at).verdict != Verdict::Allow {
                return None;
            }
            if let Some(operator) = simple.joined {
                line.push_str(&format!(" {operator} "));
            }
            line.push_str(&plainly(&argv)?);
            for redirect in &simple.redirects {
                line.push_str(&format!(" {redirect}"));
            }
        }
        Some(line)
    }

    fn command(&self, tool: &str, argv: &[String], at: &At<'_>) -> Decided {
        let class = classify(argv, at);
        let subject = Subject::Command { tool, argv, class: class.as_ref().ok().copied() };
        let why = match &class {
            Ok(class) => {
                format!("it is a {} command, which the policy `{}` does not allow", class.as_str(), self.name)
            }
            Err(reason) => reason.clone(),
        };
        let help =
            || format!("`plyrum policy add --verdict allow --why … -- {}` would allow it", shown(argv));
        self.judge(&subject, at.ground.workspace, &why, help, || guard(argv, at))
    }

    fn file(&self, ground: &Ground<'_>, tool: &str, path: &str, access: Access) -> Decided {
        let writes = access == Access::Writes;
        let (inside, guarded) = match ground.locate(Path::new(""), path) {
            Lies::Outside => {
                return self
                    .never(format!("`{path}` lies outside the workspace, where file tools do not reach"));
            }
            Lies::Guarded(Guarded::Protected, name) if writes => {
                return self.never(format!("`{path}` goes through `{name}`, which file tools never write"));
            }
            Lies::Guarded(_, name) => {
                (path.to_owned(), Some(format!("`{path}` goes through `{name}`, which is protected")))
            }
            Lies::Inside(real) => match real.to_str() {
                Some(real) => (real.to_owned(), None),
                None => return self.always_asked(&format!("`{path}` leads to a name that is no UTF-8")),
            },
        };
        let home = writes && ground.holds_home();
        let guarded = guarded.or_else(|| home.then(|| "the workspace holds your home".to_owned()));
        let subject = Subject::File { tool, writes, path: &inside };
        let why = format!("no rule of `{}` allows `{tool}` there", self.name);
        let help = || {
            format!(
                "`plyrum policy add --verdict allow --why … --tool {tool} --path '{inside}'` would allow it"
            )
        };
        self.judge(&subject, ground.workspace, &why, help, || guarded)
    }

    fn fetch(&self, ground: &Ground<'_>, url: &str) -> Decided {
        let (host, numeric) = match url::host_of(url) {
            Ok(found) => found,
            Err(reason) => return self.always_asked(&reason),
        };
        let subject = Subject::Host { host: &host, numeric };
        let why = format!("no rule of `{}` names the host `{host}`", self.name);
        let help = || format!("`plyrum policy add --verdict allow --why … --host {host}` would allow it");
        self.judge(&subject, ground.workspace, &why, help, || None)
    }

    /// Lays the user's and the project's rules over the policy's own.
    fn judge(
        &self,
        subject: &Subject<'_>,
        workspace: &Path,
        why: &str,
        help: impl FnOnce() -> String,
        guard: impl FnOnce() -> Option<String>,
    ) -> Decided {
        let own = self.own(subject, workspace);
        let user = self.of_layer(Layer::User, subject, workspace);
        let project = self.of_layer(Layer::Project, subject, workspace);
        let strict = |spoken: &Spoken<'_>| spoken.rule.verdict;
        // Who narrows: whatever is stricter than an allow, and the policy's own ask only where the user does not allow.
        let user_allows = user.filter(|spoken| strict(spoken) == Verdict::Allow);
        let narrowing =
            [project, user, own.filter(|spoken| user_allows.is_none() || strict(spoken) == Verdict::Deny)];
        let narrowing = narrowing.into_iter().flatten().filter(|spoken| strict(spoken) > Verdict::Allow);
        if let Some(spoken) = narrowing.max_by_key(strict) {
            return self.asks_or_denies(spoken.decided());
        }
        let allowed = user_allows.or(own);
        // A class was read word by word; any other rule may name what is always asked.
        let by_class = own.is_some_and(|spoken| {
            strict(&spoken) == Verdict::Allow && matches!(spoken.rule.pattern, Pattern::Class(_))
        });
        let guarded = if by_class { None } else { guard() };
        match (allowed, guarded) {
            (_, Some(reason)) => self.always_asked(&reason),
            (Some(spoken), None) => spoken.decided(),
            (None, None) => self.unruled(format!("{why}; {}", help())),
        }
    }

    /// Asked under every policy; no rule lifts it.
    fn always_asked(&self, reason: &str) -> Decided {
        self.unruled(format!("{reason}; this is asked every time, no rule allows it"))
    }

    fn unruled(&self, reason: String) -> Decided {
        self.asks_or_denies(self.built_in(Verdict::Ask, reason))
    }

    fn never(&self, reason: String) -> Decided {
        self.built_in(Verdict::Deny, reason)
    }

    fn built_in(&self, verdict: Verdict, reason: String) -> Decided {
        Decided { verdict, rule: None, file: self.file.clone(), line: None, reason, network: false }
    }

    /// Where nobody is there to answer, an ask is a denial.
    fn asks_or_denies(&self, mut decided: Decided) -> Decided {
        if decided.verdict == Verdict::Ask && self.otherwise == Verdict::Deny {
            decided.verdict = Verdict::Deny;
        }
        decided
    }
}

/// Whether a command is known to change nothing, so that it can run with the workspace read-only.
pub fn only_reads(question: &Question<'_>, place: &Place<'_>) -> bool {
    let ground = Ground::of(place);
    let reads = |argv: &[String], at: &At<'_>| classify(argv, at) == Ok(Class::Reading);
    match *question {
        Question::Read { .. } => true,
        Question::Write { .. } | Question::Fetch { .. } => false,
        Question::Run { argv, cwd } => {
            ground.cwd(cwd).is_some_and(|cwd| reads(argv, &At { ground: &ground, cwd: &cwd }))
        }
        Question::Shell { command, cwd } => {
            let (Some(cwd), Ok(commands)) = (ground.cwd(cwd), shell::recognise(command)) else {
                return false;
            };
            let at = At { ground: &ground, cwd: &cwd };
            commands.iter().all(|simple| words(simple, &at).is_ok_and(|argv| reads(&argv, &at)))
        }
    }
}

/// What a file tool does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Reads,
    Writes,
}

/// The words as the shell would pass them, patterns replaced by what they find.
fn words(simple: &Simple, at: &At<'_>) -> Result<Vec<String>, String> {
    let writes = simple.words.first().is_some_and(|program| matches!(program.text.as_str(), "cp" | "mv"));
    if writes && simple.words.last().is_some_and(|word| word.pattern) {
        return Err("the target is a pattern, of which nobody knows which file comes last".to_owned());
    }
    let mut argv = Vec::with_capacity(simple.words.len());
    for word in &simple.words {
        if word.pattern {
            argv.extend(expand::expand(at.ground, at.cwd, &word.text)?);
        } else {
            argv.push(word.text.clone());
        }
        if argv.len() > MAX_WORDS {
            return Err(format!("the patterns find more than {MAX_WORDS} files"));
        }
    }
    Ok(argv)
}

/// Builtins that have no program, and that only tell.
const TELLING: [&str; 2] = ["type", "command"];

/// A command as a shell cannot but read it: every word in quotes, hardened, and no builtin.
fn plainly(argv: &[String]) -> Option<String> {
    let (argv, _) = hardened(argv);
    let program = argv.first()?;
    if program.is_empty() || program.contains(['=', '\0']) {
        return None;
    }
    let quoted = argv.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''")));
    let words = quoted.collect::<Vec<_>>().join(" ");
    Some(if TELLING.contains(&program.as_str()) { words } else { format!("/usr/bin/env {words}") })
}

/// A command as it may be typed again: quoted where that is needed, cut where it is long.
fn shown(argv: &[String]) -> String {
    const LONGEST: usize = 200;
    let plain = |word: &String| {
        !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-./=:,@%+".contains(c))
    };
    let quoted =
        |word: &String| if plain(word) { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) };
    let all = argv.iter().map(quoted).collect::<Vec<_>>().join(" ");
    if all.chars().count() <= LONGEST { all } else { all.chars().take(LONGEST).chain(['…']).collect() }
}
