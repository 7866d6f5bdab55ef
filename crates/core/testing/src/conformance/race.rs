//! What each of two processes does in a race: as fast as it can, noting what the store told it.

use super::{Stop, Subject};
use promote_port::location::Key;
use promote_port::port::{ErrorKind, Object, PinnedSource, Precondition, ProviderError};

/// What two processes race for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Race {
    /// Each creates one object after another: the next records of a ledger.
    Create,
    /// Each replaces the same object again and again.
    Replace,
    /// Each moves the same target again and again.
    Copy,
}

impl Race {
    /// All of them, with the names that a process is told.
    pub(super) const ALL: [(&str, Self); 3] =
        [("create", Self::Create), ("replace", Self::Replace), ("copy", Self::Copy)];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, race)| *race == self).map_or("", |(name, _)| name)
    }
}

/// What one process was told that it did: what it found, which is nobody else's to find then, and the token that it made.
pub(super) type Steps = Vec<(String, String)>;

/// One of the two, with everything ready.
#[derive(Debug)]
pub(super) struct Racer<'s> {
    subject: &'s Subject,
    race: Race,
    who: &'static str,
    sources: Vec<PinnedSource>,
}

impl<'s> Racer<'s> {
    /// Does everything that is not part of the race, and speaks to the store once.
    pub(super) async fn ready(subject: &'s Subject, race: Race, who: &'static str) -> Result<Self, Stop> {
        let mut racer = Self { subject, race, who, sources: Vec::new() };
        if race == Race::Copy {
            for round in 0..subject.rounds {
                let key = subject.key(&format!("processes/sources/{who}/{round}"))?;
                racer.sources.push(subject.source(&key, &racer.content(round)).await?);
            }
        }
        subject.bucket.head(&goal(subject, race)?).await?;
        Ok(racer)
    }

    /// Nobody else writes the same.
    fn content(&self, round: usize) -> String {
        format!("{} {round}", self.who)
    }

    /// Runs to the end.
    pub(super) async fn run(&self) -> Result<Steps, Stop> {
        let mut steps = Steps::new();
        for round in 0..self.subject.rounds {
            let step = match self.race {
                Race::Create => self.create(round).await?,
                Race::Replace | Race::Copy => Some(self.change(round).await?),
            };
            steps.extend(step);
        }
        Ok(steps)
    }

    /// Creates the next object, unless the other one did.
    async fn create(&self, round: usize) -> Result<Option<(String, String)>, Stop> {
        let key = slot(self.subject, round)?;
        for _ in 0..self.patience() {
            match self.subject.write(&key, &self.content(round), Precondition::Absent).await {
                Ok(object) => return Ok(Some((key.to_string(), object.token.0))),
                Err(error) if error.kind == ErrorKind::Conflict => return Ok(None),
                Err(error) if error.kind == ErrorKind::Unavailable => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Stop::Failed(format!("`{key}` is not there, and can't be created")))
    }

    /// Looks, and changes what it saw, until nobody else was faster.
    async fn change(&self, round: usize) -> Result<(String, String), Stop> {
        let key = goal(self.subject, self.race)?;
        for _ in 0..self.patience() {
            let seen = self.subject.head(&key).await?.token;
            match self.put(&key, round, Precondition::Matches(seen.clone())).await {
                Ok(object) => return Ok((seen.0, object.token.0)),
                Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unavailable) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Stop::Failed(format!("`{key}` can't be changed, although it was looked at each time")))
    }

    async fn put(&self, key: &Key, round: usize, when: Precondition) -> Result<Object, ProviderError> {
        match self.sources.get(round) {
            Some(pinned) => self.subject.copy(pinned, key, when).await,
            None => self.subject.write(key, &self.content(round), when).await,
        }
    }

    /// Each refusal but those of a busy store means that the other one went a step.
    fn patience(&self) -> usize {
        self.subject.rounds + 50
    }
}

/// What both change.
pub(super) fn goal(subject: &Subject, race: Race) -> Result<Key, Stop> {
    subject.key(&format!("processes/{}/target", race.name()))
}

/// What both create.
pub(super) fn slot(subject: &Subject, round: usize) -> Result<Key, Stop> {
    subject.key(&format!("processes/create/{round:06}"))
}
