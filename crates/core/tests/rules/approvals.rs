//! `approvals`: whose word counts, for what, and for how long.

use crate::facts::{Case, hours, now, release};
use crate::stage::{commit, name};
use insta::assert_snapshot;
use promote_core::config::StrengthLevel;
use promote_core::digest::Digest;
use promote_core::ledger::{Answer, Bound, Replaced, Seq};
use promote_core::port::Author;
use promote_core::vote::{Person, SSH, Vote};
use std::time::Duration;

pub fn person(name: &str) -> Person {
    Person {
        names: vec![name.to_owned()],
        realm: "github".to_owned(),
        strength: StrengthLevel::Verified,
        bot: false,
    }
}

/// What has to be said to b, which replaces a in prod.
pub fn bound() -> Bound {
    Bound {
        environment: name("prod"),
        release: release('b'),
        replaces: Replaced { commit: Some(commit('a')), since: Some(Seq(3)) },
        effect: None,
    }
}

pub fn vote(name: &str) -> Vote {
    Vote {
        person: person(name),
        answer: Answer::Approved,
        bound: Some(bound()),
        at: now() - hours(1),
        reason: None,
        kept: Some((format!("{name:0>32}"), Digest::of(name.as_bytes()))),
        void: None,
    }
}

/// Ann asks; Dora wrote what is new; one approval is asked for.
fn asking() -> Case {
    let mut case = Case::new();
    case.environment.approvals.count = 1;
    let dora = Author {
        name: "Dora D".to_owned(),
        email: "7+dora@users.noreply.github.com".to_owned(),
        login: None,
    };
    case.snapshot.votes.authors = Some(Ok(vec![dora]));
    case
}

fn with(votes: impl IntoIterator<Item = Vote>) -> Case {
    let mut case = asking();
    case.snapshot.votes.votes = votes.into_iter().collect();
    case
}

fn first_line(case: &Case) -> String {
    case.check("approvals").lines().next().unwrap().to_owned()
}

#[test]
fn nothing_is_asked_where_the_file_asks_for_nothing() {
    let mut case = with([]);
    case.environment.approvals.count = 0;
    assert_eq!(case.check("approvals"), "nothing to say");
    assert!(asking().back_to('c').check("approvals").starts_with("skipped"));
}

#[test]
fn what_is_missing_is_one_line_with_who_can_give_it() {
    assert_snapshot!(with([]).check("approvals"), @r#"
    unmet: 0 of 1
    hint: `promote approve prod bbbbbbb` by one more person, with a name that is proven
    {"content":"sha256:bb6923b8d98e0ecfddb93b6f4e35c5d8bf37e056d7bbab3d029ee3fcecc7270a","have":[],"need":1}
    "#);
    let mut case = with([vote("bob")]);
    case.environment.approvals.count = 3;
    case.environment.approvals.from = vec!["bob".to_owned(), "carol".to_owned(), "@acme/leads".to_owned()];
    case.environment.approvals.strength = StrengthLevel::Claimed;
    assert_snapshot!(case.check("approvals"), @r#"
    unmet: 1 of 3: bob (verified)
    hint: `promote approve prod bbbbbbb` by 2 more of bob, carol, @acme/leads
    {"content":"sha256:bb6923b8d98e0ecfddb93b6f4e35c5d8bf37e056d7bbab3d029ee3fcecc7270a","have":[{"at":"2026-01-07T11:00:00Z","id":"00000000000000000000000000000bob","name":"bob","realm":"github","strength":"verified"}],"need":3}
    "#);
}

#[test]
fn enough_people_open_it_and_time_closes_it_again() {
    let mut case = with([vote("bob"), vote("carol")]);
    case.environment.approvals.count = 2;
    case.environment.approvals.expires = Some(Duration::from_secs(4 * 3600));
    assert_snapshot!(case.check("approvals"), @r#"
    met: 2 of 2: bob (verified), carol (verified)
    closes Wed 2026-01-07T15:00Z
    {"content":"sha256:bb6923b8d98e0ecfddb93b6f4e35c5d8bf37e056d7bbab3d029ee3fcecc7270a","have":[{"at":"2026-01-07T11:00:00Z","id":"00000000000000000000000000000bob","name":"bob","realm":"github","strength":"verified"},{"at":"2026-01-07T11:00:00Z","id":"000000000000000000000000000carol","name":"carol","realm":"github","strength":"verified"}],"need":2}
    "#);
    case.environment.approvals.expires = Some(Duration::from_secs(3600));
    assert_snapshot!(first_line(&case), @"unmet: 0 of 2; that of bob does not count: it expired 0s ago; that of carol does not count: it expired 0s ago");
}

#[test]
fn whose_word_does_not_count_is_told_with_the_reason() {
    let one = |change: &dyn Fn(&mut Vote)| {
        let mut vote = vote("bob");
        change(&mut vote);
        first_line(&with([vote]))
    };
    let why = |change: &dyn Fn(&mut Vote)| one(change).split_once("count: ").unwrap().1.to_owned();
    assert_eq!(
        why(&|it| it.person.names = vec!["ann".to_owned()]),
        "who asks for the promotion can't approve it"
    );
    assert_eq!(
        why(&|it| it.person.names = vec!["ANN".to_owned()]),
        "who asks for the promotion can't approve it"
    );
    assert_eq!(
        why(&|it| it.person.names = vec!["dora".to_owned()]),
        "who wrote what is new here can't approve it"
    );
    assert_eq!(why(&|it| it.person.bot = true), "programs approve nothing");
    let claimed = |it: &mut Vote| it.person.strength = StrengthLevel::Claimed;
    assert_eq!(why(&claimed), "the name is claimed, and the file asks for verified");
    assert_eq!(why(&|it| it.void = Some("the key was revoked".to_owned())), "the key was revoked");
    let bytes = |it: &mut Vote| it.bound.as_mut().unwrap().release = release('c');
    assert_eq!(why(&bytes), "it is for other bytes");
    let there = |it: &mut Vote| it.bound.as_mut().unwrap().replaces.commit = Some(commit('c'));
    assert_eq!(why(&there), "it was given to replace ccccccc, and aaaaaaa is there now");
    let again = |it: &mut Vote| it.bound.as_mut().unwrap().replaces.since = Some(Seq(1));
    assert_eq!(why(&again), "what it was given to replace (aaaaaaa) was moved again since");
    // What was said of another environment that reads the target is no matter of this one.
    let uat = |it: &mut Vote| it.bound.as_mut().unwrap().environment = name("uat");
    assert_eq!(one(&uat), "unmet: 0 of 1");
}

#[test]
fn who_wrote_it_must_be_known_unless_the_file_lets_them() {
    let mut case = with([vote("bob")]);
    case.snapshot.votes.authors = Some(Err("this clone lacks commits".to_owned()));
    assert_eq!(
        first_line(&case),
        "unmet: 0 of 1; that of bob does not count: who wrote what is new here is not known: this clone lacks commits"
    );
    case.environment.approvals.own = true;
    assert_eq!(first_line(&case), "met: 1 of 1: bob (verified)");
    case.snapshot.votes.votes = vec![vote("ann")];
    assert_eq!(first_line(&case), "met: 1 of 1: ann (verified)");
}

#[test]
fn an_account_does_not_count_where_nobody_tells_whose_accounts_wrote_it() {
    let untold = Some(("github".to_owned(), "the forge does not answer".to_owned()));
    let mut keyed = vote("carol");
    (keyed.person.realm, keyed.person.names) = ("ssh".to_owned(), vec!["carol@example.com".to_owned()]);
    for (mut case, counts) in [(with([vote("bob")]), false), (with([keyed.clone()]), true)] {
        case.snapshot.votes.untold_accounts = untold.clone();
        let said = first_line(&case);
        assert_eq!(said.starts_with("met"), counts, "{said}");
        assert_eq!(said.contains("is not known: the forge does not answer"), !counts, "{said}");
    }
    // A plain name that a key has is an account's.
    keyed.person.names = vec!["carol".to_owned()];
    let mut case = with([keyed]);
    case.snapshot.votes.untold_accounts = untold;
    assert!(first_line(&case).starts_with("unmet"), "{}", first_line(&case));
}

#[test]
fn only_those_who_are_named_count_and_a_team_that_can_not_be_read_closes_the_gate() {
    let mut case = with([vote("bob")]);
    case.environment.approvals.from = vec!["carol".to_owned()];
    assert!(first_line(&case).ends_with("only approvals of carol count"), "{}", first_line(&case));
    case.environment.approvals.from = vec!["@acme/leads".to_owned()];
    assert!(first_line(&case).ends_with("who is in @acme/leads was not looked up"), "{}", first_line(&case));
    let teams = &mut case.snapshot.votes.teams;
    teams.insert("@acme/leads".to_owned(), Err("403: the token lacks `read:org`".to_owned()));
    assert!(first_line(&case).ends_with("can't be told: 403: the token lacks `read:org`"));
    let teams = &mut case.snapshot.votes.teams;
    teams.insert("@acme/leads".to_owned(), Ok(vec!["carol".to_owned()]));
    assert!(first_line(&case).ends_with("only approvals of @acme/leads count"), "{}", first_line(&case));
    let teams = &mut case.snapshot.votes.teams;
    teams.insert("@acme/leads".to_owned(), Ok(vec!["Bob".to_owned()]));
    assert_eq!(first_line(&case), "met: 1 of 1: bob (verified)");
}

#[test]
fn a_person_counts_once_whatever_they_say_and_are_called() {
    let mut case = with([vote("bob"), vote("bob"), vote("BOB")]);
    case.environment.approvals.count = 2;
    assert!(first_line(&case).starts_with("unmet: 1 of 2: bob (verified)"), "{}", first_line(&case));
    let key = Person {
        names: vec!["bob@acme.com".to_owned()],
        realm: SSH.to_owned(),
        strength: StrengthLevel::Signed,
        bot: false,
    };
    case.snapshot.votes.votes = vec![vote("bob"), Vote { person: key.clone(), ..vote("x") }];
    assert!(first_line(&case).contains("names that may be one person's count once"), "{}", first_line(&case));
    let named = Person { names: vec!["carol@acme.com".to_owned(), "carol".to_owned()], ..key };
    case.snapshot.votes.votes = vec![vote("bob"), Vote { person: named, ..vote("x") }];
    assert_eq!(first_line(&case), "met: 2 of 2: bob (verified), carol@acme.com (signed)");
}

#[test]
fn a_rejection_ends_what_was_said_before_it() {
    let no = Vote {
        answer: Answer::Rejected,
        at: now() - hours(1) + chrono::TimeDelta::minutes(10),
        reason: Some("the migration is not ready".to_owned()),
        ..vote("carol")
    };
    let case = with([vote("bob"), no.clone()]);
    assert_snapshot!(case.check("approvals"), @r#"
    unmet: 0 of 1; rejected by carol (verified): the migration is not ready; that of bob does not count: carol rejected it afterwards
    hint: `promote approve prod bbbbbbb --reason TEXT` by one more person, with a name that is proven
    {"content":"sha256:bb6923b8d98e0ecfddb93b6f4e35c5d8bf37e056d7bbab3d029ee3fcecc7270a","have":[],"need":1,"void":[{"at":"2026-01-07T11:00:00Z","id":"00000000000000000000000000000bob","name":"bob","realm":"github","strength":"verified","why":"carol rejected it afterwards"}]}
    "#);
    let later = Vote { at: now(), ..vote("bob") };
    assert!(
        first_line(&with([no.clone(), later.clone()])).contains("follows a rejection and gives no reason")
    );
    let reasoned = Vote { reason: Some("it is ready now".to_owned()), ..later };
    assert_eq!(first_line(&with([no.clone(), reasoned.clone()])), "met: 1 of 1: bob (verified)");
    // Whatever it would have replaced: it was said of these bytes.
    let mut other = no.clone();
    other.bound.as_mut().unwrap().replaces.since = Some(Seq(1));
    assert!(first_line(&with([vote("bob"), other])).starts_with("unmet"));
    let mut elsewhere = no;
    elsewhere.bound.as_mut().unwrap().release = release('c');
    assert!(first_line(&with([vote("bob"), elsewhere])).starts_with("met"));
}

#[test]
fn what_can_not_be_read_closes_the_gate() {
    let mut case = with([vote("bob")]);
    case.snapshot.votes.unread = vec!["`x.json` can't be read as an approval: it is none".to_owned()];
    assert_snapshot!(case.check("approvals"), @r#"
    unmet: 1 of 1: bob (verified); `x.json` can't be read as an approval: it is none
    hint: make it readable, or say why it may go past: `--override approvals --reason TEXT`
    {"content":"sha256:bb6923b8d98e0ecfddb93b6f4e35c5d8bf37e056d7bbab3d029ee3fcecc7270a","have":[{"at":"2026-01-07T11:00:00Z","id":"00000000000000000000000000000bob","name":"bob","realm":"github","strength":"verified"}],"need":1}
    "#);
    assert!(case.overriding("approvals").check("approvals").starts_with("overridden"));
}

#[test]
fn each_environment_that_moves_along_asks_for_its_own() {
    let mut case = with([vote("bob")]);
    let mut training = case.environment.clone();
    training.name = name("training");
    training.from.clear();
    case.config.environments.insert(name("training"), training);
    case.config.lanes = vec![promote_core::config::Lane {
        name: "prod".parse().unwrap(),
        environments: vec![name("prod"), name("training")],
    }];
    case.request.include = vec![name("training")];
    let findings = case.findings();
    let asked: Vec<(bool, &str)> = findings
        .iter()
        .filter(|finding| finding.rule == "approvals")
        .map(|finding| (finding.passes(), finding.detail.as_str()))
        .collect();
    assert_eq!(asked, [(true, "1 of 1: bob (verified)"), (false, "training: 0 of 1")]);
}
