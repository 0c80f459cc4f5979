//! What the offline provider answers on texts as people have them. Each case names the words that the answer
//! must quote and those it must not.

#![allow(clippy::unwrap_used, reason = "a failed set-up may panic in tests")]

use plyrum_providers::offline::Offline;
use plyrum_providers::{
    Channel, ChatMessage, ChatRequest, Close, Image, MediaType, Provider, Role, Stop, StreamEvent,
};

fn request(model: &str, content: String) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage::text(Role::User, content)],
        max_output_tokens: 4096,
        temperature: None,
        stop: Vec::new(),
        attempt: String::new(),
        seed: 0,
        tools: Vec::new(),
        ..ChatRequest::default()
    }
}

async fn events(request: ChatRequest) -> Vec<StreamEvent> {
    let mut stream = Offline::new().open(request);
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event);
    }
    events
}

fn text_of(events: &[StreamEvent]) -> String {
    let deltas = events.iter().filter_map(|event| match event {
        StreamEvent::Delta { channel: Channel::Answer, text } => Some(text.as_str()),
        _ => None,
    });
    deltas.collect()
}

fn data(name: &str) -> String {
    let path = format!("{}/tests/data/offline/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn attached(name: &str, question: &str) -> String {
    format!("<attachment name=\"{name}\">\n{}</attachment>\n{question}", data(name))
}

#[track_caller]
fn ask(model: &str, content: String) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    text_of(&runtime.block_on(events(request(model, content))))
}

/// Asks `query` about a file; the answer must hold all of `wanted`, none of `unwanted`, and be short.
#[track_caller]
fn check(name: &str, question: &str, wanted: &[&str], unwanted: &[&str]) {
    let answer = ask("query", attached(name, question));
    for words in wanted {
        assert!(answer.contains(words), "{name}: {question}\nmisses `{words}`:\n{answer}");
    }
    for words in unwanted {
        assert!(!answer.contains(words), "{name}: {question}\nhas `{words}`:\n{answer}");
    }
    assert!(answer.chars().count() <= 900, "{name}: {question}\ntoo long:\n{answer}");
}

#[test]
fn a_readme_says_what_its_project_is() {
    let is = "Harbor is a self-hosted backup tool for small teams that encrypts every file on the client before it leaves the machine.";
    for question in [
        "What is this project for?",
        "what is this",
        "What is Harbor?",
        "What does this tool do?",
        "Explain what this project is about",
        "О чём этот проект?",
        "Что это за проект?",
        "Для чего нужна эта программа?",
    ] {
        check("readme.md", question, &[is], &["Patches are welcome", "cargo install"]);
    }
    let is = "Причал — это программа для резервного копирования";
    for question in [
        "Что это за проект?",
        "Для чего нужен Причал?",
        "Что такое Причал?",
        "о чём это?",
        "What is this project for?",
    ] {
        check("readme_ru.md", question, &[is], &["распространяется по лицензии"]);
    }
}

#[test]
fn particular_questions_find_their_sentence() {
    check("readme.md", "How do I install it?", &["cargo install harbor-backup"], &["Patches"]);
    check("readme.md", "Which license does it have?", &["Apache-2.0 or MIT"], &["chunk"]);
    check("readme.md", "How often are snapshots made?", &["Snapshots run every six hours by default."], &[]);
    check("readme.md", "How much memory does it need?", &["200 MB of memory"], &["Patches"]);
    check(
        "readme.md",
        "Why does pruning never delete a chunk in use?",
        &["because every chunk carries a reference count"],
        &[],
    );
    check("readme.md", "What is the default port?", &["8440"], &["Patches"]);
    check(
        "readme.md",
        "list the features",
        &["Client-side encryption", "Incremental snapshots", "Works on Linux"],
        &[],
    );
    check("article.txt", "Why are night trains coming back?", &["the main reason is climate policy."], &[]);
    check(
        "article.txt",
        "When did the first new carriages enter service?",
        &["December 2023 between Hamburg and Innsbruck"],
        &[],
    );
    check(
        "article.txt",
        "What do passengers complain about?",
        &["Passengers complain about old carriages, noise and missing showers."],
        &[],
    );
    check("article.txt", "How many passengers did ÖBB carry?", &["1.5 million sleeper passengers"], &[]);
    check(
        "minutes.txt",
        "What was decided about pricing?",
        &["It was decided to test a free tier with one project"],
        &["candidates"],
    );
    check("minutes.txt", "When is the next meeting?", &["28 May at noon"], &["candidates"]);
}

#[test]
fn russian_questions_find_their_sentence() {
    check("readme_ru.md", "Как установить?", &["cargo install prichal"], &["млн"]);
    check("readme_ru.md", "Сколько стоит поддержка?", &["15 тыс. руб. в год."], &[]);
    check("readme_ru.md", "Почему фрагмент не удаляется?", &["потому что счётчик ссылок"], &[]);
    check(
        "article_ru.txt",
        "Сколько стоит билет?",
        &["Билет стоит 250 руб., для школьников вход бесплатный."],
        &["рожки"],
    );
    check(
        "article_ru.txt",
        "Когда построено здание?",
        &["построенное в 1847 г. по проекту архитектора К. А. Тона."],
        &["каталог"],
    );
    check("article_ru.txt", "Кто директор музея?", &["директора музея Анны Ветровой"], &[]);
    check("article_ru.txt", "Почему открытие важно?", &["потому что почтовые тракты изучены"], &[]);
}

#[test]
fn a_russian_question_finds_its_answer_in_an_english_text() {
    check("readme.md", "Как установить?", &["cargo install harbor-backup"], &[]);
    check("readme.md", "Какая лицензия?", &["Apache-2.0 or MIT"], &[]);
    check("service.log", "Какие ошибки?", &["connection refused by s3.example:443"], &["loaded 14"]);
}

#[test]
fn summaries_hold_the_main_points() {
    check("article.txt", "Summarise", &["night trains are coming back"], &[]);
    check(
        "article.txt",
        "tl;dr in one sentence",
        &["night trains are coming back"],
        &["Passengers complain"],
    );
    check("article_ru.txt", "Кратко перескажи", &["открыли первый в стране музей почтовых карет"], &[]);
    check("article_ru.txt", "О чём текст?", &["музей почтовых карет"], &[]);
    check(
        "minutes.txt",
        "summarize the key points",
        &["move the release from June to the second week of July"],
        &[],
    );
    check("service.log", "summarise this log", &["ERROR"], &[]);
}

#[test]
fn logs_and_sources_are_texts_too() {
    check("service.log", "Why did the snapshot fail?", &["connection refused"], &["loaded 14"]);
    check("service.log", "What port does the server use?", &["server started on port 8440"], &[]);
    check("counter.rs", "What does this code do?", &["Counts words in a text without allocating."], &[]);
    check(
        "counter.rs",
        "What does key return without a colon?",
        &["Returns None when there is no colon."],
        &[],
    );
}

#[test]
fn piped_text_needs_no_file_name() {
    let piped = |question: &str| {
        format!("<attachment name=\"stdin\">\n{}</attachment>\n{question}", data("readme.md"))
    };
    assert!(ask("query", piped("summarise")).contains("Harbor is a self-hosted backup tool"));
    assert!(ask("query", piped("")).contains("Harbor is a self-hosted backup tool"));
    assert!(ask("central", piped("summarise")).contains("snapshot"));
    assert!(ask("lead", piped("summarise")).contains("Harbor is a self-hosted backup tool"));
}

#[test]
fn several_files_are_answered_under_their_names() {
    let both = format!(
        "<attachment name=\"readme.md\">\n{}</attachment>\n{}",
        data("readme.md"),
        attached("article.txt", "Summarise these")
    );
    let answer = ask("query", both);
    assert!(answer.contains("readme.md:\n") && answer.contains("article.txt:\n"), "{answer}");
    assert!(answer.contains("Harbor is") && answer.contains("night trains"), "{answer}");
}

#[test]
fn without_a_text_the_answer_is_an_honest_notice() {
    let english = ask("query", "What is the capital of France?".into());
    assert!(english.contains("offline extractor") && english.contains("`plyrum config path`"), "{english}");
    assert!(!english.contains("Paris"));
    let russian = ask("query", "Столица Франции?".into());
    assert!(russian.contains("офлайн-экстрактор") && russian.contains("`plyrum config path`"), "{russian}");
    for model in Offline::MODELS {
        assert!(ask(model, "hi".into()).contains("offline extractor"), "{model}");
    }
}

#[test]
fn what_the_text_does_not_say_is_said_so() {
    let answer = ask("query", attached("readme.md", "Who won the football championship?"));
    assert!(answer.starts_with("Nothing in the text matches the question."), "{answer}");
    let answer = ask("query", attached("article.txt", "Translate this into German"));
    assert!(answer.starts_with("The offline extractor only quotes"), "{answer}");
}

#[test]
fn a_bound_cuts_between_words_and_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let whole = ask("query", attached("readme.md", "what is this"));
    for max in [0, 1, 5, 12] {
        let events = runtime.block_on(events(ChatRequest {
            max_output_tokens: max,
            ..request("query", attached("readme.md", "what is this"))
        }));
        let text = text_of(&events);
        assert!(whole.starts_with(&text));
        assert!(
            text.is_empty() || !whole.strip_prefix(&text).unwrap().starts_with(char::is_alphanumeric),
            "{text}"
        );
        assert_eq!(events.last(), Some(&StreamEvent::Closed(Close::Finished(Stop::Length))));
        let StreamEvent::Usage(usage) = &events[events.len() - 2] else { panic!("no usage") };
        assert!(usage.usage.as_ref().unwrap().output <= max);
    }
}

#[test]
fn the_same_request_gives_the_same_bytes_in_small_pieces() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let one = runtime.block_on(events(request("query", attached("article.txt", "Summarise"))));
    let two = runtime.block_on(events(request("query", attached("article.txt", "Summarise"))));
    assert_eq!(one, two);
    assert_eq!(one.first(), Some(&StreamEvent::Opened));
    assert!(one.len() > 10, "real deltas");
    assert_eq!(one.last(), Some(&StreamEvent::Closed(Close::Finished(Stop::EndTurn))));
}

#[test]
fn an_unknown_model_is_refused_by_name() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(events(request("gpt", "hi".into())));
    let [StreamEvent::Closed(Close::Failed(error))] = refused.as_slice() else { panic!("{refused:?}") };
    assert!(error.message.contains("`gpt`") && error.message.contains("query"), "{}", error.message);
}

#[test]
fn a_picture_is_refused_and_not_passed_over() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for model in ["query", "synth", "shell"] {
        let mut request = request(model, "What is it?".to_owned());
        let image = Image { media: MediaType::Png, bytes: std::sync::Arc::from([1].as_slice()) };
        request.messages[0].images.push(image);
        let events = runtime.block_on(events(request));
        let [StreamEvent::Closed(Close::Failed(error))] = events.as_slice() else { panic!("{events:?}") };
        assert!(error.message.contains("see no pictures"), "{error:?}");
    }
}
