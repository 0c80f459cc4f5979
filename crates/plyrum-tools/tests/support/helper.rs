//! Stands in for `plyrum __sandbox`.

use std::process::ExitCode;

fn main() -> ExitCode {
    plyrum_tools::sandbox::inner_main(std::env::args_os().skip(2))
}
