//! The demo tells what it does, and does what it tells.

use crate::stage::Stage;
use promote_core::exit::ExitStatus;

#[test]
fn the_demo_is_the_same_every_time_but_for_times_and_names() {
    let stage = Stage::bare();
    let tell = || stage.run(&["demo", "--json"]).ends(ExitStatus::Ok).json();
    let (one, other) = (tell(), tell());
    let shape = |report: &serde_json::Value| -> Vec<(String, String)> {
        let steps = report["steps"].as_array().unwrap();
        steps.iter().map(|step| (step["command"].to_string(), step["exit"].to_string())).collect()
    };
    assert_eq!(shape(&one), shape(&other));
    let exits: Vec<String> = shape(&one).into_iter().map(|(_, exit)| exit).collect();
    for wanted in ["\"ok\"", "\"blocked\"", "\"rolled-back\"", "\"differs\""] {
        assert!(exits.iter().any(|exit| exit == wanted), "{wanted}: {exits:?}");
    }
    assert_eq!(one["folder"], serde_json::Value::Null);
    // It leaves nothing where it was called.
    assert_eq!(std::fs::read_dir(stage.path()).unwrap().count(), 0);
}

#[test]
fn the_folder_of_the_demo_can_be_kept() {
    let stage = Stage::bare();
    let report = stage.run(&["demo", "--keep", "--json"]).ends(ExitStatus::Ok).json();
    let folder = std::path::PathBuf::from(report["folder"].as_str().unwrap());
    assert!(folder.join("promote.toml").is_file() && folder.join("deployed/prod.zip").is_file());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_demo_is_what_it_is_whatever_the_surroundings_ask_of_real_projects() {
    for (name, value) in [
        ("CI_DEPLOY_FREEZE", "1"),
        ("PROMOTE_REQUIRE_OIDC", "1"),
        ("GITLAB_CI", "true"),
        ("PROMOTE_CONFIG", "x"),
    ] {
        let mut stage = Stage::bare();
        stage.variables.push((name, value.to_owned()));
        let report = stage.run(&["demo"]);
        assert_eq!(report.exit, ExitStatus::Ok, "{name}: {}", report.all());
    }
}
