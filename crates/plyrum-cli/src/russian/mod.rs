//! The command line's help and its errors of usage in Russian. English is what clap makes of the code, and stays it; Russian is
//! made of that when it is shown, so that a command that runs pays nothing for it.

mod error;
mod help;
#[cfg(test)]
mod tests;

use crate::args::Args;
use crate::text;
use clap::CommandFactory as _;
use clap::error::ErrorKind as ClapKind;
use plyrum_words::{Lang, Phrasebook};
use std::ffi::OsString;

/// What clap answers instead of a command, in the user's language. Help is what the same words come to with a command line
/// whose texts are Russian; an error is told anew in [`usage_error`].
pub(crate) fn of_user(error: clap::Error, said: &[OsString]) -> clap::Error {
    if !is_help(&error) || text::words().lang() == Lang::En {
        return error;
    }
    let book = Phrasebook::russian();
    help::command(Args::command(), &book).try_get_matches_from(said).err().unwrap_or(error)
}

/// An error of usage as a Russian user meets it; none where clap's own words are what is to be shown.
pub(crate) fn usage_error(error: &clap::Error) -> Option<String> {
    let is_told = !is_help(error) && error.kind() != ClapKind::DisplayVersion;
    let russian = (is_told && text::words().lang() == Lang::Ru).then(Phrasebook::russian);
    russian.map(|book| error::told(error, &book, text::words()))
}

fn is_help(error: &clap::Error) -> bool {
    matches!(error.kind(), ClapKind::DisplayHelp | ClapKind::DisplayHelpOnMissingArgumentOrSubcommand)
}
