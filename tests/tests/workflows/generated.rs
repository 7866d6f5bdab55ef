//! The workflows that `promote ci github` writes for the teams' files, run by the same stand-in.

use super::team_002::Sink;
use super::team_004::{Ingest, well_formed};
use super::{linted, push, well};
use promote_tests::project::Project;
use promote_tests::workflow::Event;

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
        well(&sink.run("promote", &Event::Schedule));
        assert_eq!(sink.sha256("uat"), sink.sha256(&commit));
        assert_eq!(sink.newest("uat").1, "Succeeded");
        assert_eq!(sink.newest("prod"), Default::default());
    }
    let executions = sink.pipelines.executions("sink-uat-pipeline");
    assert_eq!(executions.len(), 1, "{executions:?}");
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
