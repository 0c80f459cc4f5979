//! Whole commands that only tell a version.

use super::Class;

/// Programs that print their version before they look at anything.
const PLAIN: &[&str] = &[
    "bash", "clang", "cmake", "docker", "fd", "g++", "gcc", "gh", "git", "jq", "make", "ninja", "perl",
    "pip", "pip3", "python", "python3", "rg", "ruff", "sqlite3", "uv",
];
/// Programs that read what the project says of the version, the toolchain or the program to run, and may run that:
/// `rust-toolchain.toml`, `.mvn/jvm.config`, `.yarnrc`, `package.json`, `global.json`.
const OF_PROJECT: &[&str] = &[
    "bun", "cargo", "composer", "deno", "dotnet", "eslint", "gradle", "java", "javac", "mvn", "mypy", "node",
    "npm", "npx", "php", "pnpm", "prettier", "pytest", "ruby", "rustc", "rustfmt", "rustup", "swift", "tsc",
    "yarn",
];

/// The class of `PROGRAM --version` and no more.
pub(super) fn version(program: &str, args: &[String]) -> Option<Class> {
    let [only] = args else { return None };
    let asks = match (program, only.as_str()) {
        ("go" | "zig", word) => word == "version",
        ("java" | "javac", "-version") => true,
        ("python" | "python3" | "cargo" | "rustc" | "pip", "-V") => true,
        ("node" | "npm" | "pnpm" | "yarn" | "tsc", "-v") => true,
        ("rustc", "-vV") => true,
        (_, word) => word == "--version",
    };
    if !asks {
        return None;
    }
    if PLAIN.contains(&program) {
        return Some(Class::Reading);
    }
    (OF_PROJECT.contains(&program) || matches!(program, "go" | "zig")).then_some(Class::Building)
}
