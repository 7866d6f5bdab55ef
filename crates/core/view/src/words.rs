//! Words that several views share: moments, spans, sizes, counts, a rule's answer.

use crate::page::{Style, Text};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use promote_core::digest::Digest;
use promote_core::report::RuleReport;
use promote_core::rule::Verdict;
use promote_core::span::Span;

/// A moment to the minute in the project's time zone, which is named shortly: `2026-11-30 14:05 UTC`.
pub fn when(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

/// The same with the zone's full name: `2026-11-30 15:05 Europe/Berlin`.
pub fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    format!("{} {zone}", at.with_timezone(&zone).format("%Y-%m-%d %H:%M"))
}

/// Whole seconds as people say them.
pub fn span(seconds: i64) -> String {
    Span(TimeDelta::seconds(seconds)).to_string()
}

/// The first seven digits of a commit.
pub fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

/// `sha256 9f2c…41ab`.
pub fn digest(text: &str) -> String {
    text.parse::<Digest>().map_or_else(|_| text.to_owned(), |digest| format!("sha256 {}", digest.short()))
}

/// A number of bytes in decimal units.
pub fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_u64, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
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
pub fn cut(text: &str, limit: usize) -> String {
    let mut out: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() {
        out.push('…');
    }
    out
}

/// A rule's answer as a line, its name padded to `width`.
pub fn rule(rule: &RuleReport, width: usize) -> Text {
    let (sign, style) = match rule.verdict {
        Verdict::Met => ("✓", Style::Good),
        Verdict::Unmet => ("✗", Style::Bad),
        Verdict::Overridden => ("!", Style::Warn),
        Verdict::Skipped => ("-", Style::Dim),
    };
    let text = match rule.verdict {
        Verdict::Overridden => {
            let reason = rule.evidence.get("override-reason").and_then(|reason| reason.as_str());
            format!(" {:<width$}  {}; overridden: {}", rule.rule, rule.detail, reason.unwrap_or("-"))
        }
        Verdict::Skipped => format!(" {:<width$}  not asked: {}", rule.rule, rule.detail),
        Verdict::Met | Verdict::Unmet => format!(" {:<width$}  {}", rule.rule, rule.detail),
    };
    Text::new(sign, style).and(text, Style::Plain)
}

/// The width of the longest of these rules' names.
pub fn rule_width<'r>(rules: impl IntoIterator<Item = &'r RuleReport>) -> usize {
    rules.into_iter().map(|rule| rule.rule.len()).max().unwrap_or(0)
}

/// ` [dirty]`, for a release that was published with something let through.
pub fn marks(allowed: &[String]) -> String {
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
