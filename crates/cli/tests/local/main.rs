//! Whole commands, driven in process on real folders, a real repository and the real shell.

mod adopting;
mod demo;
mod publishing;
mod sayings;
mod setting_up;
mod stage;
