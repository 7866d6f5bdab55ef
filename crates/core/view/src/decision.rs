//! A decision as a page: the whole of it for `plan`, its first line before a question, its reasons for a refusal.

use crate::moves;
use crate::page::{Page, Sign, Style, Text};
use crate::told::{Told, head, is_unrun, parts, sign, title, unended, verdict};
use crate::words::{count, evidence, moment, rules};
use chrono_tz::Tz;
use promote_core::ledger::Action;
use promote_core::report::{DecisionReport, RuleReport, Verb};
use promote_core::rule::Verdict;

/// How many commits are named before production gets them.
const LISTED: usize = 30;

/// Everything about a decision.
pub fn page(told: &Told<'_>) -> Page {
    let (report, zone) = (told.decision, told.zone);
    let mut page = Page::default();
    page.full(|page| {
        page.headline(sign(told), report.headline());
        head(page, told, None);
        page.items("In the way", report.obstacles.iter().map(|why| vec![Text::plain(why)]).collect());
    });
    page.brief(|page| page.line(title(report)));
    page.blank();
    match report.decision {
        Verb::NothingToDo => page.full(|page| parts(page, told, None)),
        _ => parts(&mut page, told, None),
    }
    page.blank();
    page.brief(|page| page.line(verdict(report, zone)));
    hints(&mut page, report);
    let plan = Text::plain("Nothing was changed. Plan ").and(&report.plan, Style::Literal);
    page.closing(plan.and(format!(" · as of {}", moment(report.at, zone)), Style::Plain));
    page
}

/// What is asked about before a move. `listed`: with the commits themselves, where production is about to get them.
pub fn summary(report: &DecisionReport, zone: Tz, before: Option<String>, listed: bool) -> Page {
    let mut page = Page::default();
    let mut words = Vec::new();
    words.extend(before);
    words.extend(report.commits.as_ref().map(|commits| count(commits.count, "commit")));
    let gone_past: Vec<&RuleReport> =
        report.rules.iter().filter(|rule| rule.verdict == Verdict::Overridden).collect();
    if !matches!(report.action, Action::Rollback | Action::Undo) {
        let asked = report.rules.iter().filter(|rule| rule.verdict != Verdict::Skipped).count();
        words.push(match gone_past.len() {
            0 if asked == 1 => "its only rule is met".to_owned(),
            0 => format!("all {asked} rules met"),
            some => format!("{} of {asked} overridden", count(some, "rule")),
        });
    }
    let words: String = words.iter().map(|word| format!(", {word}")).collect();
    page.line(title(report).and(words, Style::Plain));
    let undoes = report.undoes.as_ref().map(|commits| Text::plain(count(commits.count, "commit")));
    let skipped: Vec<&str> = report
        .rules
        .iter()
        .filter(|rule| rule.verdict == Verdict::Skipped)
        .map(|rule| rule.rule.as_str())
        .collect();
    let removes: Vec<Text> = report.moves.iter().filter_map(moves::strangers).collect();
    let nothing = undoes.is_none() && skipped.is_empty() && gone_past.is_empty() && removes.is_empty();
    if !nothing || !report.stays.is_empty() || listed {
        page.blank();
    }
    page.field("Stays", report.stays.iter().map(Text::plain).collect());
    if listed {
        moves::brings(&mut page, report, LISTED);
    }
    page.field("Removes", removes);
    page.field("Undoes", undoes.into_iter().collect());
    page.listing("Overrides", vec![], rules(gone_past, zone));
    if !skipped.is_empty() {
        let why = report.rules.iter().find(|rule| rule.verdict == Verdict::Skipped);
        let why = why.map_or("", |rule| rule.detail.as_str());
        page.field("Skips", vec![Text::plain(format!("{}: {why}", skipped.join(", ")))]);
    }
    page
}

/// That the steps of what is there are run.
pub fn again(report: &DecisionReport) -> Page {
    let mut page = Page::default();
    let how = if is_unrun(report) { "they run now" } else { "its steps run again" };
    page.line(title(report).and(format!(", {}: {how}", unended(report)), Style::Plain));
    page
}

/// Why something is refused, as an error.
pub fn refused(report: &DecisionReport, zone: Tz) -> Page {
    let mut page = Page::default();
    let message = match report.obstacles.is_empty() {
        true => format!("{}: {}", report.headline(), report.unmet_told()),
        false => report.headline(),
    };
    page.headline(Sign::Error, Text::new(message, Style::Strong));
    page.blank();
    for obstacle in &report.obstacles {
        page.line(Text::plain(format!("  {obstacle}")));
    }
    for unmet in rules(report.unmet(), zone).lines() {
        page.line(Text::plain("  ").then(unmet));
    }
    hints(&mut page, report);
    page
}

fn hints(page: &mut Page, report: &DecisionReport) {
    // Past a rule there is no way on while something else is in the way.
    let leads_on = |hint: &&String| {
        let past = hint.contains("--override") || hint.contains("--take-over");
        report.obstacles.is_empty() || !past
    };
    // Where there is nothing to do, nothing has to be done about a rule either.
    let unmet = report.unmet().filter(|_| report.decision != Verb::NothingToDo);
    let hints = unmet.filter_map(|rule| rule.hint.as_ref());
    hints.filter(leads_on).for_each(|hint| page.hint(hint));
    let name = &report.environment;
    if !report.obstacles.is_empty() && report.unmet().any(|rule| rule.rule == "unfinished") {
        page.hint(format!("`promote status {name}` shows how what is open stands, and the ways on"));
    }
    match report.decision {
        Verb::Allowed => {
            let end = if report.stays.is_empty() { "" } else { "; what stays makes it end with 7" };
            report.command.iter().for_each(|command| page.hint(format!("`{command}` does it{end}")));
        }
        Verb::NothingToDo if report.pending => {
            let what = if is_unrun(report) { "them" } else { "its steps again" };
            page.hint(format!("`promote resume {name}` runs {what} and records how they end"));
        }
        Verb::NothingToDo => {}
        Verb::Refused => {
            let overridable: Vec<&RuleReport> =
                report.unmet().filter(|rule| rule.overridable && rule.rule != "drift").collect();
            let all = report.unmet().all(|rule| rule.overridable) && report.obstacles.is_empty();
            let says =
                |rule: &&RuleReport| rule.hint.as_ref().is_some_and(|hint| hint.contains("--override"));
            if all && !overridable.is_empty() && !overridable.iter().any(says) {
                let flags: Vec<String> =
                    overridable.iter().map(|rule| format!("--override {}", rule.rule)).collect();
                page.hint(format!(
                    "in an emergency, `{} --reason \"INC-123\"` is recorded and announced",
                    flags.join(" ")
                ));
            }
        }
    }
}

/// Every rule with its evidence and when it may open.
pub fn explanation(report: &DecisionReport, zone: Tz) -> Page {
    let mut page = Page::default();
    page.line(title(report));
    for one in &report.rules {
        page.blank();
        for line in rules([one], zone).lines() {
            page.line(Text::plain("  ").then(line));
        }
        if let Some(about) = one.about {
            page.line(Text::new(format!("      demands   {about}"), Style::Dim));
        }
        for (name, value) in &one.evidence {
            let (name, value) = evidence(name, value);
            page.line(Text::plain(format!("      {name:<8}  {value}")));
        }
        if let Some(at) = one.opens_at {
            page.line(Text::plain(format!("      opens     {}", moment(at, zone))));
        }
        if let Some(at) = one.closes_at {
            page.line(Text::plain(format!("      closes    {}", moment(at, zone))));
        }
        if !one.met && one.opens_at.is_none() {
            page.line(Text::plain("      opens     not by itself"));
        }
    }
    page.blank();
    page.line(verdict(report, zone));
    hints(&mut page, report);
    page
}
