//! What the dashboard shows, in a file of its own: CSV (RFC 4180, the heads are the JSON keys) or JSON. Nothing is ever
//! written over, and only its owner may read it.

use crate::command::usage::quoted;
use plyrum_protocol::view::{Dashboard, DashboardPoint, DashboardSum};
use plyrum_protocol::{ErrorKind, Fault};
use plyrum_tui::screen::usage::ExportFormat;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Files of one day in one folder.
const MAX_FILES: u32 = 1_000;

/// Writes `plyrum-usage-DAY.csv`, or the first free one of `plyrum-usage-DAY-2.csv` and so on, and says where it is.
pub(super) fn to_new_file(
    folder: &Path,
    day: &str,
    format: ExportFormat,
    shown: &Dashboard,
) -> Result<PathBuf, Fault> {
    let (end, text) = match format {
        ExportFormat::Csv => ("csv", csv(shown)),
        ExportFormat::Json => ("json", json(shown)?),
    };
    for nth in 1..=MAX_FILES {
        let more = if nth == 1 { String::new() } else { format!("-{nth}") };
        let path = folder.join(format!("plyrum-usage-{day}{more}.{end}"));
        match write_new(&path, &text) {
            Ok(()) => return Ok(std::path::absolute(&path).unwrap_or(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Fault::new(ErrorKind::Storage, format!("{}: {error}", path.display()))),
        }
    }
    Err(Fault::new(ErrorKind::Storage, format!("there are {MAX_FILES} exports of {day} already")))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would be taken for all of it.
        let _left = std::fs::remove_file(path);
    }
    written
}

fn json(shown: &Dashboard) -> Result<String, Fault> {
    let line = plyrum_protocol::to_line(shown);
    line.map(|line| line + "\n")
        .map_err(|e| Fault::new(ErrorKind::Internal, format!("cannot write JSON: {e}")))
}

const HEAD: &str = "panel,key,since,runs,attempts,input,cache_read,cache_write_5m,cache_write_1h,output,reasoning,quality,\
    cost_micro_rub,unpriced,estimated,failed,failed_cost_micro_rub,cut,cut_cost_micro_rub,cancelled,cancelled_cost_micro_rub,\
    retries,retries_cost_micro_rub\r\n";

/// A line for each sum. Days and hours have no meters: their cells are empty, not zero.
fn csv(shown: &Dashboard) -> String {
    let mut text = HEAD.to_owned();
    let since = shown.since.map(|at| at.to_string()).unwrap_or_default();
    text += &sum("total", "", &since, &shown.total);
    if let Some(before) = &shown.previous {
        text += &sum("previous", "", &before.since.to_string(), &before.sum);
    }
    for span in &shown.spans {
        text += &sum("span", &span.name, &span.since.to_string(), &span.sum);
    }
    for group in &shown.groups {
        let since = group.since.map_or_else(|| since.clone(), |at| at.to_string());
        for row in &group.rows {
            text += &sum(&group.by, &row.key, &since, &row.sum);
        }
        if group.more > 0 {
            text += &sum(&format!("{}_rest", group.by), "", &since, &group.rest);
        }
    }
    text.extend(shown.days.iter().map(|day| point("day", day)));
    text.extend(shown.last_day.iter().map(|hour| point("hour", hour)));
    text
}

fn sum(panel: &str, key: &str, since: &str, sum: &DashboardSum) -> String {
    let m = &sum.usage.meters;
    let counts = [
        sum.runs,
        sum.attempts,
        m.input,
        m.cache_read,
        m.cache_write_5m,
        m.cache_write_1h,
        m.output,
        m.reasoning,
    ];
    let counts = counts.map(|count| count.to_string()).join(",");
    let parts = [sum.failed, sum.cut, sum.cancelled, sum.retries];
    let parts = parts.map(|part| format!("{},{}", part.attempts, part.cost_micro_rub.get())).join(",");
    format!(
        "{panel},{},{since},{counts},{},{},{},{},{parts}\r\n",
        quoted(key),
        sum.usage.quality.as_str(),
        sum.cost_micro_rub.get(),
        sum.unpriced,
        sum.estimated
    )
}

fn point(panel: &str, point: &DashboardPoint) -> String {
    let DashboardPoint { name, since, attempts, cost_micro_rub, unpriced, estimated } = point;
    let cost = cost_micro_rub.get();
    format!("{panel},{},{since},,{attempts},,,,,,,,{cost},{unpriced},{estimated},,,,,,,,\r\n", quoted(name))
}
