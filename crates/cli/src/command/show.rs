//! `promote show`.

use crate::app::command::{Command, outside};
use crate::app::shape::{Shape, shape};
use crate::app::{App, CommandResult};
use clap::Args;
use promote_core::commit::CommitId;
use promote_core::config::Config;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::ledger::PromotionId;
use promote_core::observe::{Named, by_name, heads, resolve_prefix};
use promote_core::ports::ReadPorts;
use promote_core::report::{self, Document, PromotionReport, ReleaseShow};
use promote_core::request::Wanted;

/// One promotion, or everywhere a release has been
///
/// A promotion is named by its id, as `promote to` prints it. A release is named by a commit or the beginning of one,
/// a tag, or an environment that runs it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promote show 01JD4W6Z8N7QK3VB\n  promote show a93be01\n  promote show prod --json"
)]
pub(crate) struct ShowArgs {
    /// A promotion's id, or a release
    #[arg(value_name = "ID|RELEASE")]
    what: String,
}

impl ShowArgs {
    /// Whether a promotion is named: 16 digits of Crockford's base 32, which no commit in lower case is.
    fn is_promotion(&self) -> bool {
        self.what.len() == 16 && self.what.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    }
}

impl Command for ShowArgs {
    const NAME: &'static str = "show";
    const DOCUMENTS: &'static [Shape] = &[shape::<ReleaseShow>(), shape::<PromotionReport>()];

    fn fields(&self) -> &'static [&'static str] {
        if self.is_promotion() { PromotionReport::FIELDS } else { ReleaseShow::FIELDS }
    }

    fn run(&self, app: &App<'_>) -> CommandResult {
        outside(|| run(app, self))
    }
}

async fn run(app: &App<'_>, args: &ShowArgs) -> CommandResult {
    let project = app.project()?;
    let view = app.ports(&project).await?.view();
    let zone = project.config.timezone;
    if args.is_promotion() {
        let found = report::promotion(&view, &project.config, &PromotionId(args.what.clone())).await?;
        app.show(&found, || promote_view::show::promotion(&found, zone))?;
    } else {
        let commit = named(&view, &project.config, &args.what).await?;
        let found = report::release(&view, &project.config, &commit).await?;
        app.show(&found, || promote_view::show::release(&found, zone))?;
    }
    Ok(ExitStatus::Ok)
}

async fn named(view: &ReadPorts, config: &Config, text: &str) -> Result<CommitId, Failure> {
    let missing = |message: String| Failure::new(ExitStatus::Missing, message);
    let wanted: Wanted = text.parse().map_err(|error: promote_core::request::WantedError| {
        Failure::new(ExitStatus::Usage, error.to_string()).hint("`promote status` names what runs where")
    })?;
    match wanted {
        Wanted::Commit(prefix) => Ok(resolve_prefix(view, &prefix).await?.0),
        Wanted::Environment(name) if config.environments.contains_key(&name) => {
            let heads = heads(view, config, [&name]).await?;
            let release = heads.get(&name).and_then(Option::as_ref).and_then(|head| head.state().release());
            release
                .map(|release| release.commit.clone())
                .ok_or_else(|| missing(format!("no release is recorded in {name} yet")))
        }
        Wanted::Environment(name) => in_repository(view, config, name.as_str()).await,
        Wanted::Tag(name) | Wanted::Moving(name) => in_repository(view, config, &name).await,
        Wanted::Previous | Wanted::Unnamed => {
            Err(Failure::new(ExitStatus::Usage, "`previous` needs an environment; name the release instead")
                .hint("`promote history ENV` names what was there before"))
        }
    }
}

/// What a tag or a branch names: whoever only looks sees the commit that it is now.
async fn in_repository(view: &ReadPorts, config: &Config, name: &str) -> Result<CommitId, Failure> {
    let found = match &view.history {
        Some(history) => by_name(history.as_ref(), name).await?,
        None => None,
    };
    match found {
        Some(Named::Tag(commit) | Named::Moving(commit)) => Ok(commit.id),
        None => {
            let what = format!("no promotion, release or environment `{name}`");
            let what = if view.history.is_some() {
                what
            } else {
                format!("{what}, and no git repository here to look it up in")
            };
            let failure = Failure::new(ExitStatus::Missing, what);
            let known = config.environments.keys().map(|name| name.as_str());
            Err(match promote_core::suggest::closest(name, known) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`promote history` lists promotions and releases"),
            })
        }
    }
}
