#!/usr/bin/env bash
# Prints the manifest that action/main.sh reads: `manifest.sh VERSION FOLDER ADDRESS`, one archive of FOLDER a line.
# Writes FOLDER/sha256sums as well. Every platform must be there.
set -euo pipefail
version=$1 folder=$2 from=$3
targets=(aarch64-apple-darwin aarch64-unknown-linux-musl x86_64-apple-darwin x86_64-pc-windows-msvc x86_64-unknown-linux-musl)
(cd "$folder" && sha256sum promote-*.tar.gz >sha256sums)
printf '{\n  "about": "The archives of this version, written by the release workflow.",\n'
printf '  "version": "%s",\n  "from": "%s",\n  "archives": {\n' "$version" "$from"
comma=,
for target in "${targets[@]}"; do
  file=promote-$version-$target.tar.gz
  sum=$(sed -n "s/^\([0-9a-f]\{64\}\)  $file\$/\1/p" "$folder/sha256sums")
  [[ -n $sum ]] || { echo "manifest.sh: $file is missing" >&2; exit 1; }
  [[ $target != "${targets[-1]}" ]] || comma=
  printf '    "%s": { "file": "%s", "sha256": "%s" }%s\n' "$target" "$file" "$sum" "$comma"
done
printf '  }\n}\n'
