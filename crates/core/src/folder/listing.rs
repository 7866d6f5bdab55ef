//! Listing a whole folder. Pages follow one another, since each begins where the last one ended; where a manifest
//! tells what to expect, they are asked for side by side instead, and cost no request more.

use super::ledgers::left_out;
use super::manifest::{FolderManifest, MOST_FILES};
use super::{IN_FLIGHT, inside};
use crate::location::{FOLDER, Key};
use crate::port::order::surely_after;
use crate::port::{BucketReader, ErrorKind, Object, ProviderError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// Objects in a page, the most that stores give.
pub(super) const PAGE: usize = 1000;

/// Part of a listing: what comes after the first key, up to and with the second, in the store's order, whichever that
/// is. What only the store knows on which side it lies may be told by two parts that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    after: Option<Key>,
    until: Option<Key>,
}

/// Everything below `prefix`, each object once and ascending by the bytes of its key, with keys as paths inside it; ledgers
/// that are there are left out. `guide` says what will probably be there.
///
/// # Errors
/// What the store answers, and `Unsupported` for more objects than any folder may have.
pub(super) async fn list(
    bucket: &dyn BucketReader,
    prefix: &str,
    guide: Option<&FolderManifest>,
) -> Result<Vec<Object>, ProviderError> {
    let pages: Vec<Vec<Object>> = stream::iter(ranges(prefix, guide))
        .map(|range| list_range(bucket, prefix, range))
        .buffered(IN_FLIGHT)
        .try_collect()
        .await?;
    let mut all = within(prefix, pages.into_iter().flatten());
    all.sort_unstable_by(|one, two| one.key.cmp(&two.key));
    all.dedup_by(|one, two| one.key == two.key);
    left_out(bucket, prefix, all, guide).await
}

/// Objects with paths inside the folder as keys. What has none there is none of its files.
pub(super) fn within(prefix: &str, objects: impl IntoIterator<Item = Object>) -> Vec<Object> {
    let inside = |object: Object| {
        let key = object.key.as_str().strip_prefix(prefix)?.parse().ok()?;
        Some(Object { key, ..object })
    };
    objects.into_iter().filter_map(inside).collect()
}

/// Ranges that hold one page each, when the folder is as the manifest says.
fn ranges(prefix: &str, guide: Option<&FolderManifest>) -> Vec<Range> {
    let mut paths: Vec<&str> = guide.iter().flat_map(|it| &it.files).map(|file| file.path.as_str()).collect();
    let own = paths.partition_point(|path| *path < FOLDER);
    paths.insert(own, FOLDER);
    // The last one bounds nothing: whatever comes after it must be found, too.
    let last = paths.len() - 1;
    let ends = paths.iter().enumerate().filter(|(at, _)| (at + 1).is_multiple_of(PAGE) && *at != last);
    let mut ranges = Vec::new();
    let mut after = None;
    for (_, path) in ends {
        let Ok(until) = path.parse().and_then(|path: Key| inside(prefix, &path)) else { continue };
        ranges.push(Range { after: after.take(), until: Some(until.clone()) });
        after = Some(until);
    }
    ranges.push(Range { after, until: None });
    ranges
}

async fn list_range(
    bucket: &dyn BucketReader,
    prefix: &str,
    range: Range,
) -> Result<Vec<Object>, ProviderError> {
    let error = |kind, message: &str| ProviderError::new(kind, bucket, prefix, message);
    let Range { mut after, until } = range;
    let mut found = Vec::new();
    loop {
        let mut page = bucket.list(prefix, after.as_ref(), PAGE).await?;
        let last = page.objects.last().map(|object| object.key.clone());
        let leads =
            |last: &Key| after.as_ref().is_none_or(|after| !surely_after(after.as_str(), last.as_str()));
        if page.more && !last.as_ref().is_some_and(|it| leads(it) && Some(it) != after.as_ref()) {
            return Err(error(ErrorKind::Corrupt, "a page that leads nowhere says that more follow"));
        }
        // Beyond the end lies what comes after it in either order; and all that is told after the end itself.
        let mut over = false;
        page.objects.retain(|object| {
            over = over || until.as_ref().is_some_and(|end| surely_after(object.key.as_str(), end.as_str()));
            let keep = !over;
            over = over || until.as_ref() == Some(&object.key);
            keep
        });
        found.append(&mut page.objects);
        if over || !page.more {
            return Ok(found);
        }
        if found.len() > 2 * MOST_FILES {
            return Err(error(ErrorKind::Unsupported, "there are more objects there than a folder may have"));
        }
        after = last.map(|last| beyond_ledgers(prefix, last));
    }
}

/// Where to go on after this key: records of ledgers may be many, and are no files of a folder.
fn beyond_ledgers(prefix: &str, last: Key) -> Key {
    let below = format!("{prefix}.promote/");
    // Projects have names of lower-case letters, digits and hyphens, all of which sort before it.
    match format!("{below}~").parse() {
        Ok(beyond) if last.as_str().starts_with(&below) && last < beyond => beyond,
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::folder::FolderFile;

    fn guide(count: usize) -> FolderManifest {
        let file = |n| FolderFile {
            path: format!("f{n:05}").parse().unwrap(),
            size: 1,
            executable: false,
            sha256: Digest::of(b""),
            token: None,
        };
        FolderManifest::new((0..count).map(file).collect()).unwrap()
    }

    #[test]
    fn ranges_are_pages_and_leave_nothing_out() {
        assert_eq!(ranges("a/", None), [Range { after: None, until: None }]);
        for (count, expected) in [(0, 1), (998, 1), (999, 1), (1000, 2), (1999, 2), (2000, 3), (10_000, 11)] {
            let found = ranges("a/", Some(&guide(count)));
            assert_eq!(found.len(), expected, "{count}");
            assert_eq!((&found[0].after, &found[expected - 1].until), (&None, &None));
            for pair in found.windows(2) {
                assert_eq!(pair[0].until, pair[1].after);
            }
        }
        assert_eq!(ranges("a/", Some(&guide(1000)))[0].until, Some("a/f00998".parse().unwrap()));
    }

    #[test]
    fn a_ledger_is_jumped_over() {
        let jumped = |last: &str| beyond_ledgers("", last.parse().unwrap()).to_string();
        assert_eq!(jumped(".promote/shop/lanes/x"), ".promote/~");
        assert_eq!(jumped(".promote/~x"), ".promote/~x");
        assert_eq!(jumped("a"), "a");
    }
}
