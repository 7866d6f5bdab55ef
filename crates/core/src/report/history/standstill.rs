//! What was said about all environments at once, as a history tells it.

use crate::ledger::StoredStandstill;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A freeze of everything, or its end by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllFrozenEntry {
    /// Its number; `None` where its name is that of no entry.
    pub entry: Option<u32>,
    /// The store's time of it.
    pub at: DateTime<Utc>,
    /// Whether everything was frozen by it; what can't be read freezes everything.
    pub frozen: bool,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Who; empty where that can't be read.
    pub by: String,
    /// Why, or why that can't be read.
    pub why: Option<String>,
    /// Where more can be read of it.
    pub link: Option<String>,
}

impl AllFrozenEntry {
    /// What is told of an entry.
    pub fn of(stored: &StoredStandstill) -> Self {
        let said = stored.content.as_ref();
        Self {
            entry: stored.number,
            at: stored.stored_at,
            frozen: said.map_or(true, |said| said.frozen),
            until: said.ok().and_then(|said| said.until),
            by: said.map_or_else(|_| String::new(), |said| said.actor.name.clone()),
            why: said.map_or_else(|why| Some(format!("can't be read: {why}")), |said| said.reason.clone()),
            link: said.ok().and_then(|said| said.link.clone()),
        }
    }
}
