//! Following what a promotion set off elsewhere: the executions of the pipelines that deploy what is there. Nothing is written
//! to the ledger.

use crate::events::listening;
use crate::{Error, Project, promotion, runtime};
use futures_util::future::try_join;
use promote_core::config::{Environment, Step};
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::exit_of;
use promote_core::ledger::ReleaseRef;
use promote_core::names::EnvironmentName;
use promote_core::observe::{begun, environment, heads};
use promote_core::port::{StepEnd, StepProgress, StepReport};
use promote_core::steps::following;
use std::sync::Arc;

/// What was followed, and how it ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Watched {
    /// The release that is there.
    pub release: ReleaseRef,
    /// Each pipeline that was followed, in order, up to the first that did not succeed.
    pub steps: Vec<StepReport>,
    /// What a command that ends so exits with.
    pub exit: ExitStatus,
}

impl Project {
    /// Follows the pipelines that deploy what is in an environment, until they end or their time is over. What they say is
    /// told as events.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
    /// let watched = promote::open(".").build()?.watch("prod").await?;
    /// for step in &watched.steps {
    ///     println!("{}", step.summary);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Usage` when no pipeline deploys the environment, `Missing` when nothing is recorded there, and when the ledger can't
    /// be read.
    pub async fn watch(&self, environment: &str) -> Result<Watched, Error> {
        runtime::whole()?;
        let name = promotion::environment(environment)?;
        let work = follow(self, &name);
        Ok(listening(Arc::clone(&self.site().listeners), work).await?)
    }
}

async fn follow(project: &Project, name: &EnvironmentName) -> Result<Watched, Failure> {
    let site = project.site();
    let settings = environment(&site.config, name)?;
    let followed = pipelines(settings)?;
    let view = site.ports.view();
    let found = heads(&view, &site.config, [name]);
    let (_, mut found) = try_join(begun(&view.ledger, &site.config), found).await?;
    let head = found.remove(name).flatten();
    let current = head.as_ref().and_then(|head| head.state().current.clone());
    let Some((current, release)) = current.as_ref().and_then(|it| Some((it, it.release.as_ref()?))) else {
        return Err(Failure::new(ExitStatus::Missing, format!("no release is recorded in {name} yet")));
    };
    let context = following::context(&site.config, settings, current, release);
    let told = StepLines(Arc::clone(&site.ports.events));
    let mut watched = Watched { release: release.clone(), steps: Vec::new(), exit: ExitStatus::Ok };
    for step in &followed {
        let timeout = step.timeout.unwrap_or(settings.timeout);
        let ended = site.ports.steps.run(step, &context, timeout, &told).await;
        let end = ended.end;
        watched.exit = exit_of(end);
        watched.steps.push(ended);
        if end != StepEnd::Succeeded {
            break;
        }
    }
    Ok(watched)
}

/// The steps that wait for pipelines.
fn pipelines(settings: &Environment) -> Result<Vec<Step>, Failure> {
    let found = following::pipelines(settings);
    match found.is_empty() {
        false => Ok(found),
        true => Err(Failure::new(
            ExitStatus::Usage,
            format!("the configuration names no pipeline that deploys {}", settings.name),
        )),
    }
}

/// Tells what a step says as the progress of a deployment.
struct StepLines(Arc<dyn Events>);

impl StepProgress for StepLines {
    fn line(&self, line: &str) {
        self.0.hear(&Event::StepLine { phase: "deploy".to_owned(), line: line.to_owned() });
    }

    fn note(&self, note: &str) {
        self.0.hear(&Event::StepNote { phase: "deploy".to_owned(), note: note.to_owned() });
    }
}
