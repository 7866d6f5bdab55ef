//! Which address is asked, for how long, and what the ways to the next page are.

use super::*;
use crate::forge::{Access, token};
use crate::{Trust, Variables};
use promote_core::config::{Forge, Mirroring};

async fn session(api: &str) -> Session {
    let forge = Forge {
        kind: ForgeKind::Github,
        repository: Some("acme/shop".to_owned()),
        api: Some(api.to_owned()),
        deployments: Mirroring::Auto,
    };
    let variables: Variables = [("GITHUB_TOKEN", "ghs_1")].into_iter().collect();
    let access = Access { forge, variables, remote: None, person: false, trust: Trust::default() };
    let place = ForgeRepository::of(&access).unwrap();
    let token = token::find(&access, &place).await.unwrap();
    Session::new(place, &token).unwrap()
}

#[tokio::test]
async fn each_api_has_its_other_form_beside_it() {
    let right = Right { what: "look", needs: ["", ""] };
    for (api, graphql, rest) in [
        ("https://api.github.com", "https://api.github.com/graphql", "https://api.github.com/x"),
        ("https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql", "https://api.acme.ghe.com/x"),
        (
            "https://ghe.acme.example/api/v3",
            "https://ghe.acme.example/api/graphql",
            "https://ghe.acme.example/api/v3/x",
        ),
        (
            "https://acme.example/github/api/v3/",
            "https://acme.example/github/api/graphql",
            "https://acme.example/github/api/v3/x",
        ),
        (
            "https://acme.example/github",
            "https://acme.example/github/graphql",
            "https://acme.example/github/x",
        ),
    ] {
        let session = session(api).await;
        let question = ForgeRequest::question(Value::Null, right);
        assert_eq!(session.url(&question).unwrap().as_str(), graphql);
        assert_eq!(session.url(&ForgeRequest::get(&["x"], &[])).unwrap().as_str(), rest);
    }
}

#[test]
fn a_next_page_that_can_not_be_read_is_not_the_end() {
    let here = |link| next(link).map(|query| query.map(|query| query.len()));
    assert_eq!(here("<https://a.example/x?page=2&per_page=100>; rel=\"next\""), Some(Some(2)));
    assert_eq!(here("<https://a.example/x?page=1>; rel=\"prev\""), None);
    for odd in ["</x?page=2>; rel=\"next\"", "https://a.example/x?page=2; rel=\"next\""] {
        assert_eq!(here(odd), Some(None), "{odd}");
    }
}

/// One that hung was asked again when its time was over, for as long once more.
#[tokio::test]
async fn a_forge_that_hangs_is_given_its_time_once() {
    let hung = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let session = session(&format!("http://{}", hung.local_addr().unwrap())).await;
    let asked = ForgeRequest::get(&["deployments"], &[]);
    let (mut times, mut held) = (0, Vec::new());
    let error = {
        let call = session.again(|| session.ask(&asked));
        tokio::pin!(call);
        loop {
            tokio::select! {
                end = &mut call => break end.unwrap_err(),
                came = hung.accept() => {
                    held.push(came.unwrap());
                    times += 1;
                }
            }
        }
    };
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(times, 1, "asked again when its time was over");
}
