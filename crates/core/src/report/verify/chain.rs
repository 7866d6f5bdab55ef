//! Checking whole chains: in the ledger's store, or in a copy of it.

use super::ChainCheck;
use crate::config::Config;
use crate::digest::Digest;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Genesis, Head, LedgerError, Record, check_chain};
use crate::names::LaneName;
use crate::observe::genesis;
use crate::world::View;
use bytes::Bytes;
use futures_util::future::try_join_all;
use std::collections::BTreeMap;

/// Checks the chain of every lane that the configuration names.
///
/// # Errors
/// When there is no ledger, or the store does not answer. Records that are none are faults, not errors.
pub async fn check_ledger(view: &View, config: &Config) -> Result<Vec<ChainCheck>, Failure> {
    let (genesis, id) = genesis(view, config).await?;
    let (genesis, id) = (&genesis, id);
    try_join_all(config.lanes.iter().map(|lane| async move {
        let mut newest_first: Vec<Head> = Vec::new();
        let mut at = None;
        loop {
            let page = match view.ledger.page(&lane.name, at, 500).await {
                Ok(page) => page,
                Err(LedgerError::Store(error)) => return Err(Failure::looking("reading the ledger", error)),
                Err(other) => {
                    let cause = std::error::Error::source(&other).map(|it| format!(": {it}"));
                    return Ok(ChainCheck {
                        lane: lane.name.to_string(),
                        records: newest_first.len(),
                        intact: false,
                        newest: None,
                        faults: vec![format!("{other}{}", cause.unwrap_or_default())],
                    });
                }
            };
            let end = page.len() < 500;
            at = page.last().map(|head| head.record.seq);
            newest_first.extend(page);
            if end {
                break;
            }
        }
        newest_first.reverse();
        Ok(check(&lane.name, genesis, id, &newest_first))
    }))
    .await
}

fn check(lane: &LaneName, genesis: &Genesis, id: Digest, heads: &[Head]) -> ChainCheck {
    let report = check_chain(&genesis.ledger, id, heads);
    ChainCheck {
        lane: lane.to_string(),
        records: report.records,
        intact: report.faults.is_empty(),
        newest: heads.last().map(|head| head.id.to_string()),
        faults: report.faults.iter().map(ToString::to_string).collect(),
    }
}

/// Checks a copy of a ledger: the bytes of its genesis, and of every record by lane, in any order.
///
/// # Errors
/// When the genesis is none.
pub fn check_copy(
    genesis: &Bytes,
    lanes: &BTreeMap<LaneName, Vec<(String, Bytes)>>,
) -> Result<(String, Vec<ChainCheck>), Failure> {
    let id = Digest::of(genesis);
    let genesis: Genesis = serde_json::from_slice(genesis).map_err(|error| {
        Failure::new(ExitStatus::Failed, "`ledger.json` is not the beginning of a ledger").caused_by(error)
    })?;
    let mut checks = Vec::new();
    for (lane, records) in lanes {
        let mut heads = Vec::new();
        let mut faults = Vec::new();
        for (name, bytes) in records {
            match Record::from_bytes(bytes) {
                Ok(mut record) if record.lane == *lane => {
                    let id = Digest::of(bytes);
                    // A copy has lost the store's own times; the chain notes them in the records that follow.
                    let stored_at = record.at;
                    record.state = record.state.sealed(record.seq, id, Some(stored_at));
                    heads.push(Head { record, id, stored_at });
                }
                Ok(_) => faults.push(format!("`{}` is a record of another lane", crate::names::shown(name))),
                Err(error) => faults.push(format!("`{}`: {error}", crate::names::shown(name))),
            }
        }
        heads.sort_by_key(|head| head.record.seq);
        let mut found = check(lane, &genesis, id, &heads);
        found.faults.extend(faults);
        found.intact = found.faults.is_empty();
        checks.push(found);
    }
    Ok((genesis.project.to_string(), checks))
}
