//! The file of weights: magic, SHA-256 of all that follows it, sizes, facts, hashes of words, tables. Little-endian.

use super::table::{EXAM_SHIFT, Table};
use super::{EXAM_HEADS, Facts, WORK_HEADS, Weights};
use crate::grams::BUCKETS;
use crate::sight::LANGUAGES;
use crate::signs::SIGNS;
use crate::spelling::Words;

/// The first bytes of a file: what it is, and the version of its form.
pub(crate) const MAGIC: &[u8; 8] = b"plyrtr02";
/// Bytes of the hash.
const HASH: usize = 32;
/// Bytes of the hash that name the weights.
const NAME: usize = 6;
/// The most entries of any list in a file.
const MAX_LIST: usize = 256;
/// The most words that a file knows.
pub(crate) const MAX_WORDS: usize = 1 << 14;

/// Why a file of weights cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It is no file of weights, or one of another version.
    Magic,
    /// Its sizes are not those of this program.
    Sizes,
    /// A name in it is no text.
    Text,
    /// It ends too early, or goes on after its end.
    Length,
}

/// Sizes that the program and the file must agree on.
pub(crate) fn sizes() -> [u32; 5] {
    [BUCKETS, SIGNS, LANGUAGES, WORK_HEADS, EXAM_HEADS].map(|size| u32::try_from(size).unwrap_or(0))
}

pub(super) fn read(bytes: &[u8]) -> Result<Weights<'_>, Broken> {
    let mut rest = Bytes(bytes);
    if rest.take(MAGIC.len())? != MAGIC {
        return Err(Broken::Magic);
    }
    let hash = rest.take(HASH)?;
    let name = name(hash);
    for size in sizes() {
        if rest.int()? != i64::from(size) {
            return Err(Broken::Sizes);
        }
    }
    let facts = rest.facts()?;
    if facts.subjects.len() + facts.tasks.len() > EXAM_HEADS {
        return Err(Broken::Sizes);
    }
    let words = rest.words()?;
    let work = rest.table::<WORK_HEADS>(0)?;
    let exam = rest.table::<EXAM_HEADS>(EXAM_SHIFT)?;
    if rest.0.is_empty() { Ok(Weights { name, work, exam, facts, words }) } else { Err(Broken::Length) }
}

fn name(hash: &[u8]) -> String {
    hash.iter().take(NAME).fold(String::new(), |name, byte| name + &format!("{byte:02x}"))
}

/// What is left to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Broken::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    fn int(&mut self) -> Result<i64, Broken> {
        let bytes = self.take(4)?.first_chunk().ok_or(Broken::Length)?;
        Ok(i64::from(i32::from_le_bytes(*bytes)))
    }

    fn count(&mut self) -> Result<usize, Broken> {
        usize::try_from(self.int()?).ok().filter(|&count| count <= MAX_LIST).ok_or(Broken::Sizes)
    }

    fn words(&mut self) -> Result<Words, Broken> {
        let count =
            usize::try_from(self.int()?).ok().filter(|&count| count <= MAX_WORDS).ok_or(Broken::Sizes)?;
        Ok(Words::new(self.take(count * 4)?.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes))))
    }

    fn text(&mut self) -> Result<String, Broken> {
        let count = self.count()?;
        String::from_utf8(self.take(count)?.to_vec()).map_err(|_| Broken::Text)
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, Broken>) -> Result<Vec<T>, Broken> {
        let count = self.count()?;
        (0..count).map(|_| one(self)).collect()
    }

    fn facts(&mut self) -> Result<Facts, Broken> {
        Ok(Facts {
            sharpness_milli: self.int()?,
            unknown_under_milli: self.int()?,
            field_from_milli: self.int()?,
            caution_from_milli: self.int()?,
            subjects: self.list(|rest| Ok((rest.text()?, rest.int()?)))?,
            tasks: self.list(|rest| Ok((rest.text()?, rest.list(Self::int)?)))?,
            models: self.list(Self::text)?,
            hardness: [self.list(Self::int)?, self.list(Self::int)?],
        })
    }

    fn ints<const HEADS: usize>(&mut self) -> Result<[i32; HEADS], Broken> {
        let mut row = [0; HEADS];
        for (slot, bytes) in row.iter_mut().zip(self.take(HEADS * 4)?.as_chunks::<4>().0) {
            *slot = i32::from_le_bytes(*bytes);
        }
        Ok(row)
    }

    fn shorts<const HEADS: usize>(&mut self) -> Result<[i32; HEADS], Broken> {
        let mut row = [0; HEADS];
        for (slot, bytes) in row.iter_mut().zip(self.take(HEADS * 2)?.as_chunks::<2>().0) {
            *slot = i32::from(i16::from_le_bytes(*bytes));
        }
        Ok(row)
    }

    fn table<const HEADS: usize>(&mut self, shift: u32) -> Result<Table<'a, HEADS>, Broken> {
        if self.0.len() < Table::<HEADS>::bytes(shift) {
            return Err(Broken::Length);
        }
        let steps = self.ints::<HEADS>()?.map(i64::from);
        let bias = (0..LANGUAGES).map(|_| self.ints()).collect::<Result<_, _>>()?;
        let signs = (0..SIGNS).map(|_| self.shorts()).collect::<Result<_, _>>()?;
        let grams = self.take(HEADS * (BUCKETS >> shift))?.as_chunks::<HEADS>().0;
        Ok(Table { shift, grams, steps, signs, bias })
    }
}
