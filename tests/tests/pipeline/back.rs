//! A stage of a pipeline goes back to what succeeded in it before, while the target stays.

use super::stage::Stage;
use promote_tests::forge_fake::{ForgeFake, TOKEN};
use serde_json::Value;

#[test]
fn a_stage_goes_back_and_the_ledger_says_that_the_release_did_not_hold() {
    let mut stage = Stage::new().watched().published();
    assert_eq!(stage.run(&["to", "uat", "--yes"]).code, Some(0));
    // There is nothing before the first.
    let alone = stage.run(&["watch", "uat", "--rollback-stage", "Deploy", "--yes"]);
    assert_eq!(alone.code, Some(5), "{alone:?}");
    assert!(alone.err.contains("no earlier execution"), "{}", alone.err);

    let second = stage.project.commit("app.txt", "two\n", "feat: more").unwrap();
    stage.project.done(&["publish", "--commit", &second]).unwrap();
    let forge = ForgeFake::start(std::slice::from_ref(&second)).unwrap();
    let file = std::fs::read_to_string(stage.project.folder().join("promote.toml")).unwrap();
    stage.project.write("promote.toml", format!("{file}\n{}", forge.table("github"))).unwrap();
    for name in ["GITHUB_TOKEN", "GH_TOKEN", "CI"] {
        stage.project.variables.insert(name.to_owned(), String::new());
    }
    stage.project.variables.insert("PROMOTE_FORGE_TOKEN".to_owned(), TOKEN.to_owned());
    let shown = || forge.rows().iter().map(|row| row.state().to_owned()).collect::<Vec<_>>();
    assert_eq!(stage.run(&["to", "uat", "--yes"]).code, Some(0));
    assert_eq!(shown(), ["success"]);
    let (held, asked) = (stage.version("shop/uat.zip"), stage.fake.requests().len());
    for (arguments, code, word) in [
        (&["--rollback-stage", "Deplo", "--yes"][..], 5, "did you mean `Deploy`?"),
        (&["--rollback-stage", "Deploy"], 2, "must be confirmed"),
        (&["--rollback-stage", "Deploy", "--pipeline", "shop-prod", "--yes"], 5, "shop-uat"),
        (&["--rollback-stage", "Deploy", "--approve", "Approve/Manual"], 2, "--approve"),
        (&["--yes"], 2, "--rollback-stage"),
        (&["--rollback-stage", "Deploy", "--dry-run"], 0, "goes back from execution"),
    ] {
        let said = stage.run(&[&["watch", "uat"], arguments].concat());
        println!("{}", said.err);
        assert_eq!(said.code, Some(code), "{said:?}");
        assert!(said.err.contains(word), "{word}: {}", said.err);
    }
    assert_eq!(shown(), ["success"]);
    let later = stage.fake.requests().split_off(asked);
    assert!(later.iter().all(|(operation, _)| operation != "RollbackStage"), "{later:?}");

    let said = stage.run(&["watch", "uat", "--rollback-stage", "Deploy", "--comment", "error rate", "--yes"]);
    println!("{}{}", said.err, said.out);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(shown(), ["failure"], "the page of the environment says that it did not hold");
    let last = forge.rows()[0].statuses.last().unwrap()["description"].to_string();
    assert!(last.contains("a stage of its pipeline went back"), "{last}");
    assert!(said.err.contains(&format!("({} to uat by alice", &stage.commit[..7])), "{}", said.err);
    let bodies: Vec<Value> = stage
        .fake
        .requests()
        .into_iter()
        .filter(|(operation, _)| operation == "RollbackStage")
        .map(|(_, body)| body)
        .collect();
    let first = stage
        .fake
        .executions("shop-uat")
        .iter()
        .filter(|one| one["trigger"]["triggerType"] != "ManualRollback")
        .map(|one| one["pipelineExecutionId"].clone())
        .next_back()
        .unwrap();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(
        (&bodies[0]["stageName"], &bodies[0]["targetPipelineExecutionId"]),
        (&"Deploy".into(), &first)
    );
    // The target is as it was; the ledger says why, by whom, and lets the release go no further.
    assert_eq!(stage.version("shop/uat.zip"), held);
    let history = stage.project.document(&["history", "uat"]).unwrap();
    assert_eq!(history["entries"][0]["result"], "failed", "{history}");
    assert_eq!(stage.run(&["to", "prod", "--yes"]).code, Some(3));
    stage.project.done(&["verify", "--ledger"]).unwrap();
    // Back as a whole.
    assert_eq!(stage.run(&["rollback", "uat", "--yes"]).code, Some(0));
    let status = stage.project.document(&["status", "uat"]).unwrap();
    assert_eq!(status["environments"][0]["running"]["sha"], stage.commit.as_str());
}
