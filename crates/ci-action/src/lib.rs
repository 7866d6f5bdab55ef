//! The program behind the GitHub Action: reads inputs, calls the core, and answers in the runner's own protocol
//! (outputs, job summary, annotations). What may be done and how is the core's to decide; reaching the outside is
//! the providers'.

mod file;
mod input;
mod outside;
mod run;
mod summary;
mod workflow;

pub use file::{FileError, append_value};
pub use input::{InputError, Inputs};
pub use outside::Outside;
pub use run::{Act, Connect, Surroundings, run};
pub use workflow::{escape_message, escape_property, harmless};
