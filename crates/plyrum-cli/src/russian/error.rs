//! What was wrong with the words of a command, told from what clap knows of it; its English text is not read.

use crate::range::OutOfRange;
use crate::text::say;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use plyrum_billing_client::DecimalError;
use plyrum_words::{Phrasebook, Words};
use std::error::Error as _;

/// `ошибка: …`, `подсказка: …`, and how the command is called.
pub(super) fn told(error: &clap::Error, book: &Phrasebook, words: &Words) -> String {
    let mut text = say!(in words, "error", message = what(error, book));
    for hint in hints(error, book) {
        text.push('\n');
        text.push_str(&say!(in words, "hint", hint = hint));
    }
    if let Some(usage) = error.get(ContextKind::Usage) {
        // Clap keeps it with its heading.
        let usage = usage.to_string();
        let usage = usage.strip_prefix("Usage:").unwrap_or(&usage);
        text.push_str(&format!("\n\n{}{usage}", book.say("Usage:", &[])));
    }
    text
}

fn what(error: &clap::Error, book: &Phrasebook) -> String {
    let (arg, prior) = (list(error, ContextKind::InvalidArg), list(error, ContextKind::PriorArg));
    let (value, sub) = (list(error, ContextKind::InvalidValue), list(error, ContextKind::InvalidSubcommand));
    let [actual, expected, least] =
        [ContextKind::ActualNumValues, ContextKind::ExpectedNumValues, ContextKind::MinValues]
            .map(|kind| list(error, kind));
    let values = [
        ("arg", arg.as_str()),
        ("prior", &prior),
        ("value", &value),
        ("command", &sub),
        ("actual", &actual),
        ("expected", &expected),
        ("least", &least),
    ];
    let said = match error.kind() {
        ErrorKind::UnknownArgument if arg.starts_with('-') => "unknown flag: {arg}",
        ErrorKind::UnknownArgument => "unexpected argument: {arg}",
        ErrorKind::InvalidSubcommand => "unrecognized subcommand: {command}",
        ErrorKind::MissingSubcommand => "{command} requires a subcommand",
        ErrorKind::MissingRequiredArgument => "required and not given: {arg}",
        ErrorKind::ArgumentConflict if !sub.is_empty() => {
            "the subcommand {command} cannot be used with {prior}"
        }
        ErrorKind::ArgumentConflict if arg == prior => "{arg} cannot be used several times",
        ErrorKind::ArgumentConflict if prior.is_empty() => "{arg} cannot be used with the other arguments",
        ErrorKind::ArgumentConflict => "{arg} cannot be used with {prior}",
        ErrorKind::NoEquals => "{arg} takes its value after an equals sign",
        ErrorKind::InvalidValue if value.is_empty() => "{arg} has no value",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "invalid value of {arg}: {value}",
        ErrorKind::TooManyValues => "one value too many for {arg}: {value}",
        ErrorKind::TooFewValues => "{arg} has {actual} of at least {least} values",
        ErrorKind::WrongNumberOfValues => "{arg} has {actual} of {expected} values",
        ErrorKind::InvalidUtf8 => "not UTF-8",
        _ => "cannot be understood",
    };
    let said = book.say(said, &values);
    match why(error, book) {
        Some(why) => format!("{said}: {why}"),
        None => said,
    }
}

/// What the parser of a value has against it.
fn why(error: &clap::Error, book: &Phrasebook) -> Option<String> {
    let source = error.source()?;
    if let Some(OutOfRange { least, most, .. }) = source.downcast_ref() {
        let (least, most) = (least.to_string(), most.to_string());
        return Some(book.say("from {least} to {most}", &[("least", &least), ("most", &most)]));
    }
    if source.is::<DecimalError>() {
        return Some(book.say("an amount in rubles is needed, such as 12.50", &[]));
    }
    Some(book.say(&source.to_string(), &[]))
}

fn hints(error: &clap::Error, book: &Phrasebook) -> Vec<String> {
    let of = |kind, said: &str| {
        let values = list(error, kind);
        (!values.is_empty()).then(|| book.say(said, &[("values", &values)]))
    };
    let possible = [
        of(ContextKind::SuggestedSubcommand, "did you mean: {values}"),
        of(ContextKind::SuggestedArg, "did you mean: {values}"),
        of(ContextKind::SuggestedValue, "did you mean: {values}"),
        of(ContextKind::ValidValue, "possible values: {values}"),
        of(ContextKind::ValidSubcommand, "subcommands: {values}"),
        suggested(error, book),
        Some(book.say("--help shows the help", &[])),
    ];
    possible.into_iter().flatten().collect()
}

/// What clap suggests in a sentence. Only what the sentence quotes is looked at: the same word behind `--`, or a command
/// that has it, or is it.
fn suggested(error: &clap::Error, book: &Phrasebook) -> Option<String> {
    let ContextValue::StyledStrs(sentences) = error.get(ContextKind::Suggested)? else { return None };
    let sentence = sentences.first()?.to_string();
    let arg = list(error, ContextKind::InvalidArg);
    let typed = format!("-- {arg}");
    if sentence.contains(&typed) {
        return Some(book.say("as a value it is: {typed}", &[("typed", &typed)]));
    }
    let quoted = sentence.split('\'').nth(1)?;
    let said = if quoted == arg { "without -- it is a command: {values}" } else { "did you mean: {values}" };
    Some(book.say(said, &[("values", quoted)]))
}

/// What clap knows of a kind, `, ` between several.
fn list(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::Strings(values)) => values.join(", "),
        Some(ContextValue::String(value)) => value.clone(),
        Some(ContextValue::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
