//! The files of five real teams mean what they should.

use super::*;
use crate::location::StoreId;
use std::time::Duration;

fn names(lane: &Lane) -> Vec<&str> {
    lane.environments.iter().map(|name| name.as_str()).collect()
}

fn env<'c>(config: &'c Config, name: &str) -> &'c Environment {
    config.environments.values().find(|env| env.name.as_str() == name).unwrap()
}

#[test]
fn zips_that_pipelines_watch() {
    let config = right(include_str!("teams/objects.toml"));
    assert_eq!(config.project.as_str(), "billing-api");
    assert_eq!(config.timezone.name(), "Europe/Berlin");
    assert_eq!(
        config.ledger,
        LedgerPlace {
            store: StoreId::S3("acme-releases".to_owned()),
            prefix: ".promote/billing-api".parse().unwrap()
        }
    );
    assert_eq!(config.lanes.iter().map(names).collect::<Vec<_>>(), [["staging"], ["uat"], ["prod"]]);
    let staging = env(&config, "staging");
    assert!(staging.auto && staging.from.is_empty());
    assert_eq!(
        staging.artifacts[0].target.as_ref().unwrap().as_str(),
        "s3://acme-releases/billing-api/latest.zip"
    );
    let uat = env(&config, "uat");
    assert_eq!((uat.auto, uat.tier, uat.from[0].as_str()), (false, Tier::Staging, "staging"));
    match &uat.deploy[0].action {
        StepAction::CodePipeline { names: pipelines, start } => {
            assert!(!start);
            assert_eq!(
                pipelines.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
                ["billing-api-uat", "billing-api-training", "billing-api-demo"]
            );
        }
        other => panic!("{other:?}"),
    }
    let prod = env(&config, "prod");
    assert_eq!(
        (prod.soak, prod.approvals.count, prod.tier),
        (Duration::from_secs(172_800), 2, Tier::Production)
    );
    assert_eq!(prod.freeze[0].as_str(), "Fri 16:00 .. Mon 08:00");
    assert_eq!(prod.notify.slack.as_deref(), Some("$SLACK_WEBHOOK_URL"));
    assert_eq!(
        (prod.timeout, prod.on_failure, prod.hold),
        (Duration::from_secs(1800), OnFailure::Stop, true)
    );
    assert!(
        matches!(&prod.verify[0].action, StepAction::Http { expect: Some(text), .. } if text.as_str() == "{sha}")
    );
}

#[test]
fn images_with_a_ledger_on_a_branch() {
    let config = right(include_str!("teams/images.toml"));
    assert_eq!(
        config.ledger,
        LedgerPlace {
            store: StoreId::Git("promote-ledger".to_owned()),
            prefix: "ingest-core".parse().unwrap()
        }
    );
    let prod = env(&config, "prod");
    assert_eq!(prod.artifacts[0].kind, ArtifactKind::Image);
    assert!(prod.artifacts[0].target.as_ref().unwrap().uses_timestamp());
    assert_eq!(prod.url.as_deref(), Some("https://ingest.acme.example"));
    assert!(
        matches!(&prod.deploy[0].action, StepAction::Run { command, .. } if command.contains("$PROMOTE_TARGET --wait"))
    );
    assert!(
        matches!(&prod.verify[0].action, StepAction::Gitlab { project, reference: Some(at) } if project == "acme/integration-tests" && at.as_str() == "{env}")
    );
    assert_eq!(prod.verify[0].timeout, Some(Duration::from_secs(2400)));
    assert_eq!(env(&config, "staging").branch.as_deref(), Some("main"));
    assert_eq!(prod.branch, None);
}

#[test]
fn folders_that_hosts_pull() {
    let config = right(include_str!("teams/folders.toml"));
    let prod = env(&config, "prod");
    assert_eq!(prod.artifacts[0].kind, ArtifactKind::Folder);
    assert_eq!(prod.needs[0].as_str(), "ghcr.io/acme/dashboard:{sha:7}");
    assert_eq!(prod.deploy[0].action, StepAction::Receipts(2));
    assert_eq!(env(&config, "staging").deploy[0].action, StepAction::Receipts(1));
    let render = config.render.unwrap();
    assert_eq!((render.templates.as_str(), render.values[1].as_str()), ("deploy", "deploy/{env}.toml"));
    assert_eq!(config.host.unwrap().prepare.len(), 1);
    assert!(
        matches!(config.ledger, LedgerPlace { store: StoreId::Gcs(bucket), .. } if bucket == "acme-config")
    );
}

#[test]
fn terraform_without_targets() {
    let config = right(include_str!("teams/terraform.toml"));
    let prod = env(&config, "prod");
    assert_eq!((prod.artifacts[0].kind, &prod.artifacts[0].target), (ArtifactKind::Git, &None));
    assert_eq!(prod.checks, ["test", "validate"].map(RequiredCheck::named));
    assert_eq!(prod.workdir.as_ref().unwrap().as_str(), "terraform/{env}");
    assert!(
        matches!(&prod.plan[0].action, StepAction::Run { changed: Some(2), saves: Some(file), .. } if file == "plan.bin")
    );
    assert_eq!(config.lanes.len(), 2);
    assert!(matches!(config.ledger, LedgerPlace { prefix, .. } if prefix.as_str() == "promote/platform"));
}

#[test]
fn several_artifacts_in_the_order_written() {
    let config = right(include_str!("teams/data.toml"));
    let prod = env(&config, "prod");
    let artifacts: Vec<_> =
        prod.artifacts.iter().map(|a| (a.name.as_ref().unwrap().as_str(), a.kind, a.prune)).collect();
    assert_eq!(
        artifacts,
        [
            ("image", ArtifactKind::Image, false),
            ("dbt", ArtifactKind::Object, false),
            ("config", ArtifactKind::Folder, false),
            ("dags", ArtifactKind::Folder, true),
        ]
    );
    assert_eq!(prod.notes, ["backfill", "rollback plan"]);
    assert_eq!((prod.on_failure, prod.open[0].as_str()), (OnFailure::Rollback, "Mon-Thu 09:00 .. 16:00"));
    assert_eq!(env(&config, "dev").notify.slack.as_deref(), Some("$SLACK_WEBHOOK_URL"));
    assert!(
        matches!(config.ledger, LedgerPlace { store: StoreId::Gcs(bucket), .. } if bucket == "acme-artifacts")
    );
}

/// All of their files.
pub(super) const ALL: [&str; 5] = [
    include_str!("teams/objects.toml"),
    include_str!("teams/images.toml"),
    include_str!("teams/folders.toml"),
    include_str!("teams/terraform.toml"),
    include_str!("teams/data.toml"),
];

#[test]
fn none_of_them_is_told_anything() {
    for text in ALL {
        assert_eq!(findings(text), "");
    }
}

#[test]
fn what_they_ask_for_and_is_not_done_is_told_apart_from_mistakes() {
    let keys = |text: &str| -> Vec<(u32, String)> {
        let unacted = right(text).unacted;
        assert!(unacted.iter().all(|one| one.severity == Severity::Error));
        unacted.iter().map(|one| (one.line, one.message.split('`').nth(1).unwrap_or("").to_owned())).collect()
    };
    let lines = |text: &str| keys(text).into_iter().map(|(_, key)| key).collect::<Vec<_>>();
    assert!(lines(include_str!("teams/objects.toml")).is_empty());
    assert!(lines(include_str!("teams/images.toml")).is_empty());
    assert_eq!(lines(include_str!("teams/folders.toml")), ["render", "host", "receipts", "receipts"]);
    assert!(lines(include_str!("teams/data.toml")).is_empty());
    let terraform = right(include_str!("teams/terraform.toml"));
    assert!(terraform.unacted.iter().any(|one| one.message.contains("the commit itself")));
    assert!(terraform.to_write().unwrap_err().state.iter().any(|line| line.starts_with("line 8, ")));
}

#[test]
fn folders_among_several_artifacts_take_prune_from_above() {
    let file = |top: &str, env: &str, own: &str| {
        format!(
            "project = \"p\"\nenvironments = [\"prod\"]\n{top}\n[artifact.app]\nsource = \"s3://acme/{{sha}}.zip\"\n\
             target = \"s3://acme/{{env}}.zip\"\n[artifact.dags]\nsource = \"s3://acme/r/{{sha}}/\"\n\
             target = \"s3://acme/{{env}}/dags/\"\n{own}\n[env.prod]\n{env}\n"
        )
    };
    let on = "prune = true";
    for (top, own_env, own, wanted) in [
        (on, "", "", true),
        ("", on, "", true),
        (on, "prune = false", "", false),
        (on, "", "prune = false", false),
        ("", "", on, true),
    ] {
        let text = file(top, own_env, own);
        let config = right(&text);
        let found: Vec<bool> = env(&config, "prod").artifacts.iter().map(|one| one.prune).collect();
        assert_eq!(found, [false, wanted], "{text}");
        assert!(!findings(&text).contains("prune"), "{}", findings(&text));
    }
    let none = "project = \"p\"\nenvironments = [\"prod\"]\nprune = true\n[artifact.app]\nsource = \"s3://acme/{sha}.zip\"\n\
                target = \"s3://acme/{env}.zip\"\n";
    assert!(findings(none).contains("no artifact is a folder"), "{}", findings(none));
}
