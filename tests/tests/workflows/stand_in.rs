//! The stand-in itself: what it reads of GitHub's expressions, and that it refuses what it does not know.

use super::{forge, team};
use promote_tests::project::Project;
use promote_tests::workflow::expression::{Contexts, Standing, filled, holds};
use promote_tests::workflow::{Event, Run};
use serde_json::json;

#[test]
fn expressions_are_read_as_github_reads_them() {
    let values = json!({
        "inputs": { "to": "prod", "empty": "" }, "vars": { "ROLE": "arn:x" },
        "github": { "sha": "abc", "event_name": "push" }, "steps": { "a": { "outputs": { "status": "promoted" } } },
    });
    let contexts = |standing| Contexts { values: values.as_object().unwrap(), standing };
    let well = contexts(Standing::Well);
    for (text, expected) in [
        ("plain", "plain"),
        ("${{ inputs.to }}", "prod"),
        ("a ${{ vars.ROLE }} b ${{github.sha}}", "a arn:x b abc"),
        ("${{ inputs.empty || 'none' }}", "none"),
        ("${{ inputs.to && format('to {0}', inputs.to) }}", "to prod"),
        ("${{ inputs.empty && 'x' }}", ""),
        ("${{ github.event_name == 'push' && github.sha || inputs.to }}", "abc"),
        ("${{ github.event_name == 'PUSH' }}", "true"),
        ("${{ (inputs.to != 'prod') || !inputs.empty }}", "true"),
    ] {
        assert_eq!(filled(text, &well).unwrap(), expected, "{text}");
    }
    for text in [
        "${{ inputs.gone }}",
        "${{ runner.os }}",
        "${{ inputs.to",
        "${{ toJSON(inputs) }}",
        "${{ inputs.to > 1 }}",
        "${{ inputs }}",
        "${{ inputs.to inputs.to }}",
        "${{ 'it''s' }}",
    ] {
        assert!(filled(text, &well).is_err(), "{text}");
    }
    let failed = contexts(Standing::Failed);
    for (condition, when_well, when_failed) in [
        (None, true, false),
        (Some("steps.a.outputs.status == 'promoted'"), true, false),
        (Some("always()"), true, true),
        (Some("failure()"), false, true),
        (Some("${{ !cancelled() && inputs.to == 'prod' }}"), true, true),
    ] {
        assert_eq!(holds(condition, &well), Ok(when_well), "{condition:?}");
        assert_eq!(holds(condition, &failed), Ok(when_failed), "{condition:?}");
    }
}

fn ran(steps: &str) -> std::io::Result<Run> {
    let project = Project::new(super::PROGRAM).unwrap();
    let text = format!(
        "on: push\njobs:\n  a:\n    runs-on: x\n    permissions: {{ contents: read }}\n    steps:\n{steps}"
    );
    project.commit("w.yml", &text, "x").unwrap();
    forge(&project).run("w.yml", &Event::Push("main".to_owned()))
}

#[test]
fn what_it_does_not_know_is_refused() {
    for (steps, part) in [
        ("      - uses: acme/unknown@v1\n", "acme/unknown"),
        ("      - uses: aws-actions/configure-aws-credentials@v6\n", "aws-actions"),
        ("      - run: x\n        continue-on-error: true\n", "continue-on-error"),
        ("      - run: x\n        shell: pwsh\n", "pwsh"),
        ("      - uses: OWNER/promote@v1\n        with: { enviroment: prod }\n", "enviroment"),
        ("      - uses: actions/checkout@v6\n        with: { submodules: true }\n", "submodules"),
        ("      - run: echo ${{ inputs.x || hashFiles('a') }}\n", "hashFiles"),
    ] {
        let error = ran(steps).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
    let run = ran("      - run: 'false'\n      - run: echo late\n").unwrap();
    let job = run.job().unwrap();
    assert_eq!((job.result, job.steps[1].outcome), ("failure", "skipped"));
}

#[test]
fn forms_and_triggers_are_kept_to() {
    let project = Project::new(super::PROGRAM).unwrap();
    let deploy = team("team-002").join(".github/workflows/deploy.yml");
    project.commit("w.yml", &std::fs::read_to_string(deploy).unwrap(), "x").unwrap();
    let forge = forge(&project);
    for (event, part) in [
        (Event::form(&[("ecr_tag", "uat")]), "commit_sha"),
        (Event::form(&[("commit_sha", "a"), ("ecr_tag", "stage")]), "no choice"),
        (Event::form(&[("commit_sha", "a"), ("ecr_tag", "uat"), ("to", "x")]), "no field `to`"),
        (Event::Push("main".to_owned()), "does not set this off"),
        (Event::Schedule("12 5 * * *".to_owned()), "does not set this off"),
    ] {
        let error = forge.run("w.yml", &event).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
}
