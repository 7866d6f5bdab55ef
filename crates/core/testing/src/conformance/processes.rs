//! Two processes that want the same at the same time. A lock, a cache or a counter that is kept in one process passes every
//! other check, and loses promotions between two machines.

use super::race::{Race, Racer, goal, slot};
use super::rival::Opponent;
use super::sharing::{Rival, Sharing};
use super::{Stop, Subject, Verdict, ensure};
use promote_port::port::{CopyGuard, Token};
use std::collections::BTreeMap;

/// Lets two processes race, and judges what each was told.
async fn race(subject: &Subject, race: Race) -> Verdict {
    let rival: &Rival = match &subject.sharing {
        Sharing::Raced(rival) => rival,
        Sharing::InMemory => {
            return Err(Stop::Skipped("no other process can use it: it is in this one's memory".to_owned()));
        }
        Sharing::Unsaid => {
            let unsaid = "nobody said how another process opens the store: `Subject::raced_by` does, and for a \
                          store in memory `Subject::in_memory`";
            return Err(Stop::Failed(unsaid.to_owned()));
        }
    };
    if race != Race::Create {
        subject.put(&goal(subject, race)?, "before").await?;
    }
    let racer = Racer::ready(subject, race, "here").await?;
    let mut opponent = Opponent::start(rival, race)?;
    opponent.is_ready().await?;
    opponent.go()?;
    let ours = racer.run().await?;
    let theirs = opponent.steps().await?;
    let mut found = BTreeMap::new();
    for (seen, made) in ours.into_iter().chain(theirs) {
        let before = found.insert(seen.clone(), made);
        ensure!(before.is_none(), "two processes were both told that they had their way with `{seen}`");
    }
    let all = if race == Race::Create { subject.rounds } else { 2 * subject.rounds };
    ensure!(found.len() == all, "the two were told of {} steps, not of {all}", found.len());
    // A handle may remember what it found before the other process came.
    let subject = &subject.again().unwrap_or_else(|| subject.clone());
    if race == Race::Create {
        for round in 0..subject.rounds {
            let key = slot(subject, round)?;
            let there = subject.head(&key).await?.token.0;
            ensure!(found.get(key.as_str()) == Some(&there), "`{key}` is not what its creator was told");
        }
        return Ok(());
    }
    let Token(there) = subject.head(&goal(subject, race)?).await?.token;
    let last = found.values().any(|made| *made == there) && !found.contains_key(&there);
    ensure!(last, "what is there in the end is not what the last of both wrote");
    Ok(())
}

/// Of two processes that create the same object, one does.
pub async fn two_processes_never_create_the_same(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.create, "create-if-absent")?;
    race(subject, Race::Create).await
}

/// Of two processes that replace the same object, one does.
pub async fn two_processes_never_replace_the_same(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.replace, "replace-if-matches")?;
    race(subject, Race::Replace).await
}

/// Of two processes that move the same target, one does.
pub async fn two_processes_never_move_the_same_target(subject: &Subject) -> Verdict {
    subject.needs(subject.expected.copy > CopyGuard::Observed, "condition on moving a target")?;
    race(subject, Race::Copy).await
}
