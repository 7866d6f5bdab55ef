//! Following what a promotion set off elsewhere: which executions, answering what waits in them, and what came of it.
//! Nothing is written to the ledger.

use crate::app::project::Project;
use crate::app::{App, CommandResult, Stop};
use crate::interrupt::or_signal;
use crate::progress::Progress;
use crate::watch_report::WatchReport;
use futures_util::future::try_join;
use promote_core::config::{Environment, Step, StepAction};
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::exit_of;
use promote_core::follow::{plain, waits};
use promote_core::ledger::Actor;
use promote_core::names::EnvironmentName;
use promote_core::observe::{begun, environment, heads};
use promote_core::port::pipeline::{Verdict, Waiting};
use promote_core::port::{StepContext, StepEnd, StepProgress};
use promote_core::steps::{self, following};
use promote_view::{Page, Style, Text};
use std::sync::Arc;
use std::time::Duration;

/// A person's answer to an action that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApprovalAnswer<'a> {
    /// Who answers.
    pub(crate) actor: &'a Actor,
    /// Yes or no.
    pub(crate) approved: bool,
    /// `STAGE/ACTION`.
    pub(crate) place: &'a str,
    /// Why.
    pub(crate) comment: &'a str,
    /// The pipeline, where it is named.
    pub(crate) pipeline: Option<&'a str>,
}

/// Shows what a step says as the progress of a deployment.
pub(crate) struct StepLines(pub(crate) Progress);

impl StepProgress for StepLines {
    fn line(&self, line: &str) {
        self.0.hear(&Event::StepLine { phase: "deploy".to_owned(), line: line.to_owned() });
    }

    fn note(&self, note: &str) {
        self.0.hear(&Event::StepNote { phase: "deploy".to_owned(), note: note.to_owned() });
    }
}

/// Answers what is to be answered, and follows what is there.
pub(crate) async fn watch(
    app: &App<'_>,
    project: &Project,
    name: &EnvironmentName,
    answer: Option<ApprovalAnswer<'_>>,
    follows: bool,
    timeout: Option<Duration>,
) -> CommandResult {
    let settings = environment(&project.config, name)?;
    let followed = pipeline_steps(settings)?;
    let progress = app.progress();
    let ports = app.ports_with(project, Arc::new(progress.clone())).await?;
    let view = ports.view();
    let heads = heads(&view, &project.config, [name]);
    let (_, mut heads) = try_join(begun(&view.ledger, &project.config), heads).await?;
    let head = heads.remove(name).flatten();
    let current = head.as_ref().and_then(|head| head.state().current.clone());
    let Some((current, release)) = current.as_ref().and_then(|it| Some((it, it.release.as_ref()?))) else {
        return Err(nothing_there(name).into());
    };
    let context = following::context(&project.config, settings, current, release);
    let mut report = WatchReport::of(name, release);
    if let Some(answer) = answer {
        let said = answered(app, project, &followed, &context, answer).await?;
        app.screen.say(&Text::new("✓ ", Style::Good).and(&said, Style::Plain));
        report.answered = Some(said);
    }
    if follows {
        let shown = StepLines(progress.clone());
        let flow = async {
            let mut steps = Vec::new();
            for step in &followed {
                let timeout = timeout.or(step.timeout).unwrap_or(settings.timeout);
                let ended = ports.steps.run(step, &context, timeout, &shown).await;
                let on = ended.end == StepEnd::Succeeded;
                steps.push(ended);
                if !on {
                    break;
                }
            }
            steps
        };
        let steps = match or_signal(app.env, &progress, flow).await {
            Ok(steps) => steps,
            Err(signal) => {
                progress.rest();
                app.screen.message("\nThe pipelines go on by themselves.\n");
                return Err(Stop::AlreadyReported(signal.exit()));
            }
        };
        report.end = steps.last().map(|step| step.end);
        report.steps = steps;
    }
    progress.rest();
    let exit = report.end.map_or(ExitStatus::Ok, exit_of);
    report.exit = exit.code();
    app.tell(report.answered.is_some(), &report, || page(&report))?;
    Ok(exit)
}

/// The steps of an environment that wait for pipelines, never starting anything.
pub(crate) fn pipeline_steps(settings: &Environment) -> Result<Vec<Step>, Failure> {
    let found = following::pipelines(settings);
    if found.is_empty() {
        return Err(Failure::new(
            ExitStatus::Usage,
            format!("promote.toml names no pipeline that deploys {}", settings.name),
        )
        .hint(format!("`deploy = {{ codepipeline = \"NAME\" }}` in `[env.{}]` names one", settings.name)));
    }
    Ok(found)
}

pub(crate) fn nothing_there(name: &EnvironmentName) -> Failure {
    Failure::new(ExitStatus::Missing, format!("no release is recorded in {name} yet"))
        .hint(format!("`promote status {name}` shows what is there"))
}

/// Answers the one action that waits at the place, in the execution that took what is there.
async fn answered(
    app: &App<'_>,
    project: &Project,
    followed: &[Step],
    context: &StepContext,
    answer: ApprovalAnswer<'_>,
) -> Result<String, Failure> {
    let access = app.connect.pipelines(&project.config);
    let pipelines = access.beside(&context.targets).ok_or_else(|| {
        Failure::new(ExitStatus::Usage, "this version of promote was built without CodePipeline")
    })?;
    let mut found: Vec<(String, Waiting)> = Vec::new();
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for step in followed {
        let StepAction::CodePipeline { names, .. } = &step.action else { continue };
        let names = promote_providers::pipelines::names(names, &context.values)
            .map_err(|why| Failure::new(ExitStatus::Usage, why))?;
        for name in names.into_iter().filter(|name| answer.pipeline.is_none_or(|only| only == name)) {
            let waits = waits(pipelines.as_ref(), &name, &context.targets)
                .await
                .map_err(|error| Failure::from_read(&format!("looking at the pipeline `{name}`"), error))?;
            others.extend(waits.others.iter().map(|place| format!("{name} {}", plain(place))));
            for waiting in waits.ours {
                let place = format!("{}/{}", waiting.stage, waiting.action);
                if place == answer.place {
                    found.push((name.clone(), waiting));
                } else {
                    ours.push(format!("`{}` of {name}", plain(&place)));
                }
            }
        }
    }
    let (name, waiting) = one_of(found, &ours, &others, answer.place)?;
    let who = &answer.actor.name;
    let comment = if answer.comment.is_empty() { who.clone() } else { format!("{who}: {}", answer.comment) };
    let verdict = Verdict { approved: answer.approved, comment };
    pipelines.answer(&name, &waiting, &verdict).await.map_err(|error| {
        Failure::from_read(&format!("answering `{}` of {name}", plain(answer.place)), error)
    })?;
    let word = if answer.approved { "approved" } else { "rejected" };
    Ok(format!("{name} {} {word}", plain(answer.place)))
}

fn one_of(
    mut found: Vec<(String, Waiting)>,
    ours: &[String],
    others: &[String],
    place: &str,
) -> Result<(String, Waiting), Failure> {
    if let (1, Some(one)) = (found.len(), found.pop()) {
        return Ok(one);
    }
    let place = plain(place);
    if !found.is_empty() {
        return Err(Failure::new(ExitStatus::Usage, format!("`{place}` waits in more than one pipeline"))
            .hint("`--pipeline NAME` says in which one it is answered"));
    }
    let failure = Failure::new(
        ExitStatus::Missing,
        format!("`{place}` does not wait for an answer in the execution of what is there"),
    );
    let failure = match ours.is_empty() {
        true => failure,
        false => failure.hint(format!("what waits is {}", ours.join(", "))),
    };
    match others.is_empty() {
        true => Err(failure),
        false => Err(failure
            .state(format!("Another execution waits: {}. It carries another release.", others.join(", ")))),
    }
}

fn page(report: &WatchReport) -> Page {
    let mut page = Page::default();
    let (name, sha) = (&report.environment, report.sha.get(..7).unwrap_or(&report.sha));
    let Some(end) = report.end else {
        if let Some(answered) = &report.answered {
            page.line(format!("{answered}."));
        }
        return page;
    };
    let good = end == StepEnd::Succeeded;
    let style = if good { Style::Good } else { Style::Bad };
    page.line(
        Text::new(if good { "✓ " } else { "✗ " }, style)
            .and(format!("the deployment of {sha} to {name} {}", steps::word(end)), Style::Strong),
    );
    for step in &report.steps {
        page.line(Text::plain(format!("  {}", step.summary)));
        for line in step.tail.lines().take(10) {
            page.line(Text::new(format!("  | {line}"), Style::Dim));
        }
    }
    page.hint(format!("`promote resume {name}` records how it ended, where that was not done"));
    page
}
