//! What a reader sees while a text is being written.

use proptest::prelude::*;

use super::*;

const ANSWER: &str = "# Plan\n\nFirst **bold words** and `some code`, then a [link](https://a.b/c) and *more*.\nA second line.\n\n\
    1. One\n2. Two with\n   a second line\n\n   ```sh\n   ls -l\n   pwd\n   ```\n3. Three\n\n\
    | a | b |\n|---|---|\n| 1 | 2 |\n| 3 | long words in here |\n\n\
    > quoted **text**\n> goes on\n\n```rust\nfn main() {\n    println!(\"hi\");\n}\n```\n\
    - [x] done\n- [ ] open\n\nПоследний абзац с **выделением** и 漢字漢字 словами.\n---\nend";

fn all(stream: &mut Streaming, width: u16) -> Vec<Line> {
    stream.lines(width).iter().collect()
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::text).collect()
}

/// What is shown after each piece.
fn watched(pieces: impl IntoIterator<Item = String>, width: u16) -> Vec<(Vec<Line>, usize)> {
    let mut stream = Streaming::default();
    pieces
        .into_iter()
        .map(|piece| {
            stream.push(&piece);
            let lines = all(&mut stream, width);
            (lines, stream.settled())
        })
        .collect()
}

fn characters(text: &str) -> impl Iterator<Item = String> {
    text.chars().map(String::from)
}

#[test]
fn settled_lines_never_change() {
    for width in [20, 60] {
        let shown = watched(characters(ANSWER), width);
        let whole = markdown(ANSWER, width);
        for (lines, settled) in shown {
            assert_eq!(lines.get(..settled), whole.get(..settled));
        }
    }
}

#[test]
fn words_are_shown_as_they_come_and_stay() {
    let text = "Some **bold words here** and `code` with a [link](https://a.b) in 2 * 3 or a_b_c, *so*.\n\n- one **two**\n- three\n\nEnd of it";
    let joined = |lines: &[Line]| texts(lines).join(" ");
    let mut before = String::new();
    for (lines, _) in watched(characters(text), 30) {
        let now = joined(&lines);
        assert!(now.starts_with(&before), "{before:?} became {now:?}");
        before = now;
    }
    assert!(before.ends_with("End of"), "{before:?}");
}

#[test]
fn what_is_not_clear_yet_is_held_back() {
    for (text, shown) in [
        ("Hello wor", vec!["Hello"]),
        ("Hello **wor ld", vec!["Hello"]),
        ("Hello **wor ld** x ", vec!["Hello wor ld x"]),
        ("see [the text](https://a. ", vec!["see"]),
        ("text\n-", vec!["text"]),
        ("| a | b |\n", vec![]),
        ("| a | b |\n|--", vec![]),
        ("| a | b |\n|---|---|\n", vec!["a │ b", "──┼──"]),
        ("```rust\n", vec!["┄ rust"]),
        ("```rust\nfn a() {}\nfn b", vec!["┄ rust", "fn a() {}"]),
        ("```ru", vec![]),
        ("- a\n- ", vec!["• a"]),
        ("漢字漢字", vec!["漢字漢"]),
    ] {
        let mut stream = Streaming::default();
        stream.push(text);
        assert_eq!(texts(&all(&mut stream, 40)), shown, "{text:?}");
    }
}

#[test]
fn a_new_width_draws_all_anew() {
    let mut stream = Streaming::default();
    stream.push(ANSWER);
    stream.lines(20);
    stream.finish();
    assert_eq!(all(&mut stream, 60), markdown(ANSWER, 60));
    assert_eq!(all(&mut stream, 20), markdown(ANSWER, 20));
}

#[test]
fn a_text_without_end_is_cut_and_says_so() {
    let mut stream = Streaming::default();
    for _ in 0..9 {
        stream.push(&"a b c\n\n".repeat(150_000));
    }
    stream.finish();
    assert!(texts(&all(&mut stream, 40)).last().is_some_and(|line| line.ends_with('…')));
}

/// The text in pieces at these places.
fn pieces(text: &str, cuts: &[prop::sample::Index]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(characters.len() + 1)).collect();
    places.extend([0, characters.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|place| characters.iter().skip(place[0]).take(place[1] - place[0]).collect())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn however_it_came_the_lines_are_the_same(
        text in prop_oneof![Just(ANSWER.to_owned()), crate::markdown::tests::text()],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        width in 4_u16..60,
    ) {
        let mut stream = Streaming::default();
        for piece in pieces(&text, &cuts) {
            stream.push(&piece);
            let settled = stream.settled();
            prop_assert!(stream.lines(width).iter().all(|line| line.width() <= usize::from(width)));
            prop_assert!(stream.settled() >= settled);
        }
        stream.finish();
        prop_assert_eq!(all(&mut stream, width), markdown(&text, width));
    }

    #[test]
    fn long_lines_are_cut_in_the_same_places(line in "([a-zа-я]{1,9} ?){1,9}", cut in 1_usize..5_000) {
        let text = line.repeat(40_000 / line.len());
        let mut stream = Streaming::default();
        let characters: Vec<char> = text.chars().collect();
        characters.chunks(cut).for_each(|piece| stream.push(&piece.iter().collect::<String>()));
        stream.finish();
        prop_assert_eq!(all(&mut stream, 60), markdown(&text, 60));
    }
}
