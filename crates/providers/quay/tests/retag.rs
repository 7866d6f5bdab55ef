//! Moving tags in one repository: exact bytes, whole indexes, manifest requests alone, and what a registry can't check.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail")]

mod real;

use promote_port::digest::Digest;
use promote_port::port::{Body, Bucket as _, BucketReader as _, ErrorKind, Headers, Metadata, Precondition};
use promote_quay::RegistryBucket;
use promote_quay::keep_tag;
use promote_stand_ins::quay_fake::{Account, QuayFake};
use real::door::Door;
use real::{Registry, fresh, image, key, pinned, seen, token, when};

const BOTH: [&str; 2] = ["amd64", "arm64"];

#[tokio::test]
async fn an_index_is_retagged_by_manifest_requests_alone() {
    // A server of its own: its log is counted.
    let registry = Registry::alone("docker-registry");
    let path = format!("{}/app", fresh());
    let digest = image(&registry, &format!("{path}:33242e93"), "a", &BOTH);
    let before = registry.log(&path).len();

    let bucket = registry.bucket(&path);
    let source = seen(&bucket, "33242e93").await;
    assert_eq!(source.sha256, digest);
    let target = "prod-33242e93-16-04-2021.1618577888";
    assert!(bucket.head(&key(target)).await.unwrap().is_none());
    let answer =
        bucket.copy(&source, &key(target), &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    assert_eq!(
        (answer.sha256, answer.size, answer.token.clone()),
        (Some(digest), source.size, token(digest))
    );
    assert_eq!(answer.headers.content_type.as_deref(), Some("application/vnd.oci.image.index.v1+json"));

    let log = registry.log(&path).split_off(before);
    let (old, new) = (format!("/v2/{path}/manifests/33242e93"), format!("/v2/{path}/manifests/{target}"));
    let expected = [format!("GET {old}"), format!("GET {new}"), format!("HEAD {new}"), format!("PUT {new}")];
    assert_eq!(log, expected);
    let (old, new) = (registry.raw(&format!("{path}:33242e93")), registry.raw(&format!("{path}:{target}")));
    assert_eq!(old, new);
    assert_eq!(Digest::of(&new), digest);
}

/// How many requests, of which kinds, a promotion takes: two looks and a move.
async fn counted(quay: &QuayFake, host_is_quay: bool) -> Vec<String> {
    let registry = Registry::of(quay);
    let path = format!("{}/app", fresh());
    let digest = image(&registry, &format!("{path}:33242e93"), "a", &BOTH);
    let mut pairs = registry.environment();
    if host_is_quay {
        pairs.push(("PROMOTE_QUAY_HOST".to_owned(), quay.host.clone()));
    }
    let registries = promote_quay::Registries::new(pairs.into_iter().collect());
    let bucket = registries.repository(&format!("{}/{path}", quay.host), None).unwrap();
    quay.take_log();
    promoted(&bucket, digest).await;
    quay.take_log()
}

/// Two looks at once, and a move.
async fn promoted(bucket: &RegistryBucket, digest: Digest) {
    let (source, target) = (key("33242e93"), key("prod-1"));
    let (seen, none) = tokio::join!(bucket.head(&source), bucket.head(&target));
    assert!(none.unwrap().is_none());
    let size = seen.unwrap().unwrap().size;
    let from = pinned(bucket, "33242e93", digest, size);
    bucket.copy(&from, &target, &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
}

/// The statuses of a promotion's requests behind the door, of which it was said how it is signed in to.
async fn statuses(registry: &Registry, door: &Door, sign_in: &str) -> Vec<String> {
    let path = format!("{}/app", fresh());
    let digest = image(registry, &format!("{path}:33242e93"), "a", &BOTH);
    let registries = registry.behind(&door.host).registries();
    let name = format!("{}/{path}", door.host);
    let bucket = registries.repository(&name, None).unwrap();
    registries.sign_in(&name, sign_in).unwrap();
    promoted(&bucket, digest).await;
    let mut found: Vec<_> =
        door.take_log().iter().map(|line| line.rsplit_once(' ').unwrap().1.to_owned()).collect();
    found.sort();
    found
}

/// What a retag comes to: both looks, one of them at nothing, one more before the tag is put, and that.
const RETAG: [&str; 4] = ["200", "201", "404", "404"];
/// The same when the first two were refused.
const REFUSED: [&str; 6] = ["200", "201", "401", "401", "404", "404"];

fn token_requests(quay: &QuayFake) -> usize {
    quay.take_log().iter().filter(|line| line.contains("/v2/auth")).count()
}

fn tokens(quay: &QuayFake) -> String {
    format!("http://{}/v2/auth?service={0}", quay.host)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_whose_token_server_is_named_refuses_nothing_and_is_looked_at_side_by_side() {
    let quay = QuayFake::start().unwrap();
    let door = Door::for_two(&quay.host);
    assert_eq!(statuses(&Registry::of(&quay), &door, &tokens(&quay)).await, RETAG);
    // Pushing the image took tokens too, so this retag's one is counted where nobody else asks.
    let (path, registry) = (format!("{}/app", fresh()), Registry::of(&quay));
    let digest = image(&registry, &format!("{path}:33242e93"), "a", &BOTH);
    quay.take_log();
    let registries = registry.registries();
    let name = format!("{}/{path}", quay.host);
    registries.sign_in(&name, &tokens(&quay)).unwrap();
    promoted(&registries.repository(&name, None).unwrap(), digest).await;
    let log = quay.take_log();
    assert_eq!(log.len(), 5, "{log:#?}");
    assert!(log[0].contains("/v2/auth") && !log.iter().any(|line| line.ends_with(" 401")), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_takes_passwords_and_is_known_to_is_looked_at_side_by_side() {
    let registry = Registry::start("docker-registry");
    assert_eq!(statuses(&registry, &Door::for_two(&registry.host), "password").await, RETAG);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_word_about_a_registry_costs_requests_and_nothing_else() {
    // Passwords, where tokens are wanted: both looks are refused, one token is asked for.
    let quay = QuayFake::start().unwrap();
    for said in ["password", "none"] {
        assert_eq!(statuses(&Registry::of(&quay), &Door::for_two(&quay.host), said).await, REFUSED, "{said}");
    }
    // Tokens, where passwords are wanted. This server knows nobody, and each look asks it.
    let registry = Registry::start("docker-registry");
    quay.take_log();
    let door = Door::for_two(&registry.host);
    assert_eq!(statuses(&registry, &door, &tokens(&quay)).await, REFUSED);
    assert_eq!(token_requests(&quay), 2);
    // This one gives a token, which the registry can do nothing with.
    let account = Account {
        password: registry.password.clone(),
        rights: vec![(String::new(), vec!["pull", "push"])],
        expired: false,
    };
    quay.account(&registry.user, account);
    assert_eq!(statuses(&registry, &Door::for_two(&registry.host), &tokens(&quay)).await, REFUSED);
    assert_eq!(token_requests(&quay), 1);
    // Nobody, a page that is none, and a server that is not there.
    let nothing = format!("http://{}/tokens", registry.host);
    for said in ["none", nothing.as_str(), "http://127.0.0.1:1/auth"] {
        let found = statuses(&registry, &Door::for_two(&registry.host), said).await;
        assert_eq!(found, REFUSED, "{said}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_shown_to_a_named_token_server_once() {
    let quay = QuayFake::start().unwrap();
    let registry = Registry::of(&quay).by("acme+robot", "canary");
    let registries = registry.registries();
    let name = format!("{}/acme/app", quay.host);
    registries.sign_in(&name, &tokens(&quay)).unwrap();
    let error = registries.repository(&name, None).unwrap().head(&key("x")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(error.message.contains("does not accept the password of `acme+robot`"), "{error}");
    let log = quay.take_log();
    let shown: Vec<_> = log.iter().map(|line| (line.contains("/v2/auth"), line.ends_with(" 401"))).collect();
    assert_eq!(shown, [(true, true), (false, true)], "{log:#?}");
}

#[tokio::test]
async fn a_gitlab_is_shown_the_jobs_token_and_nobody_elses_password() {
    let (gitlab, registry) = (QuayFake::start().unwrap(), Registry::start("docker-registry"));
    let mut pairs = registry.environment();
    let more = [
        ("CI_REGISTRY", registry.host.clone()),
        ("CI_SERVER_URL", format!("http://{}", gitlab.host)),
        ("CI_JOB_TOKEN", registry.password.clone()),
    ];
    pairs.extend(more.map(|(name, value)| (name.to_owned(), value)));
    let registries = promote_quay::Registries::new(pairs.into_iter().collect());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth.json");
    let auth = r#"{"username": "somebody", "password": "canary"}"#;
    std::fs::write(&file, format!(r#"{{"auths": {{"{}": {auth}}}}}"#, registry.host)).unwrap();
    let open = |path: &str, file| registries.repository(&format!("{}/{path}", registry.host), file).unwrap();
    let (own, other) = (open("a/app", None), open("b/app", Some(file)));
    let tag = key("x");
    let (mine, theirs) = tokio::join!(own.head(&tag), other.head(&tag));
    assert!(mine.unwrap().is_none());
    assert_eq!(theirs.unwrap_err().kind, ErrorKind::Denied);
    // Refused, it is asked once more, for less.
    let log = gitlab.take_log();
    let own = |line: &String| line.starts_with("GET /jwt/auth") && line.contains("a%2Fapp");
    assert!(log.len() == 2 && log.iter().all(own), "{log:#?}");
}

#[test]
fn what_is_said_of_a_registry_is_said_once() {
    let registries = promote_quay::Registries::new(promote_quay::Environment::default());
    registries.sign_in("registry.example/a", "password").unwrap();
    registries.sign_in("registry.example/b", "password").unwrap();
    registries.sign_in("other.example/b", "none").unwrap();
    let error = registries.sign_in("registry.example/b", "none").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    let told = format!("{error} {}", error.message);
    assert!(told.contains("registry.example/a") && told.contains("registry.example/b"), "{told}");
}

#[tokio::test]
async fn the_line_that_saves_requests_is_named_once_the_registry_has_said_it() {
    let (quay, registry) = (QuayFake::start().unwrap(), Registry::start("docker-registry"));
    for (registry, line) in [(Registry::of(&quay), tokens(&quay)), (registry, "password".to_owned())] {
        let (path, registries) = (format!("{}/app", fresh()), registry.registries());
        image(&registry, &format!("{path}:x"), "a", &["amd64"]);
        let name = format!("{}/{path}", registry.host);
        let bucket = registries.repository(&name, None).unwrap();
        assert_eq!(bucket.config_hints(), []);
        seen(&bucket, "x").await;
        assert_eq!(bucket.config_hints(), [("sign-in", line.clone())]);
        // Who follows it is told nothing more; who says otherwise is.
        for (said, left) in [(line.as_str(), vec![]), ("none", vec![("sign-in", line.clone())])] {
            let registries = registry.registries();
            registries.sign_in(&name, said).unwrap();
            let bucket = registries.repository(&name, None).unwrap();
            seen(&bucket, "x").await;
            assert_eq!(bucket.config_hints(), left, "{said}");
        }
    }
}

#[tokio::test]
async fn a_retag_takes_four_requests_and_its_token() {
    let quay = QuayFake::start().unwrap();
    let log = counted(&quay, true).await;
    let manifests = log.iter().filter(|line| line.contains("/manifests/")).count();
    assert_eq!((log.len(), manifests), (5, 4), "with a token: {log:#?}");
    // A registry of which nothing is known first has to say where its tokens come from.
    let log = counted(&quay, false).await;
    assert_eq!(log.len(), 6, "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.contains("/v2/auth")).count(), 1, "{log:#?}");
}

#[tokio::test]
async fn a_moving_tag_leaves_a_keep_tag_behind() {
    let registry = Registry::start("docker-registry-token");
    let path = format!("{}/app", fresh());
    let old = image(&registry, &format!("{path}:old"), "old", &BOTH);
    let new = image(&registry, &format!("{path}:new"), "new", &BOTH);
    let bucket = registry.bucket(&path);
    let (from_old, from_new) = (seen(&bucket, "old").await, seen(&bucket, "new").await);
    let prod = key("prod");
    let any = Metadata::new();
    bucket.copy(&from_old, &prod, &any, &when(Precondition::Absent)).await.unwrap();
    let kept = keep_tag("prod", &old);
    assert_eq!(kept, format!("keep-prod-{}", &old.hex()[..12]));
    assert!(bucket.head(&key(&kept)).await.unwrap().is_none(), "a first tag has nothing to keep");

    bucket.copy(&from_new, &prod, &any, &when(Precondition::Matches(token(old)))).await.unwrap();
    assert_eq!(bucket.head(&prod).await.unwrap().unwrap().sha256, Some(new));
    assert_eq!(Digest::of(&registry.raw(&format!("{path}:{kept}"))), old);
    // There and back again: the tag that is there already is left alone.
    bucket.copy(&from_old, &prod, &any, &when(Precondition::Matches(token(new)))).await.unwrap();
    bucket.copy(&from_new, &prod, &any, &when(Precondition::Matches(token(old)))).await.unwrap();
    assert_eq!(bucket.head(&key(&kept)).await.unwrap().unwrap().sha256, Some(old));

    // One that somebody has put on something else is not overwritten, and nothing moves.
    let wrong = key(&keep_tag("prod", &new));
    bucket.copy(&from_old, &wrong, &any, &when(Precondition::Any)).await.unwrap();
    let error =
        bucket.copy(&from_old, &prod, &any, &when(Precondition::Matches(token(new)))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert_eq!(bucket.head(&prod).await.unwrap().unwrap().sha256, Some(new));
}

#[test]
fn a_keep_tag_is_never_too_long() {
    let tag = keep_tag(&"a".repeat(128), &Digest::of(b"x"));
    assert_eq!(tag.len(), 128);
    assert!(promote_port::tag::is_tag(&tag));
}

#[tokio::test]
async fn a_source_tag_that_moved_on_does_not_change_what_is_promoted() {
    let registry = Registry::start("docker-registry");
    let path = format!("{}/app", fresh());
    let built = image(&registry, &format!("{path}:33242e93"), "built", &BOTH);
    let bucket = registry.bucket(&path);
    let source = seen(&bucket, "33242e93").await;
    image(&registry, &format!("{path}:33242e93"), "pushed later", &BOTH);
    // Another process, which has nothing in memory.
    let again = registry.bucket(&path);
    again.copy(&source, &key("prod"), &Metadata::new(), &when(Precondition::Absent)).await.unwrap();
    assert_eq!(Digest::of(&registry.raw(&format!("{path}:prod"))), built);
}

#[tokio::test]
async fn a_tag_beyond_the_first_page_is_found_with_one_request() {
    let quay = QuayFake::start().unwrap();
    let registry = Registry::of(&quay);
    let path = format!("{}/app", fresh());
    let digest = image(&registry, &format!("{path}:first"), "a", &["amd64"]);
    let bucket = registry.bucket(&path);
    let (_, bytes) = bucket.get(&key("first"), 1 << 20).await.unwrap().unwrap();
    let headers = bucket.head(&key("first")).await.unwrap().unwrap().headers;
    let any = when(Precondition::Any);
    for n in 0..150 {
        let body = Body::Bytes(bytes.clone());
        bucket.write(&key(&format!("tag-{n:03}")), body, &headers, &Metadata::new(), &any).await.unwrap();
    }
    quay.take_log();
    let found = bucket.head(&key("tag-149")).await.unwrap().unwrap();
    assert_eq!(found.sha256, Some(digest));
    assert_eq!(quay.take_log(), [format!("GET /v2/{path}/manifests/tag-149 200")]);

    // The list itself is gone through page by page, and is whole.
    let page = bucket.list("tag-", None, 1000).await.unwrap();
    assert_eq!((page.objects.len(), page.more), (150, false));
    let log = quay.take_log();
    let pages: Vec<_> = log.iter().filter(|line| line.contains("/tags/list")).collect();
    assert_eq!(pages.len(), 2, "{pages:#?}");
}

#[tokio::test]
async fn other_bytes_under_the_tag_are_a_conflict() {
    let registry = Registry::start("docker-registry");
    let path = format!("{}/app", fresh());
    let one = image(&registry, &format!("{path}:one"), "one", &["amd64"]);
    image(&registry, &format!("{path}:two"), "two", &["amd64"]);
    let bucket = registry.bucket(&path);
    let two = seen(&bucket, "two").await;
    for condition in [Precondition::Absent, Precondition::Matches(token(two.sha256))] {
        let end = bucket.copy(&two, &key("one"), &Metadata::new(), &when(condition)).await;
        assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict);
    }
    let end =
        bucket.copy(&two, &key("gone"), &Metadata::new(), &when(Precondition::Matches(token(one)))).await;
    assert_eq!(end.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(bucket.head(&key("one")).await.unwrap().unwrap().sha256, Some(one));
    for bad in ["-x", "a/b", "sha256:12"] {
        let end = bucket.copy(&two, &key(bad), &Metadata::new(), &when(Precondition::Any)).await;
        assert_eq!(end.unwrap_err().kind, ErrorKind::Invalid, "{bad}");
    }
    let none = Headers::default();
    let end = bucket
        .write(
            &key("x"),
            Body::Bytes("no manifest".into()),
            &none,
            &Metadata::new(),
            &when(Precondition::Any),
        )
        .await;
    assert_eq!(end.unwrap_err().kind, ErrorKind::Invalid);
}
