//! Retention: releases that nothing needs any more lose their artifacts. The ledger keeps all it ever held.
//!
//! A deletion and a promotion race without any lock, and the promotion wins. What is decided here rests on this:
//!
//! 1. *Doom.* A release that is no [root](roots) is doomed by an entry beside its manifest. Whoever looks at it from
//!    then on refuses it (the rule `doomed`).
//! 2. *Grace.* Who looked before may still begin, but only with what was looked at less than
//!    [45 minutes](crate::apply::LANDED) before the intent landed, by the store's clock. The grace is at least an hour
//!    after the doom, by the same clock: then every such intent is in the ledger or has no effects.
//! 3. *Claim.* Deleting is announced by another entry, and only then the ledger is read once more. Whoever pins the
//!    release or goes on with an open promotion of it writes first and reads afterwards, too: one sees the other.
//!    A release that became a root is spared, and its doom is lifted.
//! 4. *Erase.* Only what is still as published is deleted, each object under the condition of the token just seen.
//!    `gone.json` ends it.
//!
//! Each step can be repeated: a run that was cut off is finished by the next.

mod carry;
mod erase;
mod ground;
mod judge;
mod pin;
pub mod roots;
mod signs;
mod survey;
mod write;

pub use carry::{Pruned, prune};
pub use erase::Erasure;
pub use judge::{Fate, Judged, judge};
pub use pin::{Pinned, pin, unpin};
pub use roots::Root;
pub use signs::{EndedSign, Swept};
pub use survey::{Survey, survey};

use crate::invocation::Invocation;
use chrono::TimeDelta;

/// What is kept, and how long a doomed release is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How many of the newest releases are kept.
    pub keep: usize,
    /// How old a release must be, by the store's time of its manifest.
    pub older_than: TimeDelta,
    /// How long after its doom a release is deleted, by the store's clock. Less than [`LEAST_GRACE`] is not safe.
    pub grace: TimeDelta,
}

/// The shortest grace with which a promotion that is being begun can't lose its release.
pub const LEAST_GRACE: TimeDelta = TimeDelta::hours(1);

impl Policy {
    /// The command that does by this policy what was shown by it.
    pub fn command(&self) -> Invocation {
        let usual = Self::default();
        let written = |span: TimeDelta| crate::duration::written(span.to_std().unwrap_or_default());
        let mut line = Invocation::new("prune");
        if self.keep != usual.keep {
            line = line.option("--keep", self.keep);
        }
        if self.older_than != usual.older_than {
            line = line.option("--older-than", written(self.older_than));
        }
        if self.grace != usual.grace {
            line = line.option("--grace", written(self.grace));
        }
        line.word("--yes")
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { keep: 20, older_than: TimeDelta::days(30), grace: LEAST_GRACE }
    }
}
