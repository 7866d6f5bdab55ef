//! The second process of a race, seen from both: how it is started, and what it is told and answers. It is the test's own
//! executable, which is told by its environment that it is the second one.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a second process must be started, told what to do and listened to; only tests do so"
)]

use super::race::{Race, Racer, Steps};
use super::sharing::Rival;
use super::{Stop, Subject, Verdict};
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

/// The variables that make a process the second one.
const RACE: &str = "PROMOTE_CONFORMANCE_RACE";
const PLACE: &str = "PROMOTE_CONFORMANCE_PLACE";

/// What the second process writes before each word to the first. Whatever else its test prints passes by.
const MARK: &str = "promote-conformance: ";

impl Rival {
    /// The rival that this process is, when it was started to be one.
    pub fn here() -> Option<Self> {
        std::env::var_os(RACE)?;
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        Some(Self::new(&test, std::env::var(PLACE).ok()?))
    }

    /// Races as this process was told to, and tells the other one how it went. `subject` is the same as there: the same
    /// store, prefix and expectations.
    pub async fn race(&self, subject: &Subject) {
        let asked = std::env::var(RACE).unwrap_or_default();
        let known = Race::ALL.into_iter().find(|(name, _)| *name == asked);
        let said = match known {
            Some((_, race)) => raced(subject, race).await,
            None => Err(Stop::Failed(format!("it knows no race `{asked}`"))),
        };
        // One that does not listen any more has ended, and so does this process.
        let _ = match said.map(|steps| serde_json::to_string(&steps)) {
            Ok(Ok(steps)) => say(&format!("done {steps}")),
            Ok(Err(error)) => say(&format!("failed {error}")),
            Err(Stop::Failed(why) | Stop::Skipped(why)) => say(&format!("failed {}", why.replace('\n', " "))),
        };
    }
}

/// Waits for the word and races.
async fn raced(subject: &Subject, race: Race) -> Result<Steps, Stop> {
    let racer = Racer::ready(subject, race, "there").await?;
    let lost = |error: std::io::Error| Stop::Failed(format!("the first process is gone: {error}"));
    say("ready").map_err(lost)?;
    let mut word = String::new();
    std::io::stdin().lock().read_line(&mut word).map_err(lost)?;
    if word.trim() != "go" {
        return Err(Stop::Failed("the first process is gone".to_owned()));
    }
    racer.run().await
}

/// Tells the first process something, past whatever keeps what tests print.
fn say(what: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{MARK}{what}\n").as_bytes())?;
    out.flush()
}

/// The second process as the first one knows it. Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Opponent {
    child: Child,
    test: String,
    said: UnboundedReceiver<String>,
}

impl Opponent {
    /// Starts it.
    pub(super) fn start(rival: &Rival, race: Race) -> Result<Self, Stop> {
        let failed =
            |error: std::io::Error| Stop::Failed(format!("no second process can be started: {error}"));
        if std::env::var_os(RACE).is_some() {
            let why = format!("`{}` is in the name of a test that runs the suite itself", rival.test);
            return Err(Stop::Failed(why));
        }
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args([&rival.test, "--nocapture", "--include-ignored", "--test-threads=1"])
            .env(RACE, race.name())
            .env(PLACE, &rival.place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (sender, said) = unbounded();
        // Reading blocks, and the store of this process may need its thread meanwhile.
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    if let Some((_, word)) = line.split_once(MARK) {
                        let _ = sender.unbounded_send(word.to_owned());
                    }
                }
            });
        }
        Ok(Self { child, test: rival.test.clone(), said })
    }

    /// Waits until it is about to begin.
    pub(super) async fn is_ready(&mut self) -> Verdict {
        match self.said.next().await.as_deref() {
            Some("ready") => Ok(()),
            Some(word) => Err(Stop::Failed(format!("the second process: {word}"))),
            None => Err(Stop::Failed(format!(
                "the second process said nothing: a test with `{}` in its name must ask `Rival::here`",
                self.test
            ))),
        }
    }

    /// Lets it begin.
    pub(super) fn go(&mut self) -> Verdict {
        let lost = |why: String| Stop::Failed(format!("the second process is gone: {why}"));
        let mut word = self.child.stdin.take().ok_or_else(|| lost("it listens no more".to_owned()))?;
        word.write_all(b"go\n").map_err(|error| lost(error.to_string()))
    }

    /// What it was told by the store, once it is done.
    pub(super) async fn steps(&mut self) -> Result<Steps, Stop> {
        let word = self.said.next().await;
        let word = word.ok_or_else(|| Stop::Failed("the second process ended without a word".to_owned()))?;
        let steps = word.strip_prefix("done ").and_then(|steps| serde_json::from_str(steps).ok());
        steps.ok_or_else(|| Stop::Failed(format!("the second process: {word}")))
    }
}

impl Drop for Opponent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
