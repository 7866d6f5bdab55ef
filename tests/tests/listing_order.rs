//! A store that lists the keys below `x/` before `x.py` and `x-eu/`, as its folders lie: folders and environments of
//! such names work on it as everywhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use promote_tests::bucket;
use promote_tests::project::Project;
use promote_tests::server::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_promote-tested");

#[test]
fn etl_py_beside_etl_moves_and_prod_beside_prod_eu_is_pruned_on_seaweedfs() {
    let server = Server::start("seaweedfs").unwrap();
    let bucket = bucket::fresh(&server).unwrap();
    let mut project = Project::new(PROGRAM).unwrap();
    project.variables = bucket::sign_in(&server);
    let endpoint = &server.endpoint;
    let file = format!(
        "project = \"dags\"\nenvironments = [\"staging\", \"prod\", \"prod-eu\"]\n\n\
         [artifact.dags]\nsource = \"s3://{bucket}/dags/{{sha}}/\"\ntarget = \"s3://{bucket}/live/{{env}}/\"\n\
         prune = true\n\n[env.prod]\nfrom = \"staging\"\n\n[env.prod-eu]\nfrom = \"staging\"\n\n\
         [store.{bucket}]\nendpoint = \"{endpoint}\"\nexpiry = \"5s\"\nallowance = \"1s\"\n"
    );
    project.write("promote.toml", file).unwrap();
    for (version, gone) in [("one", "etl-old.py"), ("two", "etl-older.py")] {
        let commit = project.commit("release.txt", version, &format!("feat: {version}")).unwrap();
        for path in ["etl/daily.py", "etl/daily/a.py", "etl/daily.sql", "etl.py", "etl-eu/x.py", gone] {
            let path = project.folder().join("build").join(version).join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, version).unwrap();
        }
        project.done(&["publish", &format!("build/{version}"), "--yes"]).unwrap();
        for environment in ["staging", "prod", "prod-eu"] {
            project.done(&["to", environment, &commit, "--yes"]).unwrap();
        }
        project.done(&["verify", "--ledger"]).unwrap();
    }
    let shown = project.document(&["prune"]).unwrap();
    assert_eq!(shown["releases"].as_array().unwrap().len(), 2, "{shown}");
}
