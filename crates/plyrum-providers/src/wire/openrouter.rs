//! `openrouter`: `openai-chat` at a server that passes requests on to others.
//!
//! Its own: the wish for thinking is an object; thoughts come with signatures or in ciphers and go back with the calls that
//! followed from them; marks of a prompt cache are passed on to Anthropic's models, which have no cache without them; its
//! price comes with the counts; what fails behind it is told inside a 200. Comments keep a stream alive.

use plyrum_billing_client::Convention;

use super::openai_chat::{self, Dialect, EffortField, ThoughtsField};
use super::{Decode, Format};
use crate::call_ids::CallIds;
use crate::{ChatRequest, Manner, ProviderError, Wire};

/// The format.
#[derive(Debug)]
pub(crate) struct OpenRouter;

const DIALECT: Dialect = Dialect {
    effort: EffortField::Reasoning,
    thoughts: ThoughtsField::ReasoningDetails,
    asks_cost: true,
    marked_models: Some("anthropic/"),
    ..Dialect::of(Wire::OpenRouter)
};

impl Format for OpenRouter {
    fn convention(&self) -> Convention {
        openai_chat::CONVENTION
    }

    fn path(&self, _: &ChatRequest, _: &Manner) -> String {
        openai_chat::PATH.to_owned()
    }

    fn body(&self, request: &ChatRequest, manner: &Manner) -> Result<Vec<u8>, ProviderError> {
        openai_chat::body(request, manner, &DIALECT)
    }

    fn decoder(&self, ids: CallIds) -> Box<dyn Decode> {
        openai_chat::decoder(&DIALECT, ids)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::wire::golden::golden;
    use crate::{ChatMessage, Effort, ErrorClass, Image, MediaType, Role, Thought, ToolCall};

    golden!(OpenRouter, "openrouter");

    fn written(request: &ChatRequest, manner: &Manner) -> String {
        String::from_utf8(OpenRouter.body(request, manner).unwrap()).unwrap()
    }

    const DETAILS: &str = r#"[{"type":"reasoning.text","text":"Hm.","signature":"c2ln","index":0}]"#;

    fn thought(wire: Wire, json: &str) -> Thought {
        Thought { wire, json: Arc::from(json) }
    }

    /// A system message, a question, a call with its thoughts and its result.
    fn request(model: &str) -> ChatRequest {
        let thoughts = vec![thought(Wire::DeepSeek, "\"another's\""), thought(Wire::OpenRouter, DETAILS)];
        let call = ToolCall::new("c1", "read", "{}");
        ChatRequest {
            model: model.to_owned(),
            messages: vec![
                ChatMessage::text(Role::System, "Кратко."),
                ChatMessage::text(Role::User, "go"),
                ChatMessage { thoughts, ..ChatMessage::calling("", vec![call]) },
                ChatMessage::result("c1", "text"),
            ],
            max_output_tokens: 100,
            effort: Some(Effort::Low),
            stable_after: vec![0, 2, 3],
            ..ChatRequest::default()
        }
    }

    #[test]
    fn a_request_is_written_digit_for_digit() {
        assert_eq!(
            written(&request("openai/gpt-x"), &Manner::default()),
            concat!(
                r#"{"model":"openai/gpt-x","messages":[{"role":"system","content":"Кратко."},"#,
                r#"{"role":"user","content":"go"},"#,
                r#"{"role":"assistant","content":null,"tool_calls":["#,
                r#"{"id":"c1","type":"function","function":{"name":"read","arguments":"{}"}}],"#,
                r#""reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"c2ln","index":0}]},"#,
                r#"{"role":"tool","content":"text","tool_call_id":"c1"}],"#,
                r#""stream":true,"stream_options":{"include_usage":true},"max_tokens":100,"#,
                r#""reasoning":{"effort":"low"},"usage":{"include":true}}"#,
            )
        );
    }

    #[test]
    fn a_model_of_anthropics_gets_marks_where_there_is_a_text_to_bear_them() {
        let text = written(&request("anthropic/claude-x"), &Manner::default());
        let expected = concat!(
            r#"{"role":"system","content":[{"type":"text","text":"Кратко.","cache_control":{"type":"ephemeral"}}]},"#,
            r#"{"role":"user","content":"go"},{"role":"assistant","content":null,"#,
        );
        assert!(text.contains(expected), "{text}");
        let expected = concat!(
            r#"{"role":"tool","content":[{"type":"text","text":"text","cache_control":{"type":"ephemeral"}}],"#,
            r#""tool_call_id":"c1"}"#,
        );
        assert!(text.contains(expected), "{text}");
        let unmarked = Manner { takes_cache_marks: false, ..Manner::default() };
        assert!(!written(&request("anthropic/claude-x"), &unmarked).contains("cache_control"));
    }

    #[test]
    fn the_last_four_marks_are_sent_and_one_goes_before_pictures() {
        let image = Image { media: MediaType::Png, bytes: Arc::from([1, 2, 3].as_slice()) };
        let mut messages: Vec<_> = (0..6).map(|at| ChatMessage::text(Role::User, format!("t{at}"))).collect();
        messages.push(ChatMessage { images: vec![image], ..ChatMessage::text(Role::User, "seen") });
        let asked = ChatRequest { messages, stable_after: (0..7).collect(), ..request("anthropic/claude-x") };
        let text = written(&asked, &Manner::default());
        assert_eq!(text.matches("cache_control").count(), 4, "{text}");
        assert!(text.contains(r#"{"role":"user","content":"t2"}"#), "{text}");
        let expected =
            r#"{"type":"text","text":"seen","cache_control":{"type":"ephemeral"}},{"type":"image_url""#;
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_402_is_a_lack_of_credit() {
        let body = r#"{"error":{"code":402,"message":"Insufficient credits."}}"#;
        let refused = OpenRouter.refusal(402, body);
        assert_eq!(
            (refused.class, refused.message.as_str()),
            (ErrorClass::Quota, "status 402: Insufficient credits.")
        );
    }
}
