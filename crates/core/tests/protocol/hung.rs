//! A store that takes a move and never answers: how long that is waited for, and what is said and recorded then.

use crate::stage::{End, Stage, actor, content, name, resume, run, wanted};
use futures_executor::block_on;
use promote_core::exit::ExitStatus;
use promote_core::layer::{Around, Call, Layer, Method, Pending};
use promote_core::port::{Bucket, Clock as _, ErrorKind, ProviderError};
use promote_core::request::Request;
use promote_core::retry::{ANSWER, DEADLINE};
use promote_testing::memory::{MemoryKind, VirtualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Takes each request to copy, does nothing, and is given up after the time that every answer has.
#[derive(Debug)]
struct Hung {
    clock: VirtualClock,
    asked: AtomicUsize,
}

impl Layer for Hung {
    async fn pass<T: Send + 'static>(
        &self,
        call: Call<'_>,
        send: impl Fn() -> Pending<T> + Send + Sync,
    ) -> Result<T, ProviderError> {
        if call.method != Method::Copy {
            return send().await;
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.clock.advance(ANSWER);
        Err(call.error(ErrorKind::Unknown, "no answer came"))
    }
}

#[test]
fn a_store_that_never_answers_a_move_ends_it_within_the_deadline_as_unfinished() {
    for kind in [MemoryKind::local_like(), MemoryKind::s3_like(), MemoryKind::gcs_like()] {
        let stage = Stage::ready(kind);
        let hung = Hung { clock: stage.clock.clone(), asked: AtomicUsize::new(0) };
        let hung = Arc::new(Around::new(Arc::new(stage.bucket.clone()), hung));
        let begun = stage.clock.steady();
        let ports = stage.ports_on(Arc::clone(&hung) as Arc<dyn Bucket>);
        let request = Request::promote(name("prod"), wanted('b'), actor("ann"));
        let end = block_on(run(&ports, &stage.config, request));
        let took = stage.clock.steady().saturating_sub(begun);
        let End::Failed(failure) = end else { panic!("{end:?}") };
        assert_eq!(failure.exit, ExitStatus::Unfinished, "{failure:?}");
        assert!(!failure.hints.is_empty(), "{failure:?}");
        assert!(took < DEADLINE + ANSWER, "{took:?}");
        assert_eq!(hung.layer().asked.load(Ordering::Relaxed), 2);
        // What is told is what is so: it is open, and nothing has moved.
        assert!(stage.state("prod").open.is_some());
        assert_eq!(stage.target("prod"), Some(content('a')));
        let finished = block_on(resume(&stage.ports(), &stage.config, "prod", "bob"));
        assert!(matches!(finished, End::Done(_)), "{finished:?}");
        assert_eq!(stage.target("prod"), Some(content('b')));
        assert!(stage.state("prod").open.is_none());
    }
}
