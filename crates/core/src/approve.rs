//! Saying yes or no to a release that is to go to an environment: what is asked is looked at, bound to what the answer is
//! given to, signed where a key is at hand, and written down. Nothing moves; whether it may is for the plan to say.

use crate::config::{Config, Environment};
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger::approval::{ApprovalError, NAMESPACE, SCHEMA};
use crate::ledger::{Answer, Approval, Bound, SignedApproval, not_added};
use crate::names::escape;
use crate::observe::{by_word, environment, genesis_to_write, observe};
use crate::ports::Ports;
use crate::reason;
use crate::request::Request;
use crate::rule::{self, Facts, Finding};
use crate::snapshot::Snapshot;
use crate::vote::{Person, SSH, Vote};

/// What is to be answered, as it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What an answer is bound to.
    pub bound: Bound,
    /// The first line of the commit's message. Foreign text.
    pub subject: Option<String>,
    /// What the rules say now, as for the promotion itself.
    pub findings: Vec<Finding>,
    /// Who answers, as far as is known before anything is signed.
    pub person: Person,
    /// Whether they have said so already.
    pub said: bool,
    snapshot: Box<Snapshot>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What was written; `None` when it had been said already.
    pub approval: Option<Approval>,
    /// What the rule `approvals` says after it.
    pub finding: Option<Finding>,
}

/// Looks at what is to be answered. `expected`: the digest of the content that the caller was shown, where it was.
///
/// # Errors
/// `Conflict`, when the content is another one than expected; `Usage`, when the environment asks for no approvals, or a reason
/// is needed and none is given; `Blocked`, when the answer would not count.
pub async fn ask(
    ports: &Ports,
    config: &Config,
    request: &Request,
    answer: Answer,
    expected: Option<Digest>,
) -> Result<Asked, Failure> {
    config.to_write()?;
    let settings = environment(config, &request.environment)?;
    if settings.approvals.count == 0 {
        return Err(unasked(settings, answer));
    }
    genesis_to_write(&ports.view(), config).await?;
    let snapshot = observe(&ports.view(), config, request).await?;
    let release = snapshot.release(request);
    let facts = Facts { config, environment: settings, snapshot: &snapshot, request, release: &release };
    let bound = rule::bound(&facts);
    if let Some(expected) = expected.filter(|expected| *expected != bound.digest()) {
        return Err(Failure::new(
            ExitStatus::Conflict,
            format!("what would be answered now is not what was shown: {}, not {expected}", bound.digest()),
        )
        .state("Nothing was recorded.")
        .hint(format!("look at it again: `{}`", line("plan", &bound))));
    }
    reasoned(&facts, request, answer)?;
    let person = who(ports, &snapshot, request)?;
    let said = said(&facts, &person, answer);
    if answer == Answer::Approved
        && let Some((why, way)) = rule::would_not_count(&facts, &person)
    {
        return Err(Failure::new(
            ExitStatus::Blocked,
            format!("an approval of {} by {} would not count: {why}", settings.name, escape(person.name())),
        )
        .state("Nothing was recorded.")
        .hint(way));
    }
    let findings = judged(&facts);
    let subject = snapshot.candidate.manifest.subject.clone();
    Ok(Asked { bound, subject, findings, person, said, snapshot: Box::new(snapshot) })
}

/// Whether a person's word is in force already, so that saying it again would add nothing.
fn said(facts: &Facts<'_>, person: &Person, answer: Answer) -> bool {
    let bound = rule::bound(facts);
    let votes = &facts.snapshot.votes.votes;
    let mine =
        |vote: &&Vote| vote.answer == answer && vote.person.names.iter().any(|name| person.is_called(name));
    let mut mine = votes.iter().filter(mine);
    match answer {
        Answer::Approved => mine.any(|vote| rule::counts(facts, vote)),
        // What somebody approved since has to be rejected anew.
        Answer::Rejected => {
            let approved =
                votes.iter().filter(|vote| vote.answer == Answer::Approved).map(|vote| vote.at).max();
            mine.any(|vote| {
                let same = vote.bound.as_ref().is_some_and(|given| given.same_bytes(&bound));
                same && vote.void.is_none() && approved.is_none_or(|yes| yes < vote.at)
            })
        }
    }
}

/// Writes down what was answered.
///
/// # Errors
/// When no signature can be made, or the ledger does not take it.
pub async fn answer(
    ports: &Ports,
    config: &Config,
    request: &Request,
    answer: Answer,
    asked: &Asked,
) -> Result<Answered, Failure> {
    let settings = environment(config, &request.environment)?;
    if asked.said {
        return Ok(Answered { approval: None, finding: approvals(&asked.findings) });
    }
    let approval = Approval {
        schema: SCHEMA.to_owned(),
        ledger: asked.snapshot.genesis.0.ledger.clone(),
        lane: settings.lane.clone(),
        nonce: ports.nonce(),
        answer,
        bound: asked.bound.clone(),
        at: ports.clock.now(),
        actor: request.actor.to_write(),
        reason: reason::allowed(request.reason.as_deref())?,
    };
    let unfit = |error: ApprovalError| {
        Failure::new(ExitStatus::Usage, "the answer does not fit an object of the ledger")
            .state("Nothing was recorded.")
            .caused_by(error)
    };
    let said = approval.line().map_err(unfit)?;
    let mut signed = SignedApproval { approval, line: said, signature: None };
    if let Some(signer) = &ports.people.signer {
        let made = signer.sign(NAMESPACE, &signed.line).await.map_err(|error| {
            let failure = Failure::new(ExitStatus::Failed, format!("nothing was signed: {error}"));
            let failure = error.hints.iter().fold(failure, Failure::hint);
            failure.state("Nothing was recorded.")
        })?;
        signed.signature = Some(made);
    }
    let tells = line("plan", &asked.bound).to_string();
    let written = ports.ledger.answer(&signed).await;
    written.map_err(|error| not_added("the answer", error, &tells))?;
    let after = Box::pin(observe(&ports.view(), config, request)).await.ok();
    let finding = after.and_then(|snapshot| {
        let release = snapshot.release(request);
        let facts = Facts { config, environment: settings, snapshot: &snapshot, request, release: &release };
        approvals(&judged(&facts))
    });
    Ok(Answered { approval: Some(signed.approval), finding })
}

/// What every rule says. Who answers does not ask for the promotion.
fn judged(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = rule::evaluate(facts);
    let own = findings.iter_mut().find(|finding| finding.rule == "approvals");
    if let (Some(own), Some(finding)) = (own, rule::before_anyone_asks(facts)) {
        *own = finding;
    }
    findings
}

fn approvals(findings: &[Finding]) -> Option<Finding> {
    findings.iter().find(|finding| finding.rule == "approvals").cloned()
}

/// The person that an answer would be counted as.
///
/// # Errors
/// `Blocked`, when the key that would sign counts for nobody.
fn who(ports: &Ports, snapshot: &Snapshot, request: &Request) -> Result<Person, Failure> {
    let people = &ports.people;
    let key = people.signer.as_ref().and_then(|signer| signer.fingerprint().map(str::to_owned));
    let signers = people.signers.as_ref();
    let holder = key
        .as_ref()
        .zip(signers)
        .and_then(|(key, signers)| signers.holder(key, NAMESPACE, snapshot.taken_at));
    match holder {
        Some(names) => Ok(Person {
            names,
            realm: SSH.to_owned(),
            strength: crate::config::StrengthLevel::Signed,
            bot: false,
        }),
        None if key.is_some() => {
            let key = key.unwrap_or_default();
            Err(Failure::new(ExitStatus::Blocked, format!("the key {key} counts for nobody in the file of signers now"))
                .state("Nothing was recorded.")
                .hint("look for its line there: it may be missing, not valid yet or any more, for other purposes, or behind a pattern"))
        }
        None => match &people.signer {
            // Which key it is would be known only once it signed.
            Some(signer) => Err(Failure::new(
                ExitStatus::Blocked,
                format!("the public half of the key {signer} is not beside it, so whose it is can't be told"),
            )
            .state("Nothing was recorded.")
            .hint("`ssh-keygen -y -f KEY > KEY.pub` writes it, for the path of the key in the place of KEY")),
            None => Ok(by_word(&request.actor.to_write())),
        },
    }
}

fn reasoned(facts: &Facts<'_>, request: &Request, answer: Answer) -> Result<(), Failure> {
    let given = request.reason.as_deref();
    match answer {
        Answer::Rejected => reason::needed(given, "a rejection").map(drop),
        Answer::Approved if rule::rejection(facts).is_some() => {
            reason::needed(given, "an approval of what was rejected").map(drop)
        }
        Answer::Approved => reason::allowed(given).map(drop),
    }
}

fn unasked(settings: &Environment, answer: Answer) -> Failure {
    let name = &settings.name;
    let failure = Failure::new(ExitStatus::Usage, format!("{name} asks for no approvals"));
    let failure = failure.state("Nothing was recorded.");
    match answer {
        Answer::Approved => failure.hint(format!("`approvals = 1` in `[env.{name}]` asks for one")),
        Answer::Rejected => {
            failure.hint("`promote block RELEASE --reason TEXT` keeps a release from moving anywhere")
        }
    }
}

fn line(command: &str, bound: &Bound) -> Invocation {
    Invocation::new(command).word(&bound.environment).word(bound.release.commit.short(7))
}
