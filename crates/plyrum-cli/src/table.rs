//! Plain tables: columns as wide as their widest cell, numbers to the right.

use crate::sanitize::cell;

/// Which way a column leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lean {
    Left,
    Right,
}

/// A column that leans left, by its heading.
pub(crate) const fn left(name: String) -> (String, Lean) {
    (name, Lean::Left)
}

/// A column that leans right, by its heading.
pub(crate) const fn right(name: String) -> (String, Lean) {
    (name, Lean::Right)
}

/// A table as text, with a head line; every cell is made safe.
pub(crate) fn table(head: &[(String, Lean)], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|text| cell(text)).collect()).collect();
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|text| text.chars().count());
        cells.chain(head.get(at).map(|(name, _)| name.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(head).zip(&widths).map(|((text, (_, lean)), width)| match lean {
            Lean::Left => format!("{text:<width$}"),
            Lean::Right => format!("{text:>width$}"),
        });
        let line = padded.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    let names: Vec<String> = head.iter().map(|(name, _)| name.clone()).collect();
    let body: String = rows.iter().map(|row| line(row)).collect();
    line(&names) + &body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_hostile_cells_are_safe() {
        let rows = vec![vec!["a\u{1b}[31m".into(), "10".into()], vec!["привет".into(), "7".into()]];
        let text = table(&[left("name".into()), right("n".into())], &rows);
        assert_eq!(text, "name     n\na       10\nпривет   7\n");
    }
}
