//! `doomed`: what retention is about to delete goes nowhere, not even back: it could be gone in the middle.

use super::{Facts, Finding};

pub(super) fn check(facts: &Facts<'_>) -> Option<Finding> {
    let doom = facts.snapshot.candidate.doomed.as_ref()?;
    let commit = facts.release.commit.short(7);
    let by = &doom.said.by;
    let finding = |detail: String| {
        let finding = Finding::unmet("doomed", detail);
        let finding = if by.is_empty() { finding } else { finding.with("by", by.clone()) };
        finding.with("begun", doom.begun)
    };
    if doom.begun {
        let finding = finding(format!("the artifacts of {commit} are being deleted, or are gone"));
        return Some(finding.hint(format!("`promote show {commit}` tells; a new commit can be published")));
    }
    // An open promotion keeps retention from going on: what is half done is finished.
    if facts.resuming() {
        return None;
    }
    let said = if by.is_empty() { String::new() } else { format!(", as {by} said") };
    let finding = finding(format!("{commit} will be deleted by retention{said}"));
    Some(finding.hint(format!("`promote pin {commit} --reason TEXT` keeps it")))
}
