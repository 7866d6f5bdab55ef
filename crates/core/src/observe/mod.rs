//! Reading the world into a [`Snapshot`]: what is asked for side by side is asked for in one round. Needs read
//! rights only.

mod adopted;
mod asking;
mod barred;
mod bots;
mod by_name;
mod changed;
mod checks;
mod descent;
mod elsewhere;
mod evidence;
mod folders;
mod gates;
mod genesis;
mod holding;
mod lands;
mod lying;
mod meant;
mod newest;
mod previous;
mod published;
mod release;
mod reviews;
mod seen;
mod sources;
mod standstill;
mod still;
mod tags;
mod targets;
pub(crate) mod undoing;
mod votes;
mod vouched;

use crate::config::{Config, Environment};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::lease;
use crate::ledger::{Action, Genesis, Head, LedgerError, State};
use crate::names::EnvironmentName;
use crate::port::{Capabilities, FenceClass};
use crate::ports::ReadPorts;
use crate::request::{Request, Wanted};
use crate::snapshot::{Seen, Snapshot};
use crate::template::Values;
use futures_util::future::{join, join_all, try_join, try_join_all, try_join3, try_join4};
use std::collections::{BTreeMap, BTreeSet};
use targets::Depth;

pub(crate) use adopted::adopted;
pub(crate) use asking::{AskedChecks, AskedVotes};
pub(crate) use barred::{barred, is_barred};
pub use by_name::{Named, by_name, wanted_by_moving};
pub(crate) use checks::checks_for;
pub(crate) use descent::descent;
pub(crate) use elsewhere::{begun_intent, put, recorded};
pub(crate) use evidence::{Evidences, asked, evidence, unfailed};
pub(crate) use folders::is_read;
pub use gates::gates_before;
pub(crate) use genesis::belongs;
pub use genesis::{begun, genesis, genesis_to_write, never_begun};
pub use holding::image;
pub(crate) use lands::there;
pub(crate) use lying::{Lies, lying};
pub use meant::published;
pub use previous::previous;
pub(crate) use published::Inspection;
pub use release::{candidate, resolve_prefix};
pub(crate) use release::{checked, unpublished};
pub use seen::seen;
pub(crate) use sources::{judge_sources, remembered_of as remembered, tokens_tell};
pub(crate) use standstill::{newest as standstill_to_judge, of as standstill_of, unfrozen};
pub(crate) use still::{Anew, still, unblocked};
pub(crate) use targets::standing;
pub(crate) use votes::{by_word, unrejected, votes_for};

/// The settings of an environment.
///
/// # Errors
/// `Missing`, with the environments that there are, when this is none of them.
pub fn environment<'c>(config: &'c Config, name: &EnvironmentName) -> Result<&'c Environment, Failure> {
    config.environments.get(name).ok_or_else(|| {
        let known: Vec<&str> = config.stages.iter().flatten().map(|name| name.as_str()).collect();
        let failure = Failure::new(ExitStatus::Missing, format!("no environment `{name}`"));
        match crate::suggest::closest(name.as_str(), known.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!("`promote.toml` has {}", known.join(", "))),
        }
    })
}

/// The heads of the lanes of these environments, one request after the other in each lane, all lanes side by side.
///
/// # Errors
/// What the store answered.
pub async fn heads<'n>(
    view: &ReadPorts,
    config: &Config,
    names: impl IntoIterator<Item = &'n EnvironmentName>,
) -> Result<BTreeMap<EnvironmentName, Option<Head>>, Failure> {
    let reads = names.into_iter().filter_map(|name| {
        let lane = &config.environments.get(name)?.lane;
        Some(async move { view.ledger.head(lane).await.map(|head| (name.clone(), head)) })
    });
    Ok(try_join_all(reads).await.map_err(LedgerError::read_failure)?.into_iter().collect())
}

/// How often the world is looked at anew since bytes had to be read.
const ROUNDS: u32 = 4;

/// Reads everything that deciding about a request needs. Bytes are read only where no store tells that they are the
/// published ones; that takes time, so everything is looked at anew afterwards.
///
/// # Errors
/// When a store does not answer, the environment or the release is not there, or the ledger can't be trusted.
pub async fn observe(view: &ReadPorts, config: &Config, request: &Request) -> Result<Snapshot, Failure> {
    let (mut read, mut of_folders) = (Vec::new(), published::Read::new());
    for _ in 0..ROUNDS {
        // On the heap: what is asked for at once makes a large future, and callers nest it.
        let mut snapshot = Box::pin(look(view, config, request)).await?;
        let known = (&snapshot.genesis.0, &snapshot.capabilities);
        let unread = sources::settle(view, known, &mut snapshot.candidate, &read).await?;
        let Snapshot { candidate, files, genesis, capabilities, .. } = &mut snapshot;
        let known = (&genesis.0, &*capabilities);
        let files = published::settle(view, known, candidate, files, &of_folders).await?;
        if unread.is_empty() && files.is_empty() {
            let environment = environment(config, &request.environment)?;
            snapshot.untold_tags = Box::pin(tags::untold(view, environment, &snapshot)).await;
            return Ok(snapshot);
        }
        read.extend(Box::pin(sources::read(view, unread)).await?);
        Box::pin(published::read(view, files, &mut of_folders)).await?;
    }
    Err(Failure::new(ExitStatus::Conflict, "the release's artifacts are changing while they are read")
        .hint("find out who writes there, then run the same command again"))
}

/// Reads everything but the bytes of the sources.
async fn look(view: &ReadPorts, config: &Config, request: &Request) -> Result<Snapshot, Failure> {
    let began = view.clock.now();
    let environment = environment(config, &request.environment)?;
    let request = &release::settled(config, request);
    let moved = config.moved(environment, &request.include);
    let before: Vec<&EnvironmentName> = moved.iter().flat_map(|moved| &moved.from).collect();
    let mut names = before.clone();
    names.push(&environment.name);
    if let Wanted::Environment(name) = &request.wanted {
        names.push(name);
    }
    names.sort();
    names.dedup();
    let fixed = targets::fixed(config, environment);
    // The targets' tokens are read no later than the head of the lane: a later head with an earlier token is
    // refused by the store, an earlier head with a later token would not be.
    let first = try_join3(genesis(view, config), heads(view, config, names), standstill::newest(view));
    let early = release::named(view, config, environment, request);
    let looks = async {
        match &fixed {
            Some(places) => targets::look(view, places, Depth::Files).await.map(Some),
            None => Ok(None),
        }
    };
    let (((genesis, mut heads, standstill), early), looked) = try_join(try_join(first, early), looks).await?;
    belongs(&genesis.0, heads.values().flatten())?;
    let standstill = standstill::of(&genesis.0, standstill);
    let head = heads.get(&environment.name).and_then(Option::as_ref);
    let there = head.map(Head::state);
    let adopted = match request.action {
        Action::Rollback => adopted(view, &environment.lane, there).await?,
        _ => None,
    };
    let candidate = match early {
        Some(found) => found,
        None => {
            let commit = release::unnamed(environment, request, &heads, adopted.as_ref())?;
            let Some(commit) = commit else {
                return Err(Box::pin(release::no_way_back(view, config, environment, head)).await?);
            };
            release::candidate(view, config, environment, &commit).await?
        }
    };
    changed::check(&candidate, heads.values().flatten())?;
    let state = heads.get(&environment.name).and_then(Option::as_ref).map(Head::state);
    let named_at = request.named_at.unwrap_or_else(|| view.clock.now());
    let values = Values {
        sha: Some(candidate.manifest.commit.clone()),
        version: candidate.version(state, request),
        env: Some(environment.name.clone()),
        project: Some(config.project.clone()),
        at: Some(named_at),
    };
    let named = async {
        match looked {
            Some(found) => Ok(found),
            None => {
                let mut places = targets::places(environment, &values, &candidate.manifest)?;
                names_as_begun(view, environment, request, &candidate, state, &mut places).await?;
                targets::look(view, &places, Depth::Files).await
            }
        }
    };
    let (mut targets, needs, mut newer) = try_join3(
        named,
        targets::needs(view, environment, &values),
        newest::put_since(view, config, environment, state),
    )
    .await?;
    // What looks like drift may be a promotion that went on between two requests: look once more, in order.
    if differs(environment, state, targets.iter().chain(&newer)) {
        targets = targets::look_again(view, &targets).await?;
        let again = self::heads(view, config, [&environment.name]).await?;
        heads.extend(again);
        let state = heads.get(&environment.name).and_then(Option::as_ref).map(Head::state);
        if !newer.is_empty() {
            newer = newest::put_since(view, config, environment, state).await?;
        }
    }
    let state = heads.get(&environment.name).and_then(Option::as_ref).map(|head| head.state().clone());
    let state = state.unwrap_or_default();
    // Apart from the rest: hardly ever does it come to more than a comparison, and it would make every future larger.
    let gates =
        Box::pin(gates_before(view, config, environment, &state, &targets, request.take_over.is_wanted()));
    let files = folders::files(view, environment, &candidate, &targets, state.open.is_some());
    let head = heads.get(&environment.name).cloned().flatten();
    let commit = &candidate.manifest.commit;
    let relocated = elsewhere::elsewhere(view, config, environment, (request, commit), head.as_ref()).await?;
    let heard = lease::heard(view, config, head.as_ref());
    let stands = descent(view, state.release(), &candidate.manifest.commit);
    let capable =
        try_join(capabilities(view, &genesis.0, &targets), folders::there(view, environment, &targets));
    let (descent, read) = join(stands, try_join4(capable, files, gates, heard)).await;
    let ((mut capabilities, there), files, gates, heard) = read?;
    let votes =
        Box::pin(votes::votes(view, config, environment, request, (&genesis.0.ledger, &candidate, &state)));
    let asked = AskedChecks::of(moved.into_iter().filter(|_| !request.goes_back()));
    let (votes, checks) = join(votes, Box::pin(checks_for(view, asked, commit))).await;
    let votes = votes?;
    let changes = folders::changes(&files, &targets, &there);
    let mut obstructed = folders::obstructed(view, environment, &files, &targets, &there).await?;
    obstructed.extend(lands::below_objects(view, &targets).await?);
    let stays = match &head {
        Some(head) if request.undoes(head.state(), &candidate.manifest.commit) => {
            let release = &candidate.reference();
            let undoing = undoing::Undoing { view, environment, head, release, capabilities: &capabilities };
            Box::pin(undoing.stays(&targets)).await?
        }
        _ => Vec::new(),
    };
    for (store, found) in &mut capabilities {
        // The head of the ledger can be checked together with a write only where both lie in one store. What is left
        // of such a store is that its tokens never come back.
        if found.fence == FenceClass::Atomic && *store != config.ledger.store {
            found.fence = FenceClass::Exact;
        }
    }
    let taken_at =
        view.ledger.bucket().now().await.map_err(|error| Failure::from_read("asking for the time", error))?;
    let local_at = view.clock.now();
    Ok(Snapshot {
        taken_at,
        began_at: taken_at - (local_at - began).max(chrono::TimeDelta::zero()),
        local_at,
        named_at,
        genesis,
        head,
        heard,
        upstream: before
            .into_iter()
            .filter_map(|name| Some((name.clone(), heads.get(name)?.clone())))
            .collect(),
        candidate,
        targets,
        newer,
        relocated,
        needs,
        files,
        there,
        obstructed,
        changes,
        stays,
        adopted,
        descent,
        votes,
        checks,
        standstill,
        gates,
        capabilities,
        untold_tags: BTreeSet::new(),
    })
}

/// A promotion that is finished writes the very names that it was begun with, whatever the time is now; and what is
/// undone is what was written.
async fn names_as_begun(
    view: &ReadPorts,
    environment: &Environment,
    request: &Request,
    candidate: &crate::snapshot::Candidate,
    state: Option<&State>,
    places: &mut BTreeMap<String, crate::location::Location>,
) -> Result<(), Failure> {
    let open = state.and_then(|state| state.open.as_ref());
    let same = |open: &&crate::ledger::OpenIntent| {
        open.environment == environment.name && open.release.commit == candidate.manifest.commit
    };
    let undone = state.filter(|state| state.open.is_none()).and_then(State::undoable);
    if request.action == Action::Rollback
        && undone.is_some_and(|release| release.commit == candidate.manifest.commit)
    {
        for target in state.iter().flat_map(|state| &state.current).flat_map(|current| &current.targets) {
            let name = target.artifact.as_ref().map_or("main", |name| name.as_str());
            if let Some(place) = places.get_mut(name) {
                place.clone_from(&target.target);
            }
        }
        return Ok(());
    }
    let Some(open) = open.filter(|_| request.take_over.is_wanted()).filter(same) else { return Ok(()) };
    if !environment.artifacts.iter().filter_map(|artifact| artifact.target.as_ref()).any(targets::moves) {
        return Ok(());
    }
    let head =
        view.ledger.record(&environment.lane, open.since.seq).await.map_err(LedgerError::read_failure)?;
    for target in
        head.iter().filter_map(|head| head.record.intent.as_ref()).flat_map(|intent| &intent.targets)
    {
        if let Some(place) = places.get_mut(target.name()) {
            place.clone_from(&target.target);
        }
    }
    Ok(())
}

fn differs<'s>(
    environment: &Environment,
    state: Option<&State>,
    targets: impl Iterator<Item = (&'s String, &'s Seen)>,
) -> bool {
    let empty = State::default();
    let state = state.unwrap_or(&empty);
    let unmoved = |name: &str| environment.artifacts.iter().any(|one| one.name() == name && one.is_unmoved());
    let mut moved = targets.filter(|(artifact, _)| !unmoved(artifact));
    moved.any(|(artifact, seen)| crate::rule::drift(state, artifact, seen).is_some())
}

/// What the stores of the targets honour: by their nature, else as the genesis or a later probe says.
async fn capabilities(
    view: &ReadPorts,
    genesis: &Genesis,
    targets: &BTreeMap<String, Seen>,
) -> Result<BTreeMap<crate::location::StoreId, Capabilities>, Failure> {
    let mut found = BTreeMap::new();
    let mut unknown = Vec::new();
    for seen in targets.values() {
        let id = &seen.location.store;
        let by_nature = view.store(id)?.capabilities();
        if by_nature.known() {
            found.insert(id.clone(), by_nature);
        } else if let Some(probed) = genesis.capabilities(id) {
            found.insert(id.clone(), probed.clone());
        } else {
            unknown.push(id);
        }
    }
    let reads = unknown.into_iter().map(|id| async move { (id, view.ledger.probed(id).await) });
    for (id, probed) in join_all(reads).await {
        if let Some(probed) = probed.map_err(LedgerError::read_failure)? {
            found.insert(id.clone(), probed.capabilities);
        }
    }
    Ok(found)
}
