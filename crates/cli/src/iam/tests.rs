//! Policies of real files, and that the guide shows the ones that are printed.

use super::*;
use promote_core::config::{ReadContext, read};
use serde_json::Value;

fn config(text: &str) -> Config {
    let context = ReadContext {
        default_project: None,
        variables: &|_| None,
        version: "0.1.0".parse().unwrap(),
        schemes: &[],
    };
    read(text, &context).map_err(|found| format!("{found:?}")).unwrap().0
}

const SHOP: &str = r#"
project = "shop"
environments = ["staging", "uat", "prod"]
source = "s3://acme-releases/shop/{sha}.zip"
target = "s3://acme-releases/shop/{env}.zip"
"#;

fn named<'c>(config: &'c Config, name: &str) -> Vec<&'c Environment> {
    config.environments.values().filter(|one| one.name.as_str() == name).collect()
}

const ACCOUNT: aws::Account<'_> = aws::Account { number: "123456789012", region: "eu-west-1" };

fn as_value(rights: &Rights) -> Option<Value> {
    aws::policy(rights, ACCOUNT).map(|policy| serde_json::to_value(policy).unwrap())
}

/// As people and reviews read it: the version first, each statement with its name, and nothing for everybody's.
#[test]
fn a_policy_begins_with_its_version_names_its_statements_and_no_foreign_account() {
    for text in [SHOP, include_str!("../../../core/src/config/tests/teams/data.toml")] {
        let config = config(text);
        let all: Vec<&Environment> = config.environments.values().collect();
        for purpose in [Purpose::Read, Purpose::Publish, Purpose::To, Purpose::Block] {
            // A ledger elsewhere needs nothing of this cloud.
            let Some(policy) = aws::policy(&Rights::of(&config, purpose, &all), ACCOUNT) else { continue };
            let text = serde_json::to_string_pretty(&policy).unwrap();
            assert!(
                text.starts_with(
                    "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Sid\":"
                ),
                "{text}"
            );
            assert_eq!(text.matches("\"Sid\"").count(), text.matches("\"Effect\"").count(), "{text}");
            assert!(!text.contains("*:*"), "{text}");
        }
    }
}

#[test]
fn jobs_of_the_repository_that_promote_there_may_take_the_role() {
    let config = config(SHOP);
    let prod = named(&config, "prod");
    let of = |purpose, remote| {
        let policy = trust::policy(&config, purpose, &prod, Some(remote), "123456789012").unwrap();
        serde_json::to_string_pretty(&policy).unwrap()
    };
    insta::assert_snapshot!("trust-github-to-prod", of(Purpose::To, "git@github.com:acme/shop.git"));
    assert!(
        of(Purpose::Publish, "git@github.com:acme/shop.git").contains("repo:acme/shop:environment:staging")
    );
    assert!(of(Purpose::Read, "https://github.com/acme/shop").contains("repo:acme/shop:ref:refs/heads/main"));
    let gitlab = of(Purpose::To, "https://gitlab.example/acme/apps/shop.git");
    assert!(gitlab.contains("project_path:acme/apps/shop:ref_type:branch:ref:main"), "{gitlab}");
    assert!(gitlab.contains("oidc-provider/gitlab.example\""), "{gitlab}");
    assert!(trust::policy(&config, Purpose::To, &prod, None, "1").is_err());
}

#[test]
fn the_guide_shows_what_is_printed() {
    let guide = include_str!("../../../../docs/guides/s3-rights.md");
    let blocks = guide.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let shown: Vec<Value> = blocks.map(|block| serde_json::from_str(block).unwrap()).collect();
    let config = config(SHOP);
    let prod = named(&config, "prod");
    let printed = [(Purpose::Read, &[][..]), (Purpose::Publish, &[]), (Purpose::To, &prod)]
        .map(|(purpose, named)| as_value(&Rights::of(&config, purpose, named)).unwrap());
    assert_eq!(shown, printed, "{:#}", Value::from(printed.to_vec()));
}

#[test]
fn several_clouds_and_kinds() {
    let data = config(include_str!("../../../core/src/config/tests/teams/data.toml"));
    let prod = named(&data, "prod");
    let both = |purpose| {
        let rights = Rights::of(&data, purpose, &prod);
        format!(
            "{:#}\n{:#}",
            as_value(&rights).unwrap_or_default(),
            google::policy(&rights).unwrap_or_default()
        )
    };
    insta::assert_snapshot!("data-to-prod", both(Purpose::To));
    insta::assert_snapshot!("data-publish", both(Purpose::Publish));
    let objects = config(include_str!("../../../core/src/config/tests/teams/objects.toml"));
    let uat = named(&objects, "uat");
    let policy = as_value(&Rights::of(&objects, Purpose::To, &uat)).unwrap();
    insta::assert_snapshot!("objects-to-uat", format!("{policy:#}"));
    assert_eq!(google::policy(&Rights::of(&objects, Purpose::To, &uat)), None);
    let ecr = SHOP
        .replace("s3://acme-releases/shop/{sha}.zip", "1234.dkr.ecr.eu-west-1.amazonaws.com/acme/shop:{sha}")
        .replace("s3://acme-releases/shop/{env}.zip", "1234.dkr.ecr.eu-west-1.amazonaws.com/acme/shop:{env}")
        + "ledger = \"s3://acme-releases/.promote/shop/\"\n";
    let ecr = config(&ecr);
    let policy = as_value(&Rights::of(&ecr, Purpose::To, &named(&ecr, "prod"))).unwrap();
    insta::assert_snapshot!("ecr-to-prod", format!("{policy:#}"));
}

/// Whatever is asked for, records and releases can't be deleted.
#[test]
fn nothing_of_the_ledger_may_be_deleted() {
    for text in [
        SHOP,
        include_str!("../../../core/src/config/tests/teams/data.toml"),
        include_str!("../../../core/src/config/tests/teams/folders.toml"),
        include_str!("../../../core/src/config/tests/teams/objects.toml"),
    ] {
        let config = config(text);
        let all: Vec<&Environment> = config.environments.values().collect();
        for purpose in [Purpose::Read, Purpose::Publish, Purpose::To, Purpose::Block] {
            let rights = Rights::of(&config, purpose, &all);
            let ledger = config.ledger.prefix.as_str();
            let kept = |one: &&Objects| one.key.starts_with(ledger) && !one.key.contains("/scratch/");
            assert_eq!(rights.deletes.iter().filter(kept).count(), 0, "{rights:?}");
            assert_eq!(rights.writes.iter().filter(kept).filter(|one| one.replaced).count(), 0, "{rights:?}");
        }
    }
}
