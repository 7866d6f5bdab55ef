//! What a command is to the frame, which knows none of them: its name, its documents, and how it runs. Each is told in the
//! command's own file; which commands there are is [`crate::command`]'s.

use crate::app::shape::Shape;
use crate::app::{App, CommandResult};
use clap::{ArgMatches, Args};
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use std::fmt::Debug;
use std::time::Duration;

/// A command by its arguments, whose doc comments are the help.
pub(crate) trait Command: Args + Debug {
    /// What is typed.
    const NAME: &'static str;
    /// What people call it elsewhere.
    const ELSEWHERE: &'static [&'static str] = &[];
    /// The documents that it may print; none where it prints text for another program.
    const DOCUMENTS: &'static [Shape];

    /// The fields of the document that it prints with these arguments.
    fn fields(&self) -> &'static [&'static str] {
        Self::DOCUMENTS.first().map_or(&[], |document| document.fields)
    }

    /// Runs it.
    fn run(&self, app: &App<'_>) -> CommandResult;
}

/// A command that was typed, whichever it is.
pub(crate) trait Typed: Debug {
    /// As [`Command::fields`].
    fn fields(&self) -> &'static [&'static str];
    /// As [`Command::DOCUMENTS`].
    fn documents(&self) -> &'static [Shape];
    /// As [`Command::run`].
    fn run(&self, app: &App<'_>) -> CommandResult;
}

impl<C: Command> Typed for C {
    fn fields(&self) -> &'static [&'static str] {
        Command::fields(self)
    }

    fn documents(&self) -> &'static [Shape] {
        Self::DOCUMENTS
    }

    fn run(&self, app: &App<'_>) -> CommandResult {
        Command::run(self, app)
    }
}

/// A command in the list of all of them.
pub(crate) struct Entry {
    /// As [`Command::NAME`].
    pub(crate) name: &'static str,
    /// As [`Command::ELSEWHERE`].
    pub(crate) elsewhere: &'static [&'static str],
    /// As [`Command::DOCUMENTS`].
    pub(crate) documents: &'static [Shape],
    /// Adds its arguments.
    pub(crate) line: fn(clap::Command) -> clap::Command,
    /// Reads its arguments.
    pub(crate) read: fn(&mut ArgMatches) -> Result<Box<dyn Typed>, clap::Error>,
}

/// The entry of a command.
pub(crate) const fn entry<C: Command + 'static>() -> Entry {
    Entry {
        name: C::NAME,
        elsewhere: C::ELSEWHERE,
        documents: C::DOCUMENTS,
        line: C::augment_args,
        read: |matches| Ok(Box::new(C::from_arg_matches_mut(matches)?)),
    }
}

/// How long what still runs in threads is waited for when the command has ended.
const LEFT: Duration = Duration::from_secs(2);

/// Runs a command that reaches the outside to its end. One thread is enough: commands wait far more than they compute. The
/// future is made here, so that the stack holds the one that runs and not room for that of every command.
pub(crate) fn outside<F: Future<Output = CommandResult>>(make: impl FnOnce() -> F) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitStatus::Failed, "the runtime can't be started").caused_by(error))?;
    let ended = runtime.block_on(crate::wire::watched(Box::pin(make())));
    // A thread may wait for something that never comes, such as a file system that is gone: after a signal, too, it is left.
    runtime.shutdown_timeout(LEFT);
    ended
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::time::Duration;

    #[test]
    fn a_command_ends_although_a_thread_of_it_is_stuck() {
        let (let_go, stuck) = channel::<()>();
        let (tell, told) = channel();
        let ended = outside(async || {
            tokio::task::spawn_blocking(move || tell.send(stuck.recv_timeout(Duration::from_secs(60))));
            Ok(ExitStatus::Ok)
        });
        assert!(matches!(ended, Ok(ExitStatus::Ok)));
        drop(let_go);
        assert_eq!(told.recv().unwrap(), Err(RecvTimeoutError::Disconnected), "it was waited for");
    }
}
