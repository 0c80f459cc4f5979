//! Whole commands that only tell a version.

/// Programs that are known to print their version and nothing else when asked so.
const PROGRAMS: &[&str] = &[
    "bash", "bun", "cargo", "clang", "cmake", "composer", "deno", "docker", "dotnet", "eslint", "fd", "g++",
    "gcc", "gh", "git", "gradle", "java", "javac", "jq", "make", "mvn", "mypy", "ninja", "node", "npm",
    "npx", "perl", "php", "pip", "pip3", "pnpm", "prettier", "pytest", "python", "python3", "rg", "ruby",
    "ruff", "rustc", "rustfmt", "rustup", "sqlite3", "swift", "tsc", "uv", "yarn",
];

/// Whether the command is `PROGRAM --version` and no more.
pub(super) fn is_version(program: &str, args: &[String]) -> bool {
    let [only] = args else { return false };
    match (program, only.as_str()) {
        ("go" | "zig", word) => word == "version",
        ("java" | "javac", "-version") => true,
        ("python" | "python3" | "cargo" | "rustc" | "pip", "-V") => true,
        ("node" | "npm" | "pnpm" | "yarn" | "tsc", "-v") => true,
        ("rustc", "-vV") => true,
        (program, word) => word == "--version" && PROGRAMS.contains(&program),
    }
}
