//! What a promotion moves: commits, files, steps.

use crate::page::{Link, Page, Rows, Style, Text};
use crate::words::{beginning, count, duration, hash, short, size, span, weight};
use promote_core::ledger::Action;
use promote_core::port::{CopyGuard, StepEnd};
use promote_core::report::{CommitsReport, DecisionReport, StepPlan, StepReport, Write};

/// How many commits a terminal names.
const NAMED: usize = 2;

/// How many files are named that no release has: on a terminal, and in full.
const STRANGERS: (usize, usize) = (10, 20);

/// The commits that it brings, and those that it takes away.
pub(crate) fn commits(page: &mut Page, report: &DecisionReport) {
    brings(page, report, NAMED);
    if let Some(commits) = &report.undoes {
        listed(page, "Undoes", commits, report, NAMED);
    }
}

/// The commits that it brings, `most` of them named on a terminal.
pub(crate) fn brings(page: &mut Page, report: &DecisionReport, most: usize) {
    if let Some(commits) = &report.commits {
        listed(page, "Brings", commits, report, most);
    }
}

/// How many commits it brings.
pub(crate) fn number(commits: &CommitsReport, report: &DecisionReport) -> Text {
    let words = Text::plain(count(commits.count, "commit"));
    match &report.from {
        Some(from) => words.to(Link::Between(from.sha.clone(), report.release.sha.clone())),
        None => words,
    }
}

fn listed(page: &mut Page, label: &str, commits: &CommitsReport, report: &DecisionReport, most: usize) {
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
        let ago = span((report.at - commit.committed_at).num_seconds().max(0));
        format!(", oldest {ago} ago")
    });
    let said = format!("{}{by}{}", count(commits.count, "commit"), oldest.unwrap_or_default());
    let rows = commits.newest.iter().map(|commit| {
        let subject = beginning(&commit.subject, 72, Style::Accent);
        vec![subject, Text::commit(&commit.sha), Text::plain(&commit.author)]
    });
    let rows = Rows::new(&["SUBJECT", "COMMIT", "AUTHOR"], rows.collect()).columns(1).most(most);
    page.listing(label, vec![vec![Text::plain(said)]], rows.of(commits.count));
}

/// What is removed from a folder although the release before has not put it there.
pub(crate) fn strangers(write: &Write) -> Option<Text> {
    let all = write.change.as_ref()?.strangers.as_ref()?;
    let told = |most: usize| {
        let (files, target) = (count(all.count, "file"), &write.target);
        format!("{files} in {target} that neither this release nor the one before has: {}", all.told(most))
    };
    Some(Text::new(told(STRANGERS.0), Style::Warn).in_full(told(STRANGERS.1)))
}

/// What is written to a target.
pub(crate) fn write(write: &Write, report: &DecisionReport) -> Vec<Text> {
    let target = Text::new(&write.target, Style::Literal);
    let target = target.and("", Style::Plain).in_full(format!(" ({})", write.artifact));
    let gap = |left: Text, right: Text| left.and("  ", Style::Plain).then(right);
    if report.action == Action::Undo {
        let what = match write.before_size {
            None => "nothing is there".to_owned(),
            Some(bytes) if keeps(report, &write.target) => format!("{} there stay, see below", size(bytes)),
            Some(bytes) => format!("{} there are deleted, where the promotion wrote them", size(bytes)),
        };
        return vec![target, Text::plain(what)];
    }
    if let Some(change) = &write.change {
        let what =
            Text::plain(format!("{change}, {} sent; the manifest is written last", size(change.bytes)));
        let source = gap(Text::plain(format!("from {}", write.source)), hash(&write.sha256));
        return [target, source, what].into_iter().chain(strangers(write)).collect();
    }
    if write.shape == "pointer" {
        return vec![target, gap(Text::plain(format!("names {}", write.source)), hash(&write.sha256))];
    }
    let from = write.before_sha.as_deref().map_or("unknown bytes", short);
    let before = match write.before_size {
        Some(bytes) => {
            let known = gap(Text::plain(format!("from {from}")), weight(bytes)).and("  ", Style::Plain);
            write.before_sha256.iter().fold(known, |known, digest| known.then(hash(digest)))
        }
        None => Text::plain("from nothing: it does not exist yet"),
    };
    let way = match write.guard {
        CopyGuard::ConditionalCopy | CopyGuard::ConditionalComplete => "server-side copy",
        CopyGuard::Observed => "the tag is moved, no image is copied",
        CopyGuard::ConditionalPut => "through this machine",
        CopyGuard::None => "no guarded way",
    };
    let after = gap(Text::plain(format!("to   {}", short(&report.release.sha))), weight(write.size));
    vec![target, before, gap(after, hash(&write.sha256)).and(format!("   ({way})"), Style::Plain)]
}

/// Whether an undoing leaves a target as it is.
fn keeps(report: &DecisionReport, target: &str) -> bool {
    let named = format!("`{target}` ");
    report.stays.iter().any(|told| told.starts_with(&named))
}

/// Steps that would follow.
pub(crate) fn planned(steps: &[StepPlan]) -> Rows {
    let rows = steps.iter().map(|step| {
        let limit = duration(step.timeout_s);
        vec![Text::plain(format!("{:<7}", step.phase)), Text::plain(&step.name), Text::plain(limit)]
    });
    Rows::new(&["PHASE", "STEP", "MAY TAKE"], rows.collect()).columns(2)
}

/// Steps that ran, each with where it can be looked at.
pub(crate) fn steps(steps: &[StepReport]) -> Rows {
    let rows = steps.iter().map(|step| {
        let (sign, style) = ended(step);
        let mut found = Text::plain(&step.summary);
        let linked = |all: Text, text: &str, to: &str| {
            all.and(" · ", Style::Plain).then(Text::plain(text).to(Link::Page(to.to_owned())))
        };
        for (name, value) in step.outputs.iter().filter(|(_, value)| value.starts_with("https://")) {
            found = linked(found, name, value);
        }
        // Where the one who has to mend it goes on reading.
        let failed = if step.end == StepEnd::Succeeded { "" } else { step.tail.as_str() };
        for address in crate::addresses(failed).take(3) {
            found = linked(found, &address, &address);
        }
        let phase = Text::new(sign, style).and(format!(" {}", step.phase), Style::Plain);
        vec![phase, Text::new(&step.name, Style::Literal), Text::plain(duration(step.took_s)), found]
    });
    Rows::new(&["PHASE", "STEP", "TOOK", "FOUND"], rows.collect())
}

/// The sign that a step's end is shown with.
pub(crate) fn ended(step: &StepReport) -> (&'static str, Style) {
    match step.end {
        StepEnd::Succeeded => ("✓", Style::Good),
        StepEnd::Failed | StepEnd::Errored => ("✗", Style::Bad),
        _ => ("?", Style::Warn),
    }
}
