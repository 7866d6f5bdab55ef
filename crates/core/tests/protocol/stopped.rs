//! A promotion that somebody stops while a request of it is under way: what was begun is withdrawn, whether or not the
//! ledger had taken it when the stop came.

use crate::invariants::at_rest;
use crate::stage::{End, Stage, actor, commit, content, name, run, wanted};
use futures_executor::block_on;
use futures_util::future::{Either, select};
use promote_core::event::{Event, Events};
use promote_core::exit::ExitStatus;
use promote_core::interruption::{Checkpoint, InFlight, failure};
use promote_core::layer::{Around, Call, Layer, Method, Pending};
use promote_core::port::{Bucket, ProviderError};
use promote_core::ports::Ports;
use promote_core::request::Request;
use promote_testing::memory::MemoryKind;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

/// Gives no answer to one write of a record, which the store has taken by then or not.
#[derive(Debug)]
struct Silent {
    left: AtomicUsize,
    taken: bool,
    hangs: AtomicBool,
}

impl Layer for Silent {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        let record = call.method == Method::Write && call.key.contains("/log/");
        if !record || self.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return send().await;
        }
        if self.taken {
            send().await?;
        }
        self.hangs.store(true, Ordering::SeqCst);
        pending().await
    }
}

#[derive(Debug, Default)]
struct Heard(Mutex<Checkpoint>);

impl Events for Heard {
    fn hear(&self, event: &Event) {
        self.0.lock().unwrap().hear(event);
    }
}

/// Moves b to prod until the write of the `record`-th record hangs, and stops there.
fn stopped(stage: &Stage, record: usize, taken: bool) -> (InFlight, Checkpoint) {
    let silent = Silent { left: AtomicUsize::new(record), taken, hangs: AtomicBool::new(false) };
    let around = Arc::new(Around::new(Arc::new(stage.bucket.clone()), silent));
    let heard = Arc::new(Heard::default());
    let events = Arc::clone(&heard) as Arc<dyn Events>;
    let ports = Ports { events, ..stage.ports_on(Arc::clone(&around) as Arc<dyn Bucket>) };
    let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
    let hangs = poll_fn(|context| {
        context.waker().wake_by_ref();
        if around.layer().hangs.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    });
    let work = run(&ports, &stage.config, request.clone());
    let stopped = matches!(block_on(select(pin!(work), pin!(hangs))), Either::Right(_));
    assert!(stopped);
    let in_flight = InFlight { ports, config: stage.config.clone(), request };
    let checkpoint = in_flight.checkpoint(heard.0.lock().unwrap().clone());
    (in_flight, checkpoint)
}

#[test]
fn what_is_stopped_while_its_intent_is_written_is_withdrawn() {
    let kinds = [MemoryKind::local_like, MemoryKind::s3_like, MemoryKind::gcs_like];
    for (kind, taken) in kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let stage = Stage::ready(kind());
        let (in_flight, mut checkpoint) = stopped(&stage, 1, taken);
        assert!(checkpoint.is_untouched());
        checkpoint.aborted = block_on(in_flight.withdraw(&checkpoint)).unwrap();
        let told = failure(ExitStatus::Interrupted, &in_flight, &checkpoint, None);
        assert_eq!(told.state, ["No target was written, and the promotion was withdrawn."], "{taken}");
        assert!(stage.state("prod").open.is_none(), "{taken}");
        at_rest(&stage, "prod", "after it was stopped");
        assert!(matches!(stage.to("prod", 'b'), End::Done(_)), "the same may be run again at once");
        assert_eq!(stage.target("prod"), Some(content('b')));
    }
}

#[test]
fn what_somebody_else_began_meanwhile_is_left_alone() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let (in_flight, checkpoint) = stopped(&stage, 1, false);
    let first = stage.state("prod").release().cloned().unwrap();
    assert_eq!(first.commit, commit('a'));
    assert!(matches!(stage.to("prod", 'b'), End::Done(_)));
    assert!(!block_on(in_flight.withdraw(&checkpoint)).unwrap());
    let told = failure(ExitStatus::Interrupted, &in_flight, &checkpoint, None);
    assert_eq!(told.state, ["No target was written, and no promotion was begun."]);
    assert_eq!(stage.state("prod").release().unwrap().commit, commit('b'));
    assert!(stage.state("prod").open.is_none());
}

#[test]
fn what_was_written_is_not_withdrawn() {
    for taken in [false, true] {
        let stage = Stage::ready(MemoryKind::s3_like());
        let (in_flight, checkpoint) = stopped(&stage, 2, taken);
        assert!(!checkpoint.is_untouched());
        assert!(!block_on(in_flight.withdraw(&checkpoint)).unwrap());
        assert_eq!(stage.state("prod").open.is_none(), taken, "the commit had arrived, or not");
        assert_eq!(stage.target("prod"), Some(content('b')));
    }
}

/// A program may promote to two environments at once with one project: what one of them is writing is not the other's.
#[test]
fn what_another_run_is_writing_is_left_alone() {
    let stage = Stage::ready(MemoryKind::s3_like());
    let (under_way, _) = stopped(&stage, 1, true);
    let ports = under_way.ports.of_run(Arc::new(Heard::default()));
    let request = Request::promote(name("staging"), wanted('c'), actor("bob"));
    let in_flight = InFlight { ports, config: stage.config.clone(), request };
    assert!(!block_on(in_flight.withdraw(&in_flight.checkpoint(Checkpoint::default()))).unwrap());
    assert!(stage.state("prod").open.is_some(), "it is still under way");
}
