//! What a forge says of people and commits, asked over HTTP: what is told is what is read, each refusal names what is
//! missing, nothing is sent twice, and every request and answer is one that GitHub itself describes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it finds a fault"
)]

mod answers;
mod described;
mod promoted;
mod refusals;
mod started;

use promote_core::commit::CommitId;
use promote_core::config::{Forge as Settings, ForgeKind, Mirroring};
use promote_core::port::{Forge, ProviderError};
use promote_providers::forge::{Access, reader_fresh_for};
use promote_tests::forge_fake::people::{CheckSaid, PullRequest, Said};
use promote_tests::forge_fake::{ForgeFake, REPOSITORY, TOKEN};
use std::sync::Arc;
use std::time::Duration;

const CI: &str = ".github/workflows/ci.yml";

fn sha(digit: char) -> String {
    digit.to_string().repeat(40)
}

fn commit(digit: char) -> CommitId {
    sha(digit).parse().unwrap()
}

fn said(by: &str, state: &str, head: char, hour: u32) -> Said {
    Said {
        by: by.to_owned(),
        state: state.to_owned(),
        head: Some(sha(head)),
        at: format!("2026-11-20T{hour:02}:30:00Z"),
    }
}

/// A request that was merged as `c`, of `a` and `b`; bob approved `b`.
fn request() -> PullRequest {
    PullRequest {
        number: 12,
        state: "MERGED".to_owned(),
        base: "main".to_owned(),
        by: "ann".to_owned(),
        head: sha('b'),
        merged_as: Some(sha('c')),
        commits: vec![(sha('a'), vec![sha('0')]), (sha('b'), vec![sha('a'), sha('1')])],
        reviews: vec![said("bob", "COMMENTED", 'a', 8), said("bob", "APPROVED", 'b', 10)],
    }
}

fn check(id: u64, name: &str, conclusion: &str) -> CheckSaid {
    CheckSaid {
        id,
        name: name.to_owned(),
        app: "github-actions".to_owned(),
        run: 7,
        workflow: CI.to_owned(),
        event: "push".to_owned(),
        conclusion: Some(conclusion.to_owned()),
        head: None,
    }
}

fn fake() -> ForgeFake {
    let fake = ForgeFake::start(&['0', 'a', 'b', 'c'].map(sha)).unwrap();
    fake.say(|people| {
        people.requests = vec![request()];
        people.checks = vec![
            check(1, "test", "success"),
            CheckSaid { app: String::new(), ..check(2, "scan", "success") },
        ];
        people.teams.insert("acme/leads".to_owned(), vec!["bob".to_owned(), "carol".to_owned()]);
        people.author = ("Ann Smith".to_owned(), Some("ann".to_owned()));
        people.page = 1;
    });
    fake
}

/// The forge, as one that is asked; answers stay fresh for a minute or not at all.
fn reader(fake: &ForgeFake, kind: &str, fresh: bool, variables: &[(&str, &str)]) -> Arc<dyn Forge> {
    let kind_of = if kind == "github" { ForgeKind::Github } else { ForgeKind::Gitlab };
    let forge = Settings {
        kind: kind_of,
        repository: Some(REPOSITORY.to_owned()),
        api: Some(fake.api(kind)),
        deployments: Mirroring::Never,
    };
    let given = [("PROMOTE_FORGE_TOKEN", TOKEN)];
    let variables = given.iter().chain(variables).copied().collect();
    let access =
        Access { forge, variables, remote: None, person: false, trust: promote_providers::Trust::default() };
    reader_fresh_for(access, Duration::from_secs(if fresh { 60 } else { 0 })).unwrap()
}

/// What is asked of a forge: reviews, members, checks, authors.
async fn all(forge: &dyn Forge) -> [Result<(), ProviderError>; 4] {
    let (from, to) = (commit('0'), commit('c'));
    let (reviews, members) = (forge.reviews(&to), forge.members("@acme/leads"));
    let (checks, authors) = (forge.checks(&to, true), forge.authors(Some(&from), &to));
    let (reviews, members, checks, authors) = tokio::join!(reviews, members, checks, authors);
    [reviews.map(drop), members.map(drop), checks.map(drop), authors.map(drop)]
}
