//! A publication as a page.

use super::advance::undoing;
use super::page::Page;
use super::{LIMIT, Links, code, plain};
use crate::report::PublishReport;

/// What lies where now, and where it went by itself.
pub fn publication(report: &PublishReport, links: &Links) -> String {
    let mut page = Page::new(LIMIT);
    let short = report.commit.short(7);
    let says = match (report.dry_run, report.new) {
        (true, true) => format!("{short} would be published"),
        (_, false) => format!("{short} was published before"),
        (false, true) => format!("{short} is published"),
    };
    page.block("the headline", &format!("## ✓ {}", plain(&says)));
    let version = report.version.as_deref().map(|version| format!(" {}", plain(version)));
    let subject = report.subject.as_deref().map(|subject| format!("\n\n> {}", plain(subject)));
    let sha = links.sha(report.commit.as_str());
    page.block(
        "the release",
        &format!("{sha}{}{}", version.unwrap_or_default(), subject.unwrap_or_default()),
    );
    let allowed: Vec<String> = report.allowed.said.iter().map(|one| format!("- {}", plain(one))).collect();
    page.rows("Let through", "", &allowed, allowed.len());
    let artifacts: Vec<String> = report
        .artifacts
        .iter()
        .map(|one| {
            let digest = one.digest.as_deref().map(code).unwrap_or_default();
            let mut size = one.size.map(|size| format!("{size} bytes")).unwrap_or_default();
            if let Some(files) = one.files {
                size += &format!(" in {files} files");
            }
            format!("| {} | {} | {size} | {digest} |", plain(&one.name), code(&one.location))
        })
        .collect();
    let head = "| artifact | where | size | digest |\n|---|---|---|---|\n";
    page.rows("Artifacts", head, &artifacts, artifacts.len());
    let moves: Vec<String> = report
        .moves
        .iter()
        .map(|one| {
            let why: Vec<String> = one.why.iter().map(|why| plain(why)).collect();
            format!("| {} | {} | {} |", plain(&one.environment), plain(&one.result), why.join("<br>"))
        })
        .collect();
    let head = "| environment | | |\n|---|---|---|\n";
    page.rows("Where it went by itself", head, &moves, moves.len());
    undoing(&mut page, &report.moves);
    let warnings: Vec<String> = report.warnings.iter().map(|one| format!("- {}", plain(one))).collect();
    page.rows("Worth knowing", "", &warnings, warnings.len());
    page.end("")
}
