//! Proposals that say the same.

use super::{blocks, discrete, moa, request, story};
use crate::world::story::{Event::*, check, play, proposes};

const SAID: &str = "The daemon owns the keys, the money and the audit log of every run that it drives.";
const SAID_AGAIN: &str = "The daemon owns the keys, the money and the audit log of every run that it drives!";

#[test]
fn are_merged_with_a_count_of_votes() {
    let told = play(
        &moa(3),
        &story([
            vec![Waits(400)],
            proposes(1, SAID),
            proposes(2, "Clients hold nothing."),
            proposes(3, SAID_AGAIN),
            proposes(4, "all in one"),
        ]),
    );
    let mut shown: Vec<(&str, usize)> = blocks(request(&told, 4)).iter().map(|b| (b.body, b.votes)).collect();
    shown.sort_unstable();
    assert_eq!(shown, [("Clients hold nothing.", 1), (SAID, 2)]);
}

#[test]
fn all_the_same_are_the_answer_and_nobody_else_is_asked() {
    let told = check(
        &moa(2),
        &story([proposes(1, SAID), proposes(2, SAID_AGAIN)]),
        r#"
        hold.taken 1 and 2 and 3 for 2.5927 RUB
        step.started p-1
        attempt.started 1 lab/m1, try 1
        step.started p-2
        attempt.started 2 lab/m2, try 1
        attempt.opened 1 after 0 ms
        attempt.finished 1 ok, reported 0.0034 RUB
        step.finished p-1 ok 0.0034 RUB
        provisional p-1
        attempt.opened 2 after 0 ms
        attempt.finished 2 ok, reported 0.0034 RUB
        step.finished p-2 ok 0.0034 RUB
        quorum.reached 2 of 2 after 0 ms (duplicates)
        step.started lead
        step.finished lead ok 0.00 RUB
        run.finished
        succeeded "The daemon owns the keys, the money and " 0.0068 RUB
    "#,
    );
    assert_eq!(told.result.answer, SAID);
    assert_eq!(told.result.model, "lab/m1");
}

#[test]
fn the_same_words_with_another_result_are_not_the_same_answer() {
    let words = "First we add the apples of the two baskets, then we take away the ones that were eaten, and \
                 so we get the number of apples that are left in the end of it all, and that number is ";
    let (one, two) = (format!("{words}17."), format!("{words}18."));
    let told = play(&discrete(moa(2)), &story([proposes(1, &one), proposes(2, &two), proposes(3, "17")]));
    assert_eq!(blocks(request(&told, 3)).len(), 2);
}
