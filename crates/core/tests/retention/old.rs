//! Releases that nothing needs, and people who clean up.

use crate::release::{self, Stage, actor, commit};
use chrono::TimeDelta;
use futures_executor::block_on;
use promote_core::commit::CommitId;
use promote_core::config::Config;
use promote_core::failure::Failure;
use promote_core::ledger::ReleaseEntry;
use promote_core::port::BucketReader;
use promote_core::ports::Ports;
use promote_core::retention::{Fate, LEAST_GRACE, Policy, Pruned, judge, prune, survey};
use promote_testing::memory::MemoryKind;
use std::collections::BTreeMap;
use std::time::Duration;

/// Nothing is kept for being new.
pub fn strict() -> Policy {
    Policy { keep: 0, older_than: TimeDelta::zero(), grace: LEAST_GRACE }
}

/// `promote prune --yes`.
pub async fn clean(ports: &Ports, config: &Config, policy: &Policy) -> Result<Pruned, Failure> {
    let found = survey(&ports.view(), config, policy).await?;
    let judged = judge(config, policy, &found, |store| ports.stores.contains_key(store));
    prune(ports, config, policy, &actor("eve"), &found, &judged).await
}

/// What would become of each release.
pub async fn fates(
    ports: &Ports,
    config: &Config,
    policy: &Policy,
) -> Result<BTreeMap<CommitId, Fate>, Failure> {
    let found = survey(&ports.view(), config, policy).await?;
    let judged = judge(config, policy, &found, |store| ports.stores.contains_key(store));
    Ok(judged.into_iter().map(|(commit, one)| (commit, one.fate)).collect())
}

pub fn grace(stage: &Stage) {
    stage.clock.advance(Duration::from_secs(3601));
}

/// Of a, b and c, a is in prod, b in staging; c is old.
pub fn stage(kind: MemoryKind) -> Stage {
    let stage = Stage::ready(kind);
    stage.clock.advance(Duration::from_secs(86_400));
    stage
}

pub fn entry(stage: &Stage, digit: char) -> ReleaseEntry {
    block_on(stage.ports().ledger.reader().release(&commit(digit))).unwrap()
}

/// The keys of a release's artifacts that are there: of the store, then of the registry.
pub fn there(stage: &Stage, digit: char) -> (Vec<String>, bool) {
    let sha = commit(digit).to_string();
    let below = ["config/", "rules/", "app/"].map(|prefix| format!("{prefix}{sha}"));
    let keys = stage.store.keys().into_iter().map(|key| key.to_string());
    let found = keys.filter(|key| below.iter().any(|prefix| key.starts_with(prefix))).collect();
    let tag = digit.to_string().repeat(8).parse().unwrap();
    (found, block_on(stage.registry.head(&tag)).unwrap().is_some())
}

/// Whether every artifact of a release is there.
pub fn whole(stage: &Stage, digit: char) -> bool {
    let (keys, image) = there(stage, digit);
    image && keys.len() == 2 * (release::files(digit).len() + 1) + 1
}

pub fn kinds() -> [(&'static str, MemoryKind); 3] {
    [("local", MemoryKind::local_like()), ("s3", MemoryKind::s3_like()), ("gcs", MemoryKind::gcs_like())]
}
