#!/bin/sh
# Races the bringing up to date of a folder of 10,000 files in Google Cloud Storage's stand-in against `rclone sync`,
# `gsutil -m rsync` and `gcloud storage rsync` on the same server, and prints a Markdown table of requests, bytes and
# seconds. Needs cargo, git, openssl and python3; rclone is that of the tests; gsutil and gcloud are used when they are
# installed.
#
#   bench/folders.sh [ROUNDS [FILES]]      default: 3 10000
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
cargo build --quiet --release --manifest-path "$top/Cargo.toml" -p promote-cli
cargo build --quiet --release --manifest-path "$top/Cargo.toml" -p promote-tests --bin promote-gcs-fake
exec python3 "$top/bench/folders_rounds.py" "$target/release/promote" "$target/release/promote-gcs-fake" \
  "$top/tests/servers/server" "${1:-3}" "${2:-10000}"
