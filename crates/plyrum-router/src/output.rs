//! What shape the answer will have: it decides how several answers may be combined.

use std::sync::LazyLock;

use plyrum_protocol::{Intent, OutputKind};

use crate::cues::{Cues, Row, beginning};
use crate::plain::mends;
use crate::text::Text;
use crate::weights::Heads;

pub(crate) const TABLE: &[Row<OutputKind>] = &[
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

/// Forms that an answer is asked for in.
pub(crate) const FORM_TABLE: &[Row<()>] = &[(
    (),
    1,
    "as json|in json|as yaml|in yaml|as xml|as csv|as a csv|as a table|as a markdown table|as a diff|json only|only json|в json|в yaml|в csv|в формате json|в виде таблицы|таблицей|только json",
)];

static FORMS: LazyLock<Cues<()>> = LazyLock::new(|| Cues::new(FORM_TABLE));
static CUES: LazyLock<Cues<OutputKind>> = LazyLock::new(|| Cues::new(TABLE));

/// What the words ask for.
#[derive(Debug)]
pub(crate) struct Asked {
    kinds: [bool; OutputKind::ALL.len()],
    one_fact: bool,
    yes_or_no: bool,
    names_form: bool,
}

impl Asked {
    pub(crate) fn of(text: &Text) -> Self {
        let hits = CUES.hits(text);
        Self {
            kinds: std::array::from_fn(|at| {
                hits.iter().any(|hit| OutputKind::ALL.get(at) == Some(&hit.label))
            }),
            one_fact: asks_one_fact(text),
            yes_or_no: asks_yes_or_no(text),
            names_form: !FORMS.hits(text).is_empty(),
        }
    }

    fn has(&self, kind: OutputKind) -> bool {
        OutputKind::ALL.iter().zip(self.kinds).any(|(&known, asked)| known == kind && asked)
    }

    /// For weights: four shapes, one fact, a yes or no.
    pub(crate) fn signs(&self) -> [bool; 6] {
        [
            self.has(OutputKind::Discrete),
            self.has(OutputKind::Code),
            self.has(OutputKind::Structured),
            self.has(OutputKind::Prose),
            self.one_fact,
            self.yes_or_no,
        ]
    }
}

/// A question that begins with a word that asks for one thing.
fn asks_one_fact(text: &Text) -> bool {
    ["who", "when", "which", "whose", "кто", "когда", "какой", "какая", "какое", "сколько"]
        .contains(&text.word(beginning(text)))
        || text.has("how many")
        || text.has("how much")
}

/// A question that begins with a verb.
fn asks_yes_or_no(text: &Text) -> bool {
    text.asks()
        && (["is", "are", "does", "do", "did", "was", "were", "has", "have", "will"].contains(&text.word(0))
            || text.words().any(|word| word == "ли"))
}

/// What the rules' word counts for beside the weights', 16 bits after the point.
const RULES_COUNT: i64 = 1 << 16;

/// The shape of the answer: the likeliest by weights, with the rules' word beside them; by rules alone where there
/// are no weights.
pub(crate) fn of(text: &Text, asked: &Asked, intent: Intent, heads: Option<&Heads>) -> OutputKind {
    let ruled = by_rules(text, asked, intent);
    let Some(heads) = heads else { return ruled };
    let is_code = matches!(intent, Intent::CodeWrite | Intent::CodeDebugExplain);
    if is_code && ruled != OutputKind::Structured && (mends(text) || text.names_source() && !text.asks()) {
        return OutputKind::Code;
    }
    // Who names a form in so many words gets it.
    if ruled == OutputKind::Structured && asked.names_form {
        return ruled;
    }
    let scored = OutputKind::ALL.iter().zip(heads.outputs());
    let scored = scored.map(|(&kind, &score)| (kind, score + if kind == ruled { RULES_COUNT } else { 0 }));
    scored.max_by_key(|&(_, score)| score).map_or(ruled, |(kind, _)| kind)
}

fn by_rules(text: &Text, asked: &Asked, intent: Intent) -> OutputKind {
    let asks_for = |kind| asked.has(kind);
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
            if asked.one_fact && !asks_for(OutputKind::Prose) =>
        {
            OutputKind::Discrete
        }
        Intent::Reasoning if text.asks() && !asks_for(OutputKind::Prose) => OutputKind::Discrete,
        Intent::Unknown if asks_for(OutputKind::Code) => OutputKind::Code,
        _ => OutputKind::Prose,
    }
}
