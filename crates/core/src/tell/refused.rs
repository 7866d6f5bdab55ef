//! From what a plan refused, and from what a check found, to what others are told of it. No record says it, so it is named
//! by what it is about: as long as that is the same, it is told once.

use super::notice::{Notice, NoticeKind, NoticeMissing};
use crate::config::Config;
use crate::digest::Digest;
use crate::finding::Finding;
use crate::invocation::Invocation;
use crate::ledger::Actor;
use crate::plan::Refusal;
use crate::report::VerifyReport;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What others are told of a refusal: `waiting` where nothing but approvals is missing, `drift` where a target holds what
/// no promotion put there.
pub fn refused(config: &Config, refusal: &Refusal, by: &Actor) -> Option<Notice> {
    let plan = &refusal.plan;
    let environment = config.environments.get(&plan.environment)?;
    let unmet: Vec<&Finding> = plan.findings.iter().filter(|finding| !finding.passes()).collect();
    let (kind, finding) = match unmet.as_slice() {
        [one] if one.rule == "approvals" && refusal.obstacles.is_empty() => (NoticeKind::Waiting, *one),
        all => (NoticeKind::Drift, *all.iter().find(|finding| finding.rule == "drift")?),
    };
    let name = &plan.environment;
    let short = plan.release.commit.short(7);
    let content = match kind {
        // How long ago something expired changes with time, and is not what is missing.
        NoticeKind::Waiting => json!({
            "content": finding.evidence.get("content"),
            "need": finding.evidence.get("need"),
            "have": names(finding.evidence.get("have")),
            "void": names(finding.evidence.get("void")),
        }),
        _ => json!({ "detail": finding.detail }),
    };
    let notice = Notice::new(kind, config, environment, id(kind, name.as_str(), &content), plan.taken_at);
    let notice = notice.by(by).about(&plan.release);
    let text = match kind {
        NoticeKind::Waiting => format!("{short} waits to go to {name}: {}", finding.detail),
        _ => format!("{name} was changed past promote, so {short} can't go there: {}", finding.detail),
    };
    let missing = NoticeMissing {
        rule: finding.rule.clone(),
        detail: finding.detail.clone(),
        line: finding.hint.clone(),
    };
    let next = match kind {
        NoticeKind::Waiting => {
            let mut terms = plan.terms.clone();
            terms.include.retain(|other| other != name);
            Invocation::new("plan").word(name).word(short).terms(&terms).to_string()
        }
        _ => format!("promote verify {name}"),
    };
    Some(Notice {
        from: plan.from.as_ref().map(|from| from.commit.to_string()),
        missing: Some(missing).filter(|_| kind == NoticeKind::Waiting),
        next: Some(next),
        ..notice.saying(text)
    })
}

/// What others are told of a check that found targets changed past `promote`: one for each environment.
pub fn drifted(config: &Config, report: &VerifyReport, at: DateTime<Utc>) -> Vec<Notice> {
    let targets = report.targets.as_deref().unwrap_or_default();
    let found = config.environments.values().filter_map(|environment| {
        let name = environment.name.as_str();
        let own = targets.iter().filter(|target| target.environment == name && target.drifted);
        let details: Vec<&str> = own.filter_map(|target| target.detail.as_deref()).collect();
        if details.is_empty() {
            return None;
        }
        let id = id(NoticeKind::Drift, name, &json!({ "detail": details.join("; ") }));
        let notice = Notice::new(NoticeKind::Drift, config, environment, id, at);
        let text = format!("{name} was changed past promote: {}", details.join("; "));
        Some(Notice { next: Some(format!("promote verify {name}")), ..notice.saying(text) })
    });
    found.collect()
}

fn id(kind: NoticeKind, environment: &str, content: &Value) -> String {
    let whole = json!({ "event": kind, "environment": environment, "content": content });
    Digest::of(whole.to_string().as_bytes()).to_string()
}

/// The names of people in a rule's evidence, without what changes by waiting.
fn names(evidence: Option<&Value>) -> Vec<String> {
    let all = evidence.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut names: Vec<String> =
        all.iter().filter_map(|one| Some(format!("{}@{}", one["name"].as_str()?, one["realm"]))).collect();
    names.sort();
    names
}
