//! What is to be published, and what became of it, as data.

use super::standing::PublishedState;
use crate::commit::CommitId;
use crate::digest::Digest;
use crate::folder;
use crate::ledger::{Actor, Allowed, Manifest};
use crate::port::Body;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// One artifact, as it is given.
#[derive(Debug, Clone)]
pub enum Given {
    /// One object.
    Object {
        /// Its bytes.
        body: Body,
        /// The digest of its contents, where it is an archive.
        content: Option<Digest>,
    },
    /// The files of a folder.
    Folder(Vec<folder::Entry>),
    /// Nothing: the image was pushed already, and its digest is kept from now on.
    Pushed,
}

/// What is to be published.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The commit.
    pub commit: CommitId,
    /// First line of its message. Foreign text.
    pub subject: Option<String>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// Its semver number.
    pub version: Option<String>,
    /// The branches that hold it.
    pub branches: Vec<String>,
    /// Each artifact, by the name of its entry (see [`super::places`]).
    pub artifacts: BTreeMap<String, Given>,
    /// How they were made.
    pub built: String,
    /// What is let through.
    pub allowed: Allowed,
    /// Who publishes.
    pub actor: Actor,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The manifest in the ledger.
    pub manifest: Manifest,
    /// Whether this publication wrote it, or found the same one.
    pub new: bool,
    /// What was found of one that was published before; what was missing was put there again.
    pub standing: PublishedState,
}
