//! Votes in words: what was said, by whom, and what that counts.

use crate::text::say;
use plyrum_protocol::VoteGroup;
use plyrum_words::Words;

/// A line for each group of equal answers, the heaviest first: `42: propose-1 (6.34) + propose-2 (5.61) = 11.95`.
pub(crate) fn lines(words: &Words, groups: &[VoteGroup]) -> Vec<String> {
    groups.iter().map(|group| line(words, group)).collect()
}

fn line(words: &Words, group: &VoteGroup) -> String {
    let answer = group.answer.clone().unwrap_or_else(|| words.say("votes-untold"));
    let voter = |vote: &plyrum_protocol::Voter| match vote.weight_milli {
        Some(weight) => format!("{} ({})", vote.step, bits(words, weight)),
        None => vote.step.to_string(),
    };
    let voters: Vec<String> = group.votes.iter().map(voter).collect();
    let who = match (voters.as_slice(), group.weight_milli()) {
        ([one], _) => one.clone(),
        (many, Some(weight)) => format!("{} = {}", many.join(" + "), bits(words, weight)),
        (many, None) => many.join(", "),
    };
    say!(in words, "votes-line", answer = answer, who = who)
}

/// Thousandths of a bit as bits.
fn bits(words: &Words, milli: i64) -> String {
    let hundredths = (milli.unsigned_abs() + 5) / 10;
    words.decimal(&format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::{StepId, Voter};
    use plyrum_words::Lang;

    fn group(answer: Option<&str>, votes: &[(&str, Option<i64>)]) -> VoteGroup {
        let vote = |(step, weight_milli): &(&str, Option<i64>)| Voter {
            step: StepId::new(*step).unwrap(),
            weight_milli: *weight_milli,
        };
        VoteGroup { answer: answer.map(str::to_owned), votes: votes.iter().map(vote).collect() }
    }

    #[test]
    fn who_said_what_can_be_added_up() {
        let weighed = [
            group(Some("42"), &[("p-1", Some(6338)), ("p-2", Some(5610))]),
            group(Some("41"), &[("p-3", Some(5977))]),
        ];
        assert_eq!(
            lines(&Words::new(Lang::En), &weighed),
            ["42: p-1 (6.34) + p-2 (5.61) = 11.95", "41: p-3 (5.98)"]
        );
        assert_eq!(lines(&Words::new(Lang::Ru), &weighed)[0], "42: p-1 (6,34) + p-2 (5,61) = 11,95");
        let equal = [group(None, &[("p-1", None)]), group(Some("7"), &[("p-2", None), ("p-3", None)])];
        assert_eq!(lines(&Words::new(Lang::En), &equal), ["no answer that can be told: p-1", "7: p-2, p-3"]);
    }
}
