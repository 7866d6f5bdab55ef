//! The project as the library has it: what it reaches is connected as commands reach it, and whom credentials may be sent to
//! is asked of the person at the terminal.

use crate::app::App;
use crate::app::connect::Site;
use crate::app::project::Project;
use promote_core::event::{Events, Silent};
use promote_core::failure::Failure;
use promote_core::ledger::Actor;
use std::sync::Arc;

impl App<'_> {
    /// Opens the project. `by`: who acts, where that is known better than by what is claimed. What happens is told to `events`.
    pub(crate) async fn open(
        &self,
        project: &Project,
        by: Option<Actor>,
        events: Arc<dyn Events>,
    ) -> Result<promote::Project, Failure> {
        let trust = crate::allowed::agreed(self, project)?;
        let (config, base) = (&project.config, &project.base);
        let site = Site { config, base, env: self.env, events: Arc::new(Silent), trust: trust.clone() };
        let ports = self.connect.ports(site).await?;
        let builder = promote::with_config(config.clone(), base)
            .called(project.shown(self.env))
            .variables(self.env.variables.iter().collect())
            .connected(ports, trust)
            .events(events);
        let builder = match by {
            Some(actor) => builder.identified(actor),
            None => builder.actor(self.claimed()),
        };
        let builder = if self.is_a_persons() { builder.of_a_person() } else { builder };
        builder.build().map_err(promote::Error::into_failure)
    }
}
