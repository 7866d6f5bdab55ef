//! Content that tells how much of it was read: of something large, somebody wants to see that it goes on.

use crate::digest::Digest;
use crate::location::Location;
use crate::port::wire::{self, Wire};
use crate::port::{Blob, Body};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Less than this is there at once.
const LARGE: u64 = 8 << 20;

#[derive(Debug)]
struct Watched {
    inner: Arc<dyn Blob>,
    what: String,
    done: AtomicU64,
}

/// The same content; reading it is told when it is large.
pub(crate) fn watched(body: Body, place: &Location) -> Body {
    match body {
        Body::Blob(inner) if inner.size() >= LARGE => {
            Body::Blob(Arc::new(Watched { inner, what: place.to_string(), done: AtomicU64::new(0) }))
        }
        other => other,
    }
}

#[async_trait]
impl Blob for Watched {
    fn size(&self) -> u64 {
        self.inner.size()
    }

    fn digest(&self) -> Digest {
        self.inner.digest()
    }

    async fn read_at(&self, offset: u64, length: usize) -> std::io::Result<Bytes> {
        let bytes = self.inner.read_at(offset, length).await?;
        let read = bytes.len() as u64;
        // A part that is sent again is read again.
        let done = self.done.fetch_add(read, Ordering::Relaxed).saturating_add(read).min(self.size());
        wire::tell(|| Wire::Bytes { doing: "send", what: self.what.clone(), done, size: self.size() });
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn reading_something_large_is_told_as_it_goes_on_and_never_beyond_its_end() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let kept = Rc::clone(&heard);
        let _listening = wire::listen(move |wire| kept.borrow_mut().push(wire.clone()));
        let place: Location = "s3://acme/a.zip".parse().unwrap();
        let of = |size: usize| Body::Blob(Body::Bytes(Bytes::from(vec![0; size])).blob());
        let (large, small) = (watched(of(9 << 20), &place).blob(), watched(of(1 << 20), &place).blob());
        futures_executor::block_on(async {
            for offset in [0, 5 << 20, 5 << 20] {
                large.read_at(offset, 5 << 20).await.unwrap();
            }
            small.read_at(0, 1 << 20).await.unwrap();
        });
        let told: Vec<(u64, u64)> = heard
            .borrow()
            .iter()
            .map(|wire| match wire {
                Wire::Bytes { done, size, .. } => (*done >> 20, *size >> 20),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [(5, 9), (9, 9), (9, 9)]);
    }
}
