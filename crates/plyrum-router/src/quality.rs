//! How often a model is expected to be right in a field: a Beta posterior, in thousandths.
//!
//! A start of the weight of [`PRIOR`] answers comes from whoever knows more: what the user or the catalogue states, else what
//! was measured in this field (itself drawn towards the model's mean over all fields, where there was little). A
//! person's verdicts on answers (`plyrum feedback`) are then counted one by one, so that twenty of them weigh as much
//! as everything before. Where nothing is stated or measured, verdicts alone speak from [`ENOUGH`] of them on; else
//! nothing is known, and that is said.

use crate::measured::{self, Count};
use plyrum_catalog::Model;
use plyrum_protocol::QualityBasis;
use std::collections::BTreeMap;

/// The weight of what is known before a person's verdicts, in answers.
const PRIOR: u64 = 20;
/// Verdicts from which on they speak alone.
const ENOUGH: u64 = 10;
/// What is taken of a model of which only verdicts are known, in thousandths.
const EVEN: u64 = 500;

/// Verdicts of a person on answers, by model and field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts(BTreeMap<(String, String), (u64, u64)>);

/// Nobody has said anything.
static NONE: Verdicts = Verdicts(BTreeMap::new());

impl Verdicts {
    /// No verdict.
    pub fn none() -> &'static Self {
        &NONE
    }

    /// One more on an answer of `model` to a prompt of these fields; of none, it counts for the model as a whole.
    pub fn add(&mut self, model: &str, domains: &[String], is_good: bool) {
        let whole = String::new();
        for field in domains.iter().chain([&whole]) {
            let (good, bad) = self.0.entry((model.to_owned(), field.clone())).or_default();
            if is_good { *good += 1 } else { *bad += 1 }
        }
    }

    /// Good and bad ones in these fields; of a prompt of no field, on the model as a whole.
    fn of(&self, model: &str, domains: &[String]) -> (u64, u64) {
        let whole = [String::new()];
        let fields = if domains.is_empty() { &whole } else { domains };
        // One verdict on a prompt of two fields is one verdict: the field with most of them speaks.
        let of_field = |field: &String| self.0.get(&(model.to_owned(), field.clone())).copied();
        fields.iter().filter_map(of_field).max_by_key(|(good, bad)| good + bad).unwrap_or_default()
    }
}

/// What is expected of a model, and on which grounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) milli: u32,
    pub(crate) basis: QualityBasis,
}

/// The expected quality in these fields; `None` where nothing is known.
pub(crate) fn expected(model: &Model, domains: &[String], verdicts: &Verdicts) -> Option<Expected> {
    let (good, bad) = verdicts.of(model.id.as_str(), domains);
    let stated = model.quality.map(u64::from);
    let counted = measured::counts(&model.name, domains).filter(|(_, all)| all.asked > 0);
    let measured = counted.filter(|_| stated.is_none()).map(|(here, all)| (drawn(here, all), here, all));
    let start = stated.or(measured.map(|(milli, ..)| milli));
    let start = start.or_else(|| (good + bad >= ENOUGH).then_some(EVEN))?;
    let milli = (PRIOR * start + 1000 * good) / (PRIOR + good + bad);
    let basis = QualityBasis {
        stated: stated.is_some(),
        measured: measured.map_or(0, |(_, here, all)| if here.asked > 0 { here.asked } else { all.asked }),
        good,
        bad,
    };
    Some(Expected { milli: u32::try_from(milli).unwrap_or(1000).min(1000), basis })
}

/// A field's rate, drawn towards the mean over all fields by the weight of [`PRIOR`] answers.
fn drawn(here: Count, all: Count) -> u64 {
    let mean = u64::from(all.right) * 1000 / u64::from(all.asked.max(1));
    (PRIOR * mean + 1000 * u64::from(here.right)) / (PRIOR + u64::from(here.asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_catalog::{Catalog, Sections};

    fn model(name: &str, quality: Option<u16>) -> Model {
        let stated = quality.map(|quality| format!("quality = {quality}")).unwrap_or_default();
        let text = format!(
            "[providers.lab]\nkind = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9\"\n\
             [models.\"lab/one\"]\nprovider = \"lab\"\nname = \"{name}\"\ncontext_tokens = 1000\n{stated}\n"
        );
        let catalog = Catalog::build(&Sections::shipped().unwrap(), &toml::from_str(&text).unwrap()).unwrap();
        catalog.model("lab/one").unwrap().clone()
    }

    fn verdicts(good: u64, bad: u64, domain: &str) -> Verdicts {
        let mut verdicts = Verdicts::default();
        for at in 0..good + bad {
            verdicts.add("lab/one", &[domain.to_owned()], at < good);
        }
        verdicts
    }

    fn milli(model: &Model, domain: &str, verdicts: &Verdicts) -> Option<u32> {
        expected(model, &[domain.to_owned()], verdicts).map(|expected| expected.milli)
    }

    #[test]
    fn what_is_stated_comes_before_what_was_measured() {
        let none = Verdicts::default();
        assert_eq!(milli(&model("gpt-4o-2024-05-13", Some(600)), "math", &none), Some(600));
        let measured = milli(&model("gpt-4o-2024-05-13", None), "math", &none).unwrap();
        assert!((780..=830).contains(&measured), "GSM8K and MATH level 5 together: {measured}");
        assert_eq!(milli(&model("somebody", None), "math", &none), None, "nothing is made up");
    }

    #[test]
    fn twenty_verdicts_weigh_as_much_as_everything_before() {
        let known = model("somebody", Some(800));
        assert_eq!(milli(&known, "math", &verdicts(20, 0, "math")), Some(900));
        assert_eq!(milli(&known, "math", &verdicts(0, 20, "math")), Some(400));
        assert_eq!(milli(&known, "law", &verdicts(0, 20, "math")), Some(800), "in its own field only");
        assert_eq!(
            expected(&known, &[], &verdicts(0, 20, "math")).unwrap().milli,
            400,
            "of no field: all count"
        );
    }

    #[test]
    fn verdicts_alone_speak_when_they_are_enough() {
        let unknown = model("somebody", None);
        assert_eq!(milli(&unknown, "math", &verdicts(9, 0, "math")), None);
        assert_eq!(milli(&unknown, "math", &verdicts(10, 0, "math")), Some(666));
        let basis = expected(&unknown, &["math".to_owned()], &verdicts(8, 2, "math")).unwrap().basis;
        assert_eq!(basis, QualityBasis { stated: false, measured: 0, good: 8, bad: 2 });
    }
}
