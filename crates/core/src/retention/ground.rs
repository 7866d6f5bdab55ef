//! Which releases lie in one place: under one key, or one inside the folder of the other.

use crate::commit::CommitId;
use crate::ledger::Manifest;
use crate::location::{FOLDER, Location, StoreId};
use std::collections::BTreeMap;

/// The places of many releases, in an order in which what lies in a folder follows it.
pub(super) struct Ground<'m> {
    places: BTreeMap<(&'m StoreId, &'m str), Vec<&'m CommitId>>,
}

impl<'m> Ground<'m> {
    /// The places of these releases' artifacts.
    pub(super) fn of(manifests: &'m BTreeMap<CommitId, Manifest>) -> Self {
        let mut places: BTreeMap<_, Vec<&CommitId>> = BTreeMap::new();
        for (commit, manifest) in manifests {
            for location in manifest.artifacts.values().map(|built| &built.location) {
                places.entry((&location.store, location.key.as_str())).or_default().push(commit);
            }
        }
        Self { places }
    }

    /// The releases that have an artifact where one of this release lies, itself among them.
    pub(super) fn neighbours(&self, manifest: &Manifest) -> Vec<&'m CommitId> {
        let places = manifest.artifacts.values().map(|built| &built.location);
        places.flat_map(|location| self.around(location)).collect()
    }

    fn around(&self, location: &Location) -> Vec<&'m CommitId> {
        let (store, key) = (&location.store, location.key.as_str());
        let mut found: Vec<&CommitId> = Vec::new();
        let mut take = |key: &str| found.extend(self.places.get(&(store, key)).into_iter().flatten());
        take(key);
        // The folders around it.
        let parts = std::iter::once(0).chain(key.match_indices('/').map(|(at, _)| at + 1));
        for folder in parts.filter_map(|end| key.get(..end)) {
            take(&format!("{folder}{FOLDER}"));
        }
        if let Some(prefix) = location.folder() {
            let below = self.places.range((store, prefix)..);
            let inside = below.take_while(|((of, key), _)| *of == store && key.starts_with(prefix));
            found.extend(inside.flat_map(|(_, commits)| commits));
        }
        found
    }
}

/// Whether two things lie in the same place, or one inside the other's folder.
pub(super) fn touches(one: &Location, other: &Location) -> bool {
    let within = |folder: &Location, inner: &Location| {
        folder.folder().is_some_and(|prefix| inner.key.as_str().starts_with(prefix))
    };
    one.store.is_same(&other.store) && (one.key == other.key || within(one, other) || within(other, one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::ledger::{Actor, BuiltArtifact};

    fn manifest(place: &str) -> Manifest {
        let built = BuiltArtifact {
            location: place.parse().unwrap(),
            sha256: Digest::of(b""),
            size: 0,
            content: None,
            folder: None,
            expires: None,
            seen: None,
        };
        Manifest {
            schema: crate::ledger::manifest::SCHEMA.to_owned(),
            commit: "a".repeat(40).parse().unwrap(),
            subject: None,
            committed_at: None,
            version: None,
            branches: Vec::new(),
            artifacts: [("main".to_owned(), built)].into(),
            allowed: Default::default(),
            built: "given".to_owned(),
            at: Default::default(),
            actor: Actor::claimed("ann", "local-user"),
        }
    }

    #[test]
    fn neighbours_are_those_that_touch() {
        let places = [
            "memory://m/a/",
            "memory://m/a/b/",
            "memory://m/a/b/c.zip",
            "memory://m/a.zip",
            "memory://m/ab/",
            "memory://n/a/",
            "memory://m/a/b/.promote-folder.json",
            "memory://m/a/b-/c",
            "memory://m/a",
        ];
        let all: BTreeMap<CommitId, Manifest> = (0..)
            .zip(places)
            .map(|(number, place)| (format!("{number:040x}").parse().unwrap(), manifest(place)))
            .collect();
        let ground = Ground::of(&all);
        let location = |manifest: &Manifest| manifest.artifacts["main"].location.clone();
        for one in all.values() {
            let mut found = ground.neighbours(one);
            found.sort();
            found.dedup();
            let touching = all.iter().filter(|(_, other)| touches(&location(one), &location(other)));
            assert_eq!(found, touching.map(|(commit, _)| commit).collect::<Vec<_>>(), "{one:?}");
        }
    }
}
