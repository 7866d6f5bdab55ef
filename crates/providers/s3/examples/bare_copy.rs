//! One guarded copy inside a bucket and nothing else: no rules, no ledger. Shows the library's smallest use, and is
//! what `bench/promote.sh` races against other tools' copies.
//!
//! `bare_copy BUCKET SOURCE TARGET SHA256`, with the digest of the source's content. Region, keys and address come
//! from the environment (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL_S3`, …) or from AWS's own files.

use promote_port::location::Key;
use promote_port::port::StoreSettings;
use promote_port::port::{Bucket as _, BucketReader as _, Condition, Metadata, PinnedSource, Precondition};
use promote_s3::S3Bucket;
use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, source, target, digest] = arguments.as_slice() else {
        return Err("usage: bare_copy BUCKET SOURCE TARGET SHA256".into());
    };
    let bucket = S3Bucket::connect(name, &StoreSettings::default());
    let (source, target): (Key, Key) = (source.parse()?, target.parse()?);

    // What is there now is what the copy insists on: of the source and of the target.
    let (found, before) = futures_util::future::try_join(bucket.head(&source), bucket.head(&target)).await?;
    let found = found.ok_or("there is no such source")?;
    let pinned = PinnedSource {
        location: format!("{bucket}/{source}").parse()?,
        token: found.token,
        version: found.version,
        sha256: digest.parse()?,
        size: found.size,
        headers: found.headers,
    };
    let when = before.map_or(Precondition::Absent, |object| Precondition::Matches(object.token));
    bucket.copy(&pinned, &target, &Metadata::new(), &Condition::on(when)).await?;
    Ok(())
}
