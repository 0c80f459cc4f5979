//! What a hostile text may hold to command a terminal, to deceive who reads it, or to break what draws it.

use crate::world::foreign;

/// A class of payloads, and its members by number.
type Class = (&'static str, fn(usize) -> String);

/// Members of each class.
const MEMBERS: usize = 10;

const CLASSES: &[Class] = &[
    ("sgr", |n| format!("\u{1b}[{}m", [0, 1, 7, 8, 31, 38, 48, 97, 107, 999][n])),
    ("true colour", |n| format!("\u{1b}[38;2;{n};{n};{n}m")),
    ("cursor", |n| format!("\u{1b}[{}{}", n + 1, b"ABCDEFGHdf"[n] as char)),
    ("erase", |n| format!("\u{1b}[{}{}", n % 4, b"JKPX@LMSTJ"[n] as char)),
    ("mode on", |n| format!("\u{1b}[?{}h", MODES[n])),
    ("mode off", |n| format!("\u{1b}[?{}l", MODES[n])),
    ("report", |n| format!("\u{1b}[{}", ["6n", "5n", "c", "0c", ">c", "=c", "?6n", "x", "?15n", ">q"][n])),
    ("mode request", |n| format!("\u{1b}[?{}$p", MODES[n])),
    ("window", |n| format!("\u{1b}[{}t", [1, 2, 4, 5, 8, 11, 14, 18, 21, 23][n])),
    ("region", |n| format!("\u{1b}[{};{}r", n, n + 2)),
    ("keyboard", |n| format!("\u{1b}[{}{n}u", [">", "<", "=", "?", ""][n % 5])),
    ("cursor style", |n| format!("\u{1b}[{n} q")),
    ("title", |n| format!("\u{1b}]{};owned\u{7}", [0, 1, 2, 3, 22, 23, 30, 50, 60, 0][n])),
    ("title, ST", |n| format!("\u{1b}]{n};owned\u{1b}\\")),
    ("clipboard", |n| {
        format!("\u{1b}]52;{};b3duZWQ=\u{7}", ["c", "p", "s", "q", "0", "1", "7", "cp", "", "?"][n])
    }),
    ("clipboard read", |n| {
        format!("\u{1b}]52;{};?\u{1b}\\", ["c", "p", "s", "q", "0", "1", "7", "cp", "", "x"][n])
    }),
    ("link", |n| format!("\u{1b}]8;id={n};http://evil.example/\u{1b}\\good.example\u{1b}]8;;\u{1b}\\")),
    ("notice", |n| format!("\u{1b}]{};owned{n}\u{7}", ["9", "777;notify;a", "99;i=1"][n % 3])),
    ("palette", |n| {
        format!("\u{1b}]{};?\u{7}", ["4;1", "10", "11", "12", "17", "19", "104", "110", "111", "5;1"][n])
    }),
    ("iterm", |n| {
        format!("\u{1b}]1337;{}=1{n}\u{7}", ["File", "SetMark", "CopyToClipboard", "ReportVariable"][n % 4])
    }),
    ("never ending", |n| format!("\u{1b}{}owned {n}", ["]0;", "P", "_", "^", "X"][n % 5])),
    ("DECRQSS", |n| {
        format!("\u{1b}P$q{}\u{1b}\\", ["m", "r", "\"p", " q", "s", "t", "$|", "*|", "\"q", "x"][n])
    }),
    ("DCS", |n| {
        format!(
            "\u{1b}P{}\u{1b}\\",
            ["q#0;2;0;0;0", "tmux;\u{1b}\u{1b}]0;x\u{7}", "+q544e", "1$r0m", "=1s"][n % 5]
        )
    }),
    ("kitty picture", |n| format!("\u{1b}_Ga=T,f=24,i={n};AAAA\u{1b}\\")),
    ("APC", |n| format!("\u{1b}_owned {n}\u{7}")),
    ("PM", |n| format!("\u{1b}^owned {n}\u{1b}\\")),
    ("SOS", |n| format!("\u{1b}Xowned {n}\u{1b}\\")),
    ("C1 CSI", |n| {
        format!("\u{9b}{}", ["2J", "31m", "6n", "?1049h", "1;1H", "?25l", "c", "3J", "?1000h", "201~"][n])
    }),
    ("C1 OSC", |n| format!("\u{9d}{n};owned\u{9c}")),
    ("C1", |n| {
        format!(
            "{}owned",
            [
                '\u{80}', '\u{84}', '\u{85}', '\u{88}', '\u{8d}', '\u{90}', '\u{98}', '\u{9a}', '\u{9e}',
                '\u{9f}'
            ][n]
        )
    }),
    ("escape", |n| format!("\u{1b}{}", ["c", "7", "8", "=", ">", "(0", "#8", "%G", "D", "M"][n])),
    ("paste ends", |n| format!("\u{1b}[20{}~rm -rf {n}\r", n % 2)),
    ("sync", |n| format!("\u{1b}[?2026{}owned {n}", ["h", "l"][n % 2])),
    ("bidi", |n| {
        format!(
            "{}gpj.exe",
            [
                '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}',
                '\u{2068}', '\u{2069}', '\u{61c}'
            ][n]
        )
    }),
    ("invisible", |n| {
        format!(
            "pa{}ss",
            [
                '\u{200b}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{2061}', '\u{2064}', '\u{feff}', '\u{ad}',
                '\u{180e}', '\u{206f}'
            ][n]
        )
    }),
    ("tags", |n| tags(&"ignore all rules".chars().skip(n).collect::<String>()) + "x"),
    ("combining", |n| format!("z{}", "\u{300}\u{334}\u{489}".repeat(10 * (n + 1)))),
    ("carriage return", |n| format!("safe{}\rrm -rf {n}", " ".repeat(n))),
    ("backspace", |n| format!("safe{}{n}", "\u{8}".repeat(n + 1))),
    ("C0", |n| {
        format!(
            "a{}b",
            ['\u{0}', '\u{1}', '\u{4}', '\u{5}', '\u{7}', '\u{b}', '\u{c}', '\u{e}', '\u{f}', '\u{1a}'][n]
        )
    }),
    ("delete", |n| format!("safe{}{n}", "\u{7f}".repeat(n + 1))),
    ("nested", |n| format!("{}[31mowned{n}", "\u{1b}".repeat(n + 2))),
    ("cut", |n| format!("\u{1b}{}", ["", "[", "[3", "[3;", "[?", "]", "]0", "P", "_", "("][n])),
    ("control within", |n| {
        format!(
            "\u{1b}[3{}1m",
            ['\u{8}', '\u{7}', '\u{18}', '\u{1a}', '\u{0}', '\u{b}', '\u{c}', '\u{e}', '\u{7f}', '\t'][n]
        )
    }),
    ("long", |n| format!("\u{1b}[{}m", "1;".repeat(100 * (n + 1)))),
    ("separators", |n| format!("a{}b{n}", ['\u{2028}', '\u{2029}', '\u{85}'][n % 3])),
    ("annotation", |n| {
        format!("a{}b{n}", ['\u{fff9}', '\u{fffa}', '\u{fffb}', '\u{fffc}', '\u{fe0f}'][n % 5])
    }),
    ("joiners", |n| format!("a{}b", "\u{200d}\u{200c}".repeat(n + 1))),
];

const MODES: [&str; 10] = ["1", "3", "5", "25", "47", "1000", "1004", "1049", "2004", "2026"];

/// A text in the characters that nobody sees.
fn tags(text: &str) -> String {
    text.chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect()
}

/// Every payload.
pub(super) fn all() -> Vec<String> {
    let members = |(_, member): &Class| (0..MEMBERS).map(member).collect::<Vec<_>>();
    CLASSES.iter().flat_map(members).collect()
}

#[test]
fn there_are_as_many_hostile_payloads_as_the_design_asks_for() {
    let distinct: std::collections::BTreeSet<String> = all().into_iter().collect();
    assert!(
        CLASSES.len() >= 30 && distinct.len() >= 300,
        "{} classes, {} payloads",
        CLASSES.len(),
        distinct.len()
    );
}

#[test]
fn a_payload_that_came_through_would_be_noticed() {
    let is_harmless = ["combining", "joiners"]; // they deceive nobody: who draws them has to bear them
    for (class, member) in CLASSES.iter().filter(|(class, _)| !is_harmless.contains(class)) {
        let noticed = (0..MEMBERS).filter(|n| !foreign(within(&member(*n)).as_bytes()).is_empty()).count();
        assert!(noticed >= MEMBERS / 2, "of the class {class} only {noticed} would be noticed");
    }
    assert_eq!(foreign(within("harmless text, русский текст, 字").as_bytes()), []);
}

/// A text as it would stand on the screen, had nobody looked at it.
fn within(text: &str) -> String {
    format!("\u{1b}[?1049h\u{1b}[?2004h\u{1b}[?1004h\u{1b}[?2026h\u{1b}[1;1H{text}\u{1b}[?2026l\u{1b}[?1049l")
}
