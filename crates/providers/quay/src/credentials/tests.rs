//! Files as Docker and Podman write them, the order of places, and that nothing goes to another host.

use super::*;
use std::os::unix::fs::PermissionsExt;

fn repository(name: &str) -> Repository {
    Repository::parse(name).unwrap()
}

fn pair(user: &str, password: &str) -> Secret {
    Secret::Pair { user: user.to_owned(), password: password.to_owned() }
}

async fn in_file(json: &str, name: &str) -> Option<Secret> {
    let file = AuthFile::parse(json.as_bytes()).unwrap();
    file.find(&repository(name), "config.json", true).await.unwrap().map(|found| found.secret)
}

#[tokio::test]
async fn entries_are_found_by_host_and_by_part_of_the_name() {
    // `a:b`, `c:d`, `e:f`, and `g:h` with a zero byte.
    let json = r#"{ "auths": {
        "https://index.docker.io/v1/": { "auth": "YTpi" },
        "quay.io": { "auth": "Yzpk" },
        "quay.io/acme": { "auth": "ZTpm" },
        "quay.io/acme/deep/app": { "auth": "ZzpoAA==" },
        "ghcr.io": { "identitytoken": "refresh", "auth": "Yzpk" },
        "plain.example": { "username": "u", "password": "p" },
        "empty.example": {}
    }, "credsStore": "" }"#;
    for (name, found) in [
        ("docker.io/alpine", Some(pair("a", "b"))),
        ("quay.io/other/app", Some(pair("c", "d"))),
        ("quay.io/acme/app", Some(pair("e", "f"))),
        ("quay.io/acmeother/app", Some(pair("c", "d"))),
        ("quay.io/acme/deep/app", Some(pair("g", "h"))),
        ("ghcr.io/acme/app", Some(Secret::Refresh("refresh".to_owned()))),
        ("plain.example/x", Some(pair("u", "p"))),
        ("empty.example/x", None),
        ("quay.io.evil.example/acme/app", None),
    ] {
        assert!(in_file(json, name).await == found, "{name}");
    }
}

#[tokio::test]
async fn only_the_entry_in_question_matters() {
    for (json, found) in [
        (r#"{"auths":null,"credHelpers":null,"credsStore":null}"#, None),
        (r#"{"auths":{"other.io":null,"quay.io":{"auth":"Yzpk"}}}"#, Some(pair("c", "d"))),
        (
            r#"{"auths":{"other.io":{"auth":5},"more.io":"x","quay.io":{"auth":"Yzpk"}}}"#,
            Some(pair("c", "d")),
        ),
        (r#"{"auths":{"quay.io":null}}"#, None),
        (r#"{"auths":{"quay.io":{"auth":null,"email":7}}}"#, None),
        (
            r#"{"credHelpers":{"other.io":7,"more.io":null},"auths":{"quay.io":{"auth":"Yzpk"}}}"#,
            Some(pair("c", "d")),
        ),
        // A file that came from a machine with Docker's desktop.
        (
            r#"{"credsStore":"no-such-program-here","auths":{"quay.io":{"auth":"Yzpk"}}}"#,
            Some(pair("c", "d")),
        ),
        (r#"{"HttpHeaders":{"User-Agent":5},"plugins":[],"currentContext":null}"#, None),
    ] {
        assert!(in_file(json, "quay.io/acme/app").await == found, "{json}");
    }
    for json in [
        r#"{"auths":{"quay.io":{"auth":5}}}"#,
        r#"{"auths":{"quay.io":"canary"}}"#,
        r#"{"credHelpers":{"quay.io":7}}"#,
        r#"{"credsStore":7}"#,
    ] {
        let file = AuthFile::parse(json.as_bytes()).unwrap();
        let Err(error) = file.find(&repository("quay.io/acme/app"), "config.json", true).await else {
            panic!("{json}")
        };
        assert!(error.to_string().contains("is not as Docker writes it"), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert!(AuthFile::parse(br#"{"auths":5}"#).is_err());
}

#[tokio::test]
async fn programs_are_asked_before_entries() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("docker-credential-tested");
    let script = "#!/bin/sh\nread -r host\ncase $host in quay.io) printf '{\"Username\":\"org+bot\",\"Secret\":\"s\"}' ;;\n\
                  token.example) printf '{\"Username\":\"<token>\",\"Secret\":\"t\"}' ;;\n\
                  *) printf 'credentials not found in native keychain'; exit 1 ;; esac\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    // The name of a program may hold no path, so this one is asked by the function beneath.
    let path = program.to_str().unwrap();
    let output = program::tests::asked(path, "quay.io").await;
    assert_eq!(output, r#"{"Username":"org+bot","Secret":"s"}"#);
    for (json, why) in [
        (
            r#"{ "credHelpers": { "quay.io": "no-such-program-here" }, "auths": { "quay.io": { "auth": "Yzpk" } } }"#,
            "not installed",
        ),
        (r#"{ "credsStore": "../../tmp/x" }"#, "its name is not one"),
    ] {
        let file = AuthFile::parse(json.as_bytes()).unwrap();
        let error = file.find(&repository("quay.io/acme/app"), "x", true).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn variables_come_first_and_only_for_their_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("config.json"), r#"{"auths":{"quay.io":{"auth":"Yzpk"}}}"#).unwrap();
    std::fs::write(folder.path().join("auth.json"), r#"{"auths":{"ghcr.io/acme":{"auth":"ZTpm"}}}"#).unwrap();
    let podman = format!("{path}/auth.json");
    let files = [("DOCKER_CONFIG", path), ("REGISTRY_AUTH_FILE", podman.as_str())];
    let quay = [("QUAY_USERNAME", "org+robot"), ("QUAY_PASSWORD", "robot-secret")];
    let other = [
        ("PROMOTE_REGISTRY_HOST", "ghcr.io"),
        ("PROMOTE_REGISTRY_USERNAME", "x"),
        ("PROMOTE_REGISTRY_PASSWORD", "y"),
    ];
    let look = async |pairs: &[(&str, &str)], name: &str| {
        let environment: Environment = pairs.iter().copied().collect();
        find(&environment, &Allowed::default(), None, &repository(name))
            .await
            .unwrap()
            .map(|found| found.secret)
    };
    assert!(look(&[], "quay.io/acme/app").await.is_none());
    assert!(look(&files, "quay.io/acme/app").await == Some(pair("c", "d")));
    assert!(look(&files, "ghcr.io/acme/app").await == Some(pair("e", "f")));
    assert!(look(&files, "ghcr.io/other/app").await.is_none());
    let all = [&files[..], &quay[..], &other[..]].concat();
    assert!(look(&all, "quay.io/acme/app").await == Some(pair("org+robot", "robot-secret")));
    assert!(look(&all, "ghcr.io/acme/app").await == Some(pair("x", "y")));
    assert!(look(&all, "docker.io/alpine").await.is_none());

    let environment: Environment = other[1..].iter().copied().collect();
    let error = find(&environment, &Allowed::default(), None, &repository("ghcr.io/a/b")).await.unwrap_err();
    assert!(error.message.contains("but `PROMOTE_REGISTRY_HOST` is not"), "{error}");
    let missing: Environment = [("REGISTRY_AUTH_FILE", "/no/such/file")].into_iter().collect();
    let error = find(&missing, &Allowed::default(), None, &repository("ghcr.io/a/b")).await.unwrap_err();
    assert!(error.message.contains("it is not there"), "{error}");
}

#[tokio::test]
async fn a_file_that_the_project_names_asks_no_program_for_a_host_that_nobody_allows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.json");
    for json in [
        r#"{"credHelpers":{"evil.example":"no-such-program-here","quay.io":"no-such-program-here"}}"#,
        r#"{"credsStore":"no-such-program-here"}"#,
    ] {
        std::fs::write(&path, json).unwrap();
        let look = async |name: &str, allowed: &str| {
            let allowed = Allowed::listed(allowed).unwrap();
            let found = find(&Environment::default(), &allowed, Some(&path), &repository(name)).await;
            let error = found.unwrap_err();
            assert!(error.is_refusal(), "{error}");
            error.to_string()
        };
        let untold = "nobody has allowed that host";
        assert!(look("evil.example/app", "").await.contains(untold), "{json}");
        if json.contains("credsStore") {
            assert!(look("evil.example:5000/app", "other.example").await.contains(untold), "{json}");
            assert!(look("evil.example/app", "evil.example").await.contains("is not installed"), "{json}");
        }
        assert!(look("quay.io/app", "").await.contains("is not installed"), "{json}");
    }
}

#[test]
fn what_is_secret_is_not_shown() {
    let credentials = Credentials { secret: pair("org+robot", "canary"), origin: "a file".to_owned() };
    assert_eq!(format!("{credentials:?}"), "Credentials(org+robot from a file)");
    let Err(why) = AuthFile::parse(br#"{ "auths": { "quay.io": { "auth": canary } } }"#) else { panic!() };
    assert!(!why.contains("canary"), "{why}");
}

#[tokio::test]
async fn what_is_no_file_of_credentials_is_neither_waited_for_nor_read_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("config.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let large = folder.path().join("large");
    std::fs::write(&large, vec![b' '; 1024 * 1024 + 1]).unwrap();
    let repository = repository("quay.io/a/b");
    for (path, why) in [
        (pipe.as_path(), "it is no regular file"),
        (Path::new("/dev/zero"), "it is no regular file"),
        (folder.path(), "it is no regular file"),
        (&large, "it has more than 1048576 bytes"),
    ] {
        let found = find(&Environment::default(), &Allowed::default(), Some(path), &repository).await;
        let error = found.unwrap_err();
        assert!(error.message.ends_with(why) && error.is_refusal(), "{}: {error}", path.display());
    }
    let docker: Environment = [("DOCKER_CONFIG", folder.path().to_str().unwrap())].into_iter().collect();
    let error = find(&docker, &Allowed::default(), None, &repository).await.unwrap_err();
    assert!(error.message.ends_with("it is no regular file"), "{error}");
}

#[tokio::test]
async fn half_of_a_pair_of_variables_is_refused_with_the_name_of_the_other_half() {
    let none = Allowed::default();
    for (there, missing, host) in [
        ("PROMOTE_REGISTRY_USERNAME", "PROMOTE_REGISTRY_PASSWORD", "registry.acme.example"),
        ("PROMOTE_REGISTRY_PASSWORD", "PROMOTE_REGISTRY_USERNAME", "registry.acme.example"),
        ("QUAY_USERNAME", "QUAY_PASSWORD", "quay.io"),
        ("QUAY_PASSWORD", "QUAY_USERNAME", "quay.io"),
    ] {
        let environment: Environment = [(there, "x"), ("PROMOTE_REGISTRY_HOST", host)].into_iter().collect();
        let repository = repository(&format!("{host}/acme/app"));
        let error = find(&environment, &none, None, &repository).await.unwrap_err();
        assert_eq!(error.message, format!("`{there}` is set, but `{missing}` is not"));
        // Another host is not asked with them, and so is not refused.
        let other = Repository::parse("other.example/acme/app").unwrap();
        assert!(find(&environment, &none, None, &other).await.unwrap().is_none(), "{there}");
    }
}
