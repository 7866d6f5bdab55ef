//! Many at once, through two handles: of those who expect the same, exactly one succeeds, and the others are told so.

use super::{Stop, Subject, Verdict, ensure};
use futures_util::future::join_all;
use promote_port::location::Key;
use promote_port::port::{CopyGuard, ErrorKind, Object, Precondition, ProviderError};

/// Fails unless one of the requests succeeded and its content is there. A loser may be told to try again.
async fn one_winner(subject: &Subject, key: &Key, ends: Vec<Result<Object, ProviderError>>) -> Verdict {
    let mut winners = Vec::new();
    for (racer, end) in ends.into_iter().enumerate() {
        match end {
            Ok(object) => winners.push((racer, object)),
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unavailable) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let [(winner, object)] = winners.as_slice() else {
        return Err(Stop::Failed(format!("{} of {} requests succeeded", winners.len(), subject.racers)));
    };
    subject.holds(key, &format!("racer {winner}")).await?;
    ensure!(subject.head(key).await?.token == object.token, "the winner was told another token");
    Ok(())
}

/// Those who race: every second one through a handle of its own, where one can be opened.
fn racers(subject: &Subject) -> Vec<Subject> {
    let other = subject.again().unwrap_or_else(|| subject.clone());
    [subject.clone(), other].into_iter().cycle().take(subject.racers).collect()
}

/// Of many who create the same object, one does.
pub async fn one_of_many_creators_wins(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.create, "create-if-absent")?;
    let key = &subject.key("race/create")?;
    let racers = racers(subject);
    let writes = racers.iter().enumerate().map(|(racer, by)| {
        let content = format!("racer {racer}");
        async move { by.write(key, &content, Precondition::Absent).await }
    });
    one_winner(subject, key, join_all(writes).await).await
}

/// Of many who replace the same object, one does.
pub async fn one_of_many_replacers_wins(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.replace, "replace-if-matches")?;
    let key = &subject.key("race/replace")?;
    let old = &subject.put(key, "before").await?.token;
    let racers = racers(subject);
    let writes = racers.iter().enumerate().map(|(racer, by)| {
        let content = format!("racer {racer}");
        async move { by.write(key, &content, Precondition::Matches(old.clone())).await }
    });
    one_winner(subject, key, join_all(writes).await).await
}

/// Of many who move the same target, one does.
pub async fn one_of_many_copies_wins(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.copy > CopyGuard::Observed, "condition on moving a target")?;
    let key = &subject.key("race/copy")?;
    let mut sources = Vec::new();
    for racer in 0..subject.racers {
        let source = subject.key(&format!("race/sources/{racer}"))?;
        sources.push(subject.source(&source, &format!("racer {racer}")).await?);
    }
    let old = &subject.put(key, "before").await?.token;
    let racers = racers(subject);
    let copies = sources
        .iter()
        .zip(&racers)
        .map(|(pinned, by)| async move { by.copy(pinned, key, Precondition::Matches(old.clone())).await });
    one_winner(subject, key, join_all(copies).await).await
}
