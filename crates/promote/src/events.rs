//! What happens while something runs: told to whoever listens, and as a stream with the time of each and with how many bytes
//! went by.

use chrono::{DateTime, Utc};
use futures_util::Stream;
use promote_core::event::{Event, Events};
use promote_core::port::Clock;
use promote_core::port::wire::{self, Wire};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Happened {
    /// When, by this machine's clock.
    pub at: DateTime<Utc>,
    /// What.
    pub what: Happening,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// A step of a promotion: its intent, a target that has the release, a line of a deployment, its outcome.
    Event(Event),
    /// Bytes of something large went by: packed, read, hashed or sent.
    Bytes {
        /// What is done with it, in a word for people.
        doing: &'static str,
        /// What it is, in words for people.
        what: String,
        /// How many by now.
        done: u64,
        /// How many there are.
        size: u64,
    },
    /// A request got no answer that counts, and is sent again.
    Again {
        /// Who was asked.
        whom: String,
        /// What was wrong.
        why: String,
    },
}

/// What happens in a project from now on, in order. It ends when the project and all copies of it are gone; what is not taken
/// from it is kept.
///
/// ```no_run
/// use futures_util::StreamExt;
/// use promote::{Happening, Promotion};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), promote::Error> {
/// let project = promote::open(".").build()?;
/// let mut events = project.events();
/// let told = tokio::spawn(async move {
///     while let Some(one) = events.next().await {
///         if let Happening::Bytes { doing, what, done, size } = one.what {
///             println!("{} {doing} {what}: {done} of {size}", one.at);
///         }
///     }
/// });
/// project.promote(Promotion::to("prod")?).await?;
/// drop(project);
/// told.await.ok();
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct EventStream(UnboundedReceiver<Happened>);

impl Stream for EventStream {
    type Item = Happened;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Happened>> {
        self.0.poll_recv(context)
    }
}

/// Everybody who listens.
#[derive(Debug)]
pub(crate) struct Listeners {
    clock: Arc<dyn Clock>,
    given: Vec<Arc<dyn Events>>,
    streams: Mutex<Vec<UnboundedSender<Happened>>>,
}

impl Listeners {
    pub(crate) fn new(clock: Arc<dyn Clock>, given: Vec<Arc<dyn Events>>) -> Self {
        Self { clock, given, streams: Mutex::default() }
    }

    /// One more.
    pub(crate) fn stream(&self) -> EventStream {
        let (sender, receiver) = unbounded_channel();
        self.lock().push(sender);
        EventStream(receiver)
    }

    fn tell(&self, what: impl FnOnce() -> Happening) {
        let mut streams = self.lock();
        if streams.is_empty() {
            return;
        }
        let happened = Happened { at: self.clock.now(), what: what() };
        streams.retain(|stream| stream.send(happened.clone()).is_ok());
    }

    fn wire(&self, wire: &Wire) {
        match wire {
            Wire::Bytes { doing, what, done, size } => self.tell(|| {
                let (doing, what) = (*doing, what.clone());
                Happening::Bytes { doing, what, done: *done, size: *size }
            }),
            Wire::Again { whom, why, .. } => {
                self.tell(|| Happening::Again { whom: whom.clone(), why: why.clone() });
            }
            Wire::Asked { .. } | Wire::Asking { .. } | Wire::Settled { .. } | Wire::Doing { .. } => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<UnboundedSender<Happened>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events for Listeners {
    fn hear(&self, event: &Event) {
        self.given.iter().for_each(|one| one.hear(event));
        self.tell(|| Happening::Event(event.clone()));
    }
}

/// Runs work with everybody told of the bytes that go by. What goes over the wire is told on the thread that works, which
/// may be another one each time.
pub(crate) async fn listening<T>(listeners: Arc<Listeners>, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(move |context| {
        let told = Arc::clone(&listeners);
        let heard = wire::listen_beside(move |wire| told.wire(wire));
        let polled = work.as_mut().poll(context);
        drop(heard);
        polled
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use promote_testing::memory::VirtualClock;

    #[test]
    fn who_listens_is_told_of_the_bytes_of_this_work_alone() {
        let listeners = Arc::new(Listeners::new(Arc::new(VirtualClock::default()), Vec::new()));
        let stream = listeners.stream();
        let bytes =
            |done| wire::tell(|| Wire::Bytes { doing: "pack", what: "app.zip".to_owned(), done, size: 9 });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            bytes(1);
            listening(Arc::clone(&listeners), async {
                bytes(4);
                tokio::task::yield_now().await;
                bytes(9);
            })
            .await;
            bytes(2);
            drop(listeners);
            let told: Vec<_> = stream.map(|one| one.what).collect().await;
            let at = |done| Happening::Bytes { doing: "pack", what: "app.zip".to_owned(), done, size: 9 };
            assert_eq!(told, [at(4), at(9)]);
        });
    }
}
