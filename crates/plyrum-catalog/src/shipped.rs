//! What comes with Plyrum: the files of `config/providers` and `config/models`, embedded.
//!
//! Only what needs no trust in us: the offline provider, which is free. A hosted model is added here with
//! a price from its vendor's public page and the date of that page, or not at all. None is yet: the copies of such
//! pages that could be looked at tell no date, and what others copied from them is second hand. Until then
//! `plyrum prices import` brings the figures of a list that the user has chosen.

use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::section::Sections;

/// Every embedded file, as its path under `config/` and its text.
const FILES: [(&str, &str); 2] = [
    ("providers/offline.toml", include_str!("../../../config/providers/offline.toml")),
    ("models/offline.toml", include_str!("../../../config/models/offline.toml")),
];

/// The embedded files, path under `config/` first: what `config show` names as "built in".
pub fn shipped_files() -> &'static [(&'static str, &'static str)] {
    &FILES
}

impl Sections {
    /// The embedded files together. An error means a broken build and names the file.
    pub fn shipped() -> Result<Self, CatalogError> {
        let mut all = Self::default();
        for (path, text) in FILES {
            let broken = |why: &str| CatalogError { span: None, message: format!("built-in {path}: {why}") };
            let file: Self = toml::from_str(text).map_err(|error| broken(error.message()))?;
            let entries = file.providers.len() + file.models.len() + file.fx.rows.len();
            let before = all.providers.len() + all.models.len() + all.fx.rows.len();
            all.providers.extend(file.providers);
            all.models.extend(file.models);
            all.fx.rows.extend(file.fx.rows);
            if all.providers.len() + all.models.len() + all.fx.rows.len() != before + entries {
                return Err(broken("defines an entry of another file again"));
            }
        }
        Ok(all)
    }
}

impl Catalog {
    /// The catalogue of an install without any configuration.
    pub fn shipped() -> Result<Self, Vec<CatalogError>> {
        let shipped = Sections::shipped().map_err(|error| vec![error])?;
        Self::build(&shipped, &Sections::default())
    }
}
