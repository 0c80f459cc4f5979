//! Pastes: never sent by themselves, never lost, never obeyed.

use super::{CTRL_C, ENTER, open, quit};
use crate::world::{Reply, Script, World};

fn pasted(text: &str) -> String {
    format!("\u{1b}[200~{text}\u{1b}[201~")
}

#[test]
fn a_paste_with_lines_is_kept_as_it_is_and_sends_nothing() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::answer("Read.", 9, 5)));
    let screen = open(&world);
    screen.types_ahead(&pasted("line one\nстрока два\n\tline three\r\n"));
    let picture = screen.sees("line three");
    assert!(picture.has("line one") && picture.has("строка два"), "{picture}");
    screen.types_ahead("typed");
    screen.sees("typed");
    assert_eq!(fake.requests().len(), 0);
    screen.types_ahead(ENTER);
    screen.sees("Read.");
    let asked = fake.requests()[0].json().to_string();
    assert!(asked.contains("line one\\nстрока два\\n\\tline three\\ntyped"), "{asked}");
    quit(screen);
    world.is_sound();
}

#[test]
fn a_long_paste_is_folded_on_the_screen_and_sent_whole() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::answer("Read.", 9, 5)));
    let screen = open(&world);
    let lines: Vec<String> = (1..=500).map(|n| format!("line {n} of a long log")).collect();
    let long = lines.join("\n");
    screen.types_ahead("look: ");
    screen.types_ahead(&pasted(&long));
    let picture = screen.sees("500 lines");
    assert!(!picture.has("line 250"), "{picture}");
    screen.types_ahead(ENTER);
    screen.sees("Read.");
    let asked = fake.requests()[0].json();
    let messages = asked["messages"].as_array().unwrap();
    let last = messages.last().unwrap()["content"].as_str().unwrap();
    assert!(last.contains(&long), "{last}");
    let log = world.json(["transcript", "show", "last", "--json"]).to_string();
    assert!(log.contains("line 1 of a long log\\nline 2 of") && log.contains("line 500 of a long log"));
    quit(screen);
    world.is_sound();
}

#[test]
fn a_paste_that_would_command_the_terminal_is_text() {
    let world = World::new();
    let fake = world.lab(Script::new().then(Reply::answer("Read.", 9, 5)));
    let screen = open(&world);
    screen.types_ahead(&pasted("a\u{1b}[31mb\u{1b}]0;title\u{7}c\u{9b}2Jd\u{202e}e\u{fdd0}f\u{3}g\rh"));
    let picture = screen.until("it is there", |picture| picture.rows.iter().any(|row| row.ends_with('h')));
    assert!(picture.is_alternate);
    screen.types_ahead(ENTER);
    screen.sees("Read.");
    let asked = fake.requests()[0].json().to_string();
    assert!(!asked.contains("\\u001b") && !asked.contains('\u{9b}') && !asked.contains("\\u0003"), "{asked}");
    screen.types_ahead(CTRL_C);
    quit(screen);
}
