//! What a project's file may have sent to whom, by whose word.

use super::*;
use crate::Variables;
use promote_core::config::{ReadContext, read as read_config};
use promote_core::trust::Host;

/// A project with one line more, in a folder.
fn project(folder: &Path, text: &str, variables: &Variables) -> (Config, Result<Vec<Sending>, Failure>) {
    let lookup = |name: &str| variables.get(name).map(str::to_owned);
    let context = ReadContext {
        default_project: None,
        variables: &lookup,
        version: semver::Version::new(0, 1, 0),
        schemes: &[],
    };
    let (config, _) = read_config(text, &context).unwrap_or_else(|found| panic!("{found:?}"));
    let found = Trust::of(variables).and_then(|trust| trust.unknown(&config, folder));
    (config, found)
}

fn vars<'v>(pairs: impl IntoIterator<Item = &'v (&'v str, &'v str)>) -> Variables {
    pairs.into_iter().copied().collect()
}

const HEAD: &str = "project = \"shop\"\nenvironments = [\"prod\"]\n";

fn s3(line: &str) -> String {
    format!(
        "{HEAD}source = \"s3://acme-rel/{{sha}}.zip\"\ntarget = \"s3://acme-rel/{{env}}.zip\"\n[store.acme-rel]\nregion = \"x\"\n{line}\n"
    )
}

fn gcs(line: &str) -> String {
    format!(
        "{HEAD}source = \"gs://acme-rel/{{sha}}.zip\"\ntarget = \"gs://acme-rel/{{env}}.zip\"\n[store.acme-rel]\n{line}\n"
    )
}

fn image(host: &str, line: &str) -> String {
    format!(
        "{HEAD}ledger = \"x/\"\nsource = \"{host}/acme/app:{{sha}}\"\ntarget = \"{host}/acme/app:{{env}}\"\n[store.\"{host}/acme/app\"]\n{line}\n"
    )
}

fn forge(kind: &str, api: &str) -> String {
    format!(
        "{HEAD}source = \"a/{{sha}}.zip\"\ntarget = \"b/{{env}}.zip\"\n[forge]\nkind = \"{kind}\"\nrepository = \"acme/shop\"\napi = \"{api}\"\n"
    )
}

#[test]
fn a_file_sends_credentials_to_vendors_and_to_hosts_that_somebody_allows() {
    let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_API_URL", "https://ghe.acme.example/api/v3")];
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_API_V4_URL", "https://git.acme.example/api/v4"),
        ("CI_SERVER_URL", "https://git.acme.example"),
        ("CI_REGISTRY", "registry.acme.example"),
    ];
    let evil = Some("evil.example");
    for (text, variables, expected) in [
        (s3(""), &[][..], None),
        (s3("endpoint = \"https://s3.eu-central-1.amazonaws.com\""), &[], None),
        (s3("endpoint = \"http://127.0.0.1:9000\""), &[], None),
        (s3("endpoint = \"https://localhost:9000\""), &[], None),
        (s3("endpoint = \"https://evil.example\""), &[], evil),
        (s3("endpoint = \"https://EVIL.example.:443\""), &[], evil),
        (s3("endpoint = \"https://evil.example:9000\""), &[], Some("evil.example:9000")),
        (s3("endpoint = \"https://storage.googleapis.com\""), &[], Some("storage.googleapis.com")),
        (
            s3("endpoint = \"https://x.execute-api.us-east-1.amazonaws.com\""),
            &[],
            Some("x.execute-api.us-east-1.amazonaws.com"),
        ),
        (s3("endpoint = \"https://evil.example\""), &[(HOSTS, "evil.example")], None),
        (s3("endpoint = \"https://evil.example\""), &[(HOSTS, "good.example, *.example.com")], evil),
        // Where the person's own variable leads is the person's business, and no word of the file's.
        (s3(""), &[("AWS_ENDPOINT_URL", "https://evil.example")], None),
        (s3("endpoint = \"https://evil.example\""), &[("AWS_ENDPOINT_URL", "https://evil.example")], evil),
        (s3("profile = \"other\""), &[], None),
        (gcs("endpoint = \"https://storage.googleapis.com\""), &[], None),
        (gcs("endpoint = \"https://s3.amazonaws.com\""), &[], Some("s3.amazonaws.com")),
        (gcs("endpoint = \"https://evil.example\""), &[], evil),
        (image("evil.example", ""), &[], None),
        (image("evil.example", "sign-in = \"password\""), &[], None),
        (image("docker.io", "sign-in = \"https://auth.docker.io/token?service=x\""), &[], None),
        (image("quay.io", "sign-in = \"https://quay.io/v2/auth\""), &[], None),
        (image("quay.io", "sign-in = \"https://evil.example/v2/auth\""), &[], evil),
        (
            image("quay.io", "sign-in = \"https://evil.example/v2/auth\""),
            &[(HOSTS, "*.evil.example:443")],
            evil,
        ),
        (
            image("registry.acme.example", "sign-in = \"https://git.acme.example/jwt/auth\""),
            &[],
            Some("git.acme.example"),
        ),
        (image("registry.acme.example", "sign-in = \"https://git.acme.example/jwt/auth\""), &gitlab, None),
        (
            image("quay.io", "sign-in = \"https://git.acme.example/jwt/auth\""),
            &gitlab,
            Some("git.acme.example"),
        ),
        (forge("github", "https://api.github.com"), &[], None),
        (forge("github", "https://evil.example/api/v3"), &[], evil),
        (forge("github", "https://ghe.acme.example/api/v3"), &github, None),
        (forge("github", "https://ghe.acme.example/api/v3"), &github[1..], Some("ghe.acme.example")),
        (forge("gitlab", "https://ghe.acme.example/api/v3"), &github, Some("ghe.acme.example")),
        (forge("gitlab", "https://git.acme.example/api/v4"), &gitlab, None),
        (s3("endpoint = \"https://git.acme.example\""), &gitlab, Some("git.acme.example")),
        (forge("gitlab", "https://api.github.com"), &[], Some("api.github.com")),
        // A variable that the file picks may hold what the checkout says: the message of a commit.
        (forge("gitlab", "$CI_COMMIT_TITLE"), &[("CI_COMMIT_TITLE", "https://evil.example/")], evil),
        (
            forge("gitlab", "$FORGE_API"),
            &[("FORGE_API", "https://evil.example/"), (HOSTS, "evil.example")],
            None,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (config, found) = project(folder.path(), &text, &vars(variables));
        let found = found.unwrap();
        let hosts: Vec<String> = found.iter().map(|sending| sending.host.to_string()).collect();
        assert_eq!(
            hosts,
            expected.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            "{text} {variables:?}"
        );
        let trust = Trust::of(&vars(variables)).unwrap();
        let refused = trust.check(&config, folder.path(), "promote.toml");
        let Some(host) = expected else { continue };
        let refused = refused.unwrap_err();
        assert_eq!(refused.exit, ExitStatus::Denied);
        let line =
            text.lines().position(|line| line.contains("https://") || line.contains("api =")).unwrap() + 1;
        let words = [format!("`{host}`"), format!("in line {line}"), "`promote.toml`".to_owned()];
        assert!(words.iter().all(|word| refused.message.contains(word)), "{}", refused.message);
        assert_eq!(refused.state, ["Nothing was sent."]);
        // What the hint says works.
        let list = refused.hints[0].split('\'').nth(1).unwrap().to_owned();
        assert!(refused.hints[0].starts_with(&format!("`export {HOSTS}='{list}'`")));
        let more =
            variables.iter().copied().filter(|(name, _)| *name != HOSTS).chain([(HOSTS, list.as_str())]);
        assert_eq!(project(folder.path(), &text, &more.collect()).1.unwrap(), [], "{list}");
    }
}

#[test]
fn a_file_of_credentials_that_the_project_names_may_lead_to_google_only() {
    let folder = tempfile::tempdir().unwrap();
    let runner =
        [("GITHUB_ACTIONS", "true"), ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://run.example/token?x=1")];
    for (json, variables, expected) in [
        (
            r#"{"type":"service_account","token_uri":"https://oauth2.googleapis.com/token","client_x509_cert_url":"https://www.googleapis.com/x"}"#,
            &[][..],
            &[][..],
        ),
        (r#"{"type":"service_account","token_uri":"https://evil.example/token"}"#, &[], &["evil.example"]),
        (r#"{"type":"authorized_user","token_uri":"  HTTPS:evil.example/token"}"#, &[], &["evil.example"]),
        (
            r#"{"type":"external_account","audience":"//iam.googleapis.com/projects/1","subject_token_type":"urn:ietf:x","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"url":"http://169.254.169.254/x"}}"#,
            &[],
            &[],
        ),
        (
            r#"{"type":"external_account","token_url":"https://evil.example/t","credential_source":{"file":"/home/me/.ssh/id"}}"#,
            &[],
            &["evil.example"],
        ),
        (
            r#"{"type":"impersonated_service_account","source_credentials":{"token_uri":"https://evil.example/t"},"service_account_impersonation_url":"https://bad.example/"}"#,
            &[],
            &["bad.example", "evil.example"],
        ),
        (r#"{"universe_domain":"googleapis.com"}"#, &[], &[]),
        (r#"{"universe_domain":"evil.example"}"#, &[], &["evil.example"]),
        (
            r#"{"credential_source":{"url":"https://run.example/token?x=1&audience=y"}}"#,
            &[],
            &["run.example"],
        ),
        (r#"{"credential_source":{"url":"https://run.example/token?x=1&audience=y"}}"#, &runner, &[]),
        (r#"{"token_uri":"https://evil.example/token"}"#, &[(HOSTS, "evil.example")], &[]),
    ] {
        std::fs::write(folder.path().join("key.json"), json).unwrap();
        let path = folder.path().join("key.json").display().to_string();
        for line in ["credentials = \"key.json\"", "credentials = \"$KEY\"", "credentials = \"${KEY}\""] {
            let all: Variables = variables.iter().copied().chain([("KEY", path.as_str())]).collect();
            let found = project(folder.path(), &gcs(line), &all).1.unwrap();
            let hosts: Vec<String> = found.iter().map(|sending| sending.host.to_string()).collect();
            assert_eq!(hosts, expected, "{line} {json}");
            assert!(found.iter().all(|sending| sending.line == Some(6)), "{found:?}");
        }
    }
    std::fs::write(folder.path().join("key.json"), "geheim{").unwrap();
    let failure = project(folder.path(), &gcs("credentials = \"key.json\""), &vars(&[])).1.unwrap_err();
    assert!(failure.message.contains("are no JSON") && !failure.message.contains("geheim"), "{failure}");
    let pipe = gcs("credentials = \"/dev/zero\"");
    let failure = project(folder.path(), &pipe, &vars(&[])).1.unwrap_err();
    assert!(failure.message.contains("is no regular file"), "{failure}");
}

#[test]
fn a_persons_own_file_allows_hosts() {
    let home = tempfile::tempdir().unwrap();
    let text = s3("endpoint = \"https://minio.acme.example:9000\"");
    let at = home.path().to_str().unwrap();
    let xdg = home.path().join("xdg");
    let pairs = [("HOME", at), ("XDG_CONFIG_HOME", xdg.to_str().unwrap())];
    let variables = vars(&pairs);
    assert_eq!(project(home.path(), &text, &variables).1.unwrap().len(), 1);
    let host = Host::new("minio.acme.example", 9000);
    let (file, content) = Trust::of(&variables).unwrap().remembering(&host).unwrap().unwrap();
    assert_eq!(file, xdg.join("promote/config.toml"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, content).unwrap();
    assert_eq!(project(home.path(), &text, &variables).1.unwrap(), []);
    // A relative folder is none, says its specification: it would lie in the checkout.
    let relative = vars(&[("HOME", at), ("XDG_CONFIG_HOME", "xdg")]);
    assert_eq!(Trust::of(&relative).unwrap().file, Some(home.path().join(".config/promote/config.toml")));
    assert_eq!(Trust::of(&vars(&[("HOME", "")])).unwrap().file, None);
    std::fs::write(&file, "trust-hosts = [\"ok.example\", \"a b\"]").unwrap();
    let failure = Trust::of(&variables).unwrap_err();
    assert!(failure.message.contains("line 1, column 30"), "{failure}");
    std::fs::remove_file(&file).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    assert!(Trust::of(&variables).unwrap_err().message.contains("is no regular file"));
    let failure = Trust::of(&vars(&[(HOSTS, "https://a.example")])).unwrap_err();
    assert!(
        failure.exit == ExitStatus::Usage && failure.message.contains("the host alone is meant"),
        "{failure}"
    );
}
