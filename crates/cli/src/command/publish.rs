//! `promote publish`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::{ConfirmArgs, Format, JobFiles};
use crate::automatic::{BuildOutput, MoveProgress};
use crate::gitlab::Facts;
use crate::interrupt::or_signal;
use crate::interruption::one_of_several;
use clap::Args;
use promote_artifacts::publication::{self, PublishRequest};
use promote_core::automatic;
use promote_core::event::Events;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::mirror::Closing;
use promote_core::observe;
use promote_core::report::{Moved, PublishReport};
use promote_view::{Style, Text};
use std::sync::Arc;

/// Put a release in place, and promote it where that is automatic
///
/// The commit's artifact is packed as `[pack]` says, or given as a finished file, and written once to where `source`
/// says, never to be changed. Begins the ledger when there is none. Running it again changes nothing, and puts back what is
/// gone from there; other bytes for a commit that is published are refused, and so are others that are in their place.
/// Afterwards the first environments with `auto = true` take the release; when a rule keeps one from taking it, that is
/// said, and the publication stays.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help(crate::args::UNASKED)))]
#[command(
    after_help = "Examples:\n  promote publish\n  promote publish --commit v1.4.0\n  promote publish build/app.zip --no-move\n  promote publish app=app.zip web=web.zip"
)]
pub(crate) struct PublishArgs {
    /// A finished file or a folder to pack, `NAME=PATH` where a release has several artifacts
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    /// The commit: its beginning, a tag or a branch; the work tree's when left out
    #[arg(long, value_name = "COMMIT", default_value = "HEAD")]
    pub(crate) commit: String,

    /// Promote it nowhere
    #[arg(long)]
    pub(crate) no_move: bool,

    /// Publish although the work tree is not what was committed; the release says so for ever
    #[arg(long)]
    pub(crate) allow_dirty: bool,

    /// Publish a merge that was made to try out a pull or merge request; it never moves by itself
    #[arg(long)]
    pub(crate) allow_unmerged: bool,

    #[command(flatten)]
    pub(crate) changing: ConfirmArgs,

    #[command(flatten)]
    pub(crate) files: JobFiles,
}

impl Command for PublishArgs {
    const NAME: &'static str = "publish";
    const ELSEWHERE: &'static [&'static str] = &["push", "upload", "add"];
    const DOCUMENTS: &'static [Shape] = &[shape::<PublishReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &PublishArgs) -> CommandResult {
    Facts::fit(app, &args.files)?;
    let mut facts = Facts::of_publication();
    let ended = publish(app, args, &mut facts).await;
    facts.write(app, &args.files, ended)
}

async fn publish(app: &App<'_>, args: &PublishArgs, facts: &mut Facts) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let progress = app.progress();
    let mirror = app.mirror(&project, &actor, Arc::new(progress.clone()));
    let ports = app.ports_with(&project, Arc::clone(&mirror) as Arc<dyn Events>).await?;
    app.telling(&mirror, &project, &ports);
    let moving =
        !args.no_move && !args.changing.dry_run && !automatic::environments(&project.config).is_empty();
    // A page in full is one.
    let shown = moving && matches!(app.screen.format, Format::Human | Format::Plain);
    let proposal = promote_providers::proposal::of(&app.env.variables.iter().collect());
    let flow = async {
        let asked = PublishRequest {
            config: &project.config,
            base: &project.base,
            folder: &app.env.folder,
            commit: &args.commit,
            paths: &args.paths,
            dry_run: args.changing.dry_run,
            allow_dirty: args.allow_dirty,
            allow_unmerged: args.allow_unmerged,
            proposal: proposal.as_ref(),
            actor: &actor,
            said: &BuildOutput(&app.screen),
        };
        let mut report = Box::pin(publication::publish(&ports, &asked)).await?;
        if moving {
            let commit = report.commit.clone();
            if shown {
                // What was published is said before anything moves.
                let said = app.screen.page(&promote_view::publish::published(&report));
                if let Some(failure) = said.err().filter(|_| report.acted()) {
                    app.unshown(&failure);
                }
            }
            let watch = MoveProgress { screen: &app.screen, progress: &progress, tells: (&mirror, &actor) };
            report.moves = automatic::promote(&ports, &project.config, &actor, &commit, &watch).await?;
        }
        Ok::<PublishReport, Failure>(report)
    };
    let (report, stopped) = match or_signal(app.env, &progress, flow).await {
        Ok(report) => {
            let (shown, stopped) = app.mirrored(&mirror, Closing::Failed).await;
            let mut report = report?;
            report.moves = report.moves.into_iter().map(|moved| moved.shown(&shown)).collect();
            (report, stopped)
        }
        Err(signal) => {
            let who = (&ports, &project.config, &actor);
            return Err(one_of_several(app, &progress, &mirror, signal, who).await);
        }
    };
    facts.published(&project.config, &report);
    app.tell(report.acted(), &report, || match shown {
        true => promote_view::publish::moved(&report),
        false => promote_view::publish::page(&report),
    })?;
    if let Some(moved) = report.moves.first()
        && Facts::wanted(app, &args.files)
    {
        // What later jobs are told is no part of what was done.
        match observe::image(&ports.view(), &project.config, &moved.environment, &report.commit).await {
            Ok(held) => facts.holds(held),
            Err(failure) => {
                app.screen.say(&Text::new("warning: ", Style::Warn).and(
                    format!("could not look at what is in {}: {failure}", moved.environment),
                    Style::Plain,
                ))
            }
        }
    }
    let exit = report.moves.iter().map(Moved::of_publication).max().unwrap_or(ExitStatus::Ok);
    Ok(exit.or_stopped(stopped))
}
