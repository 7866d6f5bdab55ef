//! Whether what lies at the sources is what was published there: told by what the store says wherever that is enough,
//! else by the bytes, which are read once. What was found out is left in the snapshot, to be remembered by whoever may
//! write.

use crate::commit::CommitId;
use crate::content;
use crate::digest::Digest;
use crate::failure::Failure;
use crate::ledger::identity::judge;
use crate::ledger::{BuiltArtifact, Genesis, Identity, LedgerError, Stored};
use crate::location::StoreId;
use crate::port::{Capabilities, Object};
use crate::ports::ReadPorts;
use crate::snapshot::{Candidate, Findings, Opened};
use std::collections::BTreeMap;

/// A source of which only the bytes can tell, or told.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The name of its entry in the manifest.
    entry: String,
    /// As it was published.
    built: BuiltArtifact,
    /// As it was seen.
    object: Object,
}

/// A source that was read: what lay there, and the digest of that.
#[derive(Debug)]
pub(super) struct Read {
    entry: String,
    object: Object,
    digest: Digest,
}

/// Judges every source of a release by what the stores say.
///
/// # Errors
/// What the store answered, when what is remembered of the release is asked for.
pub(crate) async fn judge_sources(
    view: &ReadPorts,
    genesis: &Genesis,
    candidate: &mut Candidate,
) -> Result<(), Failure> {
    settle(view, (genesis, &BTreeMap::new()), candidate, &[]).await.map(drop)
}

/// Judges every source of a release. `capabilities`: what was found out of stores that the genesis does not name;
/// `read`: what was read before. Returns those whose bytes must be read.
///
/// # Errors
/// What the store answered, when what is remembered of the release is asked for.
pub(super) async fn settle(
    view: &ReadPorts,
    (genesis, capabilities): (&Genesis, &BTreeMap<StoreId, Capabilities>),
    candidate: &mut Candidate,
    read: &[Read],
) -> Result<Vec<Source>, Failure> {
    let mut unread = Vec::new();
    for (entry, object) in &candidate.sources {
        let (Some(object), Some(built)) = (object, candidate.manifest.artifacts.get(entry)) else { continue };
        // What a folder's manifest holds is read anyway.
        if built.folder.is_some() {
            let of = |folder: &Opened| folder.manifest.identity();
            let found = candidate.folders.get(entry).map(of);
            let same = found == Some(built.sha256);
            let identity = if same { Identity::Same } else { Identity::Other(found) };
            candidate.identities.insert(entry.clone(), identity);
            continue;
        }
        let tells = tells(view, genesis, capabilities, &built.location.store)?;
        let mut identity = judge(built, [], object, tells);
        if identity == Identity::Unknown {
            remembered(view, &candidate.manifest.commit, &mut candidate.findings).await?;
            identity = judge(built, candidate.findings.before.artifacts.get(entry), object, tells);
        }
        let known = read.iter().rev().find(|read| read.entry == *entry && read.object == *object);
        match known.filter(|_| identity == Identity::Unknown) {
            Some(read) if read.digest == built.sha256 => {
                identity = Identity::Same;
                // What the store's tokens don't tell is not known the next time either.
                if tells || object.version.is_some() {
                    candidate.findings.fresh.artifacts.insert(entry.clone(), Stored::looked_at(object));
                }
            }
            Some(read) => identity = Identity::Other(Some(read.digest)),
            None => {}
        }
        if identity == Identity::Unknown {
            unread.push(Source { entry: entry.clone(), built: built.clone(), object: object.clone() });
        }
        candidate.identities.insert(entry.clone(), identity);
    }
    Ok(unread)
}

/// Whether other bytes have another token in a store, as far as the genesis knows it.
///
/// # Errors
/// When the store was not connected.
pub(crate) fn tokens_tell(view: &ReadPorts, genesis: &Genesis, store: &StoreId) -> Result<bool, Failure> {
    tells(view, genesis, &BTreeMap::new(), store)
}

/// Asks for what is remembered of a release, where anything is and nobody has asked.
///
/// # Errors
/// What the store answered.
pub(crate) async fn remembered_of(view: &ReadPorts, candidate: &mut Candidate) -> Result<(), Failure> {
    remembered(view, &candidate.manifest.commit, &mut candidate.findings).await
}

/// The same for these findings.
///
/// # Errors
/// What the store answered.
pub(super) async fn remembered(
    view: &ReadPorts,
    commit: &CommitId,
    findings: &mut Findings,
) -> Result<(), Failure> {
    if findings.last > 0 && !findings.asked {
        let found = view.ledger.remembered(commit, findings.last).await;
        findings.before = found.map_err(LedgerError::read_failure)?;
    }
    findings.asked = true;
    Ok(())
}

/// Whether other bytes have another token in a store: by its nature, or as was found out of it.
pub(super) fn tells(
    view: &ReadPorts,
    genesis: &Genesis,
    found: &BTreeMap<StoreId, Capabilities>,
    store: &StoreId,
) -> Result<bool, Failure> {
    let by_nature = view.store(store)?.capabilities();
    let probed = found.get(store).or_else(|| genesis.capabilities(store)).filter(|_| !by_nature.known());
    Ok(probed.map_or(by_nature.tokens_tell, |probed| probed.tokens_tell))
}

/// Reads the bytes of sources, one after the other. One that is gone is left out: the next look tells that.
///
/// # Errors
/// When one changes again and again while it is read, or what a store answered.
pub(super) async fn read(view: &ReadPorts, sources: Vec<Source>) -> Result<Vec<Read>, Failure> {
    let mut found = Vec::with_capacity(sources.len());
    for Source { entry, built, object } in sources {
        let store = view.store(&built.location.store)?;
        let read = content::digest(&**store, &built.location, object, &*view.events).await?;
        found.extend(read.map(|(object, digest)| Read { entry, object, digest }));
    }
    Ok(found)
}
