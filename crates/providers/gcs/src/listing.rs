//! Listing names in the order of their bytes, page by page.

use crate::GcsBucket;
use crate::exchange::Operation;
use crate::inline_content;
use crate::resource::{Resource, told};
use promote_port::location::Key;
use promote_port::names::escape;
use promote_port::port::{ErrorKind, Metadata, Object, Page, ProviderError};
use serde::Deserialize;

/// What is asked of each object; the rest of its description would make a page many times as long.
const FIELDS: &str = "items(name,generation,size,timeCreated,md5Hash,crc32c),nextPageToken";

/// What is asked where few are asked for: the content that a document carries as well.
const FIELDS_OF_FEW: &str = "items(name,generation,size,timeCreated,md5Hash,crc32c,metadata),nextPageToken";

/// How many are few.
const FEW: usize = 50;

/// How many pages without a key of ours are passed over before the listing is given up.
const EMPTY_PAGES: usize = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Names {
    items: Vec<Resource>,
    next_page_token: Option<String>,
}

/// The first name to ask for, so that nothing that is a key comes before it but after `after`. The API's own place is
/// inclusive; a key holds no character below the space, so none lies between a key and that key and a space.
pub(crate) fn place_after(after: &str) -> String {
    if after.len() < 1024 { format!("{after} ") } else { after.to_owned() }
}

impl GcsBucket {
    /// See `BucketReader::list`. Names that are no keys in `promote`'s sense (folder markers, for one) are left out.
    pub(crate) async fn page(
        &self,
        prefix: &str,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Page, ProviderError> {
        let subject = if prefix.is_empty() { self.name.as_str() } else { prefix };
        let operation = Operation::reading(self, subject, "storage.objects.list");
        if !(1..=1000).contains(&limit) {
            return Err(
                operation.error(ErrorKind::Invalid, format!("a page has 1 to 1000 objects, not {limit}"))
            );
        }
        let ready = self.ready().await?;
        let start = after.map(|key| place_after(key.as_str()));
        let mut last = after.map(|key| key.as_str().to_owned());
        let mut token: Option<String> = None;
        let mut page = Page::default();
        for _ in 0..EMPTY_PAGES {
            let wanted = (limit - page.objects.len()).to_string();
            let mut query = vec![
                ("fields", if limit <= FEW { FIELDS_OF_FEW } else { FIELDS }),
                ("maxResults", wanted.as_str()),
            ];
            if !prefix.is_empty() {
                query.push(("prefix", prefix));
            }
            query.extend(start.as_deref().map(|start| ("startOffset", start)));
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let url = ready.endpoint.call("storage/v1", &["b", &self.name, "o"], &query);
            let names: Names = operation.ask(ready.http.get(url)).await?;
            self.bucket_seen();
            for item in names.items {
                let name = item.name.clone();
                // A store that does not know `startOffset` begins at the first name; one that knows it never repeats.
                if !name.starts_with(prefix) || last.as_deref().is_some_and(|last| name.as_str() <= last) {
                    return Err(operation
                        .error(
                            ErrorKind::Unsupported,
                            format!("the store lists `{}` out of order", escape(&name)),
                        )
                        .hint("a ledger needs a store that lists keys in the order of their bytes"));
                }
                last = Some(name.clone());
                let Ok(key) = name.parse::<Key>() else { continue };
                if page.objects.len() < limit {
                    let carried = inline_content::carried(
                        item.metadata.as_ref(),
                        item.size.as_deref().unwrap_or_default(),
                        item.md5_hash.as_deref(),
                    );
                    page.contents.extend(carried.map(|content| (key.clone(), content)));
                    let object = told(&operation, &key, item)?;
                    page.objects.push(Object { metadata: Metadata::new(), ..object });
                }
            }
            token = names.next_page_token.filter(|token| !token.is_empty());
            page.more = token.is_some();
            if !page.more || page.objects.len() >= limit {
                return Ok(page);
            }
        }
        Err(operation.error(ErrorKind::Unavailable, "the store's pages go on without a name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_lies_between_a_key_and_the_place_after_it() {
        assert_eq!(place_after("a/b"), "a/b ");
        assert!("a/b!" > "a/b " && "a/b/c" > "a/b " && "a/b " > "a/b");
        let long = "k".repeat(1024);
        assert_eq!(place_after(&long), long);
    }
}
