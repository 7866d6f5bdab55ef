//! Who acts, as the pipeline's server vouches for it: in the record, in `doctor`, and when it is asked for.

use crate::stage::Stage;
use insta::assert_snapshot;
use promote_core::exit::ExitStatus;
use promote_core::ledger::Proof;
use promote_providers::identity::{Identity, IdentityToken};
use serde_json::Value;

fn token(unchecked: Option<&str>) -> IdentityToken {
    let claims = [("actor", "alice"), ("repository", "acme/shop"), ("run_id", "42")];
    IdentityToken::Some(Identity {
        issuer: "https://token.actions.githubusercontent.com".to_owned(),
        subject: "repo:acme/shop:environment:prod".to_owned(),
        audience: vec!["promote".to_owned()],
        claims: claims.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        signature: match unchecked {
            None => Ok(Proof::of_checked_signature()),
            Some(why) => Err(why.to_owned()),
        },
    })
}

fn set(stage: &Stage, found: IdentityToken) {
    *stage.outside.actor.lock().unwrap() = "mallory".to_owned();
    *stage.outside.token.lock().unwrap() = found;
}

#[test]
fn the_one_who_is_vouched_for_is_recorded() {
    let stage = Stage::ready();
    set(&stage, token(None));
    stage.quietly("promote to staging cccc --yes");
    let (_, out, _) = stage.run("promote history staging -n 1 --json");
    let history: Value = serde_json::from_str(&out).unwrap();
    let entry = &history["entries"][0];
    assert_eq!(entry["by"], "alice", "{history}");
    let (_, out, _) = stage.run(&format!("promote show {} --json", entry["promotion"].as_str().unwrap()));
    let shown: Value = serde_json::from_str(&out).unwrap();
    let first = &shown["records"][0];
    assert_eq!(first["by_strength"], "verified", "{out}");
    assert_eq!(first["by_details"]["oidc-subject"], "repo:acme/shop:environment:prod", "{out}");
    let (_, page, _) = stage.run(&format!("promote show {}", entry["promotion"].as_str().unwrap()));
    for line in [
        "verified by a token of https://token.actions.githubusercontent.com",
        "called themselves mallory",
        "subject=repo:acme/shop:environment:prod",
        "repository=acme/shop",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
}

#[test]
fn doctor_prints_the_subject_and_what_to_paste() {
    let mut stage = Stage::ready();
    set(&stage, token(None));
    stage.tell("promote doctor");
    set(&stage, token(Some("the issuer's keys can't be had: no answer")));
    stage.tell("promote doctor --json=actor,token");
    assert_snapshot!(stage.transcript());
}

#[test]
fn proof_can_be_asked_for() {
    let mut stage = Stage::ready();
    stage.variables.insert("PROMOTE_REQUIRE_OIDC".to_owned(), "1".to_owned());
    set(&stage, IdentityToken::Bad("the token has expired".to_owned()));
    for line in [
        "promote to staging cccc --yes",
        "promote rollback uat --yes",
        "promote advance",
        "promote freeze uat --reason x --yes",
        "promote hold uat --reason x --yes",
        "promote block cccc --reason x --yes",
    ] {
        let (status, _, err) = stage.run(line);
        assert_eq!(status, ExitStatus::Denied, "{line}: {err}");
        assert!(err.contains("the token has expired"), "{line}: {err}");
    }
    stage.quietly("promote status");
    set(&stage, token(None));
    stage.quietly("promote to staging cccc --yes");
}
