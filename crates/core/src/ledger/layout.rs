//! Everything that a ledger holds, by its key: the one list of it. What lies below a ledger's root and is not in this
//! list was not put there by this version.

use super::entry::Word;
use super::key;
use super::terms::Seq;
use crate::commit::CommitId;
use crate::location::Key;
use crate::names::{EvidenceName, LaneName};

/// What a key of a ledger is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// `ledger.json`
    Genesis,
    /// A record of a lane.
    Record {
        /// The lane.
        lane: LaneName,
        /// Its number.
        seq: Seq,
    },
    /// A sign of life of what a record of a lane began.
    Alive,
    /// What somebody said to a release that is to go to a lane.
    Approval {
        /// The lane.
        lane: LaneName,
        /// The release.
        commit: CommitId,
        /// What names it beside them: 32 hexadecimal digits.
        nonce: String,
    },
    /// What was told to others of what happened in a lane.
    Told,
    /// What was said about all environments, and its number.
    Standstill(u32),
    /// What was found out about a store that came after the genesis.
    Probe,
    /// What was published as a commit.
    Manifest(CommitId),
    /// A word about a release.
    Word {
        /// The release.
        commit: CommitId,
        /// Which one.
        word: Word,
        /// Its number.
        number: u32,
    },
    /// A result about a release.
    Evidence {
        /// The release.
        commit: CommitId,
        /// Of what.
        name: EvidenceName,
        /// What names it among those of its name: 32 hexadecimal digits.
        nonce: String,
    },
    /// What was found out about a release's artifacts by reading them.
    Seen(CommitId),
    /// That a release's artifacts were deleted.
    Gone(CommitId),
    /// What a probe is writing just now.
    Scratch,
    /// Nothing that this version knows.
    Foreign,
}

impl Thing {
    /// What this key of the ledger below `root` is for.
    pub fn of(root: &Key, key: &Key) -> Self {
        Self::known(root, key).unwrap_or(Self::Foreign)
    }

    fn known(root: &Key, key: &Key) -> Option<Self> {
        let rest = key.as_str().strip_prefix(root.as_str())?.strip_prefix('/')?;
        let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
        match first {
            "ledger.json" if below.is_empty() => Some(Self::Genesis),
            "lanes" => {
                let lane: LaneName = below.split_once('/')?.0.parse().ok()?;
                if let Some(seq) = key::seq_of(root, &lane, key) {
                    return Some(Self::Record { lane, seq });
                }
                if let Some((commit, nonce)) = key::approval_of(root, &lane, key) {
                    return Some(Self::Approval { lane, commit, nonce: nonce.to_owned() });
                }
                if key::told_of(root, &lane, key).is_some() || key::is_told_once(root, &lane, key) {
                    return Some(Self::Told);
                }
                key::alive_of(root, &lane, key).map(|_| Self::Alive)
            }
            "freeze" => key::standstill_of(root, key).map(Self::Standstill),
            "probes" => {
                let digits = below.strip_suffix(".json")?;
                let hex = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                hex.then_some(Self::Probe)
            }
            "releases" => {
                let (commit, rest) = key::release_of(root, key)?;
                if let Some((name, file)) = key::evidence_of(rest) {
                    let nonce = key::evidence_nonce(file)?.to_owned();
                    return Some(Self::Evidence { commit, name, nonce });
                }
                match rest.split_once('/') {
                    None if rest == "manifest.json" => Some(Self::Manifest(commit)),
                    None if rest == "gone.json" => Some(Self::Gone(commit)),
                    None => None,
                    Some((name, file)) => {
                        let number: u32 = file.strip_suffix(".json")?.parse().ok()?;
                        if number == 0 || file != format!("{number:06}.json") {
                            return None;
                        }
                        if name == "seen" {
                            return Some(Self::Seen(commit));
                        }
                        let word = Word::ALL.into_iter().find(|word| word.name() == name)?;
                        Some(Self::Word { commit, word, number })
                    }
                }
            }
            "scratch" if !below.is_empty() => Some(Self::Scratch),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_known_and_nothing_else_is() {
        let root: Key = ".promote/app".parse().unwrap();
        let sha = "a".repeat(40);
        let of = |rest: &str| Thing::of(&root, &format!(".promote/app/{rest}").parse().unwrap());
        assert_eq!(of("ledger.json"), Thing::Genesis);
        assert!(matches!(of("lanes/prod/log/999/999/999/998.json"), Thing::Record { seq: Seq(1), .. }));
        assert_eq!(of("lanes/prod/alive/000000000007/999998.json"), Thing::Alive);
        let nonce = "1".repeat(32);
        assert!(matches!(of(&format!("lanes/prod/approvals/{sha}/{nonce}.json")), Thing::Approval { .. }));
        assert_eq!(of("lanes/prod/told/records/999/999/999/998.json"), Thing::Told);
        assert_eq!(of(&format!("lanes/prod/told/once/{}.json", "a".repeat(64))), Thing::Told);
        assert_eq!(of("freeze/999996.json"), Thing::Standstill(3));
        assert_eq!(of("probes/0123456789abcdef.json"), Thing::Probe);
        assert!(matches!(of(&format!("releases/{sha}/manifest.json")), Thing::Manifest(_)));
        assert!(matches!(of(&format!("releases/{sha}/gone.json")), Thing::Gone(_)));
        assert!(matches!(of(&format!("releases/{sha}/seen/000002.json")), Thing::Seen(_)));
        let result = of(&format!("releases/{sha}/evidence/load/{nonce}.json"));
        assert!(matches!(result, Thing::Evidence { .. }));
        for word in Word::ALL {
            let key = word.key(&root, &sha.parse().unwrap(), 12).unwrap();
            let commit = sha.parse().unwrap();
            assert_eq!(Thing::of(&root, &key), Thing::Word { commit, word, number: 12 });
        }
        assert_eq!(of("scratch/ab/x"), Thing::Scratch);
        for foreign in [
            "note.txt",
            "ledger.json/x",
            "lanes/prod/log/x.json",
            "lanes/Prod/log/999/999/999/998.json",
            "lanes/prod/log/999/999/999/998.json.bak",
            "lanes/prod/x",
            "lanes/prod/alive/x.json",
            "lanes/prod/told/x.json",
            "lanes/prod/told/once/x.json",
            &format!("lanes/prod/approvals/{sha}/1.json"),
            "freeze/000001.json.bak",
            "freeze/x.json",
            "probes/x.json",
            &format!("releases/{sha}/evidence/load/1.json"),
            &format!("releases/{sha}/evidence/Load/{nonce}.json"),
            &format!("releases/{sha}/evidence/{nonce}.json"),
            "releases/x/manifest.json",
            &format!("releases/{sha}/block/1.json"),
            &format!("releases/{sha}/block/000000.json"),
            &format!("releases/{sha}/notes.txt"),
            &format!("releases/{sha}/manifest.json/x"),
        ] {
            assert_eq!(of(foreign), Thing::Foreign, "{foreign}");
        }
        assert_eq!(Thing::of(&root, &".promote/apple/ledger.json".parse().unwrap()), Thing::Foreign);
    }
}
