//! A configuration that was built in code is held to what the reader holds a file to.

use super::*;
use crate::names::EnvironmentName;

/// One that was read and is right.
fn read_right() -> Config {
    right(&format!("{BASE}project = \"shop\"\n"))
}

/// What is told of it once it was changed.
fn told_of(change: impl FnOnce(&mut Config)) -> Vec<String> {
    let mut config = read_right();
    change(&mut config);
    config.check().map_or_else(|failure| failure.state, |()| Vec::new())
}

fn prod(config: &mut Config) -> &mut Environment {
    config.environments.get_mut(&"prod".parse::<EnvironmentName>().unwrap()).unwrap()
}

#[test]
fn what_the_reader_takes_passes() {
    for team in teams::ALL {
        right(team).check().unwrap();
    }
    assert_eq!(told_of(|_| {}), Vec::<String>::new());
}

#[test]
fn what_no_reader_would_take_is_told() {
    type Change = fn(&mut Config);
    let cases: [(Change, &str); 12] = [
        (
            |config| prod(config).artifacts[0].source = "s3://acme/new.zip".parse().unwrap(),
            "`prod`, artifact `main`: a source must be named by its commit: without `{sha}`, the next build overwrites it.",
        ),
        (
            |config| config.stages.push(vec!["nowhere".parse().unwrap()]),
            "a stage names `nowhere`, and there is no such environment.",
        ),
        (|config| config.stages.truncate(1), "no stage names `prod`."),
        (|config| prod(config).artifacts.clear(), "`prod` has no artifact."),
        (|config| prod(config).artifacts[0].target = None, "`prod`, artifact `main`: it has no target."),
        (
            |config| prod(config).artifacts[0].target = Some("s3://acme/{sha}.zip".parse().unwrap()),
            "`prod`, artifact `main`: the target is the source.",
        ),
        (
            |config| prod(config).artifacts[0].target = Some("s3://acme/prod/".parse().unwrap()),
            "`prod`, artifact `main`: the source is an object, the target a folder.",
        ),
        (
            |config| prod(config).artifacts[0].target = Some("s3://acme/staging.zip".parse().unwrap()),
            "`prod` and `staging` read the same targets, and are not in one lane.",
        ),
        (
            |config| config.ledger.prefix = "prod.zip".parse().unwrap(),
            "the ledger and artifact `main` of `prod` overlap.",
        ),
        (
            |config| prod(config).from = vec!["prod".parse().unwrap()],
            "`prod` promotes from `prod`, which does not come before it.",
        ),
        (
            |config| prod(config).while_deploying = WhileDeploying::Supersede,
            "a newer promotion to `prod` can't supersede one that is being deployed: it has no `deploy` step.",
        ),
        (
            |config| prod(config).lane = "staging".parse().unwrap(),
            "`prod` says that it moves with the lane `staging`, which does not name it.",
        ),
    ];
    for (change, expected) in cases {
        let told = told_of(change);
        assert!(told.iter().any(|one| one == expected), "{expected}\n{told:#?}");
    }
}
