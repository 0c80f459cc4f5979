//! The offline mixture means something: on real texts, in both languages, what `offline/synth` makes of the
//! proposals of `offline/lead`, `offline/central` and `offline/query` covers more of the text than each of
//! them.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic")]

use plyrum_providers::offline::Offline;
use plyrum_providers::{Channel, ChatMessage, ChatRequest, Provider, Role, StreamEvent};
use std::collections::BTreeSet;

/// The longer prose texts of this crate's tests, two in each language, each with a question in its language.
fn texts() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/offline");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.file_name().is_some_and(|name| {
            ["article", "readme"].iter().any(|prose| name.to_string_lossy().starts_with(prose))
        })
    });
    paths.sort();
    let text = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let question = |text: &str| {
        let russian = text.chars().any(|c| matches!(c, 'а'..='я'));
        if russian { "Что здесь самое важное?" } else { "What matters most here?" }.to_owned()
    };
    paths.into_iter().map(text).map(|text| (question(&text), text)).collect()
}

async fn ask(model: &str, user: String) -> String {
    let request = ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage::text(Role::User, user)],
        max_output_tokens: 1000,
        temperature: None,
        stop: vec![],
        attempt: "t.1".to_owned(),
        seed: 1,
        tools: Vec::new(),
        ..ChatRequest::default()
    };
    let mut stream = Offline::new().open(request);
    let mut answer = String::new();
    while let Some(event) = stream.next().await {
        if let StreamEvent::Delta { channel: Channel::Answer, text } = event {
            answer.push_str(&text);
        }
    }
    answer
}

/// Distinct words of the text, longer than three letters, that the answer holds.
fn coverage(text: &str, answer: &str) -> usize {
    let words = |text: &str| -> BTreeSet<String> {
        let lower = text.to_lowercase();
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.chars().count() > 3)
            .map(str::to_owned)
            .collect()
    };
    words(answer).intersection(&words(text)).count()
}

#[tokio::test]
async fn the_mixture_covers_more_of_a_text_than_each_proposer() {
    for (question, text) in texts() {
        let alone = format!("<attachment name=\"text\">\n{text}\n</attachment>\n{question}");
        let mut proposals = Vec::new();
        for model in ["lead", "central", "query"] {
            proposals.push(ask(model, alone.clone()).await);
        }
        let mut blocks = String::new();
        for (label, p) in ["A", "B", "C"].into_iter().zip(&proposals) {
            let bytes = p.len();
            blocks += &format!(
                "<proposal label=\"{label}\" bytes=\"{bytes}\" votes=\"1\" boundary=\"00\">\n{p}\n</proposal>\n"
            );
        }
        let mixed =
            ask("synth", format!("<attachment name=\"text\">\n{text}\n</attachment>\n{blocks}{question}"))
                .await;
        let of_mixture = coverage(&text, &mixed);
        for proposal in &proposals {
            let of_one = coverage(&text, proposal);
            assert!(
                of_mixture > of_one,
                "{of_mixture} against {of_one}\n{mixed}\n--\n{proposal}\n--\n{text}"
            );
        }
    }
}
