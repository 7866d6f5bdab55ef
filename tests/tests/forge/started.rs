//! Runs that steps start on a forge: followed by the number that the start was answered with, started once, and ended as
//! the forge says.

use super::{fake, sha};
use promote_core::config::{Forge as Settings, ForgeKind, Mirroring, Step, StepAction};
use promote_core::port::{StepContext, StepEnd, StepProgress, StepReport, StepRunner};
use promote_core::template::{Template, Values};
use promote_providers::forge::Access;
use promote_providers::{Interruption, SystemSteps, Trust};
use promote_tests::forge_fake::runs::PROJECT;
use promote_tests::forge_fake::{ForgeFake, REPOSITORY, TOKEN};
use serde_json::json;
use std::sync::Mutex;
use std::time::Duration;

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl StepProgress for Heard {
    fn line(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }

    fn note(&self, note: &str) {
        self.0.lock().unwrap().push(note.to_owned());
    }
}

pub(super) fn step(kind: &str, reference: Option<&str>, env: &[(&str, &str)]) -> Step {
    let reference = reference.map(|text| Template::parse(text).unwrap());
    let action = match kind {
        "github" => StepAction::Github { workflow: "smoke.yml".to_owned(), reference },
        _ => StepAction::Gitlab { project: PROJECT.to_owned(), reference },
    };
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Step { action, timeout: None, retries: 0, env, workdir: None, evidence: None }
}

pub(super) async fn run(
    fake: &ForgeFake,
    kind: &str,
    step: &Step,
    timeout: Duration,
) -> (StepReport, Vec<String>) {
    let forge = Settings {
        kind: if kind == "github" { ForgeKind::Github } else { ForgeKind::Gitlab },
        repository: Some(REPOSITORY.to_owned()),
        api: Some(fake.api(kind)),
        deployments: Mirroring::Never,
    };
    let variables = [("PROMOTE_FORGE_TOKEN", TOKEN), ("OTHER_SECRET", "canary")].into_iter().collect();
    let access = Access { forge, variables, remote: None, person: false, trust: Trust::default() };
    let variables = [("OTHER_SECRET", "canary")].into_iter().collect();
    let steps = SystemSteps::new(".", variables, Interruption::default()).with_forge(Some(access));
    let named = [("PROMOTE_SHA", sha('c')), ("PROMOTE_ENV", "prod".to_owned())];
    let context = StepContext {
        variables: named.map(|(name, value)| (name.to_owned(), value)).into(),
        values: Values { env: Some("prod".parse().unwrap()), ..Values::default() },
        targets: Vec::new(),
    };
    let heard = Heard::default();
    let report = steps.run(step, &context, timeout, &heard).await;
    (report, heard.0.into_inner().unwrap())
}

pub(super) const LONG: Duration = Duration::from_secs(60);
const INPUTS: [(&str, &str); 2] = [("sha", "$PROMOTE_SHA"), ("environment", "live")];

type States = &'static [(&'static str, Option<&'static str>)];

#[tokio::test]
async fn a_workflow_is_started_with_its_inputs_and_followed_to_its_end() {
    let fake = fake();
    fake.runs(|runs| {
        runs.states = vec![("queued", None), ("in_progress", None), ("completed", Some("success"))];
        runs.jobs = vec![("build", "completed", Some("success")), ("test", "in_progress", None)];
    });
    let (report, heard) = run(&fake, "github", &step("github", None, &INPUTS), LONG).await;
    assert_eq!(report.end, StepEnd::Succeeded, "{report:?}");
    let page = report.outputs.get("run").unwrap();
    assert!(
        page.ends_with("/acme/lanes/actions/runs/8100000000") && report.summary.ends_with(page),
        "{report:?}"
    );
    assert_eq!(heard[1..], ["it waits for its turn", "test; 1 of 2 jobs are done"], "{heard:?}");
    let sent = json!({ "ref": "main", "inputs": { "sha": sha('c'), "environment": "live" }, "return_run_details": true });
    assert_eq!(fake.runs(|runs| runs.started.clone()), [sent]);
}

#[tokio::test]
async fn how_a_run_ended_is_what_the_step_came_to() {
    let github: [(States, StepEnd, &str); 7] = [
        (&[("completed", Some("failure"))], StepEnd::Failed, "it failed: test"),
        (&[("completed", Some("timed_out"))], StepEnd::Failed, "it ran out of its own time: test"),
        (&[("completed", Some("startup_failure"))], StepEnd::Failed, "it could not be started: test"),
        (&[("completed", Some("cancelled"))], StepEnd::Errored, "it was cancelled"),
        (&[("completed", Some("skipped"))], StepEnd::Errored, "it was skipped: nothing of it ran"),
        (&[("completed", Some("neutral"))], StepEnd::Errored, "`neutral`"),
        (&[("completed", None)], StepEnd::Errored, "which says nothing"),
    ];
    let gitlab: [(States, StepEnd, &str); 4] = [
        (&[("running", None), ("success", None)], StepEnd::Succeeded, "it succeeded"),
        (&[("failed", None)], StepEnd::Failed, "it failed: test"),
        (&[("canceled", None)], StepEnd::Errored, "it was cancelled"),
        (&[("skipped", None)], StepEnd::Errored, "it was skipped"),
    ];
    for (kind, all) in [("github", &github[..]), ("gitlab", &gitlab)] {
        for (states, end, said) in all {
            let fake = fake();
            let failed = if kind == "github" { "completed" } else { "failed" };
            fake.runs(|runs| {
                runs.states = states.to_vec();
                runs.jobs = vec![("test", failed, Some("failure")), ("fine", "success", Some("success"))];
            });
            let (report, _) = run(&fake, kind, &step(kind, Some("main"), &[]), LONG).await;
            assert_eq!(report.end, *end, "{kind} {states:?}: {report:?}");
            assert!(report.summary.contains(said), "{kind} {states:?}: {report:?}");
            assert!(report.outputs.contains_key("run"), "{kind} {states:?}");
        }
    }
}

#[tokio::test]
async fn a_run_that_made_way_for_a_newer_one_is_superseded() {
    let fake = fake();
    fake.runs(|runs| {
        runs.states = vec![("completed", Some("cancelled"))];
        runs.jobs = vec![("test", "completed", Some("cancelled"))];
        runs.annotation = Some("Canceling since a higher priority waiting request for 'smoke' exists");
    });
    let (report, _) = run(&fake, "github", &step("github", Some("main"), &[]), LONG).await;
    assert_eq!(report.end, StepEnd::Superseded, "{report:?}");
}

#[tokio::test]
async fn what_waits_for_somebody_says_so_until_its_time_is_up() {
    for (kind, state, said) in [
        ("github", "waiting", "it waits for somebody to let it pass"),
        ("gitlab", "manual", "it waits for somebody to start a job"),
    ] {
        let fake = fake();
        fake.runs(|runs| runs.states = vec![(state, None)]);
        let (report, heard) = run(&fake, kind, &step(kind, Some("main"), &[]), Duration::from_secs(1)).await;
        assert_eq!(report.end, StepEnd::TimedOut, "{report:?}");
        assert!(
            report.summary.contains(said) && heard.iter().any(|line| line == said),
            "{report:?} {heard:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_started_twice_and_nothing_is_followed_that_is_not_known() {
    for kind in ["github", "gitlab"] {
        let fake = fake();
        fake.set(|habits| habits.lose = 1);
        let (report, _) = run(&fake, kind, &step(kind, Some("main"), &[]), LONG).await;
        assert_eq!(report.end, StepEnd::Errored, "{report:?}");
        assert!(report.summary.starts_with("whether a run was started is not known"), "{report:?}");
        assert_eq!(fake.runs(|runs| runs.started.len()), 1, "{kind}");
    }
    let fake = fake();
    fake.runs(|runs| runs.silent = true);
    let (report, _) = run(&fake, "github", &step("github", Some("main"), &[]), LONG).await;
    assert_eq!(report.end, StepEnd::Errored, "{report:?}");
    assert!(report.summary.contains("does not say which one"), "{report:?}");
}

#[tokio::test]
async fn a_refusal_says_what_is_missing() {
    for kind in ["github", "gitlab"] {
        let fake = fake();
        fake.set(|habits| habits.reader = true);
        let (report, _) = run(&fake, kind, &step(kind, Some("main"), &[]), LONG).await;
        assert_eq!(report.end, StepEnd::Errored, "{report:?}");
        for said in ["nothing was started", "the token may not start runs", "the token needs"] {
            assert!(report.summary.contains(said), "{said}: {report:?}");
        }
    }
    let fake = fake();
    let odd = step("github", Some("main"), &[("nope", "x")]);
    let (report, _) = run(&fake, "github", &odd, LONG).await;
    assert!(report.summary.contains("Unexpected inputs provided"), "{report:?}");
    // What a run is given is seen by many: no variable of the process goes there.
    let secret = step("github", Some("main"), &[("sha", "$OTHER_SECRET")]);
    let (report, _) = run(&fake, "github", &secret, LONG).await;
    assert_eq!(report.end, StepEnd::Errored, "{report:?}");
    assert!(!format!("{report:?}").contains("canary"), "{report:?}");
    assert_eq!(fake.runs(|runs| runs.started.len()), 0);
}

#[tokio::test]
async fn a_pipeline_gets_what_promote_knows_as_variables_and_runs_where_the_file_says() {
    let fake = fake();
    fake.runs(|runs| runs.states = vec![("success", None)]);
    let (report, _) =
        run(&fake, "gitlab", &step("gitlab", Some("release-{env}"), &[("LEVEL", "full")]), LONG).await;
    assert_eq!(report.end, StepEnd::Succeeded, "{report:?}");
    let sent = fake.runs(|runs| runs.started.clone());
    assert_eq!(sent[0]["ref"], "release-prod");
    for wanted in
        [("LEVEL", "full".to_owned()), ("PROMOTE_SHA", sha('c')), ("PROMOTE_ENV", "prod".to_owned())]
    {
        let one = json!({ "key": wanted.0, "value": wanted.1 });
        assert!(sent[0]["variables"].as_array().unwrap().contains(&one), "{sent:?}");
    }
}
