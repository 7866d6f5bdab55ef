//! Which version a release is. One answer, for the rule `versions`, for names with `{version}`, for `PROMOTE_VERSION`
//! and for every view. Where tags come from, and which promotion keeps which answer, is told by whoever asks.

use crate::template::is_version;
use semver::Version;
use std::cmp::Ordering;

/// The semver number in a tag, with or without a `v` before it; `None` when it is none, or could not stand for
/// `{version}`.
pub fn number(tag: &str) -> Option<Version> {
    let text = tag.strip_prefix('v').unwrap_or(tag);
    Version::parse(text).ok().filter(|_| is_version(text))
}

/// The one among these that the release is: a stable one before a pre-release, then the highest. Those that are no
/// semver numbers don't count.
pub fn of<'t>(tags: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let stable_first = |one: &Version, two: &Version| -> Ordering {
        one.pre.is_empty().cmp(&two.pre.is_empty()).then_with(|| one.cmp(two))
    };
    tags.into_iter().filter_map(number).max_by(stable_first).map(|number| number.to_string())
}

/// The same of what was known when the release was published, and of the tags that are on its commit now.
pub fn now(published: Option<&str>, tags: &[String]) -> Option<String> {
    of(published.into_iter().chain(tags.iter().map(String::as_str)))
        // What an older version of promote recorded is not thrown away, whatever it is.
        .or_else(|| published.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_its_stable_version_before_a_pre_release_and_the_highest_of_those() {
        for (tags, wanted) in [
            (&[][..], None),
            (&["main", "release", "v1", "v1.2", "1.2.3.4", "V1.2.3", "api/v1.2.3"], None),
            (&["v1.4.0"], Some("1.4.0")),
            (&["1.4.0"], Some("1.4.0")),
            (&["v1.4.0-rc.1"], Some("1.4.0-rc.1")),
            (&["v1.4.0-rc.1", "v1.4.0"], Some("1.4.0")),
            (&["2.0.0-beta", "v1.10.0"], Some("1.10.0")),
            (&["v1.9.0", "v1.10.0"], Some("1.10.0")),
            (&["v1.4.0-rc.2", "v1.4.0-rc.10"], Some("1.4.0-rc.10")),
            (&["v1.4.0-alpha", "v1.4.0-beta", "v1.4.0-9"], Some("1.4.0-beta")),
            (&["v1.4.0+7", "v1.3.9+9"], Some("1.4.0+7")),
            (&["v1.4.0", "1.4.0", "latest"], Some("1.4.0")),
        ] {
            assert_eq!(of(tags.iter().copied()).as_deref(), wanted, "{tags:?}");
            let turned: Vec<&str> = tags.iter().rev().copied().collect();
            assert_eq!(of(turned).as_deref(), wanted, "{tags:?} the other way round");
        }
    }

    #[test]
    fn what_was_published_counts_beside_the_tags_of_now() {
        let tags = |all: &[&str]| all.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        assert_eq!(now(Some("1.4.0-rc.1"), &tags(&["v1.4.0-rc.1", "v1.4.0"])).as_deref(), Some("1.4.0"));
        assert_eq!(now(None, &tags(&["v1.4.0"])).as_deref(), Some("1.4.0"));
        // A tag that was deleted since, or a clone without tags.
        assert_eq!(now(Some("1.4.0"), &[]).as_deref(), Some("1.4.0"));
        assert_eq!(now(Some("something else"), &[]).as_deref(), Some("something else"));
        assert_eq!(now(None, &[]), None);
    }

    #[test]
    fn a_number_that_fits_no_name_is_none() {
        assert_eq!(number(&format!("v1.0.0-{}", "a".repeat(130))), None);
    }
}
