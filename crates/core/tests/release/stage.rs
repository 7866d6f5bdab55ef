//! A project whose releases are an image, two folders and a zip, in memory.

use bytes::Bytes;
use futures_executor::block_on;
use promote_core::config::{Config, ReadContext, read};
use promote_core::event::Silent;
use promote_core::failure::Failure;
use promote_core::folder::{self, FolderManifest};
use promote_core::init_ledger::init_ledger;
use promote_core::ledger::{Ledger, State};
use promote_core::location::{Key, StoreId};
use promote_core::pointer::Pointer;
use promote_core::port::{Body, Bucket, Clock, Condition, Headers, Metadata, StepRunner};
use promote_core::ports::Ports;
use promote_core::publish::{Given, Publication, Published, publish};
use promote_core::request::Request;
use promote_testing::decorator::{FaultPlan, Faulty, Log, Recording};
use promote_testing::memory::{MemoryBucket, MemoryKind, MemoryWorld, SeededEntropy, VirtualClock};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use crate::acting::*;

/// The image first, then the two folders, the zip that a pipeline watches last.
pub const PROJECT: &str = r#"
project      = "shop"
environments = ["staging", "prod"]
ledger       = "memory://store/.promote/shop/"

[artifact.image]
source = "registry.test/acme/shop:{sha:8}"
target = "registry.test/acme/shop:{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}"

[artifact.config]
source = "memory://store/config/{sha}/"
target = "memory://store/live/{env}/"
prune  = true

[artifact.rules]
source = "memory://store/rules/{sha}/"
target = "memory://store/{env}/rules.json"

[artifact.app]
source = "memory://store/app/{sha}.zip"
target = "memory://store/{env}/app.zip"
"#;

/// The stores, the clock and the configuration.
pub struct Stage {
    pub store: MemoryBucket,
    pub registry: MemoryBucket,
    pub clock: VirtualClock,
    pub config: Config,
    pub entropy: Arc<SeededEntropy>,
}

pub fn registry_id() -> StoreId {
    StoreId::Image("registry.test/acme/shop".to_owned())
}

pub fn store_id() -> StoreId {
    StoreId::Memory("store".to_owned())
}

/// The files of a release's folder: one that is in every release, one that changes, and one that only some have.
pub fn files(digit: char) -> BTreeMap<&'static str, String> {
    let mut files = BTreeMap::from([
        ("always.txt", "the same for ever".to_owned()),
        ("deep/changes.yaml", format!("release: {digit}")),
    ]);
    match digit {
        'a' => files.insert("only-a.txt", "a".to_owned()),
        'b' => files.insert("only-b.txt", "b".to_owned()),
        _ => None,
    };
    files
}

pub fn image(digit: char) -> String {
    format!("{{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"release\":\"{digit}\"}}")
}

pub fn zip(digit: char) -> String {
    format!("the zip of {digit}")
}

/// What a file means.
pub fn config(text: &str) -> Config {
    let variables = |_: &str| None;
    let version = "0.1.0".parse().unwrap();
    let context = ReadContext { default_project: None, variables: &variables, version, schemes: &[] };
    match read(text, &context) {
        Ok((config, _)) => config,
        Err(found) => panic!("{found:?}"),
    }
}

impl Stage {
    /// Releases a, b and c are published; a is in both environments, b in staging.
    pub fn ready(kind: MemoryKind) -> Self {
        Self::ready_with(PROJECT, kind)
    }

    /// The same with another file, which names some of these artifacts.
    pub fn ready_with(file: &str, kind: MemoryKind) -> Self {
        let clock = VirtualClock::default();
        let memory = MemoryWorld::new(clock.clone());
        let stage = Self {
            store: memory.bucket(store_id(), kind),
            registry: memory.bucket(registry_id(), MemoryKind::registry_like()),
            clock,
            config: config(file),
            entropy: Arc::new(SeededEntropy::new(7)),
        };
        for digit in ['a', 'b', 'c'] {
            stage.publish(digit);
        }
        for (to, digit) in [("staging", 'a'), ("prod", 'a'), ("staging", 'b')] {
            stage.clock.advance(Duration::from_secs(3600));
            let end = stage.to(to, digit);
            assert!(matches!(end, End::Done(_)), "{digit} to {to}: {end:?}");
        }
        stage.clock.advance(Duration::from_secs(3600));
        stage
    }

    fn ports_on(&self, store: Arc<dyn Bucket>, registry: Arc<dyn Bucket>) -> Ports {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let root: Key = ".promote/shop".parse().unwrap();
        Ports {
            ledger: Ledger::new(Arc::clone(&store), root, Arc::clone(&clock)),
            stores: [(store_id(), store), (registry_id(), registry)].into(),
            clock,
            entropy: Arc::clone(&self.entropy) as Arc<dyn promote_core::port::Entropy>,
            history: None,
            people: Default::default(),
            steps: Arc::new(NoSteps),
            events: Arc::new(Silent),
        }
    }

    pub fn ports(&self) -> Ports {
        self.ports_on(Arc::new(self.store.clone()), Arc::new(self.registry.clone()))
    }

    /// A world in which the steps do something.
    pub fn ports_doing(&self, steps: Arc<dyn StepRunner>) -> Ports {
        Ports { steps, ..self.ports() }
    }

    /// A world whose requests are counted.
    pub fn recorded(&self) -> (Ports, Log) {
        let log = Log::new();
        let count =
            |bucket: &MemoryBucket| Arc::new(Recording::around(Arc::new(bucket.clone()), log.clone()));
        (self.ports_on(count(&self.store), count(&self.registry)), log)
    }

    /// A world in which one call, of whichever store, goes wrong.
    pub fn faulty(&self, plan: &FaultPlan) -> Ports {
        let wrap = |bucket: &MemoryBucket| Arc::new(Faulty::around(Arc::new(bucket.clone()), plan.clone()));
        self.ports_on(wrap(&self.store), wrap(&self.registry))
    }

    /// The build pushes the image before it publishes.
    pub fn push(&self, digit: char) {
        let tag: Key = digit.to_string().repeat(8).parse().unwrap();
        let body = Body::Bytes(Bytes::from(image(digit)));
        let any = Condition::on(promote_core::port::Precondition::Any);
        block_on(self.registry.write(&tag, body, &Headers::default(), &Metadata::new(), &any)).unwrap();
    }

    pub fn publish(&self, digit: char) {
        self.push(digit);
        self.try_publish(&self.ports(), digit).unwrap();
    }

    pub fn try_publish(&self, ports: &Ports, digit: char) -> Result<Published, Failure> {
        self.clock.advance(Duration::from_secs(60));
        block_on(init_ledger(ports, &self.config)).unwrap();
        let folder = || {
            let entry = |(path, text): (&str, String)| {
                folder::Entry::new(path, false, Body::Bytes(Bytes::from(text))).unwrap()
            };
            Given::Folder(files(digit).into_iter().map(entry).collect())
        };
        let app = Given::Object { body: Body::Bytes(Bytes::from(zip(digit))), content: None };
        let publication = Publication {
            commit: commit(digit),
            subject: None,
            committed_at: Some(self.clock.now()),
            version: None,
            branches: Vec::new(),
            artifacts: [
                ("config".to_owned(), folder()),
                ("rules".to_owned(), folder()),
                ("app".to_owned(), app),
                ("main".to_owned(), folder()),
            ]
            .into(),
            built: "given".to_owned(),
            allowed: Default::default(),
            actor: actor("ci"),
        };
        block_on(publish(ports, &self.config, &publication))
    }

    pub fn to(&self, environment: &str, digit: char) -> End {
        let request = Request::promote(name(environment), wanted(digit), actor("ann"));
        block_on(run(&self.ports(), &self.config, request))
    }

    pub fn state(&self, environment: &str) -> State {
        let head = block_on(self.ports().ledger.reader().head(&environment.parse().unwrap())).unwrap();
        head.map(|head| head.record.state).unwrap_or_default()
    }

    pub fn bytes(&self, key: &str) -> Option<String> {
        let found = self.store.bytes(&key.parse().unwrap())?;
        Some(String::from_utf8(found.to_vec()).unwrap())
    }

    /// The release that the zip, the pointer and the folder hold: `None` for one that holds no whole release.
    pub fn held(&self, environment: &str) -> [Option<char>; 3] {
        let digits = || ['a', 'b', 'c'].into_iter();
        let app = self.bytes(&format!("{environment}/app.zip"));
        let rules = self.store.bytes(&format!("{environment}/rules.json").parse().unwrap());
        let rules = rules.map(|bytes| Pointer::from_bytes(&bytes).unwrap().commit);
        let prefix = format!("live/{environment}/");
        let there: BTreeMap<String, String> = self
            .store
            .snapshot()
            .iter()
            .filter_map(|(key, (_, bytes))| {
                let path = key.as_str().strip_prefix(&prefix)?;
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                (path != promote_core::location::FOLDER).then(|| (path.to_owned(), text))
            })
            .collect();
        let same = |digit: &char| {
            let wanted = files(*digit);
            wanted.len() == there.len() && wanted.iter().all(|(path, text)| there.get(*path) == Some(text))
        };
        [
            digits().find(|digit| app.as_deref() == Some(&zip(*digit))),
            digits().find(|digit| rules.as_ref() == Some(&commit(*digit))),
            digits().find(same),
        ]
    }

    /// The manifest of the folder in place.
    pub fn manifest(&self, environment: &str) -> FolderManifest {
        let key = format!("live/{environment}/{}", promote_core::location::FOLDER);
        FolderManifest::from_bytes(self.bytes(&key).unwrap().as_bytes()).unwrap()
    }
}
