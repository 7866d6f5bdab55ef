//! Which execution carries what we wrote. Services tell of a write at least once and sometimes late, so there may be
//! none yet, one, or several for the same version.

use crate::location::{Key, Location, StoreId};
use crate::port::pipeline::{Declaration, Execution, ExecutionStatus, Revision, Source, Watched};
use crate::port::{StepTarget, VersionId};
use chrono::{DateTime, TimeDelta, Utc};

/// By how much the vendor's clock may be behind the one that dated our commit.
const SLACK: TimeDelta = TimeDelta::seconds(300);

/// A revision by which an execution is known to be ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The source action that took it; `None` where the declaration could not be read.
    pub action: Option<String>,
    /// The version that was written, in a store that keeps versions.
    pub version: Option<VersionId>,
    /// The ETag of the write, without quotes.
    pub tag: String,
    /// The beginning of the line that we put into the object for the pipeline to show.
    pub line: String,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// The object's own key, where the action watches another one: a release's source, which nothing moves. The same
    /// version comes again with every promotion of that release.
    pub key: Option<Key>,
}

/// Two places that should be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// What the pipeline's source actions watch: the action and the place.
    pub watched: Vec<(String, String)>,
    /// What was written.
    pub written: Vec<String>,
}

/// What to look for in the executions of a pipeline that is declared so; without a declaration, any one of the
/// targets will do.
///
/// # Errors
/// When the pipeline is known to watch none of the targets, so that no write of ours ever starts it.
pub fn wanted(
    declared: Option<&Declaration>,
    targets: &[StepTarget],
    start: bool,
) -> Result<Vec<Wanted>, Places> {
    let Some(declared) = declared else {
        return Ok(targets.iter().map(|target| of(target, None)).collect());
    };
    let taken = |source: &Source| {
        if let Some(target) = targets.iter().find(|target| watches(&source.watches, &target.location)) {
            return Some(of(target, Some(source.action.clone())));
        }
        let beside =
            |target: &&StepTarget| start && source.any_key && near(&source.watches, &target.location);
        let target = targets.iter().find(beside)?;
        Some(Wanted { key: Some(target.location.key.clone()), ..of(target, Some(source.action.clone())) })
    };
    let found: Vec<Wanted> = declared.sources.iter().filter_map(taken).collect();
    // A key with a variable of the pipeline in it is known only when it runs; an image is known by its digest.
    let images = targets.iter().any(|target| matches!(target.location.store, StoreId::Image(_)));
    let open = declared.sources.iter().any(|source| match &source.watches {
        Watched::Object { bucket, key } => key.contains("#{") || bucket.contains("#{"),
        Watched::Other(_) => images,
    });
    match (found.is_empty(), open) {
        (false, _) => Ok(found),
        (true, true) => Ok(targets.iter().map(|target| of(target, None)).collect()),
        (true, false) => Err(differs(declared, targets.iter().map(|target| target.location.to_string()))),
    }
}

/// What the pipeline watches beside what is written, for people.
pub fn differs(declared: &Declaration, written: impl Iterator<Item = String>) -> Places {
    let place = |watched: &Watched| match watched {
        Watched::Object { bucket, key } => format!("s3://{bucket}/{key}"),
        Watched::Other(what) => what.clone(),
    };
    Places {
        watched: declared
            .sources
            .iter()
            .map(|source| (source.action.clone(), place(&source.watches)))
            .collect(),
        written: written.collect(),
    }
}

fn of(target: &StepTarget, action: Option<String>) -> Wanted {
    Wanted {
        action,
        version: target.version.clone(),
        tag: target.token.0.trim_matches('"').to_owned(),
        line: format!("{} ", target.commit.short(7)),
        at: target.committed_at,
        key: None,
    }
}

/// From when on an execution can carry one of these.
pub(super) fn since(wanted: &[Wanted]) -> Option<DateTime<Utc>> {
    wanted.iter().map(|wanted| wanted.at - SLACK).min()
}

/// Whether a source action watches another object of the same bucket.
pub fn near(watched: &Watched, place: &Location) -> bool {
    matches!((watched, &place.store), (Watched::Object { bucket, .. }, StoreId::S3(name)) if bucket == name)
}

/// Whether a source action watches this place.
pub fn watches(watched: &Watched, place: &Location) -> bool {
    match (watched, &place.store) {
        (Watched::Object { bucket, key }, StoreId::S3(name)) => bucket == name && key == place.key.as_str(),
        _ => false,
    }
}

/// Whether a revision is the wanted one. A version id names one write. An ETag or a line may come again with another
/// write, so these count only for executions that began after ours, and only where no version is known or the
/// pipeline shows none.
fn matches(wanted: &Wanted, revision: &Revision, execution: &Execution) -> bool {
    if wanted.action.as_ref().is_some_and(|action| *action != revision.action) {
        return false;
    }
    let id = revision.id.as_deref().unwrap_or_default();
    let version = wanted.version.as_ref().map(|version| version.0.as_str());
    let after = execution.started_at.is_none_or(|started| started >= wanted.at - SLACK);
    if version.is_some_and(|version| version == id) {
        // Of an object that stays as it is, the version says nothing of the moment: without the slack, an execution
        // that looks too old is at worst started again with the token of the first start, which starts nothing.
        return wanted.key.is_none() || execution.started_at.is_none_or(|started| started >= wanted.at);
    }
    let summary = revision.summary.as_deref().unwrap_or_default();
    let named = version.is_some_and(|version| version.len() > 8 && summary.contains(version));
    let tagged = !wanted.tag.is_empty() && id.trim_matches('"') == wanted.tag;
    let lined = id.is_empty() && version.is_none() && summary.starts_with(&wanted.line);
    after && (tagged || lined || (id.is_empty() && named))
}

/// Whether the execution took all that is wanted of it.
pub(super) fn carries(execution: &Execution, wanted: &[Wanted]) -> bool {
    let taken = |one: &Wanted| execution.revisions.iter().any(|revision| matches(one, revision, execution));
    match wanted.iter().all(|one| one.action.is_none()) {
        // Which target belongs to this pipeline is not known.
        true => wanted.iter().any(taken),
        false => wanted.iter().filter(|one| one.action.is_some()).all(taken),
    }
}

/// The execution to go by, among the latest of a pipeline, newest first: one that succeeded, else the newest that still
/// runs, else the newest. `started` is one that we started ourselves, which has no revisions at first.
pub fn ours<'e>(
    executions: &'e [Execution],
    wanted: &[Wanted],
    started: Option<&str>,
) -> Option<&'e Execution> {
    let all = || executions.iter().filter(|one| started == Some(one.id.as_str()) || carries(one, wanted));
    all()
        .find(|one| one.status == ExecutionStatus::Succeeded)
        .or_else(|| all().find(|one| !one.status.is_ended()))
        .or_else(|| all().next())
}

/// The newest execution that began after our write and took another version from the same source action.
pub(super) fn other<'e>(executions: &'e [Execution], wanted: &[Wanted]) -> Option<&'e Execution> {
    executions.iter().find(|execution| {
        wanted.iter().any(|one| {
            let later = execution.started_at.is_some_and(|started| started > one.at);
            let of_it = |revision: &&Revision| {
                one.action.as_ref().is_some_and(|action| *action == revision.action) && revision.id.is_some()
            };
            let mut taken = execution.revisions.iter().filter(of_it);
            later && taken.any(|revision| !matches(one, revision, execution))
        })
    })
}
