//! Fields of knowledge a prompt touches; several may apply, none is an honest answer.

use std::sync::LazyLock;

use plyrum_protocol::Intent;

use crate::cues::{Cues, Row};
use crate::input::AttachmentFacts;
use crate::text::Text;

/// Points that make a field apply: one sure word or two likely ones.
const MIN_POINTS: i32 = 2;

const TABLE: &[Row<&str>] = &[
    (
        "programming",
        2,
        "code|function|python|rust|javascript|typescript|java|golang|kotlin|compiler|api|refactor*|debug*|unit test*|algorithm|regex|html|css|react|json|sql|програм*|функци*|код|компилятор|алгоритм*|питон|баг",
    ),
    (
        "shell",
        2,
        "bash|shell|terminal|command line|linux|ssh|docker|kubernetes|systemd|sudo|grep|curl|git|cron*|терминал*|консол*|линукс|докер",
    ),
    (
        "math",
        2,
        "equation|integral|derivative|probability|geometry|algebra|theorem|polynomial|triangle|arithmetic|calculus|уравнени*|интеграл*|производн*|вероятност*|геометри*|алгебр*|теорем*|треугольник*|вычисли*",
    ),
    (
        "science",
        2,
        "physics|chemistry|biology|molecule*|atom|quantum|gravity|astronomy|planet*|evolution|species|genetic*|climate|energy|физик*|хими*|биологи*|молекул*|атом*|квант*|астроном*|планет*|эволюци*|климат*",
    ),
    (
        "medicine",
        2,
        "medicine|medical|doctor|symptom*|disease*|drug|dosage|therapy|patient*|vaccine*|diagnos*|врач*|лекарств*|симптом*|болезн*|пациент*|диагноз*|лечени*|дозировк*",
    ),
    (
        "law",
        2,
        "law|legal|contract|lawsuit|court|copyright|license|licence|gdpr|liability|statute|закон*|юридич*|договор*|суд|иск|лицензи*|авторск* прав*|статья кодекса",
    ),
    (
        "finance",
        2,
        "finance|financial|invest*|stock|stocks|bank|loan|tax|taxes|budget|mortgage|currency|accounting|profit|inflation|invoice|финанс*|инвестиц*|акци*|банк*|кредит*|налог*|бюджет*|ипотек*|валют*|бухгалтер*|инфляц*",
    ),
    (
        "history",
        2,
        "history|historical|ancient|empire|medieval|world war|revolution|century|dynasty|истори*|древн*|импери*|средневеков*|войн*|революци*|век|династи*",
    ),
    (
        "geography",
        2,
        "geography|capital of|continent|country|countries|river|ocean|mountain*|population of|географи*|столиц*|континент*|стран*|река|океан*|населени*",
    ),
    (
        "arts",
        2,
        "poem|novel|movie|film|song|music|painting|theatre|theater|actor|band|album|story|lyrics|стих*|роман|фильм*|песн*|музык*|картин*|театр*|актер*|альбом*|рассказ*|сказк*",
    ),
    (
        "language",
        2,
        "translat*|grammar|synonym*|plural|verb|pronounc*|spelling|sentence|paraphrase|перевод*|переведи*|грамматик*|синоним*|глагол*|орфографи*|предложени*",
    ),
    (
        "data",
        2,
        "dataset|csv|dataframe|pandas|regression|correlation|histogram|median|standard deviation|machine learning|database|датасет*|регресси*|корреляц*|гистограмм*|медиан*|баз* данных|таблиц*",
    ),
    (
        "security",
        2,
        "password*|encrypt*|vulnerab*|exploit|malware|phishing|firewall|authentication|secrets|пароль|пароли|шифрован*|уязвимост*|эксплойт*|фишинг*|аутентификац*",
    ),
    (
        "food",
        2,
        "recipe|recipes|cook|cooking|ingredient*|calories|bake|dinner|рецепт*|приготов*|ингредиент*|калори*|ужин",
    ),
    (
        "travel",
        2,
        "travel|trip|itinerary|hotel|flight|flights|tourist*|visa|путешеств*|поездк*|маршрут*|отель|отели|перелет*|турист*|виза",
    ),
    (
        "sports",
        2,
        "football|soccer|basketball|baseball|tennis|olympic*|championship|league|cricket|футбол*|хоккей*|баскетбол*|теннис*|олимпи*|чемпионат*",
    ),
    (
        "politics",
        2,
        "president|election*|government|parliament|senate|policy|democra*|minister|президент*|выбор*|правительств*|парламент*|сенат*|демократ*|министр*",
    ),
];

static CUES: LazyLock<Cues<&str>> = LazyLock::new(|| Cues::new(TABLE));

/// File endings that tell a field.
const ENDINGS: &[(&str, &[&str])] = &[
    (
        "programming",
        &[
            "rs", "py", "js", "ts", "tsx", "go", "c", "h", "cpp", "java", "kt", "swift", "rb", "php", "cs",
            "sql", "html", "css",
        ],
    ),
    ("shell", &["sh", "bash", "zsh", "fish"]),
    ("data", &["csv", "tsv", "parquet", "xlsx", "jsonl"]),
];

/// The fields, by name.
pub(crate) fn of(text: &Text, intent: Intent, attachments: &[AttachmentFacts]) -> Vec<String> {
    let mut points: Vec<(&str, i32)> = TABLE.iter().map(|&(name, ..)| (name, 0)).collect();
    let mut add = |name: &str, weight| {
        if let Some((_, sum)) = points.iter_mut().find(|(known, _)| *known == name) {
            *sum += weight;
        }
    };
    for hit in CUES.hits(text) {
        add(hit.label, hit.weight);
    }
    match intent {
        Intent::CodeWrite | Intent::CodeDebugExplain => add("programming", MIN_POINTS),
        Intent::Shell => add("shell", MIN_POINTS),
        Intent::Math => add("math", MIN_POINTS),
        Intent::DataAnalysis => add("data", MIN_POINTS),
        Intent::Translate => add("language", MIN_POINTS),
        _ => {}
    }
    for attachment in attachments {
        let ending = attachment
            .name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase())
            .unwrap_or_default();
        for (name, endings) in ENDINGS {
            if endings.contains(&ending.as_str()) {
                add(name, MIN_POINTS);
            }
        }
    }
    let mut names: Vec<String> = points
        .into_iter()
        .filter(|&(_, points)| points >= MIN_POINTS)
        .map(|(name, _)| name.to_owned())
        .collect();
    names.sort_unstable();
    names
}
