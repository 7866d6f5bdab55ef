//! The program `promote-action`: everything is in the library, so that tests drive it in process.

use promote_action::{Outside, Surroundings, run};
use promote_core::exit::ExitStatus;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let Ok(folder) = std::env::current_dir() else { return ExitStatus::Failed.into() };
    let surroundings = Surroundings { variables, folder };
    run(&surroundings, Box::new(std::io::stdout()), &Outside).await.into()
}
