//! The program behind the GitHub Action: reads inputs, calls the core, and answers in the runner's own protocol
//! (outputs, job summary, annotations). What may be done and how is the core's to decide; reaching the outside is
//! the providers'.

mod advancing;
mod answer;
mod asked;
mod file;
mod heard;
mod holding;
mod input;
mod installing;
mod log;
mod looking;
mod metadata;
mod outside;
mod promotion;
mod publishing;
mod redact;
mod run;
mod shown;
mod stopping;
mod workflow;

pub use asked::Act;
pub use file::{FileError, append_text, append_value};
pub use input::{InputError, Inputs};
pub use metadata::{INPUTS, Input, OUTPUTS, Output};
pub use outside::Outside;
pub use promote_providers::fault;
pub use run::{Connect, Surroundings, Unread, run};
pub use workflow::{
    ANNOTATIONS, CHARACTERS, Kind, Place, annotation, escape_message, escape_property, harmless,
};
