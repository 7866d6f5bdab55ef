//! Words that several views share: moments, spans, sizes, digests, counts, rules.

use crate::page::{Rows, Style, Text};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use promote_core::digest::Digest;
use promote_core::ledger::Actor;
use promote_core::report::RuleReport;
use promote_core::rule::Verdict;
use promote_core::span::Span;
use serde_json::Value;

/// The most pieces of evidence of one rule, and the most characters of one.
const EVIDENCE: (usize, usize) = (8, 100);

/// A moment to the minute in the project's time zone, which is named shortly: `2026-11-30 14:05 UTC`.
pub(crate) fn when(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

/// The same with the zone's full name: `2026-11-30 15:05 Europe/Berlin`.
pub(crate) fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    format!("{} {zone}", at.with_timezone(&zone).format("%Y-%m-%d %H:%M"))
}

/// Whole seconds as people say them.
pub fn span(seconds: i64) -> String {
    Span(TimeDelta::try_seconds(seconds).unwrap_or(TimeDelta::MAX)).to_string()
}

/// The same of seconds that a step took or may take.
pub(crate) fn duration(seconds: u64) -> String {
    span(i64::try_from(seconds).unwrap_or(i64::MAX / 1000))
}

/// The first seven digits of a commit.
pub(crate) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

/// `sha256 9f2c…41ab`.
pub(crate) fn digest(text: &str) -> String {
    text.parse::<Digest>().map_or_else(|_| text.to_owned(), |digest| format!("sha256 {}", digest.short()))
}

/// The same, and in full more of its beginning.
pub(crate) fn hash(text: &str) -> Text {
    Text::plain(digest(text)).in_full(format!("{}…", text.get(..19).unwrap_or(text)))
}

/// A number of bytes in decimal units.
pub fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_u64, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

/// The same, and in full to the byte.
pub(crate) fn weight(bytes: u64) -> Text {
    Text::plain(size(bytes)).in_full(format!("{bytes} bytes"))
}

/// `1 commit`, `8 commits`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// The last name of a location: of a folder, with its slash.
pub fn last(location: &str) -> &str {
    let end = location.strip_suffix('/').unwrap_or(location);
    let begin = end.rfind('/').map_or(0, |slash| slash + 1);
    location.get(begin..).unwrap_or(location)
}

/// At most `limit` characters.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    let mut out: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() {
        out.push('…');
    }
    out
}

/// The beginning of a foreign text, and in full the whole.
pub(crate) fn beginning(text: &str, limit: usize, style: Style) -> Text {
    Text::new(cut(text, limit), style).in_full(text)
}

/// Who acts: `mona`, or `mona (deploy)` in a workflow of that name.
pub fn by(actor: &Actor) -> String {
    match actor.details.get("workflow") {
        Some(workflow) => format!("{} ({workflow})", actor.name),
        None => actor.name.clone(),
    }
}

/// Rules with their answers; a full page has what was found, too.
pub(crate) fn rules<'r>(rules: impl IntoIterator<Item = &'r RuleReport>, zone: Tz) -> Rows {
    let rows = rules.into_iter().map(|one| rule(one, zone));
    Rows::new(&["RULE", "FOUND", "EVIDENCE"], rows.collect()).columns(2)
}

fn rule(rule: &RuleReport, zone: Tz) -> Vec<Text> {
    let (sign, style) = match rule.verdict {
        Verdict::Met => ("✓", Style::Good),
        Verdict::Unmet => ("✗", Style::Bad),
        Verdict::Overridden => ("!", Style::Warn),
        Verdict::Skipped => ("-", Style::Dim),
    };
    let found = match rule.verdict {
        Verdict::Overridden => {
            let reason = rule.evidence.get("override-reason").and_then(Value::as_str);
            format!("{}; overridden: {}", rule.detail, reason.unwrap_or("-"))
        }
        Verdict::Skipped => format!("not asked: {}", rule.detail),
        Verdict::Met | Verdict::Unmet => rule.detail.clone(),
    };
    let facts = rule.evidence.iter().filter(|(name, _)| *name != "override-reason").take(EVIDENCE.0);
    let facts = facts.map(|(name, value)| {
        let (name, value) = evidence(name, value);
        format!("{name}: {}", cut(&value, EVIDENCE.1))
    });
    let opens = rule.opens_at.filter(|_| !rule.met).map(|at| format!("may open at {}", moment(at, zone)));
    let more: Vec<String> = facts.chain(opens).collect();
    let name = Text::new(sign, style).and(format!(" {}", rule.rule), Style::Plain);
    vec![name, Text::plain(found), Text::plain(more.join("; "))]
}

/// A piece of evidence: its name and what it is; seconds as people say them.
pub(crate) fn evidence<'n>(name: &'n str, value: &Value) -> (&'n str, String) {
    match (name.strip_suffix("_s"), value) {
        (Some(name), Value::Number(seconds)) => (name, span(seconds.as_i64().unwrap_or_default())),
        (_, Value::String(text)) => (name, text.clone()),
        (_, Value::Array(all)) if all.is_empty() => (name, "nobody".to_owned()),
        (_, Value::Array(all)) => {
            let all: Vec<String> = all.iter().map(|one| evidence("", one).1).collect();
            (name, all.join(", "))
        }
        (_, other) => (name, other.to_string()),
    }
}

/// ` [dirty]`, for a release that was published with something let through.
pub(crate) fn marks(allowed: &[String]) -> String {
    match allowed {
        [] => String::new(),
        some => format!(" [{}]", some.join(", ")),
    }
}

/// What became of something that was said about an environment or a release: it was `done`, or was so `already`.
pub fn marked(of: &str, (done, already): (&str, &str), changed: bool, dry_run: bool) -> Text {
    match (changed, dry_run) {
        (false, _) => Text::plain(format!("{of} {already}: nothing to do")),
        (true, true) => Text::plain(format!("{of} {done}, if this is done; nothing was changed")),
        (true, false) => Text::new("✓ ", Style::Good).and(format!("{of} {done}"), Style::Plain),
    }
}
