//! Running a shell command: exactly the text that was written, with what it is told in variables.

use super::collected::Collected;
use super::process_group::{HELD, ProcessGroup};
use super::system::{StepOutcome, SystemSteps};
use super::{folder, outputs};
use crate::opened;
use promote_core::config::Step;
use promote_core::digest::Hasher;
use promote_core::names::escape;
use promote_core::port::{StepContext, StepEnd, StepProgress};
use promote_core::template::variable;
use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::Command;

/// How long output may still come after the command has ended, from what it left running.
const DRAIN: Duration = Duration::from_secs(1);

/// Named with its place, so that a step's own `PATH` does not choose another one.
const SHELL: &str = "/bin/sh";

/// What to run.
pub(super) struct Run<'s> {
    /// The command.
    pub(super) text: &'s str,
    /// The exit status that means "there are changes".
    pub(super) changed: Option<i32>,
    /// A file that is hashed afterwards.
    pub(super) saves: Option<&'s str>,
}

pub(super) async fn run(
    steps: &SystemSteps,
    step: &Step,
    run: &Run<'_>,
    context: &StepContext,
    timeout: Duration,
    progress: &dyn StepProgress,
) -> StepOutcome {
    let mut command = Command::new(SHELL);
    let mut referred = Vec::new();
    command.env_clear().envs(steps.variables.iter());
    for (name, value) in &step.env {
        let value = match variable(value) {
            None => value.as_str(),
            Some(wanted) => match steps.variables.get(wanted) {
                Some(found) => {
                    referred.push(found);
                    found
                }
                None => return StepOutcome::errored(format!("the variable `{wanted}` is not set")),
            },
        };
        command.env(name, value);
    }
    let secrets = steps.secrets(referred);
    let folder = match folder::of(&steps.base, step, context) {
        Ok(folder) => folder,
        Err(why) => return StepOutcome::errored(why),
    };
    let output = match tempfile::Builder::new().prefix("promote-output-").tempfile() {
        Ok(file) => file.into_temp_path(),
        Err(error) => return StepOutcome::errored(format!("no file for `$PROMOTE_OUTPUT`: {error}")),
    };
    command
        .args(["-c", HELD, SHELL, run.text])
        // After the step's own, so that none of these can be passed off as something else.
        .envs(&context.variables)
        .env("PROMOTE_OUTPUT", &*output)
        .current_dir(&folder);
    let path = steps.variables.get("PATH").map(OsStr::new);
    let (mut child, mut group, [stdout, stderr]) = match ProcessGroup::start(command, SHELL, path) {
        Ok(started) => started,
        Err(error) => return StepOutcome::errored(format!("the shell could not be started: {error}")),
    };
    let collected = Collected::new(progress, &secrets);
    let reading = async {
        tokio::join!(collected.read(stdout), collected.read(stderr));
    };
    tokio::pin!(reading);
    let mut drained = false;
    let mut stopped = false;
    let deadline = tokio::time::sleep(timeout);
    tokio::pin!(deadline);
    let status = loop {
        tokio::select! {
            status = child.wait() => break Some(status),
            () = &mut reading, if !drained => drained = true,
            () = &mut deadline => break None,
            () = steps.interruption.wait() => break None,
            () = progress.stopped() => {
                stopped = true;
                break None;
            }
        }
    };
    let status = match status {
        Some(status) => status,
        None => {
            // What it says while it ends is heard as well, or it could wait for ever to be heard.
            let mut ending = std::pin::pin!(group.end(&mut child));
            loop {
                tokio::select! {
                    () = &mut ending => break,
                    () = &mut reading, if !drained => drained = true,
                }
            }
            if !drained {
                let _ = tokio::time::timeout(DRAIN, &mut reading).await;
            }
            let mut ended = if stopped {
                StepOutcome::new(StepEnd::Interrupted, "stopped; the command was ended")
            } else if steps.interruption.is_set() {
                StepOutcome::new(StepEnd::Interrupted, "interrupted; the command was ended")
            } else {
                let after = promote_core::duration::written(timeout);
                StepOutcome::new(StepEnd::TimedOut, format!("not done after {after}; the command was ended"))
            };
            ended.tail = collected.tail();
            return ended;
        }
    };
    if drained || tokio::time::timeout(DRAIN, &mut reading).await.is_ok() {
        group.release();
    }
    let mut ended = match status {
        Ok(status) => judged(status, run.changed),
        Err(error) => StepOutcome::errored(format!("its end was not told: {error}")),
    };
    let (pairs, said) = outputs::read(&output, &secrets);
    ended.outputs = pairs;
    for line in said {
        collected.note(&line);
    }
    if let Some(file) = run.saves.filter(|_| ended.end == StepEnd::Succeeded) {
        match saved(&folder, file) {
            Ok(digest) => {
                ended.outputs.insert("saved".to_owned(), escape(file));
                ended.outputs.insert("saved-sha256".to_owned(), digest);
            }
            Err(why) => ended = StepOutcome { outputs: ended.outputs, ..StepOutcome::errored(why) },
        }
    }
    ended.tail = collected.tail();
    ended
}

/// What an exit status says about the release.
fn judged(status: ExitStatus, changed: Option<i32>) -> StepOutcome {
    match status.code() {
        Some(0) => StepOutcome::new(StepEnd::Succeeded, "exit status 0"),
        Some(code) if Some(code) == changed => {
            StepOutcome::new(StepEnd::Succeeded, format!("exit status {code}: there are changes"))
        }
        // What a shell answers when it could not start the command.
        Some(126) => StepOutcome::errored("exit status 126: a command can't be executed"),
        Some(127) => StepOutcome::errored("exit status 127: a command was not found"),
        // What a shell answers when a signal ended the command: like a signal that ends the shell itself.
        Some(code @ 129..=192) => {
            StepOutcome::errored(format!("exit status {code}: a command was killed by signal {}", code - 128))
        }
        Some(code) => StepOutcome::new(StepEnd::Failed, format!("exit status {code}")),
        None => StepOutcome::errored(match status.signal() {
            Some(signal) => format!("killed by signal {signal}"),
            None => "ended without an exit status".to_owned(),
        }),
    }
}

fn saved(folder: &Path, file: &str) -> Result<String, String> {
    let path = folder::inside(folder, file)?;
    let mut opened = opened::regular(&path).map_err(|error| format!("`{}`: {error}", escape(file)))?;
    let mut hasher = Hasher::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = std::io::Read::read(&mut opened, &mut piece)
            .map_err(|error| format!("`{}`: {error}", escape(file)))?;
        match piece.get(..count) {
            Some([]) | None => return Ok(hasher.finish().to_string()),
            Some(bytes) => hasher.update(bytes),
        }
    }
}
