//! What the action takes and gives: one table each, from which `action.yml` and the book's page are made.

/// An input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it is when it is left out, as `action.yml` has it.
    pub default: &'static str,
}

/// An output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub about: &'static str,
}

const fn input(name: &'static str, about: &'static str, default: &'static str) -> Input {
    Input { name, about, default }
}

const fn output(name: &'static str, about: &'static str) -> Output {
    Output { name, about }
}

/// The inputs, in the order of `action.yml`.
pub const INPUTS: &[Input] = &[
    input(
        "do",
        "promote, plan, status, verify, rollback, approve, reject, publish, advance or install",
        "promote",
    ),
    input("to", "the environment; for status, verify and advance one a line, none for all", ""),
    input(
        "version",
        "commit, tag, environment or 'previous'; empty: what runs in the environment before; for publish the commit",
        "",
    ),
    input("config", "path of promote.toml", "promote.toml"),
    input("plan", "a saved plan: plan writes it there, promote carries out exactly that or nothing", ""),
    input(
        "paths",
        "for publish: finished files or folders, one a line, NAME=PATH where there are several artifacts",
        "",
    ),
    input(
        "allow-dirty",
        "for publish: take a work tree that is not what was committed; the release says so for ever",
        "false",
    ),
    input(
        "allow-unmerged",
        "for publish: take the merge that tries out a pull request; it never moves by itself",
        "false",
    ),
    input("notes", "one 'name: text' a line, for environments that ask for notes", ""),
    input("reason", "why; needed for an override", ""),
    input("override", "rules to go past this once, one a line or with commas", ""),
    input("include", "environments that read the same target and move along, one a line", ""),
    input("take-over", "for rollback: undo at once what somebody else may still be at", "false"),
    input("ledger", "for verify: check the whole chain of records as well", "false"),
    input("content", "for approve and reject: the digest of what was shown; anything else is refused", ""),
    input("dry-run", "plan only", "false"),
    input("wait", "run the steps that follow and wait for them; false only moves", "true"),
    input("on-blocked", "fail, or neutral: warn and succeed when a rule is not met", "fail"),
    input("summary", "write a job summary", "true"),
    input(
        "token",
        "to read checks and approvals, and to show deployments where the job does not by itself",
        "${{ github.token }}",
    ),
    input("binary", "path of a promote-action to use instead of downloading one", ""),
    input("environment", "another name of to", ""),
    input("ecr_tag", "another name of to", ""),
    input("sha", "another name of version", ""),
    input("commit_sha", "another name of version", ""),
];

/// The outputs, in the order of `action.yml`. What does not apply is empty.
pub const OUTPUTS: &[Output] = &[
    output(
        "status",
        "promoted, unchanged, blocked, failed, rolled-back or planned; approved, rejected, published, looked, matches, differs or installed for the other commands",
    ),
    output("exit", "the exit status by name, such as ok, blocked or conflict"),
    output(
        "environment",
        "the environment; for advance those that moved, one a line, and so are version, promotion and url",
    ),
    output("version", "the full commit that is there now, or would be"),
    output("previous", "the full commit that was there"),
    output("target", "where the artifact now is, or would be; the first one of several"),
    output("digest", "sha256 of that artifact"),
    output(
        "release_tag",
        "the full reference of the image that the environment holds now; empty when it was refused or only planned",
    ),
    output("promotion", "the promotion's id in the ledger"),
    output("url", "the environment's address"),
    output("json", "the whole result, as the command's --json prints it"),
];
