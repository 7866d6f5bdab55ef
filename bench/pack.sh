#!/bin/sh
# Races packing against `zip -6` and 7-Zip on generated trees, and prints a markdown table.
# Needs cargo, python3 and zip; 7z is left out, with a note, where it is missing.
#
#   bench/pack.sh [ROUNDS [REPO_MB [MIXED_MB [NOISE_MB]]]]      default: 3 34 1000 2000; 0 MB leaves a tree out
#
# BENCH_SKIP=7z leaves the slowest peer out.
# Data lies below ${TMPDIR:-/tmp} while this runs: about three times the megabytes above.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
cargo build --quiet --release --manifest-path "$top/Cargo.toml" -p promote-artifacts --examples
exec python3 "$top/bench/pack_rounds.py" "$target/release/examples/pack" "${1:-3}" "${2:-34}" "${3:-1000}" "${4:-2000}"
