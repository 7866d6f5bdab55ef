//! What is in one environment and not in the other, as a document.

use super::decision::CommitsReport;
use super::{Document, ReleaseReport};
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{Head, ReleaseRef};
use crate::names::EnvironmentName;
use crate::observe::{begun, environment, heads};
use crate::ports::ReadPorts;
use futures_util::future::{join, try_join};
use serde::Serialize;

/// `promote diff`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffReport {
    /// What this is.
    pub schema: &'static str,
    /// The project.
    pub project: String,
    /// The first environment.
    pub left: DiffSide,
    /// The second environment.
    pub right: DiffSide,
    /// Whether both hold the same bytes of the same release.
    pub same: bool,
    /// Whether a repository knows both commits.
    pub known: bool,
    /// The artifacts of either, in order of their names.
    pub artifacts: Vec<ArtifactDiff>,
}

impl Document for DiffReport {
    const SCHEMA: &'static str = "promote/diff@1";
    const FIELDS: &'static [&'static str] =
        &["schema", "project", "left", "right", "same", "known", "artifacts"];
}

/// One environment of the two.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffSide {
    /// Its name.
    pub environment: String,
    /// Its release.
    pub release: ReleaseReport,
    /// The commits that only this one has.
    pub only: Option<CommitsReport>,
}

/// One artifact in both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactDiff {
    /// Its name.
    pub artifact: String,
    /// Its digest in the first.
    pub left: Option<String>,
    /// Its digest in the second.
    pub right: Option<String>,
}

/// Compares what the ledger says of two environments.
///
/// # Errors
/// When one of them is not there or has no release, or the ledger can't be read.
pub async fn diff(
    view: &ReadPorts,
    config: &Config,
    left: &EnvironmentName,
    right: &EnvironmentName,
) -> Result<DiffReport, Failure> {
    environment(config, left)?;
    environment(config, right)?;
    let (_, heads) = try_join(begun(&view.ledger, config), heads(view, config, [left, right])).await?;
    let release = |name: &EnvironmentName| -> Result<(ReleaseRef, Vec<String>), Failure> {
        let state = heads.get(name).and_then(Option::as_ref).map(Head::state);
        let here = state.and_then(|state| Some((state, state.release()?)));
        here.map(|(state, release)| (release.clone(), state.allowed(&release.commit))).ok_or_else(|| {
            Failure::new(ExitStatus::Missing, format!("no release is recorded in {name} yet"))
                .hint(format!("`promote status {name}` shows what is there"))
        })
    };
    let ((one, ones), (two, twos)) = (release(left)?, release(right)?);
    let (mut first, mut second) = (ReleaseReport::of(&one), ReleaseReport::of(&two));
    (first.allowed, second.allowed) = (ones, twos);
    let mut known = false;
    if let Some(history) = &view.history {
        let (a, b) = join(history.resolve(one.commit.as_str()), history.resolve(two.commit.as_str())).await;
        let (a, b) = (a.ok().flatten(), b.ok().flatten());
        known = a.is_some() && b.is_some();
        first.subject = a.map(|commit| commit.subject);
        second.subject = b.map(|commit| commit.subject);
    }
    let mut names: Vec<&String> = one.artifacts.keys().chain(two.artifacts.keys()).collect();
    names.sort();
    names.dedup();
    let digest = |release: &ReleaseRef, name: &String| release.artifacts.get(name).map(ToString::to_string);
    Ok(DiffReport {
        schema: DiffReport::SCHEMA,
        project: config.project.to_string(),
        same: one.commit == two.commit && one.same_bytes(&two),
        known,
        artifacts: names
            .into_iter()
            .map(|name| ArtifactDiff {
                artifact: name.clone(),
                left: digest(&one, name),
                right: digest(&two, name),
            })
            .collect(),
        left: DiffSide {
            environment: left.to_string(),
            release: first,
            only: CommitsReport::between(view, &two.commit, &one.commit).await,
        },
        right: DiffSide {
            environment: right.to_string(),
            release: second,
            only: CommitsReport::between(view, &one.commit, &two.commit).await,
        },
    })
}
