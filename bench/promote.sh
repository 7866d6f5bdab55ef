#!/bin/sh
# Races the promotion of one zip of 1 MB against plain copies of other tools on the same server, near and far, and
# prints Markdown tables. Needs cargo, git, curl 7.75 or later and python3; servers and tools are those of the tests.
#
#   bench/promote.sh [ROUNDS [SERVER]]      default: 9 seaweedfs; `s3s` is the cheapest server, but not atomic
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
cargo build --quiet --release --manifest-path "$top/Cargo.toml" -p promote-cli
cargo build --quiet --release --manifest-path "$top/Cargo.toml" -p promote-s3 --example bare_copy
exec python3 "$top/bench/promote_rounds.py" "$target/release/promote" "$target/release/examples/bare_copy" \
  "$top/tests/servers/server" "${1:-9}" "${2:-seaweedfs}"
