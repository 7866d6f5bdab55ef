//! `promote approve` and `reject`: somebody says yes or no to a release that is to go to an environment. Nothing moves.

use crate::app::command::{Command, outside};
use crate::app::confirm::agree;
use crate::app::project::Project;
use crate::app::shape::{Shape, shape};
use crate::app::writing::Writing;
use crate::app::{App, CommandResult};
use crate::args::ConfirmArgs;
use clap::Args;
use promote_core::approve;
use promote_core::config::StrengthLevel;
use promote_core::digest::Digest;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::Answer;
use promote_core::ledger::approval::NAMESPACE;
use promote_core::names::{EnvironmentName, escape};
use promote_core::observe::environment;
use promote_core::port::Signer;
use promote_core::ports::Ports;
use promote_core::report::ApprovalReport;
use promote_core::request::{Request, Wanted};
use promote_providers::{Variables, signers};
use promote_view::{Style, Text};
use std::sync::Arc;

/// Say that a release may go to an environment
///
/// The approval is for just this: these bytes, in place of what is there now. It is kept in the ledger under the name
/// that is proven, by a token of the pipeline or by a signature with an ssh key, and used up by the promotion that it
/// allows. Nothing moves.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote approve prod\n  promote approve prod a93be01 --reason \"tested by hand\""
)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    what: AnsweredArgs,

    /// Why; needed where the release was rejected before; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: Option<String>,
}

/// Say that a release may not go to an environment
///
/// Ends what others have approved: the same release needs new approvals, with a reason, to go there. Nothing moves, and
/// what runs stays. `promote block` keeps a release from every environment.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promote reject prod a93be01 --reason \"the migration is not ready\"")]
pub(crate) struct RejectArgs {
    #[command(flatten)]
    what: AnsweredArgs,

    /// Why, which is needed; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = crate::args::reason)]
    reason: String,
}

/// What is answered.
#[derive(Debug, Args)]
pub(crate) struct AnsweredArgs {
    /// Where the release is to go; picked from a list at a terminal, when left out
    #[arg(value_name = "ENV")]
    environment: Option<EnvironmentName>,

    /// Which release; what runs in the environment before, when left out
    #[arg(value_name = "RELEASE")]
    release: Option<Wanted>,

    /// The content that was shown, as `promote plan` gives it: anything else is refused
    #[arg(long, value_name = "DIGEST")]
    content: Option<Digest>,

    /// The ssh key to sign with: a file, or a public key that the agent has the other half of; left out, the one at hand
    /// that the file of `signers` has
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    #[command(flatten)]
    changing: ConfirmArgs,
}

impl Command for ApproveArgs {
    const NAME: &'static str = "approve";
    const DOCUMENTS: &'static [Shape] = &[shape::<ApprovalReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| answer(app, &self.what, Answer::Approved, self.reason.as_deref()))
    }
}

impl Command for RejectArgs {
    const NAME: &'static str = "reject";
    const DOCUMENTS: &'static [Shape] = &[shape::<ApprovalReport>()];

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| answer(app, &self.what, Answer::Rejected, Some(&self.reason)))
    }
}

async fn answer(app: &App<'_>, args: &AnsweredArgs, said: Answer, reason: Option<&str>) -> CommandResult {
    let Writing { project, actor } = app.to_write().await?;
    let command = if said == Answer::Approved { "approve" } else { "reject" };
    let name = crate::pick::environment(app, &project, args.environment.as_ref(), command)?;
    let wanted = args.release.clone().unwrap_or(Wanted::Unnamed);
    let mut request =
        Request { reason: reason.map(str::to_owned), ..Request::promote(name.clone(), wanted, actor) };
    let mut ports = app.ports(&project).await?;
    ports.people.signer = signer(app, &project, &ports, (args, &request), said).await?;
    crate::moving::settle(app, &ports.view(), &project.config, &mut request, true).await?;
    let asked = Box::pin(approve::ask(&ports, &project.config, &request, said, args.content)).await?;
    let mut report = ApprovalReport::of(&asked, said, args.changing.dry_run);
    if !args.changing.dry_run && !asked.said {
        let question = if said == Answer::Approved { "Approve? [y/N]" } else { "Reject? [y/N]" };
        agree(app, &args.changing, "the answer", (&shown(&asked), question))?;
        let done = Box::pin(approve::answer(&ports, &project.config, &request, said, &asked)).await?;
        report.answered(&done);
    }
    app.tell(report.changed, &report, || promote_view::approval::page(&report))?;
    Ok(ExitStatus::Ok)
}

/// The key that signs the answer: where one is named, and where the name of who answers is not proven otherwise.
async fn signer(
    app: &App<'_>,
    project: &Project,
    ports: &Ports,
    (args, request): (&AnsweredArgs, &Request),
    said: Answer,
) -> Result<Option<Arc<dyn Signer>>, Failure> {
    let least = environment(&project.config, &request.environment)?.approvals.strength;
    let Some(signers) = &ports.people.signers else {
        return match args.key {
            None => Ok(None),
            Some(_) => {
                Err(Failure::new(ExitStatus::Usage, "no signature counts: `promote.toml` names no `signers`")
                    .state("Nothing was recorded."))
            }
        };
    };
    let proven = request.actor.strength.is_proven() && least != StrengthLevel::Signed;
    if proven && args.key.is_none() {
        return Ok(None);
    }
    let variables: Variables = app.env.variables.iter().collect();
    let at = app.connect.clock().now();
    let screen = app.screen.clone();
    let notices = move |notice: &str| screen.say(&Text::new(notice, Style::Plain));
    let around = (&variables, app.env.folder.as_path());
    let found = signers::key(signers, args.key.as_deref(), around, (NAMESPACE, at), notices).await;
    // Whoever can't sign may still say no, and yes where the file takes any name.
    let needed = args.key.is_some() || said == Answer::Approved && least != StrengthLevel::Claimed;
    match found {
        Ok(key) => Ok(Some(key)),
        Err(failure) if needed => Err(failure),
        Err(_) => Ok(None),
    }
}

/// What is answered, for people.
fn shown(asked: &approve::Asked) -> Vec<String> {
    let bound = &asked.bound;
    let subject = asked.subject.as_deref().map(|text| format!(" {}", escape(text))).unwrap_or_default();
    let mut lines = vec![format!("{} to {}{subject}", bound.release.commit.short(7), bound.environment)];
    lines.push(match &bound.replaces.commit {
        Some(commit) => format!("  in place of {}", commit.short(7)),
        None => "  where no release is known to be".to_owned(),
    });
    let artifacts = bound.release.artifacts.iter();
    lines.extend(artifacts.map(|(name, digest)| format!("  {}: {digest}", escape(name))));
    let closed = asked.findings.iter().filter(|finding| !finding.passes() && finding.rule != "approvals");
    lines.extend(closed.map(|finding| format!("  not met: {}: {}", finding.rule, finding.detail)));
    lines
}
