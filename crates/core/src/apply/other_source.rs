//! Whether it is the source that keeps a write from being done: it has other bytes by now than were published.

use crate::content;
use crate::context::PromotionContext;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Shape, TargetMove};
use crate::observe::still;

/// What is said of such a source: both digests. `None` where it has what was published, or nobody can tell.
pub(super) async fn other_source(context: &PromotionContext<'_>, target: &TargetMove) -> Option<Failure> {
    let (ports, place) = (context.ports, &target.source.location);
    match target.shape {
        Shape::Whole => {}
        Shape::Folder { .. } => {
            let found = Box::pin(still(ports, context.snapshot, target)).await;
            return found.err().filter(|failure| failure.exit == ExitStatus::Conflict);
        }
        Shape::Pointer { .. } | Shape::Unmoved => return None,
    }
    let store = ports.store(&place.store).ok()?;
    let found = store.head(&place.key).await.ok()??;
    let wanted = target.source.sha256;
    // What the store vouches for may be what it remembers, unless it is something else.
    let holds = match found.sha256.filter(|told| *told != wanted) {
        Some(told) => told,
        None => content::digest(&**store, place, found, &*ports.events).await.ok()??.1,
    };
    (holds != wanted).then(|| {
        Failure::new(ExitStatus::Conflict, format!("`{place}` changed after it was checked"))
            .state(format!("`{place}` contains {holds}, and was published as {wanted}."))
    })
}
