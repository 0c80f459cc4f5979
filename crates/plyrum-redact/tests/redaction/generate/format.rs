//! A small language for key formats: `ghp_[A-Za-z0-9]{36}`, `(live|test)_[a-f0-9]{31,35}`, `<uuid>`.
//! `‹` and `›` mark the part that is secret, if the rest is not.

use super::random::Random;

const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

/// One text of this format, and the part of it that is secret.
pub(crate) fn sample(format: &str, random: &mut Random) -> (String, String) {
    let text = expand(&format.replace("<uuid>", UUID), random);
    match text.split_once('‹').map(|(before, rest)| (before, rest.split_once('›').unwrap())) {
        Some((before, (secret, after))) => (format!("{before}{secret}{after}"), secret.to_owned()),
        None => (text.clone(), text),
    }
}

fn expand(format: &str, random: &mut Random) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let (_, after) = rest.split_at(c.len_utf8());
        rest = match c {
            '[' => {
                let (class, after) = after.split_once(']').unwrap();
                let (count, after) = count(after, random);
                let letters = letters(class);
                (0..count).for_each(|_| out.push(letters[random.below(letters.len())]));
                after
            }
            '(' => {
                let (choices, after) = after.split_once(')').unwrap();
                let choices: Vec<&str> = choices.split('|').collect();
                out.push_str(&expand(random.pick(&choices), random));
                after
            }
            _ => {
                out.push(c);
                after
            }
        };
    }
    out
}

/// `{n}` or `{n,m}`; otherwise once.
fn count<'f>(format: &'f str, random: &mut Random) -> (usize, &'f str) {
    let Some((count, after)) = format.strip_prefix('{').and_then(|f| f.split_once('}')) else {
        return (1, format);
    };
    let (least, most) = count.split_once(',').unwrap_or((count, count));
    let (least, most): (usize, usize) = (least.parse().unwrap(), most.parse().unwrap());
    (least + random.below(most - least + 1), after)
}

/// `a-z0-9_-`: ranges and single letters; `-` at the end is itself.
fn letters(class: &str) -> Vec<char> {
    let chars: Vec<char> = class.chars().collect();
    let mut letters = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if at + 2 < chars.len() && chars[at + 1] == '-' {
            letters.extend(chars[at]..=chars[at + 2]);
            at += 3;
        } else {
            letters.push(chars[at]);
            at += 1;
        }
    }
    letters
}
