//! Whether everything of a release that is published still lies where it was put: told by what the stores say wherever
//! that is enough, else by the bytes, which are read once.

use super::release::source;
use super::{ROUNDS, published, sources};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder::source::{Part, objects};
use crate::ledger::{Genesis, Identity, Manifest};
use crate::ports::ReadPorts;
use crate::snapshot::{Candidate, Findings, Opened, SourceFolder};
use futures_util::future::try_join_all;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What became of one artifact of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lies {
    /// It lies there as it was published. What lies beside it and was not published, one sentence each.
    There(Vec<String>),
    /// It is not there, or not all of it; one sentence each.
    Missing(Vec<String>),
    /// Something else lies there; one sentence each.
    Other(Vec<String>),
}

/// Looks at every artifact of a release, by the name of its entry in the manifest. `last`: the number of the last entry
/// about what was found out by reading them. Answers what was found out now, too.
///
/// # Errors
/// When they change again and again, or what a store answered.
pub(crate) async fn lying(
    view: &ReadPorts,
    genesis: &Genesis,
    manifest: &Manifest,
    last: u32,
) -> Result<(BTreeMap<String, Lies>, Findings), Failure> {
    let (mut read, mut of_folders) = (Vec::new(), published::Read::new());
    let capabilities = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut candidate = look(view, manifest, last).await?;
        let mut files = folders(view, &candidate).await?;
        let unread = sources::settle(view, (genesis, &capabilities), &mut candidate, &read).await?;
        let known = (genesis, &capabilities);
        let unread_files = published::settle(view, known, &mut candidate, &mut files, &of_folders).await?;
        if unread.is_empty() && unread_files.is_empty() {
            let artifacts = candidate.sources.keys();
            let judged = artifacts.map(|entry| (entry.clone(), judge(&candidate, files.get(entry), entry)));
            return Ok((judged.collect(), candidate.findings));
        }
        read.extend(Box::pin(sources::read(view, unread)).await?);
        Box::pin(published::read(view, unread_files, &mut of_folders)).await?;
    }
    let short = manifest.commit.short(12);
    Err(Failure::new(
        ExitStatus::Conflict,
        format!("the artifacts of {short} are changing while they are read"),
    )
    .state("Nothing was changed.")
    .hint("find out who writes there, then run the same command again"))
}

/// The release with its artifacts as they lie.
async fn look(view: &ReadPorts, manifest: &Manifest, last: u32) -> Result<Candidate, Failure> {
    let looks = manifest.artifacts.iter().map(|(entry, built)| async move {
        let whole = built.folder.is_some();
        source(view, built, whole).await.map(|found| (entry.clone(), found))
    });
    let (mut sources, mut folders) = (BTreeMap::new(), BTreeMap::new());
    for (entry, (object, opened)) in try_join_all(looks).await? {
        folders.extend(opened.map(|opened| (entry.clone(), opened)));
        sources.insert(entry, object);
    }
    Ok(Candidate {
        manifest: manifest.clone(),
        blocked: None,
        doomed: None,
        on_branch: None,
        tags: Vec::new(),
        read: BTreeMap::new(),
        sources,
        folders,
        identities: BTreeMap::new(),
        findings: Findings { last, ..Findings::default() },
        evidence: BTreeMap::new(),
    })
}

/// Its folders whose manifests are the published ones, with what the store says of every file.
async fn folders(view: &ReadPorts, candidate: &Candidate) -> Result<BTreeMap<String, SourceFolder>, Failure> {
    let artifacts = &candidate.manifest.artifacts;
    let right = candidate.folders.iter().filter_map(|(entry, opened)| {
        let built = artifacts.get(entry)?;
        (opened.manifest.identity() == built.sha256).then_some((entry, &built.location, opened))
    });
    let looks = right.map(|(entry, location, Opened { manifest, listed })| async move {
        let objects = match listed {
            Some(listed) => Arc::clone(listed),
            None => {
                let store = view.store(&location.store)?;
                let found = objects(&**store, location, manifest, &Part::Whole).await;
                Arc::new(found.map_err(|error| Failure::of_place(&format!("listing `{location}`"), error))?)
            }
        };
        let folder = SourceFolder {
            entry: entry.clone(),
            location: location.clone(),
            stored: Arc::clone(manifest),
            manifest: Arc::new(manifest.source()),
            part: Part::Whole,
            objects,
            looked: None,
        };
        Ok::<_, Failure>((entry.clone(), folder))
    });
    Ok(try_join_all(looks).await?.into_iter().collect())
}

fn judge(candidate: &Candidate, folder: Option<&SourceFolder>, entry: &str) -> Lies {
    let Some(built) = candidate.manifest.artifacts.get(entry) else { return Lies::There(Vec::new()) };
    let (place, wanted) = (&built.location, &built.sha256);
    let Some(object) = candidate.sources.get(entry).and_then(Option::as_ref) else {
        return Lies::Missing(vec![format!("`{place}` is not there")]);
    };
    if let Some(Identity::Other(found)) = candidate.identities.get(entry) {
        let holds = match found {
            Some(digest) => digest.to_string(),
            None if built.folder.is_some() => "no folder's manifest".to_owned(),
            None => format!("{} bytes instead of {}", object.size, built.size),
        };
        return Lies::Other(vec![format!("`{place}` contains {holds}; it was published as {wanted}")]);
    }
    let Some(looked) = folder.and_then(|folder| folder.looked.as_ref()) else {
        return Lies::There(Vec::new());
    };
    let told = looked.faults.told(place);
    match (looked.faults.changed.is_empty(), looked.faults.missing.is_empty()) {
        (false, _) => Lies::Other(told),
        (true, false) => Lies::Missing(told),
        (true, true) => Lies::There(told),
    }
}
