//! One team's stage: a bucket, three environments, and a stand-in for the pipelines that watch them.

use promote_tests::bucket::{self, s3api};
use promote_tests::codepipeline_fake::{Fake, Shape};
use promote_tests::lane_project::Ran;
use promote_tests::project::Project;
use promote_tests::server::Server;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Team 002: one bucket, three environments, a pipeline for each.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) bucket: String,
    pub(crate) fake: Fake,
    pub(crate) project: Project,
    /// The commit that is published first.
    pub(crate) commit: String,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let server = Server::start("seaweedfs").unwrap();
        let bucket = bucket::fresh(&server).unwrap();
        Self::with(server, bucket, "")
    }

    /// `more` goes to the end of `promote.toml`.
    pub(crate) fn with(server: Server, bucket: String, more: &str) -> Self {
        let fake = Fake::start().unwrap();
        let keys = [("staging", "latest.zip"), ("uat", "uat.zip"), ("prod", "prod.zip")];
        for (environment, key) in keys {
            fake.pipeline(&format!("shop-{environment}"), Shape::of(&bucket, &format!("shop/{key}")));
        }
        let mut project = Project::new(PROGRAM).unwrap();
        project.variables = bucket::sign_in(&server);
        project.variables.insert("AWS_ENDPOINT_URL_CODEPIPELINE".to_owned(), fake.endpoint());
        let file = format!(
            "project = \"shop\"\nenvironments = [\"staging\", \"uat\", \"prod\"]\n\
             source = \"s3://{bucket}/shop/{{sha}}.zip\"\ntarget = \"s3://{bucket}/shop/{{env}}.zip\"\n\
             deploy = {{ codepipeline = \"shop-{{env}}\" }}\ntimeout = \"60s\"\n\n\
             [env.staging]\ntarget = \"s3://{bucket}/shop/latest.zip\"\n\n\
             [store.{bucket}]\nendpoint = \"{}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n{more}",
            server.endpoint
        );
        project.write("promote.toml", file).unwrap();
        let commit = project.commit("app.txt", "one\n", "feat: begin").unwrap();
        Self { server, bucket, fake, project, commit }
    }

    /// In place of Amazon's events.
    pub(crate) fn watched(self) -> Self {
        let server = &self.server;
        self.fake.watch_s3(&server.endpoint, &server.access_key, &server.secret_key, &server.region);
        self
    }

    /// Published, and through with staging.
    pub(crate) fn published(self) -> Self {
        let said = self.project.done(&["publish", "--commit", &self.commit]).unwrap();
        println!("{said}");
        self
    }

    pub(crate) fn version(&self, key: &str) -> String {
        let said = s3api(&self.server, &["head-object", "--bucket", &self.bucket, "--key", key]).unwrap();
        let head: Value = serde_json::from_str(&said).unwrap();
        head["VersionId"].as_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.project.run(arguments).unwrap()
    }

    /// The version and the status of each execution, newest first.
    pub(crate) fn executions(&self, pipeline: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.fake
            .executions(pipeline)
            .iter()
            .map(|one| (text(&one["sourceRevisions"][0]["revisionId"]), text(&one["status"])))
            .collect()
    }
}
