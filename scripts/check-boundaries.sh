#!/usr/bin/env bash
# Checks the boundaries of ARCHITECTURE.md: which of our crates each crate may use, and
# which crates of others it must not reach. Prints every violation and exits 1; exits 2
# where the check itself cannot run.
#
# Development dependencies do not count: tests may use more than the program.
set -euo pipefail
cd "$(dirname "$0")/.."

# crate: our crates that it may use directly.
arrows() {
    cat <<'TABLE'
plyrum-billing-client:
plyrum-redact:
plyrum-config:
plyrum-catalog: plyrum-billing-client
plyrum-settings: plyrum-catalog plyrum-config plyrum-billing-client
plyrum-protocol: plyrum-billing-client
plyrum-router: plyrum-billing-client plyrum-catalog plyrum-protocol
plyrum-engine: plyrum-catalog plyrum-protocol plyrum-billing-client
plyrum-providers: plyrum-billing-client plyrum-redact
plyrum-tools: plyrum-config plyrum-jsonl plyrum-redact
plyrum-ledger: plyrum-billing-client plyrum-catalog
plyrum-audit: plyrum-jsonl plyrum-redact
plyrum-jsonl:
plyrum-sessions: plyrum-jsonl plyrum-protocol plyrum-redact
plyrum-daemon: plyrum-billing-client plyrum-jsonl plyrum-redact plyrum-config plyrum-catalog plyrum-settings plyrum-protocol plyrum-router plyrum-engine plyrum-form plyrum-providers plyrum-tools plyrum-ledger plyrum-audit plyrum-sessions
plyrum-bench: plyrum-billing-client plyrum-catalog plyrum-engine plyrum-protocol plyrum-router
plyrum-client: plyrum-protocol plyrum-config
plyrum-form:
plyrum-markup:
plyrum-words: plyrum-billing-client
plyrum-tui: plyrum-protocol plyrum-client plyrum-config plyrum-billing-client plyrum-markup plyrum-words
plyrum-cli: plyrum-bench plyrum-protocol plyrum-config plyrum-form plyrum-providers plyrum-client plyrum-tui plyrum-daemon plyrum-settings plyrum-catalog plyrum-billing-client plyrum-audit plyrum-ledger plyrum-sessions plyrum-tools plyrum-markup plyrum-words
plyrum-fake-provider:
TABLE
}

# crate: crates of others that it must not reach, however far away.
unreachable() {
    local runtime="tokio async-std smol"
    local sql="rusqlite libsqlite3-sys"
    local network="reqwest hyper rustls ureq"
    local socket="interprocess"
    local terminal="ratatui crossterm clap"
    local pure="$runtime $sql $network $socket $terminal"
    cat <<TABLE
plyrum-billing-client: $pure nix toml
plyrum-redact: $pure nix toml
plyrum-config: $pure
plyrum-catalog: $pure nix
plyrum-settings: $pure
plyrum-protocol: $pure nix
plyrum-router: $pure nix
plyrum-engine: $pure nix
plyrum-providers: $sql $socket $terminal
plyrum-tools: $sql $terminal
plyrum-ledger: $network $socket $terminal
plyrum-audit: $pure
plyrum-jsonl: $pure nix
plyrum-sessions: $network $socket $terminal
plyrum-daemon: ratatui crossterm clap
plyrum-bench: $pure nix
plyrum-client: $sql $network $terminal
plyrum-form: $pure nix toml
plyrum-markup: $pure nix toml
plyrum-words: $pure nix toml
plyrum-tui: $sql $network
plyrum-cli:
plyrum-fake-provider: $sql $socket ratatui crossterm
TABLE
}

# crate: crates of others that it must not use directly, though those it uses may.
undirect() {
    cat <<'TABLE'
plyrum-tui: interprocess
plyrum-cli: reqwest hyper rustls rusqlite ratatui crossterm interprocess
TABLE
}

# row TABLE CRATE: the crate's words in the table; fails where it has no row.
row() {
    "$1" | awk -v crate="$2:" '$1 == crate { $1 = ""; print; found = 1 } END { exit !found }'
}

# names CARGO-TREE-ARGUMENTS...: the crates of a tree, one a line, for every platform.
names() {
    cargo tree --quiet --edges normal,build --target all --all-features --prefix none "$@" |
        awk 'NF { print $1 }' | sort -u
}

contains() {
    case " $1 " in *" $2 "*) return 0 ;; esac
    return 1
}

violations=0
violation() {
    printf '%s\n' "$1"
    violations=$((violations + 1))
}

check_crate() {
    local crate=$1 allowed direct reached name
    allowed=$(row arrows "$crate") || {
        violation "$crate: has no row in the table of scripts/check-boundaries.sh"
        return
    }
    direct=$(names --depth 1 --package "$crate") || exit 2
    reached=$(names --package "$crate") || exit 2
    for name in $direct; do
        case $name in
        "$crate") ;;
        plyrum-*) contains "$allowed" "$name" || violation "$crate: must not use $name" ;;
        esac
    done
    for name in $(row unreachable "$crate"); do
        if contains "$(echo "$reached" | tr '\n' ' ')" "$name"; then
            violation "$crate: must not reach $name (cargo tree -p $crate -i $name)"
        fi
    done
    for name in $(row undirect "$crate"); do
        if contains "$(echo "$direct" | tr '\n' ' ')" "$name"; then
            violation "$crate: must not use $name directly"
        fi
    done
}

checked=0
for manifest in crates/*/Cargo.toml; do
    check_crate "$(basename "$(dirname "$manifest")")"
    checked=$((checked + 1))
done

if [ "$violations" -gt 0 ]; then
    printf '%s violation(s) in %s crates; the rules are in ARCHITECTURE.md\n' "$violations" "$checked"
    exit 1
fi
printf '%s crates keep their boundaries\n' "$checked"
