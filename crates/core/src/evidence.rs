//! Writing down a result that somebody saw for a release: bound to its bytes, with who saw it, where and when. Nothing moves;
//! what it opens is for the plan to say.

use crate::commit::CommitId;
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger::evidence::SCHEMA;
use crate::ledger::{Actor, Evidence, EvidenceResult, LedgerId, ReleaseRef, manifest, not_added};
use crate::names::{EnvironmentName, EvidenceName};
use crate::observe::{environment, genesis_to_write, unpublished};
use crate::ports::Ports;
use crate::promotion::PromotionId;
use crate::reason;

/// The longest address of a result, in bytes.
const LONGEST: usize = 2000;

/// A result as somebody tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenResult {
    /// Of what.
    pub name: EvidenceName,
    /// The result.
    pub result: EvidenceResult,
    /// The environment in which it was seen.
    pub environment: Option<EnvironmentName>,
    /// Where it can be looked up.
    pub url: Option<String>,
    /// What else is to be said of it.
    pub reason: Option<String>,
}

/// What a result would be written down as. Nothing is written.
///
/// # Errors
/// `Missing` when the release was never published or there is no such environment; `Usage` when the address is none.
pub async fn prepare(
    ports: &Ports,
    config: &Config,
    commit: &CommitId,
    seen: &SeenResult,
    actor: &Actor,
) -> Result<Evidence, Failure> {
    config.to_write()?;
    if let Some(name) = &seen.environment {
        environment(config, name)?;
    }
    if let Some(url) = &seen.url {
        addressed(url)?;
    }
    let view = ports.view();
    let (genesis, _) = genesis_to_write(&view, config).await?;
    let read = view.ledger.stored_manifest(commit).await;
    let Some((found, digest)) = read.map_err(crate::ledger::LedgerError::read_failure)? else {
        return Err(unpublished(&view, commit.as_str()).await);
    };
    let release = ReleaseRef { manifest: Some(digest), ..manifest::Manifest::reference(&found) };
    let seen = SeenResult { reason: reason::allowed(seen.reason.as_deref())?, ..seen.clone() };
    Ok(of(ports, (&genesis.ledger, &release), seen, actor, None))
}

/// The result of a step that proves a release, as it would be written down.
pub(crate) fn of(
    ports: &Ports,
    (ledger, release): (&LedgerId, &ReleaseRef),
    seen: SeenResult,
    actor: &Actor,
    promotion: Option<PromotionId>,
) -> Evidence {
    Evidence {
        schema: SCHEMA.to_owned(),
        ledger: ledger.clone(),
        nonce: ports.nonce(),
        name: seen.name,
        result: seen.result,
        release: release.clone(),
        environment: seen.environment,
        promotion,
        url: seen.url,
        at: ports.clock.now(),
        actor: actor.to_write(),
        reason: seen.reason,
    }
}

/// Writes it down.
///
/// # Errors
/// When the ledger does not take it, or it is not known whether it did.
pub async fn record(ports: &Ports, evidence: &Evidence) -> Result<(), Failure> {
    let tells = Invocation::new("show").word(evidence.release.commit.short(7)).to_string();
    let written = ports.ledger.add_evidence(evidence).await;
    written.map_err(|error| not_added("the result", error, &tells))
}

/// Refuses what is no address of a page.
fn addressed(url: &str) -> Result<(), Failure> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    match rest.is_some_and(plain) && url.len() <= LONGEST {
        true => Ok(()),
        false => Err(Failure::new(ExitStatus::Usage, "the address of a result is that of a page")
            .state("Nothing was recorded.")
            .hint("it begins with `https://`, has no blanks, and at most 2000 characters")),
    }
}
