//! Following against pipelines that do what a script says, on a clock that jumps.

mod ends;
mod finding;
mod returning;
mod script;
