//! Taking back what a promotion brought where nothing was there before: every target is made absent again under its
//! condition, or left as it is with the reason, and then nothing is open or recorded as there any more. Requests of the
//! promotions that are undone must be over first: a create that is still on its way would find the place empty.

use super::begun::{self, Begun};
use super::earlier::Earlier;
use super::intent;
use super::takeover;
use super::write::{Writer, named};
use crate::context::PromotionContext;
use crate::event::Event;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::folder::{Removed, remove};
use crate::lease;
use crate::ledger::{
    Abort, AppendError, Before, Head, Kind, LedgerError, PromotionId, Restored, RestoredEnd, Shape,
    TargetMove,
};
use crate::location::Location;
use crate::lookout::Lookout;
use crate::observe::{there, undoing};
use crate::plan::Plan;
use crate::port::{Bucket, ErrorKind, FenceClass, Object};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a create may be on its way to a store that lets no request expire: the client's own deadline, twice.
const CREATES: Duration = Duration::from_secs(120);

/// A promotion that was undone.
#[derive(Debug, Clone, PartialEq)]
pub struct Undone {
    /// The undoing's own id.
    pub promotion: PromotionId,
    /// The record that ends it.
    pub head: Head,
    /// What became of each target.
    pub restored: Vec<Restored>,
}

/// Carries out a plan that undoes.
///
/// # Errors
/// `Conflict` when somebody else was first; `Unfinished` when a target could not be looked at or settled, or somebody
/// took over: then it is open, and can be resumed.
pub async fn undo(context: PromotionContext<'_>) -> Result<Undone, Failure> {
    let PromotionContext { ports, environment, plan, snapshot, .. } = context;
    intent::fresh(context).await?;
    let earlier = Earlier::of(context);
    let first = match snapshot.head.as_ref() {
        Some(newest) => undoing::beginning(ports.ledger.reader(), &environment.lane, newest).await?.befores,
        None => BTreeMap::new(),
    };
    let Begun { before, intent, promotion } = begun::begin(context).await?;
    let prepares = context.supersedes() && context.moved().iter().any(|moved| !moved.prepare.is_empty());
    if prepares || before.must_hear(context) {
        lease::until_heard(ports, "a step of the promotion that is undone may still run until then").await;
    }
    let lookout = Lookout::open(Writer::of(context), intent.clone());
    takeover::before_writing(context, &earlier, &lookout).await?;
    outwait(context, &lookout).await;
    let mut restored = Vec::new();
    for target in &plan.targets {
        let known = TargetHistory { first: first.get(&target.target), snapshot, target };
        let (end, why) = take_away(context, &intent, &known).await.map_err(|failure| open(plan, failure))?;
        restored.push(Restored {
            artifact: target.artifact.clone(),
            target: target.target.clone(),
            end,
            why,
        });
    }
    let head = close(context, &intent, &restored).await?;
    let left = restored.iter().filter_map(Restored::told).collect();
    ports.events.hear(&Event::Undone { left });
    Ok(Undone { promotion, head, restored })
}

/// Where an exact token fences off late requests, it fences off what would replace something. What is undone is to be
/// absent again, as a create that is still on its way expects it: that is waited for.
async fn outwait(context: PromotionContext<'_>, lookout: &Lookout<'_>) {
    let PromotionContext { ports, plan, .. } = context;
    let exact = |one: &&TargetMove| one.fence == FenceClass::Exact && one.shape != Shape::Unmoved;
    let Some(target) = plan.targets.iter().find(exact) else { return };
    let until = ports.clock.now() + CREATES;
    let why = format!("a request that creates `{}` may still land until then", target.target);
    ports.events.hear(&Event::Waiting { until, seconds: CREATES.as_secs(), why });
    lookout.living(ports.clock.sleep(CREATES)).await;
}

impl Restored {
    /// What stays, and why: a sentence without its end. `None` where the target is as it was.
    pub fn told(&self) -> Option<String> {
        let why = self.why.as_deref().unwrap_or("nothing is known of why");
        (self.end == RestoredEnd::Stays).then(|| format!("`{}` stays as it is: {why}", self.target))
    }
}

/// What is known of a target.
struct TargetHistory<'k> {
    /// What it held before the promotion; `None` when its intent does not name it.
    first: Option<&'k Option<Before>>,
    snapshot: &'k Snapshot,
    target: &'k TargetMove,
}

impl TargetHistory<'_> {
    /// Whether an object was written by one of the promotions that are undone.
    fn is_ours(&self, object: &Object) -> bool {
        let state = self.snapshot.state();
        let stamp = object.metadata.get("promote-id");
        let there = state.current.iter().filter(|there| there.release.is_some());
        let stamped = state
            .open
            .iter()
            .flat_map(|open| &open.stamps)
            .chain(there.clone().filter_map(|there| there.promotion.as_ref()))
            .any(|id| Some(&id.0) == stamp);
        let recorded = there
            .flat_map(|there| &there.targets)
            .any(|known| known.target == self.target.target && known.token == object.token);
        let found = self.snapshot.capabilities.get(&self.target.target.store);
        let marks = found.is_none_or(|found| found.stamps);
        stamped || recorded || (!marks && self.target.is_held_by(object))
    }
}

type TargetEnd = (RestoredEnd, Option<String>);

fn stays(why: impl Into<String>) -> TargetEnd {
    (RestoredEnd::Stays, Some(why.into()))
}

/// Makes one target as it was, or says why not.
async fn take_away(
    context: PromotionContext<'_>,
    intent: &Head,
    known: &TargetHistory<'_>,
) -> Result<TargetEnd, Failure> {
    let target = known.target;
    if target.shape == Shape::Unmoved {
        return Ok((RestoredEnd::AsBefore, None));
    }
    let ports = context.ports;
    let bucket = ports.store(&target.target.store)?;
    let key = &target.target.key;
    let looking = |error| Failure::of_place(&format!("looking at `{}`", target.target), error);
    // First the target, then the head: what was seen is ours to judge only while nobody took over.
    let seen = there(&**bucket, key).await.map_err(looking)?;
    let newest =
        ports.ledger.reader().newest(&intent.record.lane).await.map_err(LedgerError::read_failure)?;
    if newest != Some(intent.record.seq) {
        let name = &context.environment.name;
        return Err(Failure::new(ExitStatus::Unfinished, format!("the undoing in {name} was taken over"))
            .hint(format!("`promote history {name}` shows by whom")));
    }
    let first = known.first.and_then(Option::as_ref);
    if let Shape::Folder { .. } = target.shape {
        return folder(&**bucket, &target.target, first, seen.as_ref()).await.map_err(looking);
    }
    let Some(object) = seen else {
        return Ok(match first {
            None => (RestoredEnd::AsBefore, None),
            Some(_) => stays(undoing::LOST),
        });
    };
    match first {
        Some(before) if before.token == object.token => return Ok((RestoredEnd::AsBefore, None)),
        _ if !known.is_ours(&object) => return Ok(stays(undoing::FOREIGN)),
        Some(before) => return Ok(stays(undoing::overwritten(before))),
        None => {}
    }
    match remove(&**bucket, &*ports.clock, key, &object.token).await {
        Ok(Removed::Gone) => Ok((RestoredEnd::Deleted, None)),
        Ok(Removed::Stays(why)) => Ok(stays(format!("it {why}"))),
        Err(error)
            if matches!(error.kind, ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::Unsupported) =>
        {
            Ok(stays(format!("it can't be deleted: {}", error.message)))
        }
        Err(error) => Err(Failure::from_read(&format!("deleting `{}`", target.target), error)),
    }
}

/// A folder in place is brought up to date file by file, its manifest last: what lies there without one may be anybody's.
async fn folder(
    bucket: &dyn Bucket,
    location: &Location,
    first: Option<&Before>,
    seen: Option<&Object>,
) -> Result<TargetEnd, crate::port::ProviderError> {
    let same = first.map(|before| &before.token) == seen.map(|object| &object.token);
    let Some(prefix) = location.folder() else { return Ok(stays("it is not a folder")) };
    if first.is_none() && same {
        let page = bucket.list(prefix, None, 1).await?;
        return Ok(match page.objects.first() {
            None => (RestoredEnd::AsBefore, None),
            Some(_) => stays(undoing::BEGUN),
        });
    }
    Ok(stays(undoing::FILES))
}

/// Records that nothing is open any more, and what became of each target.
async fn close(context: PromotionContext<'_>, intent: &Head, restored: &[Restored]) -> Result<Head, Failure> {
    let name = &context.environment.name;
    let record = Writer::of(context).record(intent, Kind::Abort, |record| {
        let reason = "what was begun is undone".to_owned();
        record.abort = Some(Abort { of: intent.id, reason, restored: Some(restored.to_vec()) });
    })?;
    match context.ports.ledger.append(&record).await {
        Ok(head) => Ok(head),
        Err(AppendError::Lost { found, .. }) => Err(Failure::new(
            ExitStatus::Unfinished,
            format!("the undoing in {name} was taken over {}", named(&found)),
        )
        .hint(format!("`promote status {name}` shows its state"))),
        Err(error) => {
            Err(Failure::new(ExitStatus::Unfinished, format!("that {name} was undone could not be recorded"))
                .state("The promotion is open still.")
                .hint(format!("`promote resume {name}` finishes it"))
                .caused_by(error))
        }
    }
}

fn open(plan: &Plan, failure: Failure) -> Failure {
    Failure { exit: ExitStatus::Unfinished, ..failure }
        .state("The promotion is open still.")
        .hint(format!("`promote resume {}` goes on with undoing it", plan.environment))
}
