//! Keys with characters that are special somewhere on the way.

use super::{Subject, Verdict, ensure};
use promote_port::port::Precondition;

/// Each of these is one key, everywhere.
const ODD: [&str; 15] = [
    "with space",
    "plus+plus",
    "per%20cent",
    "equals=a&b=c",
    "question?x",
    "hash#x",
    "quote'\"",
    "semi;colon,comma",
    "star*[x]{y}",
    "tilde~$HOME",
    "at@colon:x",
    "ünïcödé-日本-🚀",
    "-leading-dash",
    ".leading-dot",
    "UPPER.lower",
];

/// And these where a key is a tag.
const ODD_TAGS: [&str; 8] = [
    "UPPER.lower",
    "_leading",
    "two__under",
    "0",
    "x-.-y",
    "1.0.50",
    "d2021-04-09.1",
    "prod-33242e93-16-04-2021.1618577888",
];

/// Objects of odd names are written, read, listed, copied from and to, and deleted under exactly their names.
pub async fn odd_names_stay_themselves(subject: &Subject) -> Verdict {
    let odd: &[&str] = if subject.takes_anything() { &ODD } else { &ODD_TAGS };
    for &name in odd {
        let (key, copy) =
            (subject.key(&format!("odd/{name}"))?, subject.key(&format!("odd-copy/{name}/{name}"))?);
        let pinned = subject.source(&key, name).await?;
        subject.holds(&key, name).await?;
        subject.copy(&pinned, &copy, Precondition::Any).await?;
        subject.holds(&copy, name).await?;
        let page = subject.bucket.list(key.as_str(), None, 2).await?;
        let listed = page.objects.first().map(|object| &object.key);
        ensure!(listed == Some(&key), "`{name}` is listed as {listed:?}");
    }
    let page = subject.bucket.list(&subject.below("odd/"), None, 100).await?;
    let listed = page.objects.len();
    ensure!(listed == odd.len(), "{listed} of {} odd names are listed", odd.len());
    for name in odd.iter().filter(|_| subject.deletes) {
        let key = subject.key(&format!("odd/{name}"))?;
        subject.bucket.delete(&key, &Precondition::Any).await?;
        subject.nothing_at(&key).await?;
    }
    Ok(())
}

/// Who says that folders are kept keeps nothing below an object, under any name.
pub async fn folders_are_kept_as_is_said(subject: &Subject) -> Verdict {
    subject.needs(subject.bucket.capabilities().folders, "folders as such")?;
    let (object, below) = (subject.key("folders/object")?, subject.key("folders/object/below")?);
    subject.put(&object, "above").await?;
    let written = subject.write(&below, "below", Precondition::Absent).await;
    ensure!(written.is_err(), "`{below}` was written below the object `{object}`");
    subject.holds(&object, "above").await
}
