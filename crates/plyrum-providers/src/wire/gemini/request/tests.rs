//! Requests, letter by letter.

use std::sync::Arc;

use super::*;
use crate::{AnswerForm, ErrorClass, MediaType, Thought};

fn request() -> ChatRequest {
    ChatRequest {
        model: "gemini-2.5-flash".to_owned(),
        messages: vec![
            ChatMessage::text(Role::System, "Кратко."),
            ChatMessage::text(Role::User, "say \"hi\"\n"),
        ],
        max_output_tokens: 100,
        temperature: Some("0.70".to_owned()),
        stop: vec!["END".to_owned()],
        attempt: "a1".to_owned(),
        seed: 7,
        ..ChatRequest::default()
    }
}

fn written(request: &ChatRequest, manner: &Manner) -> String {
    String::from_utf8(body(request, manner).unwrap()).unwrap()
}

fn usual(request: &ChatRequest) -> String {
    written(request, &Manner::default())
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    // Not by the constructor: whoever reads calls from a file may have some without arguments.
    ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() }
}

fn signed(json: &str) -> Thought {
    Thought { wire: Wire::Gemini, json: Arc::from(json) }
}

/// A conversation with calls, results and tools.
fn with_tools(model: &str) -> ChatRequest {
    let schema = serde_json::json!({ "type": "object", "properties": { "path": { "type": "string" } } });
    let calls = vec![call("c1", "read", r#"{"path": "а"}"#), call("c2", "list", " ")];
    let thoughts = vec![
        signed(r#"{"call":0,"thoughtSignature":"c2ln"}"#),
        Thought { wire: Wire::OpenAiChat, json: Arc::from(r#"{"call":1,"thoughtSignature":"bm8="}"#) },
    ];
    ChatRequest {
        model: model.to_owned(),
        messages: vec![
            ChatMessage::text(Role::User, "go"),
            ChatMessage { thoughts, ..ChatMessage::calling("", calls) },
            ChatMessage::result("c1", "text"),
            ChatMessage::result("c2", ""),
            ChatMessage::calling("Once more.", vec![call("c3", "read", r#"{"pa"#)]),
            ChatMessage::result("c3", "no JSON"),
        ],
        tools: vec![ToolSpec {
            name: "read".to_owned(),
            description: "Reads a file.".to_owned(),
            schema: Arc::new(schema),
        }],
        temperature: None,
        stop: Vec::new(),
        ..request()
    }
}

#[test]
fn a_request_is_written_digit_for_digit() {
    assert_eq!(
        usual(&request()),
        concat!(
            r#"{"systemInstruction":{"parts":[{"text":"Кратко."}]},"#,
            r#""contents":[{"role":"user","parts":[{"text":"say \"hi\"\n"}]}],"#,
            r#""generationConfig":{"maxOutputTokens":100,"temperature":0.70,"stopSequences":["END"]}}"#,
        )
    );
}

#[test]
fn tools_calls_results_and_signatures_are_written_as_google_reads_them() {
    assert_eq!(
        usual(&with_tools("gemini-3-pro-preview")),
        concat!(
            r#"{"contents":[{"role":"user","parts":[{"text":"go"}]},"#,
            r#"{"role":"model","parts":["#,
            r#"{"functionCall":{"id":"c1","name":"read","args":{"path": "а"}},"thoughtSignature":"c2ln"},"#,
            r#"{"functionCall":{"id":"c2","name":"list","args":{}}}]},"#,
            r#"{"role":"user","parts":["#,
            r#"{"functionResponse":{"id":"c1","name":"read","response":{"output":"text"}}},"#,
            r#"{"functionResponse":{"id":"c2","name":"list","response":{"output":""}}}]},"#,
            r#"{"role":"model","parts":[{"text":"Once more."},"#,
            r#"{"functionCall":{"id":"c3","name":"read","args":{"arguments":"{\"pa"}},"#,
            r#""thoughtSignature":"skip_thought_signature_validator"}]},"#,
            r#"{"role":"user","parts":["#,
            r#"{"functionResponse":{"id":"c3","name":"read","response":{"output":"no JSON"}}}]}],"#,
            r#""tools":[{"functionDeclarations":[{"name":"read","description":"Reads a file.","#,
            r#""parametersJsonSchema":{"properties":{"path":{"type":"string"}},"type":"object"}}]}],"#,
            r#""generationConfig":{"maxOutputTokens":100}}"#,
        )
    );
}

#[test]
fn a_missing_signature_is_excused_only_where_one_is_demanded() {
    let second = usual(&with_tools("gemini-2.5-pro"));
    assert!(second.contains(r#""thoughtSignature":"c2ln""#) && !second.contains(NO_SIGNATURE), "{second}");
    assert!(usual(&with_tools("models/gemini-3-flash")).contains(NO_SIGNATURE));
}

#[test]
fn a_signature_of_text_is_on_the_text_again() {
    let thoughts = vec![signed(r#"{"thoughtSignature":"dGV4dA=="}"#), signed("broken")];
    let calling = ChatMessage::calling("I look.", vec![call("c1", "read", "{}")]);
    let asked = ChatRequest { messages: vec![ChatMessage { thoughts, ..calling }], ..request() };
    let expected = concat!(
        r#"{"role":"model","parts":[{"text":"I look.","thoughtSignature":"dGV4dA=="},"#,
        r#"{"functionCall":{"id":"c1","name":"read","args":{}}}]}"#
    );
    let text = usual(&asked);
    assert!(text.contains(expected), "{text}");
}

#[test]
fn what_is_not_set_is_not_sent_and_nothing_empty_is() {
    let messages = vec![
        ChatMessage::text(Role::System, ""),
        ChatMessage::text(Role::User, "a"),
        ChatMessage::text(Role::Assistant, ""),
        ChatMessage::text(Role::User, "b"),
    ];
    let plain = ChatRequest { messages, temperature: None, stop: Vec::new(), ..request() };
    assert_eq!(
        usual(&plain),
        concat!(
            r#"{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"b"}]}],"#,
            r#""generationConfig":{"maxOutputTokens":100}}"#
        )
    );
}

#[test]
fn a_result_of_a_call_that_nobody_knows_still_has_a_name() {
    let messages = vec![ChatMessage::result("c9", "x"), ChatMessage::text(Role::Tool, "y")];
    let text = usual(&ChatRequest { messages, ..request() });
    assert!(text.contains(r#"{"id":"c9","name":"c9","response":{"output":"x"}}"#), "{text}");
    assert!(text.contains(r#"{"functionResponse":{"name":"tool","response":{"output":"y"}}}"#), "{text}");
}

#[test]
fn a_temperature_that_is_no_number_never_reaches_the_wire() {
    for text in ["", "warm", "0.7,\"n\":9", "-1", "1e9", "00.1", "."] {
        let bad = ChatRequest { temperature: Some(text.to_owned()), ..request() };
        assert_eq!(body(&bad, &Manner::default()).unwrap_err().class, ErrorClass::Config, "{text}");
    }
}

#[test]
fn pictures_follow_the_text_of_their_message() {
    let image = Image { media: MediaType::Png, bytes: Arc::from([1, 2, 3].as_slice()) };
    let seen = ChatMessage { images: vec![image], ..ChatMessage::text(Role::User, "what is it?") };
    let text = usual(&ChatRequest { messages: vec![seen], ..request() });
    let expected =
        r#""parts":[{"text":"what is it?"},{"inlineData":{"mimeType":"image/png","data":"AQID"}}]"#;
    assert!(text.contains(expected), "{text}");
}

/// A request for an answer of a form.
fn of_form(model: &str, tools: Vec<ToolSpec>) -> ChatRequest {
    let schema = Arc::new(serde_json::json!({ "type": "object" }));
    let form = Some(AnswerForm { name: "answer".to_owned(), schema });
    ChatRequest { model: model.to_owned(), form, tools, ..request() }
}

#[test]
fn a_form_is_asked_for_as_the_server_takes_it() {
    let schema = r#""responseMimeType":"application/json","responseJsonSchema":{"type":"object"}"#;
    let asked = of_form("gemini-2.5-pro", Vec::new());
    for (form, mime, json_schema) in [
        (FormSupport::Schema, true, true),
        (FormSupport::Json, true, false),
        (FormSupport::Nothing, false, false),
    ] {
        let text = written(&asked, &Manner { form, ..Manner::default() });
        assert_eq!(text.contains("responseMimeType"), mime, "{text}");
        assert_eq!(text.contains(schema), json_schema, "{text}");
    }
}

#[test]
fn a_form_beside_tools_is_asked_for_from_the_third_generation_on() {
    let tools = with_tools("").tools;
    for (model, asked) in [("gemini-2.5-pro", false), ("gemini-3-pro-preview", true), ("gemma-3", false)] {
        let text = usual(&of_form(model, tools.clone()));
        assert_eq!(text.contains("responseJsonSchema"), asked, "{text}");
    }
}

#[test]
fn effort_is_a_budget_or_a_level_by_the_models_generation() {
    let budget = |tokens: u64| format!(r#"{{"includeThoughts":true,"thinkingBudget":{tokens}}}"#);
    let level = |word: &str| format!(r#"{{"includeThoughts":true,"thinkingLevel":"{word}"}}"#);
    for (model, effort, most, expected) in [
        ("gemini-2.5-pro", Effort::Low, 65_536, budget(1024)),
        ("gemini-2.5-pro", Effort::Medium, 65_536, budget(8192)),
        ("models/gemini-2.5-flash", Effort::High, 65_536, budget(24_576)),
        ("gemini-2.5-flash", Effort::High, 4096, budget(2048)),
        ("gemini-2.5-flash", Effort::High, 100, budget(512)),
        ("gemini-3-pro-preview", Effort::High, 4096, level("high")),
        ("models/gemini-3.1-flash", Effort::Medium, 4096, level("medium")),
        ("gemini-flash-latest", Effort::Low, 4096, level("low")),
    ] {
        let asked = ChatRequest {
            model: model.to_owned(),
            effort: Some(effort),
            max_output_tokens: most,
            ..request()
        };
        let text = usual(&asked);
        assert!(text.contains(&format!(r#""thinkingConfig":{expected}"#)), "{model}: {text}");
    }
}

#[test]
fn a_server_is_asked_in_its_own_manner() {
    let manner = Manner { takes_temperature: false, takes_effort: false, ..Manner::default() };
    let text = written(&ChatRequest { effort: Some(Effort::High), ..request() }, &manner);
    for name in ["temperature", "thinking"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
}

#[test]
fn a_models_name_is_one_segment_of_the_path() {
    for (model, expected) in [
        ("gemini-2.5-pro", "v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"),
        ("models/gemini-2.5-pro", "v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"),
        ("tunedModels/mine-1", "v1beta/tunedModels/mine-1:streamGenerateContent?alt=sse"),
        ("a/../b?key=1#х", "v1beta/models/a%2F..%2Fb%3Fkey%3D1%23%D1%85:streamGenerateContent?alt=sse"),
        ("..", "v1beta/models/..:streamGenerateContent?alt=sse"),
    ] {
        assert_eq!(path(model, &Manner::default()), expected);
    }
    let whole = Manner { streams: false, ..Manner::default() };
    assert_eq!(path("gemini-2.5-pro", &whole), "v1beta/models/gemini-2.5-pro:generateContent");
}
