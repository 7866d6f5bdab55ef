//! The program behind the GitHub Action: reads inputs, calls the library, and answers in the runner's own protocol
//! (outputs, job summary, annotations). What may be done and how is the core's to decide; opening the project, guards and
//! stopping are the library's.

mod action_result;
mod advance;
mod approve;
mod event_log;
mod file;
mod fill_outputs;
mod input;
mod install;
mod log;
mod metadata;
mod options;
mod promotion;
mod publish;
mod redact;
mod render_failure;
mod request;
mod run;
mod site;
mod status;
mod surroundings;
mod unless_cancelled;
mod verify;
mod workflow;

pub use file::{FileError, append_text, append_value};
pub use input::{InputError, Inputs};
pub use metadata::{INPUTS, Input, OUTPUTS, Output};
pub use promote_providers::fault;
pub use request::Act;
pub use run::run;
pub use surroundings::Surroundings;
pub use workflow::{
    ANNOTATIONS, CHARACTERS, FileSpan, Kind, annotation, escape_message, escape_property, harmless, seen,
};
