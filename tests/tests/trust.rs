//! The table of the page on trust, row by row: what a checkout may do to whoever runs a command in it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use promote_tests::lane_project::Ran;
use promote_tests::project::Project;
use promote_tests::runner::Runner;
use promote_tests::stand_in::StandIn;
use std::os::unix::fs::symlink;
use std::path::Path;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const PAGE: &str = "docs/guides/trust.md";
const LOCAL: &str = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"shop/{sha}.txt\"\ntarget = \"shop/{env}.txt\"\nledger = \".promote/\"\n";
/// All secrets of the person; none of them may come out anywhere.
const CANARY: &str = "c4nary5f2e9d71";

type Row = (&'static str, fn() -> (&'static str, &'static str));

const ROWS: &[Row] = &[
    ("`endpoint` of a store names a host that is not its vendor's", endpoint),
    ("`endpoint` of a store names this machine", loopback),
    ("`api` of `[forge]` names a host that is not the forge's", api),
    ("`api` of `[forge]` names a variable that holds the subject of a commit", api_by_variable),
    ("`sign-in` names a token server on another host than the registry's", sign_in),
    ("`credentials` names a file in which an address leads to another host", credentials),
    ("a location names a registry that you have no password for", registry),
    ("a location has a variable that is a secret by its name", secret),
    ("`deploy` is a command", deploy),
    ("`build` of `[pack]` is a command", build),
    ("`promote.toml` is a symbolic link to a file outside", link),
    ("`promote.toml`, or a folder between it and the repository's root, belongs to another user", owner),
    ("`.git/config` names a program that git would run", git_config),
    ("the remote of the ledger's branch is a repository inside the work tree", git_remote),
    ("`.git/hooks` holds hooks", git_hooks),
    ("`promote.env` is a symbolic link", dotenv),
    ("a step reads the tokens that were given to `promote` alone", tokens),
];

#[test]
fn each_row_of_the_page_holds() {
    let page = std::fs::read_to_string(Path::new("..").join(PAGE)).unwrap();
    let table = page.split("<!-- each row is run by a test -->").nth(1).unwrap();
    let table =
        table.lines().skip_while(|line| line.is_empty()).skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> =
        table.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    let told: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let tested: Vec<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(told, tested, "each row of {PAGE} has a case, and each case a row");
    for (row, (name, case)) in rows.iter().zip(ROWS) {
        let (looking, moving) = case();
        assert_eq!((row[1], row[2]), (looking, moving), "{name}");
    }
}

/// A project whose owner has credentials for everything, behind a proxy that sees what leaves the machine.
fn project(config: &str) -> (Project, StandIn) {
    let mut project = Project::new(PROGRAM).unwrap();
    let proxy = StandIn::quiet().unwrap();
    let address = format!("http://{}", proxy.host);
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", CANARY),
        ("AWS_SECRET_ACCESS_KEY", CANARY),
        ("AWS_REGION", "us-east-1"),
        ("GITHUB_TOKEN", CANARY),
        ("PROMOTE_FORGE_TOKEN", CANARY),
        ("PROMOTE_REGISTRY_HOST", "quay.io"),
        ("PROMOTE_REGISTRY_USERNAME", "acme"),
        ("PROMOTE_REGISTRY_PASSWORD", CANARY),
        ("HTTPS_PROXY", address.as_str()),
        ("ALL_PROXY", address.as_str()),
        ("HOME", "/nonexistent"),
    ] {
        project.variables.insert(name.to_owned(), value.to_owned());
    }
    project.write("promote.toml", config).unwrap();
    project.write(".gitignore", "/shop\n/.promote*\n").unwrap();
    project.commit("app.txt", "the build", "feat: begin").unwrap();
    (project, proxy)
}

const LOOKING: &[&[&str]] =
    &[&["status"], &["plan", "prod"], &["check", "--online"], &["doctor"], &["verify"], &["history"]];
const MOVING: &[&[&str]] =
    &[&["publish", "app.txt", "--no-move"], &["to", "prod", "SHA", "--yes"], &["advance", "--yes"]];

fn ran(project: &Project, lines: &[&[&str]]) -> Vec<Ran> {
    let sha = project.git(&["rev-parse", "HEAD"]).unwrap_or_else(|_| "0".repeat(40));
    let named =
        |line: &&[&str]| -> Vec<String> { line.iter().map(|word| word.replace("SHA", &sha)).collect() };
    let run = |line: Vec<String>| project.run(&line.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    lines.iter().map(named).map(run).collect()
}

/// Every command ends so, says all of this, and nothing leaves the machine.
fn refused(project: &Project, proxy: &StandIn, code: i32, words: &[&str]) -> (&'static str, &'static str) {
    for (line, ran) in LOOKING.iter().chain(MOVING).zip(ran(project, &[LOOKING, MOVING].concat())) {
        assert_eq!(ran.code, Some(code), "{line:?}: {}{}", ran.out, ran.err);
        let told = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.iter().all(|word| told.contains(word)), "{line:?}: {words:?}: {told}");
        assert!(!ran.out.contains(CANARY) && !ran.err.contains(CANARY), "{line:?}: {}{}", ran.out, ran.err);
    }
    assert_eq!(proxy.heard().len(), 0, "{:?}", proxy.heard());
    ("refused", "refused")
}

fn s3(endpoint: &str) -> String {
    format!(
        "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"s3://acme-rel/{{sha}}.txt\"\ntarget = \"s3://acme-rel/{{env}}.txt\"\n\n[store.acme-rel]\nendpoint = \"{endpoint}\"\n"
    )
}

fn endpoint() -> (&'static str, &'static str) {
    let (project, proxy) = project(&s3("https://store.evil.example:9000"));
    refused(
        &project,
        &proxy,
        4,
        &["`store.evil.example:9000`", "in line 7", "`promote.toml`", "Nothing was sent."],
    )
}

fn loopback() -> (&'static str, &'static str) {
    let store =
        StandIn::start(|_| (403, vec![("date", "Tue, 01 Jan 2030 00:00:00 GMT".to_owned())], Vec::new()))
            .unwrap();
    let (project, _) = project(&s3(&format!("http://{}", store.host)));
    let mut before = 0;
    for line in LOOKING.iter().chain(&MOVING[1..2]) {
        let ran = &ran(&project, &[line])[0];
        let now = store.heard().len();
        assert!(now > before, "{line:?}: {}{}", ran.out, ran.err);
        before = now;
    }
    assert!(
        !store.heard().iter().any(|heard| heard.holds(CANARY) && heard.header("authorization").is_none())
    );
    ("reached", "reached")
}

fn api() -> (&'static str, &'static str) {
    let forge = "[forge]\nkind = \"github\"\nrepository = \"acme/shop\"\napi = \"https://forge.evil.example/api/v3\"\n";
    let (project, proxy) = project(&format!("{LOCAL}\n{forge}"));
    refused(&project, &proxy, 4, &["`forge.evil.example`", "in line 10", "your token for GitHub"])
}

fn api_by_variable() -> (&'static str, &'static str) {
    let forge = "[forge]\nkind = \"gitlab\"\nrepository = \"acme/shop\"\napi = \"$CI_COMMIT_TITLE\"\n";
    let (mut project, proxy) = project(&format!("{LOCAL}\n{forge}"));
    project.variables.insert("CI_COMMIT_TITLE".to_owned(), "https://forge.evil.example/".to_owned());
    refused(&project, &proxy, 4, &["`forge.evil.example`", "your token for GitLab"])
}

fn sign_in() -> (&'static str, &'static str) {
    let config = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"quay.io/acme/app:{sha}\"\ntarget = \"quay.io/acme/app:{env}\"\nledger = \".promote/\"\n\n[store.\"quay.io/acme/app\"]\nsign-in = \"https://tokens.evil.example/auth\"\n";
    let (project, proxy) = project(config);
    refused(&project, &proxy, 4, &["`tokens.evil.example`", "in line 8", "your password for `quay.io`"])
}

fn credentials() -> (&'static str, &'static str) {
    let config = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"gs://acme-rel/{sha}.txt\"\ntarget = \"gs://acme-rel/{env}.txt\"\n\n[store.acme-rel]\ncredentials = \"key.json\"\n";
    let (project, proxy) = project(config);
    let key = r#"{"type":"external_account","audience":"x","subject_token_type":"y","token_url":"https://sts.evil.example/token","credential_source":{"file":"/etc/hostname"}}"#;
    project.write("key.json", key).unwrap();
    refused(&project, &proxy, 4, &["`sts.evil.example`", "in line 7"])
}

fn registry() -> (&'static str, &'static str) {
    let registry = StandIn::start(|_| (404, Vec::new(), Vec::new())).unwrap();
    let host = &registry.host;
    let config = format!(
        "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"{host}/acme/app:{{sha}}\"\ntarget = \"{host}/acme/app:{{env}}\"\nledger = \".promote/\"\n"
    );
    let (project, _) = project(&config);
    ran(&project, LOOKING);
    let looked = registry.heard().len();
    ran(&project, &[&["publish", "--no-move"]]);
    let heard = registry.heard();
    assert!(looked > 0 && heard.len() > looked, "{heard:?}");
    assert!(
        heard.iter().all(|heard| heard.header("authorization").is_none() && !heard.holds(CANARY)),
        "{heard:?}"
    );
    ("reached as nobody", "reached as nobody")
}

fn secret() -> (&'static str, &'static str) {
    let config = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"registry.evil.example/acme/app:${GITHUB_TOKEN}\"\ntarget = \"registry.evil.example/acme/app:{env}\"\nledger = \".promote/\"\n";
    let (project, proxy) = project(config);
    refused(&project, &proxy, 2, &["`GITHUB_TOKEN` is a secret by its name", "promote.toml:3"])
}

/// Whether the commands that only look left a mark, and whether those that move did.
fn marked(project: &Project, mark: &Path, moving: &[&[&str]]) -> (&'static str, &'static str) {
    let word = || if mark.exists() { "run" } else { "not run" };
    let dry: &[&[&str]] = &[
        &["to", "prod", "SHA", "--dry-run"],
        &["publish", "app.txt", "--dry-run"],
        &["ci", "github", "--stdout"],
        &["config", "show"],
        &["iam"],
    ];
    ran(project, LOOKING);
    ran(project, dry);
    let looking = word();
    for (line, ran) in moving.iter().zip(ran(project, moving)) {
        assert_eq!(ran.code, Some(0), "{line:?}: {}{}", ran.out, ran.err);
    }
    (looking, word())
}

fn deploy() -> (&'static str, &'static str) {
    let (project, _) = project(&format!("{LOCAL}\n[env.prod]\ndeploy = {{ run = \"touch shop/mark\" }}\n"));
    project.done(&["publish", "app.txt", "--no-move"]).unwrap();
    let mark = project.folder().join("shop/mark");
    marked(&project, &mark, &[&["to", "prod", "SHA", "--yes"]])
}

fn build() -> (&'static str, &'static str) {
    let zips = LOCAL.replace(".txt", ".zip");
    let pack = "[pack]\nbuild = \"mkdir -p shop && touch shop/mark && cp app.txt built.txt\"\ninclude = [\"app.txt\"]\n";
    let (project, _) = project(&format!("{zips}\n{pack}"));
    project.write(".gitignore", "/shop\n/.promote*\n/built.txt\n").unwrap();
    project.git(&["add", "."]).unwrap();
    project.git(&["commit", "-q", "-m", "feat: all"]).unwrap();
    let mark = project.folder().join("shop/mark");
    ran(&project, &[&["publish", "--dry-run"]]);
    marked(&project, &mark, &[&["publish", "--no-move"]])
}

fn link() -> (&'static str, &'static str) {
    let (project, proxy) = project(LOCAL);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), format!("{CANARY} = 1\n")).unwrap();
    std::fs::remove_file(project.folder().join("promote.toml")).unwrap();
    symlink(outside.path().join("secret"), project.folder().join("promote.toml")).unwrap();
    refused(&project, &proxy, 2, &["is a symbolic link to a file outside the project"])
}

fn owner() -> (&'static str, &'static str) {
    let (project, proxy) = project(LOCAL);
    std::fs::remove_dir_all(project.folder().join(".git")).unwrap();
    if std::os::unix::fs::chown(project.folder().join("promote.toml"), Some(65_534), None).is_err() {
        // Only the superuser can give a file away.
        return ("refused", "refused");
    }
    refused(&project, &proxy, 4, &["belongs to somebody else"])
}

/// A clone whose ledger lies on a branch of its remote, and the mark that a program would leave.
fn on_a_branch() -> (Project, StandIn, tempfile::TempDir) {
    let (project, proxy) = project(&LOCAL.replace("\".promote/\"", "\"git:promote-ledger\""));
    let outside = tempfile::tempdir().unwrap();
    let remote = outside.path().join("remote.git").display().to_string();
    project.git(&["init", "-q", "--bare", &remote]).unwrap();
    project.git(&["remote", "add", "origin", &remote]).unwrap();
    (project, proxy, outside)
}

fn git_config() -> (&'static str, &'static str) {
    let (project, proxy, outside) = on_a_branch();
    let mark = outside.path().join("mark");
    let program = format!("touch {}; git-upload-pack", mark.display());
    project.git(&["config", "remote.origin.uploadpack", &program]).unwrap();
    let end = refused_but_history(&project, &proxy, "`remote.origin.uploadpack`");
    assert!(!mark.exists());
    end
}

/// As [`refused`], where the ledger says so: what `check --online` and `doctor` find is part of their report.
fn refused_but_history(project: &Project, proxy: &StandIn, word: &str) -> (&'static str, &'static str) {
    for (line, ran) in LOOKING.iter().chain(MOVING).zip(ran(project, &[LOOKING, MOVING].concat())) {
        assert_eq!(ran.code, Some(4), "{line:?}: {}{}", ran.out, ran.err);
        assert!(format!("{}{}", ran.out, ran.err).contains(word), "{line:?}: {}{}", ran.out, ran.err);
    }
    assert_eq!(proxy.heard().len(), 0, "{:?}", proxy.heard());
    ("refused", "refused")
}

fn git_remote() -> (&'static str, &'static str) {
    let (project, proxy, _outside) = on_a_branch();
    project.git(&["init", "-q", "--bare", "evil.git"]).unwrap();
    project.git(&["remote", "set-url", "origin", "./evil.git"]).unwrap();
    refused_but_history(&project, &proxy, "inside the work tree")
}

fn git_hooks() -> (&'static str, &'static str) {
    use std::os::unix::fs::PermissionsExt as _;
    let (project, _, outside) = on_a_branch();
    let mark = outside.path().join("mark");
    for name in [
        "reference-transaction",
        "pre-push",
        "post-checkout",
        "post-commit",
        "pre-commit",
        "fsmonitor-watchman",
    ] {
        let hook = project.folder().join(".git/hooks").join(name);
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    marked(&project, &mark, &[&["publish", "app.txt", "--no-move"], &["to", "prod", "SHA", "--yes"]])
}

fn dotenv() -> (&'static str, &'static str) {
    let (mut project, _) = project(LOCAL);
    project.done(&["publish", "app.txt", "--no-move"]).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let key = outside.path().join("authorized_keys");
    std::fs::write(&key, "mine").unwrap();
    for name in ["promote.env", "promote-annotations.json", "plan.json"] {
        symlink(&key, project.folder().join(name)).unwrap();
    }
    project.variables.insert("GITLAB_CI".to_owned(), "true".to_owned());
    let ran = &ran(&project, &[&["plan", "prod", "SHA", "--out", "plan.json"]])[0];
    assert!(ran.code == Some(1) && ran.err.contains("is a symbolic link in the checkout"), "{}", ran.err);
    let ran = &self::ran(&project, &[&["to", "prod", "SHA", "--yes"]])[0];
    assert!(ran.code == Some(0) && ran.err.contains("is a symbolic link in the checkout"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), "mine");
    ("–", "not written")
}

fn tokens() -> (&'static str, &'static str) {
    let deploy = "[env.prod]\ndeploy = { run = \"env >shop/seen; exit 0\" }\n";
    let (mut project, _) = project(&format!("{LOCAL}\n{deploy}"));
    for name in [
        "PROMOTE_ID_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_RUNTIME_TOKEN",
        "INPUT_TOKEN",
    ] {
        project.variables.insert(name.to_owned(), "given-to-promote-alone".to_owned());
    }
    project.variables.insert("INPUT_TO".to_owned(), "prod".to_owned());
    project.done(&["publish", "app.txt", "--no-move"]).unwrap();
    assert_eq!(ran(&project, &[&["to", "prod", "SHA", "--yes"]])[0].code, Some(0));
    let seen = std::fs::read_to_string(project.folder().join("shop/seen")).unwrap();
    assert!(!seen.contains("given-to-promote-alone") && !seen.contains("PROMOTE_FORGE_TOKEN"), "{seen}");
    assert!(seen.contains("INPUT_TO=prod"), "{seen}");
    ("–", "not given")
}

#[test]
fn the_action_stops_as_the_command_does() {
    let action = env!("CARGO_BIN_EXE_promote-action-tested");
    let (project, proxy) = project(&s3("https://store.evil.example:9000"));
    let sha = project.git(&["rev-parse", "HEAD"]).unwrap();
    for what in ["status", "plan", "promote", "verify", "rollback", "advance", "publish"] {
        let mut runner = Runner::new(project.folder()).unwrap();
        for (name, value) in &project.variables {
            runner.variables.insert(name.into(), value.into());
        }
        let step = runner
            .run(&[("do", what), ("to", "prod"), ("version", &sha), ("paths", "app.txt"), ("binary", action)])
            .unwrap();
        assert_eq!(step.code, Some(4), "{what}: {}", step.log);
        for word in ["store.evil.example:9000", "in line 7", "PROMOTE_TRUST_HOSTS"] {
            assert!(step.log.contains(word), "{what}: {word}: {}", step.log);
        }
        // The runner is told what to hide, and nothing else tells it.
        let shown: Vec<&str> = step.log.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
        assert!(!shown.concat().contains(CANARY), "{what}: {}", step.log);
    }
    assert_eq!(proxy.heard().len(), 0, "{:?}", proxy.heard());
}

#[test]
fn a_forge_is_followed_nowhere() {
    let other = StandIn::quiet().unwrap();
    for (kind, path) in [("github", "/api/v3"), ("gitlab", "/api/v4")] {
        for code in [301, 302, 303, 307, 308] {
            let place = format!("http://{}/elsewhere", other.elsewhere());
            let forge = StandIn::start(move |_| {
                let link = format!("<{place}>; rel=\"next\"");
                (code, vec![("location", place.clone()), ("link", link)], b"[]".to_vec())
            })
            .unwrap();
            let api = format!("http://{}{path}", forge.host);
            let table = format!(
                "[forge]\nkind = \"{kind}\"\nrepository = \"acme/shop\"\ndeployments = \"always\"\napi = \"{api}\"\n"
            );
            let (project, _) = project(&format!("{LOCAL}\n{table}"));
            project.done(&["publish", "app.txt", "--no-move"]).unwrap();
            ran(&project, &[&["doctor"], &["to", "prod", "SHA", "--yes"]]);
            let heard = forge.heard();
            assert!(heard.len() >= 2 && heard.iter().all(|heard| heard.holds(CANARY)), "{code}: {heard:?}");
        }
    }
    assert_eq!(other.heard().len(), 0, "{:?}", other.heard());
}
