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

/// Asks others, and tells others, with nothing that a cloud has to open.
const ASKING: &str = r#"
project = "shop"
environments = ["staging", "prod"]
source = "releases/{sha}.zip"
target = "deploy/{env}.zip"
ledger = "git:ledger"

[pack]

[notify]
slack = "$SLACK"

[env.staging]
auto = true
freeze = ["Fri 16:00 .. Mon 08:00"]

[env.prod]
checks = ["test"]
approvals = { count = 2, reviews = true, from = ["@acme/leads", "ann"] }
notify = { webhook = "$HOOK" }
"#;

/// The text of each job.
fn jobs(workflow: &str) -> std::collections::BTreeMap<&str, String> {
    let mut found = std::collections::BTreeMap::<&str, String>::new();
    let (_, text) = workflow.split_once("\njobs:\n").unwrap();
    let mut name = "";
    for line in text.lines() {
        if line.starts_with("  ") && !line.starts_with("   ") {
            name = line.trim().trim_end_matches(':');
        }
        *found.entry(name).or_default() += &format!("{line}\n");
    }
    found
}

/// Who acts is proven wherever something is recorded; what others are told and asked with is at hand where it is needed.
#[test]
fn each_job_has_what_it_proves_asks_and_tells_with() {
    let workflow = github::workflow(&config(ASKING), &Pinned::default());
    let jobs = jobs(&workflow);
    let names: Vec<&str> = jobs.keys().copied().collect();
    assert_eq!(names, ["advance-staging", "approve", "promote", "publish", "verify"]);
    let has = |job: &str, line: &str| jobs[job].lines().any(|it| it.trim() == line);
    let secret = |name: &str| format!("{name}: ${{{{ secrets.{name} }}}}");
    let where_is = |line: &str| names.iter().copied().filter(|job| has(job, line)).collect::<Vec<_>>();
    assert_eq!(where_is("id-token: write"), ["advance-staging", "approve", "promote", "publish"]);
    // That nobody is told of a drift twice is written down.
    assert_eq!(where_is("contents: write"), names);
    assert_eq!(where_is(&secret("SLACK")), ["advance-staging", "promote", "publish", "verify"]);
    assert_eq!(where_is(&secret("HOOK")), ["promote", "verify"]);
    assert_eq!(where_is(&secret("PROMOTE_WEBHOOK_SECRET")), ["promote", "verify"]);
    assert_eq!(where_is(&secret("PROMOTE_FORGE_TOKEN")), ["approve", "promote"]);

    let silent = ASKING.replace("$HOOK\"", "$HOOK\", on = [\"failed\"]").replace("slack = \"$SLACK\"", "");
    let workflow = github::workflow(&config(&silent), &Pinned::default());
    let verify = &self::jobs(&workflow)["verify"];
    assert!(verify.contains("contents: read") && !verify.contains("secrets."), "{verify}");
}

/// A job's own token of GitLab reads nothing of checks, reviews and groups, wherever the job runs.
#[test]
fn gitlab_is_asked_with_a_token_of_ones_own() {
    let head = |text: &str| {
        let pipeline = gitlab::pipeline(&config(text));
        pipeline.lines().take_while(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n")
    };
    let wanted = "HOOK, PROMOTE_FORGE_TOKEN, PROMOTE_WEBHOOK_SECRET, SLACK";
    assert!(head(ASKING).contains(wanted), "{}", head(ASKING));
    let checks =
        ASKING.replace("approvals = { count = 2, reviews = true, from = [\"@acme/leads\", \"ann\"] }", "");
    assert!(head(&checks).contains(wanted), "{}", head(&checks));
    let none = checks.replace("checks = [\"test\"]", "");
    assert!(!head(&none).contains("PROMOTE_FORGE_TOKEN"), "{}", head(&none));

    let at_github = |text: &str| github::workflow(&config(text), &Pinned::default());
    let secret = "PROMOTE_FORGE_TOKEN: ${{ secrets.PROMOTE_FORGE_TOKEN }}";
    assert!(!at_github(&checks).contains(secret));
    let forge = format!("{checks}\n[forge]\nkind = \"gitlab\"\n");
    assert!(at_github(&forge).contains(secret));
}
