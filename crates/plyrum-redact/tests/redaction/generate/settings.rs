//! Places where people and programs leave secrets.

use super::kinds::{Kind, Place};
use super::random::Random;

/// The text of a secret in every setting that fits its kind.
pub(crate) fn of(kind: &Kind, text: &str, random: &mut Random) -> Vec<String> {
    match kind.place {
        Place::Anywhere => anywhere(text, random),
        Place::Named(words) => named(words, text, random),
        Place::Alone => alone(text),
    }
}

fn anywhere(x: &str, random: &mut Random) -> Vec<String> {
    let n = random.below(9_000) + 1_000;
    let mut all = vec![
        format!("API_KEY={x}\nDEBUG=1\n"),
        format!("export TOKEN='{x}'"),
        format!("{{\"credential\": \"{x}\", \"id\": {n}}}"),
        format!(r#"{{"body":"{{\"value\":\"{x}\"}}"}}"#),
        format!("auth:\n  value: {x}\n  retries: 3\n"),
        format!("[auth]\nvalue = \"{x}\"\n"),
        format!("curl -s -H 'X-Auth: {x}' https://api.example.com/v1/{n}"),
        format!("2026-03-04T05:06:07Z WARN client: refused {x} after {n} ms"),
        format!("let client = Client::new(\"{x}\", {n});"),
        format!("client = Client('{x}')  # FIXME"),
        format!("const v = `{x}`;"),
        format!("Вот ключ, которым я пользуюсь: {x}. Больше его никому не давайте."),
        format!("Проверьте значение «{x}» в настройках проекта."),
        format!("Use `{x}` for the staging system."),
        format!("| name | value |\n|---|---|\n| staging | {x} |\n"),
        format!("<setting name=\"v\">{x}</setting>"),
        format!("\u{1b}[32m{x}\u{1b}[0m"),
        format!("+  value: {x}\n-  value: none\n"),
        format!(r"first line\n{x}\nlast line"),
        format!("docker run -e V={x} -p {n}:80 image"),
        format!("({x})"),
        format!("a,b,{x},d"),
    ];
    all.extend(alone(x));
    all
}

/// Texts that carry their own surroundings: connection strings, headers, blocks.
fn alone(x: &str) -> Vec<String> {
    vec![
        x.to_owned(),
        format!("see\n{x}\nand so on"),
        format!("ошибка при обращении: {x}"),
        format!("error: {x}\n    at main.rs:10"),
        format!("\"{x}\""),
    ]
}

/// Assignments to a name of these words.
fn named(words: &str, x: &str, random: &mut Random) -> Vec<String> {
    let parts: Vec<&str> = words.split(' ').collect();
    let (upper, snake, kebab) = (parts.join("_").to_uppercase(), parts.join("_"), parts.join("-"));
    let dotted = parts.join(".");
    let camel =
        parts.iter().enumerate().map(|(n, part)| if n == 0 { (*part).to_owned() } else { title(part) });
    let camel: String = camel.collect();
    let pascal: String = parts.iter().map(|part| title(part)).collect();
    let n = random.below(90) + 10;
    vec![
        format!("{upper}={x}\nDEBUG=1\n"),
        format!("export {upper}=\"{x}\""),
        format!("{{\"{snake}\": \"{x}\", \"n\": {n}}}"),
        format!(r#"{{"body":"{{\"{camel}\":\"{x}\"}}"}}"#),
        format!("{{{camel}: '{x}', n: {n}}}"),
        format!("env:\n  {upper}: {x}\n  N: {n}\n"),
        format!("{snake}: \"{x}\"\n"),
        format!("[auth]\n{snake} = \"{x}\"\n"),
        format!("{dotted}={x}\n"),
        format!("const {upper}: &str = \"{x}\";").replace(": &str", ""),
        format!("os.environ[\"{upper}\"] = \"{x}\""),
        format!("os.Setenv(\"{upper}\", \"{x}\")"),
        format!("'{snake}' => '{x}',"),
        format!("{camel} := \"{x}\""),
        format!("var my{pascal} = \"{x}\";"),
        format!("tool --{kebab}={x} --verbose"),
        format!("docker run -e {upper}={x} image"),
        format!("2026-03-04T05:06:07Z DEBUG config: loaded {snake}={x} n={n}"),
        format!("| `{upper}` | {x} |\n"),
        format!("- `{upper}`: `{x}`\n"),
        format!("Пропишите в настройках {upper}={x}, затем перезапустите службу."),
        format!("Значение {} — ниже.\n{}: {x}\n", title(parts[0]), parts.join(" ")),
        format!("+{upper}={x}\n-{upper}=\n"),
        format!(r"loaded\n{upper}={x}\nready"),
    ]
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
