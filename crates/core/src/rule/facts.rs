//! What every rule is asked with: what is configured, what was read, and what is wanted.

use crate::config::{Config, Environment};
use crate::ledger::{Action, ReleaseRef};
use crate::request::Request;
use crate::snapshot::Snapshot;

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The whole configuration.
    pub config: &'a Config,
    /// The environment's settings.
    pub environment: &'a Environment,
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// What is asked.
    pub request: &'a Request,
    /// The release that would move.
    pub release: &'a ReleaseRef,
}

impl Facts<'_> {
    /// Whether a promotion that was cut off is finished as it was begun.
    pub fn resuming(&self) -> bool {
        let open = self.snapshot.head.as_ref().and_then(|head| head.state().open.as_ref());
        self.request.take_over.is_wanted()
            && open.is_some_and(|open| {
                open.action == self.request.action && open.release.same_bytes(self.release)
            })
    }

    /// Whether an earlier release comes back.
    pub fn rolling_back(&self) -> bool {
        self.request.action == Action::Rollback
    }
}
