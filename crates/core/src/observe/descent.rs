//! Which of two releases comes from the other, as far as the repository knows.

use crate::commit::CommitId;
use crate::ledger::ReleaseRef;
use crate::ports::ReadPorts;
use crate::snapshot::Descent;
use futures_util::future::join;

/// How a release stands to the one that is there. What a repository has not, or a shallow clone does not see, is no
/// answer: only that a commit adds nothing to another is certain.
pub(crate) async fn descent(
    view: &ReadPorts,
    there: Option<&ReleaseRef>,
    wanted: &CommitId,
) -> Option<Descent> {
    let there = &there?.commit;
    let history = view.history.as_ref().filter(|_| there != wanted)?;
    let adds_nothing = |found: Result<Option<(usize, Vec<_>)>, _>| {
        found.is_ok_and(|found| found.is_some_and(|(count, _)| count == 0))
    };
    let (new, lost) = join(history.between(there, wanted, 1), history.between(wanted, there, 1)).await;
    match (adds_nothing(new), adds_nothing(lost)) {
        (true, false) => Some(Descent::Earlier),
        (false, true) => Some(Descent::Later),
        _ => None,
    }
}
