//! What a forge refuses, and how often it is asked.

use super::{all, commit, fake, reader};
use promote_core::port::ErrorKind;
use promote_tests::forge_fake::{Refusal, TOKEN};

#[tokio::test]
async fn each_refusal_says_what_the_token_needs_and_opens_nothing() {
    // A part of the path, the status, and what the hint names.
    let refusals: &[(&str, &str, usize, &str)] = &[
        ("github", "/graphql", 0, "pull-requests: read"),
        ("github", "/members", 1, "read:org"),
        ("github", "/check-runs", 2, "checks: read"),
        ("github", "/status", 2, "statuses: read"),
        ("github", "/actions/runs", 2, "actions: read"),
        ("github", "/compare/", 3, "contents: read"),
        ("gitlab", "/approvals", 0, "read_api"),
        ("gitlab", "/versions", 0, "read_api"),
        ("gitlab", "/members", 1, "read_api"),
        ("gitlab", "/statuses", 2, "read_api"),
    ];
    for (kind, part, which, needs) in refusals {
        for (status, kinds) in
            [(403, ErrorKind::Denied), (404, ErrorKind::NotFound), (401, ErrorKind::Denied)]
        {
            let fake = fake();
            fake.set(|habits| habits.closed = Some((part, status, "Resource not accessible by integration")));
            let found = all(&*reader(&fake, kind, true, &[])).await;
            for (at, one) in found.iter().enumerate() {
                assert_eq!(one.is_err(), at == *which, "{kind} {part} {status}: {one:?}");
            }
            let error = found.into_iter().find_map(Result::err).unwrap();
            assert_eq!(error.kind, kinds, "{part} {status}: {error:?}");
            let hint = if status == 401 { "PROMOTE_FORGE_TOKEN" } else { needs };
            assert!(error.hints.iter().any(|one| one.contains(hint)), "{part} {status}: {error:?}");
            assert!(!format!("{error:?}").contains(TOKEN), "{error:?}");
        }
    }
    let fake = fake();
    let unknown = reader(&fake, "github", true, &[]).members("@acme/nobody").await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::NotFound);
    let odd = reader(&fake, "github", true, &[]).members("@acme").await.unwrap_err();
    assert!(odd.hints[0].contains("@ORGANISATION/TEAM"), "{odd:?}");
    for (kind, kinds) in [
        ("FORBIDDEN", ErrorKind::Denied),
        ("NOT_FOUND", ErrorKind::NotFound),
        ("RATE_LIMITED", ErrorKind::Unavailable),
        ("UNDOCUMENTED", ErrorKind::Invalid),
    ] {
        fake.say(|people| people.graphql_error = Some((kind.to_owned(), "no".to_owned())));
        assert_eq!(
            reader(&fake, "github", true, &[]).reviews(&commit('c')).await.unwrap_err().kind,
            kinds,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_lacks_a_part_is_none_that_tells_of_nobody() {
    for lacks in [
        ("reviews", None),
        ("commits", None),
        ("author", None),
        ("reviews", Some("pageInfo")),
        ("commits", Some("pageInfo")),
        ("commits", Some("nodes")),
    ] {
        let fake = fake();
        fake.say(|people| {
            people.page = 100;
            people.graphql_lacks = Some(lacks);
        });
        let end = reader(&fake, "github", true, &[]).reviews(&commit('c')).await;
        assert_eq!(end.as_ref().map_err(|error| error.kind), Err(ErrorKind::Corrupt), "{lacks:?}");
    }
}

#[tokio::test]
async fn a_commit_that_the_forge_does_not_know_is_an_error() {
    let fake = fake();
    let forge = reader(&fake, "github", true, &[]);
    assert!(
        forge.reviews(&commit('9')).await.unwrap_err().hints.iter().any(|hint| hint == "push the commit")
    );
    let mut refused = vec![
        forge.checks(&commit('9'), false).await.unwrap_err(),
        forge.authors(None, &commit('9')).await.unwrap_err(),
    ];
    let forge = reader(&fake, "gitlab", true, &[]);
    refused.push(forge.reviews(&commit('9')).await.unwrap_err());
    refused.push(forge.checks(&commit('9'), false).await.unwrap_err());
    for error in refused {
        assert_eq!(error.kind, ErrorKind::NotFound, "{error:?}");
        assert!(error.hints.iter().any(|hint| hint == "push the commit"), "{error:?}");
    }
}

#[tokio::test]
async fn limits_are_waited_for_when_short_and_told_when_long() {
    let refuse = |status, header: Option<(&'static str, &str)>, words: &str| Refusal {
        times: 1,
        status,
        header: header.map(|(name, value)| (name, value.to_owned())),
        message: words.to_owned(),
    };
    // A short wait is kept to; then the answer comes.
    for refusal in [
        refuse(429, Some(("Retry-After", "1")), "slow"),
        refuse(403, Some(("Retry-After", "1")), "slow"),
        refuse(502, None, "bad"),
    ] {
        let fake = fake();
        fake.set(|habits| habits.refuse = Some(refusal));
        assert_eq!(reader(&fake, "github", true, &[]).members("@acme/leads").await.unwrap().len(), 2);
    }
    // The primary limit, the secondary one without a wait, and a long one: said at once.
    for refusal in [
        refuse(403, Some(("X-RateLimit-Remaining", "0")), "API rate limit exceeded"),
        refuse(403, None, "You have exceeded a secondary rate limit"),
        refuse(429, Some(("Retry-After", "3600")), "slow"),
    ] {
        let fake = fake();
        fake.set(|habits| habits.refuse = Some(refusal));
        let error = reader(&fake, "github", true, &[]).members("@acme/leads").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.message.contains("too many requests"), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_asked_twice_is_sent_once_and_later_only_whether_it_changed() {
    let fake = fake();
    fake.say(|people| people.page = 100);
    let forge = reader(&fake, "github", true, &[]);
    for _ in 0..2 {
        let (one, two) = tokio::join!(all(&*forge), all(&*forge));
        assert!(one.iter().chain(&two).all(Result::is_ok));
    }
    let log = fake.take_log();
    assert_eq!(log.len(), 6, "{log:#?}");
    let again = reader(&fake, "github", false, &[]);
    assert!(all(&*again).await.iter().all(Result::is_ok));
    fake.take_log();
    assert!(all(&*again).await.iter().all(Result::is_ok));
    let log = fake.take_log();
    assert!(log.iter().filter(|line| line.starts_with("GET")).all(|line| line.ends_with(" 304")), "{log:#?}");
    fake.say(|people| drop(people.teams.insert("acme/leads".to_owned(), vec!["eve".to_owned()])));
    assert_eq!(again.members("@acme/leads").await.unwrap()[0].login, "eve");
}
