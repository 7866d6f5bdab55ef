//! The pipelines that `promote ci gitlab` writes, and team 004's own jobs around them: each tag is handed to the next job in
//! the dotenv report.

use super::push;
use super::team_002::Sink;
use super::team_004::{Ingest, well_formed};
use promote_tests::project::Project;
use promote_tests::workflow::gitlab::{Ended, Pipeline};
use std::collections::BTreeMap;

fn generate(project: &Project) {
    std::fs::create_dir_all(project.folder().join(".gitlab")).unwrap();
    project.done(&["ci", "gitlab"]).unwrap();
    project.git(&["add", "-A", ".gitlab", ".gitlab-ci.yml"]).unwrap();
    project.git(&["commit", "-q", "-m", "ci: promote"]).unwrap();
    project.git(&["push", "-q", "origin", "HEAD:refs/heads/main"]).unwrap();
}

fn run(pipeline: &mut Pipeline<'_>, job: &str, filled_in: &[(&str, &str)]) -> Ended {
    let ended = pipeline.run(job, filled_in).unwrap();
    println!("## {job}: {:?}\n{}{:?}", ended.code, ended.log, ended.dotenv);
    ended
}

fn well(pipeline: &mut Pipeline<'_>, job: &str, filled_in: &[(&str, &str)]) -> BTreeMap<String, String> {
    let ended = run(pipeline, job, filled_in);
    assert_eq!(ended.code, Some(0), "{job}: {}", ended.log);
    ended.dotenv
}

#[test]
fn the_tag_goes_from_job_to_job() {
    let mut ingest = Ingest::new();
    generate(&ingest.project);
    let login = ingest.images.credentials(&ingest.images.password).to_string();
    ingest.forge.secrets.insert("DOCKER_AUTH_CONFIG".to_owned(), login);
    let first = ingest.forge.commit("main").unwrap();
    let index = ingest.builds(&first);
    let mut pipeline = Pipeline::of(&ingest.forge, "main").unwrap();
    let jobs = pipeline.jobs().unwrap();
    for name in ["build", "promote:dev", "promote:staging", "promote:prod", "rollout:prod"] {
        assert!(jobs.contains(&name.to_owned()), "{name}: {jobs:?}");
    }
    let built = well(&mut pipeline, "build", &[]);
    assert_eq!((built["PROMOTE_STATUS"].as_str(), built["PROMOTE_ENV"].as_str()), ("published", "dev"));
    assert_eq!(built["PROMOTE_TARGET"], format!("{}:{}", ingest.images.repository, &first[..8]));
    // What runs in dev already is no news to the job that moves it there.
    let again = well(&mut pipeline, "promote:dev", &[]);
    assert_eq!(
        (&again["RELEASE_TAG"], again["PROMOTE_STATUS"].as_str()),
        (&built["RELEASE_TAG"], "unchanged")
    );

    // Too early: nothing is tagged, and nothing is handed on.
    let tags = ingest.images.tags().unwrap();
    let early = run(&mut pipeline, "promote:prod", &[]);
    assert_ne!(early.code, Some(0), "{}", early.log);
    assert_eq!(early.dotenv["PROMOTE_STATUS"], "blocked");
    assert!(!early.dotenv.contains_key("RELEASE_TAG"), "{:?}", early.dotenv);
    let missing = pipeline.run("rollout:prod", &[]).unwrap_err().to_string();
    assert!(missing.contains("promote:prod has not succeeded"), "{missing}");
    assert_eq!(ingest.images.tags().unwrap(), tags);

    for environment in ["dev", "staging", "prod"] {
        let (handed, status) = match environment {
            "dev" => (built.clone(), "published"),
            _ => (well(&mut pipeline, &format!("promote:{environment}"), &[]), "promoted"),
        };
        let tag = &handed["RELEASE_TAG"];
        well_formed(tag, environment, &first);
        assert_eq!((handed["PROMOTE_STATUS"].as_str(), &handed["PROMOTE_SHA"]), (status, &first));
        well(&mut pipeline, &format!("rollout:{environment}"), &[]);
        assert_eq!(ingest.deployed().last(), Some(tag), "the next job took over the tag");
        assert_eq!(ingest.images.raw(tag).unwrap(), index, "{tag}: byte for byte what was built");
    }
    let handed = well(&mut pipeline, "promote:prod", &[]);
    let before = ingest.deployed();
    assert_eq!(
        (handed["PROMOTE_STATUS"].as_str(), Some(&handed["RELEASE_TAG"])),
        ("unchanged", before.last())
    );

    // A later pipeline, in whose form somebody names the older release.
    let second = push(&ingest.project, "app.py", "two\n", "feat: more");
    ingest.builds(&second);
    let mut later = Pipeline::of(&ingest.forge, "main").unwrap();
    let handed = well(&mut later, "build", &[]);
    well_formed(&handed["RELEASE_TAG"], "dev", &second);
    let handed = well(&mut later, "promote:staging", &[("RELEASE", &first[..7])]);
    assert_eq!((handed["PROMOTE_STATUS"].as_str(), &handed["PROMOTE_SHA"]), ("unchanged", &first));
}

#[test]
fn objects_move_by_the_generated_jobs() {
    let mut sink = Sink::new("[env.prod]\nsoak = \"2d\"\nnotes = [\"ticket\"]\n");
    sink.project.write(".gitlab-ci.yml", "include: [{ local: .gitlab/promote.yml }]\n").unwrap();
    generate(&sink.project);
    let commit = sink.forge.commit("main").unwrap();
    // Published from a laptop.
    sink.project.variables = sink.forge.machine.clone();
    sink.project.variables.extend(promote_tests::bucket::sign_in(&sink.server));
    sink.project.git(&["archive", "--format=zip", "-o", "sink.zip", "HEAD", "app", "aws"]).unwrap();
    sink.project.done(&["publish", "sink.zip"]).unwrap();
    sink.forge.secrets.extend(promote_tests::bucket::sign_in(&sink.server));
    let mut pipeline = Pipeline::of(&sink.forge, "main").unwrap();
    let ticket = "$(touch x) `id` \"INC-7\" --yes";
    for environment in ["uat", "prod"] {
        let form = [("NOTE_TICKET", ticket), ("OVERRIDE", "soak"), ("REASON", "it's; down $HOME")];
        let form = if environment == "prod" { &form[..] } else { &[] };
        let handed = well(&mut pipeline, &format!("promote:{environment}"), form);
        let shown = sink.project.done(&["show", &handed["PROMOTE_ID"], "--json"]).unwrap();
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        if environment == "prod" {
            assert_eq!(shown["notes"], serde_json::json!({ "ticket": ticket }));
            assert_eq!(shown["entry"]["why"], "it's; down $HOME");
        }
        assert_eq!((handed["PROMOTE_STATUS"].as_str(), &handed["PROMOTE_SHA"]), ("promoted", &commit));
        assert_eq!(handed["PROMOTE_TARGET"], format!("s3://{}/sink/{environment}.zip", sink.bucket));
        assert_eq!(sink.sha256(environment), sink.sha256(&commit));
        assert_eq!(sink.newest(environment).1, "Succeeded");
    }
}
