//! What people said to a release, as a rule is asked with it: who, how well that is known, and to what. How many different
//! people they are is told here; which of them count is for the rule `approvals` to say.

use crate::config::StrengthLevel;
use crate::digest::Digest;
use crate::ledger::{Answer, Bound};
use crate::port::Author;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody who said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What they are called, the name that is shown first; one or more. Of a key in the file of signers, every name of it.
    pub names: Vec<String>,
    /// Where the name is one: `github`, `gitlab`, `ssh`, `local-user`, …
    pub realm: String,
    /// How well it is known who it is.
    pub strength: StrengthLevel,
    /// Whether it is a program that acts under a name of its own.
    pub bot: bool,
}

impl Person {
    /// The name that is shown. Foreign text.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Whether they are called so, in whatever case.
    pub fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|known| known.to_lowercase() == name.to_lowercase())
    }

    /// Whether they speak as an account of this forge. A plain name that a key has is an account's.
    pub fn is_account_of(&self, realm: &str) -> bool {
        self.realm == realm || self.names.iter().any(|name| !name.contains('@'))
    }

    /// Whether both may be the same person: they share a name.
    fn shares_a_name(&self, other: &Self) -> bool {
        self.names.iter().any(|name| other.is_called(name))
    }

    /// Whether they wrote a commit, as far as names, addresses and accounts tell.
    pub fn is(&self, author: &Author) -> bool {
        let local = author.email.split('@').next().unwrap_or_default();
        // Forges give people an address such as `1234567+login@users.noreply.github.com` or `1234567-login@…`.
        let login = local.split_once(['+', '-']);
        let login =
            login.filter(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        let known = [
            Some(author.name.as_str()),
            Some(author.email.as_str()),
            Some(local),
            login.map(|(_, login)| login),
            author.login.as_deref(),
        ];
        known.into_iter().flatten().filter(|name| !name.is_empty()).any(|name| self.is_called(name))
    }

    /// Where the person's names are told apart: addresses among addresses, accounts among those of their forge. Two names
    /// of different kinds may be one person's.
    fn kinds<'s>(&'s self, realms: &BTreeSet<&'s str>) -> BTreeSet<&'s str> {
        let mut kinds = BTreeSet::new();
        for name in &self.names {
            match (name.contains('@'), self.realm.as_str()) {
                (true, _) => drop(kinds.insert("@")),
                // A plain name that a key has is an account's, of whichever forge.
                (false, SSH) => kinds.extend(realms),
                (false, realm) => drop(kinds.insert(realm)),
            }
        }
        kinds
    }
}

/// The realm of names that keys have.
pub const SSH: &str = "ssh";

/// How many different people these are for sure. Who shares a name is one person; and of names that can't be compared,
/// such as an account of a forge and an address, only those of one kind count, the kind with the most.
pub fn people(persons: &[&Person]) -> usize {
    let mut groups: Vec<Vec<&Person>> = Vec::new();
    for person in persons {
        let (same, mut other): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.iter().any(|known| known.shares_a_name(person)));
        other.push(same.into_iter().flatten().chain([*person]).collect());
        groups = other;
    }
    let realms: BTreeSet<&str> =
        persons.iter().map(|person| person.realm.as_str()).filter(|realm| *realm != SSH).collect();
    // Where all are keys, plain names are of one kind.
    let realms = if realms.is_empty() { BTreeSet::from([SSH]) } else { realms };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for group in &groups {
        let kinds: BTreeSet<&str> = group.iter().flat_map(|person| person.kinds(&realms)).collect();
        kinds.into_iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
    }
    counts.into_values().max().unwrap_or_default()
}

/// What one of them said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Who.
    pub person: Person,
    /// What.
    pub answer: Answer,
    /// To what; `None` for a review, which is to the commit.
    pub bound: Option<Bound>,
    /// When, by the clock of where it is kept.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
    /// Where it is kept in the ledger: what names it, and the digest of what is stored.
    pub kept: Option<(String, Digest)>,
    /// Why it does not count, where that was found when it was read.
    pub void: Option<String>,
}

/// All that was said to a release that is to go to a lane, and what it takes to judge it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Votes {
    /// What was said, oldest first.
    pub votes: Vec<Vote>,
    /// What could not be read, one sentence each: the gate closes for it.
    pub unread: Vec<String>,
    /// What names each of these in the ledger, and the digest of what is stored, where that is known.
    pub unread_kept: Vec<(String, Option<Digest>)>,
    /// Who wrote what is new here, or why that can't be told.
    pub authors: Option<Result<Vec<Author>, String>>,
    /// The forge that does not tell whose accounts wrote it, and why: nobody who speaks as one of its accounts counts.
    pub untold_accounts: Option<(String, String)>,
    /// The members of the teams that the file names, or why they can't be told.
    pub teams: BTreeMap<String, Result<Vec<String>, String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(realm: &str, names: &[&str]) -> Person {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Person { names, realm: realm.to_owned(), strength: StrengthLevel::Verified, bot: false }
    }

    #[test]
    fn people_are_counted_once_whatever_they_are_called() {
        let count = |all: &[Person]| people(&all.iter().collect::<Vec<_>>());
        let (ann, bob) = (person("github", &["ann"]), person("github", &["bob"]));
        let ann_key = person(SSH, &["ann@acme.com", "ann"]);
        let bare_key = person(SSH, &["ann@acme.com"]);
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[ann.clone(), bob.clone()]), 2);
        assert_eq!(count(&[ann.clone(), person("github", &["ANN"])]), 1);
        assert_eq!(count(&[ann.clone(), ann_key.clone()]), 1);
        assert_eq!(count(&[bob.clone(), ann_key.clone()]), 2);
        // Nothing tells that the address is not Bob's.
        assert_eq!(count(&[bob.clone(), bare_key.clone()]), 1);
        assert_eq!(count(&[bare_key.clone(), person(SSH, &["bob@acme.com"])]), 2);
        assert_eq!(count(&[person(SSH, &["ann"]), person(SSH, &["bob"])]), 2);
        assert_eq!(count(&[person("gitlab", &["ann.s"]), person("github", &["ann"])]), 1);
        // Two keys that a third one ties together.
        let tied = person(SSH, &["ann", "ann@acme.com"]);
        assert_eq!(count(&[ann, bare_key, tied]), 1);
    }

    #[test]
    fn authors_are_known_by_name_address_and_account() {
        let author = |name: &str, email: &str, login: Option<&str>| Author {
            name: name.to_owned(),
            email: email.to_owned(),
            login: login.map(str::to_owned),
        };
        let ann = person("github", &["ann"]);
        for (name, email, login) in [
            ("Ann", "x@acme.com", None),
            ("A. Smith", "ann@acme.com", None),
            ("A. Smith", "1234+Ann@users.noreply.github.com", None),
            ("A. Smith", "77-ann@users.noreply.gitlab.com", None),
            ("A. Smith", "as@home.org", Some("ann")),
        ] {
            assert!(ann.is(&author(name, email, login)), "{name} {email}");
        }
        assert!(!ann.is(&author("A. Smith", "joann@acme.com", Some("as"))));
        assert!(!ann.is(&author("", "", None)));
        assert!(person(SSH, &["as@home.org"]).is(&author("A. Smith", "as@home.org", None)));
    }
}
