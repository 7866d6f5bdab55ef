//! Somebody else writes into the folder while it is being brought to a release.

use crate::stage::{How, Stage, files, key, stages, to};
use async_trait::async_trait;
use futures_executor::block_on;
use promote_core::folder::{NewestIntent, Standing};
use promote_core::layer::{Around, Call, Layer, Method, Pending};
use promote_core::ledger::{LedgerReader, Seq};
use promote_core::location::Key;
use promote_core::port::{ErrorKind, ProviderError};
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

type Deed = Box<dyn Fn(&MemoryBucket) + Send + Sync>;

/// A bucket in which something happens right before a file is copied or written, or an object deleted, or a part of it
/// read.
pub struct Meddled {
    bucket: MemoryBucket,
    at: Key,
    deed: Deed,
    times: AtomicUsize,
}

impl Meddled {
    pub fn around(
        inner: &MemoryBucket,
        at: &str,
        times: usize,
        deed: impl Fn(&MemoryBucket) + Send + Sync + 'static,
    ) -> Around<Self> {
        let layer =
            Self { bucket: inner.clone(), at: key(at), deed: Box::new(deed), times: AtomicUsize::new(times) };
        Around::new(Arc::new(inner.clone()), layer)
    }
}

impl fmt::Debug for Meddled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bucket.fmt(f)
    }
}

impl Layer for Meddled {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        let meets = matches!(call.method, Method::ReadRange | Method::Write | Method::Copy | Method::Delete);
        let left = |left: usize| left.checked_sub(1);
        if meets
            && call.key == self.at.as_str()
            && self.times.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
        {
            (self.deed)(&self.bucket);
        }
        send().await
    }
}

/// Says yes so often, and then no; counts how often it was asked.
#[derive(Debug)]
struct Stands {
    yes: usize,
    asked: Mutex<usize>,
}

impl Stands {
    fn for_ever() -> Self {
        Self { yes: usize::MAX, asked: Mutex::new(0) }
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

#[async_trait]
impl Standing for Stands {
    async fn stands(&self) -> Result<bool, ProviderError> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        Ok(*asked <= self.yes)
    }
}

fn ready(stage: &Stage) {
    stage.publish('a', &files(&[("a", "1"), ("b", "1"), ("gone", "1")]));
    stage.publish('b', &files(&[("a", "2"), ("b", "2"), ("new", "2")]));
    stage.bring(&to('a')).unwrap();
}

#[test]
fn a_file_that_somebody_wrote_meanwhile_is_listed_again_and_written() {
    for at in ["env/a", "env/new", "env/gone"] {
        for (name, stage) in stages() {
            let what = format!("{name}, {at}");
            ready(&stage);
            let meddled = Meddled::around(&stage.to, at, 1, move |bucket| {
                bucket.put(&key(at), "by hand").unwrap();
            });
            let stands = Stands::for_ever();
            let how = How { standing: Some(&stands), ..to('b') };
            stage.bring_on(&stage.from, &meddled, &how).unwrap_or_else(|error| panic!("{what}: {error}"));
            let mut left = files(&[("a", "2"), ("b", "2"), ("new", "2")]);
            if at == "env/gone" {
                // It is not the file any more that was to be removed.
                left.extend(files(&[("gone", "by hand")]));
            }
            stage.holds('b', &left, &what);
            // It is asked after each listing that leaves something to write.
            assert_eq!(stands.asked(), 1 + usize::from(at != "env/gone"), "{what}");
        }
    }
}

#[test]
fn with_nobody_to_ask_nothing_is_written_over_what_somebody_wrote() {
    for (name, stage) in stages() {
        ready(&stage);
        let meddled = Meddled::around(&stage.to, "env/a", 1, |bucket| {
            bucket.put(&key("env/a"), "by hand").unwrap();
        });
        let error = stage.bring_on(&stage.from, &meddled, &to('b')).unwrap_err();
        // The other files were written side by side, so it is not as if nothing had been.
        assert_eq!(error.kind, ErrorKind::Unknown, "{name}: {error}");
        assert_eq!(stage.there()["a"], "by hand", "{name}");
        stage.says_nothing_new(&name);
        stage.bring(&to('b')).unwrap();
        stage.says('b', &name);
    }
}

impl Stage {
    fn says_nothing_new(&self, what: &str) {
        let of_a = self.moved('a').source.sha256;
        assert_eq!(self.manifest().unwrap().of, Some(of_a), "{what}");
    }
}

#[test]
fn somebody_who_never_stops_is_given_up_on() {
    for (name, stage) in stages() {
        ready(&stage);
        let count = AtomicUsize::new(0);
        let meddled = Meddled::around(&stage.to, "env/a", usize::MAX, move |bucket| {
            let n = count.fetch_add(1, Ordering::Relaxed);
            bucket.put(&key("env/a"), format!("by hand {n}")).unwrap();
        });
        let stands = Stands::for_ever();
        let how = How { standing: Some(&stands), ..to('b') };
        let error = stage.bring_on(&stage.from, &meddled, &how).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown, "{name}: {error}");
        assert_eq!(stands.asked(), 4, "{name}");
        stage.says_nothing_new(&name);
    }
}

#[test]
fn whoever_was_taken_over_writes_nothing_with_what_was_listed_after() {
    for (name, stage) in stages() {
        ready(&stage);
        let before = stage.to.snapshot();
        let stands = Stands { yes: 0, asked: Mutex::new(0) };
        let how = How { standing: Some(&stands), ..to('b') };
        let error = stage.bring(&how).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict, "{name}: {error}");
        assert_eq!(stage.to.snapshot(), before, "{name}");
    }
}

#[test]
fn a_slow_promotion_asks_again_and_stops() {
    let stage = Stage::within(MemoryKind::s3_like());
    ready(&stage);
    // The first file takes ten seconds of the store's time, so that deletions need another answer.
    let clock = stage.to.world().clock().clone();
    let meddled = Meddled::around(&stage.to, "env/a", 1, move |_| {
        clock.advance(std::time::Duration::from_secs(10));
    });
    let stands = Stands { yes: 1, asked: Mutex::new(0) };
    let how = How { standing: Some(&stands), ..to('b') };
    let error = stage.bring_on(&stage.from, &meddled, &how).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert!(stands.asked() >= 2, "those under way ask again each");
    stage.says_nothing_new("slow");
    assert!(stage.there().contains_key("gone"));
}

#[test]
fn a_promotion_stands_until_the_ledger_goes_on() {
    let bucket = MemoryBucket::new("ledger", MemoryKind::gcs_like());
    let ledger = LedgerReader::new(Arc::new(bucket.clone()), key(".promote/shop"));
    let lane = "prod".parse().unwrap();
    let stands = |seq| block_on(NewestIntent { ledger: &ledger, lane: &lane, seq: Seq(seq) }.stands());
    let record = |seq| promote_core::ledger::key::record(&key(".promote/shop"), &lane, Seq(seq)).unwrap();
    assert!(!stands(1).unwrap());
    bucket.put(&record(1), "{}").unwrap();
    assert!(stands(1).unwrap() && !stands(2).unwrap());
    bucket.put(&record(2), "{}").unwrap();
    assert!(!stands(1).unwrap());
    bucket.put(&key(".promote/shop/lanes/prod/log/000/rubbish"), "").unwrap();
    assert_eq!(stands(2).unwrap_err().kind, ErrorKind::Corrupt);
}

#[test]
fn nobody_is_asked_when_there_is_nothing_to_write_but_the_manifest() {
    let stage = Stage::within(MemoryKind::gcs_like());
    ready(&stage);
    let stands = Stands::for_ever();
    stage.bring(&How { standing: Some(&stands), ..to('a') }).unwrap();
    assert_eq!(stands.asked(), 0);
}

#[test]
fn the_manifest_itself_is_guarded_to_the_end() {
    for (name, stage) in stages() {
        ready(&stage);
        let done = AtomicBool::new(false);
        let meddled = Meddled::around(&stage.to, "env/.promote-folder.json", 1, move |bucket| {
            done.store(true, Ordering::Relaxed);
            bucket.put(&key("env/.promote-folder.json"), "by hand").unwrap();
        });
        let error = stage.bring_on(&stage.from, &meddled, &to('b')).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown, "{name}: {error}");
        let (_, bytes) = stage.to.snapshot()[&key("env/.promote-folder.json")].clone();
        assert_eq!(bytes, "by hand", "{name}");
    }
}
