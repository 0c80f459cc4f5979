//! A tool action as a person reads it before saying yes: all of it, exactly, with what could hide or lie made visible.
//! Never cut here: what is not seen is not approved.

use plyrum_markup::escaped;
use plyrum_protocol::{Action, ApprovalRow, FileChange, TodoItem, TodoStatus, ToolOutcome};
use plyrum_words::Words;
use std::fmt::Write as _;

/// A word of a command as it would be typed: quoted where that shows where it ends.
fn word(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-./=:,@%+^".contains(c));
    let shown = escaped(word).replace('\n', "\\u{a}").replace('\t', "\\u{9}");
    if plain { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// The whole action.
pub fn whole(words: &Words, tool: &str, action: &Action) -> String {
    match action {
        Action::Read { path, arguments } => {
            format!("{tool} {}\n{}\n", escaped(path), indented(&arguments.to_string()))
        }
        Action::Write { changes } => {
            let files: Vec<String> = changes.iter().map(|change| file(words, change)).collect();
            let count = words.with("action-files", &[("n", changes.len().into())]);
            format!("{tool}: {count}\n{}", files.concat())
        }
        Action::Run { argv, cwd, env, timeout_s, network } => {
            let line = argv.iter().map(|w| word(w)).collect::<Vec<_>>().join(" ");
            format!("{tool}: {line}\n{}", around(words, cwd, env, *timeout_s, *network))
        }
        Action::Shell { command, cwd, env, timeout_s, network } => {
            format!("{tool}:\n{}\n{}", indented(command), around(words, cwd, env, *timeout_s, *network))
        }
        Action::Check { command, cwd, env, file, proposals, timeout_s } => {
            let around = around(words, cwd, env, *timeout_s, false);
            let file = word(file);
            let told = words.with("action-check", &[("n", (*proposals).into()), ("file", file.into())]);
            format!("{tool}:\n{}\n{around}  {told}\n", indented(command))
        }
        Action::Fetch { url, .. } => format!("{tool}: {}\n", word(url)),
        Action::Todo { items } => todo(words, items),
        Action::Invalid { arguments } => {
            format!("{}\n{}\n", not_understood(words, escaped(tool)), indented(arguments))
        }
    }
}

/// A row of `approvals list`, whole.
pub fn row(words: &Words, row: &ApprovalRow) -> String {
    let said = |key, values: &[(&str, &str)]| {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, (*value).into())).collect();
        words.with(key, &values)
    };
    let (approval, run) = (row.approval.as_str(), row.run.as_str());
    let (status, deadline) = (status(words, &row.status), row.deadline.to_string());
    let head = said("action-row", &[("approval", approval), ("status", &status), ("run", run)]);
    let mut text = format!("{head}\n{}", whole(words, &row.tool, &row.action));
    let _infallible = writeln!(text, "  {}", said("action-why", &[("why", &why(&row.why))]));
    if let Some(rule) = &row.rule {
        text += &format!("  {}\n{}", words.say("action-rule-for"), rules(rule));
    }
    let _infallible = writeln!(text, "  sha256 {}", row.sha256);
    let answer = match (row.status.as_str(), &row.by, &row.reason) {
        ("pending", ..) => said("action-answer-before", &[("deadline", &deadline), ("approval", approval)]),
        (_, None, _) => return text,
        (_, Some(by), None) => said("action-by", &[("by", &escaped(by))]),
        (_, Some(by), Some(reason)) => {
            said("action-by-because", &[("by", &escaped(by)), ("reason", &escaped(reason))])
        }
    };
    let _infallible = writeln!(text, "  {answer}");
    text
}

/// How a question stands; a word that a newer daemon says is shown as it is.
pub fn status(words: &Words, status: &str) -> String {
    let key = format!("approval-{status}");
    if words.has(&key) { words.say(&key) } else { escaped(status) }
}

/// Why it is asked, without what would help next time: that is offered below.
pub fn why(reason: &str) -> String {
    let why = reason.split_once("; `plyrum policy add").map_or(reason, |(why, _)| why);
    escaped(why)
}

/// What rules would allow, a line each: their tool and what they name.
pub fn rules(blocks: &str) -> String {
    let names = |line: &&str| {
        ["tool", "words", "path", "host"].iter().any(|key| line.starts_with(&format!("{key} = ")))
    };
    let rule = |block: &str| block.lines().filter(names).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for line in blocks.split("[[rule]]").map(rule).filter(|line| !line.is_empty()) {
        let _infallible = writeln!(text, "    {}", escaped(&line));
    }
    text
}

/// What began, in a line.
pub fn line(words: &Words, tool: &str, action: &Action) -> String {
    let cut = |text: &str| -> String {
        let one_line = escaped(text).replace('\n', "⏎").replace('\t', " ");
        let short: String = one_line.chars().take(100).collect();
        if one_line.chars().count() > 100 { format!("{short}…") } else { short }
    };
    match action {
        Action::Read { path, arguments } => match arguments.get("pattern").and_then(|p| p.as_str()) {
            Some(pattern) => words.with(
                "action-search",
                &[("tool", tool.into()), ("pattern", cut(&word(pattern)).into()), ("path", cut(path).into())],
            ),
            None => format!("{tool} {}", cut(path)),
        },
        Action::Write { changes } => {
            let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
            format!("{tool} {}", cut(&paths.join(", ")))
        }
        Action::Run { argv, .. } => {
            let line = argv.iter().map(|w| word(w)).collect::<Vec<_>>().join(" ");
            format!("{tool} {}", cut(&line))
        }
        Action::Shell { command, .. } | Action::Check { command, .. } => format!("{tool} {}", cut(command)),
        Action::Fetch { url, .. } => format!("{tool} {}", cut(url)),
        Action::Todo { items } => todo(words, items).trim_end().to_owned(),
        Action::Invalid { .. } => not_understood(words, cut(tool)),
    }
}

/// How it ended, in a line.
pub fn ended(words: &Words, outcome: ToolOutcome, exit: Option<i32>, files: usize, text: &str) -> String {
    let first: String = escaped(text.lines().next().unwrap_or_default()).chars().take(160).collect();
    let mut told = match (outcome, exit) {
        (ToolOutcome::Ok, Some(code)) => words.with("action-exit", &[("code", code.to_string().into())]),
        (ToolOutcome::Ok, None) => words.say("action-done"),
        (ToolOutcome::Failed, _) => words.with("action-failed", &[("why", first.into())]),
        (ToolOutcome::Denied | ToolOutcome::Invalid | ToolOutcome::Stopped, _) => first,
    };
    if files > 0 {
        let _infallible = write!(told, ", {}", words.with("action-changed", &[("n", files.into())]));
    }
    told
}

fn not_understood(words: &Words, tool: String) -> String {
    words.with("action-not-understood", &[("tool", tool.into())])
}

fn todo(words: &Words, items: &[TodoItem]) -> String {
    let mark = |status| match status {
        TodoStatus::Pending => "[ ]",
        TodoStatus::InProgress => "[>]",
        TodoStatus::Done => "[x]",
    };
    let line =
        |item: &TodoItem| format!("  {} {}\n", mark(item.status), escaped(&item.text).replace('\n', " "));
    format!("{}\n{}", words.say("action-todo"), items.iter().map(line).collect::<String>())
}

fn file(words: &Words, change: &FileChange) -> String {
    let key = match (&change.before_sha256, &change.after_sha256) {
        (None, _) => "action-file-create",
        (_, None) => "action-file-remove",
        _ => "action-file-change",
    };
    let what = words.with(key, &[("path", escaped(&change.path).into())]);
    format!("  {what}\n{}\n", indented(change.diff.trim_end()))
}

fn around(
    words: &Words,
    cwd: &str,
    env: &std::collections::BTreeMap<String, String>,
    timeout_s: u64,
    network: bool,
) -> String {
    let place = if cwd.is_empty() { ".".to_owned() } else { word(cwd) };
    let key = if network { "action-around-network" } else { "action-around" };
    let seconds = timeout_s.to_string();
    let mut text =
        format!("  {}\n", words.with(key, &[("place", place.into()), ("seconds", seconds.into())]));
    for (name, value) in env {
        let _infallible = writeln!(text, "  {}={}", escaped(name), word(value));
    }
    text
}

fn indented(text: &str) -> String {
    escaped(text).lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_words::Lang;

    fn english() -> Words {
        Words::new(Lang::En)
    }

    #[test]
    fn what_could_hide_or_lie_is_made_visible_and_russian_stays() {
        for (hostile, shown) in [
            ("rm \u{1b}[8m-rf /\u{1b}[0m", "rm \\u{1b}[8m-rf /\\u{1b}[0m"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("a\rb\0c", "a\\u{d}b\\u{0}c"),
            ("a\u{2028}b", "a\\u{2028}b"),
            ("a\u{e000}b\u{378}", "a\\u{e000}b\\u{378}"),
            ("Привет, ёж и́\n\tда \"так\" \\ 'и'", "Привет, ёж и́\n\tда \"так\" \\ 'и'"),
            ("日本 🦀", "日本 🦀"),
        ] {
            assert_eq!(escaped(hostile), shown, "{hostile:?}");
        }
    }

    #[test]
    fn words_show_where_they_end() {
        let action = Action::Run {
            argv: ["rm", "a b", "", "it's", "x\ny"].map(str::to_owned).to_vec(),
            cwd: String::new(),
            env: std::collections::BTreeMap::new(),
            timeout_s: 120,
            network: false,
        };
        let shown = whole(&english(), "run", &action);
        assert!(shown.starts_with("run: rm 'a b' '' 'it'\\''s' 'x\\u{a}y'\n"), "{shown}");
        assert!(shown.contains("in ., at most 120 s, no network"), "{shown}");
        let shown = whole(&Words::new(Lang::Ru), "run", &action);
        assert!(shown.contains("в ., не дольше 120\u{a0}с, без сети"), "{shown}");
    }

    #[test]
    fn a_check_says_how_often_it_runs_on_what_and_where() {
        let action = Action::Check {
            command: "make test\u{1b}[8m".to_owned(),
            cwd: String::new(),
            env: std::collections::BTreeMap::new(),
            file: "a b.py".to_owned(),
            proposals: 3,
            timeout_s: 60,
        };
        let shown = whole(&english(), "check", &action);
        for part in
            ["make test\\u{1b}[8m", "at most 60 s, no network", "up to 3 proposals", "'a b.py' of a copy"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let shown = whole(&Words::new(Lang::Ru), "check", &action);
        assert!(shown.contains("не больше 3") && shown.contains("в копии рабочего каталога"), "{shown}");
    }

    #[test]
    fn how_it_ended_is_told_in_both_languages() {
        let told = |lang| ended(&Words::new(lang), ToolOutcome::Ok, Some(1), 2, "");
        assert_eq!(told(Lang::En), "exit 1, 2 files changed");
        assert_eq!(told(Lang::Ru), "код выхода 1, изменено 2 файла");
        let failed = |lang| ended(&Words::new(lang), ToolOutcome::Failed, None, 0, "no\u{1b}[8m\nmore");
        assert_eq!(
            [failed(Lang::En), failed(Lang::Ru)],
            ["failed: no\\u{1b}[8m", "не удалось: no\\u{1b}[8m"]
        );
    }

    #[test]
    fn rules_are_told_by_what_they_name() {
        let blocks = "[[rule]]\ntool = \"command\"\nwords = [\"ls\"]\nverdict = \"allow\"\n\n[[rule]]\ntool = \"read\"\npath = \"a\"\n";
        assert_eq!(
            rules(blocks),
            "    tool = \"command\", words = [\"ls\"]\n    tool = \"read\", path = \"a\"\n"
        );
        assert_eq!(why("it is new; `plyrum policy add --why …` would allow it"), "it is new");
    }

    #[test]
    fn nothing_of_a_long_action_is_left_out() {
        let command = format!("true {}; rm -rf .", "x".repeat(20_000));
        let env = std::collections::BTreeMap::new();
        let action =
            Action::Shell { command: command.clone(), cwd: String::new(), env, timeout_s: 1, network: false };
        assert!(
            [Lang::En, Lang::Ru]
                .iter()
                .all(|lang| whole(&Words::new(*lang), "shell", &action).contains(&command))
        );
    }
}
