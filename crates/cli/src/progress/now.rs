//! How far a promotion is at the moment: what the lines that are shown of it speak of.

use chrono::{DateTime, Utc};
use promote_core::event::Event;
use promote_core::interruption::Checkpoint;

/// What stands for the release that was there before where none was.
pub(super) const NOTHING: &str = "nothing";

/// What is shown and remembered.
#[derive(Debug)]
pub(super) struct Now {
    pub(super) began: DateTime<Utc>,
    /// The release that moves, and the one before, shortened.
    pub(super) to: String,
    pub(super) from: String,
    pub(super) checkpoint: Checkpoint,
    /// When the target or the step that is under way began, and what it is.
    pub(super) doing: Option<(DateTime<Utc>, String, String)>,
}

impl Now {
    /// Takes down what is under way, for the lines that say so.
    pub(super) fn remember(&mut self, event: &Event, at: DateTime<Utc>) {
        match event {
            Event::Moving { target } => self.doing = Some((at, "move".to_owned(), target.to_string())),
            Event::StepStarted { phase, name } => self.doing = Some((at, phase.clone(), name.clone())),
            _ => {}
        }
    }
}
