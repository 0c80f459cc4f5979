//! What shape the answer will have: it decides how several answers may be combined.

use std::sync::LazyLock;

use plyrum_protocol::{Intent, OutputKind};

use crate::cues::{Cues, Row, beginning};
use crate::text::Text;

const TABLE: &[Row<OutputKind>] = &[
    (
        OutputKind::Structured,
        1,
        "json|yaml|toml|xml|csv|diff|patch|as a table|markdown table|regex|regular expression|sql query|bash command|shell command|one liner|dockerfile|в json|в yaml|в виде таблицы|дифф|патч|регулярк*|регулярн* выражени*|команд* bash|команд* linux|sql запрос",
    ),
    (
        OutputKind::Code,
        1,
        "write a function|write a program|write a script|write code|implement*|refactor*|fix the bug|fix bugs|fix this code|unit test*|напиши код|напиши функци*|напиши программ*|напиши скрипт|реализуй*|исправь код|исправь ошибк* в коде|отрефактор*",
    ),
    (
        OutputKind::Discrete,
        1,
        "yes or no|true or false|which of the following|one word|just the number|only the number|single number|a b c or d|да или нет|верно или неверно|одним словом|только число|одно число",
    ),
    (OutputKind::Prose, 1, "explain*|describe*|why|in detail|essay|объясни*|опиши*|почему|подробно"),
];

static CUES: LazyLock<Cues<OutputKind>> = LazyLock::new(|| Cues::new(TABLE));

/// The shape of the answer.
pub(crate) fn of(text: &Text, intent: Intent) -> OutputKind {
    let hits = CUES.hits(text);
    let asks_for = |kind| hits.iter().any(|hit| hit.label == kind);
    let asks_one_fact =
        ["who", "when", "which", "whose", "кто", "когда", "какой", "какая", "какое", "сколько"]
            .contains(&text.word(beginning(text)))
            || text.has("how many")
            || text.has("how much");
    if asks_for(OutputKind::Discrete) {
        return OutputKind::Discrete;
    }
    match intent {
        Intent::CodeWrite => OutputKind::Code,
        Intent::Shell => OutputKind::Structured,
        _ if asks_for(OutputKind::Structured) => OutputKind::Structured,
        Intent::CodeDebugExplain
            if asks_for(OutputKind::Code) || !asks_for(OutputKind::Prose) && text.has("fix") =>
        {
            OutputKind::Code
        }
        Intent::Math | Intent::ExtractClassify => OutputKind::Discrete,
        Intent::Reasoning | Intent::QaFactual | Intent::DataAnalysis
            if asks_one_fact && !asks_for(OutputKind::Prose) =>
        {
            OutputKind::Discrete
        }
        Intent::Reasoning if text.asks() && !asks_for(OutputKind::Prose) => OutputKind::Discrete,
        Intent::Unknown if asks_for(OutputKind::Code) => OutputKind::Code,
        _ => OutputKind::Prose,
    }
}
