//! What follows a publication by itself: the first environments that are automatic take the release, by the same
//! rules and in the same way as when a person asks. The core moves; this says what it is about to do.

use crate::app::App;
use crate::page::Text;
use crate::progress::Progress;
use crate::project::Project;
use promote_core::advance::{Moved, Watch, attempt, choice, request};
use promote_core::commit::CommitId;
use promote_core::config::Environment;
use promote_core::failure::Failure;
use promote_core::plan::Plan;
use promote_core::world::World;

/// Tells of moves that nobody asked for, and shows their progress.
pub(crate) struct Telling<'a> {
    app: &'a App<'a>,
    progress: &'a Progress,
}

impl<'a> Telling<'a> {
    /// On this screen.
    pub(crate) const fn new(app: &'a App<'a>, progress: &'a Progress) -> Self {
        Self { app, progress }
    }
}

impl Watch for Telling<'_> {
    fn begins(&self, plan: &Plan) {
        let (name, short) = (&plan.environment, plan.release.commit.short(7));
        self.app.screen.say(&Text::plain(format!("{name}: moves to {short}")));
        self.progress.begin(plan);
    }

    fn ends(&self) {
        self.progress.rest();
    }
}

/// The environments that take a new release by themselves, one of each lane, in order.
pub(crate) fn environments(project: &Project) -> Vec<&Environment> {
    let mut found = choice::automatic(&project.config);
    found.retain(|settings| settings.from.is_empty());
    found
}

/// Moves a release to all of them. A refusal is an answer here: what was published stays published.
pub(crate) async fn promote(
    app: &App<'_>,
    project: &Project,
    world: &World,
    progress: &Progress,
    commit: &CommitId,
) -> Result<Vec<Moved>, Failure> {
    let mut all = Vec::new();
    let telling = Telling::new(app, progress);
    for settings in environments(project) {
        let request = request(&project.config, settings, commit, &app.actor())?;
        all.push(attempt(world, &project.config, &request, false, &telling).await?);
    }
    Ok(all)
}
