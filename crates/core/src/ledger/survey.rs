//! Every lane that there is, also those that no configuration names any more. What can't be read is an error here,
//! never left out.

use super::key;
use super::reader::{Head, LedgerError, LedgerReader};
use crate::location::Key;
use crate::names::LaneName;
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

/// How many lanes a ledger may have.
const MOST: usize = 10_000;

impl LedgerReader {
    /// Every lane of the ledger: one request for each, and one more.
    ///
    /// # Errors
    /// When the store fails, or something lies there that belongs to no lane.
    pub async fn lanes(&self) -> Result<Vec<LaneName>, LedgerError> {
        let prefix = key::lanes_prefix(self.root());
        let mut found: Vec<LaneName> = Vec::new();
        let mut after: Option<Key> = None;
        for _ in 0..MOST {
            let page = self.bucket().list(&prefix, after.as_ref(), 1).await?;
            let Some(object) = page.objects.first() else { return Ok(found) };
            let foreign = |why: &str| LedgerError::Foreign { key: object.key.clone(), why: why.to_owned() };
            let rest = object.key.as_str().strip_prefix(&prefix).unwrap_or_default();
            let lane: LaneName = rest
                .split_once('/')
                .and_then(|(name, _)| name.parse().ok())
                .ok_or_else(|| foreign("it belongs to no lane"))?;
            if found.contains(&lane) {
                return Err(foreign("no lane has such a key"));
            }
            // A tilde sorts after every character of a key that lies in a lane.
            after = Some(format!("{prefix}{lane}/~").parse()?);
            found.push(lane);
        }
        Err(LedgerError::Foreign { key: self.root().clone(), why: format!("it has more than {MOST} lanes") })
    }

    /// The newest record of every lane, the lanes side by side.
    ///
    /// # Errors
    /// When the store fails or holds something else there.
    pub async fn every_head(&self) -> Result<BTreeMap<LaneName, Head>, LedgerError> {
        let reads = self.lanes().await?.into_iter().map(|lane| async move {
            Ok::<_, LedgerError>(self.head(&lane).await?.map(|head| (lane, head)))
        });
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }
}
