//! Looking once more at what is about to move, when anything took place since the plan looked at it. The store compares
//! the source of a copy; but nothing holds the write of a pointer to the folder behind it, nor a pipeline to the object
//! that is not moved. And of several copies, or of a folder's files, the first would be written by then.

use crate::failure::Failure;
use crate::folder::PAUSE_S;
use crate::ledger::{Head, Shape, TargetMove};
use crate::observe::{still, unblocked};
use crate::plan::Plan;
use crate::request::Request;
use crate::snapshot::Snapshot;
use crate::world::World;
use chrono::TimeDelta;
use std::time::Duration;

/// When what the targets will name was looked at last.
pub(super) struct Again<'a> {
    world: &'a World,
    snapshot: &'a Snapshot,
    /// Whether a step ran since, or something was waited for.
    apart: bool,
    /// By the clock that nobody sets; `None` for too long ago.
    looked: Option<Duration>,
}

impl<'a> Again<'a> {
    /// As it is once the intent is written. `apart`: a step ran since, or something was waited for. `begun`: when the
    /// move was begun.
    pub(super) fn new(
        world: &'a World,
        (snapshot, intent, request): (&'a Snapshot, &Head, &Request),
        (apart, begun): (bool, Duration),
    ) -> Self {
        // By the store's clock, which told both times.
        let planned = intent.stored_at - snapshot.taken_at <= TimeDelta::seconds(PAUSE_S.into());
        let at_once = !apart && !request.asked && planned;
        Self { world, snapshot, apart, looked: at_once.then_some(begun) }
    }

    /// Looks at all of it before the first target is written: then nothing has moved yet.
    pub(super) async fn all(&mut self, plan: &Plan) -> Result<(), Failure> {
        if self.is_recent() {
            return Ok(());
        }
        if self.apart {
            unblocked(self.world, self.snapshot, &plan.release.commit).await?;
        }
        let now = self.world.clock.steady();
        // One copy alone is refused by the store just as well.
        let alone = plan.targets.len() == 1;
        for target in plan.targets.iter().filter(|target| !alone || target.shape != Shape::Whole) {
            still(self.world, self.snapshot, target).await?;
        }
        self.looked = Some(now);
        Ok(())
    }

    /// Looks at what one target will name, right before it does.
    pub(super) async fn one(&self, target: &TargetMove) -> Result<(), Failure> {
        let as_it_lies = matches!(target.shape, Shape::Pointer { .. } | Shape::Unmoved);
        if !as_it_lies || self.is_recent() {
            return Ok(());
        }
        still(self.world, self.snapshot, target).await
    }

    /// Whether all that the plan looked at was looked at a moment ago, and nothing was waited for since.
    pub(super) fn is_recent(&self) -> bool {
        let since = self.looked.map(|looked| self.world.clock.steady().saturating_sub(looked));
        since.is_some_and(|since| since <= Duration::from_secs(PAUSE_S.into()))
    }
}
