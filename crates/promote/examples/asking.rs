//! Promotes with a question, and shows what happens meanwhile: `cargo run -p promote --example asking -- FOLDER ENVIRONMENT`.
//! Ctrl-C stops it, and how far it got is recorded.

use futures_util::StreamExt;
use promote::{Ending, Error, Event, EventStream, Happening, Promotion, Question};
use std::io::{Write, stderr, stdin};
use std::process::{ExitCode, Termination};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    promoted().await.map_or_else(Termination::report, Termination::report)
}

async fn promoted() -> Result<Ending, Error> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().unwrap_or_else(|| ".".to_owned());
    let environment = words.next().unwrap_or_else(|| "prod".to_owned());
    let project = promote::open(folder).build()?;
    let told = tokio::spawn(tell(project.events()));
    let promotion = Promotion::to(&environment)?;
    let ended = project.promote(promotion).confirm(agrees).until(promote::signals).await;
    drop(project);
    told.await.ok();
    let ending = ended?;
    say(&ending.headline());
    ending.decision().unmet().for_each(|rule| say(&format!("{}: {}", rule.rule, rule.detail)));
    ending.warnings.iter().for_each(|warning| say(warning));
    Ok(ending)
}

/// Shows what would be written, and asks.
fn agrees(question: &Question<'_>) -> bool {
    let report = question.report;
    report.moves.iter().for_each(|write| say(&format!("{} would be written", write.target)));
    say(&format!("Promote {} to {}? [y/N]", report.release.sha, report.environment));
    let mut line = String::new();
    stdin().read_line(&mut line).is_ok() && line.trim() == "y"
}

/// Shows what happens, with its time.
async fn tell(mut events: EventStream) {
    while let Some(one) = events.next().await {
        let what = match one.what {
            Happening::Event(Event::Moved { target, .. }) => format!("{target} has the release"),
            Happening::Event(Event::StepLine { line, .. }) => line,
            Happening::Event(Event::Outcome { result, .. }) => format!("its deployment: {result:?}"),
            Happening::Bytes { what, done, size, .. } => format!("{what}: {done} of {size} bytes"),
            _ => continue,
        };
        say(&format!("{} {what}", one.at.format("%H:%M:%S")));
    }
}

fn say(line: &str) {
    // Who closed the other end wants to read no more.
    writeln!(stderr(), "{line}").ok();
}
