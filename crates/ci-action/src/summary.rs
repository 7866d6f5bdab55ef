//! The job summary: what moved, the rules with their evidence, the steps, and how to undo it. Markdown; all foreign
//! text is escaped.

use promote_core::flow::Done;
use promote_core::plan::Plan;
use promote_core::rule::{Finding, Verdict};

/// Text as a cell or sentence: nothing in it is markup, and it stays on one line.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(300) {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '!' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn mark(finding: &Finding) -> &'static str {
    match finding.verdict {
        Verdict::Met => "✓ met",
        Verdict::Unmet => "✗ not met",
        Verdict::Overridden => "! overridden",
        Verdict::Skipped => "– not asked",
    }
}

/// What a plan would do.
pub(crate) fn of_plan(plan: &Plan, headline: &str) -> String {
    let mut out = format!("## {}\n\n", escape(headline));
    let from = plan.from.as_ref().map_or("nothing", |from| from.commit.short(7));
    out += &format!("{} → {}", escape(from), plan.release.commit.short(7));
    if let Some(subject) = &plan.subject {
        out += &format!(": {}", escape(subject));
    }
    out += "\n\n";
    for target in &plan.targets {
        out += &format!(
            "- `{}` to {} bytes, {}\n",
            target.target.to_string().replace('`', "'"),
            target.source.size,
            target.source.sha256
        );
    }
    out += "\n| rule | | |\n|---|---|---|\n";
    for finding in &plan.findings {
        out += &format!("| {} | {} | {} |\n", escape(&finding.rule), mark(finding), escape(&finding.detail));
    }
    out += &format!("\nPlan {}\n", plan.digest());
    out
}

/// What was done.
pub(crate) fn of_done(done: &Done, headline: &str) -> String {
    let mut out = of_plan(&done.plan, headline);
    if !done.steps.is_empty() {
        out += "\n| step | | took |\n|---|---|---|\n";
        for step in &done.steps {
            let end = promote_core::steps::word(step.report.end);
            out += &format!(
                "| {}: {} | {end}, {} | {} s |\n",
                escape(&step.phase),
                escape(&step.name),
                escape(&step.report.summary),
                step.report.took_s
            );
        }
    }
    out +=
        &format!("\nPromotion {}. To undo: `promote rollback {}`\n", done.promotion, done.plan.environment);
    out
}
