//! Where the keys of a Cyrillic layout lie on a Latin one. Most terminals report the letter that a layout makes of a key,
//! not the key, so ctrl and the key that says `c` arrives as ctrl and `с`.

/// Cyrillic letters, and the Latin characters of the same keys without and with shift.
const KEYS: &[(&str, &str, &str)] = &[
    ("йцукенгшщзхъ", "qwertyuiop[]", "QWERTYUIOP{}"),
    ("фывапролджэ", "asdfghjkl;'", "ASDFGHJKL:\""),
    ("ячсмитьбюё", "zxcvbnm,.`", "ZXCVBNM<>~"),
    // What Ukrainian and Belarusian layouts have elsewhere.
    ("ієїў", "s']o", "S\"}O"),
];

/// The Latin character of the key that types the small letter `cyrillic`.
pub(super) fn latin(cyrillic: char, is_shifted: bool) -> Option<char> {
    KEYS.iter().find_map(|(from, plain, shifted)| {
        let place = from.chars().position(|known| known == cyrillic)?;
        if is_shifted { shifted } else { plain }.chars().nth(place)
    })
}
