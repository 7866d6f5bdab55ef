//! Team 004's way of releasing, end to end: an image pushed by the build under its short commit, a ledger on a branch,
//! and `<env>-<sha>-<dd-mm-yyyy>.<timestamp>` at a real registry. skopeo pushes and reads back, so that our own code
//! never vouches for itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is said to a person is to be read by one")]

use promote_tests::oci::Images;
use promote_tests::project::Project;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

/// The team's project, its registry, and the repository there.
struct Team {
    project: Project,
    images: Images,
    _origin: tempfile::TempDir,
}

impl Team {
    fn new(more: &str) -> Self {
        let images = Images::fresh().unwrap();
        let project = Project::new(PROGRAM).unwrap();
        let repository = &images.repository;
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
        let mut team = Self { project, images, _origin: origin };
        team.sign_in(&team.images.password.clone());
        team
    }

    /// What `docker login` leaves behind.
    fn sign_in(&mut self, password: &str) {
        let folder = self.project.folder().join("docker");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), self.images.credentials(password).to_string()).unwrap();
        let folder = folder.to_string_lossy().into_owned();
        self.project.variables.insert("DOCKER_CONFIG".to_owned(), folder);
    }

    /// The exact bytes that a tag names.
    fn raw(&self, reference: &str) -> Vec<u8> {
        self.images.raw(reference).unwrap()
    }

    /// Builds: an index of two architectures, pushed under the commit's first eight digits.
    fn build(&self, commit: &str) -> Vec<u8> {
        self.images.push(commit, commit.get(..8).unwrap()).unwrap()
    }

    fn deployed(&self, environment: &str) -> String {
        let file = self.project.folder().join(format!("deployed-{environment}"));
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }
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
    team.images.push("somebody else's", second.get(..8).unwrap()).unwrap();
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
    assert!(ran.err.contains(team.images.host()) && !ran.err.contains("not-the-password"), "{}", ran.err);
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

#[test]
fn the_doctor_names_the_line_that_saves_requests_and_the_line_is_taken() {
    let mut team = Team::new("");
    let commit = team.project.commit("app.txt", "one\n", "feat: begin").unwrap();
    let index = team.build(&commit);
    let (repository, file) = (team.images.repository.clone(), team.project.folder().join("promote.toml"));
    let before = std::fs::read_to_string(&file).unwrap();
    let hints = |team: &Team| -> Vec<String> {
        let found = team.project.document(&["doctor"]).unwrap();
        let store = found["stores"].as_array().unwrap().iter().find(|store| store["store"] == *repository);
        let hints = store.unwrap()["hints"].as_array().unwrap().clone();
        hints.iter().map(|hint| hint.as_str().unwrap().to_owned()).collect()
    };
    let line = |said: &str| format!("`sign-in = \"{said}\"` in `[store.\"{repository}\"]` saves requests");
    assert!(hints(&team).iter().any(|hint| hint.starts_with(&line("password"))), "{:?}", hints(&team));
    // Credentials of a file that the table names, and from nowhere else.
    team.project.variables.remove("DOCKER_CONFIG");
    for (said, told) in [("password", false), ("none", true), ("https://127.0.0.1:1/token", true)] {
        let table =
            format!("[store.\"{repository}\"]\ncredentials = \"docker/config.json\"\nsign-in = \"{said}\"\n");
        std::fs::write(&file, format!("{before}{table}")).unwrap();
        let found = hints(&team);
        assert_eq!(found.iter().any(|hint| hint.starts_with(&line("password"))), told, "{said}: {found:?}");
    }
    // The last line is wrong: it costs requests and nothing else.
    team.project.done(&["publish"]).unwrap();
    assert_eq!(team.raw(&team.deployed("dev")), index);
}
