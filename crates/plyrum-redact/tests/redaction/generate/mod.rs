//! Texts with and without secrets, made from a seed: nothing that looks like a credential is stored.
//!
//! [`kinds`] lists formats as the providers publish them, written down apart from the redactor's own table
//! (it names no rule and shares no code with it), so that recall says something. [`settings`] puts a secret
//! where people leave them; [`negatives`] makes code, logs and prose in which there is nothing to find.

pub(crate) mod format;
pub(crate) mod kinds;
pub(crate) mod negatives;
pub(crate) mod random;
pub(crate) mod recall;
pub(crate) mod settings;
