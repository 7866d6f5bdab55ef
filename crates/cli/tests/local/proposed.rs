//! In a job for a pull or merge request: the merge that is tried out is no release.

use crate::stage::{CONFIG, Stage, contents};
use promote_core::exit::ExitStatus;

/// A repository at the merge of a branch into main that a forge made; main is still where it was. The commits of main,
/// the branch and the merge.
fn merging() -> (Stage, [String; 3]) {
    let stage = Stage::with(CONFIG);
    let main = stage.commit("feat: on main");
    stage.git(&["switch", "--quiet", "--create", "feature", "HEAD~1"]);
    stage.write("feature.txt", "new");
    stage.git(&["add", "--all"]);
    stage.git(&["commit", "--quiet", "--message", "feat: proposed"]);
    let head = stage.git(&["rev-parse", "HEAD"]);
    stage.git(&["switch", "--quiet", "--detach", &main]);
    stage.git(&["merge", "--quiet", "--no-ff", "--message", "Merge feature into main", &head]);
    let merge = stage.git(&["rev-parse", "HEAD"]);
    (stage, [main, head, merge])
}

type Vars = Vec<(&'static str, String)>;

fn github(stage: &Stage, head: &str, merge: &str) -> Vars {
    stage.write("out/event.json", format!(r#"{{"pull_request":{{"head":{{"sha":"{head}"}}}}}}"#));
    let event = stage.path().join("out/event.json").display().to_string();
    vec![
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("GITHUB_REF", "refs/pull/5/merge".to_owned()),
        ("GITHUB_SHA", merge.to_owned()),
        ("GITHUB_EVENT_PATH", event),
    ]
}

fn gitlab(_: &Stage, head: &str, merge: &str) -> Vars {
    vec![
        ("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result".to_owned()),
        ("CI_MERGE_REQUEST_IID", "5".to_owned()),
        ("CI_COMMIT_SHA", merge.to_owned()),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head.to_owned()),
    ]
}

fn reference_alone(_: &Stage, _: &str, _: &str) -> Vars {
    vec![("GITHUB_ACTIONS", "true".to_owned()), ("GITHUB_REF", "refs/pull/5/merge".to_owned())]
}

fn jenkins(_: &Stage, _: &str, _: &str) -> Vars {
    vec![("JENKINS_URL", "https://ci.example".to_owned()), ("CHANGE_ID", "5".to_owned())]
}

/// A job on the branch that checks out the merge by itself.
fn by_hand(stage: &Stage, head: &str, _: &str) -> Vars {
    let event = format!(r#"{{"pull_request":{{"number":5,"merged":false,"head":{{"sha":"{head}"}}}}}}"#);
    stage.write("out/event.json", event);
    vec![
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("GITHUB_EVENT_NAME", "pull_request_target".to_owned()),
        ("GITHUB_REF", "refs/heads/main".to_owned()),
        ("GITHUB_SHA", stage.git(&["rev-parse", "HEAD^1"])),
        ("GITHUB_EVENT_PATH", stage.path().join("out/event.json").display().to_string()),
    ]
}

#[test]
fn the_merge_that_tries_out_a_pull_request_is_refused_with_the_commit_that_was_meant() {
    for (variables, of) in [
        (github as fn(&Stage, &str, &str) -> Vars, "pull request 5"),
        (gitlab, "merge request 5"),
        (reference_alone, "pull request 5"),
        (jenkins, "change 5"),
        (by_hand, "pull request 5"),
    ] {
        let (mut stage, [_, head, merge]) = merging();
        stage.variables = variables(&stage, &head, &merge);
        let before = contents(&stage.path());
        for line in [&["publish"][..], &["publish", "--dry-run"], &["publish"]] {
            let answer = stage.run(line).ends(ExitStatus::Usage);
            assert!(answer.err.contains(of) && answer.err.contains(&head), "{}", answer.err);
            assert!(answer.err.contains("--allow-unmerged"), "{}", answer.err);
            assert_eq!(contents(&stage.path()), before);
        }
        // Named, it is no better; what was meant may be published.
        for named in [&merge, "@", &merge[..9]] {
            stage.run(&["publish", "--commit", named]).ends(ExitStatus::Usage);
        }
        let meant = stage.run(&["publish", "--commit", &head, "--json"]).ends(ExitStatus::Ok).json();
        assert_eq!(meant["allowed"]["unmerged"], serde_json::Value::Null);
        assert_eq!(meant["moves"][0]["result"], "promoted");
    }
}

#[test]
fn a_merge_that_is_let_through_says_so_and_never_moves_by_itself() {
    let config = format!("{CONFIG}\n[env.uat]\nauto = true\n");
    let (mut stage, [main, head, merge]) = merging();
    stage.write("promote.toml", &config);
    stage.run(&["publish", "--commit", &main]).ends(ExitStatus::Ok);
    stage.variables = github(&stage, &head, &merge);
    let report = stage.run(&["publish", "--allow-unmerged", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(report["sha"], merge);
    assert_eq!(report["allowed"]["unmerged"], serde_json::json!({"of": "pull request 5", "head": head}));
    assert_eq!(report["moves"][0]["result"], "blocked");
    let why = report["moves"][0]["why"].to_string();
    assert!(why.contains("never moves by itself"), "{why}");
    let runs = |environment: usize| {
        let status = stage.run(&["status", "--json"]).json();
        status["environments"][environment]["running"]["sha"].as_str().unwrap_or_default().to_owned()
    };
    stage.run(&["advance"]).ends(ExitStatus::Ok);
    assert_eq!((runs(0), runs(1)), (main.clone(), main.clone()));
    // Asked for by name it goes, and only so far.
    stage.run(&["to", "staging", &merge, "--yes"]).ends(ExitStatus::Ok);
    assert_eq!(runs(0), merge);
    stage.run(&["advance"]).ends(ExitStatus::Ok);
    assert_eq!(runs(1), main);
    let status = stage.run(&["status"]).ends(ExitStatus::Ok);
    assert!(status.out.contains("was published unmerged"), "{}", status.out);
    let shown = stage.run(&["show", &merge]).ends(ExitStatus::Ok);
    assert!(shown.out.contains("unmerged: a merge of"), "{}", shown.out);
    let plan = stage.run(&["plan", "uat"]);
    assert!(plan.out.contains("[unmerged]"), "{}", plan.all());
}

#[test]
fn other_jobs_and_other_commits_of_such_a_job_publish_as_ever() {
    let (mut stage, [main, head, merge]) = merging();
    stage.variables = github(&stage, &head, &merge);
    stage.run(&["publish", "--commit", &main]).ends(ExitStatus::Ok);
    // The job checked out what is proposed.
    stage.git(&["switch", "--quiet", "--detach", &head]);
    stage.run(&["publish", "--no-move"]).ends(ExitStatus::Ok);
    stage.git(&["switch", "--quiet", "--detach", &merge]);
    stage.variables = vec![("GITHUB_REF", "refs/heads/main".to_owned()), ("GITHUB_SHA", merge.clone())];
    let report = stage.run(&["publish", "--no-move", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(
        (&report["sha"], &report["allowed"]["unmerged"]),
        (&merge.as_str().into(), &serde_json::Value::Null)
    );
}

fn bitbucket(_: &Stage, head: &str, _: &str) -> Vars {
    vec![
        ("BITBUCKET_BUILD_NUMBER", "1".to_owned()),
        ("BITBUCKET_PR_ID", "5".to_owned()),
        ("BITBUCKET_COMMIT", head.to_owned()),
    ]
}

#[test]
fn a_commit_on_top_of_such_a_merge_is_refused_like_the_merge() {
    for variables in [github as fn(&Stage, &str, &str) -> Vars, gitlab, bitbucket] {
        let (mut stage, [main, head, merge]) = merging();
        let one = stage.commit("chore: version bumped by the job");
        let two = stage.commit("chore: and formatted");
        stage.variables = variables(&stage, &head, &merge);
        for commit in [&two, &one] {
            stage.git(&["checkout", "--quiet", "--detach", commit]);
            for line in [&["publish"][..], &["publish", "--dry-run"]] {
                let answer = stage.run(line).ends(ExitStatus::Usage);
                assert!(answer.err.contains("was made on top of a merge"), "{}", answer.err);
                assert!(answer.err.contains(&head) && !stage.has("releases"), "{}", answer.err);
            }
        }
        let let_through = stage.run(&["publish", "--allow-unmerged", "--json"]).ends(ExitStatus::Ok).json();
        assert_eq!(let_through["allowed"]["unmerged"]["head"], head);
        assert_eq!(let_through["moves"][0]["result"], "blocked");
        // What stands on the branch or on what is proposed is none of it.
        for ordinary in [&main, &head] {
            stage.git(&["checkout", "--quiet", "--detach", ordinary]);
            let next = stage.commit("chore: ordinary");
            let report = stage.run(&["publish", "--no-move", "--json"]).ends(ExitStatus::Ok).json();
            assert_eq!(
                (&report["sha"], &report["allowed"]["unmerged"]),
                (&next.as_str().into(), &serde_json::Value::Null)
            );
        }
    }
}

#[test]
fn a_merge_that_waits_in_a_queue_is_told_as_such() {
    let (mut stage, [_, head, merge]) = merging();
    stage.variables = vec![
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("GITHUB_EVENT_NAME", "merge_group".to_owned()),
        ("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-5-0123456789abcdef".to_owned()),
        ("GITHUB_SHA", merge.clone()),
    ];
    let answer = stage.run(&["publish"]).ends(ExitStatus::Usage);
    assert!(answer.err.contains("its branch gets it only if every check succeeds"), "{}", answer.err);
    assert!(answer.err.contains("once the queue has merged it"), "{}", answer.err);
    assert!(
        !answer.err.contains("no branch will ever hold it") && !answer.err.contains(&head),
        "{}",
        answer.err
    );
    // The queue has merged it: the branch's own job publishes the very commit.
    stage.variables = vec![("GITHUB_REF", "refs/heads/main".to_owned()), ("GITHUB_SHA", merge.clone())];
    let report = stage.run(&["publish", "--json"]).ends(ExitStatus::Ok).json();
    assert_eq!(
        (&report["sha"], &report["allowed"]["unmerged"]),
        (&merge.as_str().into(), &serde_json::Value::Null)
    );
}
