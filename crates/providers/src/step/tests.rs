//! Steps run for real: with the shell of this machine, and against a server on it.

mod commands;
mod server;
mod waiting;

use super::*;
use crate::Interruption;
use promote_core::port::StepEnd;
use promote_core::template::{Template, Values};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Remembers every line.
#[derive(Default)]
pub(super) struct Heard(Mutex<Vec<String>>);

impl StepProgress for Heard {
    fn line(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

impl Heard {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A step without anything of its own.
pub(super) fn step(action: StepAction) -> Step {
    Step { action, timeout: None, retries: 0, env: BTreeMap::new(), workdir: None, evidence: None }
}

/// A command.
pub(super) fn command(text: &str) -> Step {
    step(StepAction::Run { command: text.to_owned(), changed: None, saves: None })
}

/// What the core tells steps of a release.
pub(super) fn context() -> StepContext {
    let sha = "a93be01f4c7d2e8b6a5094d3c2b1a0f9e8d7c6b5";
    StepContext {
        variables: [("PROMOTE_SHA", sha), ("PROMOTE_ENV", "prod")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        values: Values {
            sha: Some(sha.parse().unwrap()),
            env: Some("prod".parse().unwrap()),
            ..Values::default()
        },
        targets: Vec::new(),
    }
}

pub(super) fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

/// A project's folder, and what runs steps in it with these variables.
pub(super) fn runner(extra: &[(&str, &str)]) -> (tempfile::TempDir, SystemSteps) {
    let base = tempfile::tempdir().unwrap();
    let path = std::env::var("PATH").unwrap();
    let variables = extra.iter().copied().chain([("PATH", path.as_str())]).collect();
    let mut steps = SystemSteps::new(base.path(), variables, Interruption::default());
    steps.first_wait = Duration::from_millis(5);
    (base, steps)
}

#[tokio::test]
async fn what_this_version_can_not_run_does_not_pass() {
    let (_base, steps) = runner(&[]);
    for action in [StepAction::Receipts(3)] {
        let report = steps.run(&step(action), &context(), Duration::from_secs(1), &Heard::default()).await;
        assert_eq!(report.end, StepEnd::Errored);
        assert!(report.summary.starts_with("this version of promote can't"), "{}", report.summary);
    }
}
