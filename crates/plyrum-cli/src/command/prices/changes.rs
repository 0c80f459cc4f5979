//! `plyrum prices diff`, and what `import` shows before it writes: a downloaded list against what holds.

use super::{settings_on, today};
use crate::command::Outcome;
use crate::fault::wrong_use;
use crate::out;
use crate::sanitize::clean;
use crate::text::{self, say, words};
use plyrum_catalog::import::{self, Change, Feed, Glob, List, MAX_BYTES, Selection, Verdict};
use plyrum_catalog::{Day, PriceBook, ProviderId};
use plyrum_protocol::{Fault, view};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) list: ListArgs,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

/// Which list, and which of its models.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// LiteLLM's price file, or the answer of OpenRouter's GET /api/v1/models
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The format, where the file's shape should not decide
    #[arg(long, value_enum, value_name = "FORMAT")]
    from: Option<Format>,
    /// Only models whose name, in the file or here, fits: * is any text, ? any character
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    only: Vec<String>,
    /// The provider of yours that these prices are of
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Litellm,
    Openrouter,
}

/// A list compared with what holds today.
pub(super) struct Compared {
    pub(super) list: List,
    pub(super) changes: Vec<Change>,
    pub(super) day: Day,
    pub(super) file: String,
}

pub(super) fn run(args: &Args) -> Outcome {
    let day = today();
    let settings = settings_on(day)?;
    let compared = compare(&args.list, &settings.catalog, &settings.prices, day)?;
    if args.json {
        out::print_json(&compared.view())?;
    } else {
        out::print(&compared.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn compare(
    args: &ListArgs,
    catalog: &plyrum_catalog::Catalog,
    book: &PriceBook,
    day: Day,
) -> Result<Compared, Fault> {
    let selection = Selection {
        feed: args.from.map(|format| match format {
            Format::Litellm => Feed::LiteLlm,
            Format::Openrouter => Feed::OpenRouter,
        }),
        only: args.only.iter().map(|pattern| Glob::new(pattern)).collect(),
        provider: args.provider.as_deref().map(provider).transpose()?,
    };
    let text = read(&args.file)?;
    let file = args.file.display().to_string();
    let list = import::read(&text, &selection).map_err(|e| {
        wrong_use(say!("fault-list", path = &file, why = e.to_string())).hint(say!("hint-list"))
    })?;
    let name = args.file.file_name().map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned());
    let source = format!("{} list, {name}", list.feed.name());
    let changes = import::diff(&list, catalog, book, day, &source);
    Ok(Compared { list, changes, day, file })
}

fn provider(id: &str) -> Result<ProviderId, Fault> {
    ProviderId::new(id).map_err(|why| wrong_use(say!("fault-provider", why = why.to_string())))
}

fn read(path: &Path) -> Result<String, Fault> {
    let file = plyrum_config::read_bounded(path, MAX_BYTES).map_err(|e| wrong_use(clean(&e.to_string())))?;
    let file = file.ok_or_else(|| wrong_use(say!("fault-no-file", path = path.display().to_string())))?;
    Ok(file.text)
}

impl Compared {
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.changes.iter().filter(|change| change.verdict == verdict).count()
    }

    fn view(&self) -> view::PriceDiff {
        let changes = self.changes.iter().map(|change| view::PriceChange {
            name: change.name.clone(),
            model: change.model.as_ref().map(ToString::to_string),
            verdict: change.verdict.as_str().to_owned(),
            reason: change.reason.clone(),
            figures: change
                .figures
                .iter()
                .map(|figure| view::PriceFigureChange {
                    figure: figure.figure.clone(),
                    old: figure.old.clone(),
                    new: figure.new.clone(),
                })
                .collect(),
            left_out: change.left_out.clone(),
        });
        view::PriceDiff {
            feed: self.list.feed.name().to_owned(),
            file: self.file.clone(),
            day: self.day.to_string(),
            total: self.list.total,
            changes: changes.collect(),
        }
    }

    /// A line for each model of which something is to be told, then the counts.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            line(&mut text, change);
        }
        let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
        for change in &self.changes {
            *counts.entry(change.verdict).or_default() += 1;
        }
        let count =
            |(verdict, count): (&Verdict, &usize)| say!("prices-count", n = *count, verdict = told(*verdict));
        let counts: Vec<String> = counts.iter().map(count).collect();
        let counts = if counts.is_empty() { say!("prices-none-asked") } else { counts.join(", ") };
        let (feed, total) = (self.list.feed.name(), self.list.total);
        let sum = say!("prices-counts", feed = feed, total = total, counts = counts);
        let _infallible = writeln!(text, "{sum}");
        text
    }
}

fn told(verdict: Verdict) -> String {
    match verdict {
        Verdict::New => say!("prices-new"),
        Verdict::Changed => say!("prices-changed"),
        Verdict::Jump => say!("prices-jump"),
        Verdict::Unknown => say!("prices-unknown"),
        Verdict::Refused => say!("prices-refused"),
        Verdict::NotText => say!("prices-not-text"),
        Verdict::Unchanged => say!("prices-unchanged"),
    }
}

/// Names are others' text: control characters are shown, not obeyed.
fn line(text: &mut String, change: &Change) {
    if matches!(change.verdict, Verdict::Unchanged | Verdict::NotText) {
        return;
    }
    let name = change.model.as_ref().map_or(change.name.as_str(), |model| model.as_str());
    let reason = change.reason.as_deref().map(|why| format!(": {}", text::told(why))).unwrap_or_default();
    let head = format!("{:<8} {}{reason}", told(change.verdict), name.escape_debug());
    let _infallible = writeln!(text, "{}", clean(&head));
    let is_new = change.figures.iter().all(|figure| figure.old.is_none());
    if is_new && !change.figures.is_empty() {
        let figures = change.figures.iter().map(|f| {
            format!("{} {}", f.figure, f.new.as_ref().map_or("–".to_owned(), |price| words().decimal(price)))
        });
        let shown = format!("           {}", figures.collect::<Vec<_>>().join(", "));
        let _infallible = writeln!(text, "{}", clean(&shown));
    }
    for figure in change.figures.iter().filter(|_| !is_new) {
        let told = |price: Option<&String>| match price {
            Some(price) => words().decimal(price),
            None => say!("prices-not-told"),
        };
        let (old, new) = (told(figure.old.as_ref()), told(figure.new.as_ref()));
        let shown = format!("           {:<24} {old} → {new}", figure.figure);
        let _infallible = writeln!(text, "{}", clean(&shown));
    }
    if !change.left_out.is_empty() {
        let shown = format!("           {}", say!("prices-not-read", names = change.left_out.join(", ")));
        let _infallible = writeln!(text, "{}", clean(&shown));
    }
}
