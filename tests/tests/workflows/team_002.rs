//! Team 002: `<sha>.zip` is copied over `uat.zip` and `prod.zip` by a form with `commit_sha` and `ecr_tag`, and the pipeline
//! that watches each is followed.

use super::{annotations, forge, project, push, well};
use promote_tests::bucket::{self, s3api};
use promote_tests::client;
use promote_tests::codepipeline_fake::{Fake, Plan, Shape};
use promote_tests::project::Project;
use promote_tests::server::Server;
use promote_tests::workflow::{Event, Forge, Run};
use serde_json::Value;

/// The team: its repository, its bucket and its pipelines.
pub struct Sink {
    pub server: Server,
    pub bucket: String,
    pub pipelines: Fake,
    pub project: Project,
    pub forge: Forge,
}

impl Sink {
    /// `more` goes to the end of `promote.toml`.
    pub fn new(more: &str) -> Self {
        let server = Server::start("seaweedfs").unwrap();
        let bucket = bucket::fresh(&server).unwrap();
        let pipelines = Fake::start().unwrap();
        for (environment, key) in [("stage", "latest.zip"), ("uat", "uat.zip"), ("prod", "prod.zip")] {
            let shape = Shape::of(&bucket, &format!("sink/{key}"));
            pipelines.pipeline(&format!("sink-{environment}-pipeline"), shape);
        }
        pipelines.watch_s3(&server.endpoint, &server.access_key, &server.secret_key, &server.region);
        let store = format!(
            "\n[store.{bucket}]\nendpoint = \"{}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n{more}",
            server.endpoint
        );
        let project = project("team-002", &[("acme-pipelines", &bucket)], &store);
        let mut forge = forge(&project);
        for (name, value) in
            [("AWS_ROLE", "arn:aws:iam::111122223333:role/promote"), ("AWS_REGION", &server.region)]
        {
            forge.vars.insert(name.to_owned(), value.to_owned());
        }
        forge.logins.insert("aws-actions/configure-aws-credentials".to_owned(), bucket::sign_in(&server));
        forge.machine.insert("AWS_ENDPOINT_URL_CODEPIPELINE".to_owned(), pipelines.endpoint());
        Self { server, bucket, pipelines, project, forge }
    }

    pub fn run(&self, workflow: &str, event: &Event) -> Run {
        let run = self.forge.run(&format!(".github/workflows/{workflow}.yml"), event).unwrap();
        println!("{}", run.log());
        run
    }

    pub fn deploy(&self, commit: &str, tag: &str) -> Run {
        self.run("deploy", &Event::form(&[("commit_sha", commit), ("ecr_tag", tag)]))
    }

    /// The digest of an object, by a client of its own.
    pub fn sha256(&self, key: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        let found =
            client::fetch(&self.server, &self.bucket, &format!("sink/{key}.zip"), file.path()).unwrap();
        found["sha256"].as_str().unwrap().to_owned()
    }

    fn version(&self, key: &str) -> String {
        let key = format!("sink/{key}.zip");
        let said = s3api(&self.server, &["head-object", "--bucket", &self.bucket, "--key", &key]).unwrap();
        let head: Value = serde_json::from_str(&said).unwrap();
        head["VersionId"].as_str().unwrap().to_owned()
    }

    /// The version and the status of the newest execution.
    pub fn newest(&self, environment: &str) -> (String, String) {
        let all = self.pipelines.executions(&format!("sink-{environment}-pipeline"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.first()
            .map(|one| (text(&one["sourceRevisions"][0]["revisionId"]), text(&one["status"])))
            .unwrap_or_default()
    }

    fn followed(&self, environment: &str, key: &str) {
        assert_eq!(self.newest(environment), (self.version(key), "Succeeded".to_owned()), "{environment}");
    }

    /// Everything in the bucket but the ledger.
    fn archives(&self) -> Vec<String> {
        let mut all = client::listing(&self.server, &self.bucket).unwrap();
        all.retain(|line| !line.contains(".promote/"));
        all
    }
}

#[test]
fn the_form_copies_follows_the_pipeline_and_goes_back() {
    let sink = Sink::new("");
    let first = sink.forge.commit("main").unwrap();
    let built = sink.run("ci", &Event::Push("main".to_owned()));
    well(&built);
    let publish = built.jobs.iter().find_map(|job| job.step("publish")).unwrap();
    assert_eq!(publish.outputs["status"], "published");
    assert_eq!(publish.outputs["environment"], "stage");
    assert_eq!((sink.sha256("latest"), &first), (sink.sha256(&first), &publish.outputs["version"]));
    sink.followed("stage", "latest");

    for tag in ["uat", "prod"] {
        let run = sink.deploy(&first, tag);
        well(&run);
        let job = run.job().unwrap();
        assert_eq!(job.environment.as_deref(), Some(tag));
        let step = job.step("promote").unwrap();
        let at = format!("s3://{}/sink/{tag}.zip", sink.bucket);
        assert_eq!(job.step("announce").unwrap().log.trim(), format!("promoted {tag} {first} nothing {at}"));
        assert_eq!(step.outputs["digest"], format!("sha256:{}", sink.sha256(&first)));
        assert_eq!(sink.sha256(tag), sink.sha256(&first));
        sink.followed(tag, tag);
        for part in [&format!("{tag} runs {}", &first[..7]), &format!("sink-{tag}-pipeline")] {
            assert!(step.summary.contains(part.as_str()), "{part}: {}", step.summary);
        }
        // It was followed stage by stage.
        for part in ["Source/", "Build/", "Deploy/"] {
            assert!(step.log.contains(part), "{part}: {}", step.log);
        }
    }

    let second = push(&sink.project, "app/server.py", "VERSION = \"2\"\n", "feat: more");
    well(&sink.run("ci", &Event::Push("main".to_owned())));
    // Seven digits are enough, as for people.
    well(&sink.deploy(&second[..7], "uat"));
    assert_eq!(sink.sha256("uat"), sink.sha256(&second));
    assert_ne!(sink.sha256("uat"), sink.sha256("prod"));
    let again = sink.deploy(&second, "uat");
    well(&again);
    assert_eq!(again.job().unwrap().step("promote").unwrap().outputs["status"], "unchanged");

    let back = sink.run("rollback", &Event::form(&[("ecr_tag", "uat"), ("reason", "502 on /pay")]));
    well(&back);
    let step = back.job().unwrap().step("promote").unwrap();
    assert_eq!((&step.outputs["version"], &step.outputs["previous"]), (&first, &second));
    assert_eq!(sink.sha256("uat"), sink.sha256(&first));
    sink.followed("uat", "uat");
}

#[test]
fn a_pipeline_that_fails_fails_the_job() {
    let sink = Sink::new("");
    let first = sink.forge.commit("main").unwrap();
    well(&sink.run("ci", &Event::Push("main".to_owned())));
    let link = "https://console.aws.amazon.com/codebuild/b-1";
    let fails =
        Plan { fails: Some(("CodeBuild".into(), "exit status 1".into(), link.into())), ..Plan::default() };
    sink.pipelines.plan("sink-uat-pipeline", [fails]);
    let run = sink.deploy(&first, "uat");
    let job = run.job().unwrap();
    assert_eq!(job.result, "failure", "{}", run.log());
    let step = job.step("promote").unwrap();
    assert_eq!((step.outputs["status"].as_str(), step.outputs["exit"].as_str()), ("failed", "deploy-failed"));
    assert_eq!(job.step("announce").unwrap().outcome, "skipped");
    let said = annotations(&step.log, "error");
    assert_eq!(said.len(), 1, "one cause, one annotation: {}", step.log);
    for part in ["stage Build, action CodeBuild", "exit status 1", link] {
        assert!(said[0].contains(part), "{part}: {}", said[0]);
    }
    assert!(step.summary.contains("exit status 1") && step.summary.contains(link), "{}", step.summary);
    // What failed in one environment does not get into the next, and the form says why.
    let blocked = sink.deploy(&first, "prod");
    let step = blocked.job().unwrap().step("promote").unwrap();
    assert_eq!((step.outcome, step.outputs["status"].as_str()), ("failure", "blocked"));
    assert!(annotations(&step.log, "error")[0].contains("uat"), "{}", step.log);
}

#[test]
fn a_commit_that_nobody_built_changes_nothing() {
    let sink = Sink::new("");
    let first = sink.forge.commit("main").unwrap();
    well(&sink.run("ci", &Event::Push("main".to_owned())));
    let before = sink.archives();
    let mut wrong = first.clone();
    wrong.replace_range(..1, if first.starts_with('0') { "1" } else { "0" });
    for commit in [wrong.as_str(), "latest", "../other/app", "$(id)"] {
        let run = sink.deploy(commit, "uat");
        let job = run.job().unwrap();
        assert_eq!(job.result, "failure", "{commit}: {}", run.log());
        let step = job.step("promote").unwrap();
        let said = annotations(&step.log, "error");
        assert_eq!(said.len(), 1, "{commit}: {}", step.log);
        assert!(step.summary.contains("uat") || !step.summary.is_empty(), "{commit}: {}", step.summary);
        assert_eq!(job.step("announce").unwrap().outcome, "skipped");
    }
    assert_eq!(sink.archives(), before);
    assert_eq!(sink.newest("uat"), Default::default());
}
