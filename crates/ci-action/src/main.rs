//! The program `promote-action`: everything is in the library, so that tests drive it in process.

use promote_action::{Surroundings, run};
use promote_core::exit::ExitStatus;
use std::process::ExitCode;
use std::time::Duration;

/// How long what still runs in threads is waited for at the end: a file system that is gone must not keep the job.
const LEFT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    promote_action::fault::tell_only_where();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitStatus::Failed.into();
    };
    let ended = runtime.block_on(whole());
    runtime.shutdown_timeout(LEFT);
    ended
}

async fn whole() -> ExitCode {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let Ok(folder) = std::env::current_dir() else { return ExitStatus::Failed.into() };
    let surroundings = Surroundings { variables, folder };
    run(&surroundings, Box::new(std::io::stdout())).await.into()
}
