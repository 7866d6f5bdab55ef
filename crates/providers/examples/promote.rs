//! Promotes what runs in `staging` to `prod`, by the libraries alone: `cargo run --example promote -- FOLDER`, where
//! the folder holds a `promote.toml`. Another tool can do the same in its own words.

use promote_core::config::{ReadContext, read};
use promote_core::event::Silent;
use promote_core::flow::{carry_out, decide};
use promote_core::plan::Decision;
use promote_core::request::{Request, Wanted};
use promote_providers::{
    Interruption, Ports, SystemClock, SystemEntropy, SystemSteps, Trust, Variables, actor, connect,
};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let variables = Variables::of_process();
    let lookup = |name: &str| variables.get(name).map(str::to_owned);
    let context = ReadContext {
        default_project: None,
        variables: &lookup,
        version: semver::Version::new(0, 1, 0),
        schemes: &[],
    };
    let text = std::fs::read_to_string(base.join("promote.toml"))?;
    let (config, _) = read(&text, &context).map_err(|mistakes| format!("{mistakes:?}"))?;
    let ports = Ports {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        history: None,
        steps: Arc::new(SystemSteps::new(&base, variables.clone(), Interruption::default())),
        events: Arc::new(Silent),
    };
    let world = connect(&config, &base, &Trust::of(&variables)?, ports)?;
    let request =
        Request::promote("prod".parse()?, Wanted::Unnamed, actor::detect(&variables, &actor::hostname()));
    let (snapshot, decision) = decide(&world.view(), &config, &request).await?;
    match decision {
        Decision::Allowed(plan) => {
            let done = carry_out(&world, &config, &plan, &snapshot, &request).await?;
            say(&format!("promotion {}: {}", done.promotion, done.exit.name()))
        }
        Decision::NothingToDo(_) => say("nothing to do"),
        Decision::Refused(refusal) => Err(format!("refused: {:?}", refusal.plan.findings).into()),
    }
}

fn say(text: &str) -> Result<(), Box<dyn Error>> {
    use std::io::Write;
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
