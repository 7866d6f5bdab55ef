//! Policies of real files, and that the guide shows the ones that are printed.

use super::*;
use promote_core::config::{ReadContext, read};
use serde_json::Value;

fn config(text: &str) -> Config {
    let context =
        ReadContext { default_project: None, variables: &|_| None, version: "0.1.0".parse().unwrap() };
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

#[test]
fn the_guide_shows_what_is_printed() {
    let guide = include_str!("../../../../docs/guides/s3-rights.md");
    let blocks = guide.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let shown: Vec<Value> = blocks.map(|block| serde_json::from_str(block).unwrap()).collect();
    let config = config(SHOP);
    let prod = named(&config, "prod");
    let printed = [(Purpose::Read, &[][..]), (Purpose::Publish, &[]), (Purpose::To, &prod)]
        .map(|(purpose, named)| aws::policy(&Rights::of(&config, purpose, named)).unwrap());
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
            aws::policy(&rights).unwrap_or_default(),
            google::policy(&rights).unwrap_or_default()
        )
    };
    insta::assert_snapshot!("data-to-prod", both(Purpose::To));
    insta::assert_snapshot!("data-publish", both(Purpose::Publish));
    let objects = config(include_str!("../../../core/src/config/tests/teams/objects.toml"));
    let uat = named(&objects, "uat");
    let policy = aws::policy(&Rights::of(&objects, Purpose::To, &uat)).unwrap();
    insta::assert_snapshot!("objects-to-uat", format!("{policy:#}"));
    assert_eq!(google::policy(&Rights::of(&objects, Purpose::To, &uat)), None);
    let ecr = SHOP
        .replace("s3://acme-releases/shop/{sha}.zip", "1234.dkr.ecr.eu-west-1.amazonaws.com/acme/shop:{sha}")
        .replace("s3://acme-releases/shop/{env}.zip", "1234.dkr.ecr.eu-west-1.amazonaws.com/acme/shop:{env}")
        + "ledger = \"s3://acme-releases/.promote/shop/\"\n";
    let ecr = config(&ecr);
    let policy = aws::policy(&Rights::of(&ecr, Purpose::To, &named(&ecr, "prod"))).unwrap();
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
