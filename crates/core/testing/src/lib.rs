//! What tests of stores and of the protocol stand on: the suite that every store must pass, a store in memory that passes
//! it, and layers that lose requests, crash and take notes. No product depends on it.

pub mod conformance;
pub mod decorator;
pub mod memory;
