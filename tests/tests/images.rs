//! Team 004's way of releasing, end to end: an image pushed by the build under its short commit, a ledger on a branch,
//! and `<env>-<sha>-<dd-mm-yyyy>.<timestamp>` at a real registry. skopeo pushes and reads back, so that our own code
//! never vouches for itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

use promote_core::digest::Digest;
use promote_tests::project::Project;
use promote_tests::server::{Server, tool};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// A gzip of nothing: a layer that every reader takes.
const LAYER: [u8; 20] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The team's project, its registry, and the repository there.
struct Team {
    project: Project,
    registry: Server,
    repository: String,
    _origin: tempfile::TempDir,
}

impl Team {
    fn new(more: &str) -> Self {
        let registry = Server::start("docker-registry").unwrap();
        let host = registry.endpoint.strip_prefix("http://").unwrap().to_owned();
        let project = Project::new(PROGRAM).unwrap();
        let unique = format!("{}-{:?}", std::process::id(), project.folder().file_name().unwrap());
        let unique: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        let repository = format!("{host}/acme/{}", unique.to_lowercase());
        // The branch of the ledger lives where the team's code lives.
        let origin = tempfile::tempdir().unwrap();
        let at = origin.path().to_string_lossy().into_owned();
        project.git(&["init", "-q", "--bare", &at]).unwrap();
        project.git(&["remote", "add", "origin", &at]).unwrap();
        let file = format!(
            "project      = \"ingest-core\"\nenvironments = [\"dev\", \"staging\", \"prod\"]\nledger       = \"git:promote-ledger\"\n\n\
             source = \"{repository}:{{sha:8}}\"\n\
             target = \"{repository}:{{env}}-{{sha:8}}-{{date:%d-%m-%Y}}.{{timestamp}}\"\n\
             deploy = \"echo $PROMOTE_TARGET > deployed-$PROMOTE_ENV\"\n{more}"
        );
        project.commit("promote.toml", &file, "chore: how it is promoted").unwrap();
        let mut team = Self { project, registry, repository, _origin: origin };
        team.sign_in(&team.registry.secret_key.clone());
        team
    }

    /// What `docker login` leaves behind.
    fn sign_in(&mut self, password: &str) {
        let pair = format!("{}:{password}", self.registry.access_key);
        let host = self.repository.split('/').next().unwrap();
        let auth = base64(pair.as_bytes());
        let folder = self.project.folder().join("docker");
        std::fs::create_dir_all(&folder).unwrap();
        let config = json!({ "auths": { host: { "auth": auth } } });
        std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
        let folder = folder.to_string_lossy().into_owned();
        self.project.variables.insert("DOCKER_CONFIG".to_owned(), folder);
    }

    fn skopeo(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(tool("skopeo").unwrap()).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "skopeo {arguments:?}: {said}");
        output.stdout
    }

    fn credentials(&self) -> String {
        format!("{}:{}", self.registry.access_key, self.registry.secret_key)
    }

    /// The exact bytes that a tag names.
    fn raw(&self, reference: &str) -> Vec<u8> {
        let reference = format!("docker://{reference}");
        self.skopeo(&["inspect", "--raw", "--tls-verify=false", "--creds", &self.credentials(), &reference])
    }

    /// Builds: an index of two architectures, pushed under the commit's first eight digits.
    fn build(&self, commit: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let index = layout(folder.path(), commit);
        let from = format!("oci:{}:app", folder.path().display());
        let to = format!("docker://{}:{}", self.repository, commit.get(..8).unwrap());
        self.skopeo(&[
            "copy",
            "-q",
            "--all",
            "--preserve-digests",
            "--dest-tls-verify=false",
            "--dest-creds",
            &self.credentials(),
            &from,
            &to,
        ]);
        index
    }

    fn deployed(&self, environment: &str) -> String {
        let file = self.project.folder().join(format!("deployed-{environment}"));
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Writes an image layout with one index of two architectures; gives the index's bytes.
fn layout(folder: &Path, commit: &str) -> Vec<u8> {
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let put = |bytes: &[u8]| {
        let digest = Digest::of(bytes);
        std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
        json!({ "digest": digest.to_string(), "size": bytes.len() })
    };
    let described = |mut blob: Value, kind: &str| {
        blob["mediaType"] = json!(kind);
        blob
    };
    let layer = described(put(&LAYER), "application/vnd.oci.image.layer.v1.tar+gzip");
    let platforms = ["amd64", "arm64"].map(|architecture| {
        let config = json!({
            "architecture": architecture, "os": "linux", "config": { "Labels": { "commit": commit } },
            "rootfs": { "type": "layers", "diff_ids": [Digest::of(b"").to_string()] },
        });
        let config =
            described(put(config.to_string().as_bytes()), "application/vnd.oci.image.config.v1+json");
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
        let mut manifest = described(put(manifest.to_string().as_bytes()), MANIFEST);
        manifest["platform"] = json!({ "architecture": architecture, "os": "linux" });
        manifest
    });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": platforms }).to_string();
    let mut inner = described(put(index.as_bytes()), INDEX);
    inner["annotations"] = json!({ "org.opencontainers.image.ref.name": "app" });
    let outer = json!({ "schemaVersion": 2, "manifests": [inner] });
    std::fs::write(folder.join("index.json"), outer.to_string()).unwrap();
    std::fs::write(folder.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
    index.into_bytes()
}

/// That a tag is exactly `<env>-<sha>-<dd-mm-yyyy>.<timestamp>`, both parts one moment in UTC.
fn well_formed(reference: &str, environment: &str, commit: &str) {
    let tag = reference.rsplit(':').next().unwrap();
    let rest = tag.strip_prefix(&format!("{environment}-{}-", commit.get(..8).unwrap()));
    let (date, seconds) = rest.unwrap_or_else(|| panic!("{tag}")).split_once('.').unwrap();
    let moment = chrono::DateTime::from_timestamp(seconds.parse().unwrap(), 0).unwrap();
    assert_eq!(date, moment.format("%d-%m-%Y").to_string(), "{tag}");
}

#[test]
fn images_go_from_dev_to_prod_by_their_digest() {
    let mut team = Team::new("");
    // The runner's time zone must not show.
    team.project.variables.insert("TZ".to_owned(), "Pacific/Kiritimati".to_owned());
    let first = team.project.commit("app.txt", "one\n", "feat: begin").unwrap();
    let index = team.build(&first);
    let too_early = team.project.run(&["publish", "--commit", &"0".repeat(40)]).unwrap();
    assert_ne!(too_early.code, Some(0), "{too_early:?}");
    team.project.done(&["publish"]).unwrap();
    well_formed(&team.deployed("dev"), "dev", &first);
    team.project.done(&["to", "staging", "--yes"]).unwrap();
    team.project.done(&["to", "prod", "--yes"]).unwrap();
    for environment in ["dev", "staging", "prod"] {
        let reference = team.deployed(environment);
        well_formed(&reference, environment, &first);
        assert_eq!(team.raw(&reference), index, "{reference} is byte for byte the index that was built");
    }

    // Somebody pushes over the release's own tag: what was published is what moves.
    let second = team.project.commit("app.txt", "two\n", "feat: more").unwrap();
    let built = team.build(&second);
    team.project.done(&["publish"]).unwrap();
    let other = tempfile::tempdir().unwrap();
    layout(other.path(), "somebody else's");
    let (from, to) = (
        format!("oci:{}:app", other.path().display()),
        format!("docker://{}:{}", team.repository, second.get(..8).unwrap()),
    );
    let credentials = team.credentials();
    team.skopeo(&[
        "copy",
        "-q",
        "--all",
        "--preserve-digests",
        "--dest-tls-verify=false",
        "--dest-creds",
        &credentials,
        &from,
        &to,
    ]);
    team.project.done(&["to", "staging", "--yes"]).unwrap();
    team.project.done(&["to", "prod", "--yes"]).unwrap();
    assert_eq!(team.raw(&team.deployed("prod")), built, "the digest was frozen when it was published");

    // Back again: a new tag for the old image.
    let before = team.deployed("prod");
    team.project.done(&["rollback", "prod", "--yes", "--reason", "502 on /pay"]).unwrap();
    assert_ne!(team.deployed("prod"), before);
    well_formed(&team.deployed("prod"), "prod", &first);
    assert_eq!(team.raw(&team.deployed("prod")), index);
    team.project.done(&["verify", "--ledger"]).unwrap();
    let status = team.project.document(&["status"]).unwrap();
    assert_eq!(status["environments"][2]["running"]["sha"], first.as_str());
}

#[test]
fn a_wrong_password_is_told_and_changes_nothing() {
    let mut team = Team::new("");
    let commit = team.project.commit("app.txt", "one\n", "feat: begin").unwrap();
    team.build(&commit);
    team.project.done(&["publish"]).unwrap();
    team.sign_in("not-the-password");
    let ran = team.project.run(&["to", "staging", "--yes"]).unwrap();
    println!("{}", ran.err);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    let host = team.repository.split('/').next().unwrap();
    assert!(ran.err.contains(host) && !ran.err.contains("not-the-password"), "{}", ran.err);
}

#[test]
fn an_image_that_was_never_pushed_is_not_published() {
    let team = Team::new("");
    let commit = team.project.commit("app.txt", "one\n", "feat: begin").unwrap();
    let ran = team.project.run(&["publish"]).unwrap();
    println!("{}", ran.err);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.err.contains(commit.get(..8).unwrap()) && ran.err.contains("push it first"), "{}", ran.err);
}
