//! A project of three environments in memory, and people who act on it.

use bytes::Bytes;
use futures_executor::block_on;
use promote_core::config::{
    Approvals, Artifact, ArtifactKind, Config, Environment, Lane, LedgerPlace, OnFailure, Tier,
};
use promote_core::event::Silent;
use promote_core::failure::Failure;
use promote_core::init_ledger::init_ledger;
use promote_core::ledger::{Ledger, State};
use promote_core::location::{Key, StoreId};
use promote_core::port::{Body, Bucket, Clock};
use promote_core::ports::Ports;
use promote_core::publish::{Given, Publication, Published, publish};
use promote_core::request::Request;
use promote_core::template::Template;
use promote_testing::decorator::{Log, Recording};
use promote_testing::memory::{MemoryBucket, MemoryKind, MemoryWorld, SeededEntropy, VirtualClock};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use crate::acting::*;

/// The stores, the clock and the configuration.
pub struct Stage {
    pub bucket: MemoryBucket,
    pub clock: VirtualClock,
    pub config: Config,
    pub entropy: Arc<SeededEntropy>,
}

pub fn content(digit: char) -> Bytes {
    Bytes::from(format!("the bytes of {digit}"))
}

fn environment(text: &str, from: &[&str], auto: bool) -> Environment {
    Environment {
        name: name(text),
        lane: text.parse().unwrap(),
        tier: Tier::Staging,
        from: from.iter().map(|text| name(text)).collect(),
        auto,
        artifacts: vec![Artifact {
            name: None,
            source: Template::parse("memory://m/rel/{sha}.zip").unwrap(),
            target: Some(Template::parse("memory://m/{env}.zip").unwrap()),
            kind: ArtifactKind::Object,
            prune: false,
        }],
        needs: Vec::new(),
        branch: None,
        soak: Duration::ZERO,
        approvals: Approvals::default(),
        checks: Vec::new(),
        evidence: Vec::new(),
        versions: None,
        freeze: Vec::new(),
        open: Vec::new(),
        notes: Vec::new(),
        plan: Vec::new(),
        prepare: Vec::new(),
        deploy: Vec::new(),
        verify: Vec::new(),
        on_failure: OnFailure::Stop,
        while_deploying: promote_core::config::WhileDeploying::Refuse,
        timeout: Duration::from_secs(60),
        workdir: None,
        url: None,
        hold: true,
        notify: promote_core::config::Notify::default(),
    }
}

pub fn config() -> Config {
    let environments = [environment("staging", &[], true), environment("prod", &["staging"], false)];
    Config {
        project: "shop".parse().unwrap(),
        timezone: chrono_tz::UTC,
        stages: environments.iter().map(|one| vec![one.name.clone()]).collect(),
        lanes: environments
            .iter()
            .map(|one| Lane { name: one.lane.clone(), environments: vec![one.name.clone()] })
            .collect(),
        environments: environments.into_iter().map(|one| (one.name.clone(), one)).collect(),
        ledger: LedgerPlace {
            store: StoreId::Memory("m".to_owned()),
            prefix: ".promote/shop".parse().unwrap(),
        },
        pack: None,
        stores: BTreeMap::new(),
        required_version: None,
        render: None,
        host: None,
        signers: None,
        forge: None,
        frozen: None,
        unacted: Vec::new(),
        effective: Vec::new(),
    }
}

impl Stage {
    /// A project in a store of this kind, with nothing published.
    pub fn empty(kind: MemoryKind) -> Self {
        let clock = VirtualClock::default();
        let world = MemoryWorld::new(clock.clone());
        let bucket = world.bucket(StoreId::Memory("m".to_owned()), kind);
        Self { bucket, clock, config: config(), entropy: Arc::new(SeededEntropy::new(7)) }
    }

    /// Releases a to e are published, in this order; a is in both environments, b in staging.
    pub fn ready(kind: MemoryKind) -> Self {
        let stage = Self::empty(kind);
        for digit in ['a', 'b', 'c', 'd', 'e'] {
            stage.publish(digit);
        }
        for (to, digit) in [("staging", 'a'), ("prod", 'a'), ("staging", 'b')] {
            stage.clock.advance(Duration::from_secs(3600));
            assert!(matches!(stage.to(to, digit), End::Done(_)), "{digit} to {to}");
        }
        stage.clock.advance(Duration::from_secs(3600));
        stage
    }

    pub fn ports_on(&self, bucket: Arc<dyn Bucket>) -> Ports {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let root: Key = ".promote/shop".parse().unwrap();
        Ports {
            stores: [(StoreId::Memory("m".to_owned()), Arc::clone(&bucket))].into(),
            ledger: Ledger::new(bucket, root, Arc::clone(&clock)),
            clock,
            entropy: Arc::clone(&self.entropy) as Arc<dyn promote_core::port::Entropy>,
            history: None,
            people: Default::default(),
            steps: Arc::new(NoSteps),
            events: Arc::new(Silent),
        }
    }

    pub fn ports(&self) -> Ports {
        self.ports_on(Arc::new(self.bucket.clone()))
    }

    /// A world whose requests are counted.
    pub fn recorded(&self) -> (Ports, Log) {
        let log = Log::new();
        (self.ports_on(Arc::new(Recording::around(Arc::new(self.bucket.clone()), log.clone()))), log)
    }

    pub fn publish(&self, digit: char) {
        self.try_publish(&self.ports(), digit).unwrap();
    }

    pub fn try_publish(&self, ports: &Ports, digit: char) -> Result<Published, Failure> {
        self.clock.advance(Duration::from_secs(60));
        block_on(init_ledger(ports, &self.config)).unwrap();
        let publication = Publication {
            commit: commit(digit),
            subject: Some(format!("work on {digit}")),
            committed_at: Some(self.clock.now()),
            version: None,
            branches: vec!["main".to_owned()],
            artifacts: [(
                "main".to_owned(),
                Given::Object { body: Body::Bytes(content(digit)), content: None },
            )]
            .into(),
            built: "given".to_owned(),
            allowed: Default::default(),
            actor: actor("ci"),
        };
        block_on(publish(ports, &self.config, &publication))
    }

    pub fn to(&self, environment: &str, digit: char) -> End {
        block_on(run(
            &self.ports(),
            &self.config,
            Request::promote(name(environment), wanted(digit), actor("ann")),
        ))
    }

    pub fn state(&self, environment: &str) -> State {
        let head = block_on(self.ports().ledger.reader().head(&environment.parse().unwrap())).unwrap();
        head.map(|head| head.record.state).unwrap_or_default()
    }

    /// What a target holds.
    pub fn target(&self, environment: &str) -> Option<Bytes> {
        self.bucket.bytes(&format!("{environment}.zip").parse().unwrap())
    }
}
