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
    let on = "staging has no other verified release that may come back: publish one with a fix";
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
        (&['b'][..], "staging has no other verified release that may come back"),
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

#[test]
fn no_hint_leads_back_to_a_release_that_was_blocked_since() {
    let mut stage = staged(&['a', 'b']);
    stage.publish('c', "better");
    stage.quietly("promote block bbbb --reason \"loses orders\"");
    let (status, out, err) = stage.run(&format!("promote to staging {} --yes", commit('c')));
    assert_eq!(status, ExitStatus::Ok, "{err}");
    assert!(out.contains("To undo: `promote rollback staging --to aaaaaaa`"), "{out}{err}");
    stage.quietly("promote block aaaa --reason \"loses orders\"");
    stage.publish('d', "best");
    stage.quietly("promote block cccc --reason \"loses orders\"");
    let (status, out, err) = stage.run(&format!("promote to staging {} --yes", commit('d')));
    assert_eq!(status, ExitStatus::Ok, "{err}");
    assert!(!out.contains("To undo"), "{out}{err}");
    stage.quietly("promote unblock aaaa");
    let (status, _, err) = stage.run("promote rollback staging --to aaaaaaa --yes");
    assert_eq!(status, ExitStatus::Ok, "{err}");
}

#[test]
fn what_was_blocked_is_not_to_be_tried_again() {
    let mut stage = staged(&['a']);
    stage.quietly("promote block aaaa --reason \"loses orders\"");
    stage.publish('b', "breaks it");
    stage.step(Next::Fails);
    let (status, _, err) = stage.run(&format!("promote to staging {} --yes", commit('b')));
    assert_eq!(status, ExitStatus::DeployFailed, "{err}");
    let on = "staging has no other verified release that may come back: publish one with a fix";
    let status = |stage: &Stage| {
        let (_, out, err) = stage.run("promote status staging");
        format!("{out}{err}")
    };
    // It is there, and was not blocked.
    let told = status(&stage);
    assert!(told.contains(on) && told.contains("promote resume staging"), "{told}");
    stage.quietly("promote block bbbb --reason \"loses orders\"");
    let told = status(&stage);
    assert!(told.contains(on) && !told.contains("promote resume"), "{told}");
    assert_eq!(stage.run("promote resume staging --yes").0, ExitStatus::Blocked);
    // Nor is what can't be told how it ended.
    stage.quietly("promote unblock aaaa");
    let told = status(&stage);
    assert!(told.contains("`promote rollback staging` puts back what was there before"), "{told}");
}
