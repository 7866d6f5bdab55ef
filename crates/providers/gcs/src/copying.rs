//! Copies inside the store: one conditional rewrite, pinned to its source, repeated with the store's own token until it
//! is done. Large copies, and those between places or kinds of storage, take several calls.

use crate::GcsBucket;
use crate::exchange::Operation;
use crate::resource::{Resource, Target, generation, guard, told};
use http::header::CONTENT_TYPE;
use promote_port::location::{Key, StoreId};
use promote_port::port::{Condition, ErrorKind, Metadata, Object, PinnedSource, ProviderError};
use serde::{Deserialize, Deserializer};

/// How many calls in a row may copy nothing.
const IDLE_CALLS: u32 = 20;

/// A call's answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Rewritten {
    done: bool,
    rewrite_token: Option<String>,
    #[serde(deserialize_with = "number")]
    total_bytes_rewritten: u64,
    resource: Option<Resource>,
}

/// Google writes large numbers as text, some emulators as numbers.
fn number<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    match Either::deserialize(input)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

impl GcsBucket {
    /// See `Bucket::copy`.
    pub(crate) async fn copy_inside(
        &self,
        from: &PinnedSource,
        to: &Key,
        metadata: &Metadata,
        condition: &Condition,
    ) -> Result<Object, ProviderError> {
        let StoreId::Gcs(bucket) = &from.location.store else {
            let message = format!("`{}` is not in Google Cloud Storage, which can't copy it", from.location);
            return Err(ProviderError::new(ErrorKind::Unsupported, self, to, message));
        };
        let target = Target { key: to, headers: &from.headers, metadata, when: &condition.when };
        self.rewrite(bucket, from, &target).await
    }

    async fn rewrite(
        &self,
        bucket: &str,
        from: &PinnedSource,
        target: &Target<'_>,
    ) -> Result<Object, ProviderError> {
        let source = from.location.to_string();
        let mut operation = Operation::effect(self, target.key.as_str(), "storage.objects.create", from.size);
        operation.source = Some(&source);
        let guard = guard(&operation, target.when)?;
        let changed = |what: &str| operation.error(ErrorKind::Conflict, format!("`{source}` {what}"));
        let token =
            generation(&from.token.0).ok_or_else(|| changed("never had the generation that was pinned"))?;
        let mut query = match &from.version {
            // One generation never changes. To ask for the condition as well would ask for the live one, and an older
            // one could not be copied any more.
            Some(version) => {
                let number = generation(&version.0).filter(|number| *number == token);
                vec![(
                    "sourceGeneration",
                    number.ok_or_else(|| changed("never had the version that was pinned"))?,
                )]
            }
            None => vec![("ifSourceGenerationMatch", token)],
        };
        query.extend(guard.map(|number| ("ifGenerationMatch", number)));
        let description = target.described(None).map_err(|odd| {
            operation.error(ErrorKind::Invalid, "the description can't be written").caused_by(odd)
        })?;
        let parts = [
            "b",
            bucket,
            "o",
            from.location.key.as_str(),
            "rewriteTo",
            "b",
            &self.name,
            "o",
            target.key.as_str(),
        ];
        let ready = self.ready().await?;
        let (mut far, mut idle) = (0, 0);
        let mut next: Option<String> = None;
        loop {
            let mut query = query.clone();
            query.extend(next.as_deref().map(|next| ("rewriteToken", next)));
            let url = ready.endpoint.call("storage/v1", &parts, &query);
            let request = ready
                .http
                .post(url)
                .header(CONTENT_TYPE, "application/json; charset=utf-8")
                .body(description.clone());
            let answer: Rewritten = operation.ask(request).await.map_err(|failure| {
                if failure.kind == ErrorKind::NotFound && !operation.lacks_bucket(&failure) {
                    return changed("is gone or was replaced").caused_by(failure);
                }
                failure
            })?;
            if answer.done {
                let resource =
                    answer.resource.ok_or_else(|| operation.nonsense("the copy is not described"))?;
                let object = told(&operation, target.key, resource)?;
                self.bucket_seen();
                if object.size != from.size {
                    let message = format!("generation {} is not as long as its source", object.token);
                    return Err(operation.error(ErrorKind::Corrupt, message));
                }
                return Ok(object);
            }
            idle = if answer.total_bytes_rewritten > far { 0 } else { idle + 1 };
            far = far.max(answer.total_bytes_rewritten);
            // As long as the store has not said that it is done, nothing shows at the target.
            next = Some(answer.rewrite_token.filter(|_| idle < IDLE_CALLS).ok_or_else(|| {
                let message = format!("the copy stopped after {far} of {} bytes", from.size);
                operation.error(ErrorKind::Unavailable, message)
            })?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_text_or_as_numbers() {
        for text in [r#"{"totalBytesRewritten":"7","done":true}"#, r#"{"totalBytesRewritten":7,"done":true}"#]
        {
            let answer: Rewritten = serde_json::from_str(text).unwrap();
            assert_eq!((answer.total_bytes_rewritten, answer.done), (7, true));
        }
        assert!(serde_json::from_str::<Rewritten>(r#"{"totalBytesRewritten":"x"}"#).is_err());
        assert!(serde_json::from_str::<Rewritten>("{}").is_ok_and(|answer| !answer.done));
    }
}
