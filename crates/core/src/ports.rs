//! The outside world as the flows see it: the ports, gathered once by a frontend. [`ReadPorts`] can only read;
//! [`Ports`] can write as well.

use crate::config::{ArtifactKind, Config};
use crate::event::Events;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Ledger, LedgerReader};
use crate::location::StoreId;
use crate::port::{Bucket, BucketReader, Clock, Entropy, Forge, History, Signer, Signers, StepRunner};
use crate::template::Values;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What observing needs: reading halves only.
#[derive(Debug, Clone)]
pub struct ReadPorts {
    /// The stores, by name.
    pub stores: BTreeMap<StoreId, Arc<dyn BucketReader>>,
    /// The ledger.
    pub ledger: LedgerReader,
    /// This machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The repository, where one is at hand.
    pub history: Option<Arc<dyn History>>,
    /// Who vouches for people.
    pub people: People,
    /// Hears what takes time.
    pub events: Arc<dyn Events>,
}

/// Who vouches for people, as far as the project says so and it is at hand. Without any of it, names are as somebody says.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Whose signatures count: the file that `signers` names.
    pub signers: Option<Arc<dyn Signers>>,
    /// The key of whoever acts.
    pub signer: Option<Arc<dyn Signer>>,
    /// The forge, for what it says of people and commits.
    pub forge: Option<Arc<dyn Forge>>,
}

/// What carrying out needs.
#[derive(Debug, Clone)]
pub struct Ports {
    /// The stores, by name.
    pub stores: BTreeMap<StoreId, Arc<dyn Bucket>>,
    /// The ledger.
    pub ledger: Ledger,
    /// This machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The repository, where one is at hand.
    pub history: Option<Arc<dyn History>>,
    /// Who vouches for people, and the key of whoever acts.
    pub people: People,
    /// Runs steps.
    pub steps: Arc<dyn StepRunner>,
    /// Hears what happens.
    pub events: Arc<dyn Events>,
}

impl Ports {
    /// The same for one run, which these events hear. Several runs may go on side by side.
    #[must_use]
    pub fn of_run(&self, events: Arc<dyn Events>) -> Self {
        Self { ledger: self.ledger.apart(), events, ..self.clone() }
    }

    /// The reading half.
    pub fn view(&self) -> ReadPorts {
        ReadPorts {
            stores: self
                .stores
                .iter()
                .map(|(id, bucket)| (id.clone(), Arc::clone(bucket) as Arc<dyn BucketReader>))
                .collect(),
            ledger: self.ledger.reader().clone(),
            clock: Arc::clone(&self.clock),
            history: self.history.clone(),
            people: self.people.clone(),
            events: Arc::clone(&self.events),
        }
    }

    /// A store that the configuration names.
    ///
    /// # Errors
    /// When no such store was connected: a fault of the frontend, worded as one.
    pub fn store(&self, id: &StoreId) -> Result<&Arc<dyn Bucket>, Failure> {
        self.stores.get(id).ok_or_else(|| unconnected(id))
    }

    /// 32 hexadecimal digits of chance.
    pub fn nonce(&self) -> String {
        self.entropy.nonce().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl ReadPorts {
    /// A store that the configuration names.
    ///
    /// # Errors
    /// When no such store was connected: a fault of the frontend, worded as one.
    pub fn store(&self, id: &StoreId) -> Result<&Arc<dyn BucketReader>, Failure> {
        self.stores.get(id).ok_or_else(|| unconnected(id))
    }
}

fn unconnected(id: &StoreId) -> Failure {
    Failure::new(ExitStatus::Failed, format!("the store `{id}` was not connected"))
}

/// The stores that a configuration names: of the ledger, of all sources and targets, and of what is needed.
pub fn stores_of(config: &Config) -> Vec<StoreId> {
    let mut found = vec![config.ledger.store.clone()];
    for environment in config.environments.values() {
        let values = Values {
            env: Some(environment.name.clone()),
            project: Some(config.project.clone()),
            ..Values::default()
        };
        let moved = environment.artifacts.iter().filter(|artifact| artifact.kind != ArtifactKind::Git);
        let places = moved.flat_map(|artifact| std::iter::once(&artifact.source).chain(&artifact.target));
        for template in places.chain(&environment.needs) {
            found.extend(template.fill(&values).ok().and_then(|template| template.store()));
        }
    }
    found.sort();
    found.dedup();
    found
}
