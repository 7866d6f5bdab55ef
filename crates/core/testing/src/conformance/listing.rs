//! Listing: the store's own order, prefixes, places, pages. The ledger's newest record is found by it.

use super::{Stop, Subject, Verdict, ensure};
use promote_port::location::Key;
use promote_port::port::order::by_parts;
use promote_port::port::{ErrorKind, Page, Precondition};

/// The keys of a page below the subject's prefix and `folder`.
fn names(subject: &Subject, folder: &str, page: &Page) -> Vec<String> {
    let below = subject.below(&format!("{folder}/"));
    let rest = |key: &Key| key.as_str().strip_prefix(&below).unwrap_or(key.as_str()).to_owned();
    page.objects.iter().map(|object| rest(&object.key)).collect()
}

/// Writes empty objects of these names below `folder`.
async fn fill(subject: &Subject, folder: &str, names: &[&str]) -> Verdict {
    for name in names {
        subject.put(&subject.key(&format!("{folder}/{name}"))?, name).await?;
    }
    Ok(())
}

/// Writes objects whose names sort one way by their bytes and another part by part, in neither order. Gives the names
/// in the order that the store is said to have.
async fn fill_unordered(subject: &Subject, folder: &str) -> Result<Vec<&'static str>, Stop> {
    let by_bytes: &[&str] = if subject.takes_anything() {
        &[
            "A", "B/x", "a-b", "a.b", "a.b-", "a/b", "a/b-/c", "a/b.c", "a/b0", "a/c/d", "a0", "aa", "b",
            "b.c/x", "ä",
        ]
    } else {
        &["0", "1.0.50", "A", "B.x", "_", "a", "a-b", "a.b", "a.b-", "a0", "a_b", "aa", "b"]
    };
    let mut names_in_order = by_bytes.to_vec();
    if subject.by_folder {
        names_in_order.sort_by(|one, two| by_parts(one, two));
    }
    let mut shuffled = by_bytes.to_vec();
    shuffled.reverse();
    shuffled.swap(2, 9);
    fill(subject, folder, &shuffled).await?;
    Ok(names_in_order)
}

/// Keys ascend in the order that the store is said to have: by their bytes, whatever folders they seem to lie in, or
/// part by part.
pub async fn lists_are_in_the_stores_order(subject: &Subject) -> Verdict {
    let names_in_order = fill_unordered(subject, "order").await?;
    let page = subject.bucket.list(&subject.below("order/"), None, 100).await?;
    let found = names(subject, "order", &page);
    ensure!(found == names_in_order, "the order is {found:?}");
    ensure!(!page.more, "there is said to be more");
    for (object, name) in page.objects.iter().zip(&names_in_order) {
        let size = subject.body(name).len() as u64;
        ensure!(object.size == size, "the size of `{name}` is {}", object.size);
        let head = subject.head(&object.key).await?;
        ensure!(head.token == object.token, "the token of `{name}` is {}, not {}", object.token, head.token);
    }
    Ok(())
}

/// The order of a whole page is that of pages of any size, and of where a page begins.
pub async fn pages_keep_the_stores_order(subject: &Subject) -> Verdict {
    if !subject.pages_keep_order {
        return Err(Stop::Skipped(
            "pages of the store keep no order when one name begins another".to_owned(),
        ));
    }
    let names_in_order = fill_unordered(subject, "paged").await?;
    for limit in [1, 2, 5] {
        let (mut paged, mut after) = (Vec::new(), None);
        while paged.len() < names_in_order.len() {
            let page = subject.bucket.list(&subject.below("paged/"), after.as_ref(), limit).await?;
            let Some(last) = page.objects.last() else { break };
            after = Some(last.key.clone());
            paged.extend(names(subject, "paged", &page));
        }
        ensure!(paged == names_in_order, "in pages of {limit} the order is {paged:?}");
    }
    if !subject.takes_anything() {
        return Ok(());
    }
    // A place is a key, whether there is such an object or only others that begin with it and a slash.
    let beyond = subject.key("paged/a/~")?;
    let page = subject.bucket.list(&subject.below("paged/"), Some(&beyond), 100).await?;
    let found = names(subject, "paged", &page);
    let last = names_in_order.iter().rposition(|name| name.starts_with("a/"));
    let rest = names_in_order.iter().skip(last.map_or(0, |last| last + 1));
    ensure!(rest.clone().eq(&found), "after all of `a/` come {found:?}");
    let place = subject.key("paged/a")?;
    let page = subject.bucket.list(&subject.below("paged/a/"), Some(&place), 2).await?;
    let found = names(subject, "paged", &page);
    ensure!(found == ["a/b", "a/b-/c"], "after `a` come {found:?}");
    Ok(())
}

/// A list has what begins with the prefix and follows the place, and no more than asked for.
pub async fn lists_keep_to_prefix_and_place(subject: &Subject) -> Verdict {
    fill(subject, "place", &["a", "ab/c", "ab/d", "abc", "b", "c/x"]).await?;
    type Case = (&'static str, Option<&'static str>, usize, &'static [&'static str], bool);
    let cases: [Case; 12] = [
        ("", None, 10, &["a", "ab/c", "ab/d", "abc", "b", "c/x"], false),
        ("", None, 6, &["a", "ab/c", "ab/d", "abc", "b", "c/x"], false),
        ("", None, 5, &["a", "ab/c", "ab/d", "abc", "b"], true),
        ("ab", None, 10, &["ab/c", "ab/d", "abc"], false),
        ("ab/", None, 1, &["ab/c"], true),
        ("ab/c", None, 10, &["ab/c"], false),
        ("ab", Some("ab/c"), 10, &["ab/d", "abc"], false),
        ("ab", Some("ab/cc"), 1, &["ab/d"], true),
        ("", Some("a"), 2, &["ab/c", "ab/d"], true),
        ("ab/", Some("a"), 10, &["ab/c", "ab/d"], false),
        ("ab/", Some("b"), 10, &[], false),
        ("zz", None, 10, &[], false),
    ];
    for (prefix, after, limit, expected, more) in cases {
        let place = after.map(|after| subject.key(&format!("place/{after}"))).transpose()?;
        let full = subject.below(&format!("place/{prefix}"));
        let page = subject.bucket.list(&full, place.as_ref(), limit).await?;
        let found = names(subject, "place", &page);
        let expected: Vec<_> = expected.iter().map(|name| subject.spelt(name)).collect();
        ensure!(found == expected, "`{prefix}` after {after:?}, {limit} at most: {found:?}");
        // A store may not know that nothing follows, but it must not hide what does.
        ensure!(
            page.more || !more,
            "`{prefix}` after {after:?}, {limit} at most: more is there, but not said"
        );
    }
    for limit in [0, 1001] {
        let end = subject.bucket.list(subject.prefix.as_str(), None, limit).await;
        subject.refused("a page of a wrong size", ErrorKind::Invalid, end)?;
    }
    Ok(())
}

/// No character of a prefix stands for another one, and upper case is not lower case: a prefix is no pattern.
pub async fn prefixes_are_taken_literally(subject: &Subject) -> Verdict {
    let all: &[&str] = if subject.takes_anything() {
        &["A_b", "a%b", "a%xb", "a*b", "a.b", "a?b", "a[b]", "a_b", "ab", "axb"]
    } else {
        &["A_b", "a-b", "a.b", "a_b", "ab", "axb"]
    };
    fill(subject, "literal", all).await?;
    let begins = ["A", "a_", "a%", "a*", "a?", "a.", "a[", "_", "%"];
    for prefix in begins.iter().chain(all).filter(|prefix| subject.takes_anything() || all.contains(prefix)) {
        let full = subject.below(&format!("literal/{prefix}"));
        let page = subject.bucket.list(&full, None, 100).await?;
        let mut found = names(subject, "literal", &page);
        found.sort();
        let expected: Vec<_> = all.iter().filter(|name| name.starts_with(prefix)).collect();
        ensure!(expected.iter().copied().eq(&found), "what begins with `{prefix}` is {found:?}");
    }
    Ok(())
}

/// Page after page, every object comes once and in order.
pub async fn lists_page_without_gaps(subject: &Subject) -> Verdict {
    let all: Vec<String> =
        (0..subject.listed).map(|n| subject.spelt(&format!("{}/{n:06}", n / 7 % 3))).collect();
    for batch in all.chunks(16) {
        let writes = batch.iter().map(|name| async move {
            let key = subject.key(&format!("pages/{name}"))?;
            subject.put(&key, "").await.map_err(Stop::from)
        });
        futures_util::future::try_join_all(writes).await?;
    }
    let mut expected = all;
    expected.sort();
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let prefix = subject.below("pages/");
        let page = subject.bucket.list(&prefix, after.as_ref(), subject.page).await?;
        pages += 1;
        let full = page.objects.len() == subject.page;
        ensure!(page.objects.len() <= subject.page, "a page has {} objects", page.objects.len());
        ensure!(full || !page.more, "a page that is not the last has {} objects", page.objects.len());
        found.extend(names(subject, "pages", &page));
        after = page.objects.last().map(|object| object.key.clone()).or(after);
        if !page.more {
            break;
        }
        ensure!(pages <= subject.listed, "the pages do not end");
    }
    ensure!(found == expected, "{} of {} objects were listed", found.len(), expected.len());
    Ok(())
}

/// Records under inverted numbers: the newest is the first key, read by a page of one. A slot that was not written
/// is never listed.
pub async fn the_newest_record_is_the_first_key(subject: &Subject) -> Verdict {
    let slot = |seq: u64| {
        let digits = format!("{:012}", 999_999_999_999 - seq);
        let parts: Vec<_> = (0..4).filter_map(|n| digits.get(n * 3..n * 3 + 3)).collect();
        subject.key(&format!("log/{}.json", parts.join("/")))
    };
    let when = if subject.expected.create { Precondition::Absent } else { Precondition::Any };
    for seq in [0, 1, 2, 998, 999, 1000, 1001] {
        subject.write(&slot(seq)?, &seq.to_string(), when.clone()).await?;
        let page = subject.bucket.list(&subject.below("log/"), None, 1).await?;
        let newest = page.objects.first().map(|object| object.key.clone());
        ensure!(newest == Some(slot(seq)?), "after record {seq} the first key is {newest:?}");
    }
    let page = subject.bucket.list(&subject.below("log/"), None, 100).await?;
    let found: Vec<_> = page.objects.into_iter().map(|object| object.key).collect();
    let expected: Vec<_> = [1001, 1000, 999, 998, 2, 1, 0].into_iter().map(slot).collect::<Result<_, _>>()?;
    ensure!(found == expected, "the records are listed as {found:?}");
    Ok(())
}
