//! Tables that fit: columns shrink and their cells wrap; when that is not enough, rows become lists of values.

use pulldown_cmark::Alignment;

use crate::line::{Emphasis, Line, Span, Tone};
use crate::wrap::wrap;

/// Between two columns.
const BORDER: &str = " │ ";
const BORDER_COLUMNS: usize = 3;
/// Narrower columns are not read but spelled.
const NARROWEST: usize = 8;

/// The lines of a cell, as hard breaks make them.
type Cell = Vec<Line>;

/// A table that is being read.
#[derive(Debug)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    /// The first is the head.
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, rows: Vec::new() }
    }

    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self, cell: Cell) {
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
        }
    }

    /// As lines of at most so many columns.
    pub(super) fn lines(&self, width: usize) -> Vec<Line> {
        match self.columns(width) {
            Some(columns) => self.grid(&columns),
            None => self.records(width),
        }
    }

    /// How wide each column is, if all of them have room: the widest give first.
    fn columns(&self, width: usize) -> Option<Vec<usize>> {
        let natural = self.natural();
        let room = width.checked_sub(BORDER_COLUMNS * natural.len().saturating_sub(1))?;
        let total = |cap: usize| natural.iter().map(|columns| (*columns).min(cap)).sum::<usize>();
        if total(NARROWEST) > room {
            return None;
        }
        let cap = (NARROWEST..=room.max(NARROWEST)).rev().find(|cap| total(*cap) <= room)?;
        let mut spare = room - total(cap);
        Some(natural.iter().map(|columns| widened(*columns, cap, &mut spare)).collect())
    }

    fn natural(&self) -> Vec<usize> {
        let mut natural = vec![1; self.alignments.len()];
        for row in &self.rows {
            for (columns, cell) in natural.iter_mut().zip(row) {
                *columns = cell.iter().map(Line::width).fold(*columns, usize::max);
            }
        }
        natural
    }

    fn grid(&self, columns: &[usize]) -> Vec<Line> {
        let mut lines = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            self.grid_row(row, columns, &mut lines);
            if at == 0 {
                lines.push(rule(columns));
            }
        }
        lines
    }

    fn grid_row(&self, row: &[Cell], columns: &[usize], lines: &mut Vec<Line>) {
        let cells: Vec<Vec<Line>> =
            row.iter().zip(columns).map(|(cell, columns)| wrapped(cell, *columns)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        for at in 0..height {
            let parts = cells.iter().zip(columns).zip(&self.alignments);
            let mut line = Line::default();
            for (column, ((cell, columns), alignment)) in parts.enumerate() {
                if column > 0 {
                    line.write(BORDER, &Span::new("", Tone::Dim));
                }
                let last = column + 1 == cells.len();
                aligned(
                    cell.get(at),
                    *columns,
                    *alignment,
                    if last { Edge::Right } else { Edge::Inner },
                    &mut line,
                );
            }
            lines.push(line);
        }
    }

    /// `name: value`, row by row.
    fn records(&self, width: usize) -> Vec<Line> {
        let Some((head, rows)) = self.rows.split_first() else { return Vec::new() };
        if rows.is_empty() {
            return head.iter().flat_map(|cell| wrapped(cell, width)).collect();
        }
        let mut lines = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            if at > 0 {
                lines.push(Line::default());
            }
            for (name, value) in head.iter().zip(row) {
                lines.extend(record(name, value, width));
            }
        }
        lines
    }
}

/// Where a cell stands: nothing is behind the last one, so it is not filled up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Inner,
    Right,
}

/// A column under the cap that all columns share; what rounding left over goes to those that were cut.
fn widened(natural: usize, cap: usize, spare: &mut usize) -> usize {
    if natural <= cap || *spare == 0 {
        return natural.min(cap);
    }
    *spare -= 1;
    cap + 1
}

fn wrapped(cell: &Cell, columns: usize) -> Vec<Line> {
    let columns = u16::try_from(columns).unwrap_or(u16::MAX);
    let none = Line::default();
    cell.iter().flat_map(|line| wrap(line, columns, &none, &none)).collect()
}

fn rule(columns: &[usize]) -> Line {
    let dashes: Vec<String> = columns.iter().map(|columns| "─".repeat(*columns)).collect();
    Line::of(dashes.join("─┼─"), Tone::Dim)
}

fn aligned(cell: Option<&Line>, columns: usize, alignment: Alignment, edge: Edge, line: &mut Line) {
    let spare = columns.saturating_sub(cell.map_or(0, Line::width));
    let left = match alignment {
        Alignment::Right => spare,
        Alignment::Center => spare / 2,
        Alignment::Left | Alignment::None => 0,
    };
    let blank = Span::default();
    line.write(&" ".repeat(left), &blank);
    if let Some(cell) = cell {
        line.append(cell);
    }
    if edge == Edge::Inner {
        line.write(&" ".repeat(spare - left), &blank);
    }
}

fn record(name: &Cell, value: &Cell, width: usize) -> Vec<Line> {
    let mut line = on_one_line(name);
    line.write(": ", &Span::new("", Tone::Dim).with(Emphasis::BOLD));
    line.append(&on_one_line(value));
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    wrap(&line, width, &Line::default(), &Line::of("  ", Tone::Text))
}

fn on_one_line(cell: &Cell) -> Line {
    let mut out = Line::default();
    for (at, line) in cell.iter().enumerate() {
        if at > 0 {
            out.write(" ", &Span::default());
        }
        out.append(line);
    }
    out
}
