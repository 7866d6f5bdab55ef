//! The commands: a file each, or one for those that say and unsay the same, with its arguments (whose doc comments are the
//! help), what else is said of it, and how it runs. The list of them is here, and nowhere else.

mod adopt;
mod advance;
mod approve;
mod check;
mod ci;
pub(crate) mod completions;
mod config;
mod demo;
mod diff;
mod doctor;
mod environment_marks;
mod explain;
mod help;
mod history;
mod iam;
mod import;
mod init;
mod man;
mod notify;
mod pack;
mod plan;
mod project_marks;
mod prune;
mod publish;
mod record;
mod release_marks;
mod resume;
mod rollback;
mod said_report;
mod saved;
mod schema;
mod show;
mod status;
mod to;
mod verify;
mod verify_archive;
mod version;
mod watch;

use crate::app::command::{Entry, Typed, entry};
use crate::app::json::JsonSelection;
use crate::app::shape::Shape;
use crate::app::{App, CommandResult};
use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches, Subcommand};
use promote_core::exit::ExitStatus;

/// All commands in groups, by what somebody wants to do: the first page of help, and every other list of them.
pub(crate) const GROUPS: &[(&str, &[Entry])] = &[
    (
        "Move releases",
        &[
            entry::<publish::PublishArgs>(),
            entry::<plan::PlanArgs>(),
            entry::<to::ToArgs>(),
            entry::<rollback::RollbackArgs>(),
            entry::<resume::ResumeArgs>(),
            entry::<advance::AdvanceArgs>(),
        ],
    ),
    (
        "Look",
        &[
            entry::<status::StatusArgs>(),
            entry::<history::HistoryArgs>(),
            entry::<show::ShowArgs>(),
            entry::<diff::DiffArgs>(),
            entry::<explain::ExplainArgs>(),
            entry::<verify::VerifyArgs>(),
            entry::<watch::WatchArgs>(),
        ],
    ),
    (
        "Control environments and releases",
        &[
            entry::<approve::ApproveArgs>(),
            entry::<approve::RejectArgs>(),
            entry::<record::RecordArgs>(),
            entry::<environment_marks::FreezeArgs>(),
            entry::<environment_marks::UnfreezeArgs>(),
            entry::<environment_marks::HoldArgs>(),
            entry::<environment_marks::UnholdArgs>(),
            entry::<release_marks::BlockArgs>(),
            entry::<release_marks::UnblockArgs>(),
            entry::<release_marks::PinArgs>(),
            entry::<release_marks::UnpinArgs>(),
        ],
    ),
    (
        "Set up",
        &[
            entry::<init::InitArgs>(),
            entry::<check::CheckArgs>(),
            entry::<config::ConfigArgs>(),
            entry::<doctor::DoctorArgs>(),
            entry::<notify::NotifyArgs>(),
            entry::<ci::CiArgs>(),
            entry::<iam::IamArgs>(),
            entry::<adopt::AdoptArgs>(),
            entry::<import::ImportArgs>(),
            entry::<demo::DemoArgs>(),
        ],
    ),
    (
        "Archives and clean-up",
        &[
            entry::<pack::PackArgs>(),
            entry::<verify_archive::VerifyArchiveArgs>(),
            entry::<prune::PruneArgs>(),
        ],
    ),
    (
        "Help and tools",
        &[
            entry::<help::HelpArgs>(),
            entry::<version::VersionArgs>(),
            entry::<completions::CompletionsArgs>(),
            entry::<man::ManArgs>(),
            entry::<schema::SchemaArgs>(),
        ],
    ),
];

/// All commands, in their order.
pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
    GROUPS.iter().flat_map(|(_, entries)| *entries)
}

/// The names of all commands, in their groups.
pub(crate) fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    GROUPS.iter().map(|(title, entries)| (*title, entries.iter().map(|entry| entry.name).collect())).collect()
}

/// The documents that commands print.
pub(crate) fn documents() -> Vec<Shape> {
    all().flat_map(|entry| entry.documents).copied().collect()
}

/// The command that was typed.
#[derive(Debug)]
pub(crate) struct Typing(Box<dyn Typed>);

impl FromArgMatches for Typing {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let (name, mut arguments) =
            matches.remove_subcommand().ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        let entry = all().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| clap::Error::new(ErrorKind::InvalidSubcommand))?;
        (entry.read)(&mut arguments).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Typing {
    fn augment_subcommands(line: clap::Command) -> clap::Command {
        all().fold(line, |line, entry| line.subcommand((entry.line)(clap::Command::new(entry.name))))
    }

    fn augment_subcommands_for_update(line: clap::Command) -> clap::Command {
        Self::augment_subcommands(line)
    }

    fn has_subcommand(name: &str) -> bool {
        all().any(|entry| entry.name == name)
    }
}

/// Runs what is typed without a command: the status where there is a project, the first page of help elsewhere.
pub(crate) fn bare(app: &App<'_>) -> CommandResult {
    let named = app.global.config.is_some() || app.env.variable("PROMOTE_CONFIG").is_some();
    if named
        || app.json() != JsonSelection::None
        || promote_providers::config_file::find(&app.env.folder).is_some()
    {
        return dispatch(app, &Typing(Box::new(status::StatusArgs::default())));
    }
    help::first(app)
}

/// Runs a command. The fields that `--json=FIELDS` names are checked, or listed, before anything else is done.
pub(crate) fn dispatch(app: &App<'_>, Typing(command): &Typing) -> CommandResult {
    let (fields, wish) = (command.fields(), app.json());
    wish.check(fields, command.documents())?;
    if wish == JsonSelection::Names {
        app.screen.data(&format!("{}\n", fields.join("\n")))?;
        return Ok(ExitStatus::Ok);
    }
    command.run(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_listed_once_and_what_it_is_called_elsewhere_leads_to_it_alone() {
        let mut said: Vec<&str> =
            all().flat_map(|entry| std::iter::once(&entry.name).chain(entry.elsewhere)).copied().collect();
        let count = said.len();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), count);
        let line = crate::command_line();
        assert!(line.get_subcommands().map(clap::Command::get_name).eq(all().map(|entry| entry.name)));
    }
}
