//! Hostile texts, wherever they come from: the terminal is told nothing but what the screen itself says. That no foreign
//! sequence came is looked at by [`leaves`], which every test ends with.

use super::{CTRL_C, CTRL_D, ESC, leaves, payloads, quit};
use crate::auto_confirm::{acting, turn, write};
use crate::world::{Reply, Script, Sequence, Terminal, World, sequences};

/// Large enough that every payload is drawn.
const LARGE: (u16, u16) = (200, 640);

fn open(world: &World, words: &str) -> Terminal {
    let screen = Terminal::sized(world, &format!("exec \"$PLYRUM\" {words}"), LARGE);
    screen.until("a prompt can be written", |picture| picture.is_alternate && picture.cursor.is_some());
    screen
}

/// A world whose model plays this script, and may talk as long as every payload takes.
fn talking(script: &str) -> World {
    let world = acting(script);
    world.config(
        "[models.\"offline/script\"]\nprovider = \"offline\"\nname = \"script\"\ncontext_tokens = 400000\n\
         max_output_tokens = 100000\nprice = { currency = \"RUB\", input = \"1\", output = \"2\" }\n",
    );
    world
}

/// A text of TOML.
fn toml(text: &str) -> String {
    serde_json::json!(text).to_string().replace('\u{7f}', "\\u007f")
}

/// Every payload on a line of its own, and a mark after the last.
fn lines() -> String {
    let lines: Vec<String> = payloads::all().iter().map(|payload| format!("- «{payload}» said")).collect();
    lines.join("\n") + "\n\nthe-end\n"
}

/// How many lines of the picture end as they should.
#[track_caller]
fn is_drawn(screen: &Terminal, least: usize) {
    screen.until(&format!("{least} lines are drawn"), |picture| {
        picture.rows.iter().filter(|row| row.contains('«')).count() >= least
    });
}

#[test]
fn an_answer_commands_no_terminal() {
    // Pieces of seven bytes: sequences come in parts.
    let world = talking(&format!("[[turn]]\ntext = {}\nchunk_bytes = 7\n", toml(&lines())));
    let screen = open(&world, "-m offline/script");
    screen.types_ahead("say it\r");
    screen.sees("the-end");
    is_drawn(&screen, 300);
    quit(screen);
}

#[test]
fn an_error_of_a_provider_commands_no_terminal() {
    let world = World::new();
    let body = serde_json::json!({"error": {"message": lines(), "code": lines()}}).to_string();
    let _fake = world.lab(Script::new().always(Reply::error(400, &body)));
    let screen = open(&world, "");
    screen.types_ahead("say it\r");
    screen.sees("lab/fast ·");
    quit(screen);
}

#[test]
fn what_a_tool_brings_and_what_it_is_called_commands_no_terminal() {
    let name: String = payloads::all().concat().chars().filter(|c| !c.is_whitespace()).take(100).collect();
    let calls = [
        "{ name = \"read_file\", arguments = { path = \"hostile.txt\" } }".to_owned(),
        format!("{{ name = {}, arguments = {{}} }}", toml(&name)),
    ];
    let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
    let world = talking(&(turn("", &calls) + "[[turn]]\ntext = \"the-end\"\n"));
    world.file("hostile.txt", lines());
    let screen = open(&world, "-m offline/script --approve read-only");
    screen.types_ahead("/details");
    screen.sees("/details");
    screen.types_ahead("\rread it\r");
    screen.sees("there is no tool `\\u{1b}");
    screen.sees(" → ");
    is_drawn(&screen, 300);
    quit(screen);
}

#[test]
fn an_action_that_is_asked_for_shows_what_would_hide_itself() {
    let path = "a\u{202e}txt\u{1b}[8m\u{200b}\u{9b}2J\r\u{7f}\u{e0041}.sh";
    let script =
        turn("", &[&write(path, &lines()).replace('\u{7f}', "\\u007f")]) + "[[turn]]\ntext = \"the-end\"\n";
    let world = talking(&script);
    let screen = open(&world, "-m offline/script");
    screen.types_ahead("write it\r");
    let picture = screen.sees("no, and end the run");
    picture.row("a\\u{202e}txt\\u{1b}[8m\\u{200b}\\u{9b}2J\\u{d}\\u{7f}\\u{e0041}.sh");
    for visible in
        ["\\u{1b}]52;c;b3duZWQ=\\u{7}", "\\u{2066}gpj.exe", "pa\\u{feff}ss", "\\u{1b}[201~rm -rf 1\\u{d}"]
    {
        picture.row(visible);
    }
    is_drawn(&screen, 400);
    screen.press(ESC);
    screen.loses("May this happen?");
    screen.sees("more lines");
    quit(screen);
}

#[test]
fn names_of_files_that_are_offered_command_no_terminal() {
    let world = World::new();
    let may_be_a_name = |name: &String| name.len() < 200 && !name.contains(['/', '\0']);
    let names: Vec<String> = payloads::all().into_iter().filter(may_be_a_name).collect();
    for (n, name) in names.iter().enumerate() {
        std::fs::write(world.beside("work").join(format!("f{n:03}{name}")), "x").unwrap();
    }
    let screen = open(&world, "");
    screen.types_ahead("@f");
    screen.sees("> @f");
    // Ten names at a time: as many as are offered at once.
    for ten in 0..names.len() / 10 {
        screen.types_ahead(&format!("{ten:02}"));
        screen.until("they are offered", |picture| {
            picture.rows.iter().filter(|row| row.contains(&format!("@f{ten:02}"))).count() > 5
        });
        screen.types_ahead("\u{7f}\u{7f}");
    }
    screen.types_ahead(CTRL_C);
    screen.loses("@f");
    screen.types_ahead(CTRL_D);
    leaves(screen, 0);
}

#[test]
fn what_others_wrote_into_a_conversation_and_its_title_commands_no_terminal() {
    let world = World::new();
    let prompt = format!("Say:\n{}", lines()).replace('\0', "");
    world.plyrum(["ask", "-m", "offline/query", "--no-stdin", &prompt]).run().ok();
    let titles: Vec<String> =
        payloads::all().chunks(60).map(|some| some.concat().replace('\0', "")).collect();
    for title in titles {
        let title: String = title.chars().take(190).collect();
        world.plyrum(["sessions", "rename", "last", &title]).run().ok();
        let screen = open(&world, "-c");
        is_drawn(&screen, 300);
        quit(screen);
    }
}

#[test]
fn a_hostile_prompt_is_text_in_the_editor() {
    let world = World::new();
    let screen = open(&world, "");
    for some in payloads::all().chunks(8) {
        let text: String = some.iter().map(|payload| payload.replace("\u{1b}[201~", "")).collect();
        screen.types_ahead(&format!("\u{1b}[200~{text}\u{1b}[201~"));
    }
    screen.types_ahead("the-end");
    screen.sees("the-end");
    screen.types_ahead(CTRL_C);
    screen.loses("the-end");
    quit(screen);
}

#[test]
fn the_clipboard_is_written_only_when_somebody_asks_for_it() {
    let answer = format!("{}\n```sh\necho safe\n```\n", payloads::all()[140]);
    let world = talking(&format!("[[turn]]\ntext = {}\n", toml(&answer)));
    let screen = open(&world, "-m offline/script");
    screen.types_ahead("say it\r");
    screen.sees("echo safe");
    screen.sees("offline/script ·");
    screen.types_ahead("\u{1b}x"); // alt+x: the code
    screen.sees("Copied: ");
    screen.types_ahead(CTRL_D);
    let ended = super::leaves_saying(screen, 0, &["52;c;"]);
    let copied: Vec<Sequence> =
        sequences(&ended.bytes).into_iter().filter(|it| matches!(it, Sequence::String { .. })).collect();
    let text = "52;c;ZWNobyBzYWZlCg==".to_owned();
    let without_end = "52;c;ZWNobyBzYWZl".to_owned();
    let is_it = |it: &Sequence| matches!(it, Sequence::String { kind: ']', text: said } if *said == text || *said == without_end);
    assert!(copied.len() == 1 && is_it(&copied[0]), "{copied:?}");
}

#[test]
fn lists_of_conversations_the_record_money_and_models_command_no_terminal() {
    const F2: &str = "\u{1b}OQ";
    const F5: &str = "\u{1b}[15~";
    const F6: &str = "\u{1b}[17~";
    const F7: &str = "\u{1b}[18~";
    const F8: &str = "\u{1b}[19~";
    let world = World::new();
    let body = serde_json::json!({"error": {"message": lines(), "code": lines()}}).to_string();
    let _fake = world.lab(Script::new().always(Reply::error(400, &body)));
    let project = world.beside("work").join("p\u{1b}[31m\u{202e}\u{9b}2J\u{1b}]52;c;b3duZWQ=\u{7}q");
    std::fs::create_dir(&project).unwrap();
    let prompt = format!("Say:\n{}", lines()).replace('\0', "");
    let from_there = |words: [&str; 5]| {
        let mut call = world.command("exec \"$PLYRUM\" \"$@\"");
        call.arg("sh").args(words).current_dir(&project).output().unwrap()
    };
    from_there(["ask", "-m", "offline/query", "--no-stdin", &prompt]);
    from_there(["ask", "-m", "lab/fast", "--no-stdin", &prompt]); // its provider refuses, in such words
    let title: String = payloads::all().concat().replace('\0', "").chars().take(190).collect();
    world.plyrum(["sessions", "rename", "last", &title]).run().ok();

    let screen = open(&world, "");
    screen.types_ahead(F5);
    screen.sees("Say:"); // the preview
    screen.types_ahead("/Say\r");
    screen.until("what was found", |picture| picture.rows.iter().any(|row| row.contains('«')));
    screen.types_ahead(F6);
    screen.sees("run.finished");
    for _ in 0..20 {
        // Each record whole, from the newest on.
        screen.types_ahead("\r");
        screen.sees("\"prev\"");
        screen.types_ahead("\r");
        screen.loses("\"prev\"");
        screen.types_ahead("j");
    }
    screen.types_ahead(F7);
    screen.sees("lab/fast");
    screen.types_ahead(F8);
    screen.sees("offline/query");
    screen.types_ahead("\r");
    screen.types_ahead(F2);
    screen.sees("Ask anything");
    quit(screen);
}
