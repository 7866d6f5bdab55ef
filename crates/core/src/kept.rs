//! What a copy keeps of what somebody wrote beside the source: its own metadata, as far as every store takes it. What
//! `promote` writes wins where names clash.

use crate::ledger::{Shape, TargetMove};
use crate::names::EnvironmentName;
use crate::port::{Metadata, Object};
use crate::snapshot::Candidate;

/// What S3 allows for all metadata of an object, names and values together, in bytes.
const ALL: usize = 2048;
/// How much of that the source's own may take, so that a plan can tell before it is known who promotes.
const OWN: usize = 1024;

/// The source's own metadata that goes along, and the names of what can't.
pub(crate) fn own(source: &Object) -> (Metadata, Vec<String>) {
    let (mut kept, mut left, mut size) = (Metadata::new(), Vec::new(), 0_usize);
    for (name, value) in source.metadata.iter().filter(|(name, _)| !is_ours(name)) {
        let length = name.len() + value.len();
        if is_plain(name, value) && size + length <= OWN {
            size += length;
            kept.insert(name.clone(), value.clone());
        } else {
            left.push(name.clone());
        }
    }
    (kept, left)
}

/// The source's own metadata for a target that is moved whole; nothing for another.
pub(crate) fn of(candidate: &Candidate, target: &TargetMove, environment: &EnvironmentName) -> Metadata {
    let entry = candidate.manifest.artifact(target.name(), environment).map(|(entry, _)| entry);
    let source = entry.and_then(|entry| candidate.sources.get(&entry)?.as_ref());
    source.filter(|_| target.shape == Shape::Whole).map(|source| own(source).0).unwrap_or_default()
}

/// Both together; of the source's own as much as there is room for.
pub(crate) fn beside(mut ours: Metadata, own: Metadata) -> Metadata {
    let length = |(name, value): (&String, &String)| name.len() + value.len();
    let mut size: usize = ours.iter().map(length).sum();
    for (name, value) in own {
        let more = name.len() + value.len();
        if size + more <= ALL && !ours.contains_key(&name) {
            size += more;
            ours.insert(name, value);
        }
    }
    ours
}

/// Whether `promote` writes this name itself: what a copy of a copy has of it speaks of another promotion.
fn is_ours(name: &str) -> bool {
    name.starts_with("promote-") || name == "codepipeline-artifact-revision-summary"
}

/// Whether every store keeps it as it is.
fn is_plain(name: &str, value: &str) -> bool {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    !name.is_empty()
        && name.bytes().all(letters)
        && value.trim() == value
        && value.bytes().all(|b| (0x20..0x7f).contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Headers, Token};

    fn object(metadata: &[(&str, &str)]) -> Object {
        Object {
            key: "a.zip".parse().unwrap(),
            size: 1,
            token: Token("1".to_owned()),
            version: None,
            sha256: None,
            stored_at: chrono::DateTime::UNIX_EPOCH,
            headers: Headers::default(),
            metadata: of(metadata),
            checksums: Default::default(),
        }
    }

    fn of(pairs: &[(&str, &str)]) -> Metadata {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_every_store_takes_goes_along_and_the_rest_is_named() {
        let long = "x".repeat(1020);
        let source = object(&[
            ("build", "42"),
            ("promote-id", "old"),
            ("codepipeline-artifact-revision-summary", "old"),
            ("umlaut", "ü"),
            ("zlong", &long),
            ("Upper", "1"),
        ]);
        let (kept, left) = own(&source);
        assert_eq!(kept, of(&[("build", "42")]));
        assert_eq!(left, ["Upper", "umlaut", "zlong"]);
    }

    #[test]
    fn ours_wins_and_all_of_it_stays_within_what_s3_takes() {
        let ours = of(&[("promote-id", "new"), ("note", "ours")]);
        let both = beside(ours, of(&[("note", "theirs"), ("build", "42")]));
        assert_eq!(both, of(&[("promote-id", "new"), ("note", "ours"), ("build", "42")]));
        let full = "y".repeat(2030);
        assert_eq!(beside(of(&[("promote-source", &full)]), of(&[("build", "42")])).len(), 1);
    }
}
