//! A command line whose texts are Russian. What clap itself puts between them cannot be given to it: its headings are written by a
//! template, and what it says of defaults and possible values is hidden and said by the text of the argument.

use crate::args;
use clap::builder::{PossibleValue, Resettable, StyledStr};
use clap::{Arg, Command};
use plyrum_words::Phrasebook;
use std::fmt::Write as _;

/// The same command line in Russian.
pub(super) fn command(mut command: Command, book: &Phrasebook) -> Command {
    command.build(); // so that what clap adds is there: `help`, `--help`, `--version`
    let codes = args::long_help(|english| book.of(english).unwrap_or(english).to_owned());
    translated(command, book).after_long_help(codes)
}

fn translated(command: Command, book: &Phrasebook) -> Command {
    let russian =
        |text: Option<&StyledStr>| Resettable::from(text.map(|text| StyledStr::from(in_russian(text, book))));
    let about = russian(command.get_about());
    let long_about = russian(command.get_long_about());
    let after = russian(command.get_after_help());
    let template = template(&command, book);
    command
        .about(about)
        .long_about(long_about)
        .after_help(after)
        .help_template(template)
        .mut_args(|arg| argument(arg, book))
        .mut_subcommands(|sub| translated(sub, book))
}

/// The sections that this command has, under their headings. «Вызов:» is as wide as `Usage:`, so that clap's second line of
/// usage stands under the first.
fn template(command: &Command, book: &Phrasebook) -> String {
    let styles = command.get_styles();
    let (header, usage) = (styles.get_header(), styles.get_usage());
    let heading = |english: &str| book.say(english, &[]);
    let mut text = format!("{{about-with-newline}}\n{usage}{}{usage:#} {{usage}}", heading("Usage:"));
    let has = |positional| {
        command.get_arguments().any(|arg| arg.is_positional() == positional && !arg.is_hide_set())
    };
    let [has_arguments, has_options] = [true, false].map(has);
    let has_commands = command.get_subcommands().any(|sub| !sub.is_hide_set());
    let sections = [
        ("Commands:", "subcommands", has_commands),
        ("Arguments:", "positionals", has_arguments),
        ("Options:", "options", has_options),
    ];
    for (english, tag, _) in sections.into_iter().filter(|(_, _, is_there)| *is_there) {
        let _infallible = write!(text, "\n\n{header}{}{header:#}\n{{{tag}}}", heading(english));
    }
    text + "{after-help}"
}

/// The text of an argument, and what clap would say behind it: after a space in short help, as a paragraph in long.
fn argument(arg: Arg, book: &Phrasebook) -> Arg {
    let short = arg.get_help().map(|text| in_russian(text, book)).unwrap_or_default();
    let long = arg.get_long_help().map_or_else(|| short.clone(), |text| in_russian(text, book));
    let values: Vec<PossibleValue> =
        arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    let values = if arg.get_action().takes_values() { values } else { Vec::new() };
    let are_explained = values.iter().any(|value| value.get_help().is_some());
    let default = default(&arg, book);
    let listed = (!values.is_empty()).then(|| listed(&values, book));

    let behind: Vec<String> = default.iter().chain(&listed).cloned().collect();
    let short = joined([short, behind.join(" ")], " ");
    let long = if are_explained {
        joined([long, explained(&values, book), default.unwrap_or_default()], "\n\n")
    } else {
        joined([long, behind.join("\n")], "\n\n")
    };
    arg.help(short).long_help(long).hide_default_value(true).hide_possible_values(true)
}

fn default(arg: &Arg, book: &Phrasebook) -> Option<String> {
    let values: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let is_said = arg.get_action().takes_values() && !values.is_empty() && !arg.is_hide_default_value_set();
    is_said.then(|| book.say("[default: {value}]", &[("value", &values.join(" "))]))
}

fn listed(values: &[PossibleValue], book: &Phrasebook) -> String {
    let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    book.say("[possible values: {values}]", &[("values", &names.join(", "))])
}

fn explained(values: &[PossibleValue], book: &Phrasebook) -> String {
    let longest = values.iter().map(|value| value.get_name().chars().count()).max().unwrap_or(0) + 1;
    let mut text = book.say("Possible values:", &[]);
    for value in values {
        let name = format!("{}:", value.get_name());
        let about = value.get_help().map(|about| in_russian(about, book)).unwrap_or_default();
        let _infallible = write!(text, "\n- {name:<longest$} {about}");
    }
    text
}

/// Parts with something in them.
fn joined<const N: usize>(parts: [String; N], between: &str) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(between)
}

fn in_russian(text: &StyledStr, book: &Phrasebook) -> String {
    book.say(&text.to_string(), &[])
}
