//! The freeze of a whole project: numbered entries beside the lanes, the newest of which counts. Each is created once,
//! and names the one that it follows by its digest. What can't be read freezes everything until a newer one follows.

use super::append::{AppendError, Ledger};
use super::error::LedgerError;
use super::key;
use super::reader::LedgerReader;
use super::strict::Unambiguous;
use super::terms::{Actor, LedgerId};
use crate::digest::Digest;
use crate::names::escape;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The schema of every such entry that this version writes and reads.
pub const SCHEMA: &str = "promote/freeze@1";

/// The largest entry in bytes.
pub const LIMIT: usize = 32 * 1024;

/// What was said about all environments of a project, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Standstill {
    /// [`SCHEMA`].
    pub schema: String,
    /// The ledger's id.
    pub ledger: LedgerId,
    /// Its number, counted from 1.
    pub number: u32,
    /// Whether nothing may move from now on; `false` lifts what was said before.
    pub frozen: bool,
    /// When it ends by itself, by the ledger's store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where more can be read of it. Foreign text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The writer's clock. Advisory.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// The digest of the entry before; absent in the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<Digest>,
}

impl Standstill {
    /// From what is stored.
    ///
    /// # Errors
    /// Why it is none of this version, as the rest of a sentence.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > LIMIT {
            return Err(format!("it has {} bytes, more than a freeze may have", bytes.len()));
        }
        let shape = |error: serde_json::Error| format!("it is no freeze of this version: {error}");
        serde_json::from_slice::<Unambiguous>(bytes).map_err(shape)?;
        let found: Self = serde_json::from_slice(bytes).map_err(shape)?;
        match found.schema == SCHEMA {
            true => Ok(found),
            false => Err(format!("its schema is `{}`, this version reads `{SCHEMA}`", escape(&found.schema))),
        }
    }
}

/// An entry as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStandstill {
    /// Its number; `None` where its name is that of no entry.
    pub number: Option<u32>,
    /// The store's time of it.
    pub stored_at: DateTime<Utc>,
    /// SHA-256 of what is stored, where that was read.
    pub digest: Option<Digest>,
    /// What it says, or why that can't be read, as the rest of a sentence.
    pub content: Result<Standstill, String>,
}

/// The freeze of a whole project that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllFrozen {
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// Who; empty where that is not known.
    pub by: String,
    /// Where more can be read of it.
    pub link: Option<String>,
    /// Since when, by the ledger's store.
    pub since: DateTime<Utc>,
}

impl StoredStandstill {
    /// The freeze that it is at this moment of the ledger's store. What can't be read is one.
    pub fn frozen_at(&self, now: DateTime<Utc>) -> Option<AllFrozen> {
        let since = self.stored_at;
        match &self.content {
            Err(why) => Some(AllFrozen {
                until: None,
                reason: format!("its entry in the ledger can't be read: {why}"),
                by: String::new(),
                link: None,
                since,
            }),
            Ok(said) if said.frozen && said.until.is_none_or(|until| now < until) => Some(AllFrozen {
                until: said.until,
                reason: said.reason.clone().unwrap_or_default(),
                by: said.actor.name.clone(),
                link: said.link.clone(),
                since,
            }),
            Ok(_) => None,
        }
    }
}

impl LedgerReader {
    /// The newest entry about all environments: one listing of one key, and a read where there is one.
    ///
    /// # Errors
    /// When the store fails. What can't be read is told, never left out.
    pub async fn standstill(
        &self,
        ledger: Option<&LedgerId>,
    ) -> Result<Option<StoredStandstill>, LedgerError> {
        Ok(self.standstills(ledger, 1).await?.pop())
    }

    /// The newest entries about all environments, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn standstills(
        &self,
        ledger: Option<&LedgerId>,
        limit: usize,
    ) -> Result<Vec<StoredStandstill>, LedgerError> {
        let page = self.bucket().list(&key::standstills_prefix(self.root()), None, limit).await?;
        let mut found = Vec::with_capacity(page.objects.len());
        for object in &page.objects {
            let number = key::standstill_of(self.root(), &object.key);
            let bytes = match page.contents.get(&object.key) {
                Some(bytes) => Ok(Some(bytes.clone())),
                None if object.size > LIMIT as u64 => Err(format!("it has {} bytes", object.size)),
                None => match self.bucket().get(&object.key, LIMIT).await {
                    Err(error) if error.is_finding() => Err(error.to_string()),
                    got => Ok(got?.map(|(_, bytes)| bytes)),
                },
            };
            let digest = bytes.as_ref().ok().and_then(|bytes| bytes.as_deref()).map(Digest::of);
            let content = match (number, bytes) {
                (_, Err(why)) => Err(why),
                (None, _) => Err(format!("`{}` is the name of none", escape(object.key.as_str()))),
                (_, Ok(None)) => Err("it is gone".to_owned()),
                (Some(number), Ok(Some(bytes))) => Standstill::from_bytes(&bytes).and_then(|said| {
                    let here = said.number == number && ledger.is_none_or(|ledger| said.ledger == *ledger);
                    if here { Ok(said) } else { Err("it was written for another place".to_owned()) }
                }),
            };
            found.push(StoredStandstill { number, stored_at: object.stored_at, digest, content });
        }
        Ok(found)
    }
}

impl Ledger {
    /// Writes an entry at its place, if that is still empty.
    ///
    /// # Errors
    /// When somebody else was first, when it was refused, or when that is not known.
    pub async fn still(&self, said: &Standstill) -> Result<(), AppendError> {
        let key = key::standstill(self.reader().root(), said.number)?;
        self.put_within(&key, said, LIMIT).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(until: Option<&str>) -> Standstill {
        Standstill {
            schema: SCHEMA.to_owned(),
            ledger: "0".repeat(32),
            number: 1,
            frozen: true,
            until: until.map(|until| until.parse().unwrap()),
            reason: Some("INC-88".to_owned()),
            link: None,
            at: "2026-01-07T12:00:00Z".parse().unwrap(),
            actor: Actor::claimed("ann", "local-user"),
            prev: None,
        }
    }

    fn stored(content: Result<Standstill, String>) -> StoredStandstill {
        let stored_at = "2026-01-07T12:00:00Z".parse().unwrap();
        StoredStandstill { number: Some(1), stored_at, digest: None, content }
    }

    #[test]
    fn it_ends_by_itself_and_what_can_not_be_read_does_not() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (before, after) = (at("2026-01-07T13:59:59Z"), at("2026-01-07T14:00:00Z"));
        let ends = stored(Ok(said(Some("2026-01-07T14:00:00Z"))));
        assert_eq!(ends.frozen_at(before).unwrap().by, "ann");
        assert_eq!(ends.frozen_at(after), None);
        assert!(stored(Ok(said(None))).frozen_at(after).is_some());
        assert_eq!(stored(Ok(Standstill { frozen: false, ..said(None) })).frozen_at(before), None);
        assert!(stored(Err("x".to_owned())).frozen_at(after).unwrap().reason.contains("can't be read"));
    }

    #[test]
    fn what_is_no_freeze_is_not_read_as_such() {
        let text = serde_json::to_string(&said(None)).unwrap();
        assert_eq!(Standstill::from_bytes(text.as_bytes()), Ok(said(None)));
        let twice = text.replacen('{', "{\"frozen\":false,", 1);
        let schema = text.replace("freeze@1", "freeze@2");
        for odd in ["", "{}", "zz", &twice, &schema, &text.replace("true", "\"no\"")] {
            assert!(Standstill::from_bytes(odd.as_bytes()).is_err(), "{odd}");
        }
        assert!(Standstill::from_bytes(&vec![b' '; LIMIT + 1]).is_err());
    }
}
