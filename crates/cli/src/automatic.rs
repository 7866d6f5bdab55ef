//! Shows the promotions that follow a publication by itself, and what a build says before it.

use crate::app::screen::Screen;
use crate::progress::Progress;
use promote_core::advance::Watch;
use promote_core::ledger::Actor;
use promote_core::plan::{Plan, Refusal};
use promote_core::port::StepProgress;
use promote_providers::Mirror;
use promote_view::{Style, Text};

/// Shows each promotion while it runs.
pub(crate) struct MoveProgress<'a> {
    /// Where.
    pub(crate) screen: &'a Screen,
    /// How far it is.
    pub(crate) progress: &'a Progress,
    /// Who tells others what was refused, and for whom.
    pub(crate) tells: (&'a Mirror, &'a Actor),
}

impl Watch for MoveProgress<'_> {
    fn begins(&self, plan: &Plan) {
        let moves = format!("{}: moves to {}", plan.environment, plan.release.commit.short(7));
        self.screen.say(&Text::plain(moves));
        self.progress.begin(plan);
    }

    fn ends(&self) {
        self.progress.rest();
    }

    fn refused(&self, refusal: &Refusal) {
        let (mirror, actor) = self.tells;
        if let Some(teller) = mirror.teller() {
            teller.refused(refusal, actor);
        }
    }
}

/// Shows what a build says.
pub(crate) struct BuildOutput<'a>(pub(crate) &'a Screen);

impl StepProgress for BuildOutput<'_> {
    fn line(&self, line: &str) {
        self.0.say(&Text::new(format!("  {line}"), Style::Dim));
    }
}
