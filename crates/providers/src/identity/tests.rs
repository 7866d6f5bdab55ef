//! Tokens of a fake issuer on this machine: good ones, and every way in which one may be bad.

use super::*;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOW: i64 = 1_800_000_000;

fn key() -> EncodingKey {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EncodingKey::from_ec_der(made.as_ref())
}

/// What it answers on each path: a status and a body.
type Pages = Arc<Mutex<BTreeMap<String, (u16, String)>>>;

/// An issuer with one key, and the runner's token service.
struct Issuer {
    address: String,
    key: EncodingKey,
    pages: Pages,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (pages, asked) = (Pages::default(), Arc::new(Mutex::new(Vec::new())));
        let (answers, log) = (Arc::clone(&pages), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 16 * 1024];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                log.lock().unwrap().push(request);
                let page = answers.lock().unwrap().get(path.split('?').next().unwrap_or_default()).cloned();
                let (status, body) = page.unwrap_or((404, String::new()));
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let issuer = Self { address, key: key(), pages, asked };
        for root in ["", "/_services/token"] {
            let keys = format!("{}{root}/keys", issuer.address);
            let said = json!({ "issuer": format!("{}{root}", issuer.address), "jwks_uri": keys });
            issuer.page(&format!("{root}/.well-known/openid-configuration"), 200, &said.to_string());
            issuer.page(&format!("{root}/keys"), 200, &issuer.published(&issuer.key));
        }
        issuer
    }

    fn page(&self, path: &str, status: u16, body: &str) {
        self.pages.lock().unwrap().insert(path.to_owned(), (status, body.to_owned()));
    }

    fn published(&self, key: &EncodingKey) -> String {
        let mut jwk = Jwk::from_encoding_key(key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some("k1".to_owned());
        serde_json::to_string(&JwkSet { keys: vec![jwk] }).unwrap()
    }

    /// Publishes the key as the one that these values make of it.
    fn publish(&self, root: &str, values: &Value) {
        let mut keys: Value = serde_json::from_str(&self.published(&self.key)).unwrap();
        for (name, value) in values.as_object().unwrap() {
            keys["keys"][0][name] = value.clone();
        }
        self.page(&format!("{root}/keys"), 200, &keys.to_string());
    }

    fn sign(&self, claims: &Value) -> String {
        signed(&self.key, claims)
    }

    /// The claims of a job of GitHub.
    fn github(&self) -> Value {
        json!({
            "iss": format!("{}/_services/token", self.address), "aud": "promote",
            "sub": "repo:acme@12/shop@34:environment:prod", "repository": "acme/shop", "repository_id": "34",
            "actor": "alice", "run_id": "42", "ref": "refs/heads/main", "jti": "unique",
            "exp": NOW + 300, "nbf": NOW - 10, "iat": NOW - 10, "secret_extra": "not kept",
        })
    }

    fn runner(&self) -> Variables {
        let service = format!("{}/runner?api-version=2.0", self.address);
        [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", self.address.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", service.as_str()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer-canary"),
        ]
        .into_iter()
        .collect()
    }

    /// A job of GitLab with this token.
    fn gitlab(&self, token: &str) -> Variables {
        [("GITLAB_CI", "true"), ("CI_SERVER_URL", self.address.as_str()), (TOKEN, token)]
            .into_iter()
            .collect()
    }

    fn gitlab_claims(&self) -> Value {
        json!({
            "iss": self.address, "aud": ["promote"], "sub": "project_path:acme/shop:ref_type:branch:ref:main",
            "project_path": "acme/shop", "user_login": "bob", "environment": "prod", "ref_protected": "true",
            "user_email": "bob@example.com", "exp": NOW + 300, "iat": NOW,
        })
    }
}

fn signed(key: &EncodingKey, claims: &Value) -> String {
    let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES256) };
    encode(&header, claims, key).unwrap()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn claimed(name: &str) -> Actor {
    Actor::claimed(name, "github-actions")
}

#[tokio::test]
async fn a_runner_of_github_vouches_for_its_actor() {
    let issuer = Issuer::new().await;
    let token = issuer.sign(&issuer.github());
    issuer.page("/runner", 200, &json!({ "value": token }).to_string());
    let found = look(&issuer.runner(), now()).await;
    let actor = evidence(claimed("mallory"), &found);
    assert_eq!((actor.name.as_str(), actor.strength.as_str()), ("alice", "verified"), "{found:?}");
    assert_eq!(actor.details["claimed"], "mallory");
    assert_eq!(actor.details["oidc-subject"], "repo:acme@12/shop@34:environment:prod");
    assert_eq!(actor.details["oidc-repository"], "acme/shop");
    let all = format!("{actor:?} {found:?}");
    assert!(!all.contains(&token) && !all.contains("canary") && !all.contains("not kept"), "{all}");
    let asked = issuer.asked.lock().unwrap();
    assert!(
        asked[0].starts_with("GET /runner?api-version=2.0&audience=promote ")
            && asked[0].contains("bearer-canary")
    );
    assert!(
        asked[1..].iter().all(|request| !request.contains("canary")),
        "the issuer is not told: {asked:?}"
    );
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn a_token_of_gitlab_comes_by_variable() {
    let issuer = Issuer::new().await;
    let token = issuer.sign(&issuer.gitlab_claims());
    let actor = evidence(claimed("bob"), &look(&issuer.gitlab(&token), now()).await);
    assert_eq!((actor.name.as_str(), actor.strength.as_str()), ("bob", "verified"), "{actor:?}");
    assert_eq!(actor.details["oidc-project_path"], "acme/shop");
    assert!(!format!("{actor:?}").contains("example.com"), "no addresses of people");
    assert!(required(&[("PROMOTE_REQUIRE_OIDC", "1")].into_iter().collect(), &actor).is_ok());
}

#[tokio::test]
async fn a_proven_name_is_one_that_the_token_proves() {
    let issuer = Issuer::new().await;
    for (login, name) in [
        (Value::Null, "project_path:acme/shop:ref_type:branch:ref:main"),
        (json!(""), "project_path:acme/shop:ref_type:branch:ref:main"),
        (json!(" "), "project_path:acme/shop:ref_type:branch:ref:main"),
        (json!({ "name": "bob" }), "project_path:acme/shop:ref_type:branch:ref:main"),
        (json!("bob"), "bob"),
    ] {
        let mut claims = issuer.gitlab_claims();
        claims["user_login"] = login.clone();
        let found = look(&issuer.gitlab(&issuer.sign(&claims)), now()).await;
        // What anybody may set in `PROMOTE_ACTOR`.
        let actor = evidence(claimed("the-cto"), &found);
        assert_eq!((actor.name.as_str(), actor.strength.as_str()), (name, "verified"), "{login}");
        assert_eq!(actor.details["claimed"], "the-cto");
    }
}

#[tokio::test]
async fn what_does_not_hold_up_is_told_and_proves_nothing() {
    let issuer = Issuer::new().await;
    let with = |changes: Value| {
        let mut claims = issuer.gitlab_claims();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        issuer.sign(&claims)
    };
    let hmac = {
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
        let public = issuer.published(&issuer.key);
        encode(&header, &issuer.gitlab_claims(), &EncodingKey::from_secret(public.as_bytes())).unwrap()
    };
    let good = issuer.sign(&issuer.gitlab_claims());
    let body = good.split('.').nth(1).unwrap();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{body}.");
    let cases = [
        (with(json!({ "exp": NOW - 61 })), "expired"),
        (with(json!({ "exp": null })), "never expires"),
        (with(json!({ "nbf": NOW + 61 })), "not valid yet"),
        (with(json!({ "aud": "sts.amazonaws.com" })), "is for `sts.amazonaws.com`"),
        (with(json!({ "iss": "https://evil.example" })), "issued by `https://evil.example`"),
        (with(json!({ "sub": "project_path:evil/shop:ref:main" })), "another project"),
        (with(json!({ "sub": "" })), "about nobody"),
        (signed(&key(), &issuer.gitlab_claims()), "signature does not hold"),
        (hmac, "proves nothing"),
        (unsigned, "token"),
        ("geheim".to_owned(), "is no token"),
    ];
    for (token, why) in cases {
        let found = look(&issuer.gitlab(&token), now()).await;
        let IdentityToken::Bad(said) = &found else { panic!("{why}: {found:?}") };
        assert!(said.contains(why) && !said.contains(&token), "{why}: {said}");
        let actor = evidence(claimed("bob"), &found);
        assert_eq!(actor.strength, "claimed");
        assert_eq!(actor.details["oidc"], *said);
    }
    let weak = evidence(claimed("bob"), &IdentityToken::Bad("the token has expired".to_owned()));
    let refused = required(&[("PROMOTE_REQUIRE_OIDC", "1")].into_iter().collect(), &weak).unwrap_err();
    assert_eq!((refused.exit, refused.state[0].as_str()), (ExitStatus::Denied, "the token has expired."));
    assert!(required(&Variables::default(), &weak).is_ok(), "only when it is asked for");
}

#[tokio::test]
async fn a_key_that_is_for_something_else_signs_nothing() {
    let issuer = Issuer::new().await;
    let token = issuer.sign(&issuer.gitlab_claims());
    for (values, good) in [
        (json!({}), true),
        (json!({ "use": "sig" }), true),
        (json!({ "use": "enc" }), false),
        (json!({ "use": "tls" }), false),
        (json!({ "key_ops": ["verify"] }), true),
        (json!({ "key_ops": ["encrypt", "wrapKey"] }), false),
        (json!({ "key_ops": [] }), false),
        (json!({ "use": "sig", "key_ops": ["deriveKey"] }), false),
        (json!({ "alg": "ES256" }), true),
        (json!({ "alg": "ES384" }), false),
        (json!({ "alg": null }), true),
    ] {
        issuer.publish("", &values);
        let actor = evidence(claimed("carol"), &look(&issuer.gitlab(&token), now()).await);
        let strength = if good { "verified" } else { "claimed" };
        assert_eq!(actor.strength, strength, "{values}: {actor:?}");
        assert!(good || actor.details["oidc"].contains("no key of the issuer"), "{actor:?}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_had_leave_the_claims_unvouched() {
    let issuer = Issuer::new().await;
    let token = issuer.sign(&issuer.gitlab_claims());
    let place = "/.well-known/openid-configuration";
    let long = "x".repeat(fetch::LARGEST + 1);
    let elsewhere =
        json!({ "issuer": "https://evil.example", "jwks_uri": format!("{}/keys", issuer.address) });
    let plain = json!({ "issuer": issuer.address, "jwks_uri": "http://keys.example/keys" });
    for (status, body, why) in [
        (500, String::new(), "answered 500"),
        (302, String::new(), "answered 302"),
        (200, long, "too long"),
        (200, "<html>".to_owned(), "is none"),
        (200, elsewhere.to_string(), "another issuer's"),
        (200, plain.to_string(), "can't be trusted"),
    ] {
        issuer.page(place, status, &body);
        let found = look(&issuer.gitlab(&token), now()).await;
        let actor = evidence(claimed("carol"), &found);
        assert_eq!((actor.name.as_str(), actor.strength.as_str()), ("carol", "claimed"), "{why}");
        assert!(actor.details["oidc"].contains(why), "{why}: {actor:?}");
        assert_eq!(actor.details["oidc-user_login"], "bob", "what it says is kept all the same");
    }
    let nowhere: Variables =
        [("GITLAB_CI", "true"), ("CI_SERVER_URL", "http://127.0.0.1:1"), (TOKEN, "x.y.z")]
            .into_iter()
            .collect();
    assert!(matches!(look(&nowhere, now()).await, IdentityToken::Bad(_)));
}

#[tokio::test]
async fn nothing_is_asked_where_no_token_is_offered() {
    assert_eq!(look(&Variables::default(), now()).await, IdentityToken::None);
    let issuer = Issuer::new().await;
    issuer.page("/runner", 403, "no");
    let found = look(&issuer.runner(), now()).await;
    assert_eq!(found, IdentityToken::Bad("the runner gave no token: it answered 403".to_owned()));
    // Without anybody who says which issuer is meant, none is believed.
    let token = issuer.sign(&issuer.gitlab_claims());
    let found = look(&[(TOKEN, token.as_str())].into_iter().collect(), now()).await;
    assert!(matches!(&found, IdentityToken::Some(one) if one.signature.is_err()), "{found:?}");
    let said = issuer.address.as_str();
    let named = [(TOKEN, token.as_str()), ("PROMOTE_ID_ISSUER", said)].into_iter().collect();
    assert!(matches!(look(&named, now()).await, IdentityToken::Some(one) if one.signature.is_ok()));
}
