//! `promote.toml`: what it means ([`Config`]) and how it is read, with every mistake shown at its line and column.

mod model;

pub use model::{
    Approvals, Artifact, ArtifactKind, Config, Environment, Lane, LedgerPlace, OnFailure, Pack, Step,
    StepAction, StoreSettings, Tier,
};
