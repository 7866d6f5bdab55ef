//! Answers that are kept: what is asked twice within a while is sent once, also when both ask at the same time; after it, the
//! forge is asked whether the answer is still the same. Also all pages of one answer.

use super::super::session::{ForgeRequest, Received, Right, Session};
use promote_core::port::{ErrorKind, ProviderError};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an answer is taken for the present one, where nobody says otherwise.
pub(super) const FRESH: Duration = Duration::from_secs(30);
/// How many pages of a hundred are read.
const PAGES: usize = 10;

/// What was answered, and when.
#[derive(Debug)]
struct KeptAnswer {
    received: Arc<Received>,
    at: Instant,
}

type Slot = Arc<Mutex<Option<KeptAnswer>>>;

/// The way to one forge, with what it answered.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) session: Session,
    slots: Mutex<HashMap<String, Slot>>,
    fresh: Duration,
}

impl Kept {
    pub(super) fn new(session: Session, fresh: Duration) -> Self {
        Self { session, slots: Mutex::default(), fresh }
    }

    /// The answer to a request, of now or of a moment ago. What was refused is not kept.
    pub(super) async fn ask(&self, asked: &ForgeRequest<'_>) -> Result<Arc<Received>, ProviderError> {
        let body = asked.body.as_ref().map(Value::to_string).unwrap_or_default();
        let key = format!("{:?} {:?} {body}", asked.path, asked.query);
        let slot = Arc::clone(self.slots.lock().await.entry(key).or_default());
        let mut slot = slot.lock().await;
        if let Some(known) = slot.as_ref().filter(|known| known.at.elapsed() < self.fresh) {
            return Ok(Arc::clone(&known.received));
        }
        let etag = slot.as_ref().and_then(|known| known.received.etag.clone());
        let received = self.session.look(asked, etag.as_deref()).await?;
        let received = match slot.as_ref().filter(|_| received.unchanged) {
            Some(known) => Arc::clone(&known.received),
            None => Arc::new(received),
        };
        *slot = Some(KeptAnswer { received: Arc::clone(&received), at: Instant::now() });
        Ok(received)
    }

    /// One thing.
    pub(super) async fn one(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        right: Right,
    ) -> Result<Arc<Received>, ProviderError> {
        self.ask(&ForgeRequest::get(path, query).with(right)).await
    }

    /// All of a list, page by page. `below` leads to it in each answer.
    pub(super) async fn all(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        (below, right): (&str, Right),
    ) -> Result<Vec<Value>, ProviderError> {
        let mut found = Vec::new();
        let mut next: Vec<(String, String)> = query
            .iter()
            .chain(&[("per_page", "100")])
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        for _ in 0..PAGES {
            let query: Vec<(&str, &str)> =
                next.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let page = self.one(path, &query, right).await?;
            let items = page.value.pointer(below).and_then(Value::as_array);
            found.extend(items.ok_or_else(|| self.session.odd())?.iter().cloned());
            match &page.next {
                None => return Ok(found),
                Some(query) => next = query.clone(),
            }
        }
        let most = format!("it has more than {} entries, which are not all read", PAGES * 100);
        Err(self.session.error(ErrorKind::Unsupported, most))
    }
}
