use super::*;
use crossterm::event::{KeyEventKind, KeyModifiers};
use plyrum_words::{Lang, Words};
use std::path::Path;

const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzйцукенгшщзхъфывапролджэячсмитьбюёієїўABCDEFGHIJKLMNOPQRSTUVWXYZ\
                       ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁІЄЇЎ";

fn key(c: char, held: KeyModifiers) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(c), held)
}

fn resolve(context: Context, c: char, held: KeyModifiers) -> Option<Action> {
    Keymap::default().resolve(context, &key(c, held))
}

fn file(text: &str) -> Result<Keymap, String> {
    Keymap::with_file(text, Path::new("keymap.toml")).map_err(|error| error.to_string())
}

#[test]
fn every_row_of_the_table_can_be_pressed_and_no_chord_is_in_a_context_twice() {
    let mut seen = std::collections::HashSet::new();
    for row in TABLE {
        assert!(row.chords().count() > 0, "{row:?}");
        for chord in row.chords() {
            assert!(seen.insert((row.context, chord)), "{chord} twice: {row:?}");
            let pressed =
                KeyEvent::new(chord.code(), if chord.to_string().contains('+') { held(chord) } else { NONE });
            let shifted = chord.to_string().chars().all(char::is_uppercase);
            let pressed = if shifted { KeyEvent::new(chord.code(), SHIFT) } else { pressed };
            assert_eq!(Keymap::default().resolve(row.context, &pressed), Some(row.action), "{chord} {row:?}");
        }
        assert!(Action::named(row.action.name()) == Some(row.action), "{row:?} has a name");
    }
}

fn held(chord: Chord) -> KeyModifiers {
    let text = chord.to_string();
    [("ctrl+", CTRL), ("alt+", ALT), ("shift+", SHIFT)]
        .into_iter()
        .filter(|(name, _)| text.contains(name))
        .fold(NONE, |held, (_, modifier)| held | modifier)
}

#[test]
fn every_row_is_described_in_both_languages() {
    for lang in [Lang::En, Lang::Ru] {
        let words = Words::new(lang);
        let contexts = Context::all().map(Context::about);
        for about in TABLE.iter().map(|row| row.about.to_owned()).chain(contexts) {
            assert_ne!(words.say(&about), about, "{lang:?}");
        }
    }
}

#[test]
fn chords_are_read_and_shown() {
    for (text, shown) in [
        ("ctrl+shift+p", "ctrl+shift+p"),
        ("Ctrl+C", "ctrl+c"),
        ("alt+enter", "alt+enter"),
        ("pgdn", "pgdn"),
        ("PageDown", "pgdn"),
        ("f1", "f1"),
        ("esc", "esc"),
        ("space", "space"),
        ("é", "é"),
        ("É", "É"),
        ("G", "G"),
        ("shift+g", "G"),
        ("alt+G", "alt+shift+g"),
        ("?", "?"),
        ("+", "+"),
        ("ctrl++", "ctrl++"),
        ("ctrl+/", "ctrl+_"),
        ("shift+tab", "shift+tab"),
        ("alt+1", "alt+1"),
    ] {
        let chord = Chord::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(chord.to_string(), shown, "{text}");
        assert_eq!(Chord::parse(shown), Some(chord), "{shown}");
    }
    for wrong in ["", "ctrl+", "hyper+a", "f0", "f25", "ab", "ctrl+ab", " ", "\u{1b}"] {
        assert_eq!(Chord::parse(wrong), None, "{wrong:?}");
    }
}

#[test]
fn one_key_in_several_reports_is_one_chord() {
    for (code, modifiers, shown) in [
        (KeyCode::BackTab, NONE, "shift+tab"),
        (KeyCode::BackTab, SHIFT, "shift+tab"),
        (KeyCode::Tab, SHIFT, "shift+tab"),
        (KeyCode::Char('G'), NONE, "G"),
        (KeyCode::Char('G'), SHIFT, "G"),
        (KeyCode::Char('?'), SHIFT, "?"),
        (KeyCode::Char('7'), CTRL, "ctrl+_"),
        (KeyCode::Char('P'), CTRL | SHIFT, "ctrl+shift+p"),
        (KeyCode::Char('p'), CTRL | SHIFT, "ctrl+shift+p"),
    ] {
        let chord = Chord::pressed(&KeyEvent::new(code, modifiers)).unwrap();
        assert_eq!(chord.to_string(), shown);
    }
}

#[test]
fn a_key_that_is_let_go_or_held_with_an_unknown_one_means_nothing() {
    let keymap = Keymap::default();
    for (kind, action) in [
        (KeyEventKind::Press, Some(Action::Send)),
        (KeyEventKind::Repeat, Some(Action::Send)),
        (KeyEventKind::Release, None),
    ] {
        let enter = KeyEvent::new_with_kind(KeyCode::Enter, NONE, kind);
        assert_eq!(keymap.resolve(Context::Composer, &enter), action, "{kind:?}");
    }
    let super_enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::SUPER);
    assert_eq!(keymap.resolve(Context::Composer, &super_enter), None);
}

#[test]
fn a_key_types_its_character_as_it_is() {
    for (event, text) in [
        (key('Ж', SHIFT), Some('Ж')),
        (key(' ', NONE), Some(' ')),
        (key('ж', CTRL), None),
        (key('ж', ALT), None),
        (KeyEvent::new(KeyCode::Enter, NONE), None),
        (KeyEvent::new_with_kind(KeyCode::Char('a'), NONE, KeyEventKind::Release), None),
    ] {
        assert_eq!(typed(&event), text, "{event:?}");
    }
}

#[test]
fn chords_work_on_a_cyrillic_layout() {
    for (context, c, held, action) in [
        (Context::Composer, 'с', CTRL, Action::Interrupt),
        (Context::Approval, 'с', CTRL, Action::Interrupt),
        (Context::Composer, 'к', CTRL, Action::SearchHistory),
        (Context::Composer, 'п', CTRL, Action::Editor),
        (Context::Composer, 'ы', ALT, Action::Steer),
        (Context::Composer, 'і', ALT, Action::Steer),
        (Context::Line, 'ц', CTRL, Action::DeleteWordBack),
        (Context::List, 'о', NONE, Action::Down),
        (Context::Pager, 'п', NONE, Action::Top),
        (Context::Pager, 'П', SHIFT, Action::Bottom),
        (Context::Usage, 'у', NONE, Action::Expand),
    ] {
        assert_eq!(resolve(context, c, held), Some(action), "{context:?} {c} {held:?}");
    }
}

#[test]
fn letters_are_text_where_text_is_written() {
    for context in [Context::Composer, Context::Line, Context::Everywhere] {
        for c in LETTERS.chars().chain(" ?/!@1.".chars()) {
            assert_eq!(resolve(context, c, NONE), None, "{context:?} {c:?}");
            assert_eq!(resolve(context, c, SHIFT), None, "{context:?} {c:?}");
        }
    }
}

#[test]
fn no_letter_of_any_layout_answers_whatever_is_held() {
    let user = file("[list]\n\"y\" = \"open\"\n[everywhere]\n\"alt+n\" = \"go-chat\"\n\"f9\" = \"escape\"\n")
        .unwrap();
    for keymap in [Keymap::default(), user] {
        for c in LETTERS.chars().chain(" \t.,;'[]`?/!@=".chars()) {
            for held in [NONE, SHIFT, CTRL, ALT, CTRL | SHIFT, ALT | SHIFT, CTRL | ALT] {
                let action = keymap.resolve(Context::Approval, &key(c, held));
                assert!(!action.is_some_and(answers), "{c:?} {held:?}: {action:?}");
                assert!(action.is_none() || held.intersects(CTRL | ALT), "{c:?} {held:?}: {action:?}");
            }
        }
        assert_eq!(keymap.resolve(Context::Approval, &key('2', NONE)), Some(Action::Answer(2)));
        assert_eq!(keymap.resolve(Context::Approval, &key('0', NONE)), None);
        assert!(!keymap.resolve(Context::Approval, &key('2', ALT)).is_some_and(answers));
    }
}

#[test]
fn a_users_file_adds_and_takes_away() {
    let keymap = file("[composer]\n\"ctrl+enter\" = \"send\"\n\"f1\" = \"none\"\n[everywhere]\n\"alt+m\" = \"none\"\n\"ctrl+t\" = \"toggle_mouse\"\n")
    .unwrap();
    let press = |context, code, held| keymap.resolve(context, &KeyEvent::new(code, held));
    assert_eq!(press(Context::Composer, KeyCode::Enter, CTRL), Some(Action::Send));
    assert_eq!(press(Context::Composer, KeyCode::Enter, NONE), Some(Action::Send));
    assert_eq!(press(Context::Composer, KeyCode::F(1), NONE), None, "also not what it means everywhere");
    assert_eq!(press(Context::List, KeyCode::F(1), NONE), Some(Action::Help));
    assert_eq!(press(Context::List, KeyCode::Char('m'), ALT), None);
    assert_eq!(press(Context::List, KeyCode::Char('е'), CTRL), Some(Action::ToggleMouse));

    let keys = |context, action| {
        keymap.help(context).into_iter().find(|row| row.action == action).map(|row| row.keys())
    };
    assert_eq!(keys(Context::Composer, Action::Send).as_deref(), Some("enter, ctrl+enter"));
    assert_eq!(keys(Context::Everywhere, Action::ToggleMouse).as_deref(), Some("ctrl+t"));
    assert_eq!(keymap.chord(Context::Composer, Action::Palette), Chord::parse("ctrl+p"));
}

#[test]
fn what_cannot_work_is_refused_with_its_line_and_what_was_meant() {
    for (text, message) in [
        ("[composr]\n", "keymap.toml:1: unknown context `composr` (did you mean `composer`?)"),
        ("\n[list]\n\"j\" = \"dwon\"\n", "keymap.toml:3: unknown action `dwon` (did you mean `down`?)"),
        ("[list]\n\"pgdwn\" = \"down\"\n", "keymap.toml:2: unknown key `pgdwn` (did you mean `pgdn`?)"),
        ("[list]\n\"ctl+x\" = \"down\"\n", "keymap.toml:2: unknown key `ctl+x` (did you mean `ctrl`?)"),
        ("[list]\n\"j\" = 1\n", "keymap.toml:2: an action is a string, such as \"send\""),
        ("list = 1\n", "keymap.toml:1: `list` is a section of keys"),
        ("[list]\n\"j\" = \"send\"\n", "keymap.toml:2: `send` does nothing in `list`"),
        (
            "[list]\n\"pgup\" = \"up\"\n\"pageup\" = \"up\"\n",
            "keymap.toml:3: `pageup` is the same key as `pgup` above",
        ),
        ("[list]\n\"j\" = \"up\"\n\"j\" = \"down\"\n", "keymap.toml:3: duplicate key"),
        ("[everywhere]\n\"x\" = \"help\"\n", "keymap.toml:2: `x` is text in `everywhere`; add ctrl or alt"),
        (
            "[composer]\n\"space\" = \"send\"\n",
            "keymap.toml:2: `space` is text in `composer`; add ctrl or alt",
        ),
        ("[list]\n\"ctrl+c\" = \"copy\"\n", "keymap.toml:2: `ctrl+c` always interrupts"),
        ("[list]\n\"n\" = \"escape\"\n", "keymap.toml:2: `n` cannot be `escape`: no letter answers"),
    ] {
        assert_eq!(file(text).unwrap_err(), message, "{text}");
    }
    for letter in ["y", "н", "Y", "alt+y", "ctrl+н", "space", "?"] {
        let error = file(&format!("[approval]\n\"{letter}\" = \"answer-1\"\n")).unwrap_err();
        assert!(error.contains("no letter or sign answers"), "{error}");
    }
}

#[test]
fn the_documentation_has_every_context_and_row() {
    let docs = Keymap::default().docs(&Words::new(Lang::En));
    assert_eq!(docs.matches("### ").count(), Context::all().count());
    assert_eq!(docs.lines().filter(|line| line.starts_with("| `")).count(), TABLE.len());
    assert!(docs.contains("| `f2`, `alt+1` | "), "{docs}");
}
