//! Where the ledger's objects lie. Numbers of records are inverted, so that the newest record is the first key of
//! a listing, at any length of the ledger.

use super::terms::Seq;
use crate::commit::CommitId;
use crate::location::{Key, LocationError};
use crate::names::{EvidenceName, LaneName};

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
    inverted(&log_prefix(root, lane), seq)
}

/// What a number names below a prefix: the highest is the first of a listing.
fn inverted(prefix: &str, seq: Seq) -> Result<Key, LocationError> {
    let digits = format!("{:012}", TOP.saturating_sub(seq.0));
    let group = |from: usize| digits.get(from..from + 3).unwrap_or("000").to_owned();
    format!("{prefix}{}/{}/{}/{}.json", group(0), group(3), group(6), group(9)).parse()
}

/// The number of the record that lies at `key`, or `None` when the key is no record's of this lane.
pub fn seq_of(root: &Key, lane: &LaneName, key: &Key) -> Option<Seq> {
    number_below(&log_prefix(root, lane), key)
}

fn number_below(prefix: &str, key: &Key) -> Option<Seq> {
    let rest = key.as_str().strip_prefix(prefix)?.strip_suffix(".json")?;
    let groups: Vec<&str> = rest.split('/').collect();
    let sound = groups.len() == 4
        && groups.iter().all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
    let number: u64 = if sound { groups.concat().parse().ok()? } else { return None };
    TOP.checked_sub(number).filter(|seq| *seq > 0).map(Seq)
}

/// The largest number of a sign of life plus one.
const SIGNS: u32 = 1_000_000;

/// The prefix of what was said about all environments, with its slash.
pub fn standstills_prefix(root: &Key) -> String {
    format!("{root}/freeze/")
}

/// The key of the `number`-th entry about all environments: six digits of `999 999 − number`, so that the newest is the
/// first of a listing.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn standstill(root: &Key, number: u32) -> Result<Key, LocationError> {
    let left = SIGNS.saturating_sub(1).saturating_sub(number);
    format!("{}{left:06}.json", standstills_prefix(root)).parse()
}

/// The number of the entry that lies at `key`, or `None` when the key is none's.
pub fn standstill_of(root: &Key, key: &Key) -> Option<u32> {
    let left = key.as_str().strip_prefix(&standstills_prefix(root))?.strip_suffix(".json")?;
    if left.len() != 6 || !left.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = SIGNS.checked_sub(1)?.checked_sub(left.parse().ok()?)?;
    (number > 0).then_some(number)
}

/// The prefix of all signs of life of a lane, with its slash.
pub fn signs_prefix(root: &Key, lane: &LaneName) -> String {
    format!("{root}/lanes/{lane}/alive/")
}

/// The prefix of the signs of life of what was begun by this record of a lane, with its slash.
pub fn alive_prefix(root: &Key, lane: &LaneName, since: Seq) -> String {
    format!("{}{:012}/", signs_prefix(root, lane), since.0)
}

/// The key of the `number`-th sign of life of what was begun by this record: like a record's, so that the newest is the
/// first of a listing.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn alive(root: &Key, lane: &LaneName, since: Seq, number: u32) -> Result<Key, LocationError> {
    let left = SIGNS.saturating_sub(1).saturating_sub(number);
    format!("{}{left:06}.json", alive_prefix(root, lane, since)).parse()
}

/// The record and the number of the sign of life that lies at `key`, or `None` when the key is no sign's of this lane.
pub fn alive_of(root: &Key, lane: &LaneName, key: &Key) -> Option<(Seq, u32)> {
    let rest = key.as_str().strip_prefix(&signs_prefix(root, lane))?.strip_suffix(".json")?;
    let (since, left) = rest.split_once('/')?;
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(since, 12) || !digits(left, 6) {
        return None;
    }
    let number = SIGNS.checked_sub(1)?.checked_sub(left.parse().ok()?)?;
    let since: u64 = since.parse().ok()?;
    (since > 0 && number > 0).then_some((Seq(since), number))
}

/// The prefix of what was said to a release that is to go to a lane, with its slash.
pub fn approvals_prefix(root: &Key, lane: &LaneName, commit: &CommitId) -> String {
    format!("{root}/lanes/{lane}/approvals/{commit}/")
}

/// The key of an approval or a rejection: `nonce` are 32 hexadecimal digits.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn approval(root: &Key, lane: &LaneName, commit: &CommitId, nonce: &str) -> Result<Key, LocationError> {
    format!("{}{nonce}.json", approvals_prefix(root, lane, commit)).parse()
}

/// The commit and the nonce of the approval that lies at `key`, or `None` when the key is no approval's of this lane.
pub fn approval_of<'k>(root: &Key, lane: &LaneName, key: &'k Key) -> Option<(CommitId, &'k str)> {
    let rest = key.as_str().strip_prefix(&format!("{root}/lanes/{lane}/approvals/"))?;
    let (commit, nonce) = rest.strip_suffix(".json")?.split_once('/')?;
    Some((commit.parse().ok()?, nonce)).filter(|_| is_nonce(nonce))
}

/// The prefix of what says how far the records of a lane were told, with its slash.
pub fn told_prefix(root: &Key, lane: &LaneName) -> String {
    format!("{root}/lanes/{lane}/told/records/")
}

/// The key of what says that the records of a lane up to this one were told: like the record's own.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn told(root: &Key, lane: &LaneName, seq: Seq) -> Result<Key, LocationError> {
    inverted(&told_prefix(root, lane), seq)
}

/// The number up to which what lies at `key` says that records were told, or `None` when it is another key.
pub fn told_of(root: &Key, lane: &LaneName, key: &Key) -> Option<Seq> {
    number_below(&told_prefix(root, lane), key)
}

/// The key of what says that something was told which no record holds, by the digest of its content.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn told_once(root: &Key, lane: &LaneName, content: &crate::digest::Digest) -> Result<Key, LocationError> {
    format!("{root}/lanes/{lane}/told/once/{}.json", content.hex()).parse()
}

/// Whether what lies at `key` says so.
pub fn is_told_once(root: &Key, lane: &LaneName, key: &Key) -> bool {
    let rest = key.as_str().strip_prefix(&format!("{root}/lanes/{lane}/told/once/"));
    let digits = rest.and_then(|rest| rest.strip_suffix(".json")).unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
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
    root.join(&format!("releases/{commit}/{}", super::manifest::FILE))
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

/// The key of a result: `file` is its nonce and `.json`.
///
/// # Errors
/// When the ledger's root is so long that the key is none.
pub fn evidence(
    root: &Key,
    commit: &CommitId,
    name: &EvidenceName,
    file: &str,
) -> Result<Key, LocationError> {
    root.join(&format!("releases/{commit}/evidence/{name}/{file}"))
}

/// The nonce in the name of a result's object; `None` where it is none's.
pub fn evidence_nonce(file: &str) -> Option<&str> {
    file.strip_suffix(".json").filter(|nonce| is_nonce(nonce))
}

/// The name and the file of the result at this key below a release.
pub fn evidence_of(rest: &str) -> Option<(EvidenceName, &str)> {
    let (name, file) = rest.strip_prefix("evidence/")?.split_once('/')?;
    Some((name.parse().ok()?, file))
}

/// Whether these are 32 hexadecimal digits.
fn is_nonce(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
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

/// The prefix of what is written only to find out what a store honours, with its slash.
pub fn scratch_prefix(root: &Key) -> String {
    format!("{root}/scratch/")
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
    fn signs_of_life_are_newest_first_and_known_by_their_key() {
        let root: Key = ".promote/app".parse().unwrap();
        let lane: LaneName = "prod".parse().unwrap();
        let key = |number| alive(&root, &lane, Seq(12), number).unwrap();
        assert_eq!(key(1).as_str(), ".promote/app/lanes/prod/alive/000000000012/999998.json");
        assert!(key(10) < key(9) && key(2) < key(1));
        assert_eq!(alive_of(&root, &lane, &key(999_999)), Some((Seq(12), 999_999)));
        for foreign in ["000000000012/999999.json", "12/999998.json", "000000000000/000001.json", "x.json"] {
            let key = format!(".promote/app/lanes/prod/alive/{foreign}").parse().unwrap();
            assert_eq!(alive_of(&root, &lane, &key), None, "{foreign}");
        }
        assert_eq!(alive_of(&root, &"uat".parse().unwrap(), &key(1)), None);
    }

    #[test]
    fn freezes_of_everything_are_newest_first_and_known_by_their_key() {
        let root: Key = ".promote/app".parse().unwrap();
        let key = |number| standstill(&root, number).unwrap();
        assert_eq!(key(1).as_str(), ".promote/app/freeze/999998.json");
        assert!(key(10) < key(9));
        assert_eq!(standstill_of(&root, &key(7)), Some(7));
        for foreign in ["999999.json", "99998.json", "x.json", "a/999998.json", "999998.txt"] {
            let key = format!(".promote/app/freeze/{foreign}").parse().unwrap();
            assert_eq!(standstill_of(&root, &key), None, "{foreign}");
        }
    }

    #[test]
    fn approvals_are_known_by_their_key() {
        let root: Key = ".promote/app".parse().unwrap();
        let lane: LaneName = "prod".parse().unwrap();
        let (commit, nonce): (CommitId, _) = ("a".repeat(40).parse().unwrap(), "0f".repeat(16));
        let key = approval(&root, &lane, &commit, &nonce).unwrap();
        assert_eq!(key.as_str(), format!(".promote/app/lanes/prod/approvals/{commit}/{nonce}.json"));
        assert_eq!(approval_of(&root, &lane, &key), Some((commit.clone(), nonce.as_str())));
        for foreign in ["x.json".to_owned(), format!("{}.json", "0F".repeat(16)), format!("{nonce}.txt")] {
            let key = format!("{}{foreign}", approvals_prefix(&root, &lane, &commit)).parse().unwrap();
            assert_eq!(approval_of(&root, &lane, &key), None, "{foreign}");
        }
        assert_eq!(approval_of(&root, &"uat".parse().unwrap(), &key), None);
    }

    #[test]
    fn what_was_told_is_newest_first_and_known_by_its_key() {
        let root: Key = ".promote/app".parse().unwrap();
        let lane: LaneName = "prod".parse().unwrap();
        let key = |seq| told(&root, &lane, Seq(seq)).unwrap();
        assert_eq!(key(1).as_str(), ".promote/app/lanes/prod/told/records/999/999/999/998.json");
        assert!(key(10) < key(9));
        assert_eq!(told_of(&root, &lane, &key(7)), Some(Seq(7)));
        assert_eq!(seq_of(&root, &lane, &key(7)), None);
        let once = told_once(&root, &lane, &crate::digest::Digest::of(b"x")).unwrap();
        assert!(is_told_once(&root, &lane, &once) && !is_told_once(&root, &lane, &key(7)));
        assert!(!is_told_once(&root, &lane, &".promote/app/lanes/prod/told/once/ab.json".parse().unwrap()));
    }

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
