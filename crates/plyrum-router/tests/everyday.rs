//! Decisions on prompts as people type them into a terminal, English and Russian, and what must hold for any.

#![allow(clippy::unwrap_used, reason = "a failed set-up may panic in tests")]

use plyrum_catalog::Catalog;
use plyrum_protocol::{Decision, Intent, Language, OutputKind, Profile};
use plyrum_router::{AttachmentFacts, Health, RouteInput, route};
use proptest::prelude::*;

fn decide(prompt: &str) -> Decision {
    let catalog = Catalog::shipped().unwrap();
    route(&RouteInput {
        prompt,
        attachments: &[],
        told_bytes: 0,
        pictures: 0,
        told_pictures: 0,
        catalog: &catalog,
        health: &|_| Health::Ready,
        requested_model: None,
        allow_list: None,
        profile: Profile::Balanced,
        plan_requested: None,
        available: None,
        allows_unpriced: true,
        max_output_tokens_default: 4096,
        verdicts: plyrum_router::Verdicts::none(),
        pace: &|_| None,
        needs: plyrum_router::Needs::default(),
    })
}

const TABLE: &[(Intent, &[&str])] = &[
    (
        Intent::Summarize,
        &[
            "summarise",
            "Summarize this log",
            "tl;dr",
            "What are the main points of the article?",
            "Кратко перескажи",
            "перескажи текст в трёх предложениях",
        ],
    ),
    (
        Intent::Translate,
        &[
            "Translate this to French",
            "how do you say thank you in Japanese?",
            "Переведи на английский: доброе утро",
            "translate the README into Russian",
        ],
    ),
    (
        Intent::CodeWrite,
        &[
            "Write a function that reverses a string",
            "implement a parser for CSV in rust",
            "Напиши функцию, которая сортирует список",
            "write a python script that renames files",
            "write me a regex that matches emails",
            "add a test for the parser",
            "напиши скрипт на python для парсинга логов",
        ],
    ),
    (
        Intent::CodeDebugExplain,
        &[
            "Fix this bug: index out of range",
            "what does this code do?",
            "Why does this function panic with a null pointer?",
            "Исправь ошибку в коде",
            "Объясни, что делает этот код",
            "почему не компилируется?",
            "review this code",
        ],
    ),
    (
        Intent::Shell,
        &[
            "List all files larger than 100 MB",
            "bash command to find duplicate files",
            "Показать открытые порты",
            "git command to undo the last commit",
            "Распаковать архив в указанный каталог",
            "установи docker на ubuntu",
        ],
    ),
    (
        Intent::Math,
        &[
            "What is 15% of 240?",
            "solve the equation x^2 = 9",
            "Реши уравнение x^2 = 9",
            "17 * 23 =",
            "У Маши было 5 яблок, она отдала 2 брату. Сколько яблок осталось у Маши?",
        ],
    ),
    (
        Intent::QaFactual,
        &[
            "Who wrote War and Peace?",
            "When was the Eiffel tower built?",
            "What is the capital of Australia?",
            "Что такое фотосинтез?",
            "Кто написал «Войну и мир»?",
            "Когда началась Вторая мировая война?",
            "What is this project for?",
            "what is the difference between TCP and UDP?",
        ],
    ),
    (
        Intent::WriteCreative,
        &[
            "Write a poem about autumn",
            "Напиши стихотворение про осень",
            "write a short story about a robot",
            "Write an email to my boss about a day off",
            "Напиши письмо клиенту с извинениями",
        ],
    ),
    (
        Intent::RewriteEdit,
        &[
            "Rewrite this paragraph in a formal tone",
            "Paraphrase: the cat sat on the mat",
            "Перепиши текст проще",
            "fix the grammar in this sentence",
            "remove the comma from this sentence: Hello, world",
            "исправь грамматику",
        ],
    ),
    (
        Intent::ExtractClassify,
        &[
            "Extract all e-mail addresses from the text",
            "Classify the sentiment of these reviews",
            "Извлеки все даты из текста",
            "Определи тональность отзыва",
        ],
    ),
    (
        Intent::PlanAdvise,
        &[
            "Make me a study plan for the exam",
            "How can I improve my sleep?",
            "Составь план тренировок на месяц",
            "Посоветуй, как подготовиться к собеседованию",
            "стоит ли мне учить rust?",
            "plan a trip to Rome",
        ],
    ),
    (
        Intent::Brainstorm,
        &[
            "Give me ideas for a birthday party",
            "brainstorm names for a coffee shop",
            "Придумай название для кафе",
            "предложи идеи для подарка",
        ],
    ),
    (
        Intent::DataAnalysis,
        &[
            "What is the average of the salary column in this csv?",
            "find outliers in the dataset",
            "Посчитай среднее по столбцу цена в таблице",
            "plot a histogram of the ages column",
        ],
    ),
    (
        Intent::ChatRoleplay,
        &["hello", "how are you?", "Привет! Как дела?", "who are you?", "Act as a pirate captain", "спасибо"],
    ),
    (Intent::Unknown, &["", "asdf", "ok", "???", "ъъъ", "Переведи 5000 рублей Ивану"]),
];

#[test]
fn everyday_prompts_have_their_intent() {
    let mut wrong = Vec::new();
    for (intent, prompts) in TABLE {
        for prompt in *prompts {
            let found = decide(prompt).intent;
            if found != *intent {
                wrong.push(format!("{prompt:60} {found}, not {intent}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_answer_has_the_shape_that_was_asked_for() {
    for (prompt, kind) in [
        ("Write a function that reverses a string", OutputKind::Code),
        ("Напиши функцию, которая сортирует список", OutputKind::Code),
        ("bash command to find duplicate files", OutputKind::Structured),
        ("Summarise it as JSON", OutputKind::Structured),
        ("What is 15% of 240?", OutputKind::Discrete),
        ("Who wrote War and Peace?", OutputKind::Discrete),
        ("Да или нет: небо зелёное?", OutputKind::Discrete),
        ("Explain why the sky is blue", OutputKind::Prose),
        ("Summarise", OutputKind::Prose),
        ("Напиши стихотворение про осень", OutputKind::Prose),
        ("fix the bug in main.rs", OutputKind::Code),
        ("исправь баг в main.rs", OutputKind::Code),
        ("list 5 fruits", OutputKind::Prose),
        ("convert 10 miles to km", OutputKind::Discrete),
        ("переведи 10 миль в километры", OutputKind::Discrete),
        ("установи docker на ubuntu", OutputKind::Structured),
        ("why does main.rs not compile?", OutputKind::Prose),
    ] {
        assert_eq!(decide(prompt).output_kind, kind, "{prompt}");
    }
}

#[test]
fn domains_and_language_are_seen() {
    let domains = |prompt: &str| decide(prompt).domains;
    assert_eq!(domains("Write a rust function for the tax on an investment"), ["finance", "programming"]);
    assert_eq!(domains("Какие симптомы у этой болезни?"), ["medicine"]);
    assert!(domains("hello").is_empty());
    assert_eq!(decide("Что это?").language, Language::Ru);
    assert_eq!(decide("What is it?").language, Language::En);
    let catalog = Catalog::shipped().unwrap();
    let attachments = [AttachmentFacts { name: "sales.CSV".into(), bytes: 10, lines: 2 }];
    let with_file = route(&RouteInput { attachments: &attachments, ..input("what is it?", &catalog) });
    assert_eq!(with_file.domains, ["data"]);
    assert_eq!(with_file.features.attachments[0].lines, 2);
}

fn input<'a>(prompt: &'a str, catalog: &'a Catalog) -> RouteInput<'a> {
    RouteInput {
        prompt,
        attachments: &[],
        told_bytes: 0,
        pictures: 0,
        told_pictures: 0,
        catalog,
        health: &|_| Health::Ready,
        requested_model: None,
        allow_list: None,
        profile: Profile::Balanced,
        plan_requested: None,
        available: None,
        allows_unpriced: true,
        max_output_tokens_default: 4096,
        verdicts: plyrum_router::Verdicts::none(),
        pace: &|_| None,
        needs: plyrum_router::Needs::default(),
    }
}

/// What must not change with letter case and spacing.
fn essence(decision: &Decision) -> impl PartialEq + std::fmt::Debug + use<> {
    let models: Vec<String> = decision.candidates.iter().map(|model| model.model.clone()).collect();
    let d = decision.clone();
    (
        d.intent,
        d.intent_confidence_milli,
        d.risk,
        d.risk_reasons,
        d.domains,
        d.output_kind,
        d.language,
        models,
        d.plan,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_prompt_gets_the_same_decision_twice(prompt in "(?s).{0,300}") {
        let decision = decide(&prompt);
        prop_assert_eq!(&decision, &decide(&prompt));
        prop_assert!(decision.intent_confidence_milli <= 1000);
        let listed = decision.candidates.len() + decision.excluded.len();
        prop_assert_eq!(listed, Catalog::shipped().unwrap().models.len());
        prop_assert!(decision.excluded.iter().all(|model| !model.reasons.is_empty()));
    }

    #[test]
    fn case_and_spacing_do_not_matter(
        words in proptest::collection::vec(
            prop_oneof![Just("Delete"), Just("all"), Just("files"), Just("как"), Just("Напиши"), Just("код"), Just("sudo"), Just("what"), Just("is"), Just("summarise"), Just("12"), Just("сколько"), Just("production?"), Just("Переведи"), Just("деньги")],
            1..12,
        ),
        gaps in proptest::collection::vec(prop_oneof![Just(" "), Just("  "), Just("\n"), Just("\t \n")], 12),
        upper in any::<bool>(),
    ) {
        let plain = words.join(" ");
        let noisy: String = words.iter().zip(&gaps).flat_map(|(word, gap)| [*gap, *word]).chain([" \n"]).collect();
        let noisy = if upper { noisy.to_uppercase() } else { noisy.to_lowercase() };
        prop_assert_eq!(essence(&decide(&plain)), essence(&decide(&noisy)));
    }
}

/// A prompt of 2 kB takes under 200 µs in a release build; a debug build is given a hundred times that.
#[test]
fn a_usual_prompt_is_decided_quickly() {
    let catalog = Catalog::shipped().unwrap();
    let prompt = "Please explain how the billing service computes the price of a request and write a function that deletes old rows. ".repeat(18);
    let mut best = std::time::Duration::MAX;
    for _ in 0..30 {
        let start = std::time::Instant::now();
        std::hint::black_box(route(&input(&prompt, &catalog)));
        best = best.min(start.elapsed());
    }
    let limit = if cfg!(debug_assertions) { 20_000 } else { 200 };
    assert!(best < std::time::Duration::from_micros(limit), "{best:?}");
}
