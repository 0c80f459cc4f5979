//! What kind of text an attachment is, by its name and its first lines: people pipe READMEs, logs, source
//! files and configuration alike, and each falls into units in its own way.

/// How a text falls into units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Prose, with or without Markdown.
    Prose,
    /// Source code: comments are prose, the rest is code.
    Source,
    /// One statement a line: configuration, tables, diffs.
    Lines,
}

const SOURCE_EXTENSIONS: &[&str] = &[
    "rs", "py", "js", "ts", "tsx", "jsx", "go", "c", "h", "cc", "cpp", "hpp", "java", "kt", "swift", "rb",
    "php", "sh", "bash", "zsh", "fish", "lua", "pl", "scala", "cs", "sql", "zig", "hs", "ml", "ex", "vue",
    "css", "scss",
];
const LINE_EXTENSIONS: &[&str] = &[
    "json", "jsonl", "yaml", "yml", "toml", "ini", "cfg", "conf", "env", "csv", "tsv", "log", "diff",
    "patch", "lock", "xml",
];
const LEVELS: &[&str] = &[
    "info",
    "warn",
    "warning",
    "error",
    "debug",
    "trace",
    "fatal",
    "note",
    "help",
    "thread",
    "test",
    "failed",
    "running",
    "compiling",
    "finished",
    "traceback",
    "file",
    "at",
    "caused",
    "panicked",
    "diff",
    "index",
    "@@",
    "+++",
    "---",
    "-->",
];
/// Lines looked at.
const SAMPLE: usize = 200;

/// The shape of a text called `name`.
pub(super) fn of(name: &str, text: &str) -> Shape {
    let extension =
        name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    if SOURCE_EXTENSIONS.contains(&extension.as_str()) {
        return Shape::Source;
    }
    if LINE_EXTENSIONS.contains(&extension.as_str()) {
        return Shape::Lines;
    }
    if matches!(extension.as_str(), "md" | "markdown" | "txt" | "rst" | "adoc" | "html") {
        return Shape::Prose;
    }
    sniff(text)
}

fn sniff(text: &str) -> Shape {
    let trimmed = text.trim_start();
    if trimmed.starts_with("diff --git ")
        || (trimmed.starts_with(['{', '[']) && trimmed.trim_end().ends_with(['}', ']']))
    {
        return Shape::Lines;
    }
    if trimmed.starts_with("#!/") {
        return Shape::Source;
    }
    let (mut lines, mut code, mut rows) = (0usize, 0usize, 0usize);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(SAMPLE) {
        if line.starts_with("```") {
            return Shape::Prose; // fences are Markdown's; what is inside is not the text
        }
        lines += 1;
        code += usize::from(is_code_line(line));
        rows += usize::from(is_record(line));
    }
    if lines >= 3 && code * 2 > lines {
        Shape::Source
    } else if lines >= 3 && rows * 2 > lines {
        Shape::Lines
    } else {
        Shape::Prose
    }
}

/// Whether a trimmed line reads as a statement of a programming language.
fn is_code_line(line: &str) -> bool {
    line.ends_with([';', '{', '}'])
        || line.ends_with("):")
        || line.starts_with("//")
        || ["import ", "from ", "def ", "fn ", "let ", "const ", "use ", "#include", "return "]
            .iter()
            .any(|word| line.starts_with(word) && !line.ends_with('.'))
}

/// Whether a line is a record by itself: a log line, a setting, a row of columns.
pub(super) fn is_record(line: &str) -> bool {
    let line = line.trim();
    let first = line.split_whitespace().next().unwrap_or_default();
    let bare =
        first.trim_matches(|mark: char| mark == ':' || mark == '[' || mark == ']').to_ascii_lowercase();
    let digits = first.chars().filter(char::is_ascii_digit).count();
    let stamp = digits >= 4 && first.contains([':', '-', '/', 'T']);
    let level = LEVELS.contains(&bare.as_str()) || bare.starts_with("error[");
    let quoted = first.starts_with('"') && first.ends_with("\":");
    let setting = first.ends_with(':')
        && first.len() > 1
        && first.is_ascii()
        && line.len() < 80
        && !line.ends_with('.');
    let assignment = line.split_once('=').is_some_and(|(key, _)| {
        let key = key.trim();
        !key.is_empty() && !key.contains(' ') && key.is_ascii()
    });
    let columns = line.contains('\t') || line.contains("   ");
    let bracketed =
        line.starts_with('[') && !line.starts_with("[![") && line.contains("] ") && !line.contains("](");
    bracketed || stamp || level || quoted || setting || assignment || columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_before_contents() {
        assert_eq!(of("src/main.rs", "anything"), Shape::Source);
        assert_eq!(of("Cargo.toml", "anything"), Shape::Lines);
        assert_eq!(of("README.md", "fn main() {\n}\nlet x;\n"), Shape::Prose);
    }

    #[test]
    fn piped_text_is_recognised_by_its_first_lines() {
        assert_eq!(of("stdin", "fn main() {\n    let x = 1;\n    run(x);\n}\n"), Shape::Source);
        assert_eq!(
            of("stdin", "2026-01-02T10:00:00 INFO up\n2026-01-02T10:00:01 ERROR down\nok x\n"),
            Shape::Lines
        );
        assert_eq!(
            of("stdin", "Plyrum is a workbench.\nIt runs in a terminal.\nIt is fast.\n"),
            Shape::Prose
        );
        assert_eq!(of("stdin", "Это проект.\nОн помогает.\nОн быстрый.\n"), Shape::Prose);
    }
}
