//! When texts say the same: discrete answers by their value, counted as votes; prose by shared phrases.

use crate::answer::{Answer, Counted, Reading, answer};
use std::collections::BTreeSet;

/// Words of a phrase that is compared.
const PHRASE: usize = 3;
/// Phrases shared by near-duplicates, in percent of all (Jaccard index; Broder 1997 calls it resemblance).
const NEAR_PERCENT: usize = 90;
/// Voters without a say that could still change a result: more than two rarely agree against the evidence so far.
const CHALLENGERS: usize = 2;

/// One who votes: the answer in its text, where there is one, and what its word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vote {
    answer: Option<Answer>,
    weight: i64,
}

impl Vote {
    pub(crate) fn of(text: &str, weight: i64, reading: Reading) -> Self {
        Self { answer: answer(text, reading), weight }
    }

    fn counted(&self) -> Option<&Counted> {
        self.answer.as_ref()?.counted.as_ref()
    }
}

/// Those who gave the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The answer as its best-ranked member was read; none where that one gave none that can be told.
    pub(crate) answer: Option<String>,
    /// What their words count together. A vote without an answer counts nothing: it is heard where there is no other.
    pub(crate) weight: i64,
    /// Places of its members, best-ranked first.
    pub(crate) members: Vec<usize>,
}

/// Groups of equal answers; the heaviest first, equal ones in the order of their best-ranked member. Votes without an
/// answer stand alone.
pub(crate) fn groups(votes: &[Vote]) -> Vec<Group> {
    let meanings = meanings(votes);
    let same = |a: usize, b: usize| match (meanings.get(a), meanings.get(b)) {
        (Some(one), Some(two)) => one.is_some() && one == two,
        _ => false,
    };
    let of = |members: Vec<usize>| {
        let all = || members.iter().filter_map(|at| votes.get(*at));
        let answer = all().next().and_then(|vote| vote.answer.as_ref()).map(|answer| answer.text.clone());
        let weight = all().filter(|vote| vote.answer.is_some()).map(|vote| vote.weight).sum();
        Group { answer, weight, members }
    };
    let mut groups: Vec<Group> = group(votes.len(), same).into_iter().map(of).collect();
    // The best-ranked member decides between equals, not how many they are.
    groups.sort_by_key(|group| (std::cmp::Reverse(group.weight), group.members.first().copied()));
    groups
}

/// Groups of texts that say nearly the same, where no answer can be told: each vote counts one.
pub(crate) fn alike(texts: &[&str]) -> Vec<Group> {
    let of = |members: Vec<usize>| Group {
        answer: None,
        weight: i64::try_from(members.len()).unwrap_or(i64::MAX),
        members,
    };
    near_duplicates(texts, None).into_iter().map(of).collect()
}

/// What each vote means among the others: two that mean the same have the same words here. "18" and "18 apples" do, unless
/// another vote has 18 of something else; then who says less goes with the heaviest of those who say that and more.
fn meanings(votes: &[Vote]) -> Vec<Option<String>> {
    votes.iter().map(|vote| Some(meaning(vote.answer.as_ref()?, votes))).collect()
}

fn meaning(answer: &Answer, votes: &[Vote]) -> String {
    let Some(counted) = &answer.counted else { return answer.text.clone() };
    let others: Vec<(&Counted, i64)> = votes
        .iter()
        .filter_map(|vote| Some((vote.counted()?, vote.weight)))
        .filter(|(other, _)| other.value == counted.value)
        .collect();
    let all_alike = others.iter().all(|(one, _)| others.iter().all(|(other, _)| one.may_be(other)));
    if all_alike {
        return counted.value.clone();
    }
    let mut sums: Vec<(&BTreeSet<String>, i64)> = Vec::new(); // in order of rank: the first of equals is kept
    for (other, weight) in others.iter().filter(|(other, _)| !other.of.is_empty()) {
        match sums.iter_mut().find(|(of, _)| **of == other.of) {
            Some((_, sum)) => *sum += weight,
            None => sums.push((&other.of, *weight)),
        }
    }
    // Who says less goes with the heaviest of those who say that and more.
    let mut of = &counted.of;
    while let Some((more, _)) =
        sums.iter().rev().filter(|(more, _)| *more != of && of.is_subset(more)).max_by_key(|(_, sum)| *sum)
    {
        of = more;
    }
    let words: Vec<&str> = of.iter().map(String::as_str).collect();
    format!("{} {}", counted.value, words.join(" "))
}

/// Whether the votes that are in settle it: two or more have an answer, and the two heaviest of those who have not spoken
/// could not bring another one before the heaviest.
pub(crate) fn is_settled(votes: &[Vote], unheard: &[i64]) -> bool {
    let mut unheard = unheard.to_vec();
    unheard.sort_unstable_by_key(|weight| std::cmp::Reverse(*weight));
    let late: i64 = unheard.iter().take(CHALLENGERS).sum();
    let groups: Vec<Group> = groups(votes).into_iter().filter(|group| group.answer.is_some()).collect();
    let heard: usize = groups.iter().map(|group| group.members.len()).sum();
    let Some((first, others)) = groups.split_first() else { return false };
    // Where late words name something else and weigh more than those who say most here, those who say less may go over to
    // it, and what they count with them.
    let held = hold(votes, first);
    let same_number =
        others.iter().filter(|other| is_same_number(votes, first, other)).map(|other| other.weight);
    // A new word ranks behind theirs; one that somebody said already may rank before.
    let is_loose = late > held || same_number.max().is_some_and(|weight| late > 0 && weight + late >= held);
    let loose = if is_loose { loose(votes, first) } else { 0 };
    let sure = first.weight - loose;
    let stays = |other: &Group| {
        let lead = sure - other.weight;
        let gain = late + if is_same_number(votes, first, other) { loose } else { 0 };
        lead > gain || lead == gain && first.members.first() < other.members.first()
    };
    // An answer that nobody gave yet would rank behind all.
    heard >= 2 && sure >= late + loose && others.iter().all(stays)
}

/// What the words of those count who say less than others of their group: "18" beside "18 apples".
fn loose(votes: &[Vote], group: &Group) -> i64 {
    let members = || group.members.iter().filter_map(|at| votes.get(*at));
    let most = members().filter_map(Vote::counted).map(|counted| counted.of.len()).max().unwrap_or(0);
    let says_less = |vote: &&Vote| vote.counted().is_some_and(|counted| counted.of.len() < most);
    members().filter(says_less).map(|vote| vote.weight).sum()
}

/// What holds those who say less in their group: the least weight of who says the same and more.
fn hold(votes: &[Vote], group: &Group) -> i64 {
    let members = || {
        let of = |at: &usize| votes.get(*at).and_then(|vote| Some((&vote.counted()?.of, vote.weight)));
        group.members.iter().filter_map(of)
    };
    let sum = |of: &BTreeSet<String>| -> i64 {
        members().filter(|(other, _)| *other == of).map(|(_, weight)| weight).sum()
    };
    let above = |of: &BTreeSet<String>| {
        members().filter(|(more, _)| *more != of && of.is_subset(more)).map(|(more, _)| sum(more)).max()
    };
    members().filter_map(|(of, _)| above(of)).min().unwrap_or(0)
}

/// Whether two groups mean one number, of two things.
fn is_same_number(votes: &[Vote], one: &Group, other: &Group) -> bool {
    let value = |group: &Group| {
        let first = votes.get(*group.members.first()?)?;
        first.counted().map(|counted| counted.value.as_str())
    };
    value(one).is_some_and(|one| value(other) == Some(one))
}

/// Whether two of these gave the same answer.
pub(crate) fn two_agree(votes: &[Vote]) -> bool {
    let mut seen = BTreeSet::new();
    meanings(votes).into_iter().flatten().any(|meaning| !seen.insert(meaning))
}

/// Groups of texts that say nearly the same in nearly the same words; where answers
/// are compared (`reading`), only such that give the same one, since a long text may differ in that alone.
pub(crate) fn near_duplicates(texts: &[&str], reading: Option<Reading>) -> Vec<Vec<usize>> {
    // Two texts that end with different numbers differ, whether or not a number was asked for.
    let reading = reading.map(|reading| if reading == Reading::Value { Reading::Number } else { reading });
    let answers: Vec<_> =
        texts.iter().map(|text| reading.and_then(|reading| answer(text, reading))).collect();
    let is_same = |one: Option<&Option<Answer>>, two: Option<&Option<Answer>>| match (one, two) {
        (Some(Some(one)), Some(Some(two))) => one.may_be(two),
        (one, two) => one == two,
    };
    let phrases: Vec<BTreeSet<Vec<String>>> = texts.iter().map(|text| phrases(text)).collect();
    group(texts.len(), |a, b| match (phrases.get(a), phrases.get(b)) {
        (Some(one), Some(two)) => is_near(one, two) && is_same(answers.get(a), answers.get(b)),
        _ => false,
    })
}

fn phrases(text: &str) -> BTreeSet<Vec<String>> {
    let words: Vec<String> = text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    match words.as_slice() {
        [] => BTreeSet::from([vec![text.trim().to_owned()]]), // signs alone: as they are
        few if few.len() < PHRASE => BTreeSet::from([words]),
        many => many.windows(PHRASE).map(<[String]>::to_vec).collect(),
    }
}

fn is_near(a: &BTreeSet<Vec<String>>, b: &BTreeSet<Vec<String>>) -> bool {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    shared * 100 >= all * NEAR_PERCENT
}

fn group(count: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in 0..count {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| same(*first, at))) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len())); // stable: equals stay in order of rank
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn votes(said: &[(&str, i64)]) -> Vec<Vote> {
        said.iter().map(|(text, weight)| Vote::of(text, *weight, Reading::Value)).collect()
    }

    #[test]
    fn the_largest_group_wins_and_rank_breaks_ties() {
        assert_eq!(grouped(&["1", "2", "2.0", "3"]), vec![vec![1, 2], vec![0], vec![3]]);
        assert_eq!(grouped(&["5", "4"]), vec![vec![0], vec![1]]);
        let agree = |texts: [&str; 2]| two_agree(&votes(&texts.map(|text| (text, 1))));
        assert!(agree(["7", "Answer: 7"]) && !agree(["7", "8"]));
    }

    #[test]
    fn of_what_a_number_is_counts_where_two_say_different_things() {
        assert_eq!(grouped(&["18", "Answer: 18 apples", "17 apples"]), vec![vec![0, 1], vec![2]]);
        assert_eq!(grouped(&["There are 18 apples.", "18 apples left"]), vec![vec![0, 1]]);
        assert_eq!(grouped(&["5 km", "5 miles", "5 miles"]), vec![vec![1, 2], vec![0]]);
        assert_eq!(grouped(&["5", "5 km", "5 miles", "5 miles"]), vec![vec![0, 2, 3], vec![1]]);
        assert_eq!(grouped(&["5 km", "5", "5 miles"]), vec![vec![0, 1], vec![2]], "rank breaks ties");
        assert_eq!(grouped(&["5", "5 million"]), vec![vec![0], vec![1]]);
        let apples = ["18 oranges", "18 apples", "18 apples left"];
        assert_eq!(grouped(&apples), vec![vec![1, 2], vec![0]], "a third one does not part two that agree");
        let agree = |texts: [&str; 2]| two_agree(&votes(&texts.map(|text| (text, 1))));
        assert!(agree(["18", "18 яблок"]) && !agree(["5 am", "5 pm"]));
    }

    fn grouped(texts: &[&'static str]) -> Vec<Vec<usize>> {
        let said: Vec<(&str, i64)> = texts.iter().map(|text| (*text, 1)).collect();
        groups(&votes(&said)).into_iter().map(|group| group.members).collect()
    }

    #[test]
    fn a_group_has_its_answer_and_the_sum_of_its_words() {
        let prose =
            "I would rather tell you of something else, and at some length, than say what I think of it.";
        let groups = groups(&votes(&[(prose, 9), ("Answer: 42.", 3), ("42", 4)]));
        let of = |answer: Option<&str>, weight, members: &[usize]| Group {
            answer: answer.map(str::to_owned),
            weight,
            members: members.to_vec(),
        };
        assert_eq!(groups, vec![of(Some("42"), 7, &[1, 2]), of(None, 0, &[0])]);
    }

    #[test]
    fn two_weak_ones_do_not_outvote_a_strong_one() {
        assert_eq!(groups(&votes(&[("1", 5000), ("2", 2000), ("2", 2000)]))[0].members, vec![0]);
        assert_eq!(groups(&votes(&[("1", 3000), ("2", 2000), ("2", 2000)]))[0].members, vec![1, 2]);
        assert_eq!(
            groups(&votes(&[("1", 4000), ("2", 2000), ("2", 2000)]))[0].members,
            vec![0],
            "rank decides"
        );
    }

    #[test]
    fn it_is_settled_when_two_more_could_not_change_it() {
        let settled = |said: &[(&str, i64)], unheard: &[i64]| is_settled(&votes(said), unheard);
        assert!(settled(&[("7", 5), ("7", 4)], &[4, 4, 4]));
        assert!(!settled(&[("7", 5), ("8", 4)], &[4, 4, 4]));
        assert!(!settled(&[("7", 5), ("8", 4), ("7", 4)], &[4, 4]), "two to one is not enough");
        assert!(settled(&[("7", 5), ("8", 4), ("7", 4), ("7", 4)], &[4]));
        assert!(
            settled(&[("7", 4), ("7", 4), ("8", 4)], &[4]),
            "level with the better-ranked is not before it"
        );
        assert!(!settled(&[("8", 4), ("7", 4), ("7", 4)], &[4]), "level, and better-ranked");
        assert!(!settled(&[("7", 9)], &[]), "one alone agrees with nobody");
        assert!(settled(&[("7", 9), ("8", 2)], &[3]), "who is sure enough needs no second");
        assert!(settled(&[("7", 4), ("7", 4)], &[4, 4]));
        assert!(!settled(&[("7", 4), ("7 km", 4)], &[4, 4]), "miles could take the bare one with them");
        assert!(settled(&[("7 km", 9), ("7", 1), ("8", 1)], &[4, 3]));
        assert!(settled(&[("7 km", 5), ("7", 4)], &[4]), "miles of less weight take nothing with them");
    }

    proptest! {
        #[test]
        fn one_more_vote_for_the_winner_never_unseats_it(
            said in prop::collection::vec((0_u8..4, 1_i64..9000), 1..8), more in 1_i64..9000
        ) {
            let texts: Vec<String> = said.iter().map(|(answer, _)| answer.to_string()).collect();
            let mut votes: Vec<Vote> =
                texts.iter().zip(&said).map(|(text, (_, w))| Vote::of(text, *w, Reading::Value)).collect();
            let winner = votes[groups(&votes)[0].members[0]].answer.clone();
            votes.push(Vote { answer: winner.clone(), weight: more });
            prop_assert_eq!(&votes[groups(&votes)[0].members[0]].answer, &winner);
        }

        #[test]
        fn what_is_settled_stays_so_whatever_two_more_say(
            // Few weights, so that sums are often level.
            said in prop::collection::vec((0_u8..3, 0_usize..4, 1_i64..5), 2..6),
            late in prop::collection::vec((0_u8..4, 0_usize..5, 1_i64..5), 0..3)
        ) {
            let vote = |(number, of, weight): &(u8, usize, i64)| {
                let of = ["", " apples", " apples left", " km", " miles"][*of];
                Vote::of(&format!("{number}{of}"), *weight, Reading::Value)
            };
            let mut votes: Vec<Vote> = said.iter().map(vote).collect();
            let unheard: Vec<i64> = late.iter().map(|(_, _, weight)| *weight).collect();
            prop_assume!(is_settled(&votes, &unheard));
            let winner = votes[groups(&votes)[0].members[0]].answer.clone().unwrap();
            votes.extend(late.iter().map(vote));
            let still = votes[groups(&votes)[0].members[0]].answer.clone().unwrap();
            prop_assert!(still.may_be(&winner), "{:?} after {:?}", still, winner);
        }
    }

    #[test]
    fn the_same_words_with_another_result_are_another_answer() {
        let words = "First we add the apples of the two baskets, then we take away the ones that were eaten, \
                     and so we get the number of apples that are left in the end of it all, which is ";
        let (one, two) = (format!("{words}17."), format!("{words}18."));
        assert_eq!(near_duplicates(&[&one, &two], Some(Reading::Number)).len(), 2);
        assert_eq!(near_duplicates(&[&one, &two], None).len(), 1);
    }

    #[test]
    fn near_duplicates_are_merged_and_different_texts_are_not() {
        let a = "The daemon owns the keys, the money and the audit log of every run that it drives.";
        let b = "The daemon owns the keys, the money and the audit log of every run that it drives!";
        let c = "Clients connect over a local socket and hold nothing of their own.";
        assert_eq!(near_duplicates(&[a, c, b], None), vec![vec![0, 2], vec![1]]);
        assert_eq!(near_duplicates(&["🦀", "🦞", "🦀"], None), vec![vec![0, 2], vec![1]]);
    }
}
