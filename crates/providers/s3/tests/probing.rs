//! What the probe makes of stores that keep to a condition only sometimes: none of them may hold a ledger.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "shared with `answers.rs`, which needs more of it")]
mod fake;

use fake::{Answer, Fake, Request};
use promote_port::digest::Digest;
use promote_port::location::Key;
use promote_port::port::{Bucket, Capabilities, CopyGuard};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a store keeps to the conditions of a put.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// Of how many objects one is created carelessly; zero for none.
    careless_creates: usize,
    /// The same of replacing.
    careless_replaces: usize,
    /// Whether `If-Match` is looked at.
    matches: bool,
}

type Objects = BTreeMap<String, (String, Option<String>)>;

/// An object store of puts alone, in memory. It knows no copies and no uploads in parts.
#[derive(Debug)]
struct Store {
    manner: Manner,
    objects: Mutex<Objects>,
    /// How many writes of each key and kind have arrived, and as which one the key did.
    arrived: Mutex<BTreeMap<(String, bool), (usize, usize)>>,
}

impl Store {
    fn key(request: &Request) -> String {
        request.uri.split('?').next().unwrap_or_default().to_owned()
    }

    fn holds(&self, objects: &Objects, request: &Request) -> bool {
        let there = objects.get(&Self::key(request)).map(|(etag, _)| etag.as_str());
        if request.headers.contains_key("if-none-match") {
            return there.is_none();
        }
        let wanted = request.headers.get("if-match").map(|etag| etag.trim_matches('"'));
        !self.manner.matches || wanted.is_none() || wanted == there
    }

    fn put(&self, request: &Request) -> Answer {
        if request.headers.contains_key("x-amz-copy-source") {
            return Answer::error(501, "NotImplemented");
        }
        let creates = request.headers.contains_key("if-none-match");
        let one_of = if creates { self.manner.careless_creates } else { self.manner.careless_replaces };
        let place = (Self::key(request), creates);
        let arrives = || {
            let mut arrived = self.arrived.lock().unwrap();
            let known = arrived.keys().filter(|(_, kind)| *kind == creates).count();
            let (count, nth) = arrived.entry(place.clone()).or_insert((0, known));
            *count += 1;
            (*count, *nth)
        };
        let (count, nth) = arrives();
        let careless = one_of > 0 && count == 1 && nth % one_of == 0;
        if careless {
            // Looks, lets another one write if one comes, and then writes what it no longer knows to hold.
            if !self.holds(&self.objects.lock().unwrap(), request) {
                return Answer::error(412, "PreconditionFailed");
            }
            let seen = self.objects.lock().unwrap().get(&place.0).cloned();
            let alone = || self.arrived.lock().unwrap().get(&place).is_some_and(|(count, _)| *count == 1);
            for turn in 0..5_000 {
                if self.objects.lock().unwrap().get(&place.0).cloned() != seen || turn > 200 && alone() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let mut objects = self.objects.lock().unwrap();
        if !careless && !self.holds(&objects, request) {
            return Answer::error(412, "PreconditionFailed");
        }
        let etag = Digest::of(&request.body).hex()[..32].to_owned();
        let mark = request.headers.get("x-amz-meta-promote-probe").cloned();
        objects.insert(Self::key(request), (etag.clone(), mark));
        Answer::ok("").with("etag", &format!("\"{etag}\""))
    }

    fn answer(&self, request: &Request) -> Answer {
        let key = Self::key(request);
        match request.method.as_str() {
            "PUT" => self.put(request),
            "DELETE" => {
                self.objects.lock().unwrap().remove(&key);
                Answer::ok("")
            }
            "HEAD" if key.trim_matches('/') == "acme" => Answer::ok(""),
            "HEAD" => match self.objects.lock().unwrap().get(&key) {
                None => Answer::error(404, "NoSuchKey"),
                Some((etag, mark)) => Answer::ok("words")
                    .with("etag", &format!("\"{etag}\""))
                    .with("last-modified", "Tue, 01 Jan 2030 00:00:00 GMT")
                    .with("x-amz-meta-promote-probe", mark.as_deref().unwrap_or_default()),
            },
            _ => Answer::error(501, "NotImplemented"),
        }
    }
}

async fn probed(manner: Manner) -> Capabilities {
    let store = Arc::new(Store { manner, objects: Mutex::default(), arrived: Mutex::default() });
    let fake = Fake::start(move |request| store.answer(request)).await;
    fake.bucket().probe(&"scratch".parse::<Key>().unwrap()).await.unwrap()
}

fn judged(found: &Capabilities) -> (bool, bool, CopyGuard) {
    let says = found.notes.iter().any(|note| note.contains("it can hold no ledger"));
    assert_ne!(found.create, says, "what is noted is what was found: {found:?}");
    (found.create, found.replace, found.copy)
}

const SOUND: Manner = Manner { careless_creates: 0, careless_replaces: 0, matches: true };

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_store_that_keeps_to_both_conditions_alone_and_raced_may_hold_a_ledger() {
    assert_eq!(judged(&probed(SOUND).await), (true, true, CopyGuard::ConditionalPut));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_store_that_fails_a_race_now_and_then_never_gets_a_ledger() {
    for one_of in [1, 2, 5] {
        let creates = Manner { careless_creates: one_of, ..SOUND };
        assert!(!judged(&probed(creates).await).0, "creates, one of {one_of}");
        let replaces = Manner { careless_replaces: one_of, ..SOUND };
        assert_eq!(
            judged(&probed(replaces).await),
            (false, false, CopyGuard::None),
            "replaces, one of {one_of}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_store_that_keeps_to_one_of_the_two_conditions_gets_no_ledger_and_no_other_note() {
    let found = probed(Manner { matches: false, ..SOUND }).await;
    assert_eq!(judged(&found), (false, false, CopyGuard::None));
    assert!(found.notes.iter().any(|note| note.contains("does not check `If-Match`")), "{found:?}");
}
