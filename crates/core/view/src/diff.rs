//! The difference of two environments as a page.

use crate::page::{Page, Sign, Style, Text};
use crate::words::{beginning, count, digest, marks};
use promote_core::report::{DiffReport, DiffSide};

/// The page.
pub fn page(report: &DiffReport) -> Page {
    let mut page = Page::default();
    let (left, right) = (&report.left, &report.right);
    page.headline(
        Sign::None,
        Text::new(
            format!(
                "{}: {} {}{}, {} {}{}",
                report.project,
                left.environment,
                left.release.short(),
                marks(&left.release.allowed),
                right.environment,
                right.release.short(),
                marks(&right.release.allowed)
            ),
            Style::Strong,
        ),
    );
    page.blank();
    if report.same {
        page.line("Both hold the same bytes of the same release.");
        return page;
    }
    side(&mut page, left, right);
    side(&mut page, right, left);
    if !report.known {
        page.line("  The commits between them are unknown: no repository here has both.");
        page.hint("run it in a clone that has both commits (`git fetch --unshallow`)");
    }
    page.blank();
    let rows = report.artifacts.iter().map(|one| {
        let shown = |digest_: &Option<String>, side: &DiffSide| {
            let found = digest_.as_deref().map(|one| digest(one) + &marks(&side.release.allowed));
            found.unwrap_or_else(|| "-".to_owned())
        };
        let same = one.left == one.right;
        vec![
            Text::plain(&one.artifact),
            Text::plain(shown(&one.left, left)),
            Text::plain(shown(&one.right, right)),
            if same { Text::plain("same") } else { Text::new("differs", Style::Warn) },
        ]
    });
    page.table(&["ARTIFACT", "LEFT", "RIGHT", ""], rows.collect());
    page
}

fn side(page: &mut Page, here: &DiffSide, other: &DiffSide) {
    let Some(commits) = &here.only else { return };
    page.line(format!(
        "  {} that {} has and {} has not:",
        count(commits.count, "commit"),
        here.environment,
        other.environment
    ));
    let rows = commits.newest.iter().map(|commit| {
        vec![
            Text::commit(&commit.sha),
            beginning(&commit.subject, 60, Style::Plain),
            beginning(&commit.author, 24, Style::Dim),
        ]
    });
    page.table(&[], rows.collect());
    let left = commits.count.saturating_sub(commits.newest.len());
    if left > 0 {
        page.line(format!("  … and {left} more"));
    }
    page.blank();
}
