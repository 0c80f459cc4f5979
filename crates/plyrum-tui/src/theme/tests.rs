use super::*;
use std::path::Path;

fn file(theme: Theme, text: &str) -> Result<Theme, String> {
    theme.with_file(text, Path::new("theme.toml")).map_err(|error| error.to_string())
}

fn environment(variables: &[(&str, &str)]) -> Theme {
    let get =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Theme::from_environment(get)
}

/// Told apart from text by what a view puts beside them: a sign, a word, a line, a block, or quotes of the language.
const BY_SIGN: &[Role] = &[
    Role::Text,
    Role::Money,
    Role::Good,
    Role::Bar,
    Role::Markup(Tone::Text),
    Role::Markup(Tone::String),
    Role::Markup(Tone::Number),
    Role::Markup(Tone::Function),
    Role::Markup(Tone::Type),
    Role::Markup(Tone::Marker),
];

#[test]
fn without_colour_every_role_differs_from_text_by_weight_or_by_a_sign() {
    let mono = Theme::mono();
    let text = mono.of(Role::Text);
    for role in Role::all() {
        assert_eq!(mono.of(role) == text, BY_SIGN.contains(&role), "{role:?}");
        assert_eq!((mono.of(role).fg, mono.of(role).bg), (None, None), "{role:?}");
    }
}

#[test]
fn without_colour_what_stands_side_by_side_differs() {
    let mono = Theme::mono();
    for side_by_side in [
        &[Role::Selected, Role::Match, Role::Text, Role::Dim][..],
        &[Role::Title, Role::Border, Role::Text, Role::Key],
        &[Role::Focus, Role::Border],
        &[Role::Good, Role::Warning, Role::Bad, Role::Busy],
        &[Role::Bar, Role::BarBefore],
        &[Role::Markup(Tone::Added), Role::Markup(Tone::Removed), Role::Markup(Tone::Hunk), Role::Text],
        &[Role::Markup(Tone::Keyword), Role::Markup(Tone::Comment), Role::Markup(Tone::String)],
        &[
            Role::Markup(Tone::Link),
            Role::Markup(Tone::Code),
            Role::Markup(Tone::Quote),
            Role::Markup(Tone::Text),
        ],
    ] {
        for (place, one) in side_by_side.iter().enumerate() {
            for other in side_by_side.iter().skip(place + 1) {
                assert_ne!(mono.of(*one), mono.of(*other), "{one:?} {other:?}");
            }
        }
    }
}

#[test]
fn colours_are_the_sixteen_and_readable_on_either_ground() {
    for role in Role::all() {
        let dark = Theme::sixteen().of(role).fg;
        let light = Theme::light().of(role).fg;
        // Black and blue-black sink into a dark ground, bright black into some palettes; white into a light one.
        assert!(!matches!(dark, Some(Color::Black | Color::DarkGray | Color::White)), "{role:?}");
        assert!(!matches!(light, Some(Color::Yellow | Color::Cyan | Color::White | Color::Gray)), "{role:?}");
        assert_eq!(dark.is_some(), light.is_some(), "{role:?}");
        assert!(!matches!(dark, Some(Color::Rgb(..) | Color::Indexed(_))), "{role:?}");
    }
}

#[test]
fn the_environment_chooses() {
    for (variables, theme) in [
        (&[][..], Theme::sixteen()),
        (&[("TERM", "xterm-256color")], Theme::sixteen()),
        (&[("NO_COLOR", "1")], Theme::mono()),
        (&[("NO_COLOR", "")], Theme::sixteen()),
        (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Theme::mono()),
        (&[("TERM", "dumb")], Theme::mono()),
        (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Theme::sixteen()),
        (&[("CLICOLOR", "0")], Theme::mono()),
        (&[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "0")], Theme::mono()),
        (&[("CLICOLOR", "1")], Theme::sixteen()),
        (&[("COLORFGBG", "0;15")], Theme::light()),
        (&[("COLORFGBG", "0;default;15")], Theme::light()),
        (&[("COLORFGBG", "15;0")], Theme::sixteen()),
    ] {
        assert_eq!(environment(variables), theme, "{variables:?}");
    }
}

#[test]
fn a_users_file_changes_roles_and_colour_still_ends_where_it_is_not_wanted() {
    let text =
        "[colours]\ntitle = \"bright-cyan underlined\"\nbar_before = \"default\"\nmarkup-link = \"italic\"\n";
    let theme = file(Theme::sixteen(), text).unwrap();
    assert_eq!(theme.of(Role::Title), Style::new().fg(Color::LightCyan).underlined());
    assert_eq!(theme.of(Role::BarBefore), Style::new().fg(Color::Reset));
    assert_eq!(theme.of(Role::Markup(Tone::Link)), Style::new().italic());
    assert_eq!(theme.of(Role::Bad), Theme::sixteen().of(Role::Bad));
    let mono = file(Theme::mono(), "[colours]\ntitle = \"red\"\n").unwrap();
    assert_eq!(mono.of(Role::Title), Theme::mono().of(Role::Title), "a colour alone takes no weight away");
    assert_eq!(file(Theme::mono(), text).unwrap().of(Role::Title), Style::new().underlined());
}

#[test]
fn what_is_no_role_or_colour_is_refused_with_its_line_and_what_was_meant() {
    for (text, message) in [
        ("[colors]\n", "theme.toml:1: unknown section `colors` (did you mean `colours`?)"),
        ("[colours]\ntitel = \"red\"\n", "theme.toml:2: unknown role `titel` (did you mean `title`?)"),
        ("[colours]\n\nbad = \"rde\"\n", "theme.toml:3: unknown colour `rde` (did you mean `red`?)"),
        (
            "[colours]\nkeys = \"bold brite-cyan\"\n",
            "theme.toml:2: unknown colour `brite-cyan` (did you mean `bright-cyan`?)",
        ),
        (
            "[colours]\nbad = \"#ff0000\"\n",
            "theme.toml:2: `#ff0000` is not one of the terminal's 16 colours, which fit every palette",
        ),
        ("[colours]\nbad = 196\n", "theme.toml:2: a colour is a string, such as \"bold cyan\""),
        ("[colours\n", "theme.toml:1: unclosed table, expected `]`"),
    ] {
        assert_eq!(file(Theme::sixteen(), text).unwrap_err(), message, "{text}");
    }
}
