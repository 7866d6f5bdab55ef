//! Whether a promotion may go on. Writing a folder takes longer than writing an object, so somebody may take over
//! half-way; whoever was taken over must stop before the other's wait is over.

use crate::ledger::{LedgerError, LedgerReader, Seq};
use crate::names::LaneName;
use crate::port::{Bucket, ErrorKind, ProviderError};
use crate::relay::LastWord;
use async_lock::Mutex;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Debug;

/// The longest time, in seconds by the store's clock, between asking and a write that relies on the answer.
pub const PAUSE_S: u32 = 5;

/// Tells whether a promotion still stands.
#[async_trait]
pub trait Standing: Debug + Send + Sync {
    /// Whether nobody has taken over: the place of the ledger's next record is empty.
    async fn stands(&self) -> Result<bool, ProviderError>;
}

/// A promotion whose intent is this record: it stands as long as that is the newest one of its lane.
#[derive(Debug, Clone, Copy)]
pub struct NewestIntent<'a> {
    /// The ledger.
    pub ledger: &'a LedgerReader,
    /// The lane.
    pub lane: &'a LaneName,
    /// The intent's number.
    pub seq: Seq,
}

#[async_trait]
impl Standing for NewestIntent<'_> {
    async fn stands(&self) -> Result<bool, ProviderError> {
        match self.ledger.newest(self.lane).await {
            Ok(newest) => Ok(newest == Some(self.seq)),
            Err(LedgerError::Store(error)) => Err(error),
            Err(other) => {
                let message = "the ledger can't be read";
                Err(ProviderError::new(ErrorKind::Corrupt, "ledger", self.lane, message).caused_by(other))
            }
        }
    }
}

/// Asks a [`Standing`] often enough, and not oftener.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    standing: Option<&'a dyn Standing>,
    to: &'a dyn Bucket,
    asked: Mutex<Option<DateTime<Utc>>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(standing: Option<&'a dyn Standing>, to: &'a dyn Bucket) -> Self {
        Self { standing, to, asked: Mutex::new(None) }
    }

    /// Whether it can be asked at all.
    pub(super) fn can_ask(&self) -> bool {
        self.standing.is_some()
    }

    /// The next check asks anew: tokens were read, and the answer must be younger than they are.
    pub(super) async fn renew(&self) {
        *self.asked.lock().await = None;
    }

    /// Says that it stands as of now, since its intent was written after all tokens that are used were read.
    pub(super) async fn vouch(&self) -> Result<(), ProviderError> {
        if self.standing.is_some() {
            *self.asked.lock().await = Some(self.to.now().await?);
        }
        Ok(())
    }

    /// Fails when the promotion was taken over.
    pub(super) async fn check(&self) -> Result<(), ProviderError> {
        let Some(standing) = self.standing else { return Ok(()) };
        let mut asked = self.asked.lock().await;
        // Taken before the question, so that its time counts.
        let now = self.to.now().await?;
        let young = |asked: DateTime<Utc>| {
            (TimeDelta::zero()..TimeDelta::seconds(PAUSE_S.into())).contains(&(now - asked))
        };
        if asked.is_some_and(young) {
            return Ok(());
        }
        if !standing.stands().await? {
            let message = "the promotion was taken over by somebody else";
            return Err(ProviderError::new(ErrorKind::Conflict, self.to, "", message));
        }
        *asked = Some(now);
        Ok(())
    }
}

#[async_trait]
impl LastWord for Watch<'_> {
    async fn may_end(&self, _size: u64) -> Result<(), ProviderError> {
        self.check().await
    }
}
