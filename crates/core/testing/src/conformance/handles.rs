//! Further handles of the same store: what one of them writes the others see, and no handle goes by what it saw before.

use super::{Stop, Subject, Verdict, ensure};
use promote_port::port::Precondition;

impl Subject {
    /// The same through another handle, where somebody said how one is opened.
    pub(super) fn again(&self) -> Option<Self> {
        let open = self.opener.as_ref()?;
        Some(Self { bucket: open.open(), ..self.clone() })
    }
}

/// What is written, replaced and deleted through one handle is so for another one, which looked before.
pub async fn further_handles_see_what_was_written(subject: &Subject) -> Verdict {
    let unsaid = "nobody said how a further handle is opened: `Subject::opened_by` does";
    let other = subject.again().ok_or_else(|| Stop::Failed(unsaid.to_owned()))?;
    let key = &subject.key("handles/object")?;
    let listed = async |by: &Subject| -> Result<Vec<_>, Stop> {
        let page = by.bucket.list(&by.below("handles/"), None, 10).await?;
        Ok(page.objects.into_iter().map(|object| object.token).collect())
    };
    other.nothing_at(key).await?;
    ensure!(listed(&other).await?.is_empty(), "something is listed before it was written");

    let one = subject.put(key, "one").await?.token;
    other.holds(key, "one").await?;
    ensure!(other.head(key).await?.token == one, "the other handle says another token");
    ensure!(listed(&other).await? == [one.clone()], "the other handle lists something else");

    let two = other.put(key, "two").await?.token;
    if !subject.found_stays {
        subject.holds(key, "two").await?;
        ensure!(subject.head(key).await?.token == two, "the first handle says an old token");
        ensure!(listed(subject).await? == [two.clone()], "the first handle lists something old");
    }
    if subject.expected.create {
        let end = subject.write(key, "three", Precondition::Absent).await;
        subject.conflict("a create of what the other handle wrote", end)?;
    }
    if subject.expected.replace {
        let end = subject.write(key, "three", Precondition::Matches(one)).await;
        subject.conflict("a replacement of what the other handle had replaced", end)?;
        subject.write(key, "three", Precondition::Matches(two)).await?;
    }
    if subject.found_stays {
        return Ok(());
    }
    if subject.expected.replace {
        other.holds(key, "three").await?;
    }
    if subject.deletes {
        subject.bucket.delete(key, &Precondition::Any).await?;
        other.nothing_at(key).await?;
        ensure!(listed(&other).await?.is_empty(), "the other handle lists what was deleted");
    }
    Ok(())
}
