//! `promote.toml`: what it means ([`Config`]) and how it is read ([`read`]), with every mistake shown at its line and
//! column. Finding the file and showing the mistakes is the frontends' work.

mod address;
mod advice;
mod artifacts;
mod check;
mod checks;
mod diagnostic;
mod effective;
mod environments;
mod evidence;
mod example;
mod forge;
mod forge_run;
mod judge;
mod key;
mod keys;
mod lanes;
mod layers;
mod leaf;
mod locations;
mod model;
mod named;
mod order;
mod project;
mod read;
mod reading;
mod reference;
mod schema;
mod secrets;
mod shape;
mod sign_in;
mod step_keys;
mod steps;
mod stores;
mod unacted;
mod variables;

pub use checks::RequiredCheck;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use example::template;
pub use forge::{Forge, ForgeKind, Mirroring};

pub use crate::port::StoreSettings;
pub use crate::step::{Step, StepAction};
pub use crate::tier::Tier;
pub use model::{
    Approvals, Artifact, ArtifactKind, Config, Effective, Environment, EvidenceDemand, Host, Lane,
    LedgerPlace, Notify, OnFailure, Pack, Render, SignersFile, StrengthLevel, WhileDeploying,
};
pub use read::{LARGEST, read};
pub use reading::ReadContext;
pub use reference::{KeyRow, reference};
pub use schema::schema;
pub use secrets::masked;

#[cfg(test)]
mod tests;
