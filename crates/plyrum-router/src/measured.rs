//! How often models were right where it was measured, field by field: counts from recorded answers.
//!
//! `weights/quality.tsv` has a line for each model and field: name, field, right, asked. It is made by
//! `scripts/quality-table.sh DATA`, of models that took every exam of a field, so that rates compare; sources and licences are
//! in `weights/QUALITY.md`. The questions are old and public, and so are most of the models: a start, which a person's own
//! verdicts move.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Fields of the table.
const FIELDS: usize = 2;

const TABLE: &str = include_str!("../weights/quality.tsv");

/// Answers of one model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) right: u32,
    pub(crate) asked: u32,
}

/// One model's counts by field.
type Fields = Vec<(&'static str, Count)>;

static MEASURED: LazyLock<HashMap<String, Fields>> = LazyLock::new(|| {
    let mut models: HashMap<String, Fields> = HashMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(model), Some(field)) = (columns.next(), columns.next()) else { continue };
        let mut number = || columns.next().and_then(|text| text.parse().ok()).unwrap_or(0);
        let count = Count { right: number(), asked: number() };
        models.entry(known_as(model)).or_default().push((field, count));
    }
    models
});

/// What was measured of a model: in these fields, and in all. `name` is what its provider calls it.
pub(crate) fn counts(name: &str, domains: &[String]) -> Option<(Count, Count)> {
    let fields = MEASURED.get(&known_as(name))?;
    let sum = |wanted: &dyn Fn(&str) -> bool| {
        fields.iter().filter(|(field, _)| wanted(field)).fold(Count::default(), |sum, (_, count)| Count {
            right: sum.right.saturating_add(count.right),
            asked: sum.asked.saturating_add(count.asked),
        })
    };
    // A mean over all fields compares models only where all were measured.
    let is_whole = fields.len() >= FIELDS;
    let here = sum(&|field| domains.iter().any(|domain| domain == field));
    let all = if is_whole { sum(&|_| true) } else { here };
    (all.asked > 0).then_some((here, all))
}

/// A name as it is compared: lower case, without whoever hosts it (`vendor/…`, `…@host`, `…:free`) and without the `meta-` that
/// some write before Llama. Nothing else: a model of another date or size is another model.
fn known_as(name: &str) -> String {
    let lower = name.to_lowercase();
    let bare = lower.rsplit('/').next().unwrap_or_default();
    let bare = bare.split(['@', ':']).next().unwrap_or_default();
    bare.strip_prefix("meta-").unwrap_or(bare).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_under_every_hosts_name_and_no_other_is_taken_for_it() {
        let of = |name| counts(name, &["math".to_owned()]);
        let (in_math, in_all) = of("Meta-Llama-3.1-70B-Instruct").unwrap();
        assert!(in_math.asked > 1000 && in_all.asked > in_math.asked);
        assert_eq!(of("meta-llama/llama-3.1-70b-instruct:free"), of("Meta-Llama-3.1-70B-Instruct"));
        assert_ne!(of("gpt-4o-2024-05-13"), of("gpt-4o-2024-08-06"));
        for unknown in ["gpt-4o", "llama-3.1-70b", "gpt-4o-2024-05-13-preview", "", "70b-instruct"] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
        assert_eq!(of("claude-3-sonnet-20240229"), None, "it took the easy half of the exam only");
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(MEASURED.values().map(Vec::len).sum::<usize>(), lines);
        let odd = |(_, count): &&(&str, Count)| count.right > count.asked || count.asked == 0;
        assert_eq!(MEASURED.values().flatten().find(odd), None);
    }
}
