//! The whole way through the command: reviews and checks open an environment, or keep it closed.

use super::{check, request, said, sha};
use promote_tests::forge_fake::people::PullRequest;
use promote_tests::forge_fake::{ForgeFake, TOKEN};
use promote_tests::lane_project::{LaneProject, Place, Ran};

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// A project whose second environment asks for this, with a release that is the merge of a reviewed request.
fn project(kind: &str, keys: &str) -> (LaneProject, ForgeFake, Vec<String>) {
    let mut project = LaneProject::new(PROGRAM, &Place::Local, 2, 3).unwrap();
    let releases = project.releases.clone();
    let fake = ForgeFake::start(&releases).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let table = fake.table(kind).replace("[forge]\n", "[forge]\ndeployments = \"never\"\n");
    std::fs::write(&file, format!("{text}[env.e1]\nbranch = \"main\"\n{keys}\n{table}")).unwrap();
    for name in
        ["GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "GITLAB_CI", "CI", "GITHUB_ACTIONS"]
    {
        project.variables.insert(name.to_owned(), String::new());
    }
    project.variables.insert("PROMOTE_FORGE_TOKEN".to_owned(), TOKEN.to_owned());
    project.variables.insert("PROMOTE_ACTOR".to_owned(), "mallory".to_owned());
    (project, fake, releases)
}

fn run(project: &LaneProject, arguments: &[&str]) -> Ran {
    let ran = project.run(arguments, &[]).unwrap();
    assert!(!format!("{}{}", ran.out, ran.err).contains("canary"), "{ran:?}");
    ran
}

#[test]
fn two_reviews_by_others_and_a_green_check_open_production_and_a_stale_one_does_not() {
    for kind in ["github", "gitlab"] {
        let keys = "approvals = { count = 2, reviews = true, from = [\"@acme/leads\"] }\nchecks = [\"test\"]";
        let (project, fake, releases) = project(kind, keys);
        let release = &releases[0];
        fake.say(|people| {
            people.author = ("Ann".to_owned(), Some("ann".to_owned()));
            people.page = 100;
            people.teams.insert("acme/leads".to_owned(), ["bob", "carol", "ann"].map(str::to_owned).to_vec());
            people.checks = vec![check(1, "test", "success")];
            let first = sha('a');
            people.requests = vec![PullRequest {
                head: sha('b'),
                merged_as: Some(release.clone()),
                commits: vec![(first.clone(), vec![sha('0')]), (sha('b'), vec![first])],
                // Bob approved what was there before the last commit; Carol after it; Ann opened it.
                reviews: vec![
                    said("bob", "APPROVED", 'a', 8),
                    said("carol", "APPROVED", 'b', 10),
                    said("ann", "APPROVED", 'b', 10),
                ],
                ..request()
            }];
        });
        assert_eq!(run(&project, &["to", "e0", release, "--yes"]).code, Some(0));
        fake.take_log();
        let stale = run(&project, &["to", "e1", release, "--yes"]);
        assert_eq!(stale.code, Some(3), "{kind}: {stale:?}");
        let words = format!("{}{}", stale.out, stale.err);
        assert!(words.contains("1 of 2: carol (verified)"), "{kind}: {words}");
        assert!(words.contains("is older than bbbbbbb, which came after it"), "{kind}: {words}");
        assert!(words.contains("who wrote what is new here can't approve it"), "{kind}: {words}");
        let log = fake.take_log();
        // On GitLab, reviews alone take four.
        let most = if kind == "github" { 5 } else { 6 };
        assert!(log.len() <= most, "{kind}: {log:#?}");
        // A check that turned red keeps it closed, whoever approves.
        fake.say(|people| {
            people.requests[0].reviews.push(said("bob", "APPROVED", 'b', 11));
            people.checks = vec![check(1, "test", "failure")];
        });
        let red = run(&project, &["to", "e1", release, "--yes"]);
        assert!(
            red.code == Some(3) && format!("{}{}", red.out, red.err).contains("`test` did not pass"),
            "{red:?}"
        );
        // Nobody answers: closed.
        fake.set(|habits| habits.closed = Some(("/", 401, "Bad credentials")));
        assert_eq!(run(&project, &["to", "e1", release, "--yes"]).code, Some(3));
        fake.set(|habits| habits.closed = None);
        fake.say(|people| people.checks = vec![check(1, "test", "success")]);
        let ran = run(&project, &["to", "e1", release, "--yes"]);
        assert_eq!(ran.code, Some(0), "{kind}: {ran:?}");
    }
}

/// The merge of a side branch into what is there, with what somebody puts into it.
fn merged(project: &LaneProject, name: &str, put_in: Option<&str>) -> String {
    let git = |arguments: &[&str]| project.git(arguments).unwrap();
    let main = git(&["rev-parse", "HEAD"]).trim().to_owned();
    git(&["checkout", "-q", "--detach"]);
    let file = |name: &str| std::fs::write(project.folder.path().join(name), name).unwrap();
    for (from, file_of) in [("HEAD", format!("{name}-side")), (main.as_str(), format!("{name}-base"))] {
        git(&["checkout", "-q", from]);
        file(&file_of);
        git(&["add", &file_of]);
        git(&["commit", "-q", "-m", &file_of]);
        git(&["tag", &file_of]);
    }
    git(&["merge", "-q", "--no-ff", "-m", name, &format!("{name}-side")]);
    if let Some(more) = put_in {
        file(more);
        git(&["add", more]);
        git(&["commit", "-q", "--amend", "--no-edit"]);
    }
    git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// However the forge made and signed it.
#[test]
fn a_review_outlasts_a_merge_only_where_the_repository_shows_that_it_adds_nothing() {
    let (project, fake, releases) = project("github", "approvals = { count = 1, reviews = true }");
    assert_eq!(run(&project, &["to", "e0", &releases[0], "--yes"]).code, Some(0));
    let (clean, evil) = (merged(&project, "clean", None), merged(&project, "evil", Some("put-in")));
    for (merge, code) in [(evil, 3), (sha('9'), 3), (clean, 0)] {
        fake.say(|people| {
            people.author = ("Ann".to_owned(), Some("ann".to_owned()));
            people.page = 100;
            people.requests = vec![PullRequest {
                head: merge.clone(),
                merged_as: Some(releases[0].clone()),
                commits: vec![(sha('a'), vec![sha('0')]), (merge.clone(), vec![sha('a'), sha('1')])],
                reviews: vec![said("bob", "APPROVED", 'a', 8)],
                ..request()
            }];
        });
        let ran = run(&project, &["to", "e1", &releases[0], "--yes"]);
        assert_eq!(ran.code, Some(code), "{merge}: {ran:?}");
        let words = format!("{}{}", ran.out, ran.err);
        let told = words.contains(&format!("is older than the merge {}", &merge[..7]));
        assert_eq!(told, code == 3, "{words}");
    }
}
