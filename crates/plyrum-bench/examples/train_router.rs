//! Learns the router's weights from a data pack and our own prompts, and writes them with their data card:
//! `train_router DATA_DIR WEIGHTS_DIR`. Same data, same bytes. Run by `scripts/train-router.sh`.

use plyrum_bench::router::{Pack, RowError, Rows, card, learn, measure};
use plyrum_router::Weights;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(data), Some(weights)) = (args.next(), args.next()) else {
        return told("train_router DATA_DIR WEIGHTS_DIR", ExitCode::from(2));
    };
    match train(&data, &weights) {
        Ok(text) => told(&text, ExitCode::SUCCESS),
        Err(why) => told(&why.to_string(), ExitCode::FAILURE),
    }
}

fn told(text: &str, code: ExitCode) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn train(data: &Path, dir: &Path) -> Result<String, RowError> {
    let pack = Pack::read(data)?;
    let file = learn(&Rows::of(&pack, |prompt| prompt.place.learned), &pack.models);
    let weights = Weights::read(&file).map_err(RowError::Broken)?;
    let report = measure(&pack, &weights);
    let card = card(&pack, &report, &file);
    write(&dir.join("router.bin"), &file)?;
    write(&dir.join("CARD.md"), card.as_bytes())?;
    Ok(card)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), RowError> {
    std::fs::write(path, bytes)
        .map_err(|e| RowError::Unwritten { file: path.display().to_string(), why: e.to_string() })
}
