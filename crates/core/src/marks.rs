//! What people say about environments and releases without moving anything: freeze, hold, block, adopt.

mod busy;
mod known;
mod project;

pub use project::{ProjectMark, say_of_all, says_frozen};

use crate::apply::{Writer, append_after};
use crate::commit::CommitId;
use crate::config::{ArtifactKind, Config, Environment};
use crate::deploying::Deploying;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder;
use crate::lease;
use crate::ledger::{
    AppendError, Block, Freeze, Genesis, Head, Kind, LedgerError, Manifest, Observe, ReleaseRef, State,
    TargetState, Word, not_taken,
};
use crate::observe::{environment, genesis_to_write, seen};
use crate::pointer::{self, Pointer};
use crate::port::Object;
use crate::ports::{Ports, ReadPorts};
use crate::reason;
use crate::request::Request;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use std::collections::BTreeMap;

/// What to say about an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentMark {
    /// It takes nothing, until then.
    Freeze(Option<DateTime<Utc>>),
    /// The freeze is lifted.
    Unfreeze,
    /// Automation leaves it alone.
    Hold,
    /// The hold is lifted.
    Unhold,
}

/// Writes it into the ledger. `None` when it is so already.
///
/// # Errors
/// When it has no reason and needs one, a promotion is open, or the ledger does not take the record.
pub async fn say(
    ports: &Ports,
    config: &Config,
    request: &Request,
    mark: &EnvironmentMark,
) -> Result<Option<Head>, Failure> {
    let settings = environment(config, &request.environment)?;
    let request = &reasoned(request, mark)?;
    let genesis = genesis_to_write(&ports.view(), config).await?;
    let head = ports.ledger.reader().head(&settings.lane).await.map_err(LedgerError::read_failure)?;
    let state = head.as_ref().map(|head| head.state().clone()).unwrap_or_default();
    let kind = match mark {
        EnvironmentMark::Freeze(_) => Kind::Freeze,
        EnvironmentMark::Unfreeze if state.frozen.is_none() => return Ok(None),
        EnvironmentMark::Unfreeze => Kind::Unfreeze,
        EnvironmentMark::Hold if state.held.is_some() => return Ok(None),
        EnvironmentMark::Hold => Kind::Hold,
        EnvironmentMark::Unhold if state.held.is_none() => return Ok(None),
        EnvironmentMark::Unhold => Kind::Unhold,
    };
    busy::free(&ports.view(), config, settings, head.as_ref()).await?;
    let writer = Writer::new(ports, &genesis, settings, request);
    append_after(
        &writer,
        &settings.lane,
        head,
        kind,
        |head| busy::idle(settings, head),
        |record| {
            if let EnvironmentMark::Freeze(until) = mark {
                let lane = config.lanes.iter().find(|lane| lane.name == settings.lane);
                let all = lane.map(|lane| lane.environments.as_slice()).filter(|all| all.len() > 1);
                record.freeze =
                    Some(Freeze { until: *until, environments: all.unwrap_or_default().to_vec() });
            }
        },
    )
    .await
    .map(Some)
}

/// The request with the reason that the mark needs: what stops an environment needs one, what lifts that may have one.
fn reasoned(request: &Request, mark: &EnvironmentMark) -> Result<Request, Failure> {
    let given = request.reason.as_deref();
    let reason = match mark {
        EnvironmentMark::Freeze(_) => Some(reason::needed(given, "a freeze")?),
        EnvironmentMark::Hold => Some(reason::needed(given, "a hold")?),
        EnvironmentMark::Unfreeze | EnvironmentMark::Unhold => reason::allowed(given)?,
    };
    Ok(Request { reason, ..request.clone() })
}

/// Refuses to take what is there for what it is while it is being deployed: how that ends says nothing of it then.
async fn deployed(
    ports: &Ports,
    config: &Config,
    settings: &Environment,
    head: Option<&Head>,
) -> Result<(), Failure> {
    let Some(head) = head else { return Ok(()) };
    let word = lease::word(&ports.view(), head).await?;
    let deploying = word.and_then(|word| Deploying::of(config, head, &word));
    let Some(deploying) = deploying else { return Ok(()) };
    let name = &settings.name;
    let bucket = ports.ledger.bucket();
    let now = bucket.now().await.map_err(|error| Failure::from_read("asking for the time", error))?;
    if now >= deploying.until {
        return Ok(());
    }
    Err(Failure::new(ExitStatus::Conflict, deploying.words(now)).state("Nothing was recorded.").hint(format!(
        "wait for its end (`promote status {name}`); `promote resume {name}` goes on when its process is gone"
    )))
}

/// Blocks a release, or lifts its block. `false` when it is so already.
///
/// # Errors
/// When a block has no reason, the release was never published, or the ledger does not take it.
pub async fn block(
    ports: &Ports,
    config: &Config,
    commit: &CommitId,
    block: bool,
    request: &Request,
) -> Result<bool, Failure> {
    let given = request.reason.as_deref();
    let reason = if block { Some(reason::needed(given, "a block")?) } else { reason::allowed(given)? }
        .unwrap_or_default();
    genesis_to_write(&ports.view(), config).await?;
    let reader = ports.ledger.reader();
    for _ in 0..16 {
        let entry = reader.release(commit).await.map_err(LedgerError::read_failure)?;
        if entry.published.is_none() {
            return Err(Failure::new(
                ExitStatus::Missing,
                format!("release `{}` was never published", commit.short(12)),
            ));
        }
        if entry.blocked() == block && !(block && entry.unread.contains(&Word::Block)) {
            return Ok(false);
        }
        let said = Block { reason: reason.clone(), by: request.actor.name.clone(), at: ports.clock.now() };
        match ports.ledger.say(commit, Word::Block, entry.block + 1, &said).await {
            // Where the last entry could not be read, the first one after it blocks, and the next one lifts that.
            Ok(()) if (entry.block + 1) % 2 != u32::from(block) => {}
            Ok(()) => return Ok(true),
            // Somebody else said something about it in the same moment: look again.
            Err(AppendError::Lost { .. }) => {}
            Err(AppendError::Refused { source, .. }) => {
                return Err(not_taken("writing the ledger", source));
            }
            Err(error) => {
                return Err(Failure::new(ExitStatus::Unfinished, "whether the ledger took it is not known")
                    .hint(format!("`promote show {}` tells", commit.short(12)))
                    .caused_by(error));
            }
        }
    }
    Err(Failure::new(ExitStatus::Conflict, "others block and unblock this release all the time"))
}

/// What `adopt` recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    /// The record; `None` when there was nothing to adopt, since what is there is what is recorded.
    pub head: Option<Head>,
    /// The release that the targets hold, when it is known.
    pub release: Option<ReleaseRef>,
}

/// What an environment's targets hold, for whoever may adopt it.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// The targets, each with the digest of what it holds.
    pub targets: Vec<TargetState>,
    /// The release that they hold, when it is known.
    pub release: Option<ReleaseRef>,
    /// Whether that is what is recorded, so that there is nothing to adopt.
    pub recorded: bool,
    known: Option<Manifest>,
    genesis: (Genesis, crate::digest::Digest),
    head: Option<Head>,
}

/// Looks at what the targets of an environment hold now. `manifest`: the release that the caller takes it for; it is
/// checked. Without one, the release is found by the bytes.
///
/// # Errors
/// `Conflict` when the targets hold other bytes than that release; `Missing` when there is nothing to adopt.
pub async fn holding(
    view: &ReadPorts,
    config: &Config,
    name: &crate::names::EnvironmentName,
    manifest: Option<Manifest>,
) -> Result<Holding, Failure> {
    let settings = environment(config, name)?;
    let genesis = crate::observe::genesis(view, config).await?;
    // The head first, and the record only right after it: what was seen would be stale on any later one.
    let head = view.ledger.head(&settings.lane).await.map_err(LedgerError::read_failure)?;
    busy::free(view, config, settings, head.as_ref()).await?;
    let targets = seen(view, config, settings, head.as_ref().map(Head::state)).await?;
    let mut states = Vec::new();
    let mut stamp = None;
    for artifact in &settings.artifacts {
        let name = artifact.name.as_ref().map_or("main", |name| name.as_str());
        let Some(found) = targets.get(name) else { continue };
        let Some(object) = &found.object else {
            return Err(Failure::new(
                ExitStatus::Missing,
                format!("`{}` does not exist: nothing to adopt", found.location),
            ));
        };
        stamp = stamp
            .or_else(|| object.metadata.get("promote-commit").and_then(|text| text.parse::<CommitId>().ok()));
        let sha256 = match object.sha256 {
            Some(digest) if artifact.kind != ArtifactKind::Folder => digest,
            _ if artifact.kind == ArtifactKind::Folder => folder(view, &found.location).await?,
            _ => content(view, &found.location, object).await?,
        };
        states.push(TargetState {
            artifact: artifact.name.clone(),
            target: found.location.clone(),
            token: object.token.clone(),
            version: object.version.clone(),
            sha256: Some(sha256),
            size: object.size,
        });
    }
    if states.is_empty() {
        return Err(Failure::new(
            ExitStatus::Missing,
            format!("{} has no target that could be adopted", settings.name),
        ));
    }
    let held = known::TargetContents { settings, targets: &states, stamp };
    let empty = State::default();
    let here = head.as_ref().map_or(&empty, Head::state);
    let known = match manifest {
        Some(manifest) if held.is(&manifest) => Some(manifest),
        Some(manifest) => {
            let found = states.iter().filter_map(|state| state.sha256).map(|digest| digest.to_string());
            return Err(Failure::new(
                ExitStatus::Conflict,
                format!("{} does not hold release {}", settings.name, manifest.commit.short(12)),
            )
            .state(format!("It holds {}.", found.collect::<Vec<_>>().join(", ")))
            .state("Nothing was recorded."));
        }
        None => held.release(view, here).await?,
    };
    let release = known.as_ref().map(Manifest::reference);
    let same = here.current.as_ref().is_some_and(|current| {
        current.release.as_ref().map(|known| &known.commit) == release.as_ref().map(|known| &known.commit)
    });
    let drifts = targets.iter().any(|(artifact, seen)| crate::rule::drift(here, artifact, seen).is_some());
    Ok(Holding { targets: states, release, recorded: same && !drifts, known, genesis, head })
}

/// Records what the targets of an environment hold now, unless that is what is recorded. `manifest`: see [`holding`].
///
/// # Errors
/// As [`holding`]; `Usage` without a reason, `Conflict` besides when somebody else was faster, or retention is about to delete the release.
pub async fn adopt(
    ports: &Ports,
    config: &Config,
    request: &Request,
    manifest: Option<Manifest>,
) -> Result<Adopted, Failure> {
    config.to_write()?;
    let request = &Request {
        reason: Some(reason::needed(request.reason.as_deref(), "an adoption")?),
        ..request.clone()
    };
    let settings = environment(config, &request.environment)?;
    let found = holding(&ports.view(), config, &request.environment, manifest).await?;
    let Holding { targets: states, release, recorded, known, genesis, head } = found;
    deployed(ports, config, settings, head.as_ref()).await?;
    if recorded {
        return Ok(Adopted { head: None, release });
    }
    let base = head.as_ref().map(|head| head.id);
    if let Some(known) = &known {
        kept(ports, &known.commit).await?;
    }
    let allowed = known.map(|known| known.allowed.names()).unwrap_or_default();
    let still = |head: Option<&Head>| {
        if head.map(|head| head.id) == base {
            return Ok(());
        }
        Err(Failure::new(
            ExitStatus::Conflict,
            format!("{} was changed by somebody else meanwhile", settings.name),
        )
        .state("Nothing was recorded.")
        .hint("look at what is there now, and adopt that"))
    };
    let writer = Writer::new(ports, &genesis, settings, request);
    let read = match &release {
        Some(known) => ports.ledger.reader().named(&known.commit).await.map_err(LedgerError::read_failure)?,
        None => BTreeMap::new(),
    };
    let manifest = read.get(crate::ledger::manifest::FILE).copied();
    let release = release.map(|release| ReleaseRef { manifest, ..release });
    let observe = Observe { release: release.clone(), targets: states, read, since: None, allowed };
    let head = append_after(&writer, &settings.lane, head, Kind::Observe, still, |record| {
        record.observe = Some(observe.clone());
    })
    .await?;
    Ok(Adopted { head: Some(head), release })
}

/// Refuses to record as being there what retention is about to delete: nothing could bring it back later.
async fn kept(ports: &Ports, commit: &CommitId) -> Result<(), Failure> {
    let entry = ports.ledger.reader().release(commit).await.map_err(LedgerError::read_failure)?;
    let short = commit.short(12);
    match entry.doomed() && entry.gone.is_none() && !entry.erasing() {
        false => Ok(()),
        true => Err(Failure::new(ExitStatus::Conflict, format!("retention is about to delete {short}"))
            .state("Nothing was recorded.")
            .hint(format!("`promote pin {short} --reason TEXT` keeps it"))),
    }
}

/// The digest of the folder that a target is or names, as a release's manifest would have it.
async fn folder(
    view: &ReadPorts,
    location: &crate::location::Location,
) -> Result<crate::digest::Digest, Failure> {
    let doing = format!("reading `{location}`");
    let store = view.store(&location.store)?;
    let unfit = |what: &str| {
        Failure::new(ExitStatus::Usage, format!("`{location}` {what}")).state("Nothing was recorded.")
    };
    if location.folder().is_some() {
        let found = folder::FolderManifest::read(&**store, location).await;
        let found = found.map_err(|error| Failure::from_read(&doing, error))?;
        let Some((_, manifest)) = found else { return Err(unfit("has no manifest")) };
        let digest = manifest.source().digest();
        let wrong = folder::check(&**store, location, Some(digest), false)
            .await
            .map_err(|error| Failure::from_read(&doing, error))?;
        return match wrong.wrong.iter().chain(&wrong.strays).next() {
            None => Ok(digest),
            Some(what) => Err(unfit("is not what its manifest says").state(format!("{what}."))),
        };
    }
    let found = store.get(&location.key, pointer::LIMIT).await;
    let found = found.map_err(|error| Failure::from_read(&doing, error))?;
    let Some((_, bytes)) = found else { return Err(unfit("holds nothing to adopt")) };
    match Pointer::from_bytes(&bytes) {
        Ok(pointer) => Ok(pointer.sha256),
        Err(_) => Err(unfit("is not a pointer to a folder")),
    }
}

/// The digest of a target whose store vouches for none: by reading the very version that was seen.
async fn content(
    view: &ReadPorts,
    location: &crate::location::Location,
    object: &Object,
) -> Result<crate::digest::Digest, Failure> {
    let doing = format!("reading `{location}`");
    let bucket = view.store(&location.store)?;
    let mut hasher = crate::digest::Hasher::new();
    let mut stream = bucket
        .read(&location.key, object.version.as_ref())
        .await
        .map_err(|error| Failure::from_read(&doing, error))?;
    while let Some(piece) = stream.next().await {
        hasher.update(&piece.map_err(|error| Failure::from_read(&doing, error))?);
    }
    Ok(hasher.finish())
}
