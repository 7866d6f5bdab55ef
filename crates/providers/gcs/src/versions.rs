//! All generations of one object that the bucket still keeps. What they are needed for is left to the callers.

use crate::GcsBucket;
use crate::exchange::Operation;
use crate::listing::place_after;
use crate::resource::{Resource, told};
use promote_port::location::Key;
use promote_port::port::{ErrorKind, Object, ProviderError};
use serde::Deserialize;

/// How many pages of a thousand generations are read before the list is given up.
const PAGES: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Generations {
    items: Vec<Resource>,
    next_page_token: Option<String>,
}

impl GcsBucket {
    /// See `BucketReader::versions`. The list describes each as `head` does, so one request tells all.
    pub(crate) async fn all_versions(&self, key: &Key, limit: usize) -> Result<Vec<Object>, ProviderError> {
        let operation = Operation::reading(self, key.as_str(), "storage.objects.list");
        let ready = self.ready().await?;
        // Nothing but the key itself lies before this.
        let end = place_after(key.as_str());
        let mut token: Option<String> = None;
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let mut query = vec![("versions", "true"), ("prefix", key.as_str()), ("maxResults", "1000")];
            if end.len() > key.as_str().len() {
                query.push(("endOffset", &end));
            }
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let url = ready.endpoint.call("storage/v1", &["b", &self.name, "o"], &query);
            let page: Generations = operation.ask(ready.http.get(url)).await?;
            self.bucket_seen();
            for item in page.items.into_iter().filter(|item| item.name == key.as_str()) {
                found.push(told(&operation, key, item)?);
            }
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                // Generations only ever grow.
                found.sort_by_key(|object| std::cmp::Reverse(object.token.0.parse::<u64>().unwrap_or(0)));
                found.truncate(limit);
                return Ok(found);
            }
        }
        Err(operation.error(ErrorKind::Unavailable, "the list of generations does not end"))
    }
}
