//! Reading an answer's body: so many bytes, and as long as they come at a pace that gets somewhere.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt};
use promote_port::port::Pace;
use reqwest::Response;
use std::time::Duration;
use tokio::time::Instant;

/// Why an answer was not read to its end.
#[derive(Debug)]
pub(crate) enum Cut {
    /// More bytes than this.
    Long(usize),
    /// It came too slowly.
    Slow,
    /// It broke off.
    Lost(reqwest::Error),
}

/// Reads an answer's body, up to a limit. `timeout` is how long it may be silent.
pub(crate) async fn whole(answer: Response, limit: usize, timeout: Duration) -> Result<Bytes, Cut> {
    gathered(answer.bytes_stream(), limit, timeout).await
}

async fn gathered(
    pieces: impl Stream<Item = Result<Bytes, reqwest::Error>>,
    limit: usize,
    timeout: Duration,
) -> Result<Bytes, Cut> {
    let mut pieces = std::pin::pin!(pieces);
    let (mut bytes, mut pace) = (BytesMut::new(), Pace::new(timeout));
    loop {
        let asked = Instant::now();
        match tokio::time::timeout(pace.next(), pieces.try_next()).await {
            Err(_) => return Err(Cut::Slow),
            Ok(Err(lost)) => return Err(Cut::Lost(lost)),
            Ok(Ok(None)) => return Ok(bytes.freeze()),
            Ok(Ok(Some(piece))) if bytes.len() + piece.len() > limit => return Err(Cut::Long(limit)),
            Ok(Ok(Some(piece))) => {
                pace.came(piece.len(), asked.elapsed());
                bytes.extend_from_slice(&piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};

    /// Pieces of this size, one after each pause, without end.
    fn pieces(size: usize, pause: Duration) -> impl Stream<Item = Result<Bytes, reqwest::Error>> {
        stream::repeat(()).then(move |()| async move {
            tokio::time::sleep(pause).await;
            Ok(Bytes::from(vec![b' '; size]))
        })
    }

    #[tokio::test]
    async fn a_body_that_trickles_ends_however_often_a_byte_comes() {
        for (timeout, pause) in [(50, 1), (50, 20), (20, 10_000)] {
            let pieces = pieces(1, Duration::from_millis(pause));
            let end = gathered(pieces, 1 << 30, Duration::from_millis(timeout)).await;
            assert!(matches!(end, Err(Cut::Slow)), "a byte every {pause} ms: {end:?}");
        }
    }

    #[tokio::test]
    async fn a_body_that_goes_on_ends_at_its_limit_and_one_that_ends_is_read() {
        let end = gathered(pieces(1 << 20, Duration::ZERO), 16 << 20, Duration::from_secs(30)).await;
        assert!(matches!(end, Err(Cut::Long(limit)) if limit == 16 << 20), "{end:?}");
        let some = pieces(1 << 20, Duration::ZERO).take(16);
        assert_eq!(gathered(some, 16 << 20, Duration::from_secs(30)).await.unwrap().len(), 16 << 20);
    }
}
