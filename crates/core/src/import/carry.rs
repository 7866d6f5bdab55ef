//! Writing what a survey found: first the manifests of the releases, then the records of each lane, oldest first.
//! What was written before a cut-off is the same that the next import finds done.

use super::{ImportPlan, LanePlan};
use crate::apply::{Writer, append_after};
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::init_ledger::init_ledger;
use crate::ledger::{Actor, Head, Kind, LedgerError, Observe};
use crate::observe::environment;
use crate::ports::Ports;
use crate::request::{Request, Wanted};
use std::collections::BTreeMap;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Releases that are known now.
    pub releases: usize,
    /// Records.
    pub records: usize,
}

/// Begins the ledger when there is none, and writes what is missing.
///
/// # Errors
/// `Conflict` when a lane was changed since the survey, or a release was published with other bytes meanwhile; else
/// what a store answered.
pub async fn carry_out(
    ports: &Ports,
    config: &Config,
    plan: &ImportPlan,
    actor: &Actor,
) -> Result<Imported, Failure> {
    config.to_write()?;
    let mut done = Imported::default();
    if plan.to_write() == 0 && plan.manifests.is_empty() {
        return Ok(done);
    }
    let (genesis, id, _) = init_ledger(ports, config).await?;
    for manifest in &plan.manifests {
        let written = crate::publish::record(ports, &manifest.commit, manifest.clone()).await?;
        done.releases += usize::from(written.new);
    }
    for lane in &plan.lanes {
        done.records += one(ports, config, lane, actor, &(genesis.clone(), id)).await?;
    }
    Ok(done)
}

async fn one(
    ports: &Ports,
    config: &Config,
    lane: &LanePlan,
    actor: &Actor,
    genesis: &(crate::ledger::Genesis, crate::digest::Digest),
) -> Result<usize, Failure> {
    let settings = environment(config, &lane.environment)?;
    let mut head = lane.head.clone();
    let (mut count, mut known) = (0, BTreeMap::new());
    for planned in lane.records.iter().skip(lane.already) {
        let request = Request {
            reason: Some(planned.told.clone()),
            ..Request::promote(settings.name.clone(), Wanted::Unnamed, actor.clone())
        };
        let writer = Writer::new(ports, genesis, settings, &request);
        // Only on what the survey saw: history that somebody else began is not added to.
        let base = head.as_ref().map(|head| head.id);
        let still = |now: Option<&Head>| {
            if base == now.map(|head| head.id) {
                return Ok(());
            }
            let message = format!("{} was changed by somebody else meanwhile", settings.name);
            Err(Failure::new(ExitStatus::Conflict, message)
                .hint(format!("`promote history {}` shows how", settings.name)))
        };
        let read = match planned.release.as_ref().map(|release| &release.commit) {
            None => BTreeMap::new(),
            Some(commit) => match known.get(commit) {
                Some(read) => Clone::clone(read),
                None => {
                    let read =
                        ports.ledger.reader().named(commit).await.map_err(LedgerError::read_failure)?;
                    known.insert(commit.clone(), read.clone());
                    read
                }
            },
        };
        let observe = Observe {
            release: planned.release.clone(),
            targets: planned.targets.clone(),
            read,
            since: planned.since,
            allowed: planned.allowed.clone(),
        };
        let next = append_after(&writer, &settings.lane, head, Kind::Observe, still, |record| {
            record.observe = Some(observe.clone());
        })
        .await?;
        head = Some(next);
        count += 1;
    }
    Ok(count)
}
