//! What a provider of the wire `replay` plays, and how fast.

use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::error::Problems;
use crate::section::ProviderSection;
use crate::text::check_label;
use crate::wire::Wire;

const MAX_FILE_BYTES: usize = 4096;
/// A recording is played at most this much slower than it was.
const MAX_PACE: u32 = 100;

/// A cassette and how it is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayEntry {
    /// As written; relative means beside the configuration file.
    pub file: PathBuf,
    /// Thousandths of the recorded waits; 0 plays without any.
    pub pace_permille: u32,
}

/// `pace = 0.5`: the recorded waits times this. Kept in thousandths, so that no float goes further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceSection {
    permille: Option<u32>,
}

impl<'de> Deserialize<'de> for PaceSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = PaceSection;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, as 0, 0.5 or 1")
            }

            fn visit_i64<E>(self, whole: i64) -> Result<PaceSection, E> {
                let permille = u32::try_from(whole).ok().and_then(|whole| whole.checked_mul(1000));
                Ok(PaceSection { permille })
            }

            fn visit_f64<E>(self, number: f64) -> Result<PaceSection, E> {
                // Three decimals without their point are thousandths; what is no number from 0 on does not parse.
                Ok(PaceSection { permille: format!("{number:.3}").replace('.', "").parse().ok() })
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// What a section plays; none for other wires, which have nothing to play.
pub(crate) fn build(kind: Wire, section: &ProviderSection, problems: &mut Problems) -> Option<ReplayEntry> {
    if kind != Wire::Replay {
        let told = "only replay plays a file: remove this";
        section.file.iter().for_each(|place| problems.at(place, told));
        section.pace.iter().for_each(|place| problems.at(place, told));
        return None;
    }
    for place in [&section.base_url, &section.proxy, &section.ca_file].into_iter().flatten() {
        problems.at(place, "the replay provider uses no network: remove this");
    }
    if let Some(place) = &section.api_key {
        problems.at(place, "the replay provider takes no key: remove this");
    }
    let permille = section.pace.as_ref().map_or(Some(0), |pace| {
        let permille = pace.get_ref().permille.filter(|permille| *permille <= MAX_PACE * 1000);
        if permille.is_none() {
            problems
                .at(pace, format!("pace must be 0 to {MAX_PACE}: 0 waits for nothing, 1 as it was recorded"));
        }
        permille
    });
    let Some(file) = &section.file else {
        problems.at(&section.kind, "a replay provider needs file = \"…\", the cassette that it plays");
        return None;
    };
    if let Err(why) = check_label("file", file.get_ref(), MAX_FILE_BYTES) {
        problems.at(file, why);
    }
    Some(ReplayEntry { file: PathBuf::from(file.get_ref()), pace_permille: permille? })
}
