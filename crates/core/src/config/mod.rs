//! `promote.toml`: what it means ([`Config`]) and how it is read, with every mistake shown at its line and column.

mod model;

pub use model::{
    Approvals, Artifact, ArtifactKind, Config, Effective, Environment, Host, Lane, LedgerPlace, Notify,
    OnFailure, Pack, Render, Step, StepAction, StoreSettings, Tier,
};
