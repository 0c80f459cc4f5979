//! From a conversation to an answer. Nothing here invents a word: an answer is quotes, or an honest notice.

use super::count;
use super::document::{Document, Source};
use super::index::Index;
use super::input::Input;
use super::question::{Fact, Kind, Language, Question};
use super::select::{self, Limits};
use super::{overview, relevance, synth};
use crate::ChatMessage;

/// How sentences are chosen; also the wire names of the offline models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// The leading sentences.
    Lead,
    /// The most central sentences, early ones first among equals.
    Central,
    /// The sentences that answer the question.
    Query,
    /// Proposals merged by support; without proposals as `Query`.
    Synth,
}

impl Method {
    pub(super) const ALL: [(&'static str, Self); 4] =
        [("lead", Self::Lead), ("central", Self::Central), ("query", Self::Query), ("synth", Self::Synth)];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, method)| method)
    }
}

/// An answer cut to its bound, with its token counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    /// The bound cut it.
    pub(super) cut: bool,
}

/// Answers the last user message from the texts of the conversation.
pub(super) fn answer(
    method: Method,
    messages: &[ChatMessage],
    stop: &[String],
    max_output_tokens: u64,
) -> Answer {
    let text = compose(method, &Input::read(messages));
    let stopped =
        stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str())).min();
    let text = stopped.and_then(|at| text.get(..at)).unwrap_or(&text);
    let (kept, cut) = count::at_most(text, max_output_tokens);
    Answer {
        text: kept.to_owned(),
        input_tokens: count::conversation(messages),
        output_tokens: count::tokens(kept),
        cut,
    }
}

fn compose(method: Method, input: &Input<'_>) -> String {
    let question = Question::read(&input.question);
    if let Some(merged) =
        (method == Method::Synth).then(|| synth::merge(&input.proposals, &input.sources)).flatten()
    {
        return merged;
    }
    let sources = texts(input);
    let document = Document::read(&sources);
    if document.units.is_empty() {
        return nothing_to_quote(&question, !sources.is_empty());
    }
    let chosen = choose(method, &document, &question);
    let quotes =
        select::render(&document, &sources, &chosen.units, question.count.is_some() && question.wants_list);
    match preface(&question, chosen.matched) {
        Some(preface) => format!("{preface}\n\n{quotes}"),
        None => quotes,
    }
}

/// What may be quoted. Proposals are texts too for a method that does not merge them.
fn texts<'a>(input: &Input<'a>) -> Vec<Source<'a>> {
    let proposals = input.proposals.iter().map(|&text| Source { name: "proposal", text });
    input.sources.iter().copied().chain(proposals).collect()
}

/// The chosen units, and whether they match the question (general questions match any text).
pub(super) struct Chosen {
    pub(super) units: Vec<usize>,
    pub(super) matched: bool,
}

pub(super) fn choose(method: Method, document: &Document, question: &Question) -> Chosen {
    let mut index = Index::of(document);
    let (scores, matched) = match method {
        Method::Lead => (overview::lead(document), true),
        Method::Central => (overview::summary(document, &index), true),
        Method::Query | Method::Synth => by_question(document, &mut index, question),
    };
    let scores =
        if scores.iter().any(|&score| score > 0.0) { scores } else { vec![1.0; document.units.len()] };
    let limits = limits(method, document, question, matched);
    Chosen { units: select::pick(document, &index, &scores, limits), matched }
}

fn by_question(document: &Document, index: &mut Index, question: &Question) -> (Vec<f64>, bool) {
    let relevance::Relevance { scores: relevance, matched } = relevance::of(document, index, question);
    let general = |index: &Index| match question.kind {
        Kind::Definition => overview::definition(document, index),
        Kind::Summary | Kind::Specific => overview::summary(document, index),
    };
    if question.focus.is_empty() {
        return (general(index), true);
    }
    let matched = matched && relevance.iter().any(|&score| score > 0.0);
    let scores = match question.kind {
        Kind::Specific if matched => relevance,
        Kind::Definition if matched => {
            let standing = document.units.iter().zip(relevance).map(|(unit, score)| {
                if score > 0.0 { score * overview::standing(document, unit) } else { 0.0 }
            });
            mixed(&standing.collect::<Vec<_>>(), &general(index), |relevance, general| {
                relevance * (0.65 + 0.35 * general)
            })
        }
        _ => mixed(&relevance, &general(index), |relevance, general| general * (0.5 + relevance)),
    };
    (scores, matched || question.kind == Kind::Summary)
}

/// Combines two lists of scores, each brought to at most 1.
fn mixed(one: &[f64], other: &[f64], combine: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let best = |scores: &[f64]| scores.iter().copied().fold(0.0, f64::max).max(1e-9);
    let (best_one, best_other) = (best(one), best(other));
    one.iter().zip(other).map(|(one, other)| combine(one / best_one, other / best_other)).collect()
}

fn limits(method: Method, document: &Document, question: &Question, matched: bool) -> Limits {
    let lists = question.wants_list;
    if let Some(count) = question.count {
        return Limits { units: count, letters: count * 400, floor: 0.0, each_source: false, lists: false };
    }
    let summary = Limits {
        units: (document.units.len() / 4).clamp(3, 6).max(document.sources.min(6)),
        letters: 800,
        floor: 0.2,
        each_source: true,
        lists: false,
    };
    match (method, question.kind) {
        (Method::Lead, _) => Limits { units: 4, letters: 600, ..summary },
        (Method::Central, _) | (_, Kind::Summary) => summary,
        _ if !matched => Limits { units: 3, letters: 500, ..summary },
        (_, Kind::Definition) if question.focus.is_empty() => {
            Limits { units: 3, letters: 500, floor: 0.62, each_source: true, lists }
        }
        (_, Kind::Definition) => Limits { units: 3, letters: 600, floor: 0.6, each_source: false, lists },
        (_, Kind::Specific) => {
            let floor = if question.fact == Fact::Reason { 0.35 } else { 0.6 };
            Limits { units: 4, letters: 600, floor, each_source: false, lists }
        }
    }
}

fn preface(question: &Question, matched: bool) -> Option<&'static str> {
    match (question.beyond_quoting, matched, question.language) {
        (true, _, Language::English) => {
            Some("The offline extractor only quotes, it cannot write or change text. Closest to the request:")
        }
        (true, _, Language::Russian) => {
            Some("Офлайн-экстрактор только цитирует, он не пишет и не меняет текст. Ближе всего к запросу:")
        }
        (false, false, Language::English) => {
            Some("Nothing in the text matches the question. Its main sentences:")
        }
        (false, false, Language::Russian) => {
            Some("В тексте нет ничего, что отвечает на вопрос. Его главные предложения:")
        }
        (false, true, _) => None,
    }
}

/// The honest answer when there is nothing to quote.
fn nothing_to_quote(question: &Question, text_was_given: bool) -> String {
    match question.language {
        Language::English => {
            let what = if text_was_given {
                "the given text has no sentences (give it another text)"
            } else {
                "there is no text here (pipe text in or attach a file with -f)"
            };
            format!(
                "This is Plyrum's offline extractor, not a model: it answers by quoting the text it is given, and {what}. \
                 To ask a model, add a provider and its key to the file that `plyrum config path` names."
            )
        }
        Language::Russian => {
            let what = if text_was_given {
                "а в данном тексте нет предложений (дайте ему другой текст)"
            } else {
                "а текста здесь нет (подайте текст на вход или приложите файл через -f)"
            };
            format!(
                "Это офлайн-экстрактор Plyrum, а не модель: он отвечает цитатами из данного ему текста, {what}. \
                 Чтобы отвечала модель, добавьте провайдера и его ключ в файл, который называет `plyrum config path`."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::Role;

    fn user(content: String) -> ChatMessage {
        ChatMessage::text(Role::User, content)
    }

    fn piped(text: &str, question: &str) -> Vec<ChatMessage> {
        vec![user(format!("<attachment name=\"stdin\">\n{text}\n</attachment>\n{question}"))]
    }

    const QUESTIONS: &[&str] = &[
        "summarise",
        "what is this?",
        "кратко",
        "почему упал сервер?",
        "how many words",
        "list the steps",
        "why",
        "",
        "write a poem",
        "что такое дом?",
        "in 2 sentences",
        "code",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn any_conversation_is_answered(text in "(?s).{0,400}", question in "\\PC{0,60}", max in 0u64..60) {
            for method in Method::ALL.map(|(_, method)| method) {
                let messages = [user(text.clone()), user(question.clone())];
                let said = answer(method, &messages, &[], max);
                prop_assert!(said.output_tokens <= max);
                prop_assert_eq!(count::tokens(&said.text), said.output_tokens);
            }
        }

        #[test]
        fn markup_and_blocks_of_any_shape_are_answered(
            text in "([#>|*`_ -]|\\[|\\]|\\(|\\)|</?attachment>|<proposal label=\"A\">|</proposal>|```|---|[a-zа-я]{1,9}|[.!?:]|[0-9]|\n|\n\n| ){0,80}",
            question in 0usize..12,
        ) {
            for method in Method::ALL.map(|(_, method)| method) {
                let messages = piped(&text, QUESTIONS[question]);
                prop_assert_eq!(answer(method, &messages, &[], 500), answer(method, &messages, &[], 500));
            }
        }

        #[test]
        fn every_quote_stands_in_the_text(
            sentences in proptest::collection::vec("[A-ZА-Я][a-zа-я]{1,8}( [a-zа-я]{1,9}){2,12}[.!?]", 1..30),
            question in 0usize..12,
        ) {
            let text = sentences.join(" ");
            let document = Document::read(&[Source { name: "a.txt", text: &text }]);
            let question = Question::read(QUESTIONS[question]);
            for method in Method::ALL.map(|(_, method)| method) {
                let chosen = choose(method, &document, &question);
                prop_assert!(!chosen.units.is_empty());
                prop_assert!(chosen.units.is_sorted());
                for at in chosen.units {
                    prop_assert!(text.contains(&document.units[at].text));
                }
            }
        }
    }

    #[test]
    fn stop_texts_end_the_answer() {
        let messages = piped("The first part is here. The second part is there.", "summarise");
        let said = answer(Method::Lead, &messages, &["second".to_owned()], 100);
        assert_eq!(said.text, "The first part is here. The ");
    }

    const WORDS: &str = "harbor снимок keeps хранит encrypted files быстро the server и daily policy";

    /// The bound on the work, with room for a loaded machine: unoptimised builds get a smaller text.
    #[test]
    fn a_large_text_is_answered_in_bounded_time() {
        let bytes = if cfg!(debug_assertions) { 1 << 17 } else { 16 << 20 };
        let (mut prose, mut noise, mut state) = (String::new(), String::new(), 1u64);
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let words: Vec<&str> = WORDS.split(' ').collect();
        while prose.len() < bytes {
            for _ in 0..12 {
                prose.push_str(words[usize::try_from(random()).unwrap() % words.len()]);
                prose.push_str(if random() % 3 == 0 { "s " } else { " " });
            }
            prose.push_str("end. The ");
            writeln!(noise, "{:x} {:x}", random() * random(), random()).unwrap();
        }
        let no_spaces = "слово".repeat(bytes / 10);
        let marks = "<attachment name=\"".repeat(bytes / 18);
        let brackets = format!("[a]: https://b.c\n\n{}", "[*_<`".repeat(bytes / 5));
        for text in [&prose, &noise, &no_spaces, &marks, &brackets] {
            for (method, question) in [
                (Method::Query, "what is the snapshot policy?"),
                (Method::Query, "summarise"),
                (Method::Central, ""),
            ] {
                let start = Instant::now();
                answer(method, &piped(text, question), &[], 4096);
                let took = start.elapsed();
                assert!(took < Duration::from_secs(10), "{question}: {took:?}");
            }
        }
    }
}
