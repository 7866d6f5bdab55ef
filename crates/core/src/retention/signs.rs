//! Signs of life of what has ended. They said that a process was there, nothing names them, and nobody asks for them any
//! more. Each is deleted by itself, so a run that was cut off is gone on with by the next.

use crate::folder::{Removed, remove};
use crate::ledger::{Head, LedgerError};
use crate::location::Key;
use crate::names::LaneName;
use crate::port::Token;
use crate::ports::{Ports, ReadPorts};
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

/// A sign of something that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSign {
    key: Key,
    token: Token,
}

/// What became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many are not there any more.
    pub deleted: usize,
    /// Why the rest stays; `None` where none does.
    pub left: Option<String>,
}

/// The signs of life of what has ended, of each lane up to a page of them: one request a lane. What goes on, and what came
/// after these records, is left out.
pub(super) async fn ended(
    view: &ReadPorts,
    heads: &BTreeMap<LaneName, Head>,
) -> Result<Vec<EndedSign>, LedgerError> {
    let reads = heads.iter().map(|(lane, head)| async move {
        let goes_on = head.state().begun();
        let signs = view.ledger.signs(lane).await?.into_iter();
        let over = signs.filter(move |(since, object)| {
            Some(*since) != goes_on && *since <= head.record.seq && object.stored_at <= head.stored_at
        });
        Ok::<_, LedgerError>(over.map(|(_, object)| EndedSign { key: object.key, token: object.token }))
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

/// Deletes them. That they stay harms nothing, so it is told and is no failure.
pub(super) async fn sweep(ports: &Ports, signs: &[EndedSign]) -> Swept {
    let mut swept = Swept::default();
    for sign in signs {
        match remove(&**ports.ledger.bucket(), &*ports.clock, &sign.key, &sign.token).await {
            Ok(Removed::Gone) => swept.deleted += 1,
            Ok(Removed::Stays(why)) => swept.left = Some(format!("`{}` {why}", sign.key)),
            Err(error) => {
                // What one of them meets, all of them meet.
                swept.left = Some(error.to_string());
                return swept;
            }
        }
    }
    swept
}
