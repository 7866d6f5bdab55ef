//! Each guard of the command holds for a program, and is left out by name alone.

use crate::stage::{FILE, Stage};
use promote::{Ended, Error, ExitStatus, Mark, Promotion};

/// The bare crates promoted here with exit status 0.
#[tokio::test]
async fn a_freeze_of_the_pipelines_server_holds() {
    let stage = Stage::ready().await;
    let frozen = [("CI_DEPLOY_FREEZE", "true")];
    let prod = || Promotion::to("prod").unwrap();
    let project = stage.opening(&frozen).build().unwrap();
    let ending = project.promote(prod()).await.unwrap();
    assert_eq!((ending.ended, ending.exit), (Ended::Refused, ExitStatus::Blocked), "{}", ending.json());
    assert!(ending.decision().unmet().any(|rule| rule.rule == "freeze"), "{}", ending.json());
    assert!(!stage.keys().contains(&"deploy/prod.zip".to_owned()));
    let published = project.publish(&stage.commit("two")).await.unwrap();
    assert!(published.report.moves.iter().all(|moved| moved.promotion.is_none()), "{:?}", published.report);
    let open = stage.opening(&frozen).without_freeze_guard().build().unwrap();
    assert_eq!(open.promote(prod()).await.unwrap().ended, Ended::Moved);
}

/// The bare crates promoted here with exit status 0.
#[tokio::test]
async fn who_acts_is_proven_where_that_is_asked_for() {
    let stage = Stage::ready().await;
    let asked = [("PROMOTE_REQUIRE_OIDC", "1")];
    let project = stage.opening(&asked).build().unwrap();
    let denied = |error: Error| {
        assert_eq!(error.exit(), ExitStatus::Denied, "{error:#}");
        assert!(error.to_string().contains("not proven"), "{error:#}");
    };
    let before = stage.keys();
    denied(project.promote(Promotion::to("prod").unwrap()).await.unwrap_err());
    denied(project.roll_back(Promotion::to("staging").unwrap()).await.unwrap_err());
    denied(project.resume(Promotion::to("staging").unwrap()).await.unwrap_err());
    denied(project.publish("HEAD").await.unwrap_err());
    denied(project.advance(&[]).await.unwrap_err());
    denied(project.mark(Mark::Hold { environment: "prod" }, Some("wait")).await.unwrap_err());
    denied(project.mark(Mark::Pin { release: "HEAD" }, Some("wait")).await.unwrap_err());
    assert_eq!(stage.keys(), before, "nothing was written");
    assert_eq!(project.plan(Promotion::to("prod").unwrap()).await.unwrap().ended, Ended::Planned);
    let open = stage.opening(&asked).without_identity_guard().build().unwrap();
    assert_eq!(open.promote(Promotion::to("prod").unwrap()).await.unwrap().ended, Ended::Moved);
}

/// A text proves nothing: the bare crates recorded it as verified.
#[tokio::test]
async fn no_text_makes_an_actor_verified() {
    let stage = Stage::ready().await;
    let said = r#"{"name":"mallory","source":"acme","strength":"verified"}"#;
    let actor = serde_json::from_str(said).unwrap();
    let asked = [("PROMOTE_REQUIRE_OIDC", "1")];
    let builder = || stage.opening(&asked).actor(serde_json::from_str(said).unwrap());
    let refused = builder().build().unwrap().promote(Promotion::to("prod").unwrap()).await.unwrap_err();
    assert_eq!(refused.exit(), ExitStatus::Denied);
    let project = stage.opening(&[]).actor(actor).build().unwrap();
    assert_eq!(project.promote(Promotion::to("prod").unwrap()).await.unwrap().ended, Ended::Moved);
    let records = stage.bucket.keys().into_iter().filter_map(|key| stage.bucket.bytes(&key));
    let written: String = records.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    assert!(written.contains(r#""name":"mallory","source":"acme","strength":"claimed""#), "{written}");
    assert!(!written.contains(r#""strength":"verified""#));
}

#[test]
fn credentials_go_to_no_host_that_nobody_allows() {
    let file = "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"s3://acme-releases/{sha}.zip\"\n\
                target = \"s3://acme-releases/{env}.zip\"\n[store.acme-releases]\nregion = \"eu-central-1\"\n\
                endpoint = \"https://minio.acme.example:9000\"\n";
    let stage = Stage::new(file);
    let refused = stage.opening(&[]).build().unwrap_err();
    assert_eq!(refused.exit(), ExitStatus::Denied, "{refused:#}");
    assert!(refused.to_string().contains("minio.acme.example:9000"), "{refused:#}");
    stage.opening(&[]).trust_host("minio.acme.example:9000").build().unwrap();
    let odd = stage.opening(&[]).trust_host("https://minio.acme.example").build().unwrap_err();
    assert!(odd.to_string().contains("the host alone is meant"), "{odd:#}");
}

/// What a step is given by its name is hidden in what it says.
#[tokio::test]
async fn a_step_that_prints_what_it_was_given_shows_no_secret() {
    let step = "[env.prod]\ndeploy = { run = \"echo it is $IT\", env = { IT = \"$DEPLOY_KEY_OF_SHOP\" } }\n";
    let stage = Stage::new(&format!("{FILE}{step}"));
    let project = stage.opening(&[("DEPLOY_KEY_OF_SHOP", "canary-7f3a9b")]).build().unwrap();
    project.publish("HEAD").await.unwrap();
    let ending = project.promote(Promotion::to("prod").unwrap()).await.unwrap();
    let tail = &ending.outcome().unwrap().steps[0].tail;
    assert!(tail.contains("it is ***") && !ending.json().contains("canary"), "{tail}");
}

#[tokio::test]
async fn nothing_is_written_while_the_file_asks_for_what_is_not_done() {
    let stage = Stage::new(&format!("{FILE}[host]\ndeploy = \"make install\"\n"));
    let project = stage.project();
    let refused = project.publish("HEAD").await.unwrap_err();
    assert!(refused.state().iter().any(|one| one.contains("host")), "{refused:#}");
    assert_eq!(refused.exit(), ExitStatus::Usage);
    assert_eq!(stage.keys(), Vec::<String>::new());
    let marked = project.mark(Mark::Hold { environment: "prod" }, Some("wait")).await.unwrap_err();
    assert_eq!(marked.exit(), ExitStatus::Usage);
    let open = stage.opening(&[]).without_unacted_guard().build().unwrap();
    assert_eq!(open.publish("HEAD").await.unwrap().exit, ExitStatus::Ok);
}

/// The bare crates took it, and `verify` said that all matches, having looked at nothing.
#[test]
fn a_configuration_that_was_built_in_code_is_checked() {
    let stage = Stage::new(FILE);
    let mut config = stage.project().config().clone();
    let base = stage.folder.path();
    stage.with_store(promote::with_config(config.clone(), base)).build().unwrap();
    config.stages = vec![vec!["nowhere".parse().unwrap()]];
    let refused = stage.with_store(promote::with_config(config.clone(), base)).build().unwrap_err();
    assert_eq!(refused.to_string(), "the configuration can't be used");
    assert!(refused.state().iter().any(|one| one.contains("`nowhere`")), "{refused:#}");
}

/// The bare crates panicked after the first write.
#[test]
fn a_runtime_that_is_not_whole_is_refused_before_anything_is_done() {
    let stage = Stage::new(FILE);
    let project = stage.project();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let refused = runtime.block_on(async { project.publish("HEAD").await.unwrap_err() });
    assert!(refused.to_string().contains("input and output"), "{refused:#}");
    let refused =
        runtime.block_on(async { project.promote(Promotion::to("prod").unwrap()).await.unwrap_err() });
    assert_eq!(refused.state(), ["Nothing was changed."]);
    assert_eq!(stage.keys(), Vec::<String>::new());
}

#[test]
fn mistakes_of_the_file_are_drawn_at_their_place() {
    let stage = Stage::new(&FILE.replace("staging", "Staging"));
    let error = stage.opening(&[]).build().unwrap_err();
    let Error::Mistakes(mistakes) = &error else { panic!("{error}") };
    assert_eq!((mistakes.found()[0].line, mistakes.found()[0].column), (2, 17));
    let page = error.to_string();
    assert!(page.contains("promote.toml:2:17") && page.contains("^^^^^^^^^"), "{page}");
}

/// Its steps would run as who calls: the command does not take it either. Only the superuser can make one here.
#[cfg(unix)]
#[test]
fn the_file_of_somebody_elses_folder_is_not_taken() {
    use std::os::unix::fs::{chown, symlink};
    let stage = Stage::new(FILE);
    let folder = stage.folder.path();
    std::fs::remove_dir_all(folder.join(".git")).unwrap();
    if chown(folder.join("promote.toml"), Some(4321), None).is_err() {
        return;
    }
    let denied = stage.opening(&[]).build().unwrap_err();
    assert_eq!(denied.exit(), ExitStatus::Denied, "{denied:#}");
    assert!(denied.to_string().contains("belongs to somebody else (user 4321)"), "{denied:#}");
    assert!(denied.hints().iter().any(|hint| hint.contains("without_owner_guard")), "{denied:#}");
    let link = tempfile::tempdir().unwrap();
    symlink(folder, link.path().join("here")).unwrap();
    let linked = promote::open(link.path().join("here")).build().unwrap_err();
    assert_eq!(linked.exit(), ExitStatus::Denied, "{linked:#}");
    stage.opening(&[]).without_owner_guard().build().unwrap();
    stage.with_store(promote::open(folder.join("promote.toml"))).build().unwrap();
}
