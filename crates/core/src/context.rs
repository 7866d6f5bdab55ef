//! One promotion that is being carried out: what all of its parts share, looked up once. Who opens it, writes its targets and
//! runs its steps takes it along whole; nothing here is read from outside.

use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::observe::environment;
use crate::plan::Plan;
use crate::ports::Ports;
use crate::request::Request;
use crate::snapshot::Snapshot;

/// A plan that was decided on a snapshot, and with what it is carried out.
#[derive(Debug, Clone, Copy)]
pub struct PromotionContext<'p> {
    /// The ports.
    pub ports: &'p Ports,
    /// The configuration.
    pub config: &'p Config,
    /// The environment that the plan is for.
    pub environment: &'p Environment,
    /// The plan.
    pub plan: &'p Plan,
    /// What it was decided on.
    pub snapshot: &'p Snapshot,
    /// Who asked, on what terms.
    pub request: &'p Request,
}

impl<'p> PromotionContext<'p> {
    /// The context of a plan.
    ///
    /// # Errors
    /// When the configuration has no such environment.
    pub fn new(
        ports: &'p Ports,
        config: &'p Config,
        plan: &'p Plan,
        snapshot: &'p Snapshot,
        request: &'p Request,
    ) -> Result<Self, Failure> {
        let environment = environment(config, &plan.environment)?;
        Ok(Self { ports, config, environment, plan, snapshot, request })
    }

    /// The environments that move, the one that was asked for among them.
    pub fn moved(&self) -> Vec<&'p Environment> {
        self.config.moved(self.environment, &self.plan.terms.include)
    }

    /// Whether it takes over from a promotion that is open.
    pub const fn supersedes(&self) -> bool {
        self.plan.supersedes.is_some()
    }
}
