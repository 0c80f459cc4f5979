//! Lists of models, in the shapes that servers give them.
//!
//! All shapes are read by one reader: a list under `data` or `models`, names under `id`, `name` or `model`. Lengths of contexts
//! stand under many names, and a list that says none is as good. What is no model for conversations is left out where the list
//! itself says so, never by its name.

use serde::Deserialize;
use serde_json::Value;

use super::protocol;
use crate::listing::{Listed, MAX_LISTED};
use crate::{ProviderError, Wire};

/// Names of the length of a context: OpenRouter, Mistral, Groq, vLLM, Gemini, LM Studio, Together.
const CONTEXT: [&str; 6] = [
    "context_length",
    "max_context_length",
    "context_window",
    "max_model_len",
    "inputTokenLimit",
    "max_input_tokens",
];
/// Names of the longest answer: Gemini, Groq, Anthropic.
const OUTPUT: [&str; 4] = ["outputTokenLimit", "max_completion_tokens", "max_output_tokens", "max_tokens"];

#[derive(Deserialize)]
struct List {
    /// Goes first where both are there: llama.cpp's server gives both.
    #[serde(default)]
    data: Option<Vec<Value>>,
    #[serde(default)]
    models: Option<Vec<Value>>,
}

/// Reads a list; a name that comes twice is told once.
pub(super) fn read(wire: Wire, body: &str) -> Result<Vec<Listed>, ProviderError> {
    let rows = serde_json::from_str::<List>(body)
        .and_then(|list| list.data.or(list.models).ok_or_else(|| serde::de::Error::missing_field("data")))
        .or_else(|error| serde_json::from_str::<Vec<Value>>(body).map_err(|_| error))
        .map_err(|error| super::not_json(wire.name(), "the list of models", body, &error))?;
    if rows.len() > MAX_LISTED {
        return Err(protocol(format!("the list has {} models, more than {MAX_LISTED}", rows.len())));
    }
    let mut listed: Vec<Listed> = rows.iter().filter(|row| talks(row)).filter_map(row).collect();
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    listed.dedup_by(|a, b| a.name == b.name);
    Ok(listed)
}

fn row(row: &Value) -> Option<Listed> {
    let name = ["id", "name", "model"].iter().find_map(|key| row.get(key)?.as_str())?;
    let name = name.strip_prefix("models/").unwrap_or(name);
    let count = |keys: &[&str]| keys.iter().find_map(|key| row.get(key)?.as_u64()).filter(|count| *count > 0);
    Some(Listed {
        name: name.to_owned(),
        context_tokens: count(&CONTEXT).or_else(|| served_context(row)),
        max_output_tokens: count(&OUTPUT),
        images: takes_images(row),
        ..Listed::default()
    })
}

/// Whether it takes pictures, where the list says so: OpenRouter and xAI name what goes in, Mistral what a model can.
fn takes_images(row: &Value) -> Option<bool> {
    let nested = row.get("architecture").and_then(|shape| shape.get("input_modalities"));
    let goes_in = nested.or_else(|| row.get("input_modalities")).and_then(Value::as_array);
    let by_name = goes_in.map(|kinds| kinds.iter().any(|kind| kind == "image"));
    by_name.or_else(|| row.get("capabilities")?.get("vision")?.as_bool())
}

/// What llama.cpp's server keeps for a conversation, which is less than the model was trained for wherever its user says so.
fn served_context(row: &Value) -> Option<u64> {
    row.pointer("/meta/n_ctx")?.as_u64().filter(|tokens| *tokens > 0)
}

/// Whether the list itself says that it is for something else.
fn talks(row: &Value) -> bool {
    let generates = |methods: &Vec<Value>| methods.iter().any(|method| method == "generateContent");
    let is_chat = |kind: &str| {
        !matches!(kind, "embedding" | "embeddings" | "image" | "rerank" | "moderation" | "audio" | "tts")
    };
    let chats = row.get("capabilities").and_then(|can| can.get("completion_chat")).and_then(Value::as_bool);
    row.get("supportedGenerationMethods").and_then(Value::as_array).is_none_or(generates)
        && row.get("type").and_then(Value::as_str).is_none_or(is_chat)
        && chats.unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Vec<(String, Option<u64>, Option<u64>)> {
        let list = read(Wire::OpenAiChat, body).unwrap();
        list.into_iter().map(|model| (model.name, model.context_tokens, model.max_output_tokens)).collect()
    }

    #[test]
    fn every_shape_of_a_list_is_read() {
        let plain = |name: &str| (name.to_owned(), None, None);
        // OpenAI, DeepSeek, Yandex, GigaChat; then Anthropic.
        assert_eq!(
            names(
                r#"{"object":"list","data":[{"id":"b","object":"model","owned_by":"x"},{"id":"a"},{"id":"a"}]}"#
            ),
            [plain("a"), plain("b")]
        );
        assert_eq!(
            names(
                r#"{"data":[{"type":"model","id":"claude","display_name":"C","max_input_tokens":200000,"max_tokens":64000}],"has_more":false}"#
            ),
            [("claude".to_owned(), Some(200_000), Some(64_000))]
        );
        let gemini = r#"{"models":[{"name":"models/gemini-x","inputTokenLimit":1048576,"outputTokenLimit":8192,
            "supportedGenerationMethods":["generateContent","countTokens"]},
            {"name":"models/embedding","inputTokenLimit":2048,"supportedGenerationMethods":["embedContent"]}]}"#;
        assert_eq!(names(gemini), [("gemini-x".to_owned(), Some(1_048_576), Some(8192))]);
        assert_eq!(
            names(
                r#"{"models":[{"name":"llama3.2:3b","model":"llama3.2:3b","size":2019393189,"details":{"family":"llama"}}]}"#
            ),
            [plain("llama3.2:3b")]
        );
        let mistral = r#"{"data":[{"id":"mistral-small","max_context_length":32768,"capabilities":{"completion_chat":true}},
            {"id":"mistral-embed","max_context_length":8192,"capabilities":{"completion_chat":false}}]}"#;
        assert_eq!(names(mistral), [("mistral-small".to_owned(), Some(32_768), None)]);
        // Together gives a bare list.
        assert_eq!(
            names(r#"[{"id":"m/x","type":"chat","context_length":4096},{"id":"m/e","type":"embedding"}]"#),
            [("m/x".to_owned(), Some(4096), None)]
        );
        assert_eq!(names(r#"{"data":[]}"#), []);
        assert_eq!(
            names(r#"{"models":[{"name":"x","model":"x"}],"object":"list","data":[{"id":"x"}]}"#),
            [plain("x")]
        );
        let llama_cpp = r#"{"models":[{"name":"tiny","model":"tiny","type":"model","capabilities":["completion"]}],"object":"list",
            "data":[{"id":"tiny","aliases":["tiny"],"object":"model","owned_by":"llamacpp",
            "meta":{"n_vocab":275,"n_ctx":4096,"n_ctx_train":65536,"n_embd":320}}]}"#;
        assert_eq!(names(llama_cpp), [("tiny".to_owned(), Some(4096), None)]);
    }

    #[test]
    fn whether_a_model_takes_pictures_is_read_and_never_guessed() {
        for (row, images) in [
            (r#"{"id":"a","architecture":{"input_modalities":["text","image"]}}"#, Some(true)),
            (
                r#"{"id":"a","architecture":{"input_modalities":["text"],"modality":"text->text"}}"#,
                Some(false),
            ),
            (r#"{"id":"a","input_modalities":["text","image"]}"#, Some(true)),
            (r#"{"id":"a","capabilities":{"vision":true,"completion_chat":true}}"#, Some(true)),
            (r#"{"id":"a","capabilities":{"vision":false}}"#, Some(false)),
            (r#"{"id":"gpt-vision","capabilities":["x"]}"#, None),
            (r#"{"id":"a","architecture":{"input_modalities":"image"}}"#, None),
        ] {
            let list = read(Wire::OpenAiChat, &format!(r#"{{"data":[{row}]}}"#)).unwrap();
            assert_eq!(list.first().and_then(|model| model.images), images, "{row}");
        }
    }

    #[test]
    fn what_is_no_list_is_told() {
        for body in ["", "<html>", r#"{"error":"x"}"#, r#"{"data":"x"}"#] {
            let error = read(Wire::Ollama, body).unwrap_err();
            assert!(error.message.contains("the list of models"), "{error:?}");
        }
        let many = format!(r#"{{"data":[{}]}}"#, vec![r#"{"id":"a"}"#; MAX_LISTED + 1].join(","));
        assert!(read(Wire::OpenAiChat, &many).unwrap_err().message.contains("more than 2048"));
    }
}
