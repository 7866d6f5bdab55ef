//! Projects of every kind, each against a server that refuses, fails or sends elsewhere, and repeats what it was sent.

use crate::secrets::{self, secret};
use promote_tests::project::Project;
use promote_tests::stand_in::{Answer, Heard, StandIn};
use std::path::{Path, PathBuf};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// Where things lie, and so who is signed in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In the project's own folder, with steps that say all they know.
    Steps,
    /// In the project's own folder, shown on a forge.
    Github,
    Gitlab,
    S3,
    /// The address has a user, a password and a query.
    S3Address,
    Gcs,
    /// Google's token server repeats what it was sent.
    GcsToken,
    Registry,
    /// The registry wants a token of its token server.
    RegistryToken,
    /// Its token server repeats what it was sent.
    TokenServer,
    /// The ledger is a branch of a remote whose address has a password.
    Git,
}

/// What the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It does as asked, and says what that was.
    Obeys,
    Refuses,
    Fails,
    SendsElsewhere,
}

/// A project, its surroundings, and the server.
pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) project: Project,
    pub(crate) server: StandIn,
    pub(crate) release: String,
    outside: tempfile::TempDir,
}

const LOCAL: &str = "source = \"shop/{sha}.zip\"\ntarget = \"shop/{env}.zip\"\nledger = \".promote/\"\n";
const STEPS: &str = r#"
[env.uat]
on-failure = "stop"
deploy = [
  { run = '''env >"$SPY/env-of-step"; echo "$HOOKED $MY_PASSWORD"; echo "$HOOKED" >&2; printf 'a=%s\nlink=%s\n' "$HOOKED" "$HOOK_URL" >>"$PROMOTE_OUTPUT"''', env = { HOOKED = "$HOOK" } },
  { http = "$HOOK_URL", timeout = "1s" },
]
"#;

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::Steps,
        Self::Github,
        Self::Gitlab,
        Self::S3,
        Self::S3Address,
        Self::Gcs,
        Self::GcsToken,
        Self::Registry,
        Self::RegistryToken,
        Self::TokenServer,
        Self::Git,
    ];

    fn config(self, host: &str) -> String {
        let head =
            "project = \"shop\"\nenvironments = [\"uat\", \"prod\"]\nauto = false\nnotes = [\"why\"]\n";
        let bucket = |scheme: &str, more: &str| {
            format!(
                "source = \"{scheme}://acme-rel/{{sha}}.zip\"\ntarget = \"{scheme}://acme-rel/{{env}}.zip\"\n[store.acme-rel]\n{more}\n"
            )
        };
        let forge = |kind: &str, version: &str| {
            format!(
                "{LOCAL}[forge]\nkind = \"{kind}\"\nrepository = \"acme/shop\"\ndeployments = \"always\"\napi = \"http://{host}/api/{version}\"\n"
            )
        };
        let images = format!(
            "source = \"{host}/acme/app:{{sha}}\"\ntarget = \"{host}/acme/app:{{env}}\"\nledger = \".promote/\"\n"
        );
        let rest = match self {
            Self::Steps => format!("{LOCAL}{STEPS}"),
            Self::Github => forge("github", "v3"),
            Self::Gitlab => forge("gitlab", "v4"),
            Self::S3 => bucket("s3", &format!("endpoint = \"http://{host}\"")),
            Self::S3Address => bucket("s3", "endpoint = \"$STORE_URL\""),
            Self::Gcs | Self::GcsToken => bucket(
                "gs",
                &format!("endpoint = \"http://{host}\"\ncredentials = \"$GOOGLE_APPLICATION_CREDENTIALS\""),
            ),
            Self::Registry | Self::RegistryToken | Self::TokenServer => images,
            Self::Git => LOCAL.replace("\".promote/\"", "\"git:promote-ledger\""),
        };
        format!("{head}{rest}")
    }

    /// What the server must have seen, or nothing would be shown by this.
    pub(crate) fn sent(self) -> Vec<String> {
        let kinds: &[&str] = match self {
            Self::Steps => &["hook-query"],
            Self::Github | Self::Gitlab => &["PROMOTE_FORGE_TOKEN"],
            Self::S3 => &["AWS_SESSION_TOKEN"],
            Self::S3Address => &[],
            Self::Gcs => &["google-refresh", "google-token"],
            Self::GcsToken => &["google-refresh"],
            Self::Registry => &["PROMOTE_REGISTRY_PASSWORD"],
            Self::RegistryToken => &["PROMOTE_REGISTRY_PASSWORD", "registry-token"],
            Self::TokenServer => &["PROMOTE_REGISTRY_PASSWORD"],
            Self::Git => &[],
        };
        kinds.iter().map(|kind| secret(kind)).collect()
    }

    fn says(self, words: &str) -> String {
        let escaped = words.replace('&', "&amp;").replace('<', "&lt;");
        match self {
            Self::S3 | Self::S3Address => format!(
                "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>{escaped}</Message><RequestId>{escaped}</RequestId></Error>"
            ),
            Self::Gcs => serde_json::json!({
                "error": { "message": words, "errors": [{ "reason": words }] },
            })
            .to_string(),
            Self::GcsToken => {
                serde_json::json!({ "error": words, "error_description": words, "echo": words }).to_string()
            }
            Self::Registry | Self::RegistryToken | Self::TokenServer => serde_json::json!({
                "errors": [{ "code": "DENIED", "message": words, "detail": words }],
                "message": words, "error": words, "details": words,
            })
            .to_string(),
            _ => serde_json::json!({ "message": words, "error": words }).to_string(),
        }
    }
}

/// All that came with a request, what is secret in it first: what is shown of an answer is cut short.
pub(crate) fn repeated(heard: &Heard) -> String {
    use base64::Engine as _;
    let header = |name: &str| heard.header(name).unwrap_or_default().to_owned();
    let signed = header("authorization");
    let pair = signed.strip_prefix("Basic ").and_then(|pair| {
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(pair).ok()?).ok()
    });
    [
        header("x-amz-security-token"),
        header("private-token"),
        header("job-token"),
        header("proxy-authorization"),
        pair.unwrap_or_default(),
        signed,
        String::from_utf8_lossy(&heard.body).into_owned(),
        heard.path.clone(),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join(" ")
}

fn answer(kind: Kind, manner: Manner, heard: &Heard) -> Answer {
    let path = heard.path.split('?').next().unwrap_or_default();
    // A proxy is told the whole address.
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    let json = |text: String| (200, vec![("content-type", "application/json".to_owned())], text.into_bytes());
    let date = ("date", "Tue, 01 Jan 2030 00:00:00 GMT".to_owned());
    let bearer = heard.header("authorization").is_some_and(|value| value.starts_with("Bearer "));
    match (kind, path) {
        (Kind::Gcs, "/google") => {
            return json(format!(
                "{{\"access_token\":\"{}\",\"token_type\":\"Bearer\",\"expires_in\":3600}}",
                secret("google-token")
            ));
        }
        (Kind::RegistryToken, "/token") => {
            return json(format!("{{\"token\":\"{}\"}}", secret("registry-token")));
        }
        (Kind::RegistryToken | Kind::TokenServer, path) if path.starts_with("/v2/") && !bearer => {
            let host = heard.header("host").unwrap_or_default();
            let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"x\"");
            return (401, vec![("www-authenticate", challenge)], Vec::new());
        }
        _ => {}
    }
    let words = repeated(heard);
    let body = kind.says(&words).into_bytes();
    match manner {
        Manner::Obeys => (200, vec![date], body),
        Manner::Refuses => (403, vec![date], body),
        Manner::Fails => (500, vec![date], body),
        Manner::SendsElsewhere => {
            let text: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
            let host = heard.header("host").unwrap_or_default().replace("127.0.0.1", "localhost");
            (307, vec![date, ("location", format!("http://{host}/{text}?{text}"))], body)
        }
    }
}

impl World {
    pub(crate) fn new(kind: Kind, manner: Manner) -> Self {
        let server = StandIn::start(move |heard| answer(kind, manner, heard)).unwrap();
        let outside = tempfile::tempdir().unwrap();
        let mut project = Project::new(PROGRAM).unwrap();
        project.variables = secrets::variables(&server.host, &outside.path().join("kept")).unwrap();
        project.write("promote.toml", kind.config(&server.host)).unwrap();
        project
            .write(
                ".gitignore",
                "/shop\n/.promote*\n/plan.json\n/made.zip\n/promote.env\n/promote-annotations.json\n",
            )
            .unwrap();
        project.write("app.txt", "the build").unwrap();
        project.git(&["add", "."]).unwrap();
        project.git(&["commit", "-qm", "feat: begin"]).unwrap();
        let release = project.git(&["rev-parse", "HEAD"]).unwrap();
        let remote = format!("http://{}:{}@{}/shop.git", secrets::USER, secret("remote"), server.host);
        project.git(&["remote", "add", "origin", &remote]).unwrap();
        let mut world = Self { kind, project, server, release, outside };
        world.surround();
        world
    }

    /// Folders that are looked through, and programs that tell with what they are called.
    fn surround(&mut self) {
        use std::os::unix::fs::PermissionsExt as _;
        let seen = self.seen();
        for name in ["home", "tmp", "spy", "programs"] {
            std::fs::create_dir_all(seen.join(name)).unwrap();
        }
        let path = std::env::var("PATH").unwrap_or_default();
        for name in ["git", "gh", "glab", "docker-credential-x"] {
            let script = format!(
                "#!/bin/sh\necho \"{name} $*\" >>'{}'\nPATH='{path}'\nexec {name} \"$@\"\n",
                seen.join("spy/arguments").display()
            );
            let file = seen.join("programs").join(name);
            std::fs::write(&file, script).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let at = |name: &str| seen.join(name).display().to_string();
        for (name, value) in [
            ("HOME", at("home")),
            ("XDG_CACHE_HOME", at("home/cache")),
            ("XDG_STATE_HOME", at("home/state")),
            ("XDG_CONFIG_HOME", at("home/config")),
            ("TMPDIR", at("tmp")),
            ("SPY", at("spy")),
            ("PATH", format!("{}:{path}", at("programs"))),
            ("GITHUB_OUTPUT", at("spy/output")),
            ("GITHUB_ENV", at("spy/env")),
            ("GITHUB_STEP_SUMMARY", at("spy/summary")),
        ] {
            self.project.variables.insert(name.to_owned(), value);
        }
    }

    /// The folder beside the project in which everything else is left.
    pub(crate) fn seen(&self) -> PathBuf {
        self.outside.path().join("seen")
    }

    /// The variables of a job of this system besides.
    pub(crate) fn in_job_of(&mut self, system: &str) {
        let token = secret("id-token");
        let own: &[(&str, &str)] = match system {
            "github" => &[
                ("CI", "true"),
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_REPOSITORY", "acme/shop"),
                ("GITHUB_RUN_ID", "7"),
                ("GITHUB_ACTOR", "mona"),
            ],
            "gitlab" => &[
                ("CI", "true"),
                ("GITLAB_CI", "true"),
                ("CI_PROJECT_PATH", "acme/shop"),
                ("PROMOTE_ID_TOKEN", &token),
            ],
            _ => &[],
        };
        for name in ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "PROMOTE_ID_TOKEN"] {
            self.project.variables.remove(name);
        }
        for (name, value) in own {
            self.project.variables.insert((*name).to_owned(), (*value).to_owned());
        }
    }
}

/// Every file below a folder, but those of the repository itself.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.symlink_metadata().unwrap() {
                facts if facts.is_dir() && !path.ends_with(".git/objects") => folders.push(path),
                facts if facts.is_file() && !path.ends_with(".git/config") => found.push(path),
                _ => {}
            }
        }
    }
    found
}
