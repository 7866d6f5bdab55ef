//! What records name of a release beside its commit: the digests of its manifest and of the words about it. Kept for a
//! part of all commits at a time, so that it takes no more memory however many releases there are.

use super::entry::Word;
use super::key;
use super::record::Record;
use super::terms::ReleaseRef;
use crate::commit::CommitId;
use crate::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// The bytes that a commit's digits stand for.
type CommitBytes = [u8; 20];

/// Half of a digest: as hard to meet on purpose as any other object with the same digest.
type Half = [u8; 16];

/// What is named, of one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedThing {
    /// The stored manifest.
    Manifest,
    /// The artifacts that the manifest lists: all that records of earlier versions tell.
    Artifacts,
    /// The entry of a word with this number.
    Word(Word, u32),
    /// The approval with this nonce.
    Approval(u128),
    /// The evidence with this nonce.
    Evidence(u128),
}

/// What a record says of something that lies in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Some record names just this.
    Named,
    /// Records name something else.
    Changed,
    /// No record names it.
    Unnamed,
}

/// The digests that records name, of the commits of one part.
#[derive(Debug, Clone)]
pub struct Named {
    from: CommitBytes,
    until: Option<CommitBytes>,
    most: usize,
    named: BTreeMap<(CommitBytes, NamedThing), Half>,
    torn: Vec<CommitId>,
    /// The approvals that were met: most lie before the records that name them.
    approvals: BTreeMap<(CommitBytes, u128), Half>,
    /// Those of which a record names another content.
    changed: Vec<(CommitId, u128)>,
}

/// How many commits are told by name when records contradict one another.
const TORN: usize = 100;

impl Named {
    /// Of the commits from `from` on, at most `most` names.
    pub fn new(from: [u8; 20], most: usize) -> Self {
        Self {
            from,
            until: None,
            most,
            named: BTreeMap::new(),
            torn: Vec::new(),
            approvals: BTreeMap::new(),
            changed: Vec::new(),
        }
    }

    /// Where the next part begins, if this one did not hold all names.
    pub fn rest(&self) -> Option<[u8; 20]> {
        self.until
    }

    /// Whether a commit belongs to this part.
    pub fn covers(&self, commit: &CommitId) -> bool {
        let place = place(commit);
        self.from <= place && self.until.is_none_or(|until| place < until)
    }

    /// Takes in what a record names.
    pub fn learn(&mut self, record: &Record) {
        let (release, read) = match (&record.intent, &record.observe) {
            (Some(intent), _) => (Some(&intent.release), &intent.read),
            (None, Some(seen)) => (seen.release.as_ref(), &seen.read),
            (None, None) => return,
        };
        let Some(release) = release.filter(|release| self.covers(&release.commit)) else { return };
        self.name(&release.commit, NamedThing::Artifacts, artifacts(release));
        for (rest, digest) in read {
            if let Some(what) = NamedThing::of(rest) {
                self.name(&release.commit, what, *digest);
            }
        }
        let approved = record.intent.iter().flat_map(|intent| &intent.approvals);
        for (nonce, digest) in approved {
            let Ok(nonce) = u128::from_str_radix(nonce, 16) else { continue };
            match self.approvals.get(&(place(&release.commit), nonce)) {
                None => self.name(&release.commit, NamedThing::Approval(nonce), *digest),
                Some(met) if *met == half(*digest) => {}
                Some(_) if self.changed.len() < TORN => self.changed.push((release.commit.clone(), nonce)),
                Some(_) => {}
            }
        }
        self.keep_to_most();
    }

    /// Leaves the later commits to another part where this one would hold too much.
    fn keep_to_most(&mut self) {
        while self.named.len() + self.approvals.len() > self.most {
            let (named, met) = (self.named.keys(), self.approvals.keys());
            let places = named.map(|(place, _)| *place).chain(met.map(|(place, _)| *place));
            let places: BTreeSet<CommitBytes> = places.collect();
            // One release alone is never parted.
            let Some(middle) = places.iter().nth(places.len() / 2).filter(|_| places.len() > 1).copied()
            else {
                return;
            };
            self.named.split_off(&(middle, NamedThing::Manifest));
            self.approvals.split_off(&(middle, 0));
            self.until = Some(middle);
        }
    }

    fn name(&mut self, commit: &CommitId, what: NamedThing, digest: Digest) {
        let half = half(digest);
        let known = *self.named.entry((place(commit), what)).or_insert(half);
        if known != half && self.torn.len() < TORN && !self.torn.contains(commit) {
            self.torn.push(commit.clone());
        }
    }

    /// What records say of something that lies in the ledger, which is met once.
    pub fn meet(&mut self, commit: &CommitId, what: NamedThing, digest: Digest) -> Verdict {
        match self.named.remove(&(place(commit), what)) {
            None => Verdict::Unnamed,
            Some(named) if named == half(digest) => Verdict::Named,
            Some(_) => Verdict::Changed,
        }
    }

    /// Takes in an approval that lies there, before or after the records that name it.
    pub fn approved(&mut self, commit: &CommitId, nonce: &str, digest: Digest) {
        let Ok(nonce) = u128::from_str_radix(nonce, 16) else { return };
        self.approvals.insert((place(commit), nonce), half(digest));
        let verdict = self.meet(commit, NamedThing::Approval(nonce), digest);
        if verdict == Verdict::Changed && self.changed.len() < TORN {
            self.changed.push((commit.clone(), nonce));
        }
        self.keep_to_most();
    }

    /// Approvals that are not what a record says that they were.
    pub fn changed(&self) -> &[(CommitId, u128)] {
        &self.changed
    }

    /// Releases of which records contradict one another.
    pub fn torn(&self) -> &[CommitId] {
        &self.torn
    }

    /// What is named and was not met, the releases by their commit.
    pub fn unmet(&self) -> impl Iterator<Item = (String, NamedThing)> + '_ {
        let met = |what: &NamedThing, place: &CommitBytes| {
            // The artifacts are those of the manifest: it is missing once.
            *what == NamedThing::Artifacts && self.named.contains_key(&(*place, NamedThing::Manifest))
        };
        self.named
            .keys()
            .filter(move |(place, what)| !met(what, place))
            .map(|(place, what)| (place.iter().map(|byte| format!("{byte:02x}")).collect(), *what))
    }
}

impl NamedThing {
    /// The evidence with this nonce.
    pub fn evidence(nonce: &str) -> Option<Self> {
        u128::from_str_radix(nonce, 16).ok().map(Self::Evidence)
    }

    /// What this key below a release is, as records write it.
    fn of(rest: &str) -> Option<Self> {
        if rest == "manifest.json" {
            return Some(Self::Manifest);
        }
        if let Some((_, file)) = key::evidence_of(rest) {
            return Self::evidence(key::evidence_nonce(file)?);
        }
        let (name, file) = rest.split_once('/')?;
        let word = Word::ALL.into_iter().find(|word| word.name() == name)?;
        Some(Self::Word(word, file.strip_suffix(".json")?.parse().ok()?))
    }
}

/// A digest over the artifacts that a reference lists.
pub fn artifacts(release: &ReleaseRef) -> Digest {
    let lines = release.artifacts.iter().map(|(name, digest)| format!("{name}\n{digest}\n"));
    Digest::of(lines.collect::<String>().as_bytes())
}

fn place(commit: &CommitId) -> CommitBytes {
    let mut bytes = CommitBytes::default();
    for (byte, pair) in bytes.iter_mut().zip(commit.as_str().as_bytes().chunks(2)) {
        let text = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(text, 16).unwrap_or_default();
    }
    bytes
}

fn half(digest: Digest) -> Half {
    let mut half = Half::default();
    half.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    half
}
