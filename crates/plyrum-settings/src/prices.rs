//! `prices.toml`: the imported prices, kept beside `config.toml` by `plyrum prices import` alone.
//!
//! Written whole beside itself and renamed over itself, so that a reader and a crash see the old file or the new
//! one. Rows are appended to the text as it is: what was imported before stays, to the letter.

use std::fs::File;
use std::path::{Path, PathBuf};

use plyrum_catalog::{BOOK_HEAD, BookSection, PriceBook};
use plyrum_config::{ConfigError, Diagnostic, Paths, read_bounded, replace_file};

/// Longest file, in bytes (16 MiB: some fifty thousand rows).
pub const MAX_PRICES_BYTES: u64 = 16 << 20;

/// The file as it was read.
#[derive(Debug, Clone)]
pub struct PricesFile {
    path: PathBuf,
    /// `None`: there is none.
    text: Option<String>,
}

/// Why rows were not added. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Somebody else has written the file since it was read.
    #[error("{} has changed in the meantime", .0.display())]
    Changed(PathBuf),
    /// It would become longer than [`MAX_PRICES_BYTES`].
    #[error("{} would be longer than {MAX_PRICES_BYTES} bytes", .0.display())]
    TooLong(PathBuf),
    /// It would not be read again: too many rows, say. A file that is written is one that works.
    #[error("the file would be broken: {0}")]
    Broken(Diagnostic),
    /// The file system said no.
    #[error(transparent)]
    Storage(#[from] ConfigError),
}

impl PricesFile {
    /// Reads it; a missing file is an empty one.
    pub fn read(paths: &Paths) -> Result<Self, ConfigError> {
        let path = paths.prices_file();
        let file = read_bounded(&path, MAX_PRICES_BYTES)?;
        Ok(Self { path, text: file.map(|file| file.text) })
    }

    /// Its rows, or everything that is wrong with them, each with file and line.
    pub fn book(&self) -> Result<PriceBook, Vec<Diagnostic>> {
        let text = self.text.as_deref().unwrap_or_default();
        let section: BookSection =
            toml::from_str(text).map_err(|error| vec![Diagnostic::from_toml(&self.path, text, &error)])?;
        PriceBook::build(&section).map_err(|errors| {
            let placed = |error: &plyrum_catalog::CatalogError| {
                Diagnostic::from_span(&self.path, text, error.span.clone(), &error.message)
            };
            errors.iter().map(placed).collect()
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds rows behind those that were read, unless the file has changed since. The directory must exist.
    pub fn add(&self, rows: &str) -> Result<(), AddError> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |cause| ConfigError::Storage { path, action, cause }
        };
        let directory = File::open(dir).map_err(failed("open", dir))?;
        directory.lock().map_err(failed("lock", dir))?; // until it is closed
        let now = read_bounded(&self.path, MAX_PRICES_BYTES)?.map(|file| file.text);
        if now != self.text {
            return Err(AddError::Changed(self.path.clone()));
        }
        let text = format!("{}{rows}", self.text.as_deref().unwrap_or(BOOK_HEAD));
        if u64::try_from(text.len()).map_or(true, |length| length > MAX_PRICES_BYTES) {
            return Err(AddError::TooLong(self.path.clone()));
        }
        let next = Self { path: self.path.clone(), text: Some(text) };
        if let Some(problem) = next.book().err().and_then(|problems| problems.into_iter().next()) {
            return Err(AddError::Broken(problem));
        }
        let text = next.text.as_deref().unwrap_or_default();
        replace_file(&directory, &self.path, text).map_err(failed("write", &self.path))?;
        Ok(())
    }
}
