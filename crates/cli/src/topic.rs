//! The topics of `promote help`: what concerns more than one command. What code knows is taken from it.

use crate::app::env::VARIABLES;
use promote_core::exit::ExitStatus;
use promote_core::rule::RULES;
use promote_view::{Page, Style, Text};

/// A topic.
pub(crate) struct Topic {
    /// Its name.
    pub(crate) name: &'static str,
    /// Other names of it.
    also: &'static [&'static str],
    /// What it says.
    pub(crate) page: fn() -> Page,
}

/// All of them.
pub(crate) const ALL: &[Topic] = &[
    Topic { name: "rules", also: &["rule", "gates", "overrides"], page: rules },
    Topic { name: "releases", also: &["release"], page: releases },
    Topic { name: "exit-codes", also: &["exit-code", "exit", "exits", "exit-status"], page: exit_codes },
    Topic {
        name: "environment",
        also: &["env", "variables", "environment-variables", "environment-variable"],
        page: environment,
    },
    Topic { name: "formats", also: &["format", "formatting", "output", "json"], page: formats },
    Topic { name: "completion", also: &["shell", "shells"], page: completion },
];

/// The topic of this name.
pub(crate) fn named(name: &str) -> Option<&'static Topic> {
    ALL.iter().find(|topic| topic.name == name || topic.also.contains(&name))
}

fn rules() -> Page {
    let mut page = Page::default();
    page.line(
        "A release moves when every rule of the environment is met. A rule that can't be checked is not met.",
    );
    page.line("`--override RULE --reason TEXT` skips one once, where that is allowed, and is recorded.");
    page.blank();
    let rows = RULES.iter().map(|rule| {
        let allowed = if rule.overridable { "yes" } else { "no" };
        vec![Text::new(rule.name, Style::Literal), Text::plain(allowed), Text::plain(rule.about)]
    });
    page.table(&["RULE", "OVERRIDE", "MET WHEN"], rows.collect());
    page.hint("`promote explain ENV` shows each rule with its evidence");
    page
}

fn releases() -> Page {
    let mut page = Page::default();
    page.line("A release is a commit whose build was published. Where a command takes RELEASE, give");
    page.blank();
    let rows = [
        ("4c1d9e2", "a commit, or enough of its beginning to be unique"),
        ("v1.4.0", "a git tag"),
        ("previous", "what ran in the environment before"),
        ("uat", "an environment: what runs there now"),
        (
            "HEAD, main",
            "at a terminal: the commit it is now, shown before the question; scripts need the commit",
        ),
    ];
    page.table(
        &["RELEASE", "MEANS"],
        rows.map(|(name, means)| vec![Text::new(name, Style::Literal), Text::plain(means)]).into(),
    );
    page.blank();
    page.line("Left out, it is what runs in the environment before.");
    page.hint("`promote history` lists releases");
    page
}

fn exit_codes() -> Page {
    let mut page = Page::default();
    let rows = ExitStatus::ALL.iter().map(|status| {
        vec![
            Text::new(status.code().to_string(), Style::Strong),
            Text::new(status.name(), Style::Literal),
            Text::plain(status.meaning()),
        ]
    });
    page.table(&["CODE", "NAME", "MEANING"], rows.collect());
    page.blank();
    page.line(
        "With 1 to 6 no target was written. With `--json`, a failure is a document that names the code.",
    );
    page
}

fn environment() -> Page {
    let mut page = Page::default();
    let rows = VARIABLES
        .iter()
        .map(|variable| vec![Text::new(variable.name, Style::Literal), Text::plain(variable.about)]);
    page.table(&["VARIABLE", "EFFECT"], rows.collect());
    page.blank();
    page.line("Variables of vendors, such as AWS_PROFILE, are read by their own libraries.");
    page
}

fn formats() -> Page {
    let mut page = Page::default();
    let rows = [
        ("--format human", "for people; the default, and free to change between versions"),
        (
            "--format plain",
            "one record a line, tab separated, for cut and awk; no signs, times with their zone",
        ),
        ("--format markdown", "for job summaries and comments"),
        (
            "--json, --format json",
            "one document, whose `schema` names it; within a number only fields are added",
        ),
        ("--json=FIELDS", "only these fields of the document; `--json='?'` lists them"),
        ("--events", "progress on standard error, one JSON object a line"),
    ];
    page.table(
        &["FLAG", "OUTPUT"],
        rows.map(|(name, means)| vec![Text::new(name, Style::Literal), Text::plain(means)]).into(),
    );
    page.blank();
    page.line("Data goes to standard output, everything else to standard error.");
    page.hint("`promote schema documents` lists the documents and their fields");
    page
}

fn completion() -> Page {
    let mut page = Page::default();
    page.line("Commands, flags, environments, releases, rules and artifacts are completed. Add one line:");
    page.blank();
    let rows = [
        ("bash", "source <(promote completions bash)", "~/.bashrc"),
        ("zsh", "source <(promote completions zsh)", "~/.zshrc, after compinit"),
        ("fish", "promote completions fish | source", "~/.config/fish/config.fish"),
    ];
    page.table(
        &["SHELL", "LINE", "FILE"],
        rows.map(|(shell, line, file)| {
            vec![Text::plain(shell), Text::new(line, Style::Command), Text::plain(file)]
        })
        .into(),
    );
    page.blank();
    page.line("Names come from promote.toml and the git repository: no store and no registry is asked.");
    page
}
