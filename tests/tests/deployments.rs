//! What the environment pages of a forge show of promotions made elsewhere, with the command itself: each promotion once,
//! with its end, and nothing of a promotion depends on it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds a fault")]

use promote_tests::forge_fake::{ForgeFake, REPOSITORY, Refusal, Row, TOKEN};
use promote_tests::lane_project::{LaneProject, Place, Ran};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");
const FORGES: [&str; 2] = ["github", "gitlab"];

/// A project whose forge is the fake, with this after the keys of the whole project.
fn project(kind: &str, keys: &str) -> (LaneProject, ForgeFake) {
    let mut project = LaneProject::new(PROGRAM, &Place::Local, 2, 3).unwrap();
    let fake = ForgeFake::start(&project.releases).unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{keys}{}", fake.table(kind))).unwrap();
    // Whatever this machine's own surroundings say of a forge or a pipeline.
    for name in
        ["GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "GITLAB_CI", "CI", "PROMOTE_ACTOR"]
    {
        project.variables.insert(name.to_owned(), String::new());
    }
    project.variables.insert("PROMOTE_FORGE_TOKEN".to_owned(), TOKEN.to_owned());
    (project, fake)
}

/// Runs the command, and sees that it kept the token to itself.
fn run(project: &LaneProject, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let ran = project.run(arguments, variables).unwrap();
    assert!(!format!("{}{}", ran.out, ran.err).contains("canary"), "{ran:?}");
    ran
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn refusal(times: usize, status: u16, header: Option<(&'static str, String)>, words: &str) -> Refusal {
    Refusal { times, status, header, message: words.to_owned() }
}

/// Environment, commit and state of each deployment.
fn shown(fake: &ForgeFake) -> Vec<(String, String, String)> {
    let short = |row: &Row| row.asked("sha").to_owned();
    let text = |row: &Row| (row.asked("environment").to_owned(), short(row), row.state().to_owned());
    fake.rows().iter().map(text).collect()
}

fn one(environment: &str, commit: &str, state: &str) -> (String, String, String) {
    (environment.to_owned(), commit.to_owned(), state.to_owned())
}

#[test]
fn doctor_says_whether_the_forge_answers_and_writes_nothing_there() {
    for kind in FORGES {
        let (project, fake) = project(kind, "");
        let well = run(&project, &["doctor"], &[]);
        let name = if kind == "github" { "GitHub" } else { "GitLab" };
        assert!(well.out.contains(name) && well.out.contains(REPOSITORY), "{well:?}");
        assert!(well.out.contains("promotions from here are shown there"), "{well:?}");
        let without = run(&project, &["doctor", "--json"], &[("PROMOTE_FORGE_TOKEN", "wrong")]);
        assert_eq!(without.code, Some(0), "a forge that does not answer stops no promotion: {without:?}");
        let found = document(&without)["forge"].clone();
        assert!(found["problem"].as_str().unwrap().contains("token"), "{found}");
        assert!(shown(&fake).is_empty());
    }
}

#[test]
fn a_promotion_from_a_laptop_is_shown_once_with_its_end() {
    for kind in FORGES {
        let (project, fake) =
            project(kind, "url = \"https://{env}.acme.example\"\n[env.e0]\ntier = \"production\"\n");
        // What a forge does unless it is told not to would keep this from being shown.
        fake.set(|habits| (habits.conflict, habits.red) = (true, true));
        let commit = &project.releases[0];
        let planned = run(&project, &["to", "e0", commit, "--dry-run"], &[]);
        assert_eq!(
            (planned.code, fake.take_log().len()),
            (Some(0), 0),
            "a plan is shown nowhere: {planned:?}"
        );

        let run_url = [("PROMOTE_RUN_URL", "https://ci.example/run/7")];
        let ran = run(&project, &["to", "e0", commit, "--yes", "--json"], &run_url);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(shown(&fake), [one("e0", commit, "success")], "{kind}: {ran:?}");
        let document = document(&ran);
        let told = &document["deployments"][0];
        let row = &fake.rows()[0];
        assert_eq!((told["forge"].as_str(), told["environment"].as_str()), (Some(kind), Some("e0")));
        assert_eq!(told["id"], Value::from(row.id.to_string()));
        assert_eq!(told["promotion"], document["promotion"]);
        assert!(told["url"].as_str().unwrap().starts_with(&fake.api(kind)), "{told}");
        let page = if kind == "github" { "/deployments/e0" } else { "/-/environments/70" };
        assert!(told["page"].as_str().unwrap().ends_with(&format!("/{REPOSITORY}{page}")), "{told}");
        if kind == "github" {
            let states: Vec<&str> =
                row.statuses.iter().map(|status| status["state"].as_str().unwrap()).collect();
            assert_eq!(states, ["in_progress", "success"]);
            assert_eq!(row.asked["payload"]["promotion"], document["promotion"]);
            assert_eq!(row.asked["production_environment"], Value::from(true));
            assert_eq!(row.statuses[1]["log_url"], "https://ci.example/run/7");
            assert_eq!(row.statuses[1]["environment_url"], "https://e0.acme.example");
        } else {
            assert_eq!((row.asked("ref"), &row.asked["tag"]), ("dev", &Value::from(false)));
        }

        // Nothing to do is nothing to show.
        fake.take_log();
        assert_eq!(run(&project, &["to", "e0", commit, "--yes"], &[]).code, Some(0));
        assert!(fake.take_log().is_empty());

        let newer = &project.releases[1];
        assert_eq!(run(&project, &["to", "e0", newer, "--yes"], &[]).code, Some(0));
        let back = run(&project, &["rollback", "e0", "--yes", "--take-over"], &[]);
        assert_eq!(back.code, Some(0), "{back:?}");
        let states: Vec<String> = shown(&fake).into_iter().map(|row| row.1).collect();
        assert_eq!(states, [commit.clone(), newer.clone(), commit.clone()], "a rollback is shown as well");
        assert!(
            fake.rows().iter().all(|row| row.state() == "success"),
            "of production nothing becomes inactive"
        );
    }
}

#[test]
fn what_a_job_makes_by_itself_is_not_made_twice() {
    let github: &[(&str, &str)] = &[("GITHUB_ACTIONS", "true")];
    let gitlab: &[(&str, &str)] = &[("GITLAB_CI", "true"), ("CI_ENVIRONMENT_NAME", "prod")];
    for (kind, keys, variables, count) in [
        ("github", "", github, 0),
        ("github", "deployments = \"always\"\n", github, 1),
        ("github", "deployments = \"never\"\n", &[], 0),
        ("github", "", gitlab, 1),
        ("gitlab", "", gitlab, 0),
        ("gitlab", "", &[("GITLAB_CI", "true")], 1),
        ("gitlab", "", github, 1),
    ] {
        let (project, fake) = project(kind, "");
        let file = project.folder.path().join("promote.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}{keys}")).unwrap();
        let ran = run(&project, &["to", "e0", &project.releases[0], "--yes"], variables);
        assert_eq!((ran.code, fake.rows().len()), (Some(0), count), "{kind} {keys} {variables:?}: {ran:?}");
        assert!(!ran.err.contains("warning"), "{ran:?}");
    }
}

#[test]
fn failed_rolled_back_and_late_deployments_are_told_as_such() {
    for kind in FORGES {
        let steps = "timeout = \"1s\"\n[env.e0]\non-failure = \"rollback\"\ndeploy = \"test ! -e bad\"\n\
                     [env.e1]\ndeploy = \"sh step\"\n";
        let (project, fake) = project(kind, steps);
        let at = |name: &str| project.folder.path().join(name);
        let (old, new) = (&project.releases[0], &project.releases[1]);
        let (failed, late) = if kind == "github" { ("failure", "error") } else { ("failed", "failed") };
        assert_eq!(run(&project, &["to", "e0", old, "--yes"], &[]).code, Some(0));
        std::fs::write(at("bad"), "").unwrap();
        let ran = run(&project, &["to", "e0", new, "--yes", "--json"], &[]);
        assert_ne!(ran.code, Some(0), "{ran:?}");
        // The step fails for the release before as well, so its rollback is no success either.
        assert_eq!(
            shown(&fake),
            [one("e0", old, "success"), one("e0", new, failed), one("e0", old, failed)],
            "{kind}: {ran:?}"
        );
        let document = document(&ran);
        assert_eq!(document["deployments"][0]["promotion"], document["promotion"]);
        assert_eq!(document["undone"]["deployments"][0]["promotion"], document["undone"]["promotion"]);

        std::fs::write(at("step"), "sleep 30").unwrap();
        let ran = run(&project, &["to", "e1", old, "--yes"], &[]);
        assert_eq!(ran.code, Some(9), "{ran:?}");
        assert_eq!(fake.rows().last().unwrap().state(), late);
        // Whoever resumes it goes on with the same one.
        std::fs::write(at("step"), "true").unwrap();
        let ran = run(&project, &["resume", "e1", "--yes"], &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(fake.rows().len(), 4, "{:?}", shown(&fake));
        assert_eq!(fake.rows().last().unwrap().state(), "success");
    }
}

#[test]
fn what_was_cut_off_is_gone_on_with_or_given_up() {
    for kind in FORGES {
        // Somebody pulls the plug just before the target is written: the forge is told nothing more.
        let keys = "prepare = \"test ! -e plug || { sleep 1; kill -9 $PPID; }\"\n";
        let (project, fake) = project(kind, keys);
        let (old, new) = (project.releases[0].clone(), project.releases[1].clone());
        let plug = project.folder.path().join("plug");
        let ended = "success";
        let cut = |commit: &str| {
            std::fs::write(&plug, "").unwrap();
            let ran = run(&project, &["to", "e0", commit, "--yes"], &[]);
            assert_eq!(ran.code, None, "it was not cut off: {ran:?}");
            std::fs::remove_file(&plug).unwrap();
        };
        cut(&old);
        assert_eq!(fake.rows().len(), 1, "{:?}", shown(&fake));
        let ran = run(&project, &["resume", "e0", "--yes", "--take-over"], &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(shown(&fake), [one("e0", &old, ended)], "{kind}: {ran:?}");

        cut(&new);
        let ran = run(&project, &["rollback", "e0", "--yes", "--take-over"], &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let given_up = if kind == "github" { "error" } else { "canceled" };
        let rows = shown(&fake);
        assert_eq!(rows[1..], [one("e0", &new, given_up), one("e0", &old, ended)], "{kind}: {ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_promotion_that_somebody_stops_is_told_as_stopped() {
    for (kind, state) in [("github", "error"), ("gitlab", "canceled")] {
        let (project, fake) = project(kind, "[env.e0]\ndeploy = \"touch begun; sleep 60\"\n");
        let child = project.command(&["to", "e0", &project.releases[0], "--yes"], &[]).spawn().unwrap();
        let begun = project.folder.path().join("begun");
        for _ in 0..600 {
            if begun.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert_eq!(ran.code, Some(130), "{ran:?}");
        assert_eq!(shown(&fake), [one("e0", &project.releases[0], state)], "{ran:?}");
    }
}

#[test]
fn a_forge_that_refuses_is_a_warning_and_nothing_else() {
    let secret = format!("Not Found for {TOKEN}");
    let hour = ("Retry-After", "3600".to_owned());
    let spent = ("X-RateLimit-Remaining", "0".to_owned());
    let cases = [
        (9, 401, None, "Bad credentials", "the token is not accepted", "set `PROMOTE_FORGE_TOKEN`"),
        (0, 403, None, "", "may not write deployments", "the token needs"),
        (9, 404, None, secret.as_str(), "it is not there", "look at `repository`"),
        (9, 422, None, "Validation Failed", "it answers 422: Validation Failed", "warning"),
        (9, 429, Some(hour), "slow down", "too many requests", "no more requests for now"),
        (9, 403, Some(spent), "API rate limit exceeded", "too many requests", "rate limit exceeded"),
        (99, 503, None, "", "it answers 503", "warning"),
    ];
    for kind in FORGES {
        for (times, status, header, words, says, and) in &cases {
            let (project, fake) = project(kind, "");
            fake.set(|habits| {
                habits.reader = *times == 0;
                habits.refuse = Some(refusal(*times, *status, header.clone(), words));
            });
            let ran = run(&project, &["to", "e0", &project.releases[0], "--yes", "--json"], &[]);
            assert_eq!(ran.code, Some(0), "{kind} {status}: {ran:?}");
            assert!(ran.err.contains(says) && ran.err.contains(and), "{kind} {status}: {}", ran.err);
            assert_eq!(ran.err.matches("warning: ").count(), 1, "{kind} {status}: {}", ran.err);
            assert_eq!(document(&ran)["deployments"], Value::Array(Vec::new()));
        }
        // A short pause that it asks for is kept to, and a lost answer makes no second one.
        let (project, fake) = project(kind, "");
        fake.set(|habits| {
            habits.refuse = Some(refusal(1, 429, Some(("Retry-After", "1".to_owned())), "slow down"));
            (habits.lose, habits.textual) = (1, true);
        });
        let ran = run(&project, &["to", "e0", &project.releases[0], "--yes"], &[]);
        assert_eq!(
            (ran.code, shown(&fake)),
            (Some(0), vec![one("e0", &project.releases[0], "success")]),
            "{ran:?}"
        );
        assert!(!ran.err.contains("warning"), "{ran:?}");

        // Without a token, without a forge, and with a commit that it does not know.
        let none =
            run(&project, &["to", "e1", &project.releases[0], "--yes"], &[("PROMOTE_FORGE_TOKEN", "")]);
        assert_eq!(none.code, Some(0));
        assert!(
            none.err.contains("there is no token for it") && none.err.contains("set `PROMOTE_FORGE_TOKEN`"),
            "{none:?}"
        );
        if kind == "github" {
            let lonely = ForgeFake::start(&[]).unwrap();
            let file = project.folder.path().join("promote.toml");
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, text.replace(&fake.api(kind), &lonely.api(kind))).unwrap();
            let unknown = run(&project, &["to", "e1", &project.releases[1], "--yes"], &[]);
            assert_eq!(unknown.code, Some(0));
            assert!(
                unknown.err.contains("No ref found for") && unknown.err.contains("push the commit"),
                "{unknown:?}"
            );
        }
        let file = project.folder.path().join("promote.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let text: Vec<String> = text
            .lines()
            .map(|line| {
                if line.starts_with("api = ") {
                    "api = \"http://127.0.0.1:1\"".to_owned()
                } else {
                    line.to_owned()
                }
            })
            .collect();
        std::fs::write(&file, text.join("\n")).unwrap();
        let gone = run(&project, &["to", "e1", &project.releases[2], "--yes"], &[]);
        assert_eq!(gone.code, Some(0), "{gone:?}");
        assert!(gone.err.contains("can't be reached"), "{gone:?}");
    }
}

#[test]
fn a_forge_that_never_answers_holds_nothing_up_for_ever() {
    let (project, fake) = project("github", "");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let file = project.folder.path().join("promote.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let api = format!("http://{}/api/v3", silent.local_addr().unwrap());
    std::fs::write(&file, text.replace(&fake.api("github"), &api)).unwrap();
    let ran = run(&project, &["to", "e0", &project.releases[0], "--yes"], &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.err.matches("warning: ").count(), 1, "{ran:?}");
    assert!(project.folder.path().join("deploy/e0.zip").exists());
}

#[test]
fn what_moves_by_itself_is_shown_as_well() {
    let (project, fake) = project("github", "[env.e0]\nauto = true\n[env.e1]\nauto = true\n");
    let ran = run(&project, &["advance", "--json"], &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let newest = &project.releases[2];
    assert_eq!(shown(&fake), [one("e0", newest, "success"), one("e1", newest, "success")], "{ran:?}");
    let all = &document(&ran)["environments"];
    for (index, environment) in ["e0", "e1"].iter().enumerate() {
        assert_eq!(all[index]["deployments"][0]["environment"], *environment, "{all}");
    }
}

#[test]
fn what_follows_a_publication_is_shown_as_well() {
    let (project, fake) = project("gitlab", "[env.e0]\nauto = true\n");
    let newest = &project.releases[2];
    let ran = run(&project, &["publish", "--commit", newest, "--yes", "--json"], &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(shown(&fake), [one("e0", newest, "success")], "{ran:?}");
    assert_eq!(document(&ran)["moves"][0]["deployments"][0]["forge"], "gitlab");
}

#[test]
fn no_step_is_given_the_token() {
    let (project, fake) = project("github", "[env.e0]\ndeploy = \"env > seen\"\n");
    assert_eq!(run(&project, &["to", "e0", &project.releases[0], "--yes"], &[]).code, Some(0));
    assert_eq!(fake.rows().len(), 1);
    let seen = std::fs::read_to_string(project.folder.path().join("seen")).unwrap();
    assert!(seen.contains("PROMOTE_SHA") && !seen.contains("canary"), "{seen}");
    let kept = std::process::Command::new("grep")
        .args(["-rl", "canary", "."])
        .current_dir(project.folder.path())
        .output();
    assert!(kept.unwrap().stdout.is_empty(), "no record, report or file holds it");
}
