//! An object of the store as it was found: held open, with its state and what was written down about that. How it is looked
//! for is the store's.

use crate::description::Description;
use crate::stamp::Stamp;
use promote_port::digest::Digest;
use promote_port::port::VersionId;
use std::fs::File;

/// An object, held open.
#[derive(Debug)]
pub(crate) struct OpenObject {
    pub(crate) file: File,
    pub(crate) stamp: Stamp,
    /// What was written down about exactly this state.
    pub(crate) description: Option<Description>,
    /// The digest that was written down, also where the bytes are others by now and nothing else shows it.
    pub(crate) expected: Option<Digest>,
}

impl OpenObject {
    /// What a conditional write compares, and the version's name.
    pub(crate) fn state(&self) -> String {
        if self.description.is_some() { self.stamp.name() } else { self.stamp.name_by_hand() }
    }

    /// Whether it is what a version names, or passes itself off as that.
    pub(crate) fn answers_to(&self, version: &VersionId) -> bool {
        self.state() == version.0 || self.expected.is_some() && self.stamp.name() == version.0
    }

    /// The digest, when it need not be computed.
    pub(crate) fn sha256(&self) -> Option<Digest> {
        self.description.as_ref().map(|it| it.sha256)
    }
}
