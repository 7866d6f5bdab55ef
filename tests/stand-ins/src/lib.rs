//! What tests of vendors and of everything above them reach: real servers, started by `./test` or on demand, and stand-ins
//! for those that can't be started. It knows the ports at most, so that no test of a vendor is built anew with the core.

pub mod bucket;
pub mod client;
pub mod codepipeline_fake;
pub mod forge_fake;
pub mod gcs_fake;
pub mod issuer;
pub mod oci;
pub mod quay_fake;
pub mod repeater;
pub mod server;
pub mod stand_in;
pub mod token_service;
