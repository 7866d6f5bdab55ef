//! Tags at a registry: those with a time in their names, made by hand and by old scripts, and those that are moved, which
//! only say what they name now, unless Quay's own history is at hand. skopeo makes them and reads them back.

use super::{PROGRAM, entries, left_out};
use promote_tests::oci::Images;
use promote_tests::project::Project;
use promote_tests::quay_fake::QuayFake;
use serde_json::Value;
use std::time::Duration;

/// A team with a repository of images and a ledger on a branch.
struct Team {
    project: Project,
    images: Images,
    commits: Vec<String>,
    _origin: tempfile::TempDir,
}

impl Team {
    /// `target` is what stands behind the repository's name. An image lies there for each of these labels, under its
    /// commit's first eight digits; the same label is the same image.
    fn new(images: Images, target: &str, labels: &[&str]) -> Self {
        let mut project = Project::new(PROGRAM).unwrap();
        let origin = tempfile::tempdir().unwrap();
        let at = origin.path().to_string_lossy().into_owned();
        project.git(&["init", "-q", "--bare", &at]).unwrap();
        project.git(&["remote", "add", "origin", &at]).unwrap();
        let repository = &images.repository;
        let file = format!(
            "project = \"ingest-core\"\nenvironments = [\"dev\", \"staging\", \"prod\"]\nledger = \"git:promote-ledger\"\n\
             source = \"{repository}:{{sha:8}}\"\ntarget = \"{repository}:{target}\"\n[env.dev]\nauto = false\n"
        );
        project.commit("promote.toml", &file, "chore: how it is promoted").unwrap();
        let commits: Vec<String> = (0..labels.len())
            .map(|at| project.commit("app.txt", &format!("{at}\n"), &format!("feat: {at}")).unwrap())
            .collect();
        for (commit, label) in commits.iter().zip(labels) {
            images.push(label, &commit[..8]).unwrap();
        }
        let docker = project.folder().join("docker");
        std::fs::create_dir(&docker).unwrap();
        std::fs::write(docker.join("config.json"), images.credentials(&images.password).to_string()).unwrap();
        project.variables.insert("DOCKER_CONFIG".to_owned(), docker.to_string_lossy().into_owned());
        Self { project, images, commits, _origin: origin }
    }

    fn retag(&self, release: usize, tag: &str) {
        self.images.retag(&self.commits[release][..8], tag).unwrap();
    }

    fn raw(&self, tag: &str) -> Vec<u8> {
        self.images.raw(&format!("{}:{tag}", self.images.repository)).unwrap()
    }

    fn planned(&self) -> Value {
        self.project.document(&["import", "--dry-run"]).unwrap()
    }

    fn running(&self) -> Vec<Option<String>> {
        let status = self.project.document(&["status"]).unwrap();
        let environments = status["environments"].as_array().unwrap();
        environments
            .iter()
            .map(|one| one.pointer("/running/sha").and_then(Value::as_str).map(str::to_owned))
            .collect()
    }
}

fn one_with(left: &[String], parts: &[&str]) {
    let found = left.iter().filter(|one| parts.iter().all(|part| one.contains(part))).count();
    assert_eq!(found, 1, "{parts:?}: {left:#?}");
}

#[test]
fn tags_that_scripts_and_people_made_become_a_history() {
    let images = Images::fresh().unwrap();
    let team = Team::new(images, "{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}", &["a", "b", "c"]);
    let short = |at: usize, digits: usize| team.commits[at][..digits].to_owned();
    let newest = format!("prod-{}-01-01-2020.1640995200", short(0, 8));
    team.retag(0, &format!("prod-{}-16-04-2021.1618577888", short(0, 8)));
    // Shortened otherwise, and with a date that is not that of the time: the time counts.
    team.retag(1, &format!("prod-{}-05-05-2021.1620218156", short(1, 7)));
    team.retag(0, &newest);
    team.retag(2, &format!("staging-{}-10-02-2023.1676000000", short(2, 8)));
    // Not to be taken for releases of prod: other bytes, an unknown commit, names of people, and no environment.
    let rebuilt = format!("prod-{}-02-02-2022.1643760000", short(1, 8));
    team.images.push("rebuilt", &rebuilt).unwrap();
    team.retag(1, "prod-deadbeef-16-04-2021.1618577999");
    team.retag(1, "prod-d2021-04-09.1");
    for tag in
        [&format!("{}-05-05-2021.1620218157", short(1, 8)), "master_5ddba2b", "1.0.50", "d2021-04-09.1"]
    {
        team.retag(1, tag);
    }
    let tags = team.images.tags().unwrap();
    let bytes: Vec<Vec<u8>> = tags.iter().map(|tag| team.raw(tag)).collect();

    let plan = team.planned();
    let since = |text: &str| Some(text.to_owned());
    let wanted = [
        (since("2021-04-16T12:58:08Z"), team.commits[0].clone()),
        (since("2021-05-05T12:35:56Z"), team.commits[1].clone()),
        (since("2022-01-01T00:00:00Z"), team.commits[0].clone()),
        (since("2022-02-02T00:00:00Z"), "unknown".to_owned()),
    ];
    assert_eq!(entries(&plan, 2), wanted, "{plan}");
    assert_eq!(entries(&plan, 1), [(since("2023-02-10T03:33:20Z"), team.commits[2].clone())]);
    assert_eq!(entries(&plan, 0), []);
    let left = left_out(&plan, 2);
    one_with(&left, &["1643760000", "held other bytes"]);
    one_with(&left, &["deadbeef", "no commit that begins with deadbeef"]);
    one_with(&left, &["prod-d2021-04-09.1", "makes no such name"]);
    assert_eq!(left.len(), 3, "{left:#?}");

    // Only one of the dates is not that of its time, and it is warned of.
    let warned = |at: usize| plan["environments"][2]["entries"][at]["warning"].as_str().map(str::to_owned);
    assert_eq!((warned(0), warned(1), warned(3)), (None, None, None), "{plan}");
    assert!(warned(2).unwrap().contains("the date says 01-01-2020, the timestamp 2022-01-01"), "{plan}");

    // The newest one is none of the releases, so none of them is said to run.
    team.project.done(&["import", "--yes"]).unwrap();
    let c = Some(team.commits[2].clone());
    assert_eq!(team.running(), [None, c, None]);
    let history = team.project.document(&["history", "prod"]).unwrap().to_string();
    assert!(history.contains("1643760000") && history.contains("not a known release"), "{history}");
    team.project.done(&["verify", "staging", "prod"]).unwrap();
    team.project.done(&["verify", "--ledger"]).unwrap();
    assert_eq!(team.images.tags().unwrap(), tags, "an import tags nothing");
    assert_eq!(tags.iter().map(|tag| team.raw(tag)).collect::<Vec<_>>(), bytes, "and moves nothing");
    let verified = team.project.document(&["verify", "prod"]).unwrap().to_string();
    assert!(verified.contains(&rebuilt), "{verified}");
    let again = team.project.done(&["import", "--yes"]).unwrap();
    assert!(again.contains("nothing to import"), "{again}");
    // Nobody verified what staging is said to run; a person may go past that, and the tags go on from there.
    let on = ["to", "prod", &team.commits[2], "--yes", "--reason", "imported"];
    assert_eq!(team.project.run(&on).unwrap().code, Some(3));
    team.project.done(&[&on[..], &["--override", "from"]].concat()).unwrap();
    let tagged: Vec<String> =
        team.images.tags().unwrap().into_iter().filter(|tag| !tags.contains(tag)).collect();
    assert_eq!(tagged.len(), 1, "{tagged:?}");
    assert_eq!(team.raw(&tagged[0]), team.raw(&team.commits[2][..8]));
}

#[test]
fn a_moved_tag_is_known_by_its_digest_and_only_as_it_is_now() {
    let team = Team::new(Images::fresh().unwrap(), "{env}", &["a", "b", "b"]);
    team.retag(1, "dev");
    team.images.push("by hand", "staging").unwrap();
    team.retag(1, "prod");
    team.retag(0, "prod");
    let plan = team.planned();
    assert_eq!(entries(&plan, 2), [(None, team.commits[0].clone())], "{plan}");
    assert_eq!((entries(&plan, 0), entries(&plan, 1)), (vec![], vec![]), "{plan}");
    // What may be either is neither.
    one_with(
        &left_out(&plan, 0),
        &["dev", "one and the same image", &team.commits[1][..7], &team.commits[2][..7]],
    );
    one_with(&left_out(&plan, 1), &["staging", "no release at the source has the same bytes"]);
    let shown = team.project.done(&["import", "--dry-run"]).unwrap();
    assert!(shown.contains("  now "), "{shown}");

    team.project.done(&["import", "--yes"]).unwrap();
    assert_eq!(team.running(), [None, None, Some(team.commits[0].clone())]);
    team.project.done(&["verify", "prod"]).unwrap();
    assert_eq!(team.raw("prod"), team.raw(&team.commits[0][..8]));
    let history = team.project.document(&["history", "prod"]).unwrap();
    assert!(history.to_string().contains("as it is now"), "{history}");
    let again = team.project.done(&["import", "--yes"]).unwrap();
    assert!(again.contains("nothing to import"), "{again}");
    // The tag moves behind the ledger's back, and that is seen from now on.
    team.retag(1, "prod");
    assert_eq!(team.project.run(&["verify", "prod"]).unwrap().code, Some(10));
}

#[test]
fn quay_tells_what_a_tag_named_before() {
    let quay = QuayFake::start().unwrap();
    let mut team = Team::new(Images::at(&quay.host, "acme+robot", "robot-secret"), "{env}", &["a", "b"]);
    let later = || std::thread::sleep(Duration::from_millis(1100));
    team.retag(0, "prod");
    later();
    team.retag(1, "prod");
    later();
    team.images.push("by hand", "prod").unwrap();
    later();
    team.retag(0, "prod");
    // Within one second, the newer row is still the newer one.
    team.retag(0, "staging");
    team.retag(1, "staging");
    let repository = team.images.repository.split_once('/').unwrap().1.to_owned();

    let plan = team.planned();
    assert_eq!(entries(&plan, 2), [(None, team.commits[0].clone())], "without a token for the API: {plan}");
    for (name, value) in [("PROMOTE_QUAY_HOST", quay.host.as_str()), ("QUAY_API_TOKEN", "api-reader")] {
        team.project.variables.insert(name.to_owned(), value.to_owned());
    }
    let mut rows = quay.history(&repository, "prod");
    rows.reverse();
    let since = |at: usize| {
        let at = chrono::DateTime::from_timestamp(rows[at].start, 0).unwrap();
        Some(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    };
    let plan = team.planned();
    let [a, b] = [0, 1].map(|at| team.commits[at].clone());
    assert_eq!(
        entries(&plan, 2),
        [(since(0), a.clone()), (since(1), b.clone()), (since(3), a.clone())],
        "{plan}"
    );
    one_with(&left_out(&plan, 2), &["prod", &rows[2].digest[..19], "no release at the source"]);
    assert_eq!(entries(&plan, 1).last().map(|(_, sha)| sha), Some(&b), "{plan}");
    team.project.done(&["import", "staging", "prod", "--yes"]).unwrap();
    assert_eq!(team.running(), [None, Some(b), Some(a)]);
    team.project.done(&["verify", "staging", "prod"]).unwrap();
}

#[test]
fn an_old_image_that_fits_no_template_stops_no_import() {
    let quay = QuayFake::start().unwrap();
    let team = Team::new(
        Images::at(&quay.host, "acme+robot", "robot-secret"),
        "{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}",
        &["a", "b"],
    );
    team.retag(0, "1.0.50");
    team.retag(0, &format!("prod-{}-16-04-2021.1618577888", &team.commits[0][..8]));
    let old = format!("prod-{}-17-04-2021.1618663999", &team.commits[1][..8]);
    team.retag(1, &old);
    quay.set(|habits| habits.first_kind_tags = vec!["1.0.50".to_owned(), old.clone()]);
    let plan = team.planned();
    assert_eq!(entries(&plan, 2).len(), 1, "{plan}");
    one_with(&left_out(&plan, 2), &[&old, "Docker's first kind"]);
    team.project.done(&["import", "prod", "--yes"]).unwrap();
    // Where tags are moved, the sources are read, of which the old one is none.
    team.project.write("promote.toml", moved(&team.images.repository)).unwrap();
    team.retag(1, "staging");
    let plan = team.project.document(&["import", "staging", "--dry-run"]).unwrap();
    assert_eq!(entries(&plan, 0), [(None, team.commits[1].clone())], "{plan}");
    // Nor does it keep the doctor from looking.
    team.project.done(&["doctor"]).unwrap();
}

/// A file of which each environment's tag moves.
fn moved(repository: &str) -> String {
    format!(
        "project = \"ingest-core\"\nenvironments = [\"dev\", \"staging\", \"prod\"]\nledger = \"git:promote-ledger\"\n\
         source = \"{repository}:{{sha:8}}\"\ntarget = \"{repository}:{{env}}\"\n[env.dev]\nauto = false\n"
    )
}

#[test]
fn a_tag_pushed_by_hand_after_the_last_promotion_is_drift_and_can_be_adopted() {
    let quay = QuayFake::start().unwrap();
    for api in [false, true] {
        let mut team = Team::new(
            Images::at(&quay.host, "acme+robot", "robot-secret"),
            "{env}-{sha:8}-{date:%d-%m-%Y}.{timestamp}",
            &["a", "b", "c"],
        );
        if api {
            for (name, value) in [("PROMOTE_QUAY_HOST", quay.host.as_str()), ("QUAY_API_TOKEN", "api-reader")]
            {
                team.project.variables.insert(name.to_owned(), value.to_owned());
            }
        }
        for commit in &team.commits {
            team.project.done(&["publish", "--commit", commit, "--no-move"]).unwrap();
        }
        let go = ["--yes", "--override", "from", "--reason", "first"];
        team.project.done(&[&["to", "prod", &team.commits[0]], &go[..]].concat()).unwrap();
        team.project.done(&["verify", "prod"]).unwrap();
        // In the night somebody pushes past the tool.
        let at = chrono::Utc::now() + chrono::TimeDelta::seconds(100);
        let tag = format!("prod-{}-{}.{}", &team.commits[1][..8], at.format("%d-%m-%Y"), at.timestamp());
        team.retag(1, &tag);
        let ran = team.project.run(&["verify", "prod"]).unwrap();
        assert_eq!(ran.code, Some(10), "{ran:?}");
        assert!(ran.out.contains(&tag), "{ran:?}");
        let status = team.project.document(&["status", "prod"]).unwrap();
        assert!(status["environments"][0]["drift"].to_string().contains(&tag), "{status}");
        let refused = team.project.run(&[&["to", "prod", &team.commits[2]], &go[..]].concat()).unwrap();
        assert_eq!(refused.code, Some(3), "{refused:?}");
        assert!(refused.out.contains(&tag) || refused.err.contains(&tag), "{refused:?}");
        let adopt = ["adopt", "prod", "--as", &team.commits[1], "--yes", "--reason", "INC-9"];
        team.project.done(&adopt).unwrap();
        assert_eq!(team.running(), [None, None, Some(team.commits[1].clone())], "api: {api}");
        team.project.done(&["verify", "prod"]).unwrap();
        // Promotion goes on from there. That the clock which named the tag was ahead of ours does no harm.
        team.project.done(&[&["to", "prod", &team.commits[2]], &go[..]].concat()).unwrap();
        team.project.done(&["verify", "prod"]).unwrap();
        assert_eq!(team.running(), [None, None, Some(team.commits[2].clone())], "api: {api}");
    }
}
