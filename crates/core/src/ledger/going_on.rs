//! What goes on in a lane: a promotion that is open, or steps whose end is not recorded.

use super::deployed::Deployed;
use super::state::State;
use super::terms::Seq;

impl State {
    /// The record that began what is open, or what is being deployed; `None` where nothing goes on.
    pub fn begun(&self) -> Option<Seq> {
        match (&self.open, &self.current) {
            (Some(open), _) => Some(open.since.seq),
            (None, Some(current)) if self.deploys() => Some(current.since.seq),
            _ => None,
        }
    }

    /// Whether steps of what is there are still to end, for the first time or again.
    pub fn deploys(&self) -> bool {
        let goes_on = |current: &Deployed| {
            current.promotion.is_some()
                && current.follows
                && (current.outcome.is_none() || self.again.is_some())
        };
        self.open.is_none() && self.committed.is_some() && self.current.as_ref().is_some_and(goes_on)
    }
}
