//! Finding out which conditions a store checks, by asking it to break its word: conditions that do not hold, one after the
//! other and with eight writers at once. How a request is made, what else a vendor's stores can get wrong, and what follows
//! from all of it stay with the vendor's crate; the verdict is kept by the caller.

mod conditions;
mod scratch;

pub use conditions::{Conditions, conditions};
pub use scratch::{CONTENTS, Scratch};

use crate::location::Key;
use crate::port::{ErrorKind, Object, Precondition, ProviderError, Token};
use async_trait::async_trait;
use std::fmt::Debug;

/// How an attempt ended, as the store says.
#[derive(Debug)]
pub enum AttemptEnd {
    /// It wrote this.
    Done(Box<Object>),
    /// It wrote nothing.
    Refused,
}

impl AttemptEnd {
    /// What an answer means to a probe. A missing right or a broken connection ends it; being unable does not.
    /// `turned_down`: whether it is the store that turned the request down.
    ///
    /// # Errors
    /// What ends the probe.
    pub fn of(
        done: Result<Object, ProviderError>,
        turned_down: impl Fn(&ProviderError) -> bool,
    ) -> Result<Self, ProviderError> {
        match done {
            Ok(object) => Ok(Self::Done(Box::new(object))),
            Err(failure) if failure.kind == ErrorKind::Denied || !turned_down(&failure) => Err(failure),
            Err(_) => Ok(Self::Refused),
        }
    }
}

/// How often eight writers race for one object. A store that is not atomic does not show it every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Races {
    /// How many rounds there are, one after the other; none follows one that went wrong.
    pub rounds: usize,
    /// Races of a round, side by side.
    pub abreast: usize,
    /// How often a race is run that nobody won, where the store may put writers off.
    pub tries: usize,
}

/// The requests of one vendor that a probe makes.
#[async_trait]
pub trait Attempts: Sync {
    /// A way to write an object.
    type How: Copy + Debug + Send + Sync;

    /// Where this probe writes.
    fn scratch(&self) -> &Scratch;

    /// A token that none of the probe's objects ever has.
    fn foreign(&self) -> Token;

    /// How often this way to write is raced for.
    fn races(&self, how: Self::How) -> Races;

    /// Writes one of [`CONTENTS`] under a condition. A missing right or a broken connection is an error; being unable is
    /// being refused.
    async fn attempt(
        &self,
        how: Self::How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<AttemptEnd, ProviderError>;

    /// The same, as one of many: being put off is being refused.
    async fn attempt_once(
        &self,
        how: Self::How,
        key: &Key,
        variant: usize,
        when: &Precondition,
    ) -> Result<AttemptEnd, ProviderError> {
        self.attempt(how, key, variant, when).await
    }

    /// What is under a key now.
    async fn describe(&self, key: &Key) -> Result<Option<Object>, ProviderError>;

    /// Waits before a race that nobody won is run again.
    async fn rest(&self) {}

    /// Looks whether the key has exactly this object, and remembers when it has not.
    async fn settled(&self, key: &Key, expected: Option<&Object>) -> Result<(), ProviderError> {
        let there = self.describe(key).await?;
        self.scratch().compare(there.as_ref(), expected);
        Ok(())
    }
}
