//! `promote prune`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::{ConfirmArgs, number, span};
use crate::interrupt::or_signal;
use chrono::TimeDelta;
use clap::Args;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::report::PruneReport;
use promote_core::retention::{LEAST_GRACE, Policy, judge, prune, survey};
use promote_view::Page;
use std::sync::Arc;
use std::time::Duration;

/// Delete the artifacts of releases that nothing needs any more
///
/// What is in an environment, was there and could come back, is open, is pinned, is new or could move on next is never
/// deleted. A release is first doomed, and deleted by a later run when the grace is over: until then it can be
/// pinned, and a promotion that had just begun keeps it. Without `--yes` it only shows what would be done. The ledger keeps
/// everything but the signs of life of what has ended.
#[derive(Debug, Args)]
#[command(mut_arg("yes", |yes| yes.help("Do it; without this, it is only shown")))]
#[command(
    after_help = "Examples:\n  promote prune\n  promote prune --yes\n  promote prune --keep 50 --older-than 90d --json"
)]
pub(crate) struct PruneArgs {
    /// How many of the newest releases to keep
    #[arg(long, value_name = "N", default_value_t = Policy::default().keep, allow_negative_numbers = true,
        value_parser = number::<usize>(0, u64::MAX))]
    keep: usize,

    /// Keep every release that is younger: `30d`, `12w`
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "30d")]
    older_than: Duration,

    /// How long after its doom a release may be deleted; at least `1h`
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "1h")]
    grace: Duration,

    #[command(flatten)]
    changing: ConfirmArgs,
}

impl PruneArgs {
    fn policy(&self) -> Result<Policy, Failure> {
        let delta = |span: Duration| TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        let policy = Policy { keep: self.keep, older_than: delta(self.older_than), grace: delta(self.grace) };
        if policy.grace < LEAST_GRACE {
            let message = "a grace of less than an hour could take a release away from a promotion";
            return Err(Failure::new(ExitStatus::Usage, message).state("Nothing was changed."));
        }
        Ok(policy)
    }
}

impl Command for PruneArgs {
    const NAME: &'static str = "prune";
    const ELSEWHERE: &'static [&'static str] = &["gc", "clean", "cleanup", "delete"];
    const DOCUMENTS: &'static [Shape] = &[shape::<PruneReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &PruneArgs) -> CommandResult {
    let policy = args.policy()?;
    let Writing { project, actor } = app.to_write().await?;
    let config = &project.config;
    let progress = app.progress();
    let ports = app.ports_with(&project, Arc::new(progress.clone())).await?;
    let found = survey(&ports.view(), config, &policy).await?;
    let judged = judge(config, &policy, &found, |store| ports.stores.contains_key(store));
    let pruned = match args.changing.yes && !args.changing.dry_run {
        false => None,
        true => {
            let work = prune(&ports, config, &policy, &actor, &found, &judged);
            let done = match or_signal(app.env, &progress, work).await {
                Ok(done) => done?,
                Err(signal) => {
                    return Err(Failure::new(signal.exit(), "it was stopped in the middle")
                        .state("What was deleted by then is deleted; nothing that is needed was touched.")
                        .hint(format!("`{}` goes on where it stopped", policy.command()))
                        .into());
                }
            };
            progress.rest();
            Some(done)
        }
    };
    let report = PruneReport::of(config, &policy, &found, &judged, pruned.as_ref());
    app.tell(pruned.is_some(), &report, || -> Page {
        promote_view::prune::page(&report, &policy, config.timezone)
    })?;
    Ok(ExitStatus::Ok)
}
