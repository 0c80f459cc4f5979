//! Without colour, and without a screen at all.

use super::{CTRL_D, open, quit};
use crate::world::{Reply, Script, Sequence, Terminal, World, sequences};

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
