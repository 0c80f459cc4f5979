//! A long conversation, as the daemon writes one: a real short run is taken from its log, and told again and again with
//! other ids and other texts.

use super::stage::Stage;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};

/// What the short run is answered with.
const ANSWER: &str = "ANSWER-HERE";
const PROMPT: &str = "short please";
/// In the last answer, and nowhere else.
pub(super) const LAST: &str = "THE-LAST-LINE";

/// Makes it, so that it is the last conversation.
pub(super) fn write(stage: &Stage, megabytes: usize) {
    stage.run(&["ask", "-m", "offline/writer", PROMPT]);
    stage.run(&["daemon", "stop"]);
    let dir = stage.path("data/sessions");
    let log = fs::read_dir(&dir)
        .unwrap()
        .flatten()
        .map(|it| it.path())
        .find(|it| it.extension().is_some_and(|e| e == "jsonl"));
    let path = log.expect("a log");
    let text = fs::read_to_string(&path).unwrap();
    let (opened, turn) = text.split_once('\n').unwrap();
    let run = run_of(turn);
    let mut out = BufWriter::new(File::create(&path).unwrap());
    writeln!(out, "{opened}").unwrap();
    let (most, mut bytes, mut n) = (megabytes * 1_000_000, 0, 0);
    while bytes < most {
        n += 1;
        bytes += tell(&mut out, turn, &run, n, &answer(n));
    }
    tell(&mut out, turn, &run, n + 1, &format!("{}\n{LAST}\n", answer(n + 1)));
    out.flush().unwrap();
    stage.run(&["daemon", "start"]);
}

fn run_of(turn: &str) -> String {
    let begin = turn.find("\"run\":\"").unwrap() + 7;
    turn.get(begin..).unwrap().split('"').next().unwrap().to_owned()
}

fn tell(out: &mut impl std::io::Write, turn: &str, run: &str, n: usize, answer: &str) -> usize {
    let inner = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    let told = turn
        .replace(run, &format!("{n:016x}"))
        .replace(ANSWER, &inner(answer))
        .replace(PROMPT, &inner(&prompt(n)));
    out.write_all(told.as_bytes()).unwrap();
    told.len()
}

fn prompt(n: usize) -> String {
    format!("Вопрос {n}: how does part {} work, и что будет, если его изменить?", n % 17)
}

/// An answer as models write them: prose in two languages, lists, a table, code.
pub(super) fn answer(n: usize) -> String {
    let mut text = format!("## Part {n}\n\n");
    for paragraph in 0..=n % 4 {
        text += &format!(
            "Здесь **важно** понимать, что запрос {n}.{paragraph} проходит через `queue`, а не напрямую: планировщик берёт \
             задачу, проверяет её *срок* и только потом передаёт исполнителю. The scheduler keeps at most {} tasks, see \
             [the manual](https://example.org/{n}) for the limits.\n\n",
            n * 7 % 100
        );
    }
    text += "1. Сначала читается конфигурация;\n2. then the workers start;\n   - each has its own *queue*\n   - и свой журнал\n3. готово.\n\n";
    if n.is_multiple_of(3) {
        text += "| что | время | память |\n|---|---:|---:|\n| чтение | 12 мс | 3 МиБ |\n| parsing | 40 ms | 11 MiB |\n\n";
    }
    let lines = 10 + n * 13 % 60;
    text += match n % 4 {
        0 => "```rust\n",
        1 => "```python\n",
        2 => "```ts\n",
        _ => "```sql\n",
    };
    for line in 0..lines {
        text += &code(n, line);
    }
    text + "```\n\nИтого: этого достаточно; the rest is a matter of taste.\n"
}

fn code(n: usize, line: usize) -> String {
    match n % 4 {
        0 => format!(
            "    let value_{line}: Vec<u8> = read(\"file-{n}.txt\", {line})?.into_iter().filter(|b| *b != 0).collect(); // шаг\n"
        ),
        1 => format!("    result[{line}] = [f\"{{x}}-{n}\" for x in range({line}) if x % 2 == 0]  # шаг\n"),
        2 => format!(
            "  const value{line} = await fetch(`/api/{n}/${{id}}`).then((r) => r.json() as Promise<Row[]>); // шаг\n"
        ),
        _ => format!(
            "SELECT id, sum(amount) AS total_{line} FROM orders WHERE customer = {n} GROUP BY id; -- шаг\n"
        ),
    }
}
