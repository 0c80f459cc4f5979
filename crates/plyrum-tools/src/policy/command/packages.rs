//! What package tools tell. Most of them run what the project's settings name, a compiler, a toolchain or another
//! version of themselves, so they count as building.

use super::grammar::Grammar;
use super::operands::Operands;
use super::{At, Class};

/// `None`: the command is none of these.
pub(super) fn check(program: &str, args: &[String], at: &At<'_>) -> Option<Result<Class, String>> {
    let (command, rest) = args.split_first()?;
    let (name, options, operands) = match (program, command.as_str()) {
        ("cargo", "tree") => (
            "cargo tree",
            "-devq -p=word -i[word] -e=word -F=word --package=word --workspace --invert[word] --edges=word --depth=num \
             --prefix=word --duplicates --no-dedupe --charset=word --features=word --all-features --no-default-features \
             --target=word --locked --offline --frozen --exclude=word --quiet --color=word",
            Operands::Words,
        ),
        ("cargo", "metadata") => (
            "cargo metadata",
            "-q --no-deps --format-version=num --features=word --all-features --no-default-features --filter-platform=word \
             --locked --offline --frozen --manifest-path=read --color=word --quiet",
            Operands::None,
        ),
        ("cargo", "pkgid" | "locate-project") => {
            ("cargo", "-q --workspace --message-format=word", Operands::Words)
        }
        ("npm" | "pnpm" | "yarn", "ls" | "list" | "why" | "explain") => (
            "npm ls",
            "-a --all --depth=num --json --long --prod --dev --parseable --omit=word",
            Operands::Words,
        ),
        ("pip" | "pip3", "list" | "show" | "freeze" | "check") => {
            ("pip", "-v --format=word --not-required", Operands::Words)
        }
        ("go", "list") => ("go list", "single -m -json -deps -test -e -f=text", Operands::Read),
        ("go", "doc") => ("go doc", "single -all -src -short -u -c", Operands::Words),
        ("go", "env") => ("go env", "single -json", Operands::Words),
        ("rustup", "show") => ("rustup show", "-v", Operands::None),
        _ => return None,
    };
    let class = if name == "pip" { Class::Reading } else { Class::Building };
    Some(Grammar { name, options, operands }.check(rest, at).map(|_| class))
}
