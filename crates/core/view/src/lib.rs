//! What frontends show: one view for each document of [`promote_core::report`], which makes a [`Page`] of it, and the forms
//! that a page is drawn in: text for a terminal, Markdown for a job's summary or a comment, lines for a script. Nothing is
//! read and nothing is written here: documents come in, text goes out.

pub mod advance;
pub mod approval;
pub mod decision;
pub mod diff;
pub mod failure;
pub mod history;
mod moved;
mod moves;
pub mod outcome;
mod page;
pub mod prune;
pub mod publish;
pub mod show;
pub mod status;
mod told;
pub mod verify;
pub mod words;

pub use page::{Link, Links, Mark, Node, Page, Rows, Sign, Style, Text, addresses};
pub use told::Told;
