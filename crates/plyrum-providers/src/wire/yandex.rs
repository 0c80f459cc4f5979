//! `yandex`: `openai-chat` at Yandex AI Studio.
//!
//! Its own: an API key is shown under the word `Api-Key` (`Bearer` is for the short-lived tokens of its IAM). The folder
//! is one of the endpoint's headers, `OpenAI-Project`, and part of a model's name. Counts may be strings, and come with
//! every chunk, with the last one or never.

use plyrum_billing_client::Convention;

use super::openai_chat::{self, Dialect};
use super::{Auth, Decode, Format};
use crate::call_ids::CallIds;
use crate::{ChatRequest, Manner, ProviderError, Wire};

/// The format.
#[derive(Debug)]
pub(crate) struct Yandex;

const DIALECT: Dialect = Dialect::of(Wire::Yandex);

impl Format for Yandex {
    fn convention(&self) -> Convention {
        openai_chat::CONVENTION
    }

    fn path(&self, _: &ChatRequest, _: &Manner) -> String {
        openai_chat::PATH.to_owned()
    }

    fn auth(&self) -> Auth {
        Auth::Word("Api-Key")
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
    use super::*;
    use crate::wire::golden::golden;
    use crate::{ChatMessage, Effort, ErrorClass, Role};

    golden!(Yandex, "yandex");

    #[test]
    fn a_request_is_written_digit_for_digit() {
        let asked = ChatRequest {
            model: "gpt://b1gfolder/yandexgpt/latest".to_owned(),
            messages: vec![
                ChatMessage::text(Role::System, "Кратко."),
                ChatMessage::text(Role::User, "Привет"),
            ],
            max_output_tokens: 100,
            temperature: Some("0.3".to_owned()),
            effort: Some(Effort::High),
            stable_after: vec![0],
            ..ChatRequest::default()
        };
        let text = String::from_utf8(Yandex.body(&asked, &Manner::default()).unwrap()).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"model":"gpt://b1gfolder/yandexgpt/latest","messages":[{"role":"system","content":"Кратко."},"#,
                r#"{"role":"user","content":"Привет"}],"stream":true,"stream_options":{"include_usage":true},"#,
                r#""max_tokens":100,"temperature":0.3,"reasoning_effort":"high"}"#,
            )
        );
    }

    #[test]
    fn a_refusal_is_read_in_both_forms() {
        for body in [
            r#"{"error":{"grpcCode":16,"httpCode":401,"message":"Unknown api key","httpStatus":"Unauthorized","details":[]}}"#,
            r#"{"error":{"message":"Unknown api key","type":"invalid_request_error","param":null,"code":null}}"#,
        ] {
            let refused = Yandex.refusal(401, body);
            assert_eq!(
                (refused.class, refused.message.as_str()),
                (ErrorClass::Auth, "status 401: Unknown api key")
            );
        }
    }
}
