//! `deepseek`: `openai-chat` at a base without `/v1`.
//!
//! Its own: what the model thought before it called tools has to go back as `reasoning_content` with the calls, else the
//! request is refused; without calls it is ignored or, by older models, refused, so it stays away. Answers come as JSON
//! of any form, never by a schema. Cached tokens are counted in fields of its own. Empty lines keep a stream alive.

use plyrum_billing_client::Convention;

use super::openai_chat::{self, Dialect, ThoughtsField};
use super::{Decode, Format};
use crate::call_ids::CallIds;
use crate::{ChatRequest, Manner, ProviderError, Wire};

/// The format.
#[derive(Debug)]
pub(crate) struct DeepSeek;

const DIALECT: Dialect = Dialect {
    thoughts: ThoughtsField::ReasoningContent,
    takes_schemas: false,
    ..Dialect::of(Wire::DeepSeek)
};

impl Format for DeepSeek {
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
    use crate::{AnswerForm, ChatMessage, Effort, ErrorClass, Role, Thought, ToolCall};

    golden!(DeepSeek, "deepseek");

    fn written(request: &ChatRequest, manner: &Manner) -> String {
        String::from_utf8(DeepSeek.body(request, manner).unwrap()).unwrap()
    }

    fn thinking(message: ChatMessage) -> ChatMessage {
        let thought = Thought {
            wire: Wire::DeepSeek, json: Arc::from(r#""Надо «прочесть»\nфайл.""#)
        };
        ChatMessage { thoughts: vec![thought], ..message }
    }

    #[test]
    fn thoughts_go_back_with_calls_and_with_nothing_else() {
        let asked = ChatRequest {
            model: "deepseek-reasoner".to_owned(),
            messages: vec![
                ChatMessage::text(Role::User, "go"),
                thinking(ChatMessage::calling("", vec![ToolCall::new("c1", "read", "{}")])),
                ChatMessage::result("c1", "text"),
                thinking(ChatMessage::text(Role::Assistant, "Done.")),
                ChatMessage::text(Role::User, "go on"),
            ],
            max_output_tokens: 100,
            effort: Some(Effort::Medium),
            form: Some(AnswerForm { name: "a".to_owned(), schema: Arc::new(serde_json::json!({})) }),
            stable_after: vec![0],
            ..ChatRequest::default()
        };
        assert_eq!(
            written(&asked, &Manner::default()),
            concat!(
                r#"{"model":"deepseek-reasoner","messages":[{"role":"user","content":"go"},"#,
                r#"{"role":"assistant","content":null,"tool_calls":["#,
                r#"{"id":"c1","type":"function","function":{"name":"read","arguments":"{}"}}],"#,
                r#""reasoning_content":"Надо «прочесть»\nфайл."},"#,
                r#"{"role":"tool","content":"text","tool_call_id":"c1"},"#,
                r#"{"role":"assistant","content":"Done."},{"role":"user","content":"go on"}],"#,
                r#""stream":true,"stream_options":{"include_usage":true},"max_tokens":100,"#,
                r#""reasoning_effort":"medium","response_format":{"type":"json_object"}}"#,
            )
        );
    }

    #[test]
    fn an_empty_balance_is_a_lack_of_credit() {
        let body = r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#;
        assert_eq!(DeepSeek.refusal(402, body).class, ErrorClass::Quota);
    }
}
