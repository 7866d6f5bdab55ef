//! One promotion, or one release, as a page.

use crate::history;
use crate::moves;
use crate::page::{Link, Page, Sign, Style, Text};
use crate::words::{digest, duration, hash, marks, moment, rules, short, span, weight, when};
use chrono_tz::Tz;
use promote_core::ledger::{Action, Kind};
use promote_core::report::{EvidenceReport, PromotionReport, RecordReport, ReleaseShow, StepReport};

/// A promotion.
pub fn promotion(report: &PromotionReport, zone: Tz) -> Page {
    let entry = &report.entry;
    let mut page = Page::default();
    let from = entry.from.as_deref().map_or("(nothing)", short);
    let title = format!("{}: {} {from} → {}", report.project, entry.environment, report.release.short());
    page.headline(Sign::None, Text::new(title, Style::Strong));
    page.blank();
    page.field("Promotion", entry.promotion.iter().map(Text::plain).collect());
    let action = match entry.action {
        Some(Action::Rollback) => "rollback",
        Some(Action::Redeploy) => "redeployment",
        Some(Action::Undo) => "undoing",
        _ => "promotion",
    };
    let took = entry.took_s.map(|took| format!(", {}", span(took))).unwrap_or_default();
    page.field("Result", vec![history::result(entry.result).and(format!("  {action}{took}"), Style::Plain)]);
    page.field("Began", vec![Text::plain(format!("{} by {}", moment(entry.at, zone), entry.by))]);
    page.field("Proof", report.records.first().map(proof).unwrap_or_default());
    page.field("Version", entry.version.iter().map(Text::plain).collect());
    page.field("Let through", entry.allowed.iter().map(|one| Text::new(one, Style::Warn)).collect());
    page.field("Why", entry.why.iter().map(Text::plain).collect());
    page.field(
        "Notes",
        report.notes.iter().map(|(name, text)| Text::plain(format!("{name}: {text}"))).collect(),
    );
    let moves = report.moves.iter().map(|write| {
        let said = weight(write.size).and("  ", Style::Plain).then(hash(&write.sha256));
        let said = said.and(format!("  from {}", write.source), Style::Plain);
        vec![Text::new(&write.target, Style::Literal), said]
    });
    page.items("Moved", moves.collect());
    page.listing("Rules", vec![], rules(&report.rules, zone));
    page.items("Steps", report.steps.iter().map(step).collect());
    let records = report.records.iter().map(|record| {
        let kind = match record.kind {
            Kind::Intent => "intent",
            Kind::Commit => "commit",
            Kind::Abort => "abort",
            Kind::Outcome => "outcome",
            Kind::Mark => "mark",
            _ => "record",
        };
        Text::plain(format!(
            "{:>4}  {kind:<8} {}  {}",
            record.seq,
            moment(record.at, zone),
            digest(&record.id)
        ))
    });
    page.field("Records", records.collect());
    page
}

/// How well it is known who began, and what a token said of them.
fn proof(record: &RecordReport) -> Vec<Text> {
    let claims =
        || record.by_details.iter().filter_map(|(name, value)| Some((name.strip_prefix("oidc-")?, value)));
    let issuer = record.by_details.get("oidc-issuer").map(|issuer| format!(" by a token of {issuer}"));
    let source = format!("{}{}, {}", record.by_strength, issuer.unwrap_or_default(), record.by_source);
    let mut lines = vec![Text::plain(source)];
    lines.extend(
        record
            .by_details
            .get("oidc")
            .map(|why| Text::new(format!("the token proves nothing: {why}"), Style::Warn)),
    );
    lines.extend(
        record.by_details.get("claimed").map(|name| Text::plain(format!("called themselves {name}"))),
    );
    lines.extend(
        claims()
            .filter(|(name, _)| *name != "issuer")
            .map(|(name, value)| Text::new(format!("  {name}={value}"), Style::Dim)),
    );
    lines
}

fn step(step: &StepReport) -> Vec<Text> {
    let (sign, style) = moves::ended(step);
    let text = format!(" {:<8} {}: {}  {}", step.phase, step.name, step.summary, duration(step.took_s));
    let mut lines = vec![Text::new(sign, style).and(text, Style::Plain)];
    lines.extend(step.tail.lines().map(|line| Text::new(format!("  | {line}"), Style::Dim)));
    lines.extend(step.outputs.iter().map(|(name, value)| Text::plain(format!("  {name}={value}"))));
    lines
}

/// A result about it.
fn evidence(one: &EvidenceReport, zone: Tz) -> Text {
    let (sign, style) = match one.result {
        Some("passed") => ("✓ ", Style::Good),
        Some(_) => ("✗ ", Style::Bad),
        None => ("? ", Style::Warn),
    };
    let by =
        one.by.iter().map(|by| format!(" by {by}")).chain(one.strength.iter().map(|it| format!(" ({it})")));
    let place = one.environment.iter().map(|name| format!(" in {name}"));
    let said: String = by.chain(place).collect();
    let text =
        format!("{} {}, {}{said}", one.name, one.result.unwrap_or("can't be read"), moment(one.at, zone));
    let why = one.reason.iter().map(|why| format!(": {why}"));
    let link = one.url.iter().map(|url| format!("  {url}"));
    Text::new(sign, style).and(text, Style::Plain).and(why.chain(link).collect::<String>(), Style::Dim)
}

/// A release.
pub fn release(report: &ReleaseShow, zone: Tz) -> Page {
    let mut page = Page::default();
    let subject = report.release.subject.as_deref().unwrap_or_default();
    let title = Text::new(format!("{}: {}", report.project, report.release.short()), Style::Strong);
    page.headline(Sign::None, title.and(format!(" {subject}"), Style::Plain));
    page.blank();
    page.field(
        "Commit",
        vec![Text::new(&report.release.sha, Style::Literal).to(Link::Commit(report.release.sha.clone()))],
    );
    page.field("Version", report.release.version.iter().map(Text::plain).collect());
    let published =
        format!("{} by {} ({})", moment(report.published_at, zone), report.published_by, report.built);
    page.field("Published", vec![Text::plain(published)]);
    page.field("Let through", report.allowed.said.iter().map(|one| Text::new(one, Style::Warn)).collect());
    if let Some(blocked) = &report.blocked {
        let text = format!("since {} by {}: {}", moment(blocked.at, zone), blocked.by, blocked.reason);
        page.field("Blocked", vec![Text::new(text, Style::Bad)]);
    }
    if let Some(pinned) = &report.pinned {
        let text = format!("since {} by {}: {}", moment(pinned.at, zone), pinned.by, pinned.reason);
        page.field("Pinned", vec![Text::plain(text)]);
    }
    if let Some(gone) = report.gone_at {
        let text = format!("its artifacts were deleted by retention, {}", moment(gone, zone));
        page.field("Gone", vec![Text::new(text, Style::Bad)]);
    } else if let Some(doomed) = &report.doomed {
        let text = format!("since {} by {}: {}", moment(doomed.at, zone), doomed.by, doomed.reason);
        page.field("Doomed", vec![Text::new(text, Style::Warn)]);
        page.hint(format!("`promote pin {} --reason TEXT` keeps it", report.release.short()));
    }
    page.items("Evidence", report.evidence.iter().map(|one| vec![evidence(one, zone)]).collect());
    let artifacts = report.artifacts.iter().map(|one| {
        let said = Text::plain(format!("{}  ", one.artifact)).then(weight(one.size));
        vec![Text::new(&one.location, Style::Literal), said.and("  ", Style::Plain).then(hash(&one.sha256))]
    });
    page.items("Artifacts", artifacts.collect());
    page.blank();
    if report.places.is_empty() {
        page.line("  It has not been in any environment.");
        if report.doomed.is_none() {
            page.hint(format!(
                "`promote status` shows where it may go; `promote to ENV {}` moves it",
                report.release.short()
            ));
        }
        return page;
    }
    let rows = report.places.iter().map(|place| {
        let state = match (place.rolled_back, place.verified_at) {
            _ if place.undone => Text::new("↩ undone", Style::Warn),
            (true, _) => Text::new("↩ rolled back", Style::Warn),
            (_, Some(_)) => Text::new("✓ verified", Style::Good),
            (_, None) => Text::new("? not verified", Style::Warn),
        };
        let state = state.and(marks(&report.release.allowed), Style::Warn);
        vec![
            Text::new(&place.environment, Style::Strong),
            Text::plain(when(place.since, zone)),
            Text::plain(place.until.map_or_else(|| "now".to_owned(), |until| when(until, zone))),
            state,
        ]
    });
    page.table(&["ENVIRONMENT", "SINCE", "UNTIL", "STATE"], rows.collect());
    if !report.complete {
        page.blank();
        page.line("  Older stays may be missing; the history has them.");
    }
    page
}
