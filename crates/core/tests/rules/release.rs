//! What must hold of the release itself: `blocked`, `doomed`, `branch`, `versions`, `notes`, `order`, `needs`, `expiry`.

use crate::facts::{Case, hours, now, open, release, was};
use insta::assert_snapshot;
use promote_core::ledger::Action;
use promote_core::ledger::Block;
use promote_core::snapshot::Doom;

#[test]
fn a_blocked_release_goes_nowhere() {
    let mut case = Case::new();
    assert_eq!(case.check("blocked"), "nothing to say");
    case.snapshot.candidate.blocked =
        Some(Block { reason: "loses orders".to_owned(), by: "bob".to_owned(), at: now() });
    assert_snapshot!(case.check("blocked"), @r#"
    unmet: bbbbbbb was blocked by bob: loses orders
    hint: `promote unblock bbbbbbb` lifts it
    {"by":"bob","reason":"loses orders"}
    "#);
    // Not even back.
    assert!(case.back_to('b').check("blocked").starts_with("unmet"));
}

#[test]
fn a_doomed_release_goes_nowhere_and_is_finished_where_it_was_begun() {
    let mut case = Case::new();
    assert_eq!(case.check("doomed"), "nothing to say");
    let said = Block { reason: "retention will remove it".to_owned(), by: "eve".to_owned(), at: now() };
    case.snapshot.candidate.doomed = Some(Doom { said: said.clone(), begun: false });
    assert_snapshot!(case.check("doomed"), @r#"
    unmet: bbbbbbb will be deleted by retention, as eve said
    hint: `promote pin bbbbbbb --reason TEXT` keeps it
    {"begun":false,"by":"eve"}
    "#);
    assert!(case.overriding("doomed").check("doomed").starts_with("unmet"), "nobody goes past it");
    case.state().open = Some(open('b', Action::Promote));
    case.request.take_over = promote_core::request::TakeOver::Confirmed;
    assert_eq!(case.check("doomed"), "nothing to say");
    case.snapshot.candidate.doomed = Some(Doom { said, begun: true });
    assert_snapshot!(case.check("doomed"), @r#"
    unmet: the artifacts of bbbbbbb are being deleted, or are gone
    hint: `promote show bbbbbbb` tells; a new commit can be published
    {"begun":true,"by":"eve"}
    "#);
    // Not even back.
    assert!(case.back_to('b').check("doomed").starts_with("unmet"));
}

#[test]
fn the_commit_is_on_the_branch_or_nobody_knows() {
    let mut case = Case::new();
    assert_eq!(case.check("branch"), "nothing to say");
    case.environment.branch = Some("main".to_owned());
    assert_snapshot!(case.check("branch"), @r#"
    unmet: whether bbbbbbb is on main is not known
    hint: run it in a clone that has the branch (`git fetch --unshallow`)
    "#);
    case.snapshot.candidate.on_branch = Some(true);
    assert_snapshot!(case.check("branch"), @"met: bbbbbbb is on main");
    case.snapshot.candidate.on_branch = Some(false);
    assert_snapshot!(case.check("branch"), @r#"
    unmet: bbbbbbb is not on main
    hint: merge it to main, and publish what comes of that
    "#);
    // What was true when it was published counts only where the repository can't tell.
    case.snapshot.candidate.manifest.branches = vec!["main".to_owned()];
    assert!(case.check("branch").starts_with("unmet"));
    case.snapshot.candidate.on_branch = None;
    assert_snapshot!(case.check("branch"), @"met: bbbbbbb was on main when it was published");
    case.snapshot.candidate.manifest.branches = vec!["main2".to_owned()];
    assert!(case.check("branch").starts_with("unmet"));
    assert_snapshot!(case.back_to('c').check("branch"), @"skipped: a release verified here before may always come back");
}

#[test]
fn numbers_meet_the_requirement() {
    let check = |need: &str, version: Option<&str>, tags: &[&str]| {
        let mut case = Case::new();
        case.environment.versions = Some(need.parse().unwrap());
        case.snapshot.candidate.manifest.version = version.map(str::to_owned);
        case.snapshot.candidate.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        case.check("versions")
    };
    for (need, version, tags, verdict) in [
        (">=1.4, <2", Some("1.4.0"), &[][..], "met: 1.4.0 meets"),
        (">=1.4, <2", None, &["v1.9.9"], "met: 1.9.9 meets"),
        (">=1.4, <2", Some("1.3.9"), &[], "unmet: 1.3.9 does not meet"),
        (">=1.4, <2", Some("2.0.0"), &[], "unmet: 2.0.0 does not meet"),
        // A pre-release counts only where the requirement names one of the same number.
        (">=1.4, <2", Some("1.5.0-rc.1"), &[], "unmet: 1.5.0-rc.1 does not meet"),
        (">=1.5.0-rc.1", Some("1.5.0-rc.1"), &[], "met: 1.5.0-rc.1 meets"),
        (">=1.5.0-rc.1", Some("1.6.0-rc.1"), &[], "unmet: 1.6.0-rc.1 does not meet"),
        // Of several numbers, the release is one: a stable one before a pre-release, then the highest.
        (">=1.4, <2", Some("2.0.0"), &["v1.4.2", "nightly"], "unmet: 2.0.0 does not meet"),
        (">=1.4, <2", Some("1.4.0-rc.1"), &["v1.4.0-rc.1", "v1.4.0"], "met: 1.4.0 meets"),
        (">=1.4, <2", None, &["2.0.0-beta", "v1.10.0"], "met: 1.10.0 meets"),
        (">=1.4, <2", None, &["nightly", "v1", "1.4", "vv1.4.0"], "unmet: bbbbbbb has no version number"),
        (">=1.4, <2", None, &[], "unmet: bbbbbbb has no version number"),
    ] {
        let said = check(need, version, tags);
        assert!(said.starts_with(verdict), "{need} {version:?} {tags:?}: {said}");
    }
    assert_snapshot!(check(">=1.4, <2", Some("1.3.9"), &[]), @r#"
    unmet: 1.3.9 does not meet >=1.4, <2
    {"have":"1.3.9","need":">=1.4, <2"}
    "#);
    assert_snapshot!(check(">=1.4, <2", None, &[]), @r#"
    unmet: bbbbbbb has no version number, >=1.4, <2 is needed
    hint: tag it (`git tag vX.Y.Z bbbbbbb`) and ask again from that repository
    {"need":">=1.4, <2"}
    "#);
    assert_eq!(Case::new().check("versions"), "nothing to say");
    let mut case = Case::new();
    case.back_to('c').environment.versions = Some(">=1".parse().unwrap());
    assert!(case.check("versions").starts_with("skipped"));
}

#[test]
fn notes_are_given_and_say_something() {
    let mut case = Case::new();
    assert_eq!(case.check("notes"), "nothing to say");
    case.environment.notes = vec!["ticket".to_owned(), "risk".to_owned()];
    assert_snapshot!(case.check("notes"), @r#"
    unmet: ticket, risk are not given
    hint: give it with `--note "ticket=…" --note "risk=…"`
    {"missing":["ticket","risk"]}
    "#);
    case.request.notes.insert("ticket".to_owned(), "OPS-7".to_owned());
    case.request.notes.insert("risk".to_owned(), " \t\n".to_owned());
    assert_snapshot!(case.check("notes"), @r#"
    unmet: risk is not given
    hint: give it with `--note "risk=…"`
    {"missing":["risk"]}
    "#);
    case.request.notes.insert("risk".to_owned(), "none".to_owned());
    assert_snapshot!(case.check("notes"), @"met: ticket, risk given");
    assert!(case.back_to('c').check("notes").starts_with("skipped"));
}

/// What a rollback would be refused for is named with it.
#[test]
fn the_way_back_to_an_older_release_is_a_command_that_works() {
    let mut case = Case::new();
    case.snapshot.candidate.manifest.committed_at = Some(now() - hours(2000));
    case.state().trail.push(was('b', 90, 60, Some(90)));
    let plain = "hint: `promote rollback prod --to bbbbbbb` goes back";
    assert!(case.check("order").contains(plain), "{}", case.check("order"));
    case.snapshot.candidate.blocked =
        Some(Block { reason: "loses orders".to_owned(), by: "bob".to_owned(), at: now() });
    case.state().rolled_back = vec![release('b').commit];
    case.snapshot.targets.get_mut("main").unwrap().object = None;
    let past = "hint: `promote rollback prod --to bbbbbbb --override blocked --override rolled-back \
                --override drift --reason TEXT` goes back";
    assert!(case.check("order").contains(past), "{}", case.check("order"));
}

#[test]
fn an_older_release_comes_only_by_a_rollback() {
    assert_snapshot!(Case::new().check("order"), @"met: bbbbbbb is newer than aaaaaaa");
    let mut case = Case::new();
    case.snapshot.candidate.manifest.committed_at = Some(now() - hours(2000));
    assert_snapshot!(case.check("order"), @r#"
    unmet: bbbbbbb is older than aaaaaaa, which is there
    hint: `--override order --reason TEXT` lets an older release come
    {"there":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
    "#);
    assert_eq!(case.back_to('c').check("order"), "nothing to say");
    // Equal times are no order, and unknown ones can't be compared.
    let mut case = Case::new();
    case.snapshot.candidate.manifest.committed_at = release('a').committed_at;
    assert!(case.check("order").starts_with("met: bbbbbbb and aaaaaaa, which is there, were committed at"));
    case.snapshot.candidate.manifest.committed_at = None;
    assert_eq!(case.check("order"), "nothing to say");
    // Nobody asked for it then: it stays, unless it was published after what is there came.
    case.request.automatic = true;
    assert_snapshot!(case.check("order"), @r#"
    unmet: bbbbbbb was published before aaaaaaa came, and nothing else tells which is newer
    hint: automation leaves prod as it is; `promote to prod bbbbbbb` moves it
    {"there":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
    "#);
    case.snapshot.candidate.manifest.at = now() - hours(29);
    assert_eq!(case.check("order"), "nothing to say");
    case.snapshot.candidate.manifest.committed_at = release('a').committed_at;
    assert_snapshot!(case.check("order"), @r#"
    unmet: bbbbbbb and aaaaaaa, which is there, were committed at the same time, and neither is known to come from the other
    hint: automation leaves prod as it is; `promote to prod bbbbbbb` moves it
    {"there":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
    "#);
    let mut case = Case::new();
    case.snapshot.head = None;
    assert_eq!(case.check("order"), "nothing to say");
}

#[test]
fn ancestry_decides_which_of_two_is_older_and_times_only_where_it_is_not_known() {
    use promote_core::snapshot::Descent;
    let times = |case: &mut Case, descent, old, new| {
        case.snapshot.descent = descent;
        case.state().current.as_mut().unwrap().release.as_mut().unwrap().committed_at = old;
        case.snapshot.candidate.manifest.committed_at = new;
        case.check("order").split(':').next().unwrap().to_owned()
    };
    let mut case = Case::new();
    let (early, late) = (Some(now() - hours(9)), Some(now() - hours(1)));
    for (old, new) in [(early, early), (early, late), (late, early), (None, None), (early, None)] {
        assert_eq!(times(&mut case, Some(Descent::Earlier), old, new), "unmet", "{old:?} {new:?}");
        assert_eq!(times(&mut case, Some(Descent::Later), old, new), "met", "{old:?} {new:?}");
    }
    assert_eq!(times(&mut case, None, late, early), "unmet");
    assert_eq!(times(&mut case, None, early, early), "met");
}

#[test]
fn what_is_needed_must_be_there() {
    let mut case = Case::new();
    assert_eq!(case.check("needs"), "nothing to say");
    case.snapshot.needs = vec![("ghcr.io/acme/base:1".parse().unwrap(), None)];
    assert_snapshot!(case.check("needs"), @"met: everything it needs is there");
    case.snapshot.needs.push(("memory://m/schema.json".parse().unwrap(), Some("is not there".to_owned())));
    let check = case.check("needs");
    assert!(check.starts_with("unmet: `memory://m/schema.json` is not there"), "{check}");
}

#[test]
fn what_expires_goes_nowhere_where_it_must_stay() {
    let mut case = Case::new();
    assert_eq!(case.check("expiry"), "nothing to say");
    let built = case.snapshot.candidate.manifest.artifacts.get_mut("main").unwrap();
    built.expires = Some("4w".to_owned());
    let check = case.check("expiry");
    assert!(check.starts_with("unmet: ") && check.contains("is labelled to expire after 4w"), "{check}");
    case.environment.tier = promote_core::config::Tier::Test;
    assert!(case.check("expiry").starts_with("met: "), "{}", case.check("expiry"));
    case.environment.tier = promote_core::config::Tier::Production;
    case.request.action = promote_core::ledger::Action::Rollback;
    assert_eq!(case.check("expiry"), "nothing to say");
}
