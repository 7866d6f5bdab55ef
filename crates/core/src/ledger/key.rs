//! Where the ledger's objects lie. Numbers of records are inverted, so that the newest record is the first key of
//! a listing, at any length of the ledger.

use super::record::Seq;
use crate::commit::CommitId;
use crate::location::{Key, LocationError};
use crate::names::LaneName;

/// The largest number plus one: twelve nines and one.
const TOP: u64 = 999_999_999_999;

/// `ledger.json`.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn genesis(root: &Key) -> Result<Key, LocationError> {
    root.join("ledger.json")
}

/// The prefix of a lane's records, with its slash.
pub fn log_prefix(root: &Key, lane: &LaneName) -> String {
    format!("{root}/lanes/{lane}/log/")
}

/// The key of a record: twelve digits of `999 999 999 999 − seq` in four groups.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn record(root: &Key, lane: &LaneName, seq: Seq) -> Result<Key, LocationError> {
    let digits = format!("{:012}", TOP.saturating_sub(seq.0));
    let group = |from: usize| digits.get(from..from + 3).unwrap_or("000").to_owned();
    format!("{}{}/{}/{}/{}.json", log_prefix(root, lane), group(0), group(3), group(6), group(9)).parse()
}

/// The number of the record that lies at `key`, or `None` when the key is no record's of this lane.
pub fn seq_of(root: &Key, lane: &LaneName, key: &Key) -> Option<Seq> {
    let rest = key.as_str().strip_prefix(&log_prefix(root, lane))?.strip_suffix(".json")?;
    let groups: Vec<&str> = rest.split('/').collect();
    let sound = groups.len() == 4
        && groups.iter().all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
    let number: u64 = if sound { groups.concat().parse().ok()? } else { return None };
    TOP.checked_sub(number).filter(|seq| *seq > 0).map(Seq)
}

/// The prefix of everything about the releases whose commit begins with `digits`.
pub fn releases_prefix(root: &Key, digits: &str) -> String {
    format!("{root}/releases/{digits}")
}

/// The key of a release's manifest.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn manifest(root: &Key, commit: &CommitId) -> Result<Key, LocationError> {
    root.join(&format!("releases/{commit}/manifest.json"))
}

/// The key of what is written once when a release's artifacts were deleted.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn gone(root: &Key, commit: &CommitId) -> Result<Key, LocationError> {
    root.join(&format!("releases/{commit}/gone.json"))
}

/// The key of the `number`-th entry about what was found out by reading a release's artifacts.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn seen(root: &Key, commit: &CommitId, number: u32) -> Result<Key, LocationError> {
    root.join(&format!("releases/{commit}/seen/{number:06}.json"))
}

/// The prefix below which all lanes lie.
pub fn lanes_prefix(root: &Key) -> String {
    format!("{root}/lanes/")
}

/// The commit and the rest of a key below `releases/`.
pub fn release_of<'k>(root: &Key, key: &'k Key) -> Option<(CommitId, &'k str)> {
    let rest = key.as_str().strip_prefix(&format!("{root}/releases/"))?;
    let (commit, rest) = rest.split_once('/')?;
    Some((commit.parse().ok()?, rest))
}

/// The key of what the probe of a store found, for a store that came after the genesis.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn probe(root: &Key, store: &crate::location::StoreId) -> Result<Key, LocationError> {
    let name = crate::digest::Digest::of(store.to_string().as_bytes()).hex();
    root.join(&format!("probes/{}.json", name.get(..16).unwrap_or("store")))
}

/// The prefix below which a probe writes and deletes.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn scratch(root: &Key, nonce: [u8; 16]) -> Result<Key, LocationError> {
    let name: String = nonce.iter().map(|b| format!("{b:02x}")).collect();
    root.join(&format!("scratch/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_first_and_back_again() {
        let root: Key = ".promote/app".parse().unwrap();
        let lane: LaneName = "prod".parse().unwrap();
        let mut last = None;
        for seq in [1, 2, 9, 10, 999, 1000, 1_000_000, 999_999_999_998] {
            let key = record(&root, &lane, Seq(seq)).unwrap();
            assert_eq!(seq_of(&root, &lane, &key), Some(Seq(seq)));
            if let Some(last) = last.replace(key.clone()) {
                assert!(key < last, "{key} sorts before {last}");
            }
        }
        assert_eq!(
            record(&root, &lane, Seq(1)).unwrap().as_str(),
            ".promote/app/lanes/prod/log/999/999/999/998.json"
        );
        for foreign in
            [".promote/app/lanes/prod/log/x.json", ".promote/app/lanes/prod/log/999/999/999/999.json"]
        {
            assert_eq!(seq_of(&root, &lane, &foreign.parse().unwrap()), None);
        }
    }
}
