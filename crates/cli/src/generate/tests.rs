//! The pipelines of five real teams.

use super::{Pinned, github, gitlab};
use promote_core::config::{Config, ReadContext, read};

fn config(text: &str) -> Config {
    let context = ReadContext {
        default_project: None,
        variables: &|name| Some(format!("value-of-{}", name.to_lowercase())),
        version: "0.1.0".parse().unwrap(),
        schemes: &[],
    };
    read(text, &context).map_err(|found| format!("{found:?}")).unwrap().0
}

fn both(name: &str, text: &str) {
    let config = config(text);
    insta::assert_snapshot!(format!("{name}-github"), github::workflow(&config, &Pinned::default()));
    insta::assert_snapshot!(format!("{name}-gitlab"), gitlab::pipeline(&config));
}

#[test]
fn zips_that_pipelines_watch() {
    both("objects", include_str!("../../../core/src/config/tests/teams/objects.toml"));
}

#[test]
fn images() {
    both("images", include_str!("../../../core/src/config/tests/teams/images.toml"));
}

#[test]
fn folders() {
    both("folders", include_str!("../../../core/src/config/tests/teams/folders.toml"));
}

#[test]
fn several_artifacts() {
    both("data", include_str!("../../../core/src/config/tests/teams/data.toml"));
}

#[test]
fn terraform() {
    both("terraform", include_str!("../../../core/src/config/tests/teams/terraform.toml"));
}

const AUTOMATIC: &str = r#"
project = "shop"
environments = ["staging", "uat", "prod"]
source = "s3://${BUCKET}/shop/{sha}.zip"
target = "s3://${BUCKET}/shop/{env}.zip"
auto = true
notes = ["what ${{ github.token }} '{0}'", "risk", "Roll-back  plan"]
url = "https://example.com/${{secrets.KEY}}"

[pack]

[forge]
kind = "github"

[env.staging]
branch = "release"

[env.prod]
auto = false
"#;

#[test]
fn automatic_and_hostile() {
    both("automatic", AUTOMATIC);
}

#[test]
fn the_same_file_gives_the_same_text_and_pins_stay() {
    let config = config(AUTOMATIC);
    let first = github::workflow(&config, &Pinned::default());
    assert_eq!(github::workflow(&config, &Pinned::of(&first)), first);
    let pinned = first.replace("actions/checkout@v7", "actions/checkout@0123456 # v7.0.1");
    assert_eq!(github::workflow(&config, &Pinned::of(&pinned)), pinned);
}

/// No expression stands in a script, and no text of the configuration makes one anywhere.
#[test]
fn nothing_is_pasted_into_scripts() {
    let text = github::workflow(&config(AUTOMATIC), &Pinned::default());
    for line in text.lines().filter(|line| line.trim_start().trim_start_matches("- ").starts_with("run:")) {
        assert!(!line.contains("${{"), "{line}");
    }
    assert!(!text.contains("github.token") && !text.contains("secrets.KEY"), "{text}");
}

/// What GitHub refuses as the name of a secret is not asked for.
#[test]
fn passwords_of_registries_have_names_that_github_takes() {
    for (host, user) in [
        ("quay.io", "QUAY_USERNAME"),
        ("registry.acme.example", "REGISTRY_ACME_EXAMPLE_USERNAME"),
        ("10.0.0.7:5000", "REGISTRY_10_0_0_7_5000_USERNAME"),
        ("github.acme.example", "REGISTRY_GITHUB_ACME_EXAMPLE_USERNAME"),
    ] {
        assert_eq!(super::needs::login(host).0, user);
    }
}

#[test]
fn generated_workflows_read_the_file_from_the_protected_branch() {
    for text in [AUTOMATIC, include_str!("../../../core/src/config/tests/teams/objects.toml")] {
        let config = config(text);
        let workflow = github::workflow(&config, &Pinned::default());
        let checkouts = workflow.matches("uses: actions/checkout@").count();
        let protected =
            "ref: ${{ github.event_name == 'push' && github.sha || github.event.repository.default_branch }}";
        assert!(checkouts > 0 && workflow.matches(protected).count() == checkouts, "{workflow}");
        let pipeline = gitlab::pipeline(&config);
        let rules: Vec<&str> = pipeline.lines().filter(|line| line.contains("$CI_COMMIT_BRANCH")).collect();
        assert!(!rules.is_empty());
        assert!(
            rules.iter().all(|rule| rule.ends_with("&& $CI_COMMIT_REF_PROTECTED == \"true\"")),
            "{pipeline}"
        );
    }
}
