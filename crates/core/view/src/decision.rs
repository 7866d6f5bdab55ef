//! A decision as a page: the whole of it for `plan`, its first line before a question, its reasons for a refusal.

use crate::page::{Page, Style, Text};
use crate::words::{count, cut, digest, moment, rule, rule_width, short, size};
use chrono_tz::Tz;
use promote_core::ledger::Action;
use promote_core::port::CopyGuard;
use promote_core::report::{CommitsReport, DecisionReport, RuleReport, Verb, Write};
use promote_core::rule::Verdict;

/// How many commits are named.
const NAMED: usize = 2;

/// How many are named before production gets them.
const LISTED: usize = 30;

/// How many files are named that no release has.
const STRANGERS: usize = 10;

/// Everything about a decision.
pub fn page(report: &DecisionReport, zone: Tz) -> Page {
    let mut page = Page::default();
    page.line(title(report));
    page.blank();
    if report.decision == Verb::NothingToDo {
        page.line(verdict(report, zone));
        hints(&mut page, report);
        return page;
    }
    if let Some(commits) = &report.commits {
        page.field("Brings", commits_lines(commits, report, NAMED));
    }
    if let Some(commits) = &report.undoes {
        page.field("Undoes", commits_lines(commits, report, NAMED));
    }
    page.blank();
    page.field("Move", report.moves.iter().flat_map(|write| move_lines(write, report)).collect());
    page.field("Stays", report.stays.iter().map(Text::plain).collect());
    page.blank();
    let width = rule_width(&report.rules);
    page.field("Rules", report.rules.iter().map(|one| rule(one, width)).collect());
    let steps = report.steps.iter().map(|step| Text::plain(format!("{:<8} {}", step.phase, step.name)));
    page.blank();
    page.field("Then", steps.collect());
    page.blank();
    page.field("Reason", report.reason.iter().map(Text::plain).collect());
    page.field(
        "Notes",
        report.notes.iter().map(|(name, text)| Text::plain(format!("{name}: {text}"))).collect(),
    );
    page.blank();
    page.line(verdict(report, zone));
    hints(&mut page, report);
    page
}

/// What the decision comes to, in a sentence.
fn verdict(report: &DecisionReport, zone: Tz) -> Text {
    let (name, sha) = (&report.environment, report.release.short());
    match report.decision {
        Verb::NothingToDo if report.pending => {
            Text::new(format!("{name} is on {sha} already; {}.", unended(report)), Style::Warn)
        }
        Verb::NothingToDo => Text::plain(format!("Nothing to do: {name} is on {sha} already.")),
        Verb::Allowed if report.rules.iter().any(|rule| rule.verdict == Verdict::Overridden) => {
            Text::new("Allowed, past the rules that are overridden.", Style::Warn)
        }
        Verb::Allowed => Text::new("Allowed: all rules are met.", Style::Good),
        Verb::Refused if report.unmet().next().is_none() => {
            Text::new(format!("Not possible: {}.", report.obstacles.join("; ")), Style::Bad)
        }
        Verb::Refused => {
            let opens: Option<Vec<_>> = report.unmet().map(|rule| rule.opens_at).collect();
            let later = opens.and_then(|opens| opens.into_iter().max());
            let later = later.map(|at| format!(" It may open at {}.", moment(at, zone))).unwrap_or_default();
            Text::new(format!("Blocked: {}.{later}", unmet(report)), Style::Bad)
        }
    }
}

/// Why the deployment of what is there counts as not done.
fn unended(report: &DecisionReport) -> &'static str {
    match is_unrun(report) {
        true => "the steps that follow have not run yet",
        false => report.standing.unwrap_or("its deployment has not succeeded"),
    }
}

/// Whether the steps of what is there were left for later.
fn is_unrun(report: &DecisionReport) -> bool {
    report.rules.iter().any(|rule| rule.rule == "deploying" && rule.evidence.contains_key("left"))
}

/// `1 rule of 4 is not met`.
fn unmet(report: &DecisionReport) -> String {
    let (unmet, all) = (report.unmet().count(), report.rules.len());
    let verb = if unmet == 1 { "is" } else { "are" };
    format!("{} of {all} {verb} not met", count(unmet, "rule"))
}

/// `billing-api: prod 77f0d4a → a93be01`.
pub fn title(report: &DecisionReport) -> Text {
    // What is there without a release that is known is not nothing.
    let none = match report.moves.iter().any(|write| write.before_size.is_some()) {
        true => "(unknown)",
        false => "(nothing)",
    };
    let from = report.from.as_ref().map_or(none, |from| from.short());
    let project = format!("{}: {} ", report.project, report.environment);
    let move_ = match report.decision {
        _ if report.action == Action::Undo && !report.stays.is_empty() => {
            format!("{} → (nothing recorded)", report.release.short())
        }
        _ if report.action == Action::Undo => format!("{} → (nothing)", report.release.short()),
        Verb::NothingToDo => from.to_owned(),
        // What is open is left, and the release that is recorded comes back.
        _ if report.action == Action::Rollback && from == report.release.short() => format!("back to {from}"),
        _ => format!("{from} → {}", report.release.short()),
    };
    let mut text = Text::new(project, Style::Strong).and(move_, Style::Strong);
    if let Some(version) = &report.release.version {
        text = text.and(format!(" ({version})"), Style::Plain);
    }
    match report.release.allowed.as_slice() {
        [] => text,
        some => text.and(format!(" [{}]", some.join(", ")), Style::Warn),
    }
}

/// What is asked about before a move. `listed`: with the commits themselves, where production is about to get them.
pub fn summary(report: &DecisionReport, before: Option<String>, listed: bool) -> Page {
    let mut page = Page::default();
    let mut words = Vec::new();
    words.extend(before);
    words.extend(report.commits.as_ref().map(|commits| count(commits.count, "commit")));
    let gone_past: Vec<&RuleReport> =
        report.rules.iter().filter(|rule| rule.verdict == Verdict::Overridden).collect();
    if !matches!(report.action, Action::Rollback | Action::Undo) {
        let asked = report.rules.iter().filter(|rule| rule.verdict != Verdict::Skipped).count();
        words.push(match gone_past.len() {
            0 if asked == 1 => "its only rule is met".to_owned(),
            0 => format!("all {asked} rules met"),
            some => format!("{} of {asked} overridden", count(some, "rule")),
        });
    }
    let words: String = words.iter().map(|word| format!(", {word}")).collect();
    page.line(title(report).and(words, Style::Plain));
    let width = rule_width(gone_past.iter().copied());
    let undoes = report.undoes.as_ref().map(|commits| Text::plain(count(commits.count, "commit")));
    let skipped: Vec<&str> = report
        .rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Skipped)
        .map(|rule| rule.rule.as_str())
        .collect();
    let brings: Vec<Text> = match &report.commits {
        Some(commits) if listed => commits_lines(commits, report, LISTED),
        _ => Vec::new(),
    };
    let removes: Vec<Text> = report.moves.iter().filter_map(strangers).collect();
    let nothing = undoes.is_none() && skipped.is_empty() && gone_past.is_empty() && removes.is_empty();
    if !nothing || !report.stays.is_empty() || !brings.is_empty() {
        page.blank();
    }
    page.field("Stays", report.stays.iter().map(Text::plain).collect());
    page.field("Brings", brings);
    page.field("Removes", removes);
    page.field("Undoes", undoes.into_iter().collect());
    page.field("Overrides", gone_past.into_iter().map(|one| rule(one, width)).collect());
    if !skipped.is_empty() {
        let why = report.rules.iter().find(|rule| rule.verdict == Verdict::Skipped);
        let why = why.map_or("", |rule| rule.detail.as_str());
        page.field("Skips", vec![Text::plain(format!("{}: {why}", skipped.join(", ")))]);
    }
    page
}

/// That the steps of what is there are run.
pub fn again(report: &DecisionReport) -> Page {
    let mut page = Page::default();
    let how = if is_unrun(report) { "they run now" } else { "its steps run again" };
    page.line(title(report).and(format!(", {}: {how}", unended(report)), Style::Plain));
    page
}

/// Why something is refused, as an error.
pub fn refused(report: &DecisionReport) -> Page {
    let mut page = Page::default();
    let (name, sha) = (&report.environment, report.release.short());
    let message = if report.obstacles.is_empty() {
        format!("{name} cannot take {sha} yet: {}", unmet(report))
    } else {
        format!("{name} cannot take {sha}")
    };
    page.line(Text::new("error: ", Style::Bad).and(message, Style::Strong));
    page.blank();
    for obstacle in &report.obstacles {
        page.line(Text::plain(format!("  {obstacle}")));
    }
    let width = rule_width(report.unmet());
    for unmet in report.unmet() {
        page.line(Text::plain("  ").then(rule(unmet, width)));
    }
    hints(&mut page, report);
    page
}

fn hints(page: &mut Page, report: &DecisionReport) {
    for rule in report.unmet() {
        rule.hint.iter().for_each(|hint| page.hint(hint));
    }
    let name = &report.environment;
    match report.decision {
        Verb::Allowed => {
            let end = if report.stays.is_empty() { "" } else { "; what stays makes it end with 7" };
            report.command.iter().for_each(|command| page.hint(format!("`{command}` does it{end}")));
        }
        Verb::NothingToDo if report.pending => {
            let what = if is_unrun(report) { "them" } else { "its steps again" };
            page.hint(format!("`promote resume {name}` runs {what} and records how they end"));
        }
        Verb::NothingToDo => {}
        Verb::Refused => {
            let overridable: Vec<&RuleReport> =
                report.unmet().filter(|rule| rule.overridable && rule.rule != "drift").collect();
            let all = report.unmet().all(|rule| rule.overridable) && report.obstacles.is_empty();
            let says =
                |rule: &&RuleReport| rule.hint.as_ref().is_some_and(|hint| hint.contains("--override"));
            if all && !overridable.is_empty() && !overridable.iter().any(says) {
                let flags: Vec<String> =
                    overridable.iter().map(|rule| format!("--override {}", rule.rule)).collect();
                page.hint(format!(
                    "in an emergency, `{} --reason \"INC-123\"` is recorded and announced",
                    flags.join(" ")
                ));
            }
        }
    }
}

fn commits_lines(commits: &CommitsReport, report: &DecisionReport, most: usize) -> Vec<Text> {
    let mut authors: Vec<&str> = Vec::new();
    for commit in &commits.newest {
        if !authors.contains(&commit.author.as_str()) {
            authors.push(&commit.author);
        }
    }
    let by = match authors.as_slice() {
        [] => String::new(),
        [one] => format!(" by {one}"),
        [all @ .., last] if all.len() < 4 => format!(" by {} and {last}", all.join(", ")),
        many => format!(" by {} people", many.len()),
    };
    let oldest = commits.newest.last().filter(|_| commits.newest.len() == commits.count);
    let oldest = oldest.map(|commit| {
        let ago = crate::words::span((report.at - commit.committed_at).num_seconds().max(0));
        format!(", oldest {ago} ago")
    });
    let mut lines =
        vec![Text::plain(format!("{}{by}{}", count(commits.count, "commit"), oldest.unwrap_or_default()))];
    let named = commits.newest.iter().take(most);
    lines.extend(named.map(|commit| Text::new(cut(&commit.subject, 72), Style::Literal)));
    let left = commits.count.saturating_sub(most);
    if left > 0 {
        lines.push(Text::plain(format!("… {left} more")));
    }
    lines
}

/// What is removed from a folder although the release before has not put it there.
fn strangers(write: &Write) -> Option<Text> {
    let all = write.change.as_ref()?.strangers.as_ref()?;
    let files = count(all.count, "file");
    let (target, names) = (&write.target, all.told(STRANGERS));
    let told = format!("{files} in {target} that neither this release nor the one before has: {names}");
    Some(Text::new(told, Style::Warn))
}

fn move_lines(write: &Write, report: &DecisionReport) -> Vec<Text> {
    if report.action == Action::Undo {
        let what = match write.before_size {
            None => "nothing is there".to_owned(),
            Some(bytes) if keeps(report, &write.target) => format!("{} there stay, see below", size(bytes)),
            Some(bytes) => format!("{} there are deleted, where the promotion wrote them", size(bytes)),
        };
        return vec![Text::new(&write.target, Style::Literal), Text::plain(what)];
    }
    if let Some(change) = &write.change {
        let what =
            Text::plain(format!("{change}, {} sent; the manifest is written last", size(change.bytes)));
        let source = Text::plain(format!("from {}  {}", write.source, digest(&write.sha256)));
        let mut lines = vec![Text::new(&write.target, Style::Literal), source, what];
        lines.extend(strangers(write));
        return lines;
    }
    if write.shape == "pointer" {
        let names = Text::plain(format!("names {}  {}", write.source, digest(&write.sha256)));
        return vec![Text::new(&write.target, Style::Literal), names];
    }
    let from = write.before_sha.as_deref().map_or("unknown bytes", short);
    let before = match write.before_size {
        Some(bytes) => {
            let known = write.before_sha256.as_deref().map(digest);
            format!("from {from}  {}  {}", size(bytes), known.unwrap_or_default())
        }
        None => "from nothing: it does not exist yet".to_owned(),
    };
    let way = match write.guard {
        CopyGuard::ConditionalCopy | CopyGuard::ConditionalComplete => "server-side copy",
        CopyGuard::Observed => "the tag is moved, no image is copied",
        CopyGuard::ConditionalPut => "through this machine",
        CopyGuard::None => "no guarded way",
    };
    let after = format!(
        "to   {}  {}  {}   ({way})",
        short(&report.release.sha),
        size(write.size),
        digest(&write.sha256)
    );
    vec![Text::new(&write.target, Style::Literal), Text::plain(before), Text::plain(after)]
}

/// Whether an undoing leaves a target as it is.
fn keeps(report: &DecisionReport, target: &str) -> bool {
    let named = format!("`{target}` ");
    report.stays.iter().any(|told| told.starts_with(&named))
}

/// Every rule with its evidence and when it may open.
pub fn explanation(report: &DecisionReport, zone: Tz) -> Page {
    let mut page = Page::default();
    page.line(title(report));
    for one in &report.rules {
        page.blank();
        page.line(Text::plain("  ").then(rule(one, one.rule.len())));
        if let Some(about) = one.about {
            page.line(Text::new(format!("      demands   {about}"), Style::Dim));
        }
        for (name, value) in &one.evidence {
            page.line(Text::plain(format!("      {name:<8}  {}", evidence(value))));
        }
        if let Some(at) = one.opens_at {
            page.line(Text::plain(format!("      opens     {}", moment(at, zone))));
        }
        if let Some(at) = one.closes_at {
            page.line(Text::plain(format!("      closes    {}", moment(at, zone))));
        }
        if !one.met && one.opens_at.is_none() {
            page.line(Text::plain("      opens     not by itself"));
        }
    }
    page.blank();
    page.line(verdict(report, zone));
    hints(&mut page, report);
    page
}

fn evidence(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(all) if all.is_empty() => "nobody".to_owned(),
        serde_json::Value::Array(all) => all.iter().map(evidence).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
