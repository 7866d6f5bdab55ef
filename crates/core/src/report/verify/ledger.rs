//! Checking a whole ledger against what names each part of it: in its store or in a copy, by the same code, and in
//! memory that does not grow with it.

use super::approval;
use super::beside::Beside;
use super::check::{ChainCheck, LedgerCheck};
use super::evidence;
use super::findings::Findings;
use super::lane::Listed;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::genesis::Probed;
use crate::ledger::layout::Thing;
use crate::ledger::named::{Named, NamedThing, Verdict};
use crate::ledger::{Genesis, LedgerReader, Standstill, genesis, key, manifest};
use crate::location::Key;
use crate::names::{LaneName, escape};
use crate::port::{ErrorKind, Object, ProviderError};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

/// How many objects a page has.
const PAGE: usize = 1000;

/// How many documents are asked for at once: each may have 256 KiB.
const IN_FLIGHT: usize = 16;

/// How many names of manifests and words are kept at once. Of a ledger with more, the records are read again.
const MOST_NAMES: usize = 200_000;

/// What a check of a whole ledger found.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedLedger {
    /// The project that the ledger is for.
    pub project: String,
    /// The chains, lane by lane.
    pub chains: Vec<ChainCheck>,
    /// All else.
    pub ledger: LedgerCheck,
}

impl CheckedLedger {
    /// Whether nothing is wrong.
    pub fn intact(&self) -> bool {
        self.ledger.intact && self.chains.iter().all(|chain| chain.intact)
    }
}

/// Checks everything that a ledger holds. `lanes` are told even when they have no record.
///
/// # Errors
/// `Missing` when there is no ledger, `Failed` when its genesis is none, or what the store answered. Anything else that
/// is not what it should be is a finding.
pub async fn check_ledger(reader: &LedgerReader, lanes: &[LaneName]) -> Result<CheckedLedger, Failure> {
    Box::pin(check_ledger_in_parts(reader, lanes, MOST_NAMES)).await
}

/// The same, keeping at most `most` names at once.
///
/// # Errors
/// As [`check_ledger`].
pub async fn check_ledger_in_parts(
    reader: &LedgerReader,
    lanes: &[LaneName],
    most: usize,
) -> Result<CheckedLedger, Failure> {
    let Some((genesis, id)) = reader.genesis().await.map_err(|error| error.beginning(reader))? else {
        let message = format!("no ledger in {} below `{}`", reader.bucket(), reader.root());
        return Err(Failure::new(ExitStatus::Missing, message));
    };
    let mut walk = LedgerWalk {
        reader,
        genesis: (&genesis, id),
        names: Named::new([0; 20], most),
        first: true,
        lane: None,
        beside: None,
        chains: Vec::new(),
        standstill: None,
        found: Findings::default(),
    };
    walk.pass().await?;
    walk.hollow().await?;
    while let Some(from) = walk.names.rest() {
        walk.first = false;
        walk.names = Named::new(from, most);
        walk.pass().await?;
    }
    let LedgerWalk { mut chains, found, .. } = walk;
    let silent = lanes.iter().filter(|lane| !chains.iter().any(|chain| chain.lane == lane.as_str()));
    let silent: Vec<_> = silent.map(|lane| Listed::new(lane.clone()).empty()).collect();
    chains.extend(silent);
    let place = |chain: &ChainCheck| lanes.iter().position(|lane| lane.as_str() == chain.lane);
    chains.sort_by_key(|chain| (place(chain).unwrap_or(usize::MAX), chain.lane.clone()));
    Ok(CheckedLedger { project: genesis.project.to_string(), chains, ledger: found.check() })
}

/// Goes through everything below the root in the order of the listing: the lanes come before the releases, so that
/// what records name is known when it is met.
struct LedgerWalk<'a> {
    reader: &'a LedgerReader,
    genesis: (&'a Genesis, Digest),
    names: Named,
    /// Whether this is the first pass; later ones only look after names that did not fit into it.
    first: bool,
    lane: Option<Listed>,
    beside: Option<Beside>,
    chains: Vec<ChainCheck>,
    /// The entry about all environments that was met last, and the digest that it names.
    standstill: Option<(u32, Option<Digest>)>,
    found: Findings,
}

impl LedgerWalk<'_> {
    async fn pass(&mut self) -> Result<(), Failure> {
        let prefix = format!("{}/", self.reader.root());
        let bucket = self.reader.bucket();
        let failed = |error| Failure::from_read("listing the ledger", error);
        let mut after: Option<Key> = None;
        loop {
            let page = bucket.list(&prefix, after.as_ref(), PAGE).await.map_err(failed)?;
            if self.first {
                self.found.check.objects += page.objects.len() as u64;
            }
            self.page(&page.objects).await?;
            let last = page.objects.last().map(|object| object.key.clone());
            if !page.more {
                break;
            }
            if last.is_none() || last == after {
                let message = "a page that leads nowhere says that more follow";
                return Err(failed(ProviderError::new(ErrorKind::Corrupt, bucket, &prefix, message)));
            }
            after = last;
        }
        self.fold().await?;
        self.leave();
        if let Some((number, Some(_))) = self.standstill.take() {
            self.found.fault(format!("the freeze of everything that {number} follows is missing"));
        }
        for commit in self.names.torn() {
            let short = commit.short(12);
            self.found.fault(format!("records contradict one another on what the ledger says of {short}"));
        }
        for (commit, nonce) in self.names.changed() {
            let short = commit.short(12);
            self.found.fault(format!(
                "the approval {nonce:032x} of {short} was changed: a record names another one"
            ));
        }
        for (commit, what) in self.names.unmet() {
            let short = commit.get(..12).unwrap_or(&commit);
            self.found.fault(match what {
                NamedThing::Manifest | NamedThing::Artifacts => {
                    format!("the manifest of {short} is missing, which records name")
                }
                NamedThing::Word(word, number) => {
                    format!("`{}` of {short} is missing, which records name", word.rest(number))
                }
                NamedThing::Approval(nonce) => {
                    format!("the approval {nonce:032x} of {short} is missing, which records name")
                }
                NamedThing::Evidence(nonce) => {
                    format!("the evidence {nonce:032x} of {short} is missing, which records name")
                }
            });
        }
        Ok(())
    }

    /// Folders without anything in them, each in the place of something that belongs to a ledger: where a store keeps its
    /// objects in folders, what lay there is gone, and nobody can write there again.
    async fn hollow(&mut self) -> Result<(), Failure> {
        let (root, bucket) = (self.reader.root(), self.reader.bucket());
        let found = bucket.empty_folders(&format!("{root}/"), PAGE).await;
        let found = found.map_err(|error| Failure::from_read("listing the ledger", error))?;
        let ends = |key: &Key| {
            let text = key.as_str();
            let slashes = text.match_indices('/').map(|(at, _)| at);
            slashes.chain([text.len()]).filter_map(|end| text.get(..end)?.parse::<Key>().ok()).collect()
        };
        for key in found {
            let within: Vec<Key> = ends(&key);
            let place = within
                .into_iter()
                .find(|key| !matches!(Thing::of(root, key), Thing::Foreign | Thing::Scratch | Thing::Alive));
            if let Some(place) = place {
                let shown = escape(place.as_str());
                self.found.fault(format!("`{shown}` is a folder, in the place of an object of the ledger"));
            }
        }
        Ok(())
    }

    async fn page(&mut self, objects: &[Object]) -> Result<(), Failure> {
        let root = self.reader.root();
        let mut documents: Vec<(Thing, &Object)> = Vec::new();
        for object in objects {
            match Thing::of(root, &object.key) {
                Thing::Record { lane, seq } => {
                    if self.lane.as_ref().is_none_or(|listed| *listed.lane() != lane) {
                        self.fold().await?;
                        self.lane = Some(Listed::new(lane));
                    }
                    if let Some(listed) = &mut self.lane {
                        listed.take(seq);
                    }
                }
                Thing::Foreign if self.first => {
                    let rest = object.key.as_str().get(root.as_str().len() + 1..).unwrap_or_default();
                    self.found.fault(format!("`{}` is nothing that belongs in a ledger", escape(rest)));
                }
                // Nothing follows from what a sign of life says, or from what was told to others.
                Thing::Foreign | Thing::Genesis | Thing::Scratch | Thing::Alive | Thing::Told => {}
                thing => documents.push((thing, object)),
            }
        }
        // Approvals lie right before the records of their lane, which may go on with the next page.
        if documents.iter().any(|(thing, _)| !matches!(thing, Thing::Approval { .. })) {
            self.fold().await?;
        }
        if documents.is_empty() { Ok(()) } else { self.documents(documents).await }
    }

    /// Reads the records of the lane that was listed, oldest first.
    async fn fold(&mut self) -> Result<(), Failure> {
        let Some(listed) = self.lane.take() else { return Ok(()) };
        let chain = listed.fold(self.reader, self.genesis, self.first, &mut self.names).await?;
        if self.first {
            self.chains.push(chain);
        }
        Ok(())
    }

    /// Reads what is no record, in order.
    async fn documents(&mut self, documents: Vec<(Thing, &Object)>) -> Result<(), Failure> {
        let reader = self.reader;
        let wanted: Vec<(Thing, &Object)> = documents
            .into_iter()
            .filter(|(thing, _)| match thing {
                Thing::Manifest(commit)
                | Thing::Seen(commit)
                | Thing::Gone(commit)
                | Thing::Approval { commit, .. }
                | Thing::Evidence { commit, .. }
                | Thing::Word { commit, .. } => self.names.covers(commit),
                _ => self.first,
            })
            .collect();
        let limit = manifest::LIMIT.max(genesis::LIMIT);
        let reads = wanted.into_iter().map(|(thing, object)| async move {
            (thing, object, reader.bucket().get_with_metadata(&object.key, limit).await)
        });
        // As a list: a closure over references, kept in a stream, is never known to be `Send`.
        let mut reads = stream::iter(reads.collect::<Vec<_>>()).buffered(IN_FLIGHT);
        while let Some((thing, object, read)) = reads.next().await {
            let bytes = match read {
                Ok(Some((_, bytes))) => bytes,
                Ok(None) => {
                    self.found.fault(format!("`{}` is listed and can't be found", object.key));
                    continue;
                }
                Err(error) if error.is_finding() => {
                    self.found.fault(format!("`{}` can't be read: {error}", object.key));
                    continue;
                }
                Err(error) => return Err(Failure::from_read("reading the ledger", error)),
            };
            self.document(thing, object, &bytes);
        }
        Ok(())
    }

    fn document(&mut self, thing: Thing, object: &Object, bytes: &Bytes) {
        let commit = match &thing {
            Thing::Manifest(commit)
            | Thing::Seen(commit)
            | Thing::Gone(commit)
            | Thing::Word { commit, .. } => commit.clone(),
            Thing::Approval { commit, nonce, lane } => {
                self.names.approved(commit, nonce, Digest::of(bytes));
                if let Some(why) = approval::fault(self.genesis.0, (lane, commit, nonce), bytes) {
                    let short = commit.short(12);
                    self.found.fault(format!("the approval {nonce} of {short} in {lane} {why}"));
                }
                return;
            }
            Thing::Evidence { commit, name, nonce } => {
                let changed = NamedThing::evidence(nonce)
                    .is_some_and(|what| self.names.meet(commit, what, Digest::of(bytes)) == Verdict::Changed);
                let fault = match evidence::fault(self.genesis.0, (commit, name, nonce), bytes) {
                    None if changed => Some("was changed: a record names another one".to_owned()),
                    fault => fault,
                };
                if let Some(why) = fault {
                    let short = commit.short(12);
                    self.found.fault(format!("the evidence {nonce} (`{name}`) of {short} {why}"));
                }
                return;
            }
            Thing::Standstill(number) => {
                let said = Standstill::from_bytes(bytes).and_then(|said| {
                    let here = said.number == *number && said.ledger == self.genesis.0.ledger;
                    if here { Ok(said) } else { Err("it was written for another place".to_owned()) }
                });
                let prev = said.as_ref().ok().and_then(|said| said.prev);
                if let Err(why) = said {
                    self.found.fault(format!("the freeze of everything {number} can't be read: {why}"));
                }
                // They are met newest first, so each is compared with what the one after it names.
                let named = self.standstill.replace((*number, prev));
                if let Some((after, Some(digest))) = named
                    && digest != Digest::of(bytes)
                {
                    self.found.fault(format!(
                        "the freeze of everything {number} is not the one that {after} follows"
                    ));
                }
                return;
            }
            Thing::Probe => {
                let probed: Option<Probed> = serde_json::from_slice(bytes).ok();
                let place = probed.and_then(|probed| key::probe(self.reader.root(), &probed.store).ok());
                if place.as_ref() != Some(&object.key) {
                    self.found.fault(format!("`{}` is not what a probe found of that store", object.key));
                }
                return;
            }
            _ => return,
        };
        if self.beside.as_ref().is_none_or(|beside| *beside.commit() != commit) {
            self.leave();
        }
        let beside = self.beside.get_or_insert_with(|| Beside::new(commit));
        beside.take(&thing, bytes, &mut self.names, &mut self.found);
    }

    /// Everything about a release was seen.
    fn leave(&mut self) {
        if let Some(beside) = self.beside.take() {
            beside.close(&mut self.found);
        }
    }
}
