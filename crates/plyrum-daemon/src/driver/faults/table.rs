//! The table as a text file.

use super::cell::Verdict;
use super::shapes::SHAPES;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The four tables: their names, whether an answer comes whole, whether the fault comes after the first output.
pub(super) const MANNERS: [(&str, bool, bool); 4] = [
    ("streamed, before the first output", false, false),
    ("streamed, after the first output", false, true),
    ("whole, before the first output", true, false),
    ("whole, after the first output", true, true),
];

const HEAD: &str = "\
The fault matrix: what becomes of a run whose provider does this. Written by the suite in
crates/plyrum-daemon/src/driver/faults; scripts/faults.sh runs it and prints this file.

fin            the answer is whole
cut [CLASS]    what came before the fault is kept, and told to be cut; by what, where it was no mere end
CLASS          nothing was shown, and the run fails with this
no words       the provider said that it is done, and nothing else
xN             asked N times in all; where there is a server that can mend (not 1 to 6, no tunnel), the cell is
               also run with one that does after the first time, and ends with the whole answer at the second
+1             asked once more for a reason of its own: a tool's result was told to the model
->N            exit code, where it is not 0
= or ~         charged as the provider reported, or estimated and flagged; without either nothing was used
-LETTER        cannot be, for the reason below
";

type Column = (&'static str, String, Vec<Verdict>);

#[derive(Default)]
pub(super) struct Table {
    columns: Vec<Column>,
}

impl Table {
    pub(super) fn add(&mut self, manner: &'static str, place: String, verdicts: Vec<Verdict>) {
        self.columns.push((manner, place, verdicts));
    }

    /// Every cell is as it should be, and the table is the one that is kept.
    pub(super) fn check(&self) {
        let (text, ran, cannot) = self.text();
        eprintln!("fault matrix: {ran} cells ran, {cannot} cannot be");
        let wrong = self.wrong();
        assert!(wrong.is_empty(), "{} cells are not as they should be:\n{}", wrong.len(), wrong.join("\n"));
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/providers/faults.txt");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            return;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "the table differs; UPDATE_SNAPSHOTS=1 rewrites it:\n{}",
            differing(&kept, &text)
        );
    }

    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (manner, place, verdicts) in &self.columns {
            for (nth, verdict) in verdicts.iter().enumerate() {
                if let Verdict::Wrong(found, why) = verdict {
                    let shape = SHAPES.get(nth).map_or_else(String::new, label);
                    wrong.push(format!("{shape} | {place} | {manner}: {found}: {why}"));
                }
            }
        }
        wrong
    }

    /// The file, how many cells ran, and how many cannot be.
    fn text(&self) -> (String, usize, usize) {
        let (mut text, mut reasons, mut ran) = (HEAD.to_owned(), Vec::new(), 0);
        let mut cannot = 0;
        for (manner, _, _) in MANNERS {
            let columns: Vec<&Column> = self.columns.iter().filter(|(of, _, _)| *of == manner).collect();
            let mut rows =
                vec![[vec![String::new()], columns.iter().map(|c| c.1.clone()).collect()].concat()];
            for (nth, shape) in SHAPES.iter().enumerate() {
                let mut row = vec![label(shape)];
                for (_, _, verdicts) in &columns {
                    row.push(match verdicts.get(nth) {
                        Some(Verdict::Is(word) | Verdict::Wrong(word, _)) => {
                            ran += 1;
                            word.clone()
                        }
                        Some(Verdict::CannotBe(reason)) => {
                            cannot += 1;
                            format!("-{}", letter(reason, &mut reasons))
                        }
                        None => String::new(),
                    });
                }
                rows.push(row);
            }
            writeln!(text, "\n== {manner}\n").unwrap();
            text.push_str(&aligned(&rows));
        }
        text.push_str("\n== cannot be\n\n");
        for (nth, reason) in reasons.iter().enumerate() {
            writeln!(text, "-{}  {reason}", letter_of(nth)).unwrap();
        }
        writeln!(text, "\n{ran} cells ran, {cannot} cannot be").unwrap();
        (text, ran, cannot)
    }
}

/// The rows that differ, each under the name of its table.
fn differing(kept: &str, found: &str) -> String {
    let (mut text, mut table) = (String::new(), "");
    for (kept, found) in kept.lines().zip(found.lines()) {
        if found.starts_with("==") {
            table = found;
        }
        if kept != found {
            write!(text, "{table}\n- {kept}\n+ {found}\n").unwrap();
        }
    }
    text
}

fn label(shape: &super::shapes::Shape) -> String {
    format!("{:>2} {}", shape.number, shape.words)
}

fn letter(reason: &'static str, reasons: &mut Vec<&'static str>) -> char {
    let nth = reasons.iter().position(|known| *known == reason).unwrap_or_else(|| {
        reasons.push(reason);
        reasons.len() - 1
    });
    letter_of(nth)
}

fn letter_of(nth: usize) -> char {
    char::from(b'a' + u8::try_from(nth).unwrap())
}

/// Rows as columns of equal width.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or(0)).collect();
    rows.iter().fold(String::new(), |mut text, row| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
        text
    })
}
