//! What is told of reviews, teams, checks and authors, over all pages.

use super::{CI, check, commit, fake, reader, said, sha};
use promote_core::port::{CheckState, ReviewState};
use promote_tests::forge_fake::people::CheckSaid;

#[tokio::test]
async fn what_is_told_of_reviews_teams_checks_and_authors_is_read_whole() {
    for kind in ["github", "gitlab"] {
        let fake = fake();
        fake.set(|habits| habits.page = 1);
        let forge = reader(&fake, kind, true, &[]);
        let found = forge.reviews(&commit('c')).await.unwrap();
        let one = &found[0];
        assert_eq!((found.len(), &one.head, &one.merged_as), (1, &commit('b'), &vec![commit('c')]), "{kind}");
        assert_eq!(
            (one.commits.len(), one.base.as_str(), one.by.as_ref().unwrap().login.as_str()),
            (2, "main", "ann")
        );
        let last = one.reviews.last().unwrap();
        assert_eq!(
            (last.state, last.head.clone(), last.may_write),
            (ReviewState::Approved, Some(commit('b')), true)
        );
        assert_eq!(last.by.as_ref().unwrap().login, "bob");
        let members: Vec<String> =
            forge.members("@acme/leads").await.unwrap().into_iter().map(|one| one.login).collect();
        assert_eq!(members, ["bob", "carol"]);
        let checks = forge.checks(&commit('c'), true).await.unwrap();
        assert_eq!(checks.iter().map(|one| one.state).collect::<Vec<_>>(), [CheckState::Passed; 2]);
        let authors = forge.authors(Some(&commit('0')), &commit('c')).await.unwrap();
        if kind == "github" {
            assert_eq!(checks[0].app.as_deref(), Some("github-actions"));
            assert_eq!((checks[0].workflow.as_deref(), checks[0].event.as_deref()), (Some(CI), Some("push")));
            assert_eq!((checks[1].app.as_ref(), checks[1].workflow.as_ref()), (None, None));
            assert_eq!(authors[0].by.login.as_deref(), Some("ann"));
            assert!(one.commits[1].parents.len() == 2 && one.to_default);
        } else {
            assert!(authors.is_empty() && !one.to_default && checks.iter().all(|one| one.app.is_none()));
        }
    }
}

#[tokio::test]
async fn accounts_that_are_gone_programs_and_what_was_said_later_are_told_apart() {
    let fake = fake();
    fake.say(|people| {
        let head = 'b';
        people.requests[0].reviews = vec![
            said("ghost", "APPROVED", head, 9),
            said("dependabot[bot]", "APPROVED", head, 9),
            said("reader", "APPROVED", head, 9),
            said("bob", "DISMISSED", head, 9),
            said("carol", "CHANGES_REQUESTED", head, 9),
            said("dan", "PENDING", head, 9),
        ];
    });
    let found = reader(&fake, "github", true, &[]).reviews(&commit('c')).await.unwrap();
    let reviews = &found[0].reviews;
    assert_eq!(reviews.len(), 5, "what is not given yet is nobody's");
    assert_eq!(reviews[0].by, None);
    assert!(reviews[1].by.as_ref().unwrap().bot);
    assert_eq!(reviews.iter().map(|one| one.may_write).collect::<Vec<_>>(), [true, true, false, true, true]);
    assert_eq!((reviews[3].state, reviews[4].state), (ReviewState::Dismissed, ReviewState::ChangesRequested));
}

#[tokio::test]
async fn the_commits_between_two_are_read_over_all_pages_and_merges_are_told_as_such() {
    let fake = fake();
    fake.set(|habits| habits.page = 2);
    let ann = || "ann".to_owned();
    fake.say(|people| {
        let mut before = sha('0');
        for digit in ['1', '2', '3', '4'] {
            people.between.push((sha(digit), vec![before], ann()));
            before = sha(digit);
        }
        people.between.push((sha('c'), vec![before, sha('9')], "bob".to_owned()));
    });
    let found = reader(&fake, "github", true, &[]).authors(Some(&commit('0')), &commit('c')).await.unwrap();
    let told: Vec<(String, bool)> =
        found.into_iter().map(|one| (one.by.login.unwrap_or_default(), one.merges)).collect();
    let written = std::iter::repeat_n((ann(), false), 4).chain([("bob".to_owned(), true)]);
    assert_eq!(told, written.collect::<Vec<_>>());
    let log = fake.take_log();
    let pages = log.iter().filter(|line| line.contains("&page=") || line.contains("?page=")).count();
    assert_eq!((log.len(), pages), (3, 2), "{log:#?}");
}

#[tokio::test]
async fn our_own_run_is_known_and_what_has_not_ended_or_was_skipped_has_not_passed() {
    for (kind, name) in [("github", "GITHUB_RUN_ID"), ("gitlab", "CI_PIPELINE_ID")] {
        let fake = fake();
        fake.say(|people| {
            let pending = CheckSaid { conclusion: None, ..check(3, "slow", "") };
            people.checks = vec![
                check(1, "test", "success"),
                CheckSaid { run: 8, ..check(2, "test", "skipped") },
                pending,
            ];
        });
        let found = reader(&fake, kind, true, &[(name, "7")]).checks(&commit('c'), false).await.unwrap();
        assert_eq!(found.iter().map(|one| one.own).collect::<Vec<_>>(), [true, false, true], "{kind}");
        let states = [CheckState::Passed, CheckState::NotPassed, CheckState::Pending];
        assert_eq!(found.iter().map(|one| one.state).collect::<Vec<_>>(), states, "{kind}");
    }
}
