//! Promotion of a finished build from one environment to the next: the words, the rules, the pure plan, the ports
//! to the outside, the protocol that carries a plan out, and the ledger that remembers it.
//!
//! *Read the world into a value, decide with a function, act on the decision, write down what happened.*
//!
//! This crate meets no runtime, network, file system, environment variable, wall clock or terminal: all of these
//! come in through the traits in [`port`]. The words and ports are the crate `promote-port`'s.

pub mod advance;
mod ahead;
pub mod apply;
pub mod approve;
pub mod automatic;
pub mod config;
pub mod content;
pub mod context;
pub mod decorator;
pub mod deploying;
pub mod event;
pub mod evidence;
pub mod exit;
pub mod failure;
pub mod finding;
pub mod flow;
pub mod folder;
pub mod follow;
pub mod gates;
pub mod import;
pub mod init_ledger;
pub mod interruption;
pub mod invocation;
mod kept;
pub mod lease;
pub mod ledger;
pub mod lookout;
pub mod marks;
pub mod mirror;
mod name_word;
pub mod observe;
pub mod pattern;
pub mod place;
mod placing;
pub mod plan;
pub mod pointer;
pub mod ports;
pub mod proposal;
pub mod publish;
pub mod reason;
mod relay;
pub mod relocated;
pub mod remember;
pub mod report;
pub mod request;
pub mod retention;
pub mod rule;
pub mod snapshot;
pub mod standing;
pub mod steps;
pub mod tell;
pub mod trusted_hosts;
pub mod undo;
pub mod version;
pub mod vote;
mod watched;
pub mod window;

pub use promote_port::{
    USER_AGENT, VERSION, commit, digest, duration, layer, location, names, port, promotion, retry,
    same_store, secret_name, span, step, suggest, tag, template, tier, trust,
};
