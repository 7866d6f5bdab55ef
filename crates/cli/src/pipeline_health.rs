//! What `promote doctor` finds of the pipelines that environments wait for: whether each watches the environment's
//! target, whether the bucket keeps versions, what starts it, and which rights are missing.

use crate::app::App;
use crate::app::project::Project;
use crate::store_health::StoreHealth;
use promote_core::config::{Environment, StepAction};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::follow::{differs, elsewhere, near, plain, unversioned, watches};
use promote_core::location::{Location, StoreId};
use promote_core::place::locate;
use promote_core::port::Pipelines;
use promote_core::port::pipeline::{Declaration, Source};
use promote_core::ports::ReadPorts;
use promote_core::template::Values;
use serde::Serialize;

/// One pipeline of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PipelineHealth {
    /// The environment.
    pub(crate) environment: String,
    /// The pipeline.
    pub(crate) pipeline: String,
    /// Its source action that watches the environment's target.
    pub(crate) action: Option<String>,
    /// What each of its source actions watches: `ACTION PLACE`.
    pub(crate) watches: Vec<String>,
    /// The environment's targets.
    pub(crate) targets: Vec<String>,
    /// What is wrong.
    pub(crate) problems: Vec<String>,
    /// What is worth knowing.
    pub(crate) notes: Vec<String>,
    /// What can be done.
    pub(crate) hints: Vec<String>,
    #[serde(skip)]
    pub(crate) exit: Option<ExitStatus>,
}

/// Looks at the pipelines of every environment.
pub(crate) async fn look(
    app: &App<'_>,
    project: &Project,
    view: &ReadPorts,
    stores: &[StoreHealth],
) -> Result<Vec<PipelineHealth>, Failure> {
    let access = app.connect.pipelines(&project.config);
    let mut found = Vec::new();
    for settings in project.config.in_order() {
        let values = Values {
            env: Some(settings.name.clone()),
            project: Some(project.config.project.clone()),
            ..Values::default()
        };
        let sample = Values { sha: "0".repeat(40).parse().ok(), ..values.clone() };
        // A target with a time or a commit in its name is another one each time; nothing can watch it.
        let targets: Vec<Location> = settings
            .artifacts
            .iter()
            .filter_map(|artifact| match &artifact.target {
                Some(target) => locate(target, &values).ok(),
                // Where nothing is moved, any release's own object tells the bucket.
                None if artifact.is_unmoved() => locate(&artifact.source, &sample).ok(),
                None => None,
            })
            .collect();
        let bucket = targets.iter().find_map(|target| match &target.store {
            StoreId::S3(name) => Some(name.as_str()),
            _ => None,
        });
        for (pipeline, start) in named(settings, &values)? {
            let Some(pipelines) = access.near(bucket) else { continue };
            let mut one = PipelineHealth {
                environment: settings.name.to_string(),
                pipeline,
                action: None,
                watches: Vec::new(),
                targets: targets.iter().map(ToString::to_string).collect(),
                problems: Vec::new(),
                notes: Vec::new(),
                hints: Vec::new(),
                exit: None,
            };
            one.look(pipelines.as_ref(), &targets, start).await;
            if let Some(target) = targets.first() {
                one.versions(view, target, stores).await;
            }
            found.push(one);
        }
    }
    Ok(found)
}

/// The pipelines that an environment waits for, and whether it starts them.
fn named(settings: &Environment, values: &Values) -> Result<Vec<(String, bool)>, Failure> {
    let mut found = Vec::new();
    for step in settings.deploy.iter().chain(&settings.verify) {
        if let StepAction::CodePipeline { names, start } = &step.action {
            let names = promote_providers::pipelines::names(names, values)
                .map_err(|why| Failure::new(ExitStatus::Usage, why))?;
            found.extend(names.into_iter().map(|name| (name, *start)));
        }
    }
    Ok(found)
}

impl PipelineHealth {
    fn problem(&mut self, exit: ExitStatus, text: String) {
        self.problems.push(text);
        self.exit = self.exit.max(Some(exit));
    }

    async fn look(&mut self, pipelines: &dyn Pipelines, targets: &[Location], start: bool) {
        let name = self.pipeline.clone();
        match pipelines.describe(&name).await {
            Ok(declared) => self.declared(&declared, targets, start),
            Err(error) => self.failed(error),
        }
        if self.exit == Some(ExitStatus::Missing) {
            return;
        }
        let recent = match pipelines.recent(&name, None).await {
            Ok(recent) => recent,
            Err(error) => return self.failed(error),
        };
        match pipelines.stages(&name).await {
            Ok(stages) => {
                for stage in stages {
                    let Some(closed) = stage.closed else { continue };
                    let why = closed.reason.map(|why| format!(": \"{}\"", plain(&why))).unwrap_or_default();
                    self.notes.push(format!("nothing enters {} now{why}", plain(&stage.name)));
                }
            }
            Err(error) => self.failed(error),
        }
        if let Some(last) = recent.first()
            && let Err(error) = pipelines.actions(&name, &last.id).await
        {
            self.failed(error);
        }
    }

    fn failed(&mut self, mut error: promote_core::port::ProviderError) {
        self.hints.append(&mut error.hints);
        self.hints.dedup();
        let failure = Failure::from_read("looking at it", error);
        self.problem(failure.exit, failure.words());
    }

    fn declared(&mut self, declared: &Declaration, targets: &[Location], start: bool) {
        let written = targets.iter().map(ToString::to_string);
        let places = differs(declared, written);
        self.watches = places
            .watched
            .iter()
            .map(|(action, place)| format!("{} {}", plain(action), plain(place)))
            .collect();
        let taken = |source: &Source, target: &Location| {
            watches(&source.watches, target) || start && source.any_key && near(&source.watches, target)
        };
        let fits = |source: &&Source| targets.iter().any(|target| taken(source, target));
        let Some(source) = declared.sources.iter().find(fits) else {
            self.problem(ExitStatus::Differs, elsewhere(&self.pipeline, &places));
            self.hints.push(format!(
                "let the source action of {} watch the target of {}, or name the pipeline that does",
                self.pipeline, self.environment
            ));
            return;
        };
        let action = plain(&source.action);
        match (start, source.polls) {
            (true, Some(false)) => {
                self.notes.push("promote starts it; an EventBridge rule on the target would start it twice".to_owned());
            }
            (true, _) => self.notes.push(format!("promote starts it, and `{action}` polls: it starts twice")),
            (false, Some(false)) => self.notes.push(format!(
                "`{action}` does not poll: an EventBridge rule for the target must start it, which its declaration does not show"
            )),
            (false, _) => self.notes.push(format!("`{action}` polls, so it may begin minutes after the move")),
        }
        if declared.mode.as_deref() == Some("SUPERSEDED") {
            self.notes.push(
                "an execution that waits is skipped when a newer one comes (mode SUPERSEDED)".to_owned(),
            );
        }
        self.action = Some(action);
    }

    /// CodePipeline takes versions of objects; a bucket that keeps none has nothing for it.
    async fn versions(&mut self, view: &ReadPorts, target: &Location, stores: &[StoreHealth]) {
        let StoreId::S3(bucket) = &target.store else { return };
        let known = stores.iter().find(|store| store.store == target.store.to_string());
        let kept = known.and_then(|store| store.capabilities.as_ref()).map(|known| known.versioned);
        let (asked, seen) = match view.store(&target.store) {
            Ok(store) => match store.versioning().await.ok().flatten() {
                None => {
                    let object = store.head(&target.key).await.ok().flatten();
                    (None, object.map(|object| object.version.is_some()))
                }
                asked => (asked, None),
            },
            Err(_) => (None, None),
        };
        match asked.or(seen).or(kept) {
            Some(true) => {}
            Some(false) => {
                let (problem, hint) = unversioned(bucket, &self.pipeline);
                self.problem(ExitStatus::Differs, problem);
                self.hints.push(hint);
            }
            None => self.notes.push(format!("versioning of `{bucket}`: not probed yet")),
        }
    }
}
