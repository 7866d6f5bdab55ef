//! What the ledger says of one release: its manifest, and the words about it, each of which names the one before.

use super::findings::Findings;
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::ledger::layout::Thing;
use crate::ledger::named::{Named, NamedThing, Verdict, artifacts};
use crate::ledger::remembered::{self, Remembered};
use crate::ledger::{Manifest, StoredEntry, Word, manifest};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The entries of one word so far.
#[derive(Debug, Default)]
struct Entries {
    last: u32,
    digest: Option<Digest>,
    /// Whether a record names the last one.
    named: bool,
}

/// `gone.json`, as far as it can be held against something.
#[derive(Deserialize)]
struct Gone {
    #[serde(default)]
    prev: Option<Digest>,
}

/// One release.
#[derive(Debug)]
pub(super) struct Beside {
    commit: CommitId,
    manifest: Option<(Digest, Verdict, Verdict)>,
    words: BTreeMap<Word, Entries>,
    /// The digests of the dooms, by number: each deletion names its own.
    dooms: BTreeMap<u32, Digest>,
    /// What the first entry of a word says that the manifest is.
    claims: Vec<(String, Digest)>,
    gone: bool,
}

impl Beside {
    pub(super) fn new(commit: CommitId) -> Self {
        let (words, dooms) = (BTreeMap::new(), BTreeMap::new());
        Self { commit, manifest: None, words, dooms, claims: Vec::new(), gone: false }
    }

    pub(super) fn commit(&self) -> &CommitId {
        &self.commit
    }

    /// Takes the next object in the order of the listing: entries of a word come with ascending numbers.
    pub(super) fn take(&mut self, thing: &Thing, bytes: &[u8], names: &mut Named, found: &mut Findings) {
        let short = self.commit.short(12).to_owned();
        match thing {
            Thing::Manifest(_) => self.published(&short, bytes, names, found),
            Thing::Word { word, number, .. } => {
                found.check.words += 1;
                let rest = word.rest(*number);
                let digest = Digest::of(bytes);
                let verdict = names.meet(&self.commit, NamedThing::Word(*word, *number), digest);
                if verdict == Verdict::Changed {
                    found.fault(format!("`{rest}` of {short} was changed: records name another one"));
                }
                match StoredEntry::from_bytes(bytes) {
                    Ok(said) => self.follows(&short, *word, *number, said.prev, found),
                    Err(error) => found.fault(format!("`{rest}` of {short} can't be read: {error}")),
                }
                if *word == Word::Doom {
                    self.dooms.insert(*number, digest);
                }
                let named = verdict != Verdict::Unnamed;
                self.words.insert(*word, Entries { last: *number, digest: Some(digest), named });
            }
            Thing::Seen(_) => match serde_json::from_slice::<Remembered>(bytes) {
                Ok(read) if read.schema == remembered::SCHEMA => {}
                _ => found.fault(format!("an entry below `seen/` of {short} is none")),
            },
            Thing::Gone(_) => {
                self.gone = true;
                let under = self.words.get(&Word::Erase).and_then(|entries| entries.digest);
                let fault = match serde_json::from_slice::<Gone>(bytes) {
                    Err(error) => Some(format!("`gone.json` of {short} can't be read: {error}")),
                    Ok(_) if under.is_none() => {
                        Some(format!("`gone.json` of {short} is there, and deleting it was never begun"))
                    }
                    Ok(gone) if gone.prev.is_some() && gone.prev != under => Some(format!(
                        "`gone.json` of {short} does not follow from the entry that it was deleted under"
                    )),
                    Ok(_) => None,
                };
                fault.into_iter().for_each(|fault| found.fault(fault));
            }
            _ => {}
        }
    }

    fn published(&mut self, short: &str, bytes: &[u8], names: &mut Named, found: &mut Findings) {
        found.check.releases += 1;
        let digest = Digest::of(bytes);
        let whole = names.meet(&self.commit, NamedThing::Manifest, digest);
        let told = found.check.faults.len();
        let parts = match serde_json::from_slice::<Manifest>(bytes) {
            Ok(read) if read.schema != manifest::SCHEMA => {
                let schema = crate::names::escape(&read.schema);
                found.fault(format!("the manifest of {short} is of another version: `{schema}`"));
                Verdict::Changed
            }
            Ok(read) if read.commit != self.commit => {
                found.fault(format!("the manifest of {short} is of another release"));
                Verdict::Changed
            }
            Ok(read) => names.meet(&self.commit, NamedThing::Artifacts, artifacts(&read.reference())),
            Err(error) => {
                found.fault(format!("the manifest of {short} can't be read: {error}"));
                Verdict::Changed
            }
        };
        // What was told of it already is one finding: it is there, and the records are about another one.
        let untold = found.check.faults.len() == told;
        if untold && (whole == Verdict::Changed || parts == Verdict::Changed) {
            found.fault(format!("the manifest of {short} was changed: records name another one"));
        }
        names.meet(&self.commit, NamedThing::Artifacts, digest);
        self.manifest = Some((digest, whole, parts));
    }

    /// Whether an entry follows the one before, as it says.
    fn follows(&mut self, short: &str, word: Word, number: u32, prev: Option<Digest>, found: &mut Findings) {
        let rest = word.rest(number);
        if word == Word::Erase {
            match (self.dooms.get(&number), prev) {
                (None, _) => found.fault(format!("`{rest}` of {short} is there, and no doom of that number")),
                (Some(doom), Some(prev)) if *doom != prev => {
                    found
                        .fault(format!("`{rest}` of {short} does not follow from its doom: one was changed"));
                }
                _ => {}
            }
            return;
        }
        let before = self.words.entry(word).or_default();
        if number != before.last + 1 {
            found.fault(match number.saturating_sub(before.last) {
                2 => format!("`{}` of {short} is missing", word.rest(number - 1)),
                _ => format!(
                    "`{}` to `{}` of {short} are missing",
                    word.rest(before.last + 1),
                    word.rest(number - 1)
                ),
            });
        } else if number == 1 {
            self.claims.extend(prev.map(|prev| (rest, prev)));
        } else if prev.is_some() && prev != before.digest {
            found.fault(format!(
                "`{rest}` of {short} does not follow from the entry before: one of the two was changed"
            ));
        }
    }

    /// Nothing more is there of this release.
    pub(super) fn close(self, found: &mut Findings) {
        let short = self.commit.short(12);
        found.check.unnamed_words +=
            self.words.iter().filter(|(word, one)| **word != Word::Erase && !one.named).count() as u64;
        let Some((digest, whole, parts)) = self.manifest else {
            if self.gone || !self.words.is_empty() {
                found.fault(format!("the manifest of {short} is missing, and words about it are there"));
            }
            return;
        };
        let mut claimed = false;
        let changed = whole == Verdict::Changed || parts == Verdict::Changed;
        for (rest, claim) in self.claims {
            claimed |= claim == digest;
            if claim != digest && !changed {
                found
                    .fault(format!("the manifest of {short} was changed, or `{rest}`: it names another one"));
            }
        }
        match (whole, parts) {
            (Verdict::Unnamed, Verdict::Unnamed) if !claimed => found.check.unnamed_manifests += 1,
            (Verdict::Unnamed, Verdict::Named) if !claimed => found.check.named_by_artifacts += 1,
            _ => {}
        }
    }
}
