//! Which addresses are told, and which are not.

use super::*;
use promote_core::config::{ReadContext, read};

fn environment(notify: &str) -> Environment {
    let text = format!(
        "project = \"shop\"\nenvironments = [\"prod\"]\nsource = \"s3://acme/{{sha}}.zip\"\n\
         target = \"s3://acme/{{env}}.zip\"\nnotify = {{ {notify} }}\n"
    );
    let context = ReadContext {
        default_project: None,
        variables: &|_| None,
        version: "0.1.0".parse().unwrap(),
        schemes: &[],
    };
    read(&text, &context).unwrap().0.environments.into_values().next().unwrap()
}

fn found(notify: &str, kind: &'static str, variables: &[(&str, &str)]) -> Result<String, String> {
    let variables: Variables = variables.iter().copied().collect();
    let trust = Trust::of(&variables).unwrap();
    let receiver = Receiver::of(&environment(notify), kind, &Surroundings { variables, trust })?;
    Ok(format!("{receiver} {receiver:?}"))
}

#[test]
fn a_host_in_a_variable_is_chosen_and_one_in_the_file_must_be_allowed() {
    let canary = "https://hooks.acme.example/services/T0/canary0123456789canary";
    for (notify, kind, variables, ends) in [
        ("slack = \"$HOOK\"", SLACK, vec![("HOOK", canary)], "Ok"),
        ("webhook = \"$HOOK\"", WEBHOOK, vec![("HOOK", canary)], "Ok"),
        ("slack = \"$HOOK\"", SLACK, vec![], "the variable `HOOK` is not set"),
        ("slack = \"$HOOK\"", SLACK, vec![("HOOK", "http://acme.example/x")], "only https addresses"),
        (
            "slack = \"$HOOK\"",
            SLACK,
            vec![("HOOK", "https://me:canary@acme.example/x")],
            "only https addresses",
        ),
        ("slack = \"$HOOK\"", SLACK, vec![("HOOK", "http://127.0.0.1:9/x")], "Ok"),
        ("slack = \"$CI_COMMIT_TITLE\"", SLACK, vec![("CI_COMMIT_TITLE", canary)], "nobody has allowed"),
        ("webhook = \"https://in.file.example/x\"", WEBHOOK, vec![], "nobody has allowed"),
        (
            "webhook = \"https://in.file.example/x\"",
            WEBHOOK,
            vec![("PROMOTE_TRUST_HOSTS", "in.file.example")],
            "Ok",
        ),
        ("webhook = \"https://in.file.example/x\"", SLACK, vec![], "names no slack"),
    ] {
        let end = found(notify, kind, &variables);
        let shown = format!("{end:?}");
        assert!(shown.contains(ends), "{notify} {variables:?}: {shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
