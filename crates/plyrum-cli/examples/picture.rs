//! Pictures of the real screen: starts a `plyrum` in a terminal of its own, presses keys when something is to be seen, and
//! writes what the terminal shows as SVG. `scripts/picture.sh` prepares the demonstration and calls it:
//!
//! `picture PLYRUM COLUMNS ROWS STEP…` with steps `wait:TEXT`, `keys:TEXT` (`\r`, `\e` as usual) and `svg:FILE`.

use nix::pty::{Winsize, openpty};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest wait for something to be seen.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _nobody_reads = writeln!(std::io::stderr(), "picture: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), String> {
    let [program, columns, rows, steps @ ..] = words else {
        return Err("picture PLYRUM COLUMNS ROWS STEP…".to_owned());
    };
    let number = |text: &String| text.parse::<u16>().map_err(|e| format!("{text}: {e}"));
    let (columns, rows) = (number(columns)?, number(rows)?);
    let most = |n: u16| NonZeroU16::new(n).ok_or("a screen has at least one row and one column");
    let parser = vt100::Parser::new(most(rows)?, most(columns)?, 0);
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).map_err(|e| e.to_string())?;
    let end = || pty.slave.try_clone().map_err(|e| e.to_string());
    let mut command = Command::new("setsid");
    command.args(["-cw", program, "--plan", "six"]).stdin(end()?).stdout(end()?).stderr(end()?);
    let mut child = command.env("TERM", "xterm-256color").spawn().map_err(|e| e.to_string())?;
    let seen = Arc::new(Mutex::new(parser));
    let (mut reader, shown) =
        (File::from(pty.master.try_clone().map_err(|e| e.to_string())?), Arc::clone(&seen));
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if let (Ok(mut parser), Some(bytes)) = (shown.lock(), buffer.get(..count)) {
                parser.process(bytes);
            }
        }
    });
    let mut keys = File::from(pty.master);
    let outcome = steps.iter().try_for_each(|step| take(step, &seen, &mut keys));
    let _gone_already = child.kill();
    let _reaped = child.wait();
    outcome
}

fn take(step: &str, seen: &Arc<Mutex<vt100::Parser>>, keys: &mut File) -> Result<(), String> {
    let (verb, what) = step.split_once(':').ok_or_else(|| format!("no step: {step}"))?;
    match verb {
        "keys" => {
            let keys_pressed = what.replace("\\r", "\r").replace("\\e", "\u{1b}");
            keys.write_all(keys_pressed.as_bytes()).map_err(|e| e.to_string())
        }
        "wait" => wait(what, seen),
        "svg" => {
            let parser = seen.lock().map_err(|e| e.to_string())?;
            std::fs::write(what, svg(parser.screen())).map_err(|e| format!("{what}: {e}"))
        }
        _ => Err(format!("no step: {step}")),
    }
}

fn wait(text: &str, seen: &Arc<Mutex<vt100::Parser>>) -> Result<(), String> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let contents = seen.lock().map_err(|e| e.to_string())?.screen().contents();
        if contents.contains(text) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(15));
    }
    let contents = seen.lock().map_err(|e| e.to_string())?.screen().contents();
    Err(format!("`{text}` was not to be seen in:\n{contents}"))
}

const CELL: (f32, f32) = (8.4, 18.0);
const BACKGROUND: &str = "#16181d";
const TEXT: &str = "#d7dae0";

/// The 16 colours of a quiet dark terminal.
const fn colour(index: u8) -> &'static str {
    match index {
        0 => "#16181d",
        1 | 9 => "#e06c75",
        2 | 10 => "#98c379",
        3 | 11 => "#e5c07b",
        4 | 12 => "#61afef",
        5 | 13 => "#c678dd",
        6 | 14 => "#56b6c2",
        8 => "#6b7280",
        _ => "#d7dae0",
    }
}

fn svg(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (f32::from(columns) * CELL.0 + 24.0, f32::from(rows) * CELL.1 + 20.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..rows {
        for column in 0..columns {
            if let Some(cell) = screen.cell(row, column) {
                draw(&mut svg, cell, row, column);
            }
        }
    }
    svg + "</svg>\n"
}

fn draw(svg: &mut String, cell: &vt100::Cell, row: u16, column: u16) {
    let (x, y) = (12.0 + f32::from(column) * CELL.0, 10.0 + f32::from(row) * CELL.1);
    let paint = |colour_of: vt100::Color| match colour_of {
        vt100::Color::Idx(index) => Some(colour(index)),
        vt100::Color::Default | vt100::Color::Rgb(..) => None,
    };
    let (mut front, mut back) = (paint(cell.fgcolor()).unwrap_or(TEXT), paint(cell.bgcolor()));
    if cell.inverse() {
        (front, back) = (back.unwrap_or(BACKGROUND), Some(front));
    }
    if let Some(back) = back {
        let _infallible = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{back}\"/>",
            CELL.0 + 0.6,
            CELL.1
        );
    }
    let text = cell.contents();
    if text.trim().is_empty() {
        return;
    }
    let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
    let faint = if cell.dim() { " opacity=\"0.6\"" } else { "" };
    let line = if cell.underline() { " text-decoration=\"underline\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let baseline = y + 13.5;
    let _infallible = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{baseline:.1}\" fill=\"{front}\"{weight}{faint}{line}>{text}</text>"
    );
}
