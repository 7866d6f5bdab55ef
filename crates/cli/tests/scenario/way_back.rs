//! The way back after a rollback that did not succeed either: it leads to what was verified, never to what was got away
//! from; and where nothing is left, the way on is told. Each line's hints are tried in a copy of its state.

use crate::stage::{CONFIG, Next, Stage, commit};
use promote_core::exit::ExitStatus;

/// Staging, which is deployed and goes back by itself, runs the last of these; all are verified there.
fn staged(digits: &[char]) -> Stage {
    let config =
        CONFIG.replace("[env.staging]\n", "[env.staging]\ndeploy = \"./dep\"\non-failure = \"rollback\"\n");
    let mut stage = Stage::empty(&config);
    for digit in digits {
        stage.publish(*digit, &format!("work on {digit}"));
        stage.quietly(&format!("promote to staging {} --yes", commit(*digit)));
    }
    stage
}

/// One more is moved: it fails, and so does what comes back.
fn twice(stage: &mut Stage, digit: char) -> String {
    stage.publish(digit, "breaks it");
    stage.step(Next::Fails);
    stage.step(Next::Fails);
    let (status, out, err) = stage.run(&format!("promote to staging {} --yes", commit(digit)));
    assert_eq!(status, ExitStatus::DeployFailed, "{out}{err}");
    assert!(err.contains("but that deployment failed too"), "{err}");
    err
}

#[test]
fn after_a_failed_rollback_the_way_back_is_the_newest_verified_release_that_was_not_rolled_back() {
    let mut stage = staged(&['a', 'b']);
    let err = twice(&mut stage, 'c');
    assert!(err.contains("`promote rollback staging` goes further back, to aaaaaaa"), "{err}");
    let (_, out, err) = stage.run("promote status staging");
    let told = format!("{out}{err}");
    assert!(told.contains("`promote rollback staging` puts back what was there before"), "{told}");
    assert!(!told.contains("--to ccccccc"), "{told}");
    let (status, out, err) = stage.run("promote rollback staging --yes");
    assert_eq!(status, ExitStatus::Ok, "{out}{err}");
    assert!(out.contains("staging runs aaaaaaa again"), "{out}{err}");
}

#[test]
fn where_no_release_is_left_to_go_back_to_the_way_on_is_told() {
    let mut stage = staged(&['a']);
    let on = "staging has no other verified release that was not rolled back: publish one with a fix";
    let err = twice(&mut stage, 'b');
    assert!(err.contains(on), "{err}");
    let (_, out, err) = stage.run("promote status staging");
    assert!(format!("{out}{err}").contains(on), "{out}{err}");
    let (status, _, err) = stage.run("promote rollback staging --yes");
    assert_eq!(status, ExitStatus::Missing, "{err}");
    assert!(!err.contains("bbbbbbb"), "{err}");
}

#[test]
fn what_moves_by_itself_tells_the_same_way() {
    for (digits, told) in [
        (&['a', 'b'][..], "`promote rollback staging` goes further back, to aaaaaaa"),
        (&['b'][..], "staging has no other verified release that was not rolled back"),
    ] {
        let mut stage = staged(digits);
        stage.publish('c', "breaks it");
        stage.step(Next::Fails);
        stage.step(Next::Fails);
        let (status, out, err) = stage.run("promote advance");
        assert_eq!(status, ExitStatus::DeployFailed, "{out}{err}");
        let shown = format!("{out}{err}");
        assert!(shown.contains("bbbbbbb was put back, but did not succeed either"), "{shown}");
        assert!(shown.contains(told), "{shown}");
    }
}
