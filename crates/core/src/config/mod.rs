//! `promote.toml`: what it means ([`Config`]) and how it is read, with every mistake shown at its line and column.

mod diagnostic;
mod keys;
mod model;
mod secrets;
mod variables;

pub use model::{
    Approvals, Artifact, ArtifactKind, Config, Effective, Environment, Host, Lane, LedgerPlace, Notify,
    OnFailure, Pack, Render, Step, StepAction, StoreSettings, Tier,
};

pub use diagnostic::{Diagnostic, Label, Severity};
pub use keys::{KeyRow, reference};
pub use secrets::masked;
