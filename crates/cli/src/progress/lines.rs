//! One event as text, in each of the styles.

use super::now::{NOTHING, Now};
use crate::gitlab::sections;
use chrono::{DateTime, TimeDelta, Utc};
use promote_core::event::Event;
use promote_core::location::Location;
use promote_core::names::visible_json;
use promote_core::port::{StepEnd, StepReport};
use promote_core::span::Span;
use promote_view::{Style as Look, Text};
use std::time::Duration;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Not at all.
    Silent,
    /// On a terminal: the line of what is under way is written again.
    Live {
        /// With the steps' output.
        output: bool,
    },
    /// In a log: one line a change.
    Log {
        /// With the steps' output.
        output: bool,
        /// Each step folded, as GitLab's job logs can.
        folded: bool,
    },
    /// One JSON object a line.
    Json,
}

/// Lines to write; the last one may be left open.
#[derive(Debug, Default)]
pub(super) struct EventLines {
    lines: Vec<Text>,
    /// Raw JSON.
    json: Option<String>,
    /// What the log's reader takes for itself; before the lines.
    mark: String,
    /// A line to write again when the next one comes.
    open: Option<Text>,
}

impl EventLines {
    /// Whether its last line is left open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The text with or without colour.
    pub(super) fn text(&self, colour: bool) -> String {
        if let Some(json) = &self.json {
            return format!("{json}\n");
        }
        if self.lines.is_empty() && self.open.is_none() {
            return String::new();
        }
        let mut out = self.mark.clone();
        for line in &self.lines {
            out.push_str(&line.shown(colour));
            out.push('\n');
        }
        out.extend(self.open.iter().map(|line| line.shown(colour)));
        out
    }
}

/// How often a step under way is mentioned in a log.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How often to say that something is under way.
pub(super) const fn pause(style: Style) -> Option<Duration> {
    match style {
        Style::Live { .. } => Some(Duration::from_secs(1)),
        Style::Log { .. } => Some(HEARTBEAT),
        Style::Silent | Style::Json => None,
    }
}

/// Something is still under way.
pub(super) fn still(
    style: Style,
    elapsed: TimeDelta,
    since: TimeDelta,
    (phase, what): (&str, &str),
    columns: usize,
) -> EventLines {
    let mut shown = EventLines::default();
    match style {
        Style::Live { .. } => {
            shown.open = Some(under_way(phase, what, &format!("  {}", Span(since)), columns));
        }
        Style::Log { .. } => {
            let text = format!("{:<8} still at it, {}: {what}", phase, Span(since));
            shown.lines.push(Text::plain(format!("[{}] {text}", clock(elapsed))));
        }
        Style::Silent | Style::Json => {}
    }
    shown
}

/// The line that is written again and again. It must never wrap, or only its last part would be taken back: what is under
/// way is cut, its time is not.
fn under_way(phase: &str, what: &str, time: &str, columns: usize) -> Text {
    let (before, after) = (Text::plain(format!("  … {phase:<8} ")), Text::plain(time));
    // The last column is left free: some terminals wrap when it is written.
    let room = columns.saturating_sub(1 + before.width() + after.width());
    let what = Text::plain(what);
    let what = match what.width() <= room {
        true => what.content(),
        false => {
            let first = what.folded(room.saturating_sub(1).max(1)).first().map(Text::content);
            format!("{}…", first.unwrap_or_default().trim_end())
        }
    };
    Text::new(format!("{}{what}{}", before.content(), after.content()), Look::Dim)
}

/// Minutes and seconds, as in `[05:59]`.
fn clock(elapsed: TimeDelta) -> String {
    let seconds = elapsed.num_seconds().max(0);
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// One event as text.
pub(super) fn shown(style: Style, event: &Event, now: &Now, at: DateTime<Utc>, columns: usize) -> EventLines {
    let mut shown = EventLines::default();
    if style == Style::Json {
        shown.json = json(event, at);
        return shown;
    }
    let (live, output) = match style {
        Style::Live { output } => (true, output),
        Style::Log { output, folded } => (false, output || folded),
        Style::Silent | Style::Json => return shown,
    };
    if live && let Event::StepStarted { phase, name } = event {
        shown.open = Some(under_way(phase, name, "", columns));
        return shown;
    }
    if live && let Event::Reading { source, done, size } = event {
        let percent = if *size == 0 { 100 } else { (done.saturating_mul(100) / size).min(100) };
        shown.open = Some(under_way("read", last(source).as_str(), &format!("  {percent} %"), columns));
        return shown;
    }
    if let Event::StepLine { line, .. } = event {
        if output {
            shown.lines.push(Text::new(format!("             {line}"), Look::Dim));
        }
        return shown;
    }
    if let Style::Log { folded: true, .. } = style {
        shown.mark = mark(event, now, at);
    }
    if let Some((sign, look, phase, text, took)) = sentences(event, now, at) {
        let line = if live {
            let took = took.map(|took| format!("  {took}")).unwrap_or_default();
            Text::plain("  ")
                .and(sign, look)
                .and(format!(" {phase:<8} {text}"), Look::Plain)
                .and(took, Look::Dim)
        } else {
            Text::plain(format!("[{}] {phase:<8} {text}", clock(at - now.began)))
        };
        match live {
            // Below the text, behind the sign and the phase.
            true => shown.lines.extend(line.wrapped(columns, 13)),
            false => shown.lines.push(line),
        }
    }
    shown
}

/// What begins or ends a folded part of the log.
fn mark(event: &Event, now: &Now, at: DateTime<Utc>) -> String {
    let name = now.doing.as_ref().map(|(since, phase, _)| sections::name(phase, *since));
    match (event, name) {
        (Event::StepStarted { .. }, Some(name)) => sections::start(&name, at),
        (Event::StepFinished { .. }, Some(name)) => sections::end(&name, at),
        _ => String::new(),
    }
}

type Sentence = (&'static str, Look, String, String, Option<String>);

fn sentences(event: &Event, now: &Now, at: DateTime<Utc>) -> Option<Sentence> {
    let took = || now.doing.as_ref().map(|(since, ..)| seconds(at - *since));
    let made = |sign, look, phase: &str, text: String| Some((sign, look, phase.to_owned(), text, None));
    match event {
        Event::Reading { source, done: 0, size } => {
            let text = format!("{}, {size} bytes: its store does not tell what they are", last(source));
            made("…", Look::Dim, "read", text)
        }
        Event::Waiting { until, seconds, why } => {
            let text = format!("{seconds} s, until {}: {why}", until.format("%H:%M:%S UTC"));
            made("…", Look::Warn, "wait", text)
        }
        Event::Moved { target, wrote } => {
            let word = if *wrote { "is" } else { "was already" };
            Some(("✓", Look::Good, "move".to_owned(), format!("{} {word} {}", last(target), now.to), took()))
        }
        Event::Doubt { target, why } => {
            made("?", Look::Warn, "move", format!("{}: {why}; reading it back", last(target)))
        }
        Event::Undone { left } => {
            let text =
                if left.is_empty() { "undone".to_owned() } else { format!("undone; {}", left.join("; ")) };
            made("↩", Look::Warn, "back", text)
        }
        Event::Aborted { why } => made("✗", Look::Bad, "move", format!("withdrawn: {why}")),
        Event::StepStarted { phase, name } => made("…", Look::Dim, phase, name.clone()),
        Event::StepNote { phase, note } => made("…", Look::Dim, phase, note.clone()),
        Event::StepFinished { phase, name, report } => {
            let (sign, look) = sign(report);
            let text =
                if report.summary.is_empty() { name.clone() } else { format!("{name}: {}", report.summary) };
            Some((
                sign,
                look,
                phase.clone(),
                text,
                Some(Span(TimeDelta::seconds(took_s(report))).to_string()),
            ))
        }
        Event::Erased { release, location, left } => match left {
            None => made("✓", Look::Good, "delete", format!("{location} of {}", release.short(7))),
            Some(why) => {
                made("!", Look::Warn, "delete", format!("{location} of {}: {why}", release.short(7)))
            }
        },
        Event::RollingBack { environment } if now.from == NOTHING => {
            made("↩", Look::Warn, "back", format!("what was moved to {environment} is undone"))
        }
        Event::RollingBack { environment } => {
            made("↩", Look::Warn, "back", format!("{environment} goes back to {}", now.from))
        }
        Event::Intent { .. }
        | Event::Again { .. }
        | Event::StageBack { .. }
        | Event::Moving { .. }
        | Event::Reading { .. }
        | Event::Bytes { .. }
        | Event::Committed { .. }
        | Event::StepLine { .. }
        | Event::Outcome { .. } => None,
    }
}

fn took_s(report: &StepReport) -> i64 {
    i64::try_from(report.took_s).unwrap_or(i64::MAX / 2000)
}

fn sign(report: &StepReport) -> (&'static str, Look) {
    match report.end {
        StepEnd::Succeeded => ("✓", Look::Good),
        StepEnd::Failed | StepEnd::Errored => ("✗", Look::Bad),
        StepEnd::TimedOut | StepEnd::Superseded | StepEnd::Interrupted => ("?", Look::Warn),
    }
}

/// Tenths below ten seconds, whole units above.
fn seconds(span: TimeDelta) -> String {
    let millis = span.num_milliseconds().max(0);
    if millis < 10_000 {
        format!("{}.{}s", millis / 1000, millis % 1000 / 100)
    } else {
        Span(span).to_string()
    }
}

/// What people call the target.
fn last(target: &Location) -> String {
    promote_view::words::last(&target.to_string()).to_owned()
}

fn json(event: &Event, at: DateTime<Utc>) -> Option<String> {
    let mut value = serde_json::to_value(event).ok()?;
    value.as_object_mut()?.insert("at".to_owned(), serde_json::to_value(at).ok()?);
    serde_json::to_string(&value).ok().map(|json| visible_json(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal of so many columns: how many rows the text fills, a line that is taken back counting for nothing.
    fn wraps(text: &str, columns: usize) -> bool {
        unicode_width::UnicodeWidthStr::width(text) >= columns
    }

    #[test]
    fn the_live_line_never_wraps_and_keeps_its_time() {
        let style = Style::Live { output: false };
        let names = [
            "CodePipeline billing-api-prod: Source, Build, Deploy, and what else a long name may say here",
            "https://billing.acme.example/version",
            "x",
            "非常に長い名前のデプロイメントステップがここにありますよ、とても長いです、本当に長いですね",
        ];
        for columns in [20, 40, 60, 80, 81, 120] {
            for name in names {
                for seconds in [0, 9, 59, 61, 3_599, 3_661, 90_061] {
                    let since = TimeDelta::seconds(seconds);
                    let line = still(style, since, since, ("deploy", name), columns);
                    let text = line.text(false);
                    assert!(!wraps(&text, columns.max(28)), "{columns}: {text}");
                    assert!(text.ends_with(&Span(since).to_string()), "{columns}: {text}");
                }
            }
        }
    }
}
