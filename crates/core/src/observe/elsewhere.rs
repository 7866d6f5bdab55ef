//! Which targets the file names elsewhere than the ledger says, or not at all: what lies there is written by nobody any more.

use super::targets::standing;
use crate::commit::CommitId;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::ledger::{Head, Intent, LedgerError, LedgerReader, State, entry_name};
use crate::location::Location;
use crate::names::LaneName;
use crate::ports::ReadPorts;
use crate::relocated::{Put, Relocated, relocated};
use crate::request::Request;

/// The targets that the file names elsewhere than the ledger says. Where what is open is finished or undone, that is where it
/// was begun: what was there before it stays at its old place either way. Where a release comes back, what it had here and
/// the file names no more counts as well: without that half of it would be back.
pub(super) async fn elsewhere(
    view: &ReadPorts,
    config: &Config,
    environment: &Environment,
    (request, commit): (&Request, &CommitId),
    head: Option<&Head>,
) -> Result<Vec<Relocated>, Failure> {
    let Some(head) = head else { return Ok(Vec::new()) };
    let open = head.state().open.as_ref().filter(|_| request.take_over.is_wanted() || request.goes_back());
    let values = standing(config, environment);
    let Some(open) = open else {
        let left = match request.goes_back() {
            true => dropped(view, environment, head.state(), commit).await?,
            false => Vec::new(),
        };
        let commit = Some(commit);
        let left = left.iter().map(|(artifact, at)| Put { artifact, at, commit });
        return relocated(config, environment, &values, recorded(head.state()).chain(left));
    };
    let begun = match open.since.seq == head.record.seq {
        true => head.record.intent.clone(),
        false => begun_intent(&view.ledger, &environment.lane, head.state()).await?,
    };
    relocated(config, environment, &values, begun.iter().flat_map(put))
}

/// The intent of the promotion that is open in a lane.
///
/// # Errors
/// When the ledger can't be read.
pub(crate) async fn begun_intent(
    ledger: &LedgerReader,
    lane: &LaneName,
    state: &State,
) -> Result<Option<Intent>, Failure> {
    let Some(open) = &state.open else { return Ok(None) };
    let found = ledger.record(lane, open.since.seq).await.map_err(LedgerError::read_failure)?;
    Ok(found.and_then(|head| head.record.intent))
}

/// Where a promotion puts its targets.
pub(crate) fn put(intent: &Intent) -> impl Iterator<Item = Put<'_>> {
    let commit = Some(&intent.release.commit);
    intent.targets.iter().map(move |one| Put { artifact: one.name(), at: &one.target, commit })
}

/// Where artifacts of a release were put when it was here that are not moved any more.
async fn dropped(
    view: &ReadPorts,
    environment: &Environment,
    state: &State,
    commit: &CommitId,
) -> Result<Vec<(String, Location)>, Failure> {
    let moved = |name: &str| environment.artifacts.iter().any(|one| name == one.name());
    let own =
        |key: &str| environment.artifacts.iter().any(|one| key == entry_name(one.name(), &environment.name));
    let Some(past) = state.trail.iter().find(|past| past.release.commit == *commit) else {
        return Ok(Vec::new());
    };
    if past.release.artifacts.keys().all(|key| moved(key) || own(key)) {
        return Ok(Vec::new());
    }
    let then =
        view.ledger.record(&environment.lane, past.since.seq).await.map_err(LedgerError::read_failure)?;
    let places = then.iter().flat_map(|head| recorded(head.state()));
    Ok(places
        .filter(|put| !moved(put.artifact))
        .map(|put| (put.artifact.to_owned(), put.at.clone()))
        .collect())
}

/// Where the ledger says that the targets of a lane were put.
pub(crate) fn recorded(state: &State) -> impl Iterator<Item = Put<'_>> {
    let targets = state.current.iter().flat_map(|current| &current.targets);
    let commit = state.release().map(|release| &release.commit);
    targets.map(move |one| {
        let artifact = one.artifact.as_ref().map_or("main", |name| name.as_str());
        Put { artifact, at: &one.target, commit }
    })
}
