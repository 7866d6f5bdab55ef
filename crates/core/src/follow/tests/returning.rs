//! What a stage can go back to.

use super::super::{Return, earlier};
use super::script::{Script, action, execution};
use crate::port::pipeline::{ActionStatus, ExecutionStatus, StageNow};
use crate::port::{ErrorKind, ProviderError};
use futures_executor::block_on;
use std::sync::Arc;

use ExecutionStatus::{Failed, InProgress, Succeeded};

/// `Deploy` contains the newest of three executions; the one before it failed in `Deploy`, the first got through.
fn script(newest: ExecutionStatus) -> Script {
    let mut script = Script::new().runs(&[
        (0, 0, execution("first", -900, "v0", Succeeded)),
        (0, 0, execution("second", -600, "v1", Failed)),
        (0, 0, execution("third", -300, "v2", newest)),
    ]);
    script.stages = Arc::new(|_, _| {
        let stage = |name: &str, execution: Option<&str>| StageNow {
            name: name.to_owned(),
            execution: execution.map(str::to_owned),
            ..StageNow::default()
        };
        Ok(vec![stage("Source", Some("third")), stage("Deploy", Some("third")), stage("Smoke", None)])
    });
    script
}

fn found(script: &Script, stage: &str) -> Result<Return, ProviderError> {
    block_on(earlier(script, "billing-prod", stage))
}

#[test]
fn the_newest_that_got_through_the_whole_stage_is_gone_back_to() {
    let mut script = script(Succeeded);
    // The same actions are answered for each execution: told apart by who asks.
    let calls = Arc::clone(&script.calls);
    script.actions = Arc::new(move |_, _| {
        let second = calls.lock().unwrap().last().is_some_and(|call| call.contains("second"));
        let end = if second { ActionStatus::Failed } else { ActionStatus::Succeeded };
        Ok(vec![action("Source", "Zip", ActionStatus::Succeeded), action("Deploy", "CodeDeploy", end)])
    });
    let expected = Return {
        stage: "Deploy".to_owned(),
        from: "third".to_owned(),
        to: "first".to_owned(),
        carried: "promotion of v0".to_owned(),
    };
    assert_eq!(found(&script, "Deploy").unwrap(), expected);
    assert_eq!(script.called("roll back"), 0, "looking changes nothing");
    // In its first stage the second one succeeded.
    assert_eq!(found(&script, "Source").unwrap().to, "second");
}

#[test]
fn what_can_t_be_gone_back_to_is_said() {
    let told = |script: &Script, stage: &str| {
        let error = found(script, stage).unwrap_err();
        (error.kind, error.message.clone(), error.hints.join(" "))
    };
    let script_now = script(Succeeded);
    let (kind, message, hint) = told(&script_now, "Deplo");
    assert_eq!((kind, message.as_str()), (ErrorKind::NotFound, "it has no stage `Deplo`"));
    assert!(hint.contains("did you mean `Deploy`?"), "{hint}");
    let (_, message, _) = told(&script_now, "Smoke");
    assert_eq!(message, "nothing has come to `Smoke` yet");
    // None has an action in the stage.
    let (kind, message, _) = told(&script_now, "Deploy");
    assert_eq!(kind, ErrorKind::NotFound);
    assert_eq!(message, "no earlier execution among the latest got through `Deploy`");
    let (kind, message, _) = told(&script(InProgress), "Deploy");
    assert_eq!((kind, message.as_str()), (ErrorKind::Conflict, "execution third is still at work"));
}
