//! Screens as text files under `snapshots/tui/`, compared in tests; `UPDATE_SNAPSHOTS=1` rewrites them.

use ratatui::buffer::Buffer;
use std::path::PathBuf;

/// Compares what is drawn with the file of this name.
pub(crate) fn check(name: &str, drawn: &Buffer) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/tui").join(format!("{name}.txt"));
    let text = text(drawn);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{} differs; UPDATE_SNAPSHOTS=1 rewrites it:\n{text}", path.display());
}

/// A line a row, without spaces at its end.
pub(crate) fn text(drawn: &Buffer) -> String {
    let mut text = String::new();
    for y in drawn.area.rows().map(|row| row.y) {
        let mut line = String::new();
        let mut hidden = 0;
        for x in drawn.area.columns().map(|column| column.x) {
            let symbol = drawn[(x, y)].symbol();
            // What follows a wide character is covered by it.
            if hidden == 0 {
                line.push_str(symbol);
                hidden = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            }
            hidden -= 1;
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
