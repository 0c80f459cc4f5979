//! The composed prompt of each shipped persona is the one kept under `snapshots/personas/`: a changed
//! system prompt is always a visible change. `UPDATE_SNAPSHOTS=1` rewrites them.

use plyrum_engine::{Attachment, Conversation, Persona, Speaker, request_for};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/personas")
}

/// The messages of a first question with one attachment, as text.
fn composed(persona: &Persona) -> String {
    let conversation = Conversation {
        system: persona.prompt.clone(),
        prompt: "What is this project for?".to_owned(),
        attachments: vec![Attachment {
            name: "README.md".to_owned(),
            text: "# Demo\nA demo project.\n".to_owned(),
        }],
        temperature: persona.temperature.clone(),
        ..Conversation::default()
    };
    let request = request_for(&conversation, persona.max_output_tokens.unwrap_or(4096), 0);
    let mut text = format!(
        "persona: {}\ntemperature: {}\nmax_output_tokens: {}\n",
        persona.name,
        request.temperature.as_deref().unwrap_or("the model's own"),
        request.max_output_tokens
    );
    for turn in &request.turns {
        let speaker = match turn.speaker {
            Speaker::System => "system",
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
            Speaker::Tool => "tool",
        };
        text = format!("{text}\n--- {speaker}\n{}\n", turn.text);
    }
    text
}

#[test]
fn persona_snapshots() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let names: Vec<String> = plyrum_daemon::PERSONAS
        .iter()
        .map(|(path, text)| {
            let persona = Persona::parse(text).unwrap_or_else(|e| panic!("{path}: {e}"));
            let file = folder().join(format!("{}.txt", persona.name));
            let text = composed(&persona);
            if update {
                std::fs::create_dir_all(folder()).unwrap();
                std::fs::write(&file, &text).unwrap();
            }
            let kept = std::fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(kept, text, "{} differs; UPDATE_SNAPSHOTS=1 rewrites it", file.display());
            persona.name
        })
        .collect();
    for wanted in ["default", "architect", "coder", "reviewer", "shell", "editor", "researcher"] {
        assert!(names.iter().any(|name| name == wanted), "persona {wanted} is not shipped");
    }
}

#[test]
fn persona_snapshots_left_over_belong_to_a_persona() {
    let names: Vec<String> = plyrum_daemon::PERSONAS
        .iter()
        .map(|(_, text)| format!("{}.txt", Persona::parse(text).unwrap().name))
        .collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&file), "snapshots/personas/{file} belongs to no persona");
    }
}
