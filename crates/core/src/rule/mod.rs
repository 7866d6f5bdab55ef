//! The rules: each is a pure function from the facts of one request to a finding with evidence. One rule a file.
//! Going past a rule by an override is decided here, once, for all of them.

mod approvals;
mod blocked;
mod branch;
mod checks;
mod clock;
pub(crate) mod deploying;
mod doomed;
mod drift;
mod evidence;
mod expiry;
mod facts;
mod freeze;
mod from;
mod guard;
mod held;
mod loosened;
mod needs;
mod notes;
mod order;
mod rolled_back;
mod shared;
mod soak;
mod target_name;
mod unfinished;
mod versions;

pub use crate::finding::{Finding, Verdict};
pub(crate) use approvals::{before_anyone_asks, bound, counts, rejection, would_not_count};
pub use drift::{drift, unended};
pub use facts::Facts;
pub(crate) use guard::{in_parts, way};
pub(crate) use shared::stray;
pub(crate) use target_name::names_used;

use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::Override;
use std::collections::BTreeMap;

/// A rule: its name in the configuration, in overrides, in output and in the book, and its function. `None` means
/// that the rule has nothing to say here.
pub struct Rule {
    /// The name.
    pub name: &'static str,
    /// What it demands, in one sentence.
    pub about: &'static str,
    /// Whether `--override` can go past it.
    pub overridable: bool,
    /// Whether a promotion that is resumed is held to it again. Those that were judged when it began are not: what
    /// is half done is finished, whatever the hour.
    pub again: bool,
    check: fn(&Facts<'_>) -> Option<Finding>,
}

/// Every rule, in the order in which findings are shown.
pub const RULES: &[Rule] = &[
    Rule {
        name: "unfinished",
        about: "no other promotion of this environment is open",
        overridable: false,
        again: true,
        check: unfinished::check,
    },
    Rule {
        name: "deploying",
        about: "no deployment of this environment goes on",
        overridable: true,
        again: true,
        check: deploying::check,
    },
    Rule {
        name: "shared-target",
        about: "all environments that read the target are named with `--include`",
        overridable: false,
        again: true,
        check: shared::check,
    },
    Rule {
        name: "blocked",
        about: "the release is not blocked",
        overridable: true,
        again: true,
        check: blocked::check,
    },
    Rule {
        name: "doomed",
        about: "retention does not delete the release",
        overridable: false,
        again: true,
        check: doomed::check,
    },
    Rule {
        name: "from",
        about: "the same bytes were verified in the environment before",
        overridable: true,
        again: false,
        check: from::check,
    },
    Rule {
        name: "soak",
        about: "the release has run there, verified, for long enough",
        overridable: true,
        again: false,
        check: soak::check,
    },
    Rule {
        name: "approvals",
        about: "enough people have approved just this",
        overridable: true,
        again: false,
        check: approvals::check,
    },
    Rule {
        name: "checks",
        about: "the commit's checks are green",
        overridable: true,
        again: false,
        check: checks::check,
    },
    Rule {
        name: "evidence",
        about: "the results that are asked for passed, for just these bytes",
        overridable: true,
        again: false,
        check: evidence::check,
    },
    Rule {
        name: "freeze",
        about: "the environment takes releases now",
        overridable: true,
        again: false,
        check: freeze::check,
    },
    Rule {
        name: "branch",
        about: "the commit is on the branch",
        overridable: true,
        again: false,
        check: branch::check,
    },
    Rule {
        name: "versions",
        about: "the release's number meets the requirement",
        overridable: true,
        again: false,
        check: versions::check,
    },
    Rule {
        name: "notes",
        about: "the texts that the environment asks for are given",
        overridable: true,
        again: false,
        check: notes::check,
    },
    Rule {
        name: "loosened",
        about: "no gate was loosened since the last promotion",
        overridable: true,
        again: true,
        check: loosened::check,
    },
    Rule {
        name: "order",
        about: "the release is not older than what is there",
        overridable: true,
        again: false,
        check: order::check,
    },
    Rule {
        name: "rolled-back",
        about: "the release was not rolled back here",
        overridable: true,
        again: false,
        check: rolled_back::check,
    },
    Rule {
        name: "hold",
        about: "automation may move the environment",
        overridable: true,
        again: false,
        check: held::check,
    },
    Rule {
        name: "needs",
        about: "what the release needs without moving it exists",
        overridable: true,
        again: true,
        check: needs::check,
    },
    Rule {
        name: "expiry",
        about: "no image expires where it must stay",
        overridable: true,
        again: false,
        check: expiry::check,
    },
    Rule {
        name: "target-name",
        about: "the target has a name that was not used for other bytes",
        overridable: false,
        again: true,
        check: target_name::check,
    },
    Rule {
        name: "drift",
        about: "the target is what the ledger says",
        overridable: true,
        again: true,
        check: drift::check,
    },
    Rule {
        name: "guard",
        about: "the store checks the condition of every write",
        overridable: true,
        again: true,
        check: guard::check,
    },
    Rule {
        name: "clock",
        about: "this machine's clock agrees with the store's",
        overridable: true,
        again: true,
        check: clock::check,
    },
];

/// Why a rule is not asked of what is gone on with.
const BEGUN: &str = "judged when the promotion began";

/// Evaluates every rule. Where other environments move along, the rules that are about an environment are asked of
/// each: a lax environment can't move a strict one.
pub fn evaluate(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = evaluate_one(facts, |_| true);
    for other in facts.config.moved(facts.environment, &facts.request.include).into_iter().skip(1) {
        let theirs = Facts { environment: other, ..*facts };
        for mut finding in evaluate_one(&theirs, |rule| !rule.again && rule.name != "hold") {
            if !findings.iter().any(|known| known.rule == finding.rule && known.detail == finding.detail) {
                finding.detail = format!("{}: {}", other.name, finding.detail);
                findings.push(finding);
            }
        }
    }
    findings
}

fn evaluate_one(facts: &Facts<'_>, asked: impl Fn(&Rule) -> bool) -> Vec<Finding> {
    RULES
        .iter()
        .filter(|rule| asked(rule))
        .filter_map(|rule| {
            let finding = (rule.check)(facts)?;
            let rejected = || rule.name == "approvals" && approvals::rejected_since(facts);
            if facts.resuming() && !rule.again && !finding.passes() && !rejected() {
                return Some(Finding::skipped(rule.name, BEGUN));
            }
            let named = |one: &&Override| rule.overridable && one.rule == rule.name;
            Some(match facts.request.overrides.iter().find(named) {
                Some(one) if finding.verdict == Verdict::Unmet => finding.overridden(&one.reason),
                _ => finding,
            })
        })
        .collect()
}

/// The approvals in the ledger that count, for each environment that moves: what names each, and the digest of what is
/// stored.
pub(crate) fn approvals_of_all(facts: &Facts<'_>) -> BTreeMap<String, Digest> {
    let moved = facts.config.moved(facts.environment, &facts.request.include);
    moved.into_iter().flat_map(|environment| approvals::used(&Facts { environment, ..*facts })).collect()
}

/// The answers that count where what was judged when the promotion began is not judged again.
pub fn asked_again(findings: Vec<Finding>) -> Vec<Finding> {
    let again = |name: &str| RULES.iter().any(|rule| rule.again && rule.name == name);
    let asked = |finding: Finding| match finding.passes() || again(&finding.rule) {
        true => finding,
        false => Finding::skipped(&finding.rule, BEGUN),
    };
    findings.into_iter().map(asked).collect()
}

/// Names a rule that `--override` can go past, or says which there are.
///
/// # Errors
/// The names that there are, when this is none of them.
pub fn overridable(name: &str) -> Result<&'static Rule, Vec<&'static str>> {
    let known = || RULES.iter().filter(|rule| rule.overridable);
    known().find(|rule| rule.name == name).ok_or_else(|| known().map(|rule| rule.name).collect())
}

/// The rule that is to be gone past.
///
/// # Errors
/// `Usage`, when there is none of that name, or none may go past it.
pub fn to_override(name: &str) -> Result<&'static Rule, Failure> {
    overridable(name).map_err(|known| {
        let (shown, all) = (crate::names::escape(name), known.join(", "));
        if RULES.iter().any(|rule| rule.name == name) {
            return Failure::new(ExitStatus::Usage, format!("the rule `{shown}` can't be overridden"))
                .hint(format!("the rules that can be overridden are {all}"));
        }
        let failure = Failure::new(ExitStatus::Usage, format!("unknown rule `{shown}`"));
        match crate::suggest::closest(name, known) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`promote help rules` lists the rules"),
        }
    })
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
