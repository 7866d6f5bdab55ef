//! What runs where, and whether targets and ledger agree, as pages.

use super::page::Page;
use super::promotion::{moment, span};
use super::{LIMIT, Links, Mark, code, pipeline, plain};
use crate::report::{EnvironmentStatus, StatusReport, VerifyReport};
use chrono_tz::Tz;

/// What runs where, and what may move next.
pub fn status(report: &StatusReport, zone: Tz, links: &Links) -> String {
    let mut page = Page::new(LIMIT);
    page.block("the headline", &format!("## {}: what runs where", plain(&report.project)));
    page.block("the picture of the environments", &pipeline(report, Mark::None));
    let rows: Vec<String> = report.environments.iter().map(|one| environment(one, zone, links)).collect();
    let head = "| environment | runs | since | by | next |\n|---|---|---|---|---|\n";
    page.rows("Environments", head, &rows, rows.len());
    let remarks: Vec<String> = report.environments.iter().flat_map(remarks).collect();
    page.rows("To look at", "", &remarks, remarks.len());
    page.end(&format!("<sub>as of {}</sub>\n", moment(report.at, zone)))
}

fn environment(one: &EnvironmentStatus, zone: Tz, links: &Links) -> String {
    let name = plain(&one.name);
    let next = match &one.next {
        Some(next) if next.ready => format!("{} may move", links.sha(&next.sha)),
        Some(next) => {
            let unmet: Vec<String> =
                next.rules.iter().filter(|rule| !rule.met).map(|rule| plain(&rule.rule)).collect();
            format!("{} waits: {}", links.sha(&next.sha), unmet.join(", "))
        }
        None => String::new(),
    };
    let Some(running) = &one.running else { return format!("| {name} | nothing | | | {next} |") };
    let sha = running.sha.as_deref().map_or_else(|| "unknown".to_owned(), |sha| links.sha(sha));
    let subject = running.subject.as_deref().map(plain).unwrap_or_default();
    format!(
        "| {name} | {sha} {subject} | {} ({}) | {} | {next} |",
        moment(running.since, zone),
        span(running.since_s),
        plain(&running.by)
    )
}

fn remarks(one: &EnvironmentStatus) -> Vec<String> {
    let name = plain(&one.name);
    let mut found: Vec<String> = one
        .drift
        .iter()
        .map(|drift| format!("- {name}: {}", plain(drift)))
        .chain(one.problem.iter().map(|problem| format!("- {name}: {}", plain(problem))))
        .collect();
    let said = [("frozen", &one.frozen), ("held", &one.hold)];
    for (what, said) in said.into_iter().filter_map(|(what, said)| Some((what, said.as_ref()?))) {
        found.push(format!("- {name} is {what}: {}, said {}", plain(&said.reason), plain(&said.by)));
    }
    if let Some(open) = &one.open {
        found.push(format!(
            "- {name}: promotion {} by {} is unfinished",
            code(&open.promotion),
            plain(&open.by)
        ));
    }
    found
}

/// Whether targets and ledger agree.
pub fn verify(report: &VerifyReport) -> String {
    let mut page = Page::new(LIMIT);
    let (sign, says) = match report.matches {
        true => ("✓", "targets and ledger agree"),
        false => ("✗", "targets and ledger differ"),
    };
    let project = report.project.as_deref().map(plain).unwrap_or_default();
    page.block("the headline", &format!("## {sign} {project}: {says}"));
    let targets = report.targets.iter().flatten().map(|target| {
        let sign = if target.matches { "✓" } else { "✗" };
        let detail = target.detail.as_deref().map(plain).unwrap_or_default();
        format!("| {sign} | {} | {} | {detail} |", plain(&target.environment), code(&target.target))
    });
    let targets: Vec<String> = targets.collect();
    page.rows("Targets", "| | environment | target | |\n|---|---|---|---|\n", &targets, targets.len());
    let sources = report.sources.iter().flatten().filter(|source| !source.matches).map(|source| {
        let detail = source.detail.as_deref().map(plain).unwrap_or_default();
        format!("| ✗ | {} | {} | {detail} |", plain(&source.environments.join(", ")), code(&source.source))
    });
    let sources: Vec<String> = sources.collect();
    if !sources.is_empty() {
        page.rows("Sources", "| | runs in | source | |\n|---|---|---|---|\n", &sources, sources.len());
    }
    let chains = report.chains.iter().flatten().map(|chain| {
        let sign = if chain.intact { "✓" } else { "✗" };
        let faults: Vec<String> = chain.faults.iter().take(20).map(|fault| plain(fault)).collect();
        format!("| {sign} | {} | {} | {} |", plain(&chain.lane), chain.records, faults.join("<br>"))
    });
    let chains: Vec<String> = chains.collect();
    page.rows("Chains", "| | lane | records | |\n|---|---|---|---|\n", &chains, chains.len());
    page.end("")
}
