//! The arguments that mean the same everywhere. Those of one command stand beside it in [`crate::command`].

use clap::{Args, ValueEnum};
use promote::{Promotion, Wait};
use promote_core::names::EnvironmentName;
use promote_core::request::TakeOver;
use std::path::PathBuf;
use std::time::Duration;

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Print one JSON document; `--json=a,b` prints only these fields, `--json='?'` lists them
    #[arg(
        long,
        global = true,
        value_name = "FIELDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "format"
    )]
    pub(crate) json: Option<String>,

    /// The form of the output
    #[arg(long, global = true, value_enum, default_value_t = Format::Human, hide_possible_values = false)]
    pub(crate) format: Format,

    /// The file to read instead of searching for promote.toml
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,

    /// Never ask; fail and name the flag that answers
    #[arg(long, global = true)]
    pub(crate) no_input: bool,

    /// Print long pages as they are, without a pager
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,

    /// Say less
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more: each request (method, status, host, path, time) and the output of every step
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Progress as one JSON object a line on standard error
    #[arg(long, global = true)]
    pub(crate) events: bool,

    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One JSON document, as with `--json`
    Json,
    /// For summaries and comments
    Markdown,
    /// One record a line, tab separated
    Plain,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal
    Auto,
    /// Even in a file
    Always,
    /// Not at all
    Never,
}

/// Flags of the commands that change something.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Changing something")]
pub(crate) struct ConfirmArgs {
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Don't ask; needed where there is no terminal
    #[arg(short, long)]
    pub(crate) yes: bool,
}

impl ConfirmArgs {
    /// Whether somebody may be asked, or only looks, before anything is done.
    pub(crate) fn asks(&self) -> bool {
        !self.yes || self.dry_run
    }
}

/// What `--yes` is to a command that asks nothing.
pub(crate) const UNASKED: &str = "Accepted as elsewhere; nothing is asked here";

/// On what terms a release moves.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rules and reasons")]
pub(crate) struct TermsArgs {
    /// Name an environment that reads the same target and moves along; may be repeated
    #[arg(long, value_name = "ENV")]
    pub(crate) include: Vec<EnvironmentName>,

    /// Go past a rule once, for which `--reason` is needed; recorded and announced; several with commas, or repeated
    #[arg(long = "override", value_name = "RULE", requires = "reason", value_delimiter = ',')]
    pub(crate) overrides: Vec<String>,

    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: Option<String>,

    /// A text that the environment asks for; may be repeated
    #[arg(long = "note", value_name = "NAME=TEXT", value_parser = note)]
    pub(crate) notes: Vec<(String, String)>,
}

/// Whether to go on with what somebody else may still be at.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Changing something")]
pub(crate) struct Taking {
    /// Take over at once, although whoever began it may still be at work; what that runs is told to stop
    #[arg(long)]
    pub(crate) take_over: bool,
}

impl Taking {
    /// What is asked of an unfinished promotion.
    pub(crate) fn asked(&self) -> TakeOver {
        if self.take_over { TakeOver::Confirmed } else { TakeOver::WhenStale }
    }
}

/// How long to wait for a deployment.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct Waiting {
    /// Run the steps that follow, and wait for them; this is what happens anyway
    #[arg(long, conflicts_with = "no_wait")]
    pub(crate) wait: bool,

    /// Only move; `promote resume ENV` runs the steps that follow
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// How long each step may take, instead of what the file says: `30m`, `1h30m`
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    pub(crate) timeout: Option<Duration>,
}

impl Waiting {
    /// The promotion with what is asked of its steps.
    pub(crate) fn asked(&self, promotion: Promotion) -> Promotion {
        let promotion = promotion.wait(if self.no_wait { Wait::No } else { Wait::Yes });
        match self.timeout {
            Some(timeout) => promotion.timeout(timeout),
            None => promotion,
        }
    }

    /// The same as it is typed.
    pub(crate) fn typed(&self, line: String) -> String {
        let line = if self.no_wait { format!("{line} --no-wait") } else { line };
        match self.timeout {
            Some(timeout) => format!("{line} --timeout {}s", timeout.as_secs()),
            None => line,
        }
    }
}

/// What later jobs and the job's own page are told.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "For a pipeline")]
pub(crate) struct JobFiles {
    /// Write what came of it as `NAME=value` lines; in a GitLab job to promote.env anyway, unless this is `none`
    #[arg(long, value_name = "FILE")]
    pub(crate) dotenv: Option<PathBuf>,

    /// Write links for the job's page; in a GitLab job to promote-annotations.json anyway, unless this is `none`
    #[arg(long, value_name = "FILE")]
    pub(crate) annotations: Option<PathBuf>,
}

/// A reason that says something.
pub(crate) fn reason(text: &str) -> Result<String, String> {
    promote_core::reason::judge(text).map(str::to_owned).map_err(|unsaid| format!("a reason {unsaid}"))
}

fn note(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.trim(), value));
    let Some((name, value)) = pair.filter(|(name, _)| !name.is_empty()) else {
        return Err("a name, `=` and a text are needed".to_owned());
    };
    match promote_core::reason::judge(value) {
        Ok(value) => Ok((name.to_owned(), value.to_owned())),
        Err(unsaid) => Err(format!("a note {unsaid}")),
    }
}

/// Reads a whole number between two bounds, both included; the largest there is means none.
pub(crate) fn number<N>(least: u64, most: u64) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: TryFrom<u64>,
{
    move |text: &str| {
        let read = text.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
        read.and_then(|number| N::try_from(number).ok()).ok_or_else(|| match most {
            u64::MAX => format!("must be a number, {least} or more"),
            _ => format!("must be a number from {least} to {most}"),
        })
    }
}

/// A span in which something can be done, as the file asks of its own.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    match span(text)? {
        Duration::ZERO => Err("must be longer than 0; write for example `30m`".to_owned()),
        time => Ok(time),
    }
}

/// A span of time as people write it.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    promote_core::duration::parse(text).map_err(|error| error.to_string())
}
