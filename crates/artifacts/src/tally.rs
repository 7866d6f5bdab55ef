//! How much of a long piece of work is done: counted by the threads that do it, told by the one that waits for it.

use promote_core::port::wire::{self, Wire};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is told.
const TELL: Duration = Duration::from_millis(250);

/// A count of bytes that several threads share.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    read: AtomicU64,
    size: AtomicU64,
    passes: AtomicU64,
}

impl Tally {
    /// There are so many bytes, each of which is read so many times.
    pub(crate) fn expect(&self, size: u64, passes: u64) {
        self.0.size.store(size, Ordering::Relaxed);
        self.0.passes.store(passes, Ordering::Relaxed);
    }

    /// So many more were read.
    pub(crate) fn add(&self, bytes: u64) {
        self.0.read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many bytes are done, and how many there are; 0 as long as that is not known.
    pub fn done(&self) -> (u64, u64) {
        let size = self.0.size.load(Ordering::Relaxed);
        let read = self.0.read.load(Ordering::Relaxed) / self.0.passes.load(Ordering::Relaxed).max(1);
        (if size > 0 { read.min(size) } else { read }, size)
    }

    /// Waits for the work, and tells meanwhile how far it is.
    pub(crate) async fn told<T>(&self, doing: &'static str, what: &str, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut ticks = interval(TELL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before = 0;
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = ticks.tick() => {
                    let (done, size) = self.done();
                    if done > before {
                        wire::tell(|| Wire::Bytes { doing, what: what.to_owned(), done, size });
                        before = done;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;
    use tokio::sync::Notify;

    #[test]
    fn bytes_that_are_read_twice_count_once() {
        let tally = Tally::default();
        tally.add(7);
        assert_eq!(tally.done(), (7, 0), "how many there are is not known");
        tally.expect(10, 2);
        tally.add(5);
        assert_eq!(tally.done(), (6, 10));
        tally.add(50);
        assert_eq!(tally.done(), (10, 10));
    }

    #[tokio::test]
    async fn how_far_it_is_is_told_while_it_is_done() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let told = Rc::new(Notify::new());
        let (kept, tell) = (Rc::clone(&heard), Rc::clone(&told));
        let _listening = wire::listen(move |wire| {
            kept.borrow_mut().push(wire.clone());
            tell.notify_one();
        });
        let tally = Tally::default();
        tally.expect(10, 1);
        tally.add(4);
        // The work ends when it was told.
        tally.told("pack", "a.zip", told.notified()).await;
        let wanted = Wire::Bytes { doing: "pack", what: "a.zip".to_owned(), done: 4, size: 10 };
        assert_eq!(*heard.borrow(), [wanted]);
    }
}
