//! The vocabulary of promotion and the ports to the outside: what a store, a registry, a pipeline, a step and a clock are
//! to the core, in names, digests, commits and locations. Crates for one vendor know this crate and nothing above it.
//!
//! This crate meets no runtime, network, file system, environment variable, wall clock or terminal: all of these come in
//! through the traits in [`port`].

pub mod causes;
pub mod commit;
pub mod digest;
pub mod duration;
pub mod layer;
pub mod location;
pub mod names;
pub mod port;
pub mod probe;
pub mod promotion;
pub mod retry;
pub mod same_store;
pub mod secret_name;
pub mod shell;
pub mod span;
pub mod step;
pub mod suggest;
pub mod tag;
pub mod template;
pub mod tier;
pub mod trust;

/// The version of promote: the one of all its crates and programs.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What requests say of who sends them.
pub const USER_AGENT: &str = concat!("promote/", env!("CARGO_PKG_VERSION"));
