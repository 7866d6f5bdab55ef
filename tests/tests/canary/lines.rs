//! A line of each command, in an order in which each has something to do.

/// Lines, with `SHA` for the release.
pub(crate) const LINES: &[&str] = &[
    "check",
    "check --online",
    "doctor",
    "doctor --probe",
    "config show",
    "publish --commit SHA --no-move",
    "plan uat SHA --out plan.json",
    "to uat SHA --yes --note why=because",
    "to prod --yes --reason INC-1",
    "to uat SHA --redeploy --yes --dry-run",
    "status",
    "history",
    "show SHA",
    "show uat",
    "diff uat prod",
    "explain prod",
    "verify",
    "verify --ledger",
    "verify --bytes",
    "watch uat",
    "resume uat --yes",
    "rollback uat --yes",
    "advance --yes",
    "freeze prod --reason INC-1",
    "unfreeze prod --yes",
    "hold prod --reason INC-1",
    "unhold prod --yes",
    "block SHA --reason INC-1",
    "unblock SHA",
    "pin SHA --reason INC-1",
    "unpin SHA",
    "record load SHA --result passed",
    "prune --yes",
    "adopt uat --reason INC-1 --yes",
    "import --dry-run",
    "pack --commit SHA --out made.zip",
    "verify-archive made.zip",
    "ci github --stdout",
    "ci gitlab --stdout",
    "iam aws",
    "init --dry-run",
    "demo",
    "schema",
    "completions bash",
    "man",
    "version",
    "help",
    "help rules",
    "no-such-command",
];

/// Those of them that reach out in different ways, where each takes its time.
pub(crate) const FEW: &[&str] = &[
    "check --online",
    "doctor",
    "publish --commit SHA --no-move",
    "to uat SHA --yes --note why=because",
    "status",
    "verify",
    "resume uat --yes",
];

/// Ways to say it.
pub(crate) const MODES: &[&[&str]] =
    &[&[], &["--json"], &["--events"], &["-v"], &["-vv"], &["--format", "markdown"], &["--format", "plain"]];
