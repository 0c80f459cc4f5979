//! The sanitiser lives with everything else that makes untrusted text fit to show.

pub(crate) use plyrum_markup::{Sanitizer, cell, clean};
