//! The store that lies outside the workspace, as a program of one's own would have it, is compiled and tried here as well:
//! without a network, and with the workspace's own versions of everything.

#![allow(unreachable_pub, reason = "the files are those of another package")]

// The suite names the package that it is written for.
extern crate self as own_store;

#[path = "../../../tests/own-store/tests/suite.rs"]
mod suite;
#[path = "../../../tests/own-store/src/lib.rs"]
mod vault;

use vault::{SCHEME, Vault};
