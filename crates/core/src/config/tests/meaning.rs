//! What a right file means: defaults, inheritance, lanes, the ledger, and where each value comes from.

use super::*;
use crate::location::StoreId;
use std::time::Duration;

fn env<'c>(config: &'c Config, name: &str) -> &'c Environment {
    config.environments.values().find(|env| env.name.as_str() == name).unwrap()
}

#[test]
fn own_values_replace_and_tables_merge() {
    let config = right(
        r#"
environments = ["dev", ["uat", "perf"], "prod"]
source = "s3://acme/{sha}.zip"
target = "s3://acme/{env}.zip"
soak = "1h"
timeout = "5m"
approvals = 2
checks = ["a", "b"]
deploy = { run = "x", retries = 2, env = { A = "$A" } }
branch = "release/{env}"
[notify]
slack = "$SLACK"
on = ["failed"]
[env.uat]
checks = ["c"]
approvals = { reviews = true }
deploy = { run = "y" }
[env.uat.notify]
webhook = "$HOOK"
[env.prod]
from = "uat"
approvals = { count = 3, from = ["@acme/leads"], expires = "7d", self = true }
notify = { on = ["drift"] }
tier = "test"
"#,
    );
    let (dev, uat, perf, prod) =
        (env(&config, "dev"), env(&config, "uat"), env(&config, "perf"), env(&config, "prod"));
    assert_eq!(config.project.as_str(), "repository");
    assert_eq!(config.timezone, chrono_tz::Tz::UTC);
    assert_eq!((dev.auto, uat.auto, perf.auto, prod.auto), (true, false, false, false));
    assert_eq!(uat.checks, [RequiredCheck::named("c")]);
    assert_eq!(perf.checks, ["a", "b"].map(RequiredCheck::named));
    assert_eq!((uat.approvals.count, uat.approvals.reviews), (2, true));
    assert_eq!((perf.approvals.count, perf.approvals.reviews), (2, false));
    let approvals = &prod.approvals;
    assert_eq!(
        (approvals.count, approvals.own, approvals.from.as_slice()),
        (3, true, ["@acme/leads".to_owned()].as_slice())
    );
    assert_eq!(approvals.expires, Some(Duration::from_secs(604_800)));
    assert_eq!((uat.notify.slack.as_deref(), uat.notify.webhook.as_deref()), (Some("$SLACK"), Some("$HOOK")));
    assert_eq!(
        (prod.notify.on.as_slice(), uat.notify.on.as_slice()),
        (["drift".to_owned()].as_slice(), ["failed".to_owned()].as_slice())
    );
    // A step is one value: nothing of the inherited one is left.
    assert_eq!((uat.deploy[0].retries, uat.deploy[0].env.len()), (0, 0));
    assert_eq!((perf.deploy[0].retries, perf.deploy[0].env["A"].as_str()), (2, "$A"));
    let from = |env: &Environment| env.from.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!((from(dev), from(perf), from(prod)), (vec![], vec!["dev".to_owned()], vec!["uat".to_owned()]));
    assert_eq!(
        (uat.branch.as_deref(), prod.tier, perf.tier),
        (Some("release/uat"), Tier::Test, Tier::Staging)
    );
}

#[test]
fn environments_that_share_their_targets_share_a_lane() {
    let config = right(
        r#"
environments = ["dev", ["uat", "training", "demo"], "prod"]
source = "s3://acme/{sha}.zip"
target = "s3://acme/uat.zip"
[env.dev]
target = "s3://acme/{env}.zip"
[env.demo]
target = "s3://acme/demo.zip"
[env.prod]
target = "s3://acme/prod.zip"
"#,
    );
    let lanes: Vec<(String, Vec<String>)> = config
        .lanes
        .iter()
        .map(|lane| (lane.name.to_string(), lane.environments.iter().map(ToString::to_string).collect()))
        .collect();
    let lane =
        |name: &str, envs: &[&str]| (name.to_owned(), envs.iter().map(|env| (*env).to_owned()).collect());
    assert_eq!(
        lanes,
        [
            lane("dev", &["dev"]),
            lane("uat", &["uat", "training"]),
            lane("demo", &["demo"]),
            lane("prod", &["prod"])
        ]
    );
    assert_eq!(env(&config, "training").lane.as_str(), "uat");
}

#[test]
fn the_ledger_lies_where_it_is_told_or_beside_the_first_source() {
    let folder = "environments = [\"dev\"]\nsource = \"releases/{sha}.zip\"\ntarget = \"deploy/{env}.zip\"\n";
    let objects = |store, prefix: &str| LedgerPlace { store, prefix: prefix.parse().unwrap() };
    for (text, place) in [
        (folder.to_owned(), objects(StoreId::Local, ".promote/repository")),
        (format!("{folder}ledger = \"books/{{project}}/\""), objects(StoreId::Local, "books/repository")),
        (
            format!("{folder}ledger = \"gs://acme-ledger/x\""),
            objects(StoreId::Gcs("acme-ledger".to_owned()), "x"),
        ),
        (
            format!("{folder}ledger = \"s3://${{BUCKET}}/x/\""),
            objects(StoreId::S3("acme-releases".to_owned()), "x"),
        ),
        (
            format!("{folder}ledger = \"git:promote\""),
            objects(StoreId::Git("promote".to_owned()), "repository"),
        ),
        (BASE.to_owned(), objects(StoreId::S3("acme".to_owned()), ".promote/repository")),
    ] {
        assert_eq!(right(&text).ledger, place, "{text}");
    }
}

#[test]
fn a_registry_may_be_told_how_it_is_signed_in_to() {
    let images = "environments = [\"dev\"]\nledger = \"s3://acme/x/\"\nsource = \"localhost:5000/acme/app:{sha}\"\n\
        target = \"localhost:5000/acme/app:{env}\"\n[store.\"localhost:5000/acme/app\"]\n";
    for good in [
        "none",
        "password",
        "https://tokens.example/auth",
        "https://tokens.example:8443/a/b?service=container_registry&x=1",
        "http://127.0.0.1:5001/auth?service=x",
        "http://[::1]:5001/auth",
    ] {
        let config = right(&format!("{images}sign-in = \"{good}\"\ncredentials = \"auth.json\"\n"));
        let store = &config.stores["localhost:5000/acme/app"];
        let read = (store.sign_in.as_deref(), store.credentials.as_deref());
        assert_eq!(read, (Some(good), Some("auth.json")));
    }
    assert_eq!(right(images).stores["localhost:5000/acme/app"].sign_in, None);
    // The same twice for one registry is no contradiction.
    let twice = format!("{images}sign-in = \"none\"\n[store.\"localhost:5000/other\"]\nsign-in = \"none\"\n");
    assert_eq!(right(&twice).stores["localhost:5000/other"].sign_in.as_deref(), Some("none"));
}

#[test]
fn variables_are_filled_in_and_stores_described() {
    let config = right(
        r#"
environments = ["dev"]
source = "s3://${BUCKET}/${NO:-x}/{sha}.zip"
target = "s3://acme-dev/{env}.zip"
required-version = ">=0.1"
signers = "allowed_signers"
[store.acme-releases]
region = "eu-central-1"
endpoint = "https://10.0.0.1:9000"
path-style = true
profile = "ci"
expiry = "30s"
allowance = "2m"
[pack]
build = "npm run build"
include = ["app/server"]
exclude = ["*.map"]
root = "app"
"#,
    );
    assert_eq!(env(&config, "dev").artifacts[0].source.as_str(), "s3://acme-releases/x/{sha}.zip");
    let store = &config.stores["acme-releases"];
    assert_eq!((store.expiry_s, store.allowance_s, store.path_style), (Some(30), Some(120), Some(true)));
    assert_eq!(
        (store.region.as_deref(), store.endpoint.as_deref()),
        (Some("eu-central-1"), Some("https://10.0.0.1:9000"))
    );
    assert_eq!(store.profile.as_deref(), Some("ci"));
    let pack = config.pack.unwrap();
    assert_eq!(
        (pack.root.as_deref(), pack.include.as_slice()),
        (Some("app"), ["app/server".to_owned()].as_slice())
    );
    assert_eq!(config.signers.unwrap().path, "allowed_signers");
}

#[test]
fn each_value_is_shown_with_its_line() {
    let config = right(include_str!("teams/objects.toml"));
    let shown = |name: Option<&str>| -> Vec<String> {
        let of = |shown: &&Effective| shown.env.as_ref().map(|env| env.as_str()) == name;
        let line = |line: Option<u32>| line.map_or("default".to_owned(), |line| line.to_string());
        config
            .effective
            .iter()
            .filter(of)
            .map(|e| format!("{} = {} ({})", e.key, e.value, line(e.line)))
            .collect()
    };
    assert_eq!(
        shown(None),
        [
            "project = \"billing-api\" (2)",
            "environments = [\"staging\", \"uat\", \"prod\"] (3)",
            "ledger = \"s3://acme-releases/.promote/billing-api/\" (default)",
            "timezone = \"Europe/Berlin\" (4)",
        ]
    );
    assert_eq!(
        shown(Some("prod")),
        [
            "source = \"s3://acme-releases/billing-api/{sha}.zip\" (6)",
            "target = \"s3://acme-releases/billing-api/{env}.zip\" (7)",
            "prune = false (default)",
            "from = [\"uat\"] (default)",
            "auto = false (default)",
            "soak = \"2d\" (17)",
            "approvals = 2 (18)",
            "freeze = [\"Fri 16:00 .. Mon 08:00\"] (19)",
            "deploy = { codepipeline = \"billing-api-{env}\" } (8)",
            "verify = { http = \"https://billing.acme.example/version\", expect = \"{sha}\" } (20)",
            "on-failure = \"stop\" (default)",
            "while-deploying = \"refuse\" (default)",
            "hold = true (default)",
            "timeout = \"30m\" (default)",
            "tier = \"production\" (default)",
            "notify.slack = \"$SLACK_WEBHOOK_URL\" (21)",
        ]
    );
}

#[test]
fn settings_that_a_kind_of_store_does_not_have_are_told_at_their_line() {
    let file = |place: &str, tag: &str, name: &str, setting: &str| {
        format!(
            "environments = [\"dev\"]\nledger = \"git:x\"\nsource = \"{place}{{sha}}{tag}\"\n\
             target = \"{place}{{env}}{tag}\"\n[store.\"{name}\"]\n{setting}\n"
        )
    };
    let image = |setting: &str| findings(&file("ghcr.io/acme/app:", "", "ghcr.io/acme/app", setting));
    for setting in ["expiry = \"30s\"", "allowance = \"1m\"", "region = \"eu-west-1\"", "profile = \"ci\""] {
        let told = image(setting);
        assert!(told.contains("6:1 error: ") && told.contains("not a setting of a repository"), "{told}");
    }
    assert_eq!(image("credentials = \"auth.json\""), "");
    let s3 = findings(&file("s3://acme/", ".zip", "acme", "credentials = \"$KEY\""));
    assert!(s3.contains("6:1 error: `credentials` is not a setting of S3"), "{s3}");
    let gcs = |setting: &str| findings(&file("gs://acme/", ".zip", "acme", setting));
    assert!(gcs("profile = \"ci\"").contains("6:1 error: "), "{}", gcs("profile = \"ci\""));
    assert!(gcs("expiry = \"30s\"").contains("6:1 warning: "), "{}", gcs("expiry = \"30s\""));
}

#[test]
fn a_path_from_here_is_the_path() {
    let config = right(
        "environments = [\"dev\"]\nledger = \"./.promote/x/\"\nsource = \"./dist/{sha}.zip\"\ntarget = \"././dist/{env}.zip\"\n",
    );
    let artifact = &env(&config, "dev").artifacts[0];
    assert_eq!(artifact.source.as_str(), "dist/{sha}.zip");
    assert_eq!(artifact.target.as_ref().unwrap().as_str(), "dist/{env}.zip");
    assert_eq!(config.ledger.prefix.as_str(), ".promote/x");
    let told = findings("environments = [\"dev\"]\nsource = \"./{sha}.zip\"\ntarget = \"./{shaa}.zip\"\n");
    assert!(told.contains("3:13 error"), "{told}");
}

#[test]
fn commands_run_in_the_folder_of_their_environment_unless_they_name_one() {
    let config = right(&format!(
        "{BASE}workdir = \"top\"\nprepare = [\"pwd\", {{ http = \"https://x.example\" }}]\nverify = {{ run = \"pwd\", workdir = \"own\" }}\n\
         [env.prod]\nworkdir = \"deep/{{env}}\"\ndeploy = {{ run = \"pwd\" }}\n"
    ));
    let folders = |name: &str| -> Vec<Option<&str>> {
        let env = env(&config, name);
        let steps = env.prepare.iter().chain(&env.deploy).chain(&env.verify);
        steps.map(|step| step.workdir.as_ref().map(|folder| folder.as_str())).collect()
    };
    assert_eq!(folders("staging"), [Some("top"), None, Some("own")]);
    assert_eq!(folders("prod"), [Some("deep/{env}"), None, Some("deep/{env}"), Some("own")]);
}
