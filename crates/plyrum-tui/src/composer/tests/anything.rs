//! Whatever keys come, and what they cost.

use super::super::wrap::Wrap;
use super::*;
use proptest::prelude::*;

#[test]
#[ignore = "measures: cargo test -p plyrum-tui --release --lib -- --ignored --nocapture cost_of"]
fn cost_of_choosing_among_ten_thousand_files() {
    let paths: Vec<String> =
        (0..10_000).map(|n| format!("crates/plyrum-{}/src/module_{n}/file.rs", n % 30)).collect();
    let mut composer = Composer::default();
    write(&mut composer, "@");
    composer.offer_files(paths);
    let mut times: Vec<std::time::Duration> = "mod99fi"
        .chars()
        .map(|c| {
            let begun = std::time::Instant::now();
            composer.typed(c);
            begun.elapsed()
        })
        .collect();
    times.sort();
    println!("a key among ten thousand files: median {:?}, worst {:?}", times[times.len() / 2], times.last());
}

#[test]
#[ignore = "measures: cargo test -p plyrum-tui --release --lib -- --ignored --nocapture cost_of"]
fn cost_of_a_key_in_a_long_text() {
    for text in
        ["word ".repeat(20_000), "word\n".repeat(20_000), "слово🦀".repeat(7_000), "文字".repeat(17_000)]
    {
        let mut composer = Composer::default();
        composer.replace(&text);
        composer.buffer.move_to(text.len() / 2);
        let mut times: Vec<std::time::Duration> = (0..101)
            .map(|n| {
                let begun = std::time::Instant::now();
                if n % 2 == 0 {
                    composer.typed('ж')
                } else {
                    composer.press(Action::DeleteBack)
                };
                begun.elapsed()
            })
            .collect();
        times.sort();
        println!("a key within {} bytes: median {:?}, worst {:?}", text.len(), times[50], times[100]);
    }
}

/// A key, or another event.
#[derive(Debug, Clone)]
enum Event {
    Typed(char),
    Press(Action),
    Paste(String),
    Resize(u16),
}

fn event() -> impl Strategy<Value = Event> {
    let characters = prop::sample::select(
        "ab \n\tжЖ日🦀🇷🇺é\u{301}\u{200d}👩\u{600}क\u{94d}\u{ad}@/\"\\?".chars().collect::<Vec<_>>(),
    );
    let actions = prop::sample::select(vec![
        Action::Left,
        Action::Right,
        Action::WordLeft,
        Action::WordRight,
        Action::LineStart,
        Action::LineEnd,
        Action::Up,
        Action::Down,
        Action::DeleteBack,
        Action::DeleteForward,
        Action::DeleteWordBack,
        Action::DeleteWordForward,
        Action::DeleteToStart,
        Action::DeleteToEnd,
        Action::Yank,
        Action::YankPop,
        Action::Undo,
        Action::Newline,
        Action::Expand,
        Action::SearchHistory,
        Action::CompleteOrQueue,
        Action::Send,
        Action::Escape,
    ]);
    prop_oneof![
        8 => characters.prop_map(Event::Typed),
        6 => actions.prop_map(Event::Press),
        1 => "(.|\n|🇷🇺|x y ){0,40}".prop_map(Event::Paste),
        1 => Just(Event::Paste("line\n".repeat(10))),
        1 => (0u16..20).prop_map(Event::Resize),
    ]
}

fn happen(composer: &mut Composer, event: Event) {
    match event {
        Event::Typed(c) => drop(composer.typed(c)),
        Event::Press(action) => drop(composer.press(action)),
        Event::Paste(text) => drop(composer.paste(&text, &words())),
        Event::Resize(width) => composer.resize(width),
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_cursor_is_between_characters_and_rows_are_right(events in prop::collection::vec(event(), 0..80)) {
        let mut composer = composer();
        for event in events {
            happen(&mut composer, event);
            let buffer = &composer.buffer;
            let ruler = buffer.ruler();
            prop_assert_eq!(ruler.border(buffer.cursor()), buffer.cursor());
            let wrap = Wrap::whole(ruler, buffer.wrap().columns());
            prop_assert_eq!(buffer.wrap(), &wrap, "{:?}", buffer.text());
            for row in 0..wrap.rows() {
                let start = wrap.start(row).unwrap();
                let end = wrap.start(row + 1).unwrap_or(buffer.text().len());
                let end = end - usize::from(buffer.text().get(start..end).unwrap().ends_with('\n'));
                let is_one = ruler.next(start).is_none_or(|next| next >= end);
                prop_assert!(is_one || ruler.column(start, end) <= wrap.columns());
            }
            if let Some(menu) = composer.completion() {
                let (rows, selected) = menu.rows();
                prop_assert!(selected < rows.len() && rows.len() <= MAX_MENU_ROWS);
            }
            let (_, cursor) = draw(&composer, Lang::En, Rect::new(3, 2, 12, 3));
            prop_assert!(cursor.is_some_and(|at| (3..15).contains(&at.x) && (2..5).contains(&at.y)));
        }
    }

    #[test]
    fn borders_are_the_same_from_both_sides(text in "(.|[👩\u{200d}\u{301}🇷🇺\u{fdd0}\u{600}]){0,30}") {
        let chips = chip::Chips::default();
        let ruler = ruler::Ruler { text: &text, chips: &chips };
        let forwards: Vec<usize> = std::iter::successors(Some(0), |at| ruler.next(*at)).collect();
        let mut backwards: Vec<usize> = std::iter::successors(Some(text.len()), |at| ruler.previous(*at)).collect();
        backwards.reverse();
        prop_assert_eq!(&forwards, &backwards);
        prop_assert!(forwards.iter().all(|at| ruler.border(*at) == *at));
    }

    #[test]
    fn undoing_goes_back_through_earlier_states_to_the_first(events in prop::collection::vec(event(), 0..60)) {
        let mut composer = Composer::default();
        let mut states = vec![String::new()];
        for event in events {
            if !matches!(event, Event::Press(Action::Send | Action::CompleteOrQueue)) {
                happen(&mut composer, event);
                states.push(composer.text());
            }
        }
        composer.search = None;
        while composer.buffer.undo() {
            prop_assert!(states.contains(&composer.text()));
        }
        prop_assert_eq!(composer.text(), "");
    }

    #[test]
    fn what_is_pasted_is_what_is_sent(text in "(.|\n){0,60}", times in 1usize..40) {
        let text = text.repeat(times);
        let mut composer = Composer::default();
        composer.paste(&text, &words());
        prop_assert_eq!(composer.text(), clean_text(&text));
    }
}
