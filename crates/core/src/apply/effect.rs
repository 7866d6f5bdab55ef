//! One write of a promotion: sent once, and after any doubt settled by reading the target back.

use super::again::Again;
use super::landing::{landed, unmoved};
use super::other_source::other_source;
use super::unwritten::{drifted, refused, taken_over, unreadable};
use crate::context::PromotionContext;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder::{self, NewestIntent, Standing as _};
use crate::kept;
use crate::ledger::{Action, Head, Landed, PromotionId, Shape, TargetMove, Verified, key};
use crate::observe::there;
use crate::pointer::Pointer;
use crate::port::{
    Body, Bucket, BucketReader, Condition, ErrorKind, Fence, Headers, Metadata, Object, Precondition,
    ProviderError,
};
use crate::relay::{copies, relay};
use crate::retry::Attempts;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a write ended.
pub(super) enum Effect {
    /// The target has the release.
    Landed {
        /// What it holds now.
        landed: Landed,
        /// Whether every request got a definite answer.
        definite: bool,
    },
    /// It was definitely not written, and no request is on its way.
    Refused(Failure),
    /// Something may have been written, or somebody else has taken over.
    Stuck(Failure),
}

/// What every write of one promotion has in common.
pub(super) struct TargetWriter<'a> {
    pub context: PromotionContext<'a>,
    pub intent: &'a Head,
    pub promotion: &'a PromotionId,
    pub again: Again<'a>,
}

impl TargetWriter<'_> {
    /// What is written beside the content, for everyone with plain tools.
    fn metadata(&self, target: &TargetMove) -> Metadata {
        let PromotionContext { plan, request, .. } = self.context;
        let actor = &request.actor.name;
        let commit = plan.release.commit.as_str();
        let verb = if plan.action == Action::Rollback { "back to" } else { "to" };
        let summary = format!("{} {verb} {} by {actor}", plan.release.commit.short(7), plan.environment);
        let mut metadata: Metadata = [
            ("promote-commit", commit.to_owned()),
            ("promote-sha256", target.source.sha256.hex()),
            ("promote-source", target.source.location.to_string()),
            ("promote-environment", plan.environment.to_string()),
            ("promote-actor", actor.clone()),
            ("promote-time", self.intent.record.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            ("promote-id", self.promotion.0.clone()),
            ("promote-seq", self.intent.record.seq.to_string()),
            ("codepipeline-artifact-revision-summary", summary),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), plain(&value)))
        .collect();
        if let Some(version) = &plan.release.version {
            metadata.insert("promote-version".to_owned(), plain(version));
        }
        let own = kept::of(&self.context.snapshot.candidate, target, &plan.environment);
        kept::beside(metadata, own)
    }

    /// What the plan was made from. `first`: nothing was sent yet, and nobody else wrote.
    fn known(&self, target: &TargetMove, first: bool) -> folder::ReadBefore<'_> {
        let seen =
            self.context.snapshot.targets.get(target.name()).filter(|seen| seen.location == target.target);
        let there = seen.and_then(|seen| Some((&seen.object.as_ref()?.token, seen.files.as_deref()?)));
        let source = self.context.snapshot.files.get(target.name());
        let planned = source.and_then(|source| source.looked.as_ref()).map(|looked| &looked.pins);
        let pins = self.again.pins(target).or(planned);
        folder::ReadBefore {
            source: source.map(|source| &*source.manifest),
            pins,
            target: there,
            there: self.context.snapshot.there.get(target.name()).map(|there| there.as_slice()),
            just_now: first && self.again.is_recent(),
        }
    }

    /// Whether an object was written by this very promotion. Where a store keeps no mark, the content alone tells.
    fn is_ours(&self, target: &TargetMove, object: &Object) -> bool {
        let marked = object.metadata.get("promote-id") == Some(&self.promotion.0);
        marked || !self.marks(target) && target.is_held_by(object)
    }

    /// Whether the target's store keeps the mark of whoever wrote it.
    fn marks(&self, target: &TargetMove) -> bool {
        self.context.snapshot.capabilities.get(&target.target.store).is_none_or(|found| found.stamps)
    }

    /// Whether an object is one that the plan, the ledger or a promotion that was taken over accounts for.
    fn is_known(&self, target: &TargetMove, object: Option<&Object>) -> bool {
        let Some(object) = object else { return target.before.is_none() };
        if target.before.as_ref().is_some_and(|before| before.token == object.token) {
            return true;
        }
        let stamp = object.metadata.get("promote-id");
        let state = self.context.snapshot.state();
        let stamped = state.open.iter().flat_map(|open| &open.stamps).any(|id| Some(&id.0) == stamp);
        let recorded = state.current.iter().flat_map(|current| &current.targets);
        let open = state.open.as_ref();
        let content = |digest| digest == object.sha256 && object.sha256.is_some();
        let left = !self.marks(target)
            && open.is_some_and(|open| content(open.release.digest(target.name(), &open.environment)));
        stamped
            || left
            || recorded.into_iter().any(|known| known.target == target.target && known.token == object.token)
    }

    /// Whether the place of the next record is still empty: nobody has taken over.
    async fn still_ours(&self) -> Result<bool, Failure> {
        self.standing().stands().await.map_err(|error| {
            Failure::new(ExitStatus::Unfinished, "whether the promotion was taken over is not known")
                .caused_by(error)
        })
    }

    /// Whom to ask whether nobody has taken over.
    pub(super) fn standing(&self) -> NewestIntent<'_> {
        let Head { record, .. } = self.intent;
        NewestIntent { ledger: self.context.ports.ledger.reader(), lane: &record.lane, seq: record.seq }
    }
}

/// Text that fits a header: ASCII, no control characters.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }).take(256).collect()
}

/// The end of a write that did not land.
fn ended(touched: bool, failure: Failure) -> Effect {
    if touched { Effect::Stuck(failure) } else { Effect::Refused(failure) }
}

/// Carries out one write. `check_first`: the head of the lane was last seen long ago, so look before writing.
pub(super) async fn carry_out(writer: &TargetWriter<'_>, target: &TargetMove, check_first: bool) -> Effect {
    let target = &*writer.again.pinned(target);
    if target.shape == Shape::Unmoved {
        if let Err(failure) = writer.again.one(target).await {
            return Effect::Refused(failure);
        }
        return Effect::Landed { landed: unmoved(target), definite: true };
    }
    let ports = writer.context.ports;
    let bucket = match ports.store(&target.target.store) {
        Ok(bucket) => Arc::clone(bucket),
        Err(failure) => return Effect::Refused(failure),
    };
    let mut when = target.when.clone();
    let mut definite = true;
    // Whether the store ever said that a write took effect, or left that open: then no refusal means that nothing
    // was written, and the promotion must stay open.
    let mut touched = false;
    let mut last: Option<ProviderError> = None;
    let mut attempts = Attempts::new(&*ports.clock, target.source.size);
    while attempts.another() {
        let attempt = attempts.sent() - 1;
        let looked = attempt > 0 || writer.context.supersedes() || check_first;
        if looked {
            // First the target, then the head: the reverse order lets a late write through.
            let seen = match there(&*bucket, &target.target.key).await {
                Ok(seen) => seen,
                Err(error) => {
                    // Before the first try nothing was sent.
                    let exit = refused(&error);
                    let failure = unreadable(target, error);
                    return match attempt {
                        0 => Effect::Refused(Failure { exit, ..failure }),
                        _ => Effect::Stuck(failure),
                    };
                }
            };
            if let Some(object) = seen.as_ref().filter(|object| writer.is_ours(target, object))
                && target.is_held_by(object)
            {
                return Effect::Landed { landed: landed(target, object, Verified::ReadBack, true), definite };
            }
            match writer.still_ours().await {
                Ok(true) => {}
                Ok(false) => return Effect::Stuck(taken_over(&writer.context.plan.environment)),
                Err(failure) if attempt == 0 => return Effect::Refused(failure),
                Err(failure) => return Effect::Stuck(failure),
            }
            if !writer.is_known(target, seen.as_ref()) {
                let failure = drifted(target, seen.as_ref());
                return ended(touched, failure);
            }
            if let Some(object) = &seen {
                // A folder's old manifest stands until all of its files are new: it says nothing of one half done.
                let whole = !matches!(target.shape, Shape::Folder { .. });
                let skip = writer.context.supersedes()
                    && whole
                    && !target.fence.must_stamp()
                    && target.is_held_by(object);
                if skip {
                    return Effect::Landed {
                        landed: landed(target, object, Verified::ReadBack, false),
                        definite,
                    };
                }
            }
            when = seen.map_or(Precondition::Absent, |object| Precondition::Matches(object.token));
        }
        if let Err(failure) = writer.again.one(target).await {
            return ended(touched, failure);
        }
        let done = AtomicUsize::new(0);
        let end = send(writer, &*bucket, target, when.clone(), (!looked, &done)).await;
        if done.load(Ordering::Relaxed) > 0 {
            // A folder has as much time as its files need, each of which has its own.
            attempts.went_on();
        }
        match end {
            Ok(object) => {
                let trusted = writer
                    .context
                    .snapshot
                    .capabilities
                    .get(&target.target.store)
                    .is_some_and(|c| c.trusted_answers);
                // Where the store tells a digest of what it wrote, that must be the release's.
                let right = object.sha256.is_none() || target.is_held_by(&object);
                if trusted && right && target.written_size().is_none_or(|size| size == object.size) {
                    return Effect::Landed {
                        landed: landed(target, &object, Verified::Answer, true),
                        definite,
                    };
                }
                touched = true;
                // The next round reads it back.
            }
            Err(error) => {
                match error.kind {
                    // Refused: perhaps our own earlier try, perhaps somebody else's write. Reading back tells.
                    ErrorKind::Conflict => {}
                    ErrorKind::Unavailable => attempts.pause(&error).await,
                    ErrorKind::Unknown => {
                        definite = false;
                        touched = true;
                        ports.events.hear(&Event::Doubt {
                            target: target.target.clone(),
                            why: error.message.clone(),
                        });
                    }
                    kind => {
                        if kind == ErrorKind::Corrupt
                            && let Some(failure) = other_source(&writer.context, target).await
                        {
                            return ended(touched, failure);
                        }
                        let message = format!("`{}` could not be written", target.target);
                        let mut error = error;
                        let mut failure = Failure::new(refused(&error), message);
                        failure.hints.append(&mut error.hints);
                        return ended(touched, failure.caused_by(error));
                    }
                }
                last = Some(error);
            }
        }
    }
    settle(writer, &*bucket, target, (definite, touched), last).await
}

async fn send(
    writer: &TargetWriter<'_>,
    bucket: &dyn Bucket,
    target: &TargetMove,
    when: Precondition,
    (first, done): (bool, &AtomicUsize),
) -> Result<Object, ProviderError> {
    let ports = writer.context.ports;
    let ledger = ports.ledger.reader();
    let slot = key::record(ledger.root(), &writer.intent.record.lane, writer.intent.record.seq.next()).ok();
    let condition = Condition { when, way: target.way, fence: slot.map(|slot| Fence { slot }) };
    let metadata = writer.metadata(target);
    let (from, to) = (&target.source.location, &target.target);
    let source = || {
        ports.stores.get(&from.store).ok_or_else(|| {
            ProviderError::new(ErrorKind::NotFound, bucket, from, "the store of the source was not connected")
        })
    };
    match &target.shape {
        Shape::Whole if copies(&from.store, &to.store) => {
            bucket.copy(&target.source, &to.key, &metadata, &condition).await
        }
        Shape::Whole => {
            let from: &dyn BucketReader = &**source()?;
            relay((from, &target.source), (bucket, &to.key), &metadata, &condition, writer).await
        }
        // Nothing is sent for it.
        Shape::Unmoved => {
            let message = "what is not moved can't be written";
            Err(ProviderError::new(ErrorKind::Invalid, bucket, to, message))
        }
        Shape::Pointer { .. } => {
            let commit = &writer.context.plan.release.commit;
            let bytes =
                Pointer::new(&writer.context.plan.project, commit, from, target.source.sha256).to_bytes();
            let headers = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
            bucket.write(&to.key, Body::Bytes(bytes.into()), &headers, &metadata, &condition).await
        }
        Shape::Folder { prune } => {
            let everything = writer.context.supersedes() && target.fence.must_stamp();
            let bringing = folder::FolderSync {
                from: &**source()?,
                to: bucket,
                moved: target,
                metadata: &metadata,
                condition: &condition,
                prune: *prune,
                everything,
                clock: &*ports.clock,
                known: writer.known(target, first),
                standing: Some(&writer.standing()),
                done: Some(done),
            };
            Box::pin(bringing.run()).await
        }
    }
}

/// After the last try: one more look, and then an honest end.
async fn settle(
    writer: &TargetWriter<'_>,
    bucket: &dyn Bucket,
    target: &TargetMove,
    (definite, touched): (bool, bool),
    last: Option<ProviderError>,
) -> Effect {
    match there(bucket, &target.target.key).await {
        Ok(Some(object)) if writer.is_ours(target, &object) && target.is_held_by(&object) => {
            Effect::Landed { landed: landed(target, &object, Verified::ReadBack, true), definite }
        }
        Ok(_) => {
            let refused_by_source = last.as_ref().is_some_and(|error| error.kind == ErrorKind::Conflict);
            if refused_by_source && let Some(failure) = other_source(&writer.context, target).await {
                return ended(touched, failure);
            }
            let failure =
                Failure::new(ExitStatus::Failed, format!("`{}` could not be written", target.target));
            let failure = match last {
                Some(mut error) => {
                    let hints = std::mem::take(&mut error.hints);
                    Failure { exit: refused(&error), hints, ..failure.caused_by(error) }
                }
                None => failure.state("The store said it was written, and yet it has something else."),
            };
            ended(touched, failure)
        }
        Err(error) => Effect::Stuck(unreadable(target, error)),
    }
}
