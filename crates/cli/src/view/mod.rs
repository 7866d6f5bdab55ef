//! From a report to a page: one file for each document.

pub(crate) mod doctor;
pub(crate) mod publish;
pub(crate) mod status;
