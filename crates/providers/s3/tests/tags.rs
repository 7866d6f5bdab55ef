//! What is known of an object's tags before it is copied.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

#[allow(dead_code, reason = "other tests ask more of it")]
mod fake;

use fake::{Answer, Fake};
use promote_port::port::BucketReader;

#[tokio::test]
async fn tags_that_may_not_be_read_are_told_from_none() {
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>a</Value></Tag></TagSet></Tagging>";
    for (answer, found) in [
        (Answer::ok(tags), Some(1)),
        (Answer::ok("<Tagging><TagSet></TagSet></Tagging>"), Some(0)),
        (Answer::error(403, "AccessDenied"), None),
        (Answer::error(501, "NotImplemented"), Some(0)),
    ] {
        let fake = Fake::start(move |_| answer.clone()).await;
        let (bucket, key) = (fake.bucket(), "app.zip".parse().unwrap());
        // The first answer tells the store's time: before that a refusal may be for the signature.
        drop(bucket.tags(&key).await);
        assert_eq!(bucket.tags(&key).await.unwrap(), found);
    }
}
