//! Text that cannot begin a secret is not held back: people read it while it streams.

use plyrum_redact::Redactor;

use crate::corpus::RUSSIAN;

const ENGLISH: &str = "The aggregator reads both proposals and writes the answer. Its basic task is to ask \
    which claims agree; a bearer of bad news, the skeptic, gets equal weight: xylophones, hooks and all. ";

#[test]
fn prose_comes_back_from_the_same_push_but_for_a_few_letters() {
    let redactor = Redactor::new([1; 32], [("lab".to_owned(), "q7-lab-key-0123456789".into())]);
    for text in [RUSSIAN, ENGLISH] {
        let mut stream = redactor.stream();
        for word in text.split_inclusive(' ') {
            let _ = stream.push(word);
            let may_wait = match word {
                "basic " | "bearer " => 7,
                _ if word.ends_with("; ") => 2, // may go on with `password=`
                _ => 0,
            };
            assert!(stream.held_bytes() <= may_wait, "{} bytes held after {word:?}", stream.held_bytes());
        }
    }
}

#[test]
fn prose_about_a_command_is_let_go_at_its_next_word() {
    let mut stream = Redactor::new([1; 32], []).stream();
    let shown = stream.push("Use curl to fetch https://a.b, or curl https://a.b and wget");
    assert!(shown.ends_with("curl https://a.b and wget"), "{shown:?}");
}

#[test]
fn russian_is_never_held() {
    let mut stream = Redactor::new([1; 32], [("lab".to_owned(), "q7-lab-key-0123456789".into())]).stream();
    for c in RUSSIAN.chars() {
        let c = c.to_string();
        assert_eq!(stream.push(&c), c);
    }
}

#[test]
fn a_letter_that_may_begin_a_key_waits_for_one_more() {
    let mut stream = Redactor::new([1; 32], []).stream();
    assert_eq!(stream.push("see s"), "see ");
    assert_eq!(stream.push("k"), "");
    assert_eq!(stream.push("e"), "ske");
    assert_eq!(stream.push("tch this"), "tch this");
    assert_eq!(stream.finish(), "");
}
