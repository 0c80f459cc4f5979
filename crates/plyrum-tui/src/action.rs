//! A tool action as a person reads it before saying yes: all of it, exactly, with what could hide or lie made visible.
//! Never cut here: what is not seen is not approved.

use plyrum_markup::escaped;
use plyrum_protocol::{Action, ApprovalRow, FileChange, TodoItem, TodoStatus, ToolOutcome};
use std::fmt::Write as _;

/// A word of a command as it would be typed: quoted where that shows where it ends.
fn word(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "_-./=:,@%+^".contains(c));
    let shown = escaped(word).replace('\n', "\\u{a}").replace('\t', "\\u{9}");
    if plain { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// The whole action.
pub fn whole(tool: &str, action: &Action) -> String {
    match action {
        Action::Read { path, arguments } => {
            format!("{tool} {}\n{}\n", escaped(path), indented(&arguments.to_string()))
        }
        Action::Write { changes } => {
            let files: Vec<String> = changes.iter().map(file).collect();
            format!("{tool}: {}\n{}", count(changes.len(), "file"), files.concat())
        }
        Action::Run { argv, cwd, env, timeout_s, network } => {
            let line = argv.iter().map(|w| word(w)).collect::<Vec<_>>().join(" ");
            format!("{tool}: {line}\n{}", around(cwd, env, *timeout_s, *network))
        }
        Action::Shell { command, cwd, env, timeout_s, network } => {
            format!("{tool}:\n{}\n{}", indented(command), around(cwd, env, *timeout_s, *network))
        }
        Action::Fetch { url, .. } => format!("{tool}: {}\n", word(url)),
        Action::Todo { items } => todo(items),
        Action::Invalid { arguments } => {
            format!("{} (not understood)\n{}\n", escaped(tool), indented(arguments))
        }
    }
}

/// A row of `approvals list`, whole.
pub fn row(row: &ApprovalRow) -> String {
    let mut text = format!("{}  {}  run {}\n", row.approval, row.status, row.run);
    text += &whole(&row.tool, &row.action);
    let _infallible = writeln!(text, "  asked because {}", why(&row.why));
    if let Some(rule) = &row.rule {
        text += &format!("  --session and --always allow in this workspace:\n{}", rules(rule));
    }
    let _infallible = writeln!(text, "  sha256 {}", row.sha256);
    match (&row.by, row.status.as_str()) {
        (_, "pending") => {
            let _infallible =
                writeln!(text, "  answer before {}: plyrum approve {}", row.deadline, row.approval);
        }
        (Some(by), _) => {
            let reason =
                row.reason.as_deref().map(|reason| format!(": {}", escaped(reason))).unwrap_or_default();
            let _infallible = writeln!(text, "  by {}{reason}", escaped(by));
        }
        (None, _) => {}
    }
    text
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
pub fn line(tool: &str, action: &Action) -> String {
    let cut = |text: &str| -> String {
        let one_line = escaped(text).replace('\n', "⏎").replace('\t', " ");
        let short: String = one_line.chars().take(100).collect();
        if one_line.chars().count() > 100 { format!("{short}…") } else { short }
    };
    match action {
        Action::Read { path, arguments } => match arguments.get("pattern").and_then(|p| p.as_str()) {
            Some(pattern) => format!("{tool} {} in {}", cut(&word(pattern)), cut(path)),
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
        Action::Shell { command, .. } => format!("{tool} {}", cut(command)),
        Action::Fetch { url, .. } => format!("{tool} {}", cut(url)),
        Action::Todo { items } => todo(items).trim_end().to_owned(),
        Action::Invalid { .. } => format!("{} (not understood)", cut(tool)),
    }
}

/// How it ended, in a line.
pub fn ended(outcome: ToolOutcome, exit: Option<i32>, files: usize, text: &str) -> String {
    let first: String = escaped(text.lines().next().unwrap_or_default()).chars().take(160).collect();
    let mut told = match (outcome, exit) {
        (ToolOutcome::Ok, Some(code)) => format!("exit {code}"),
        (ToolOutcome::Ok, None) => "done".to_owned(),
        (ToolOutcome::Failed, _) => format!("failed: {first}"),
        (ToolOutcome::Denied | ToolOutcome::Invalid | ToolOutcome::Stopped, _) => first,
    };
    if files > 0 {
        let _infallible = write!(told, ", {} changed", count(files, "file"));
    }
    told
}

fn todo(items: &[TodoItem]) -> String {
    let mark = |status| match status {
        TodoStatus::Pending => "[ ]",
        TodoStatus::InProgress => "[>]",
        TodoStatus::Done => "[x]",
    };
    let line =
        |item: &TodoItem| format!("  {} {}\n", mark(item.status), escaped(&item.text).replace('\n', " "));
    format!("to do:\n{}", items.iter().map(line).collect::<String>())
}

fn file(change: &FileChange) -> String {
    let what = match (&change.before_sha256, &change.after_sha256) {
        (None, _) => "create",
        (_, None) => "remove",
        _ => "change",
    };
    format!("  {what} {}\n{}\n", escaped(&change.path), indented(change.diff.trim_end()))
}

fn around(
    cwd: &str,
    env: &std::collections::BTreeMap<String, String>,
    timeout_s: u64,
    network: bool,
) -> String {
    let place = if cwd.is_empty() { ".".to_owned() } else { word(cwd) };
    let mut text = format!("  in {place}, at most {timeout_s} s, ");
    text += if network { "WITH NETWORK\n" } else { "no network\n" };
    for (name, value) in env {
        let _infallible = writeln!(text, "  {}={}", escaped(name), word(value));
    }
    text
}

fn indented(text: &str) -> String {
    escaped(text).lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let shown = whole("run", &action);
        assert!(shown.starts_with("run: rm 'a b' '' 'it'\\''s' 'x\\u{a}y'\n"), "{shown}");
        assert!(shown.contains("in ., at most 120 s, no network"), "{shown}");
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
        assert!(whole("shell", &action).contains(&command));
    }
}
