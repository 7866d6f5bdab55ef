//! From a report to a page: one file for each document.

pub(crate) mod status;
