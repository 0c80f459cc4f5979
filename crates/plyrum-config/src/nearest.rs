//! "Did you mean": one notion of nearness for keys, models, commands and names.

/// Longer words are not compared: a typing slip in one is not what went wrong.
const MAX_CHARS: usize = 128;

/// The candidate that `needle` was probably meant to be, if one is near enough: at most a
/// third of the letters wrong (one of two, at least one), swaps counted as one slip, case
/// and `-` against `_` not counted. The first of equally near candidates wins.
pub fn nearest<'a>(needle: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = fold(needle);
    let length = wanted.chars().count();
    if length == 0 || length > MAX_CHARS {
        return None;
    }
    let allowed = length.div_ceil(3);
    candidates
        .filter(|candidate| candidate.chars().count() <= MAX_CHARS)
        .map(|candidate| (strsim::osa_distance(&wanted, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(needle: &str, expected: Option<&str>) {
        let known = ["input", "output", "base_url", "api_key", "usage", "lab/fast"];
        assert_eq!(nearest(needle, known.into_iter()), expected, "{needle}");
    }

    #[test]
    fn slips_of_the_finger_are_found() {
        check("inptu", Some("input"));
        check("Output", Some("output"));
        check("base-url", Some("base_url"));
        check("apikey", Some("api_key"));
        check("usge", Some("usage"));
        check("lab/fats", Some("lab/fast"));
    }

    #[test]
    fn another_word_is_not_a_slip() {
        check("temperature", None);
        check("", None);
        check("x", None);
        check(&"i".repeat(10_000), None);
    }
}
