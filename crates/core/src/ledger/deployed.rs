//! What a lane's state is made of: who is there, who was there, what is open, frozen, held. How it changes is
//! [`super::state`]'s.

use super::terms::{Action, OutcomeResult, ReleaseRef, Seq};
use crate::digest::Digest;
use crate::location::Location;
use crate::names::{ArtifactName, EnvironmentName};
use crate::port::{Token, VersionId};
use crate::promotion::PromotionId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A point in the lane's life: a record, its writer's clock, and the store's time once a later record noted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Moment {
    /// The record.
    pub seq: Seq,
    /// The writer's clock.
    pub at: DateTime<Utc>,
    /// The store's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<DateTime<Utc>>,
}

impl Moment {
    /// The store's time where it is known, else the writer's.
    pub fn time(&self) -> DateTime<Utc> {
        self.stored.unwrap_or(self.at)
    }
}

/// What a target is known to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TargetState {
    /// Which artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ArtifactName>,
    /// Where.
    pub target: Location,
    /// Its token after the write.
    pub token: Token,
    /// Its version after the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Its length.
    pub size: u64,
}

/// A release in a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Deployed {
    /// The release; `None` after adopting bytes that no release has.
    pub release: Option<ReleaseRef>,
    /// The promotion that brought it; `None` when it was adopted.
    pub promotion: Option<PromotionId>,
    /// What brought it.
    pub action: Option<Action>,
    /// Who.
    pub by: String,
    /// Since when.
    pub since: Moment,
    /// Since when it was there as somebody claims who wrote it down later; no rule goes by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<DateTime<Utc>>,
    /// Since when it is verified.
    pub verified: Option<Moment>,
    /// How its deployment ended, once that is known.
    pub outcome: Option<OutcomeResult>,
    /// Whether deploy or verify steps were to follow.
    pub follows: bool,
    /// What each target holds.
    pub targets: Vec<TargetState>,
}

impl Deployed {
    /// Since when it is there, for people: as is claimed where that is all there is. Never for a rule.
    pub fn told_since(&self) -> DateTime<Utc> {
        self.claimed.unwrap_or_else(|| self.since.time())
    }

    /// The target that `PROMOTE_TARGET` and the action's `target` name: of several, the first one that is written.
    pub fn first_target(&self) -> Option<&TargetState> {
        self.targets.first()
    }

    /// The image that lies there; of several the last one, which is the one that a deployment watches.
    pub fn image(&self) -> Option<&Location> {
        self.targets.iter().rev().map(|target| &target.target).find(|target| target.is_image())
    }
}

impl PastDeployment {
    /// Since when it was there, for people, and until when: see [`Deployed::told_since`].
    pub fn told(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (
            self.claimed.unwrap_or_else(|| self.since.time()),
            self.claimed_until.unwrap_or_else(|| self.until.time()),
        )
    }
}

/// Steps that run again after an end of them was recorded, whatever is said of the lane meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rerun {
    /// Who runs them.
    pub by: String,
    /// When they said last that they do.
    pub since: Moment,
    /// How many seconds what is left of them may take from then on.
    pub limit_s: u64,
}

/// A release that was in the lane before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PastDeployment {
    /// The release.
    pub release: ReleaseRef,
    /// Since when it was there.
    pub since: Moment,
    /// See [`Deployed::claimed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<DateTime<Utc>>,
    /// Until when.
    pub until: Moment,
    /// Until when, as is claimed of what came next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<DateTime<Utc>>,
    /// Since when it was verified.
    pub verified: Option<Moment>,
}

/// An intent without its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OpenIntent {
    /// The intent's id; `None` in the very record that is the intent, which can't hold its own hash.
    pub id: Option<Digest>,
    /// Its number.
    pub since: Moment,
    /// The promotion.
    pub promotion: PromotionId,
    /// Every promotion of this chain of take-overs, this one included: their stamps are no drift.
    pub stamps: Vec<PromotionId>,
    /// What for.
    pub action: Action,
    /// For which environment.
    pub environment: EnvironmentName,
    /// The release.
    pub release: ReleaseRef,
    /// Whether it took over from another.
    pub superseding: bool,
    /// Whether steps follow.
    pub follows: bool,
    /// Who.
    pub by: String,
    /// The digest of the gates that its intent lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<Digest>,
}

/// A freeze by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Frozen {
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Since when.
    pub since: Moment,
}

/// Automation leaves the lane alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hold {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Since when.
    pub since: Moment,
}
