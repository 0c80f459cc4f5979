//! A number by its value, in the shapes in which people and models write one: thousands apart or with commas, decimal commas,
//! fractions, mixed ones, LaTeX's.

use std::borrow::Cow;

/// A number by its value: a whole one, or a fraction in lowest terms.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.replace(['\u{a0}', '\u{202f}'], " ").replace(" / ", "/");
    let text = joined(&plain_fraction(text.trim().trim_start_matches("\\$")));
    let text = text.as_str();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let (above, below) = (decimal(above)?, decimal(below)?);
    let whole = |(digits, places): (i128, u32), other: u32| {
        digits.checked_mul(10_i128.checked_pow(other.saturating_sub(places))?)
    };
    let places = above.1.max(below.1);
    let (above, below) = (whole(above, places)?, whole(below, places)?);
    let divisor = gcd(above, below);
    if below == 0 || divisor == 0 {
        return None;
    }
    let (above, below) = (above / divisor, below / divisor);
    let sign = if negative && above != 0 { "-" } else { "" };
    Some(if below == 1 { format!("{sign}{above}") } else { format!("{sign}{above}/{below}") })
}

/// A number of [`number`] so many times.
pub(super) fn times(value: &str, factor: i128) -> Option<String> {
    let (above, below) = value.split_once('/').unwrap_or((value, "1"));
    number(&format!("{}/{below}", above.parse::<i128>().ok()?.checked_mul(factor)?))
}

/// Numbers written apart as one: groups of three digits ("1 500 000"), a fraction behind a whole number ("1 1/2").
pub(super) fn joined(text: &str) -> String {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_group = |part: &str| {
        part.len() >= 3 && part.get(..3).is_some_and(digits) && !part.get(3..4).is_some_and(digits)
    };
    let mut parts = text.split(' ').peekable();
    let mut words: Vec<String> = Vec::new();
    while let Some(part) = parts.next() {
        let mut word = part.to_owned();
        let of_sign = |word: &str| word.trim_start_matches(['-', '$', '€', '₽', '£']).to_owned();
        if digits(&of_sign(&word)) && of_sign(&word).len() <= 3 {
            let mut is_number = true; // a unit that is written to a group ends it
            while let Some(group) = parts.next_if(|part| is_number && is_group(part)) {
                is_number = digits(group);
                word += group;
            }
        }
        let mixed = parts.peek().and_then(|fraction| mixed(&word, fraction));
        if let Some(mixed) = mixed {
            word = mixed;
            parts.next();
        }
        words.push(word);
    }
    words.join(" ")
}

/// A whole number and a fraction under one as one fraction.
fn mixed(whole: &str, fraction: &str) -> Option<String> {
    let (above, below) = fraction.split_once('/')?;
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let [whole, above, below] = [digits, above, below].map(|part| part.parse::<u32>().ok().map(u64::from));
    let (whole, above, below) = (whole?, above?, below?);
    (above < below).then(|| format!("{sign}{}/{below}", whole * below + above))
}

/// Fractions that are one sign.
const SIGNS: [(char, &str); 18] = [
    ('⅐', "1/7"),
    ('⅑', "1/9"),
    ('⅒', "1/10"),
    ('½', "1/2"),
    ('⅓', "1/3"),
    ('⅔', "2/3"),
    ('¼', "1/4"),
    ('¾', "3/4"),
    ('⅕', "1/5"),
    ('⅖', "2/5"),
    ('⅗', "3/5"),
    ('⅘', "4/5"),
    ('⅙', "1/6"),
    ('⅚', "5/6"),
    ('⅛', "1/8"),
    ('⅜', "3/8"),
    ('⅝', "5/8"),
    ('⅞', "7/8"),
];

/// With fractions of LaTeX (`\frac{1}{2}`) and those that are one sign (½) as digits.
pub(super) fn plain_fraction(text: &str) -> String {
    let text = &text.replace('⁄', "/");
    if let Some((sign, plain)) = SIGNS.iter().find(|(sign, _)| text.contains(*sign)) {
        return text.replacen(*sign, &format!(" {plain}"), 1).trim_start().to_owned();
    }
    latex_fraction(text).unwrap_or_else(|| text.to_owned())
}

fn latex_fraction(text: &str) -> Option<String> {
    let start = |mark: &str| text.split_once(mark);
    let (before, rest) = ["\\frac{", "\\dfrac{", "\\tfrac{", "\\cfrac{"].into_iter().find_map(start)?;
    let (above, rest) = rest.split_once("}{")?;
    let (below, after) = rest.split_once('}')?;
    let apart = if before.ends_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
    let is_plain = !above.contains('{') && !below.contains('{');
    is_plain.then(|| format!("{before}{apart}{above}/{below}{after}"))
}

/// Digits and how many of them stand behind the point. A comma before three digits parts thousands, another one is a decimal
/// comma: "1,500" is 1500 and "1,5" is 1.5.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let pointed = text.strip_prefix('.').map(|rest| format!("0.{rest}"));
    let text = pointed.as_deref().unwrap_or(text);
    let text = without_apostrophes(text)?;
    let groups: Vec<&str> = text.split(',').collect();
    let (whole, fraction) = match groups.as_slice() {
        [one] => {
            let (whole, fraction) = one.split_once('.').unwrap_or((one, "0"));
            (whole.to_owned(), fraction)
        }
        [whole, fraction] if !fraction.contains('.') && (fraction.len() != 3 || *whole == "0") => {
            ((*whole).to_owned(), *fraction)
        }
        [first, middle @ .., last] => {
            let (last, fraction) = last.split_once('.').unwrap_or((last, "0"));
            let by_thousands = first.len() <= 3 && middle.iter().chain([&last]).all(|group| group.len() == 3);
            let digits: Vec<&str> =
                [*first].into_iter().chain(middle.iter().copied()).chain([last]).collect();
            (by_thousands.then(|| digits.concat())?, fraction)
        }
        [] => return None,
    };
    let fraction = fraction.trim_end_matches('0');
    if !all_digits(&whole) || !(fraction.is_empty() || all_digits(fraction)) {
        return None;
    }
    Some((format!("{whole}{fraction}").parse().ok()?, u32::try_from(fraction.len()).ok()?))
}

/// Without the apostrophes that part thousands in Switzerland and the lines that do in programs; none where they part
/// something else.
fn without_apostrophes(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['\'', '’', '_']) {
        return Some(Cow::Borrowed(text));
    }
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split(['\'', '’', '_']);
    let first = groups.next()?;
    let by_thousands = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    let digits = whole.replace(['\'', '’', '_'], "");
    by_thousands
        .then(|| Cow::Owned(fraction.map_or(digits.clone(), |fraction| format!("{digits}.{fraction}"))))
}

/// Euclid's.
fn gcd(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { gcd(other, one % other) }
}
