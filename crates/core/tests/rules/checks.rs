//! `checks`: what opens it, and everything that only looks like it.

use crate::facts::Case;
use crate::stage::commit;
use insta::assert_snapshot;
use promote_core::config::RequiredCheck;
use promote_core::port::{Check, CheckState};

const CI: &str = ".github/workflows/ci.yml";

/// A green check of b from where it should come.
fn green(name: &str) -> Check {
    Check {
        name: name.to_owned(),
        app: Some("github-actions".to_owned()),
        workflow: Some(CI.to_owned()),
        event: Some("push".to_owned()),
        head: commit('b'),
        state: CheckState::Passed,
        said: "success".to_owned(),
        own: false,
    }
}

fn required(name: &str) -> RequiredCheck {
    RequiredCheck {
        name: name.to_owned(),
        app: Some("github-actions".to_owned()),
        workflow: Some(CI.to_owned()),
        event: Some("push".to_owned()),
    }
}

fn case(wanted: &[RequiredCheck], found: Vec<Check>) -> Case {
    let mut case = Case::new();
    case.environment.checks = wanted.to_vec();
    case.snapshot.checks = Some(Ok(found));
    case
}

fn first_line(case: &Case) -> String {
    case.check("checks").lines().next().unwrap().to_owned()
}

#[test]
fn green_checks_of_the_very_commit_open_it() {
    assert_eq!(Case::new().check("checks"), "nothing to say");
    let named = [RequiredCheck::named("test"), required("build")];
    let other = Check { state: CheckState::NotPassed, said: "failure".to_owned(), ..green("lint") };
    let open = case(&named, vec![green("test"), other, green("build")]);
    assert_snapshot!(open.check("checks"), @r#"
    met: test, build of bbbbbbb
    {"found":[{"app":"github-actions","event":"push","name":"test","own":false,"said":"success","workflow":".github/workflows/ci.yml"},{"app":"github-actions","event":"push","name":"build","own":false,"said":"success","workflow":".github/workflows/ci.yml"}],"need":["test","{\"name\":\"build\",\"app\":\"github-actions\",\"workflow\":\".github/workflows/ci.yml\",\"event\":\"push\"}"]}
    "#);
    assert!(open.clone().back_to('c').check("checks").starts_with("skipped"));
    // A status counts where the file names nothing but its name.
    let status = Check { app: None, workflow: None, event: None, ..green("test") };
    assert!(first_line(&case(&named[..1], vec![status])).starts_with("met"));
}

#[test]
fn what_is_amiss_is_told_of_each_check() {
    let mut found = vec![green("test"), green("test"), green("build"), green("own\u{1b}[2J"), green("scan")];
    (found[1].state, found[1].said) = (CheckState::NotPassed, "skipped".to_owned());
    found[2].app = Some("evil".to_owned());
    found[3].own = true;
    (found[4].app, found[4].workflow, found[4].event) = (None, None, None);
    let wanted = [
        RequiredCheck::named("test"),
        required("build"),
        RequiredCheck::named("own\u{1b}[2J"),
        required("scan"),
        RequiredCheck::named("gone"),
    ];
    let case = case(&wanted, found);
    assert_snapshot!(first_line(&case), @r"unmet: `test` did not pass (skipped), one of 2 of that name; `build` comes from the app `evil`, not `github-actions`; `own\u{1b}[2J` is part of this very run, which can't vouch for itself; `scan` is a status that anybody who may write can set, not of the app `github-actions`; `gone` is missing: bbbbbbb has no check of that name");
}

#[test]
fn what_can_not_be_read_and_a_forge_that_is_not_at_hand_close_the_gate() {
    let mut case = case(&[RequiredCheck::named("test")], Vec::new());
    case.snapshot.checks = None;
    assert_snapshot!(case.check("checks"), @r#"
    unmet: no forge is at hand that could be asked for them
    hint: `[forge]` in `promote.toml` says where the repository is, and `PROMOTE_FORGE_TOKEN` holds a token that may read checks
    {"need":["test"]}
    "#);
    case.snapshot.checks = Some(Err("GitHub: the token may not read checks".to_owned()));
    assert_snapshot!(first_line(&case), @"unmet: the checks of bbbbbbb can't be read: GitHub: the token may not read checks");
}

/// Each way in which a check may be something else than it seems.
type Forgery = (&'static str, fn(&mut Check));

const FORGERIES: [Forgery; 20] = [
    ("skipped", |it| (it.state, it.said) = (CheckState::NotPassed, "skipped".to_owned())),
    ("neutral", |it| (it.state, it.said) = (CheckState::NotPassed, "neutral".to_owned())),
    ("cancelled", |it| (it.state, it.said) = (CheckState::NotPassed, "cancelled".to_owned())),
    ("timed out", |it| (it.state, it.said) = (CheckState::NotPassed, "timed_out".to_owned())),
    ("stale", |it| (it.state, it.said) = (CheckState::NotPassed, "stale".to_owned())),
    ("failed", |it| (it.state, it.said) = (CheckState::NotPassed, "failure".to_owned())),
    ("failed, but called success", |it| it.state = CheckState::NotPassed),
    ("queued", |it| (it.state, it.said) = (CheckState::Pending, "queued".to_owned())),
    ("running", |it| (it.state, it.said) = (CheckState::Pending, "in_progress".to_owned())),
    ("another head", |it| it.head = commit('a')),
    ("our own run", |it| it.own = true),
    ("another app", |it| it.app = Some("evil".to_owned())),
    ("an app with nearly its name", |it| it.app = Some("github-actions ".to_owned())),
    ("a status", |it| it.app = None),
    ("another workflow", |it| it.workflow = Some(".github/workflows/green.yml".to_owned())),
    ("a workflow of another folder", |it| it.workflow = Some("x/.github/workflows/ci.yml".to_owned())),
    ("an unknown workflow", |it| it.workflow = None),
    ("another event", |it| it.event = Some("workflow_dispatch".to_owned())),
    ("an unknown event", |it| it.event = None),
    ("another name", |it| it.name = "Build".to_owned()),
];

#[test]
fn of_sixty_forged_or_stale_checks_none_passes() {
    let mut tried = 0;
    for (what, forge) in FORGERIES {
        let mut forged = green("build");
        forge(&mut forged);
        // Alone; beside other green checks; and with the real one that has not ended.
        let pending = Check { state: CheckState::Pending, said: "queued".to_owned(), ..green("build") };
        let others = vec![green("test"), green("build / x"), green("build (2)"), forged.clone()];
        for found in [vec![forged.clone()], others, vec![pending, forged.clone()]] {
            let line = first_line(&case(&[required("build")], found));
            assert!(line.starts_with("unmet: `build` "), "{what}: {line}");
            tried += 1;
        }
    }
    assert_eq!(tried, 60);
}

#[test]
fn what_is_green_beside_a_forged_one_still_counts_for_itself_alone() {
    for (what, forge) in FORGERIES {
        let mut forged = green("build");
        forge(&mut forged);
        let line = first_line(&case(&[required("build")], vec![green("build"), forged.clone()]));
        // Of the same origin and commit, all must be green; whoever forges elsewhere closes nothing.
        let same = RequiredCheck { name: "build".to_owned(), ..required("build") };
        let counts = forged.name == same.name
            && forged.app == same.app
            && forged.workflow == same.workflow
            && forged.event == same.event
            && forged.head == commit('b')
            && !forged.own;
        assert_eq!(line.starts_with("unmet"), counts, "{what}: {line}");
    }
}
