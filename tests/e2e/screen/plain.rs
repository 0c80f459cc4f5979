//! Without colour, and without a screen at all.

use super::{CTRL_C, CTRL_D, open, quit};
use crate::world::{Reply, Script, Sequence, Terminal, World, sequences, waits_for_its_reader};

/// Ctrl+s and ctrl+q, by which a terminal stops its output and goes on.
const PAUSE: &str = "\u{13}";
const GO_ON: &str = "\u{11}";

fn coloured(bytes: &[u8]) -> Vec<String> {
    let colour = |number: &str| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107_u16));
    let parameters = |sequence: Sequence| match sequence {
        Sequence::Csi { prefix: '\0', parameters, end: 'm', .. } => Some(parameters),
        _ => None,
    };
    let all = sequences(bytes).into_iter().filter_map(parameters);
    all.filter(|parameters| parameters.split(';').any(colour)).collect()
}

#[test]
fn no_color_means_no_colour() {
    let answer = "# Title\n\n`code` and **bold**\n\n```rust\nfn main() {}\n```\n\n```diff\n-a\n+b\n```\n";
    for (world, is_coloured) in [(World::new(), true), (World::new().with_env("NO_COLOR", "1"), false)] {
        let _fake = world.lab(Script::new().then(Reply::answer(answer, 9, 5)));
        let screen = open(&world);
        screen.types_ahead("Show me\r");
        screen.sees("fn main() {}");
        screen.sees("today 0.008173 ₽");
        let colours = coloured(&quit(screen).bytes);
        assert_eq!(!colours.is_empty(), is_coloured, "{colours:?}");
    }
}

#[test]
fn a_terminal_that_can_do_nothing_gets_labelled_lines_and_no_sequence_at_all() {
    for line in ["exec \"$PLYRUM\" --plain", "TERM=dumb exec \"$PLYRUM\""] {
        let world = World::new();
        let replies = Script::new().then(Reply::answer("# An answer\n\nwith **bold**.", 9, 5));
        let _fake = world.lab(replies.then(Reply::answer("Another one.", 19, 5)));
        let mut terminal = Terminal::start(&world, line);
        terminal.shows("You: ");
        terminal.types_ahead("Tell me\n");
        terminal.shows("Answer:");
        terminal.shows("An answer");
        terminal.shows("Cost:");
        terminal.shows("You: ");
        terminal.types_ahead("And more\n");
        terminal.shows("Another one.");
        terminal.shows("You: ");
        terminal.types_ahead(CTRL_D);
        let ended = terminal.waited();
        assert_eq!(ended.code, 0, "{}", ended.text);
        let said: Vec<Sequence> = sequences(&ended.bytes)
            .into_iter()
            .filter(|it| !matches!(it, Sequence::Text(_) | Sequence::Control('\r' | '\n')))
            .collect();
        assert!(said.is_empty(), "{said:?}");
        let runs = world.json(["runs", "list", "--json"]);
        assert_eq!(runs[0]["session"], runs[1]["session"], "one conversation: {runs}");
        world.is_sound();
    }
}

/// One process follows one run after another: what a signal cut off, and the signal itself, are over with their run.
#[test]
fn a_plain_conversation_goes_on_behind_what_ctrl_c_cut_off() {
    let world = World::new();
    let long = "A long line of words.\n".repeat(10_000);
    let first = Reply::sse().text(&long).gate("never").end(1, 1);
    let second = Reply::sse().text(&long).text("The end of it.").gate("end").end(1, 1);
    let fake = world.talkative_lab(Script::new().then(first).then(second));
    let mut terminal = Terminal::start(&world, "exec \"$PLYRUM\" --plain 2>/dev/null");
    terminal.shows("You: ");
    terminal.types_ahead(PAUSE);
    terminal.types_ahead("The first question\n");
    fake.wait_at_gate_blocking("never");
    waits_for_its_reader(terminal.pid());
    terminal.types_ahead(CTRL_C);
    fake.wait_for_hangups_blocking(1);
    terminal.shows("You: "); // the terminal goes on by itself behind ctrl+c
    terminal.types_ahead(PAUSE);
    terminal.types_ahead("The second question\n");
    fake.wait_at_gate_blocking("end");
    waits_for_its_reader(terminal.pid());
    terminal.types_ahead(GO_ON);
    fake.release("end");
    terminal.shows("The end of it.");
    terminal.shows("You: ");
    terminal.types_ahead(CTRL_D);
    assert_eq!(terminal.waited().code, 0);
    let runs = world.json(["runs", "list", "--json"]);
    assert_eq!(
        (&runs[0]["status"], &runs[1]["status"]),
        (&"succeeded".into(), &"cancelled".into()),
        "{runs}"
    );
    world.is_sound();
}
