//! Every lane that there is, also those that no configuration names any more, and every release. What can't be read is
//! an error here, never left out; there is no number of them that is too large.

use super::entry::ReleaseEntry;
use super::error::LedgerError;
use super::key;
use super::reader::{Head, LedgerReader};
use crate::commit::CommitId;
use crate::location::Key;
use crate::names::LaneName;
use crate::port::{ErrorKind, Object, ProviderError};
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

/// How many objects a page has.
const PAGE: usize = 1000;

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

    /// Hands over everything below a prefix, page after page.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn below(&self, prefix: &str, mut take: impl FnMut(&Object)) -> Result<(), LedgerError> {
        let mut after: Option<Key> = None;
        loop {
            let page = self.bucket().list(prefix, after.as_ref(), PAGE).await?;
            page.objects.iter().for_each(&mut take);
            let last = page.objects.last().map(|object| object.key.clone());
            if !page.more {
                return Ok(());
            }
            if last.is_none() || last == after {
                let message = "a page that leads nowhere says that more follow";
                return Err(ProviderError::new(ErrorKind::Corrupt, self.bucket(), prefix, message).into());
            }
            after = last;
        }
    }

    /// Every release: their keys are commits, so no listing begins with the newest. One page tells of most ledgers; of
    /// larger ones the pages are asked for side by side, by the first digit of the commit.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn every_release(&self) -> Result<BTreeMap<CommitId, ReleaseEntry>, LedgerError> {
        let all = key::releases_prefix(self.root(), "");
        let first = self.bucket().list(&all, None, PAGE).await?;
        let mut found = BTreeMap::new();
        let take = |found: &mut BTreeMap<CommitId, ReleaseEntry>, object: &Object| {
            if let Some((commit, rest)) = key::release_of(self.root(), &object.key) {
                found.entry(commit).or_default().take(rest, object.stored_at);
            }
        };
        if !first.more {
            first.objects.iter().for_each(|object| take(&mut found, object));
            return Ok(found);
        }
        let digits = "0123456789abcdef".chars().map(|digit| async move {
            let mut part = BTreeMap::new();
            let prefix = key::releases_prefix(self.root(), &digit.to_string());
            self.below(&prefix, |object| take(&mut part, object)).await?;
            Ok::<_, LedgerError>(part)
        });
        for mut part in try_join_all(digits).await? {
            found.append(&mut part);
        }
        Ok(found)
    }
}
