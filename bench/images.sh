#!/bin/sh
# Races a retag and a copy across repositories against skopeo, and crane where it is on PATH: `bench/images.sh [ROUNDS]`.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet -p promote-quay --example retag
exec python3 bench/images_rounds.py "$target/release/examples/retag" "${1:-5}"
