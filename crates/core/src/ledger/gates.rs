//! What an intent says of the gates and locators that were in force when it was written, so that a later plan can tell
//! what was loosened since. How the list is made and compared is [`crate::gates`]'.

use super::terms::Seq;
use crate::digest::Digest;
use crate::names::EnvironmentName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The gates and locators of every environment of a lane, as `promote.toml` words them: by environment, by key.
pub type GateList = BTreeMap<EnvironmentName, BTreeMap<String, Vec<String>>>;

/// The list of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Gates {
    /// SHA-256 of the list as compact JSON: equal lists have equal digests.
    pub digest: Digest,
    /// The list.
    pub list: GateList,
}

/// The list that is in force in a lane: that of the last promotion. The state names it, and the intent has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InForce {
    /// See [`Gates::digest`].
    pub digest: Digest,
    /// The intent's number.
    pub seq: Seq,
}
