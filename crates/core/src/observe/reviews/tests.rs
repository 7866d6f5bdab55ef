//! Histories of a pull request, and what the reviews in them come to: one that is older than the last commit with content
//! never counts.

use super::*;

fn commit(name: &str) -> CommitId {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits:0<40}").parse().unwrap()
}

fn account(name: &str, id: &str) -> Account {
    Account { id: id.to_owned(), login: name.to_owned(), bot: false }
}

/// A pull request to main by ann, written down as it grew: `c1 <m0` is a commit and what it follows, `M1 <c1 <m1` a merge that
/// adds nothing, `m1` and the like are the base's; `+bob@c1` is an approval, `-bob@c1` one of changes requested, `~` a
/// comment, `x` what was dismissed.
fn request(history: &str, head: &str, merged_as: &[&str]) -> ChangeRequest {
    let mut found = ChangeRequest {
        name: "#12".to_owned(),
        base: "main".to_owned(),
        to_default: true,
        by: Some(account("ann", "1")),
        head: commit(head),
        merged_as: merged_as.iter().map(|name| commit(name)).collect(),
        abandoned: false,
        commits: Vec::new(),
        reviews: Vec::new(),
    };
    for (minute, step) in history.split(", ").enumerate() {
        let state = match &step[..1] {
            "+" => ReviewState::Approved,
            "-" => ReviewState::ChangesRequested,
            "~" => ReviewState::Commented,
            "x" => ReviewState::Dismissed,
            _ => {
                let mut names = step.split(" <");
                let id = names.next().unwrap();
                let parents = names.map(commit).collect();
                found.commits.push(ReviewedCommit { id: commit(id), parents });
                continue;
            }
        };
        let (name, seen) = step[1..].split_once('@').unwrap();
        found.reviews.push(Review {
            by: (name != "ghost")
                .then(|| account(name, &format!("id-{}", name.trim_end_matches("-renamed")))),
            state,
            head: (seen != "?").then(|| commit(seen)),
            at: chrono::DateTime::from_timestamp(1_700_000_000 + 60 * minute as i64, 0).unwrap(),
            may_write: name != "reader",
        });
    }
    found
}

/// What the repository says of the merges.
fn mere() -> BTreeSet<CommitId> {
    BTreeSet::from([commit("M1")])
}

/// The people whose review counts, and the reasons of the others.
fn counted(request: &ChangeRequest, released: &str) -> (Vec<String>, Vec<String>) {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for vote in votes("github", (std::slice::from_ref(request), &mere()), &commit(released), &[]) {
        assert_eq!(
            (vote.answer, &vote.bound, vote.person.strength),
            (Answer::Approved, &None, StrengthLevel::Verified)
        );
        match vote.void {
            None => yes.push(vote.person.name().to_owned()),
            Some(why) => no.push(format!("{}: {why}", vote.person.name())),
        }
    }
    (yes, no)
}

#[test]
fn a_review_older_than_the_last_commit_with_content_never_counts() {
    /// The history, its newest commit, what is released, who counts, and why others do not.
    type Case = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);
    let ids = |text: &str| {
        ["c1", "c2", "c3", "s1", "e1"].iter().fold(text.to_owned(), |text, id| {
            text.replace(commit(id).as_str(), id).replace(commit(id).short(7), id)
        })
    };
    let cases: [Case; 12] = [
        ("c1 <m0, c2 <c1, +bob@c2", "c2", "merge", &["bob"], &[]),
        (
            "c1 <m0, +bob@c1, c2 <c1",
            "c2",
            "merge",
            &[],
            &["bob: the review of #12 is older than c2, which came after it"],
        ),
        ("c1 <m0, +bob@c1, M1 <c1 <m1", "M1", "merge", &["bob"], &[]),
        (
            "c1 <m0, +bob@c1, M1 <c1 <m1, c2 <M1",
            "c2",
            "merge",
            &[],
            &["bob: the review of #12 is older than c2, which came after it"],
        ),
        // One of which the repository does not show that it adds nothing may hold anything.
        (
            "c1 <m0, +bob@c1, e1 <c1 <m1",
            "e1",
            "merge",
            &[],
            &[
                "bob: the review of #12 is older than the merge e1, of which this repository does not show that it adds nothing (where it lacks it, `git fetch origin e1` brings it)",
            ],
        ),
        // So may a branch that was merged in afterwards.
        (
            "c1 <m0, s1 <m0, +bob@c1, M1 <c1 <s1",
            "M1",
            "merge",
            &[],
            &["bob: the review of #12 is older than s1, which came after it"],
        ),
        // After a force push the reviewed commit is no part of it.
        (
            "c2 <m0, +bob@c1",
            "c2",
            "merge",
            &[],
            &["bob: the review of #12 is of c1, which is no part of it any more"],
        ),
        (
            "c1 <m0, c2 <c1, +bob@c2, c3 <c1",
            "c3",
            "merge",
            &[],
            &["bob: the review of #12 is of c2, which is no part of it any more"],
        ),
        (
            "c1 <m0, +bob@c1, +carol@c1, -bob@c1, ~carol@c1",
            "c1",
            "merge",
            &["carol"],
            &["bob: they requested changes of #12 afterwards"],
        ),
        (
            "c1 <m0, -bob@c1, c2 <c1, +bob@c2, xcarol@c2",
            "c2",
            "merge",
            &["bob"],
            &["carol: the review of #12 was dismissed"],
        ),
        (
            "c1 <m0, +bob@c1, +bob-renamed@c1, +ghost@c1, +reader@c1",
            "c1",
            "merge",
            &["bob-renamed"],
            &[
                "ghost: the account that reviewed #12 is gone",
                "reader: who reviewed #12 may not write to the repository",
            ],
        ),
        // What is released is neither its end nor what it was merged as.
        (
            "c1 <m0, c2 <c1, +bob@c2, +carol@?",
            "c2",
            "c1",
            &[],
            &[
                "bob: c1 is in #12, but is neither its end nor what it was merged as",
                "carol: the review of #12 does not tell which commit was reviewed",
            ],
        ),
    ];
    for (history, head, released, yes, no) in cases {
        let request = request(history, head, &["merge"]);
        let (found, why) = counted(&request, released);
        let why: Vec<String> = why.iter().map(|one| ids(one)).collect();
        assert_eq!(found, yes, "{history}: {why:?}");
        assert_eq!(why, no, "{history}");
        if released == "merge" {
            // The same before it is merged.
            assert_eq!(counted(&request, head).0, yes, "{history}");
        }
    }
}

#[test]
fn a_request_to_another_branch_and_one_that_was_closed_open_nothing() {
    let mut aside = request("c1 <m0, +bob@c1", "c1", &["merge"]);
    (aside.base, aside.to_default) = ("work".to_owned(), false);
    let (yes, no) = counted(&aside, "c1");
    assert_eq!((yes.len(), no.len()), (0, 1));
    assert!(no[0].contains("#12 goes to `work`, which `branch` does not name"), "{no:?}");
    let named = votes("github", (&[aside.clone()], &mere()), &commit("c1"), &[Some("work".to_owned())]);
    assert_eq!(named[0].void, None);
    aside.abandoned = true;
    assert!(votes("github", (&[aside], &mere()), &commit("c1"), &[Some("work".to_owned())]).is_empty());
}

#[test]
fn programs_are_known_as_such_and_whoever_opened_it_had_a_part_in_it() {
    let mut mine = request("c1 <m0, +dependabot[bot]@c1, +helper@c1", "c1", &[]);
    mine.reviews[1].by.as_mut().unwrap().bot = true;
    let bots: Vec<bool> = votes("github", (&[mine.clone()], &mere()), &commit("c1"), &[])
        .iter()
        .map(|vote| vote.person.bot)
        .collect();
    assert_eq!(bots, [true, true]);
    assert_eq!(openers(&[mine])[0].login.as_deref(), Some("ann"));
}
