//! What a listing alone tells of one release: each word that was said about it is an object beside its manifest. What
//! the words say is read by [`super::reader`].

use super::key;
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::location::{Key, LocationError};
use crate::names::EvidenceName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Something that is said of a release in numbered entries: an odd number says it, an even one lifts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// It may go no further.
    Block,
    /// It is kept, whatever retention says.
    Pin,
    /// Retention will delete its artifacts.
    Doom,
    /// Under the doom of this number, deleting was begun. Never lifted.
    Erase,
}

impl Word {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Block, Self::Pin, Self::Doom, Self::Erase];

    /// The name of the folder beside the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Pin => "pin",
            Self::Doom => "doom",
            Self::Erase => "erase",
        }
    }

    /// The key of the `number`-th entry below the release, as records name it.
    pub fn rest(self, number: u32) -> String {
        format!("{}/{number:06}.json", self.name())
    }

    /// The key of the `number`-th entry.
    ///
    /// # Errors
    /// When the ledger's root is so long that the key is none.
    pub fn key(self, root: &Key, commit: &CommitId, number: u32) -> Result<Key, LocationError> {
        root.join(&format!("releases/{commit}/{}", self.rest(number)))
    }
}

/// How many results of a name are read that a store took at the same time.
const MOST_AT_ONCE: usize = 16;

/// What is said of a release, such as why it is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Block {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, by that person's clock.
    pub at: DateTime<Utc>,
}

/// An entry as it is stored: what was said, and the entry that it follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredEntry {
    /// What was said.
    #[serde(flatten)]
    pub said: Block,
    /// The digest of the entry before; of the first one, that of the release's manifest; of one that deleting was begun
    /// with, that of the doom. Entries of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
}

/// The newest results of one name, as a listing tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewestEvidence {
    /// The store's time of them.
    pub stored_at: DateTime<Utc>,
    /// Their objects: one, or more where the store took them at the same time.
    pub files: Vec<String>,
}

/// What a listing tells of one release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseEntry {
    /// Whether its manifest is there, and the store's time of it.
    pub published: Option<DateTime<Utc>>,
    /// The number of its last entry about blocking: odd is blocked, zero is none.
    pub block: u32,
    /// The number of its last entry about keeping it.
    pub pin: u32,
    /// The number of its last entry about deleting it.
    pub doom: u32,
    /// The store's time of that entry.
    pub doomed_at: Option<DateTime<Utc>>,
    /// The number of the last doom under which deleting was begun, zero for none.
    pub erase: u32,
    /// The number of the last entry about what was found out by reading its artifacts, zero for none.
    pub seen: u32,
    /// The store's time of the entry that says that its artifacts were deleted.
    pub gone: Option<DateTime<Utc>>,
    /// The newest results about it, by name.
    pub evidence: BTreeMap<EvidenceName, NewestEvidence>,
    /// Whether something lies beside it that this version does not know.
    pub unknown: bool,
    /// Words whose newest entry can't be read, as far as that was looked at (see [`super::heed`]).
    pub unread: BTreeSet<Word>,
}

impl ReleaseEntry {
    /// Whether it may go no further: also where the entry that would lift the block can't be read.
    pub fn blocked(&self) -> bool {
        self.block % 2 == 1 || self.unread.contains(&Word::Block)
    }

    /// Whether it is kept, whatever retention says: also where the entry that would lift the pin can't be read.
    pub fn pinned(&self) -> bool {
        self.pin % 2 == 1 || self.unread.contains(&Word::Pin)
    }

    /// Whether retention will delete its artifacts, or has.
    pub fn doomed(&self) -> bool {
        self.doom % 2 == 1 || self.gone.is_some()
    }

    /// Whether deleting was begun under the doom in force, and may go on at any time.
    pub fn erasing(&self) -> bool {
        self.doomed() && self.erase == self.doom
    }

    /// The number of the last entry that says this word.
    pub fn number(&self, word: Word) -> u32 {
        match word {
            Word::Block => self.block,
            Word::Pin => self.pin,
            Word::Doom => self.doom,
            Word::Erase => self.erase,
        }
    }

    /// Takes in an object beside the manifest, or the manifest itself: its key below the release, its time.
    pub(crate) fn take(&mut self, rest: &str, stored_at: DateTime<Utc>) {
        if let Some((name, file)) = key::evidence_of(rest) {
            // What nobody could have written as evidence is read all the same: the gate closes for it.
            self.unknown |= key::evidence_nonce(file).is_none();
            let newest = self.evidence.entry(name).or_default();
            if newest.files.is_empty() || stored_at > newest.stored_at {
                *newest = NewestEvidence { stored_at, files: Vec::new() };
            }
            if stored_at == newest.stored_at && newest.files.len() < MOST_AT_ONCE {
                newest.files.push(file.to_owned());
            }
            return;
        }
        let (name, number) = match rest.split_once('/') {
            // An entry that has no number still says that somebody meant it.
            Some((name, file)) => (name, file.strip_suffix(".json").map(|text| text.parse().unwrap_or(1))),
            None => (rest, None),
        };
        match (name, number) {
            ("manifest.json", None) if name == rest => self.published = Some(stored_at),
            ("gone.json", None) if name == rest => self.gone = Some(stored_at),
            ("block", Some(number)) => self.block = self.block.max(number),
            ("pin", Some(number)) => self.pin = self.pin.max(number),
            ("seen", Some(number)) => self.seen = self.seen.max(number),
            ("erase", Some(number)) => self.erase = self.erase.max(number),
            ("doom", Some(number)) => {
                if number >= self.doom {
                    self.doom = number;
                    self.doomed_at = Some(self.doomed_at.map_or(stored_at, |at| at.max(stored_at)));
                }
            }
            _ => self.unknown = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(objects: &[(&str, i64)]) -> ReleaseEntry {
        let mut entry = ReleaseEntry::default();
        for (rest, at) in objects {
            entry.take(rest, DateTime::from_timestamp(*at, 0).unwrap());
        }
        entry
    }

    #[test]
    fn the_last_word_counts() {
        let entry = of(&[("manifest.json", 1), ("pin/000001.json", 2), ("doom/000001.json", 3)]);
        assert!(entry.pinned() && entry.doomed() && !entry.erasing() && !entry.blocked() && !entry.unknown);
        let entry = of(&[("doom/000001.json", 3), ("doom/000002.json", 4), ("erase/000001.json", 5)]);
        assert!(!entry.doomed() && !entry.erasing());
        assert_eq!(entry.doomed_at.unwrap().timestamp(), 4);
        let entry = of(&[("doom/000003.json", 9), ("erase/000003.json", 10), ("gone.json", 11)]);
        assert!(entry.doomed() && entry.erasing() && entry.gone.is_some());
    }

    #[test]
    fn what_was_found_out_by_reading_is_no_word() {
        let entry = of(&[("manifest.json", 1), ("seen/000001.json", 2), ("seen/000002.json", 3)]);
        assert!(entry.seen == 2 && !entry.blocked() && !entry.pinned() && !entry.unknown);
    }

    #[test]
    fn of_each_result_the_newest_is_known() {
        let (one, two) = ("1".repeat(32), "2".repeat(32));
        let objects =
            [("load", &one, 5), ("load", &two, 4), ("scan", &one, 7), ("scan", &two, 7), ("load", &two, 2)];
        let keys: Vec<(String, i64)> =
            objects.iter().map(|(name, nonce, at)| (format!("evidence/{name}/{nonce}.json"), *at)).collect();
        let entry = of(&keys.iter().map(|(key, at)| (key.as_str(), *at)).collect::<Vec<_>>());
        let newest = |name: &str| entry.evidence.get(&name.parse().unwrap()).unwrap();
        assert_eq!(
            (newest("load").stored_at.timestamp(), &newest("load").files),
            (5, &vec![format!("{one}.json")])
        );
        assert_eq!(newest("scan").files.len(), 2);
        assert!(!entry.unknown && !entry.blocked());
        let odd = of(&[("evidence/load/note.txt", 1)]);
        assert!(odd.unknown && odd.evidence.len() == 1);
        assert!(of(&[("evidence/Load/x.json", 1)]).unknown && of(&[("evidence/x", 1)]).unknown);
    }

    #[test]
    fn what_can_not_be_read_says_what_is_safe() {
        assert!(of(&[("block/x.json", 1)]).blocked());
        assert!(of(&[("pin/by-hand.json", 1)]).pinned());
        for foreign in ["hold/000001.json", "pin/x", "notes.txt", "block", "manifest.json/x"] {
            assert!(of(&[(foreign, 1)]).unknown, "{foreign}");
        }
    }
}
