//! A terminal's input, taken apart as a terminal does it (ECMA-48, and xterm's strings), and the closed list of what
//! Plyrum itself says to one.

/// A part of what a terminal is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sequence {
    /// A character that is shown.
    Text(char),
    /// A control character: C0, DEL, C1.
    Control(char),
    /// `ESC [ …`. `prefix` and `middle` are NUL and empty where there are none.
    Csi { prefix: char, parameters: String, middle: String, end: char },
    /// A string: its introducer (`]`, `P`, `X`, `^`, `_`) and what it holds.
    String { kind: char, text: String },
    /// Any other escape sequence.
    Escape(String),
    /// Bytes that are no text.
    NoText(Vec<u8>),
}

/// Takes a stream apart.
pub(crate) fn sequences(bytes: &[u8]) -> Vec<Sequence> {
    let mut found = Vec::new();
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid().chars().peekable();
        while let Some(c) = rest.next() {
            found.push(match c {
                '\u{1b}' => escape(&mut rest),
                c if c.is_control() => Sequence::Control(c),
                c => Sequence::Text(c),
            });
        }
        if !chunk.invalid().is_empty() {
            found.push(Sequence::NoText(chunk.invalid().to_vec()));
        }
    }
    found
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn escape(rest: &mut Rest<'_>) -> Sequence {
    match rest.next() {
        Some('[') => csi(rest),
        Some(kind @ (']' | 'P' | 'X' | '^' | '_')) => string(kind, rest),
        Some(c) => {
            let mut text = String::from(c);
            if (' '..='/').contains(&c) {
                text.extend(rest.next());
            }
            Sequence::Escape(text)
        }
        None => Sequence::Escape(String::new()),
    }
}

fn csi(rest: &mut Rest<'_>) -> Sequence {
    let prefix = rest.next_if(|c| ('<'..='?').contains(c)).unwrap_or('\0');
    let parameters = taken(rest, |c| ('0'..=';').contains(&c));
    let middle = taken(rest, |c| (' '..='/').contains(&c));
    let end = rest.next().unwrap_or('\0');
    Sequence::Csi { prefix, parameters, middle, end }
}

fn taken(rest: &mut Rest<'_>, fits: impl Fn(char) -> bool) -> String {
    std::iter::from_fn(|| rest.next_if(|c| fits(*c))).collect()
}

fn string(kind: char, rest: &mut Rest<'_>) -> Sequence {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '\u{7}' | '\u{9c}' => break,
            '\u{1b}' if rest.peek() == Some(&'\\') => {
                let _backslash = rest.next();
                break;
            }
            c => text.push(c),
        }
    }
    Sequence::String { kind, text }
}

/// The modes of `CSI ? n h` that the screen uses: cursor, alternate screen, bracketed paste, focus, one picture at a
/// time, mouse.
const MODES: [&str; 10] = ["25", "1049", "2004", "1004", "2026", "1000", "1002", "1003", "1006", "1015"];

/// Modes that are switched on once, and off once: no text can be taken for a change of them.
const ONCE: [&str; 3] = ["1049", "2004", "1004"];

/// Whether the screen itself says this. Strings (a notice, the clipboard) are not in it: who asks for one, allows it.
fn is_ours(sequence: &Sequence) -> bool {
    let Sequence::Csi { prefix, parameters, middle, end } = sequence else {
        // Nothing that turns or hides text.
        return matches!(sequence, Sequence::Text(c) if !is_deceiving(*c));
    };
    middle.is_empty()
        && match (*prefix, *end) {
            ('\0', 'H') => parameters.split(';').count() == 2 && numbers(parameters).is_some(),
            ('\0', 'm') => numbers(parameters).is_some_and(|numbers| is_colour(&numbers)),
            ('\0', 'J') => parameters == "2",
            ('?', 'h' | 'l') => MODES.contains(&parameters.as_str()),
            ('>' | '<', 'u') => parameters == "1",
            _ => false,
        }
}

/// What in a stream the screen would not say by itself, or not there, or not so often. Lines of text are there only where
/// the terminal is the shell's.
pub(crate) fn foreign(bytes: &[u8]) -> Vec<Sequence> {
    let (mut is_taken, mut told, mut found) = (false, Vec::new(), Vec::new());
    for sequence in sequences(bytes) {
        let mode = match &sequence {
            Sequence::Csi { prefix: '?', parameters, end, .. } => Some((parameters.clone(), *end)),
            _ => None,
        };
        let is_again = mode.as_ref().is_some_and(|mode| is_again(&told, mode));
        let is_line = matches!(sequence, Sequence::Control('\r' | '\n')) && !is_taken;
        if let Some(("1049", end)) = mode.as_ref().map(|(mode, end)| (mode.as_str(), *end)) {
            is_taken = end == 'h';
        }
        told.extend(mode);
        if is_again || !(is_line || is_ours(&sequence)) {
            found.push(sequence);
        }
    }
    found
}

/// Whether a mode is switched on or off that was so already, or, where that happens once, was so before.
fn is_again(told: &[(String, char)], mode: &(String, char)) -> bool {
    let last = told.iter().rev().find(|(name, _)| *name == mode.0);
    match mode.0.as_str() {
        name if ONCE.contains(&name) => told.contains(mode),
        "2026" => last.map_or('l', |(_, end)| *end) == mode.1,
        _ => false,
    }
}

fn numbers(parameters: &str) -> Option<Vec<u16>> {
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse().ok() };
    parameters.split(';').map(number).collect()
}

/// Reset, emphasis, and the sixteen colours, each as the screen writes it: by its number among 256.
fn is_colour(numbers: &[u16]) -> bool {
    match numbers {
        [38 | 48, 5, colour, rest @ ..] => *colour < 16 && is_colour(rest),
        [0..=4 | 7 | 9 | 22..=24 | 27 | 29 | 39 | 49 | 59] | [39, 49] | [] => true,
        _ => false,
    }
}

/// Bidirectional controls, invisible characters, tags, separators of lines.
fn is_deceiving(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
