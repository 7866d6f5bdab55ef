//! Letting a stage of a pipeline go back to what succeeded in it before: the quickest way back where a whole rollback
//! takes too long. No target is moved; that the release in the environment did not hold is recorded.

use crate::app::confirm::confirm;
use crate::app::project::Project;
use crate::app::signal::Signal;
use crate::app::{App, CommandResult, Stop};
use crate::args::ConfirmArgs;
use crate::interrupt::or_signal;
use crate::watch_report::{StageRollback, WatchReport};
use crate::watching::{StepLines, nothing_there, pipeline_steps};
use promote_core::apply::Writer;
use promote_core::commit::CommitId;
use promote_core::config::{Environment, Step, StepAction};
use promote_core::digest::Digest;
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::flow::{exit_of, outcome};
use promote_core::follow::{Follow, Pace, Return, earlier, plain};
use promote_core::invocation::Invocation;
use promote_core::ledger::{Actor, Genesis, Head, LedgerError, OutcomeResult, StepRecord};
use promote_core::mirror::Closing;
use promote_core::names::EnvironmentName;
use promote_core::observe::{environment, genesis};
use promote_core::port::{ErrorKind, Pipelines, StepContext, StepEnd, StepReport};
use promote_core::ports::Ports;
use promote_core::request::Request;
use promote_core::steps::{self, following};
use promote_view::{Page, Style, Text};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The stage.
    pub(crate) stage: &'a str,
    /// The execution that it goes back to, where it is named.
    pub(crate) execution: Option<&'a str>,
    /// The pipeline, where it is named.
    pub(crate) pipeline: Option<&'a str>,
    /// Why.
    pub(crate) comment: Option<&'a str>,
    /// Whether the new execution is followed.
    pub(crate) follows: bool,
    /// How long, instead of what the file says.
    pub(crate) timeout: Option<Duration>,
}

/// Looks for what the stage can go back to, asks, lets it go back, records that and follows it.
pub(crate) async fn run(
    app: &App<'_>,
    project: &Project,
    actor: &Actor,
    name: &EnvironmentName,
    changing: &ConfirmArgs,
    wanted: &Wanted<'_>,
) -> CommandResult {
    let settings = environment(&project.config, name)?;
    let followed = pipeline_steps(settings)?;
    let progress = app.progress();
    let mirror = app.mirror(project, actor, Arc::new(progress.clone()));
    let ports = app.ports_with(project, Arc::clone(&mirror) as Arc<dyn Events>).await?;
    app.telling(&mirror, project, &ports);
    let genesis = genesis(&ports.view(), &project.config).await?;
    let head = ports.ledger.reader().head(&settings.lane).await.map_err(LedgerError::read_failure)?;
    let current = head.as_ref().and_then(|head| head.state().current.clone());
    let (Some(head), Some((current, release))) =
        (head, current.as_ref().and_then(|it| Some((it, it.release.as_ref()?))))
    else {
        return Err(nothing_there(name).into());
    };
    let context = following::context(&project.config, settings, current, release);
    let access = app.connect.pipelines(&project.config);
    let pipelines = access.beside(&context.targets).ok_or_else(|| {
        Failure::new(ExitStatus::Usage, "this version of promote was built without CodePipeline")
    })?;
    let pipeline = one_of(&followed, &context, wanted.pipeline)?;
    let mut way = earlier(pipelines.as_ref(), &pipeline, wanted.stage)
        .await
        .map_err(|error| pipeline_unread(&pipeline, error))?;
    if let Some(id) = wanted.execution {
        (way.to, way.carried) = (id.to_owned(), String::new());
    }
    let mut back = StageRollback {
        pipeline,
        stage: plain(&way.stage),
        from: plain(&way.from),
        to: plain(&way.to),
        carried: way.carried.clone(),
        dry_run: changing.dry_run,
        execution: None,
        recorded: false,
        deployments: Vec::new(),
    };
    let mut report = WatchReport::of(name, release);
    app.screen.say(&intention(&back));
    if changing.dry_run {
        report.stage_rollback = Some(back);
        app.show(&report, Page::default)?;
        return Ok(ExitStatus::Ok);
    }
    confirm(app, changing, settings, false)?;
    let execution =
        go_back(app, &ports, settings, (&pipelines, actor), &way, (head, genesis), wanted, &mut back).await?;
    if let Some(promotion) = current.promotion.clone() {
        let (environment, release) = (name.clone(), release.commit.clone());
        ports.events.hear(&Event::StageBack { promotion, environment, release });
    }
    let (shown, stopped) = app.mirrored(&mirror, Closing::Done).await;
    back.deployments = shown;
    if wanted.follows {
        let shown = StepLines(progress.clone());
        let clock = app.connect.clock();
        let began = clock.steady();
        let follow = Follow {
            pipelines: pipelines.as_ref(),
            clock: clock.as_ref(),
            names: std::slice::from_ref(&back.pipeline),
            targets: &[],
            environment: name.as_str(),
            start: None,
            known: &BTreeMap::from([(back.pipeline.clone(), execution)]),
            timeout: wanted.timeout.unwrap_or(settings.timeout),
            pace: Pace::default(),
        };
        let followed = match stopped {
            None => or_signal(app.env, &progress, follow.run(&shown)).await.map_err(Signal::exit),
            Some(exit) => Err(exit),
        };
        let seen = match followed {
            Ok(seen) => seen,
            Err(exit) => {
                progress.rest();
                app.screen.message("\nThe stage goes on by itself.\n");
                return Err(Stop::AlreadyReported(exit));
            }
        };
        let took = clock.steady().saturating_sub(began);
        report.end = Some(seen.end);
        report.steps.push(StepReport {
            end: seen.end,
            summary: seen.summary,
            tail: seen.detail.join("\n"),
            outputs: seen.executions,
            took_s: took.as_secs(),
        });
    }
    progress.rest();
    let exit = report.end.map_or(ExitStatus::Ok, exit_of);
    report.exit = exit.code();
    report.stage_rollback = Some(back.clone());
    app.tell(true, &report, || page(name, &release.commit, &back, &report))?;
    Ok(exit.or_stopped(stopped))
}

fn pipeline_unread(pipeline: &str, error: promote_core::port::ProviderError) -> Failure {
    Failure::from_read(&format!("looking at the pipeline `{pipeline}`"), error).state("Nothing was changed.")
}

/// The one pipeline that is meant.
fn one_of(followed: &[Step], context: &StepContext, named: Option<&str>) -> Result<String, Failure> {
    let mut all = Vec::new();
    for step in followed {
        let StepAction::CodePipeline { names, .. } = &step.action else { continue };
        let names = promote_providers::pipelines::names(names, &context.values)
            .map_err(|why| Failure::new(ExitStatus::Usage, why))?;
        all.extend(names);
    }
    let mut meant = all.iter().filter(|name| named.is_none_or(|named| named == name.as_str()));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one.clone()),
        (None, _) => Err(Failure::new(
            ExitStatus::Missing,
            format!("no pipeline `{}` deploys this environment", plain(named.unwrap_or_default())),
        )
        .hint(format!("promote.toml names {}", all.join(", ")))),
        (Some(_), Some(_)) => {
            Err(Failure::new(ExitStatus::Usage, "several pipelines deploy this environment")
                .hint(format!("`--pipeline NAME` says which: {}", all.join(", "))))
        }
    }
}

/// The effect and its record; gives the new execution.
#[allow(clippy::too_many_arguments)] // Each is a thing of its own, and they meet here only.
async fn go_back(
    app: &App<'_>,
    ports: &Ports,
    settings: &Environment,
    (pipelines, actor): (&Arc<dyn Pipelines>, &Actor),
    way: &Return,
    (head, genesis): (Head, (Genesis, Digest)),
    wanted: &Wanted<'_>,
    back: &mut StageRollback,
) -> Result<String, Failure> {
    let started = pipelines.roll_back_stage(&back.pipeline, &way.stage, &way.to).await.map_err(|error| {
        let unknown = error.kind == ErrorKind::Unknown;
        let doing = format!("letting `{}` of {} go back", back.stage, back.pipeline);
        let failure = Failure::from_read(&doing, error);
        match unknown {
            true => failure
                .state("Whether the stage goes back is not known.")
                .hint(format!("`{}` shows which execution is in it", look(&settings.name, back))),
            false => failure.state("Nothing was changed."),
        }
    })?;
    back.execution = Some(plain(&started));
    let to = format!("stage {} of {} went back to execution {}", back.stage, back.pipeline, back.to);
    let step = StepRecord {
        phase: "deploy".to_owned(),
        name: format!("codepipeline {}", back.pipeline),
        report: StepReport {
            end: StepEnd::Failed,
            summary: to.clone(),
            tail: back.carried.clone(),
            outputs: BTreeMap::from([(format!("execution.{}", back.pipeline), plain(&started))]),
            took_s: 0,
        },
    };
    let reason = wanted.comment.map_or_else(|| to.clone(), str::to_owned);
    let request = Request {
        reason: Some(reason),
        ..Request::promote(settings.name.clone(), promote_core::request::Wanted::Unnamed, actor.clone())
    };
    let writer = Writer::new(ports, &genesis, settings, &request);
    let recorded = async { outcome(&writer, head, OutcomeResult::Failed, &[step]).await };
    match recorded.await {
        Ok(_) => back.recorded = true,
        Err(failure) => app.screen.say(
            &Text::new("! ", Style::Warn)
                .and(format!("the stage goes back, but the ledger does not say so: {failure}"), Style::Plain),
        ),
    }
    Ok(started)
}

/// The command that only looks at the stage.
fn look(environment: &EnvironmentName, back: &StageRollback) -> Invocation {
    let line = Invocation::new("watch").word(environment).option("--rollback-stage", &back.stage);
    line.option("--pipeline", &back.pipeline).word("--dry-run")
}

fn intention(back: &StageRollback) -> Text {
    let mut text = format!(
        "`{}` of {} goes back from execution {} to {}",
        back.stage, back.pipeline, back.from, back.to
    );
    if !back.carried.is_empty() {
        text.push_str(&format!(" ({})", back.carried));
    }
    Text::plain(text)
}

fn page(name: &EnvironmentName, commit: &CommitId, back: &StageRollback, report: &WatchReport) -> Page {
    let mut page = Page::default();
    let (mark, style, word) = match report.end {
        None => ("✓ ", Style::Good, "goes back; it is not waited for"),
        Some(StepEnd::Succeeded) => ("✓ ", Style::Good, "is back"),
        Some(end) => ("✗ ", Style::Bad, steps::word(end)),
    };
    page.line(
        Text::new(mark, style).and(format!("`{}` of {} {word}", back.stage, back.pipeline), Style::Strong),
    );
    for step in &report.steps {
        page.line(Text::plain(format!("  {}", step.summary)));
        for line in step.tail.lines().take(10) {
            page.line(Text::new(format!("  | {line}"), Style::Dim));
        }
    }
    if back.recorded {
        let sha = commit.short(7);
        page.line(format!("  The ledger says that {sha} did not hold in {name}. The target still holds it."));
    }
    page.hint(format!("`promote rollback {name}` brings the target and the whole pipeline back as well"));
    page
}
