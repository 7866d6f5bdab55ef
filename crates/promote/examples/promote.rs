//! Promotes what runs in `staging` to `prod`: `cargo run -p promote --example promote -- FOLDER`, where the folder holds a
//! `promote.toml`. It refuses what the command refuses, and exits as it does.

use promote::{Ending, Error, Promotion};
use std::process::{ExitCode, Termination};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    promoted().await.map_or_else(Termination::report, Termination::report)
}

async fn promoted() -> Result<Ending, Error> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    promote::open(folder).build()?.promote(Promotion::to("prod")?).await
}
