//! What was loosened between two lists: every gate that now lets through what it did not, and every place that is
//! another one. What can't be compared counts as loosened; what was only tightened is not told.

use crate::config::RequiredCheck;
use crate::duration;
use crate::ledger::GateList;
use std::collections::BTreeMap;

/// One gate that was loosened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosened {
    /// The environment, as it was called then.
    pub environment: String,
    /// The gate's key.
    pub gate: String,
    /// What it was, for people.
    pub was: String,
    /// What it is, for people.
    pub is: String,
}

impl std::fmt::Display for Loosened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { environment, gate, was, is } = self;
        write!(f, "{environment}: `{gate}` was {was}, is {is}")
    }
}

/// How the values of a key are ordered.
enum Order {
    /// Each value stops something: dropping one loosens.
    Stops,
    /// The same, where a value may also be replaced by one that lets less through.
    Checks,
    /// Each value lets something through, and none lets everything through.
    Lets,
    /// A number or a time: less loosens.
    Amount,
    /// A time after which something no longer counts: more loosens, and none is for ever.
    Limit,
    /// Set, it stops.
    Closes,
    /// Set, it lets through.
    Opens,
    /// From `development` to `production`.
    Tier,
    /// From `claimed` to `signed`; none is `verified`.
    Strength,
    /// Whose word is taken: any other one lets through what was not, and so does naming one for the first time.
    Vouches,
    /// Any other value is another demand, or another place.
    Exact,
}

fn order(key: &str) -> Order {
    match key {
        "checks" => Order::Checks,
        "from" | "evidence" | "freeze" | "notes" | "needs" | "verify" => Order::Stops,
        "open" | "approvals.from" => Order::Lets,
        "soak" | "approvals.count" => Order::Amount,
        "approvals.expires" => Order::Limit,
        "hold" => Order::Closes,
        "auto" | "approvals.self" | "approvals.reviews" => Order::Opens,
        "tier" => Order::Tier,
        "approvals.strength" => Order::Strength,
        "signers" | "forge" => Order::Vouches,
        _ if of_evidence(key, "strength").is_some() => Order::Strength,
        _ if of_evidence(key, "max-age").is_some() => Order::Limit,
        _ => Order::Exact,
    }
}

/// The name of the evidence that a key says this of.
fn of_evidence<'k>(key: &'k str, what: &str) -> Option<&'k str> {
    key.strip_prefix("evidence.")?.strip_suffix(what)?.strip_suffix('.')
}

/// What was loosened from one list to the other, by environment and key. Where each has one environment, they are the
/// same one, whatever it is called.
pub fn loosened(before: &GateList, now: &GateList) -> Vec<Loosened> {
    let mut found = Vec::new();
    let renamed = before.len() == 1 && now.len() == 1;
    for (name, was) in before {
        let is = if renamed { now.values().next() } else { now.get(name) };
        match is {
            Some(is) => found.extend(keys(name.as_str(), was, is)),
            None => found.push(Loosened {
                environment: name.to_string(),
                gate: "environments".to_owned(),
                was: "one that reads the target, with its gates".to_owned(),
                is: "none of them any more".to_owned(),
            }),
        }
    }
    found
}

type Keys = BTreeMap<String, Vec<String>>;

fn keys(environment: &str, before: &Keys, now: &Keys) -> Vec<Loosened> {
    let none = Vec::new();
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter_map(|key| {
            let (was, is) = (before.get(key).unwrap_or(&none), now.get(key).unwrap_or(&none));
            looser(key, was, is, before, now).then(|| Loosened {
                environment: environment.to_owned(),
                gate: key.clone(),
                was: shown(was),
                is: shown(is),
            })
        })
        .collect()
}

/// Whether a key lets through now what it did not.
fn looser(key: &str, was: &[String], is: &[String], before: &Keys, now: &Keys) -> bool {
    if was == is {
        return false;
    }
    // Of whom no approval is asked, it does not matter whose would count; zones matter where there are windows.
    let asked = |keys: &Keys| keys.contains_key("approvals.count");
    let timed = |keys: &Keys| keys.contains_key("freeze") || keys.contains_key("open");
    // The forge is asked where people or checks are.
    let told = |keys: &Keys| asked(keys) || keys.contains_key("checks");
    // That a result is not asked for any more is told once.
    let names = |keys: &Keys, key: &str| {
        let name = of_evidence(key, "strength").or_else(|| of_evidence(key, "max-age"));
        name.is_none_or(|name| keys.get("evidence").is_some_and(|all| all.iter().any(|one| one == name)))
    };
    match key {
        _ if key.starts_with("approvals.") && key != "approvals.count" && !(asked(before) && asked(now)) => {
            return false;
        }
        "signers" if !(asked(before) && asked(now)) => return false,
        "forge" if !(told(before) && told(now)) => return false,
        "timezone" if !(timed(before) && timed(now)) => return false,
        _ if key.starts_with("evidence.") && !(names(before, key) && names(now, key)) => return false,
        _ => {}
    }
    match order(key) {
        Order::Stops => was.iter().any(|one| !is.contains(one)),
        Order::Checks => {
            let all: Vec<RequiredCheck> = is.iter().filter_map(|one| RequiredCheck::told(one)).collect();
            let kept =
                |one: &str| RequiredCheck::told(one).is_some_and(|it| all.iter().any(|now| now.implies(&it)));
            was.iter().any(|one| !is.contains(one) && !kept(one))
        }
        Order::Lets => is.is_empty() || !was.is_empty() && is.iter().any(|one| !was.contains(one)),
        Order::Amount => amount(is) < amount(was),
        Order::Limit => is.is_empty() || !was.is_empty() && amount(is) > amount(was),
        Order::Closes => is.is_empty(),
        Order::Opens => was.is_empty(),
        Order::Tier => tier(is) < tier(was),
        Order::Strength => strength(is) < strength(was),
        Order::Vouches => !is.is_empty() || key == "forge",
        // A demand or place that is new stops more than none.
        Order::Exact => !was.is_empty(),
    }
}

/// A number or a time in seconds; what is neither is more than any, so that going away from it loosens.
fn amount(values: &[String]) -> u64 {
    let Some(text) = values.first() else { return 0 };
    let number = text.parse().ok();
    number.or_else(|| duration::parse(text).ok().map(|time| time.as_secs())).unwrap_or(u64::MAX)
}

fn tier(values: &[String]) -> usize {
    let known = ["development", "test", "staging", "production"];
    values.first().and_then(|tier| known.iter().position(|one| one == tier)).map_or(0, |at| at + 1)
}

fn strength(values: &[String]) -> usize {
    let known = ["claimed", "verified", "signed"];
    let value = values.first().map_or("verified", String::as_str);
    known.iter().position(|one| *one == value).unwrap_or_default()
}

fn shown(values: &[String]) -> String {
    match values {
        [] => "not set".to_owned(),
        some => format!("`{}`", crate::names::escape(&some.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str, lines: &[(&str, &[&str])]) -> GateList {
        let keys = lines
            .iter()
            .map(|(key, values)| ((*key).to_owned(), values.iter().map(|one| (*one).to_owned()).collect()))
            .collect();
        [(name.parse().unwrap(), keys)].into()
    }

    fn told(key: &str, was: &[&str], is: &[&str]) -> usize {
        let side = |values: &[&str]| {
            let mut keys: Vec<(&str, &[&str])> = Vec::new();
            if !values.is_empty() {
                keys.push((key, values));
            }
            if key.starts_with("approvals.") && key != "approvals.count" {
                keys.push(("approvals.count", &["1"]));
            }
            if let Some(name) = of_evidence(key, "max-age").or_else(|| of_evidence(key, "strength")) {
                let names: &[&str] = if name == "scan" { &["scan"] } else { &[] };
                keys.push(("evidence", names));
            }
            if key == "signers" || key == "forge" {
                keys.push(("approvals.count", &["1"]));
            }
            if key == "timezone" {
                keys.push(("open", &["Mon 09:00 .. 16:00"]));
            }
            list("prod", &keys)
        };
        loosened(&side(was), &side(is)).len()
    }

    #[test]
    fn every_gate_is_looser_in_one_direction_only() {
        // The key, its stricter value and its looser one.
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("soak", &["2d"], &["1d12h"]),
            ("soak", &["30s"], &[]),
            ("from", &["uat", "perf"], &["uat"]),
            ("from", &["uat"], &[]),
            ("checks", &["ci"], &[]),
            ("checks", &["ci", "lint"], &["lint"]),
            ("checks", &["{\"name\":\"ci\",\"app\":\"github-actions\"}"], &["ci"]),
            (
                "checks",
                &["{\"name\":\"ci\",\"app\":\"a\",\"event\":\"push\"}"],
                &["{\"name\":\"ci\",\"app\":\"a\"}"],
            ),
            ("evidence", &["scan"], &[]),
            ("evidence.scan.max-age", &["14d"], &["30d"]),
            ("evidence.scan.max-age", &["14d"], &[]),
            ("evidence.scan.strength", &[], &["claimed"]),
            ("notes", &["ticket"], &[]),
            ("needs", &["ghcr.io/acme/app:{sha}"], &[]),
            ("verify", &["./smoke (0123)"], &[]),
            ("freeze", &["Fri 16:00 .. Mon 08:00"], &[]),
            ("freeze", &["a", "b"], &["b"]),
            ("open", &["Mon-Thu 09:00 .. 16:00"], &[]),
            ("open", &["a"], &["a", "b"]),
            ("approvals.count", &["2"], &["1"]),
            ("approvals.count", &["1"], &[]),
            ("approvals.from", &["@acme/leads"], &[]),
            ("approvals.from", &["alice"], &["alice", "bob"]),
            ("approvals.expires", &["1d"], &["7d"]),
            ("approvals.expires", &["1d"], &[]),
            ("approvals.self", &[], &["true"]),
            ("approvals.reviews", &[], &["true"]),
            ("auto", &[], &["true"]),
            ("hold", &["true"], &[]),
            ("tier", &["production"], &["staging"]),
            ("tier", &["test"], &["development"]),
            ("branch", &["main"], &[]),
            ("versions", &[">=1.4, <2"], &[]),
            ("of-a-later-version", &["x"], &[]),
            // Whose keys count was nobody's before.
            ("signers", &[], &["allowed_signers", "sha256:aa"]),
        ];
        for (key, strict, loose) in cases {
            assert_eq!(told(key, strict, loose), 1, "{key}: {strict:?} to {loose:?}");
            assert_eq!(told(key, loose, strict), 0, "{key}: {loose:?} to {strict:?}");
            assert_eq!(told(key, strict, strict), 0, "{key}");
        }
    }

    #[test]
    fn what_cant_be_compared_and_every_other_place_counts_as_loosened() {
        for key in
            ["branch", "versions", "timezone", "ledger", "source", "target", "artifact.web.target", "later"]
        {
            assert_eq!(told(key, &["a"], &["b"]), 1, "{key}");
            assert_eq!(told(key, &["b"], &["a"]), 1, "{key}");
        }
        let of = |name: &str, app: &str| format!("{{\"name\":\"{name}\",\"app\":\"{app}\"}}");
        for (was, is) in [
            (of("ci", "a"), of("ci", "b")),
            (of("ci", "a"), of("lint", "a")),
            ("ci".to_owned(), of("lint", "a")),
        ] {
            assert_eq!(told("checks", &[&was], &[&is]), 1, "{was} {is}");
        }
        for (was, is) in [(&["a"][..], &["b"][..]), (&[], &["a"]), (&["a"], &[])] {
            assert_eq!(told("forge", was, is), 1, "{was:?} {is:?}");
        }
        for key in ["freeze", "verify", "from", "open", "checks", "signers"] {
            assert_eq!(told(key, &["a"], &["b"]), 1, "{key}");
        }
    }

    #[test]
    fn a_renamed_environment_is_compared_and_one_that_left_the_lane_is_told() {
        let (was, is) = (list("prod", &[("soak", &["2d"])]), list("prod2", &[("soak", &["1d"])]));
        let found = loosened(&was, &is);
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().map(ToString::to_string).as_deref(), Some("prod: `soak` was `2d`, is `1d`"));
        let mut two = list("eu", &[]);
        two.extend(list("us", &[("soak", &["2d"])]));
        let found = loosened(&two, &list("eu", &[]));
        assert_eq!(found.iter().map(|one| one.gate.as_str()).collect::<Vec<_>>(), ["environments"]);
        let mut left = two.clone();
        left.extend(list("asia", &[]));
        let gone: Vec<String> = loosened(&left, &two).into_iter().map(|one| one.environment).collect();
        assert_eq!(gone, ["asia"]);
    }
}
