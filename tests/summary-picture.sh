#!/usr/bin/env bash
# Pictures of job summaries, to be looked at: `tests/summary-picture.sh FOLDER` writes planned.png, promoted.png, rolled-back.png
# and status.png there. Needs chromium and node; no part of the tests.
set -euo pipefail
out=$(mkdir -p "${1:?a folder for the pictures}" && cd "$1" && pwd)
cd "$(dirname "$0")/.."
modules=$(tests/servers/server tool node-picture)
cargo build --quiet --package promote-cli --package promote-action
bin=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug
protocol=$PWD/tests/protocol
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/billing-api" "$work/home"
cd "$work/billing-api"
export HOME=$work/home GITHUB_ACTIONS=true GITHUB_ACTOR=mona GITHUB_WORKFLOW=deploy GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=acme/billing-api
git init -q -b main
git config user.name "Ann Example"
git config user.email ann@example.com
cat >promote.toml <<'TOML'
project      = "billing-api"
environments = ["dev", "staging", ["uat", "perf"], "prod"]
source       = "releases/{sha}.zip"
target       = "deploy/{env}.zip"
notes        = ["ticket"]
verify       = [{ run = 'printf "report=https://ci.example/checks/4711\n" >>"$PROMOTE_OUTPUT"; test ! -e broken -o "$PROMOTE_ACTION" = rollback' }]

[env.staging]
tier = "staging"
[env.uat]
tier = "test"
[env.perf]
tier = "test"
[env.prod]
tier       = "production"
soak       = "2d"
approvals  = 2
freeze     = ["Fri 16:00 .. Mon 08:00"]
on-failure = "rollback"
TOML

act() {
  local name=$1
  shift
  : >"$work/summary" >"$work/outputs"
  env GITHUB_STEP_SUMMARY="$work/summary" GITHUB_OUTPUT="$work/outputs" INPUT_NOTES="ticket: PAY-231 <b>" "$@" "$bin/promote-action" >"$work/log" 2>&1 || true
  [[ -z $name ]] || picture "$name"
}

picture() {
  cp "$work/summary" "$out/$1.md"
  node "$protocol/picture.mjs" "$modules" "$work/summary" "$work/page.html"
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files --virtual-time-budget=10000 \
    --window-size=950,"${HEIGHT:-1500}" --screenshot="$out/$1.png" "file://$work/page.html" >"$work/chromium" 2>&1
}

subjects=("Begin the ledger of invoices" "Round VAT per line | not per invoice" "fix(api): <script>alert(1)</script> in a subject" 'Use `BigDecimal` for *totals* [x](y)' "Pay out at midnight, in UTC")
for at in "${!subjects[@]}"; do
  echo "$at" >app.txt
  git add -A && git commit -q -m "${subjects[$at]}" --date "2026-01-0$((at + 1))T12:00:00Z"
  "$bin/promote" publish --yes --no-move >/dev/null 2>&1
  shas[at]=$(git rev-parse HEAD)
done
for step in dev:0 staging:0 uat:0 perf:0 prod:0 dev:2 staging:2 uat:2 dev:4; do
  over=
  [[ $step != prod:* ]] || over=$'approvals\nsoak\nfreeze'
  act "" INPUT_TO="${step%:*}" INPUT_VERSION="${shas[${step#*:}]}" INPUT_OVERRIDE="$over" INPUT_REASON="first time"
done
act planned INPUT_DO=plan INPUT_TO=prod INPUT_VERSION="${shas[2]}"
act promoted INPUT_TO=staging
touch broken
act rolled-back INPUT_TO=prod INPUT_VERSION="${shas[2]}" INPUT_OVERRIDE=$'approvals\nsoak\nfrom\nfreeze' INPUT_REASON="INC-7: payments are down"
act status INPUT_DO=status
