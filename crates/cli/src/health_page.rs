//! What `promote doctor` found, as a page.

use crate::forge_health::ForgeHealth;
use crate::health::DoctorReport;
use crate::pipeline_health::PipelineHealth;
use crate::store_health::StoreHealth;
use crate::trust::TokenHealth;
use chrono::TimeDelta;
use promote_core::port::clock_is_off;
use promote_core::port::{CopyGuard, FenceClass};
use promote_view::{Page, Style, Text};

/// The page.
pub(crate) fn page(report: &DoctorReport) -> Page {
    let mut page = Page::default();
    let actor = &report.actor;
    let mut who = vec![
        Text::new(&actor.name, Style::Strong)
            .and(format!(", {} from {}", actor.strength, actor.source), Style::Plain),
    ];
    who.extend(actor.details.iter().map(|(name, value)| Text::new(format!("{name}: {value}"), Style::Dim)));
    page.field("Who", who);
    if let Some(token) = &report.token {
        of_token(&mut page, token);
    }
    page.field("Version", vec![Text::plain(report.version)]);
    page.field("File", vec![Text::plain(&report.file)]);
    page.field("Clock", vec![Text::plain(report.local_at.format("%Y-%m-%d %H:%M:%S UTC").to_string())]);
    page.field(
        "Repository",
        vec![match &report.repository_problem {
            Some(problem) => Text::new("✗ ", Style::Bad).and(problem, Style::Plain),
            None if report.repository => Text::plain("at hand"),
            None => Text::plain("none: rules about branches are not met"),
        }],
    );
    let ledger = &report.ledger;
    let state = match (&ledger.problem, ledger.begun) {
        (Some(problem), _) => Text::new("✗ ", Style::Bad).and(problem, Style::Plain),
        (None, true) => Text::new("✓ ", Style::Good).and("begun", Style::Plain),
        (None, false) => Text::new("- ", Style::Dim).and("not begun yet", Style::Plain),
    };
    page.field("Ledger", vec![Text::plain(&ledger.location), state]);
    of_stores(&mut page, &report.stores);
    for pipeline in &report.pipelines {
        page.blank();
        of_pipeline(&mut page, pipeline);
    }
    if let Some(forge) = &report.forge {
        page.blank();
        of_forge(&mut page, forge);
    }
    if !ledger.begun && ledger.problem.is_none() {
        page.hint(
            "`promote publish` begins the ledger, and finds out which conditional writes the stores support",
        );
    }
    page
}

fn of_token(page: &mut Page, token: &TokenHealth) {
    let mut lines = Vec::new();
    if let (Some(subject), Some(issuer)) = (&token.subject, &token.issuer) {
        lines.push(Text::new(subject, Style::Literal));
        lines.push(Text::new(format!("signed by {issuer}"), Style::Dim));
    }
    lines.push(match &token.problem {
        Some(problem) => Text::new("✗ ", Style::Bad).and(problem, Style::Plain),
        None => Text::new("✓ ", Style::Good).and("the issuer's keys vouch for it", Style::Plain),
    });
    page.field("Token", lines);
    if let Some(aws) = &token.aws {
        page.field(
            "For AWS",
            vec![Text::plain("condition of the role's trust policy:"), Text::new(aws, Style::Literal)],
        );
    }
    if let Some(google) = &token.google {
        page.field(
            "For Google",
            vec![Text::plain("attribute condition of the provider:"), Text::new(google, Style::Literal)],
        );
    }
}

fn of_stores(page: &mut Page, stores: &[StoreHealth]) {
    for (at, store) in stores.iter().enumerate() {
        let before = stores.iter().take(at);
        let same = store.problem.as_ref().and_then(|problem| {
            before.into_iter().find(|other| other.problem.as_ref() == Some(problem)).map(|other| &other.store)
        });
        page.blank();
        of_store(page, store, same);
    }
}

/// `same`: the first store with the same problem, which is not told again.
fn of_store(page: &mut Page, store: &StoreHealth, same: Option<&String>) {
    let mut lines = Vec::new();
    match &store.problem {
        Some(_) if let Some(other) = same => {
            lines.push(Text::new("✗ ", Style::Bad).and(format!("the same as {other}"), Style::Plain));
        }
        Some(problem) => lines.push(Text::new("✗ ", Style::Bad).and(problem, Style::Plain)),
        None if store.may_list == Some(false) => {
            lines.push(Text::new("! ", Style::Warn).and("listing all of it is not allowed", Style::Plain));
        }
        None => lines.push(Text::new("✓ ", Style::Good).and("it can be reached and listed", Style::Plain)),
    }
    if let Some(skew) = store.skew_s {
        lines.push(match (clock_is_off(TimeDelta::seconds(skew)), skew) {
            (Some(off), _) => Text::new("✗ ", Style::Bad).and(off, Style::Plain),
            (None, -1..=1) => Text::plain("its clock and this machine's agree"),
            (None, ahead @ 2..) => Text::plain(format!("this machine's clock is {ahead} s ahead of it")),
            (None, behind) => {
                Text::plain(format!("this machine's clock is {} s behind it", behind.unsigned_abs()))
            }
        });
    }
    match &store.capabilities {
        None if store.problem.is_none() => {
            lines.push(Text::new("conditional writes: not probed yet", Style::Warn))
        }
        None => {}
        Some(known) => {
            let create = if known.create { "checked" } else { "ignored: it can't store a ledger" };
            lines.push(Text::plain(format!("create only if absent: {create}")));
            lines.push(Text::plain(format!("guard of a target: {}", guard(known.copy))));
            lines.push(Text::plain(format!("stale requests: {}", fence(known.fence, known.expiry_s))));
            let versions = if known.versioned { "kept" } else { "not kept" };
            lines.push(Text::plain(format!("old versions: {versions}")));
            lines.extend(known.notes.iter().map(|note| Text::new(note, Style::Dim)));
        }
    }
    page.field(store.store.clone(), lines);
    for hint in &store.hints {
        page.hint(hint);
    }
}

fn of_pipeline(page: &mut Page, pipeline: &PipelineHealth) {
    let bad = pipeline.problems.iter().map(|text| Text::new("✗ ", Style::Bad).and(text, Style::Plain));
    let mut lines: Vec<Text> = bad.collect();
    if let Some(action) = &pipeline.action {
        let text = format!("`{action}` watches the target of {}", pipeline.environment);
        lines.push(Text::new("✓ ", Style::Good).and(text, Style::Plain));
    }
    lines.extend(pipeline.notes.iter().map(Text::plain));
    page.field(format!("{} for {}", pipeline.pipeline, pipeline.environment), lines);
    for hint in &pipeline.hints {
        page.hint(hint);
    }
}

fn of_forge(page: &mut Page, forge: &ForgeHealth) {
    let state = match &forge.problem {
        Some(problem) => Text::new("✗ ", Style::Bad).and(problem, Style::Plain),
        None => Text::new("✓ ", Style::Good).and("its deployments can be read", Style::Plain),
    };
    let shown = match forge.shown {
        true => "promotions from here are shown there",
        false => "nothing from here is shown there: the job does that, or `deployments` says never",
    };
    page.field(forge.forge.clone(), vec![state, Text::plain(shown)]);
    for hint in &forge.hints {
        page.hint(hint);
    }
}

const fn guard(copy: CopyGuard) -> &'static str {
    match copy {
        CopyGuard::None => "none: nothing is promoted here unless that is overridden",
        CopyGuard::Observed => "the target is looked at, moved, and read back: no registry does more",
        CopyGuard::ConditionalPut => "the object passes through this machine, the put is conditional",
        CopyGuard::ConditionalComplete => "parts are copied, their completion is conditional",
        CopyGuard::ConditionalCopy => "the copy itself is conditional",
    }
}

fn fence(class: FenceClass, expiry_s: u32) -> String {
    match class {
        FenceClass::Advisory => "not rejected by the store: promote looks for them".to_owned(),
        FenceClass::Expiring => format!("rejected {expiry_s} s after signing"),
        FenceClass::Exact => "rejected: every write has a token of its own".to_owned(),
        FenceClass::Atomic => "rejected: the ledger is checked in the same request".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_the_same_problem_is_told_once() {
        let mut page = Page::default();
        let id = |name: &str| promote_core::location::StoreId::S3(name.to_owned());
        let store = |name: &str| StoreHealth {
            problem: Some("the store could not be reached: connection refused".to_owned()),
            ..StoreHealth::unchecked(&id(name))
        };
        of_stores(&mut page, &[store("acme-a"), store("acme-b"), store("acme-c")]);
        let told = page.plain();
        assert_eq!(told.matches("could not be reached").count(), 1, "{told}");
        assert_eq!(told.matches("the same as s3://acme-a").count(), 2, "{told}");
    }
}
