//! Who else can use the store that is examined, and how: another handle of this process, and another process.

use promote_port::port::Bucket;
use std::fmt;
use std::sync::Arc;

/// Opens the store again.
#[derive(Clone)]
pub(super) struct Opener(Arc<dyn Fn() -> Arc<dyn Bucket> + Send + Sync>);

impl Opener {
    pub(super) fn new(open: impl Fn() -> Arc<dyn Bucket> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    pub(super) fn open(&self) -> Arc<dyn Bucket> {
        (self.0)()
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

/// Who else can use the store that is examined.
#[derive(Debug, Clone)]
pub(super) enum Sharing {
    /// Nobody said.
    Unsaid,
    /// No other process.
    InMemory,
    /// This one.
    Raced(Rival),
}

/// The second process of the races: a test that opens the same store and races when it is told to.
///
/// ```no_run
/// use promote_testing::conformance::{Rival, Subject};
/// # async fn subject_at(place: &str) -> Subject { panic!("{place}") }
///
/// // #[tokio::test]
/// async fn the_second_process() {
///     if let Some(rival) = Rival::here() {
///         rival.race(&subject_at(rival.place()).await).await;
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Rival {
    /// What the name of its test contains.
    pub(super) test: String,
    /// Where it finds the store.
    pub(super) place: String,
}

impl Rival {
    pub(super) fn new(test: &str, place: String) -> Self {
        Self { test: test.to_owned(), place }
    }

    /// Where the store is, in the words of [`Subject::raced_by`](super::Subject::raced_by).
    pub fn place(&self) -> &str {
        &self.place
    }
}
