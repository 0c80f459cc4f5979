use std::collections::BTreeMap;

use plyrum_redact::Secret;

use super::*;
use crate::Wire;
use crate::cassette::Head;

const KEY: &str = "sk-lab-0123456789abcdef";

fn cleaner() -> Cleaner {
    let redactor = Redactor::new([7; 32], [("lab".to_owned(), Secret::from(KEY))]).for_records();
    Cleaner { redactors: vec![redactor], ids: CallIds::default() }
}

fn recorded(wire: Wire, pieces: &[&[u8]]) -> Recorded {
    Recorded {
        wire,
        model: "fast".to_owned(),
        run: None,
        key: String::new(),
        response: Some(Head { us: 1, status: 200, headers: BTreeMap::new() }),
        pieces: (2..).zip(pieces).map(|(us, bytes)| Piece { us, bytes: bytes.to_vec() }).collect(),
        ended: Ended::Clean,
        ended_us: 1000,
    }
}

fn bytes(recorded: &Recorded) -> Vec<u8> {
    recorded.pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect()
}

fn answer(recorded: &Recorded) -> String {
    let text = |event| match event {
        StreamEvent::Delta { channel: Channel::Answer, text } => Some(text),
        _ => None,
    };
    decoded(recorded, &cleaner()).into_iter().filter_map(text).collect()
}

/// An answer in pieces, each in an event of its own.
fn events(texts: &[&str]) -> String {
    let event = |text: &&str| {
        format!("data: {}\n\n", serde_json::json!({"choices":[{"index":0,"delta":{"content":text}}]}))
    };
    let mut stream: String = texts.iter().map(event).collect();
    stream.push_str("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    stream.push_str(
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n",
    );
    stream
}

#[test]
fn what_holds_no_secret_is_kept_to_the_byte_whatever_its_bytes() {
    for body in [
        events(&["Привет", ", мир", ", token and password and key: x"]).into_bytes(),
        b"data: \xff\xfe\n\n{\"a\":\"b\" \"".to_vec(),
        Vec::new(),
    ] {
        for size in 1..7 {
            let pieces: Vec<&[u8]> = body.chunks(size).collect();
            let before = recorded(Wire::OpenAiChat, &pieces);
            let after = clean(before.clone(), &cleaner());
            assert_eq!(bytes(&after), body, "{size}");
            assert_eq!(after.ended, Ended::Clean);
            assert!(after.pieces.windows(2).all(|pair| pair[0].us < pair[1].us));
        }
    }
}

#[test]
fn a_letter_in_two_pieces_goes_to_the_later_one() {
    let text = "ж€🦀".as_bytes();
    let pieces: Vec<&[u8]> = text.chunks(1).collect();
    let after = clean(recorded(Wire::Ollama, &pieces), &cleaner());
    let kept: Vec<(u64, &str)> =
        after.pieces.iter().map(|piece| (piece.us, std::str::from_utf8(&piece.bytes).unwrap())).collect();
    assert_eq!(kept, [(3, "ж"), (6, "€"), (10, "🦀")]);
}

#[test]
fn a_key_is_taken_out_wherever_pieces_are_cut_and_the_rest_stays() {
    let body = events(&[&format!("the key is {KEY}, keep it")]);
    for size in 1..60 {
        let pieces: Vec<&[u8]> = body.as_bytes().chunks(size).collect();
        let after = clean(recorded(Wire::OpenAiChat, &pieces), &cleaner());
        let text = String::from_utf8(bytes(&after)).unwrap();
        assert!(!text.contains(KEY) && text.contains("«redacted:"), "{size}: {text}");
        let told = answer(&after);
        assert!(told.starts_with("the key is «redacted:") && told.ends_with(", keep it"), "{size}: {told}");
        assert_eq!(after.ended, Ended::Clean);
    }
}

#[test]
fn a_key_that_came_a_few_letters_an_event_is_taken_out_of_the_events() {
    for size in 1..12 {
        let said = format!("Ключ: {KEY}. Берегите его.");
        let letters: Vec<char> = said.chars().collect();
        let texts: Vec<String> = letters.chunks(size).map(|piece| piece.iter().collect()).collect();
        let body = events(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let after = clean(recorded(Wire::OpenAiChat, &[body.as_bytes()]), &cleaner());
        let told = answer(&after);
        assert!(!told.contains(KEY) && told.starts_with("Ключ: «redacted:"), "{size}: {told}");
        assert!(told.ends_with(". Берегите его."), "{size}: {told}");
        assert_eq!(after.ended, Ended::Clean);
    }
}

#[test]
fn a_key_is_taken_out_of_other_wires_too() {
    let ollama: String = KEY
        .split_inclusive('-')
        .map(|part| format!("{}\n", serde_json::json!({"message":{"content":part},"done":false})))
        .chain(["{\"done\":true,\"done_reason\":\"stop\"}\n".to_owned()])
        .collect();
    let gemini: String = KEY
        .split_inclusive('-')
        .map(|part| {
            let chunk = serde_json::json!({"candidates":[{"content":{"parts":[{"text":part}]}}]});
            format!("data: {chunk}\r\n\r\n")
        })
        .chain(["data: {\"candidates\":[{\"content\":{\"parts\":[]},\"finishReason\":\"STOP\"}]}\r\n\r\n"
            .to_owned()])
        .collect();
    for (wire, body) in [(Wire::Ollama, ollama), (Wire::Gemini, gemini)] {
        let after = clean(recorded(wire, &[body.as_bytes()]), &cleaner());
        let told = answer(&after);
        assert!(told.starts_with("«redacted:") && told.ends_with('»'), "{wire:?}: {told}");
        assert_eq!(after.ended, Ended::Clean);
    }
}

#[test]
fn a_body_in_which_a_secret_is_hidden_from_the_redactor_is_not_kept() {
    // The two halves stand under names of their own, between which nothing relates them but the wire.
    let (head, tail) = KEY.split_at(9);
    let chunk = |delta: serde_json::Value| {
        format!("data: {}\n\n", serde_json::json!({"choices":[{"index":0,"delta":delta}]}))
    };
    let body = [
        chunk(serde_json::json!({ "content": head })),
        chunk(serde_json::json!({"content":[{"type":"text","text":tail}]})),
        events(&[]),
    ]
    .concat();
    let before = recorded(Wire::OpenAiChat, &[body.as_bytes()]);
    if answer(&before).contains(KEY) {
        let after = clean(before, &cleaner());
        assert_eq!((after.pieces, after.ended), (Vec::new(), Ended::Withheld));
    } else {
        panic!("the wire does not read both forms any more: {}", answer(&before));
    }
}

#[test]
fn headers_messages_and_the_models_name_are_cleaned() {
    let mut before = recorded(Wire::OpenAiChat, &[]);
    before.model = format!("m-{KEY}");
    before.response.as_mut().unwrap().headers.insert("content-type".to_owned(), format!("text/{KEY}"));
    for ended in
        [Ended::Cut(KEY.to_owned()), Ended::Failed(crate::ProviderError::new(crate::ErrorClass::Reset, KEY))]
    {
        let after = clean(Recorded { ended, ..before.clone() }, &cleaner());
        assert!(!format!("{after:?}").contains(KEY), "{after:?}");
    }
}
