//! `retag SOURCE TARGET [SIGN-IN]`: looks at both, and puts the image under the target tag if that is as it was. What a
//! promotion does to a registry, without rules and ledger; `bench/images.sh` races it. SIGN-IN is what `sign-in` in
//! `promote.toml` may be (`none`, `password`, the address of a token server) and holds for the registries of both.

use promote_port::location::{Key, Location};
use promote_port::port::{Bucket, BucketReader, Condition, CopyGuard, Metadata, PinnedSource, Precondition};
use promote_quay::{Environment, Registries, RegistryBucket};
use std::error::Error;

fn open(registries: &Registries, place: &str) -> Result<(Location, RegistryBucket, Key), Box<dyn Error>> {
    let location: Location = place.parse()?;
    let bucket = registries.repository(&location.store.to_string(), None)?;
    let key = location.key.clone();
    Ok((location, bucket, key))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(source), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: retag HOST/REPOSITORY:TAG HOST/REPOSITORY:TAG [SIGN-IN]".into());
    };
    let sign_in = arguments.next();
    let registries = Registries::new(Environment::of_process());
    let (location, from, old) = open(&registries, &source)?;
    let (_, to, new) = open(&registries, &target)?;
    if let Some(sign_in) = &sign_in {
        registries.sign_in(&from.to_string(), sign_in)?;
        registries.sign_in(&to.to_string(), sign_in)?;
    }
    let (seen, before) = tokio::try_join!(from.head(&old), to.head(&new))?;
    let seen = seen.ok_or("there is no such image")?;
    let pinned = PinnedSource {
        location,
        token: seen.token,
        version: None,
        sha256: seen.sha256.ok_or("the image has no digest")?,
        size: seen.size,
        headers: seen.headers,
    };
    let when = before.map_or(Precondition::Absent, |object| Precondition::Matches(object.token));
    let condition = Condition { when, way: CopyGuard::Observed, fence: None };
    to.copy(&pinned, &new, &Metadata::new(), &condition).await?;
    Ok(())
}
