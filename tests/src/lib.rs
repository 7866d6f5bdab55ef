//! What the acceptance tests in `tests/tests/` share: real servers, projects, and a command that dies on request.
//! The tests themselves live there, by subject.

pub mod console;
pub mod killer;
pub mod lane_project;
pub mod project;
pub mod pseudo_terminal;
pub mod runner;
pub mod site;
pub mod workflow;
pub mod yaml;

pub use promote_stand_ins::{
    bucket, client, codepipeline_fake, forge_fake, gcs_fake, issuer, oci, quay_fake, repeater, server,
    stand_in, token_service,
};
