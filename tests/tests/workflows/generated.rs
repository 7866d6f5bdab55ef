//! The workflows that `promote ci github` writes for the teams' files, run by the same stand-in.

use super::team_002::Sink;
use super::team_004::{Ingest, well_formed};
use super::{annotations, linted, push, well};
use promote_tests::bucket::{s3api, sign_in};
use promote_tests::project::Project;
use promote_tests::workflow::Event;

/// The lines of the clock.
const ADVANCE: &str = "7,22,37,52 * * * *";
const VERIFY: &str = "12 5 * * *";
const FILE: &str = ".github/workflows/promote.yml";

/// Writes the workflow, has it linted, and pushes it.
fn generate(project: &Project) {
    project.done(&["ci", "github"]).unwrap();
    linted(&project.folder().join(FILE));
    project.git(&["add", FILE]).unwrap();
    project.git(&["commit", "-q", "-m", "ci: promote"]).unwrap();
    project.git(&["push", "-q", "origin", "HEAD:refs/heads/main"]).unwrap();
    project.done(&["ci", "github", "--check"]).unwrap();
}

#[test]
fn objects_move_by_the_generated_form() {
    let sink = Sink::new("");
    generate(&sink.project);
    let first = sink.forge.commit("main").unwrap();
    well(&sink.run("ci", &Event::Push("main".to_owned())));
    let form = |fields: &[(&str, &str)]| sink.run("promote", &Event::form(fields));

    let planned = form(&[("to", "uat"), ("version", &first), ("do", "plan")]);
    well(&planned);
    let step = planned.job().unwrap().step("promote").unwrap();
    assert_eq!(step.outputs["status"], "planned");
    assert_eq!(sink.newest("uat"), Default::default(), "a plan moves nothing");

    for fields in [&[("to", "uat"), ("version", &first[..7])][..], &[("to", "prod")]] {
        let run = form(fields);
        well(&run);
        let job = run.job().unwrap();
        assert_eq!(job.step("promote").unwrap().outputs["version"], first);
        assert_eq!(job.environment.as_deref(), Some(fields[0].1));
        assert_eq!(sink.sha256(fields[0].1), sink.sha256(&first));
        assert_eq!(sink.newest(fields[0].1).1, "Succeeded");
    }
    let second = push(&sink.project, "app/server.py", "VERSION = \"2\"\n", "feat: more");
    well(&sink.run("ci", &Event::Push("main".to_owned())));
    well(&form(&[("to", "uat"), ("version", &second)]));
    let back = form(&[("to", "uat"), ("do", "rollback")]);
    well(&back);
    assert_eq!(back.job().unwrap().step("promote").unwrap().outputs["version"], first);
    assert_eq!(sink.sha256("uat"), sink.sha256(&first));
}

#[test]
fn a_push_publishes_and_a_schedule_moves_what_is_open() {
    let sink = Sink::new("[env.uat]\nauto = true\n[pack]\n");
    generate(&sink.project);
    let commit = sink.forge.commit("main").unwrap();
    let run = sink.run("promote", &Event::Push("main".to_owned()));
    well(&run);
    let step = run.job().unwrap().step("promote").unwrap();
    assert_eq!((step.outputs["status"].as_str(), &step.outputs["version"]), ("published", &commit));
    assert_eq!(sink.newest("stage").1, "Succeeded");
    assert_eq!(sink.newest("uat"), Default::default());
    for _ in 0..2 {
        well(&sink.run("promote", &Event::Schedule(ADVANCE.to_owned())));
        assert_eq!(sink.sha256("uat"), sink.sha256(&commit));
        assert_eq!(sink.newest("uat").1, "Succeeded");
        assert_eq!(sink.newest("prod"), Default::default());
    }
    let executions = sink.pipelines.executions("sink-uat-pipeline");
    assert_eq!(executions.len(), 1, "{executions:?}");
}

#[test]
fn a_schedule_compares_targets_and_ledger() {
    let mut sink = Sink::new("[env.uat]\nauto = true\n[pack]\n");
    // A store that is not Amazon's is looked at with keys; no pipeline is asked.
    sink.forge.secrets.extend(sign_in(&sink.server));
    sink.forge.machine.insert("AWS_REGION".to_owned(), sink.server.region.clone());
    generate(&sink.project);
    well(&sink.run("promote", &Event::Push("main".to_owned())));
    let verify = || sink.run("promote", &Event::Schedule(VERIFY.to_owned()));
    let run = verify();
    well(&run);
    let job = run.job().unwrap();
    assert_eq!((job.name.as_str(), &job.environment), ("verify", &None));
    // Somebody goes around.
    let (body, key) = (tempfile::NamedTempFile::new().unwrap(), "sink/latest.zip");
    std::fs::write(body.path(), "by hand").unwrap();
    let body = body.path().to_str().unwrap();
    s3api(&sink.server, &["put-object", "--bucket", &sink.bucket, "--key", key, "--body", body]).unwrap();
    let run = verify();
    let step = run.job().unwrap().steps.last().unwrap();
    assert_eq!((run.job().unwrap().result, step.outputs["status"].as_str()), ("failure", "differs"));
    assert!(annotations(&step.log, "error")[0].contains("stage"), "{}", step.log);
}

#[test]
fn the_form_gives_a_reason_an_override_and_notes() {
    let mut sink = Sink::new("[env.prod]\nsoak = \"2d\"\nnotes = [\"ticket\", \"who's asking\"]\n");
    generate(&sink.project);
    let first = sink.forge.commit("main").unwrap();
    well(&sink.run("ci", &Event::Push("main".to_owned())));
    let form = |fields: &[(&str, &str)]| sink.run("promote", &Event::form(fields));
    well(&form(&[("to", "uat"), ("version", &first)]));
    let ticket = "$(touch /tmp/x) `id` \"INC-7\"";
    let notes = [("to", "prod"), ("note-ticket", ticket), ("notes", "who's asking: me")];
    let blocked = form(&notes);
    assert_eq!(blocked.job().unwrap().step("promote").unwrap().outputs["status"], "blocked");
    let reason = "payments; are 'down' $HOME";
    let mut fields = notes.to_vec();
    fields.extend([("override", "soak"), ("reason", reason)]);
    let run = form(&fields);
    well(&run);
    let promotion = &run.job().unwrap().step("promote").unwrap().outputs["promotion"];
    sink.project.variables = sink.forge.machine.clone();
    sink.project.variables.extend(sign_in(&sink.server));
    let shown = sink.project.done(&["show", promotion, "--json"]).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["notes"], serde_json::json!({ "ticket": ticket, "who's asking": "me" }), "{shown}");
    assert_eq!(shown["entry"]["overrides"], serde_json::json!(["soak"]), "{shown}");
    assert_eq!(shown["entry"]["why"], reason, "{shown}");
}

#[test]
fn images_move_by_the_generated_form() {
    let mut ingest = Ingest::new();
    generate(&ingest.project);
    // Secrets are called after the registry; this one has no name but its address.
    let host: String =
        ingest.images.host().chars().map(|c| if c.is_ascii_digit() { c } else { '_' }).collect();
    for (name, value) in
        [("USERNAME", ingest.images.user.clone()), ("PASSWORD", ingest.images.password.clone())]
    {
        ingest.forge.secrets.insert(format!("REGISTRY_{host}_{name}"), value);
    }
    let commit = ingest.forge.commit("main").unwrap();
    let index = ingest.builds(&commit);
    well(&ingest.run("build", &Event::Push("main".to_owned())));
    for environment in ["staging", "prod"] {
        let run = ingest.run("promote", &Event::form(&[("to", environment), ("version", &commit[..8])]));
        well(&run);
        let step = run.job().unwrap().step("promote").unwrap();
        let tag = &step.outputs["release_tag"];
        well_formed(tag, environment, &commit);
        assert_eq!(ingest.images.raw(tag).unwrap(), index);
    }
    let planned =
        ingest.run("promote", &Event::form(&[("to", "prod"), ("version", &commit[..8]), ("do", "plan")]));
    well(&planned);
    let step = planned.job().unwrap().step("promote").unwrap();
    let tags = ingest.images.tags().unwrap();
    let told = step.outputs["release_tag"].rsplit(':').next().unwrap().to_owned();
    assert!(tags.contains(&told), "what is handed on is there: {told} in {tags:?}");
}
