//! What the acceptance tests in `tests/tests/` share: real servers, projects, and a command that dies on request.
//! The tests themselves live there, by subject.

pub mod bucket;
pub mod client;
pub mod codepipeline_fake;
pub mod console;
pub mod forge_fake;
pub mod gcs_fake;
pub mod issuer;
pub mod killer;
pub mod lane_project;
pub mod oci;
pub mod project;
pub mod pseudo_terminal;
pub mod quay_fake;
pub mod repeater;
pub mod runner;
pub mod server;
pub mod site;
pub mod stand_in;
pub mod token_service;
pub mod workflow;
pub mod yaml;
