//! Team 004: images from dev to prod under `<env>-<sha>-<dd-mm-yyyy>.<timestamp>` at a real registry, the ledger on a branch
//! of the team's repository, and each new tag handed to the step that deploys it.

use super::{annotations, forge, project, push, well};
use promote_tests::oci::{Images, layout};
use promote_tests::project::Project;
use promote_tests::workflow::{Event, Forge, Run};

/// What `docker` does in these workflows; the image itself comes from the test.
const DOCKER: &str = r#"#!/bin/sh
case "$1" in
  build) exit 0 ;;
  push) exec skopeo copy -q --all --preserve-digests --dest-tls-verify=false --dest-authfile "$HOME/.docker/config.json" "oci:$BUILT:app" "docker://$2" ;;
esac
exit 64
"#;

/// Writes down what it was asked.
const HELM: &str = "#!/bin/sh\necho \"$@\" >> \"$DEPLOYED\"\n";

/// The team: its repository and its images.
pub struct Ingest {
    pub images: Images,
    pub project: Project,
    pub forge: Forge,
    built: tempfile::TempDir,
}

impl Ingest {
    pub fn new() -> Self {
        let images = Images::fresh().unwrap();
        let registry = format!("registry: {}", images.host());
        let replaced =
            [("quay.io/ebi-ait/ingest-core", images.repository.as_str()), ("registry: quay.io", &registry)];
        let project = project("team-004", &replaced, "");
        let mut forge = forge(&project);
        forge.secrets.insert("QUAY_USERNAME".to_owned(), images.user.clone());
        forge.secrets.insert("QUAY_PASSWORD".to_owned(), images.password.clone());
        forge.tool("docker", DOCKER).unwrap();
        forge.tool("helm", HELM).unwrap();
        let built = tempfile::tempdir().unwrap();
        let path = |name: &str| built.path().join(name).display().to_string();
        forge.machine.insert("DEPLOYED".to_owned(), path("deployed"));
        forge.machine.insert("BUILT".to_owned(), path("image"));
        // The machine's time zone must not show.
        forge.machine.insert("TZ".to_owned(), "Pacific/Kiritimati".to_owned());
        Self { images, project, forge, built }
    }

    /// What the next `docker build` makes; gives the bytes of its index.
    pub fn builds(&self, label: &str) -> Vec<u8> {
        let folder = self.built.path().join("image");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        layout(&folder, label).unwrap()
    }

    pub fn run(&self, workflow: &str, event: &Event) -> Run {
        let run = self.forge.run(&format!(".github/workflows/{workflow}.yml"), event).unwrap();
        println!("{}", run.log());
        run
    }

    fn release(&self, environment: &str, sha: &str) -> Run {
        self.run("release", &Event::form(&[("environment", environment), ("sha", sha)]))
    }

    /// The images that were deployed, oldest first.
    pub fn deployed(&self) -> Vec<String> {
        let said = std::fs::read_to_string(self.built.path().join("deployed")).unwrap_or_default();
        let image = |line: &str| line.split("image=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        said.lines().map(image).collect()
    }
}

/// That a tag is exactly `<env>-<sha>-<dd-mm-yyyy>.<timestamp>`, both parts one moment in UTC.
pub fn well_formed(reference: &str, environment: &str, commit: &str) {
    let tag = reference.rsplit(':').next().unwrap();
    let rest = tag.strip_prefix(&format!("{environment}-{}-", &commit[..8]));
    let (date, seconds) = rest.unwrap_or_else(|| panic!("{tag}")).split_once('.').unwrap();
    let moment = chrono::DateTime::from_timestamp(seconds.parse().unwrap(), 0).unwrap();
    assert_eq!(date, moment.format("%d-%m-%Y").to_string(), "{tag}");
}

#[test]
fn an_image_goes_from_dev_to_prod_and_each_tag_is_handed_on() {
    let ingest = Ingest::new();
    let first = ingest.forge.commit("main").unwrap();
    let index = ingest.builds(&first);
    let built = ingest.run("build", &Event::Push("main".to_owned()));
    well(&built);
    let step = built.job().unwrap().step("release").unwrap();
    assert_eq!((step.outputs["status"].as_str(), step.outputs["environment"].as_str()), ("published", "dev"));
    for (at, environment) in ["dev", "staging", "prod"].into_iter().enumerate() {
        let step = if environment == "dev" {
            step.outputs.clone()
        } else {
            // Eight digits, as the tag has them; or none: what runs in the environment before.
            let sha = if environment == "staging" { &first[..8] } else { "" };
            let run = ingest.release(environment, sha);
            well(&run);
            let outputs = run.job().unwrap().step("release").unwrap().outputs.clone();
            assert_eq!((&outputs["version"], outputs["status"].as_str()), (&first, "promoted"));
            assert_eq!(outputs["target"], outputs["release_tag"]);
            outputs
        };
        let tag = &step["release_tag"];
        well_formed(tag, environment, &first);
        assert!(tag.starts_with(&format!("{}:", ingest.images.repository)), "{tag}");
        assert_eq!(ingest.deployed()[at], *tag, "the next step took over the tag");
        assert_eq!(ingest.images.raw(tag).unwrap(), index, "{tag}: byte for byte what was built");
    }

    // Unchanged is unchanged: no tag more, and nothing is deployed; the tag that is there is told.
    let (tags, deployed) = (ingest.images.tags().unwrap(), ingest.deployed());
    let again = ingest.release("prod", &first);
    well(&again);
    let step = again.job().unwrap().step("release").unwrap();
    assert_eq!((step.outputs["status"].as_str(), &step.outputs["release_tag"]), ("unchanged", &deployed[2]));
    assert_eq!(again.job().unwrap().step("deploy").unwrap().outcome, "skipped");
    assert_eq!((ingest.images.tags().unwrap(), ingest.deployed()), (tags, deployed));

    // The ledger's branch is where the code is, and holds together.
    assert!(ingest.forge.commit("promote-ledger").is_ok());
    let said = ingest.project.git(&["ls-tree", "-r", "--name-only", "refs/heads/main"]).unwrap();
    assert!(!said.contains("ledger.json"), "{said}");
}

#[test]
fn what_never_ran_in_staging_does_not_get_into_prod() {
    let ingest = Ingest::new();
    let first = ingest.forge.commit("main").unwrap();
    ingest.builds(&first);
    well(&ingest.run("build", &Event::Push("main".to_owned())));
    let second = push(&ingest.project, "app.py", "two\n", "feat: more");
    ingest.builds(&second);
    well(&ingest.run("build", &Event::Push("main".to_owned())));
    well(&ingest.release("staging", &first));
    let tags = ingest.images.tags().unwrap();
    let run = ingest.release("prod", &second[..7]);
    let job = run.job().unwrap();
    let step = job.step("release").unwrap();
    assert_eq!((job.result, step.outputs["status"].as_str()), ("failure", "blocked"), "{}", run.log());
    assert!(annotations(&step.log, "error")[0].contains("staging"), "{}", step.log);
    assert_eq!(step.outputs["release_tag"], "", "nothing was tagged, so nothing is handed on");
    assert_eq!(job.step("deploy").unwrap().outcome, "skipped");
    assert_eq!(ingest.images.tags().unwrap(), tags);
}
