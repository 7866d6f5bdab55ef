//! An object that passes through this machine for longer than somebody waits who takes over: it takes no effect then.

use crate::disturbed::Disturbed;
use crate::stage::{End, Stage, actor, commit, config, name, run, store_id, wanted};
use bytes::Bytes;
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::layer::Method;
use promote_core::ledger::key;
use promote_core::location::{Key, StoreId};
use promote_core::port::Bucket;
use promote_core::ports::Ports;
use promote_core::publish::{Given, Publication, publish};
use promote_core::request::Request;
use promote_testing::memory::{MemoryBucket, MemoryKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const FILE: &str = r#"
project      = "shop"
environments = ["demo"]
ledger       = "memory://store/.promote/shop/"
source       = "memory://store/app/{sha}.zip"
target       = "s3://acme/{env}/app.zip"
"#;

fn acme() -> StoreId {
    "s3://acme/x".parse::<promote_core::location::Location>().unwrap().store
}

/// Where the next record of the lane belongs.
fn next(store: &MemoryBucket) -> Key {
    let (root, lane) = (".promote/shop".parse().unwrap(), "demo".parse().unwrap());
    let newest = store.keys().iter().filter_map(|at| key::seq_of(&root, &lane, at)).max().unwrap();
    key::record(&root, &lane, newest.next()).unwrap()
}

/// The stage, and a bucket of another kind of store for the target.
fn stage(size: usize) -> (Stage, MemoryBucket) {
    let mut stage = Stage::ready(MemoryKind::gcs_like());
    stage.config = config(FILE);
    let target = stage.store.world().bucket(acme(), MemoryKind::s3_like());
    for digit in ['d', 'e'] {
        let body = Bytes::from(digit.to_string().repeat(size));
        let app = Given::Object { body: promote_core::port::Body::Bytes(body), content: None };
        let publication = Publication {
            commit: commit(digit),
            subject: None,
            committed_at: Some(promote_core::port::Clock::now(&stage.clock)),
            version: None,
            branches: Vec::new(),
            artifacts: [("main".to_owned(), app)].into(),
            built: "given".to_owned(),
            allowed: Default::default(),
            actor: actor("ci"),
        };
        let ports = ports(&stage, Arc::new(stage.store.clone()), &target);
        block_on(publish(&ports, &stage.config, &publication)).unwrap();
        stage.clock.advance(Duration::from_secs(60));
    }
    (stage, target)
}

fn ports(stage: &Stage, source: Arc<dyn Bucket>, target: &MemoryBucket) -> Ports {
    let mut ports = stage.ports();
    ports.stores.insert(store_id(), source);
    ports.stores.insert(acme(), Arc::new(target.clone()));
    ports
}

#[test]
fn who_was_taken_over_while_an_object_passed_through_writes_nothing() {
    for (size, method) in [(12 << 20, Method::ReadRange), (1 << 20, Method::Get)] {
        let (stage, target) = stage(size);
        let to = |digit| Request::promote(name("demo"), wanted(digit), actor("ann"));
        let first =
            block_on(run(&ports(&stage, Arc::new(stage.store.clone()), &target), &stage.config, to('d')));
        assert!(matches!(first, End::Done(_)), "{first:?}");
        let before = target.snapshot();
        // While the object is read, somebody finds the promotion of a process that seems gone, and takes over.
        let (taken, inside) = (Arc::new(AtomicBool::new(false)), stage.store.clone());
        let (clock, deed) = (stage.clock.clone(), Arc::clone(&taken));
        let source = Disturbed::around(&stage.store, move |what, at| {
            if what == method && at.as_str().starts_with("app/") && !deed.swap(true, Ordering::Relaxed) {
                clock.advance(Duration::from_secs(120));
                inside.put(&next(&inside), "{}").unwrap();
            }
            Ok(())
        });
        let end = block_on(run(&ports(&stage, Arc::new(source), &target), &stage.config, to('e')));
        assert!(taken.load(Ordering::Relaxed));
        let End::Failed(failure) = end else { panic!("{end:?}") };
        assert_eq!(failure.exit, ExitStatus::Unfinished, "{failure:?}");
        assert!(failure.words().contains("taken over"), "{failure:?}");
        assert_eq!(target.snapshot(), before, "{size}");
    }
}
