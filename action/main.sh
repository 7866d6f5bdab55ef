#!/usr/bin/env bash
# Finds the program of this very version and runs it: one that is given, else the tool cache's, else a download. What is
# not given must have the SHA-256 that stands in manifest.json beside this file, in the same commit.
# An assignment can't be replaced by an exported function; in this mode, neither can special builtins such as export.
POSIXLY_CORRECT=1
exported=$(export -fp)
unset -f builtin printf || :
set -euo pipefail
unset -v BASH_ENV ENV CDPATH POSIXLY_CORRECT

fail() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  builtin printf '::error title=promote::%s\n' "${text//$'\n'/%0A}"
  exit 1
}

[[ -z $exported ]] || fail 'the environment holds exported shell functions (BASH_FUNC_…): refused'

binary=${INPUT_BINARY:-}
if [[ -n $binary ]]; then
  [[ -f $binary && -x $binary ]] || fail "the input binary is no program: $binary"
  [[ $binary == */* || $binary == *\\* ]] || binary=./$binary
  exec "$binary"
fi

os=${RUNNER_OS:-$(uname -s)} arch=${RUNNER_ARCH:-$(uname -m)}
case $os-$arch in
  Linux-X64 | Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-ARM64 | Linux-aarch64) target=aarch64-unknown-linux-musl ;;
  macOS-X64 | Darwin-x86_64) target=x86_64-apple-darwin ;;
  macOS-ARM64 | Darwin-arm64) target=aarch64-apple-darwin ;;
  Windows-* | MINGW*-x86_64 | MSYS*-x86_64) target=x86_64-pc-windows-msvc ;;
  *) fail "there is no program for $os on $arch: build one, and name it with the input binary" ;;
esac

# The manifest is ours: one archive a line, so that nothing but the shell is needed to read it.
here=$(builtin cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version='' from='' file='' sha=''
while IFS= builtin read -r line; do
  if [[ $line =~ ^\ *\"version\":\ \"([0-9A-Za-z.+-]+)\" ]]; then version=${BASH_REMATCH[1]}; fi
  if [[ $line =~ ^\ *\"from\":\ \"(https://[^\"]+)\" ]]; then from=${BASH_REMATCH[1]}; fi
  if [[ $line =~ ^\ *\"$target\":\ \{\ \"file\":\ \"([0-9A-Za-z._-]+)\",\ \"sha256\":\ \"([0-9a-f]{64})\" ]]; then
    file=${BASH_REMATCH[1]} sha=${BASH_REMATCH[2]}
  fi
done <"$here/manifest.json"
[[ -n $version && -n $from && -n $file ]] ||
  fail "this version of the action has no release for $target yet: use a released one, or name a program with the input binary"

sum() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
right() { [[ -f $1 && $(sum <"$1") == "$sha"* ]]; }

# Others may write to the cache at any time: what is checked is a copy that nobody else can write to, and what is run comes
# out of that copy, anew in every job.
temp=${RUNNER_TEMP:-$(mktemp -d)}
unpacked=$(mktemp -d "$temp/promote-$version.XXXXXX")
copy=$unpacked/$file
cache=${RUNNER_TOOL_CACHE:-$temp}/promote/$version/$target
if ! { [[ -f $cache/$file ]] && cp "$cache/$file" "$copy" && right "$copy"; }; then
  builtin printf 'downloading %s\n' "$file"
  rm -f "$copy"
  curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 5 --retry-delay 2 --retry-all-errors \
    --max-time 300 --output "$copy" "$from/$file" || { rm -rf "$unpacked"; fail "$file can't be downloaded from $from"; }
  right "$copy" || { rm -rf "$unpacked"; fail "what $from gave as $file is not what this commit's manifest names: refused"; }
  # The next job is spared the download where the cache can be written to.
  if mkdir -p "$cache" && part=$(mktemp "$cache/part.XXXXXX"); then
    { cp "$copy" "$part" && mv -f "$part" "$cache/$file"; } || rm -f "$part"
  fi
fi
tar -xzf "$copy" -C "$unpacked"
rm -f "$copy"
binary=$unpacked/promote-action
[[ $target == *windows* ]] && binary+=.exe
[[ -f $binary && -x $binary ]] || fail "$file holds no promote-action"
exec "$binary"
