#!/bin/sh
# Races the promotion of one zip of 1 MB against plain copies of other tools on one Google Cloud Storage, the project's own
# fake, near and at 50 ms, and prints a Markdown table. Needs cargo, git, curl and python3; `gcloud` takes part where it is.
#
#   bench/gcs.sh [ROUNDS]      default: 7
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
cargo build --quiet --release --manifest-path "$top/Cargo.toml" -p promote-cli -p promote-tests \
  --bin promote --bin promote-gcs-fake
exec python3 "$top/bench/gcs_rounds.py" "$target/release/promote" "$target/release/promote-gcs-fake" \
  "$top/tests/servers/server" "${1:-7}"
