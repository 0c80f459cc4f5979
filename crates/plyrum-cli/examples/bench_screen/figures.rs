//! What was measured, beside what is asked for.

use serde_json::json;
use std::time::Duration;

/// Milliseconds of a sample, sorted.
pub(super) struct Sample(Vec<f64>);

impl Sample {
    pub(super) fn of(times: &[Duration]) -> Self {
        let mut all: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1000.0).collect();
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    pub(super) fn at(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((self.0.len() * percent / 100).min(last)).copied().unwrap_or(f64::NAN)
    }

    pub(super) fn over(&self, most: f64) -> usize {
        self.0.iter().filter(|ms| **ms > most).count()
    }

    pub(super) fn told(&self) -> String {
        let (median, p99, worst) = (self.at(50), self.at(99), self.at(100));
        format!("median {median:.2}, p99 {p99:.2}, worst {worst:.2} of {}", self.0.len())
    }
}

struct Row {
    name: String,
    unit: &'static str,
    value: f64,
    most: Option<f64>,
    note: String,
}

/// The table.
#[derive(Default)]
pub(super) struct Figures(Vec<Row>);

impl Figures {
    /// A figure that is asked for.
    pub(super) fn asked(
        &mut self,
        name: impl Into<String>,
        unit: &'static str,
        value: f64,
        most: f64,
        note: impl Into<String>,
    ) {
        self.add(Row { name: name.into(), unit, value, most: Some(most), note: note.into() });
    }

    /// A figure beside them.
    pub(super) fn told(
        &mut self,
        name: impl Into<String>,
        unit: &'static str,
        value: f64,
        note: impl Into<String>,
    ) {
        self.add(Row { name: name.into(), unit, value, most: None, note: note.into() });
    }

    fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    pub(super) fn all_met(&self) -> bool {
        self.0.iter().all(Row::is_met)
    }

    pub(super) fn table(&self) -> String {
        self.0.iter().map(Row::line).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn json(&self) -> String {
        let rows: Vec<_> = self.0.iter().map(Row::json).collect();
        json!({ "figures": rows, "met": self.all_met() }).to_string()
    }
}

impl Row {
    fn is_met(&self) -> bool {
        self.most.is_none_or(|most| self.value <= most)
    }

    fn line(&self) -> String {
        let asked = match self.most {
            Some(most) => format!("<= {most} {}", if self.is_met() { "ok" } else { "MISSED" }),
            None => String::new(),
        };
        format!("{:<58} {:>10.2} {:<4} {asked:<16} {}", self.name, self.value, self.unit, self.note)
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "name": self.name, "unit": self.unit, "value": self.value, "most": self.most, "met": self.is_met(),
            "note": self.note,
        })
    }
}
