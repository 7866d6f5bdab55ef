//! Looking once more at what is about to move, when anything took place since the plan looked at it. The store compares
//! the source of a copy; but nothing holds the write of a pointer to the folder behind it, nor a pipeline to the object
//! that is not moved. And of several copies, or of a folder's files, the first would be written by then.

use crate::context::PromotionContext;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::finding::{Finding, Verdict};
use crate::folder::{PAUSE_S, Pin};
use crate::ledger::{Action, Head, Shape, TargetMove};
use crate::location::Key;
use crate::observe::{Anew, still, unblocked, unfailed, unfrozen, unrejected};
use chrono::TimeDelta;
use futures_util::future::join4;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// When what the targets will name was looked at last.
pub(super) struct Again<'a> {
    context: PromotionContext<'a>,
    /// Whether a step ran since, or something was waited for.
    apart: bool,
    /// By the clock that nobody sets; `None` for too long ago.
    looked: Option<Duration>,
    /// What was put at a source again, by artifact.
    anew: BTreeMap<String, Anew>,
}

impl<'a> Again<'a> {
    /// As it is once the intent is written. `apart`: a step ran since, or something was waited for. `begun`: when the
    /// move was begun.
    pub(super) fn new(
        context: PromotionContext<'a>,
        intent: &Head,
        (apart, begun): (bool, Duration),
    ) -> Self {
        // By the store's clock, which told both times.
        let planned = intent.stored_at - context.snapshot.taken_at <= TimeDelta::seconds(PAUSE_S.into());
        let at_once = !apart && !context.request.asked && planned;
        Self { context, apart, looked: at_once.then_some(begun), anew: BTreeMap::new() }
    }

    /// Looks at all of it before the first target is written: then nothing has moved yet.
    pub(super) async fn all(&mut self) -> Result<(), Failure> {
        if self.is_recent() {
            return Ok(());
        }
        let PromotionContext { ports, plan, snapshot, .. } = self.context;
        // Of what is gone on with, what was said before was judged; what is said now is heeded.
        let heeded = |rule: &str| {
            let asked = |one: &Finding| matches!(one.verdict, Verdict::Met | Verdict::Skipped);
            plan.action != Action::Rollback && plan.findings.iter().any(|one| one.rule == rule && asked(one))
        };
        let (view, apart, config) = (ports.view(), self.apart, self.context.config);
        let rejected = async {
            match heeded("approvals") {
                true => unrejected(&view, snapshot, (&plan.lane, &plan.release)).await,
                false => Ok(()),
            }
        };
        let failed = async {
            let place = (&plan.lane, &plan.release.commit);
            if heeded("evidence") { unfailed(&view, config, snapshot, place).await } else { Ok(()) }
        };
        let blocked =
            async { if apart { unblocked(ports, snapshot, &plan.release.commit).await } else { Ok(()) } };
        let frozen = async { if apart { unfrozen(ports, snapshot, plan).await } else { Ok(()) } };
        // Side by side: a store that brings all of it at once is asked once.
        let (rejected, failed, blocked, frozen) = Box::pin(join4(rejected, failed, blocked, frozen)).await;
        rejected.and(failed).and(blocked).and(frozen)?;
        let now = ports.clock.steady();
        for target in &plan.targets {
            // Of one copy alone nothing else moves, and a version that is kept is what was planned.
            let pinned = target.shape == Shape::Whole && target.source.version.is_some();
            match still(ports, snapshot, target).await {
                Ok(Some(anew)) => drop(self.anew.insert(target.name().to_owned(), anew)),
                Ok(None) => {}
                Err(failure) if pinned && plan.targets.len() == 1 && failure.exit == ExitStatus::Conflict => {
                }
                Err(failure) => return Err(failure),
            }
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
        still(self.context.ports, self.context.snapshot, target).await.map(drop)
    }

    /// The target with the very source that was looked at last.
    pub(super) fn pinned<'t>(&self, target: &'t TargetMove) -> Cow<'t, TargetMove> {
        match self.anew.get(target.name()) {
            Some(Anew::Object(source)) => {
                Cow::Owned(TargetMove { source: (**source).clone(), ..target.clone() })
            }
            _ => Cow::Borrowed(target),
        }
    }

    /// What the files of a folder are pinned to since they were put there again.
    pub(super) fn pins(&self, target: &TargetMove) -> Option<&BTreeMap<Key, Pin>> {
        match self.anew.get(target.name())? {
            Anew::Files(pins) => Some(pins),
            Anew::Object(_) => None,
        }
    }

    /// Whether all that the plan looked at was looked at a moment ago, and nothing was waited for since.
    pub(super) fn is_recent(&self) -> bool {
        let since = self.looked.map(|looked| self.context.ports.clock.steady().saturating_sub(looked));
        since.is_some_and(|since| since <= Duration::from_secs(PAUSE_S.into()))
    }
}
