//! Releases' folders and an environment's folder in memory.

use futures_executor::block_on;
use promote_core::commit::CommitId;
use promote_core::digest::Digest;
use promote_core::failure::Failure;
use promote_core::folder::{
    Entry, FolderManifest, FolderSync, Publishing, Put, ReadBefore, Standing, listed,
};
use promote_core::ledger::{Before, Shape, TargetMove};
use promote_core::location::{Key, Location, StoreId};
use promote_core::port::{
    Body, Bucket, BucketReader, Condition, CopyGuard, FenceClass, Headers, Metadata, Object, PinnedSource,
    Precondition, ProviderError, Token,
};
use promote_testing::memory::{MemoryBucket, MemoryKind, MemoryWorld, VirtualClock};
use std::collections::BTreeMap;

/// Files by path.
pub type Files = BTreeMap<String, String>;

pub struct Stage {
    pub from: MemoryBucket,
    pub to: MemoryBucket,
}

pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub fn files(pairs: &[(&str, &str)]) -> Files {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

pub fn commit(digit: char) -> CommitId {
    digit.to_string().repeat(40).parse().unwrap()
}

pub fn entries(files: &Files) -> Vec<Entry> {
    files
        .iter()
        .map(|(path, text)| {
            Entry::new(path, path.ends_with(".sh"), Body::Bytes(text.clone().into())).unwrap()
        })
        .collect()
}

/// Publishes a folder.
pub async fn put(
    bucket: &dyn Bucket,
    location: &Location,
    commit: &CommitId,
    entries: Vec<Entry>,
) -> Result<Put, Failure> {
    let clock = &VirtualClock::default();
    Publishing { bucket, location, commit, clock }.put(entries).await
}

pub fn kinds() -> [(&'static str, MemoryKind); 3] {
    [("local", MemoryKind::local_like()), ("s3", MemoryKind::s3_like()), ("gcs", MemoryKind::gcs_like())]
}

/// Stages with source and target in one store, and in stores of two kinds.
pub fn stages() -> Vec<(String, Stage)> {
    let mut all = Vec::new();
    for (name, kind) in kinds() {
        all.push((name.to_owned(), Stage::within(kind.clone())));
        all.push((format!("local to {name}"), Stage::between(MemoryKind::local_like(), kind)));
    }
    all.push(("by folder".to_owned(), Stage::within(MemoryKind::by_folder())));
    all
}

pub fn metadata(promotion: &str) -> Metadata {
    [("promote-commit", "c"), ("promote-id", promotion), ("promote-actor", "ann")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl Stage {
    pub fn within(kind: MemoryKind) -> Self {
        let bucket = MemoryWorld::default().bucket(StoreId::Memory("m".to_owned()), kind);
        Self { from: bucket.clone(), to: bucket }
    }

    /// Two stores of two kinds, which don't copy from each other.
    pub fn between(from: MemoryKind, to: MemoryKind) -> Self {
        Self::named((StoreId::S3("rel".to_owned()), from), (StoreId::Gcs("env".to_owned()), to))
    }

    /// Two stores by their names.
    pub fn named(from: (StoreId, MemoryKind), to: (StoreId, MemoryKind)) -> Self {
        let world = MemoryWorld::default();
        Self { from: world.bucket(from.0, from.1), to: world.bucket(to.0, to.1) }
    }

    pub fn release(&self, digit: char) -> Location {
        Location { store: self.from.store().clone(), key: key(&format!("rel/{digit}/.promote-folder.json")) }
    }

    pub fn target(&self) -> Location {
        Location { store: self.to.store().clone(), key: key("env/.promote-folder.json") }
    }

    pub fn publish(&self, digit: char, files: &Files) -> FolderManifest {
        block_on(put(&self.from, &self.release(digit), &commit(digit), entries(files))).unwrap().manifest
    }

    /// The move of a release to the target, as a plan that is made now would have it.
    pub fn moved(&self, digit: char) -> TargetMove {
        let (source, manifest) =
            block_on(FolderManifest::read(&self.from, &self.release(digit))).unwrap().unwrap();
        let target = self.target();
        let before = block_on(self.to.head(&target.key)).unwrap();
        // What the last promotion noted beside the manifest, as observing finds it.
        let noted = block_on(FolderManifest::read(&self.to, &target)).ok().flatten();
        TargetMove {
            artifact: None,
            target,
            source: PinnedSource {
                location: self.release(digit),
                token: source.token,
                version: source.version,
                sha256: manifest.identity(),
                size: source.size,
                headers: source.headers,
            },
            when: before
                .as_ref()
                .map_or(Precondition::Absent, |before| Precondition::Matches(before.token.clone())),
            before: before.map(|before| Before {
                token: before.token,
                version: before.version,
                sha256: noted.and_then(|(_, noted)| noted.of),
                size: before.size,
            }),
            way: CopyGuard::ConditionalCopy,
            fence: FenceClass::Exact,
            shape: Shape::Folder { prune: true },
        }
    }

    /// Brings the target to a release, through whatever is around the stores.
    pub fn bring_on(
        &self,
        from: &dyn BucketReader,
        to: &dyn Bucket,
        how: &How<'_>,
    ) -> Result<Object, ProviderError> {
        let moved = self.moved(how.release);
        let condition = Condition { when: moved.when.clone(), way: moved.way, fence: None };
        let metadata = metadata(how.promotion);
        let read = self.read(how);
        let bringing = FolderSync {
            from,
            to,
            moved: &moved,
            metadata: &metadata,
            condition: &condition,
            prune: how.prune,
            everything: how.everything,
            clock: self.to.world().clock(),
            known: read.known(),
            standing: how.standing,
            done: None,
        };
        block_on(bringing.run())
    }

    /// What a plan for this reads of the two folders.
    pub fn read(&self, how: &How<'_>) -> Read {
        let manifest = |bucket, at: &Location| block_on(FolderManifest::read(bucket, at)).ok().flatten();
        let there = block_on(listed(&self.to, &self.target(), None)).unwrap();
        if !how.known {
            return Read { there, ..Read::default() };
        }
        let target = manifest(&self.to, &self.target()).map(|(object, manifest)| (object.token, manifest));
        let source = manifest(&self.from, &self.release(how.release)).map(|(_, source)| source);
        Read { source, target, there }
    }

    /// Carries out a move that was planned before, with what the plan had read.
    pub fn carry_out(
        &self,
        moved: &TargetMove,
        condition: &Condition,
        known: ReadBefore<'_>,
    ) -> Result<Object, ProviderError> {
        let metadata = metadata("p2");
        let (from, to) = (&self.from, &self.to);
        let (prune, everything, standing, done, clock) = (true, false, None, None, self.to.world().clock());
        let metadata = &metadata;
        let bringing = FolderSync {
            from,
            to,
            moved,
            metadata,
            condition,
            prune,
            everything,
            clock,
            known,
            standing,
            done,
        };
        block_on(bringing.run())
    }

    pub fn bring(&self, how: &How<'_>) -> Result<Object, ProviderError> {
        self.bring_on(&self.from, &self.to, how)
    }

    /// The files in the target, without its manifest.
    pub fn there(&self) -> Files {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        self.to
            .snapshot()
            .iter()
            .filter_map(|(key, (_, bytes))| {
                Some((key.as_str().strip_prefix("env/")?.to_owned(), text(bytes)))
            })
            .filter(|(path, _)| path != ".promote-folder.json")
            .collect()
    }

    /// The target's manifest.
    pub fn manifest(&self) -> Option<FolderManifest> {
        block_on(FolderManifest::read(&self.to, &self.target())).unwrap().map(|(_, manifest)| manifest)
    }

    /// The target holds just this release, and says so truthfully.
    pub fn holds(&self, digit: char, files: &Files, what: &str) {
        assert_eq!(self.there(), *files, "{what}");
        self.says(digit, what);
    }

    /// The target's manifest is that of this release, and its tokens are those of the store.
    pub fn says(&self, digit: char, what: &str) {
        let (_, source) = block_on(FolderManifest::read(&self.from, &self.release(digit))).unwrap().unwrap();
        let manifest = self.manifest().unwrap_or_else(|| panic!("{what}: no manifest"));
        assert_eq!(manifest.of, Some(source.identity()), "{what}");
        assert_eq!(manifest.source(), source.source(), "{what}");
        let snapshot = self.to.snapshot();
        for file in &manifest.files {
            let (object, bytes) = &snapshot[&key(&format!("env/{}", file.path))];
            assert_eq!(Some(&object.token), file.token.as_ref(), "{what}: {}", file.path);
            assert_eq!(promote_core::digest::Digest::of(bytes), file.sha256, "{what}: {}", file.path);
        }
    }

    /// A file lands that an earlier promotion sent.
    pub fn late(&self, path: &str, text: &str) {
        let mut marks = metadata("p0");
        marks.insert("promote-sha256".to_owned(), Digest::of(text.as_bytes()).hex());
        let (key, body) = (key(&format!("env/{path}")), Body::Bytes(text.to_owned().into()));
        block_on(self.to.write(&key, body, &Headers::default(), &marks, &Condition::absent())).unwrap();
    }

    /// Somebody writes with plain tools.
    pub fn by_hand(&self, path: &str, text: &str) {
        self.to.put(&key(&format!("env/{path}")), text.to_owned()).unwrap();
    }
}

/// How a target is brought to a release.
#[derive(Clone, Copy)]
pub struct How<'a> {
    pub release: char,
    pub promotion: &'a str,
    pub prune: bool,
    pub everything: bool,
    /// Whether what the plan read is handed on.
    pub known: bool,
    pub standing: Option<&'a dyn Standing>,
}

/// Manifests as a plan read them.
#[derive(Default)]
pub struct Read {
    pub source: Option<FolderManifest>,
    pub target: Option<(Token, FolderManifest)>,
    pub there: Vec<Object>,
}

impl Read {
    pub fn known(&self) -> ReadBefore<'_> {
        let target = self.target.as_ref().map(|(token, manifest)| (token, manifest));
        ReadBefore { source: self.source.as_ref(), target, there: Some(&self.there), ..ReadBefore::default() }
    }
}

/// To this release, removing what it lacks.
pub fn to(release: char) -> How<'static> {
    How { release, promotion: "p1", prune: true, everything: false, known: true, standing: None }
}
