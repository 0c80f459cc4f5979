//! Fields of knowledge a prompt touches; several may apply, none is an honest answer.

use std::sync::LazyLock;

use plyrum_protocol::Intent;

use crate::cues::{Cues, Row};
use crate::input::AttachmentFacts;
use crate::text::Text;
use crate::weights::{FIELDS, Heads, Weights};

/// Points that make a field apply: one sure word or two likely ones.
const MIN_POINTS: i32 = 2;

pub(crate) const TABLE: &[Row<&str>] = &[
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
    (
        "business",
        2,
        "business|startup|startups|marketing|customer*|sales|revenue|brand|branding|management|manager|managers|hiring|employee*|kpi|okr|stakeholder*|client|clients|product launch|market share|b2b|бизнес*|стартап*|маркетинг*|клиент*|продаж*|выручк*|бренд*|менеджер*|сотрудник*|собеседовани*|заказчик*|вакансии|вакансия|резюме|рекламн*|конкурент*|поставщик*",
    ),
    (
        "education",
        2,
        "student|students|teacher|teachers|lesson|lessons|homework|exam|exams|curriculum|syllabus|school|university|classroom|quiz|tutor*|course|ученик*|учител*|урок|уроки|урока|домашн* задани*|домашк*|экзамен*|школ*|университет*|студент*|преподават*|курсов*|репетитор*|учебник*|контрольн*|диплом",
    ),
    (
        "psychology",
        2,
        "psycholog*|anxiety|anxious|therapist|emotion|emotions|emotional|relationship|relationships|motivation|burnout|procrastinat*|self esteem|stress|depress*|cognitive|habit|habits|психолог*|тревог*|тревожн*|эмоци*|отношени*|мотивац*|выгоран*|прокрастин*|самооценк*|стресс*|депресс*|привычк*|ссор*|обид*",
    ),
    (
        "philosophy",
        2,
        "philosoph*|ethics|ethical|morality|moral dilemma|kant|plato|nietzsche|stoic*|existential*|epistemolog*|metaphysic*|free will|utilitarian*|логик*|философ*|этик*|мораль|морали|кант|платон*|ницше|стоик*|экзистенциал*|свобод* воли|утилитари*|силлогизм*|syllogism*",
    ),
    (
        "engineering",
        2,
        "engine|engines|circuit*|voltage|resistor*|transistor*|arduino|raspberry pi|motor|motors|welding|soldering|bearing|gearbox|torque|hydraul*|plumbing|sensor|sensors|3d print*|двигател*|мотор|напряжени*|резистор*|транзистор*|ардуино|сварк*|паяльник*|подшипник*|редуктор*|гидравл*|датчик*|насос*|электрик*|проводк*|розетк*|бетон*|станок|станк*|чертеж*|микроконтроллер*",
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

/// Points of the cues of each of [`FIELDS`].
pub(crate) fn points(text: &Text) -> [i32; FIELDS.len()] {
    let mut points = [0; FIELDS.len()];
    for hit in CUES.hits(text) {
        add(&mut points, hit.label, hit.weight);
    }
    points
}

fn add(points: &mut [i32; FIELDS.len()], name: &str, weight: i32) {
    let slots = points.iter_mut().zip(FIELDS);
    slots.filter(|(_, field)| **field == name).for_each(|(slot, _)| *slot += weight);
}

/// The fields, by name: those of the work itself and of what comes with it, and those that the weights see. Without
/// weights the cues decide.
pub(crate) fn of(
    mut fields: [i32; FIELDS.len()],
    intent: Intent,
    attachments: &[AttachmentFacts],
    heads: Option<(&Weights<'_>, &Heads)>,
) -> Vec<String> {
    if let Some((weights, heads)) = heads {
        for at in weights.fields(heads) {
            fields.get_mut(at).into_iter().for_each(|slot| *slot = MIN_POINTS);
        }
    }
    match intent {
        Intent::CodeWrite | Intent::CodeDebugExplain => add(&mut fields, "programming", MIN_POINTS),
        Intent::Shell => add(&mut fields, "shell", MIN_POINTS),
        Intent::Math => add(&mut fields, "math", MIN_POINTS),
        Intent::DataAnalysis => add(&mut fields, "data", MIN_POINTS),
        Intent::Translate => add(&mut fields, "language", MIN_POINTS),
        _ => {}
    }
    for attachment in attachments {
        let ending = attachment.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        for (name, endings) in ENDINGS {
            if endings.contains(&ending.as_deref().unwrap_or_default()) {
                add(&mut fields, name, MIN_POINTS);
            }
        }
    }
    let named = FIELDS.iter().zip(fields).filter(|&(_, points)| points >= MIN_POINTS);
    // `FIELDS` are in the order of their names.
    named.map(|(name, _)| (*name).to_owned()).collect()
}
