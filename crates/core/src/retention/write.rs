//! Saying a word about a release.

use crate::commit::CommitId;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::{AppendError, Block, Word, not_taken};
use crate::location::Key;
use crate::port::ProviderError;
use crate::ports::Ports;
use serde::Serialize;

/// Writes the `number`-th entry of a word. `false` when somebody else wrote that one first.
pub(super) async fn say(
    ports: &Ports,
    commit: &CommitId,
    word: Word,
    number: u32,
    said: &Block,
) -> Result<bool, Failure> {
    taken(ports.ledger.say(commit, word, number, said).await)
}

/// Creates a document of the ledger. `false` when somebody else wrote it first.
pub(super) async fn put<T: Serialize>(ports: &Ports, place: &Key, value: &T) -> Result<bool, Failure> {
    taken(ports.ledger.put(place, value).await)
}

fn taken(end: Result<(), AppendError>) -> Result<bool, Failure> {
    match end {
        Ok(()) => Ok(true),
        Err(AppendError::Lost { .. }) => Ok(false),
        Err(AppendError::Refused { source, .. }) => Err(not_taken("writing the ledger", source)),
        Err(error) => {
            Err(Failure::new(ExitStatus::Unfinished, "whether the ledger took an entry is not known")
                .hint("run it again: it goes on where it stopped")
                .caused_by(error))
        }
    }
}

/// A key of the ledger, or why it is none.
pub(super) fn place(key: Result<Key, crate::location::LocationError>) -> Result<Key, Failure> {
    key.map_err(|error| Failure::new(ExitStatus::Usage, "the ledger's location is too long").caused_by(error))
}

/// What a store answered in the middle of something. Unlike a failure to look, it does not say that nothing was
/// changed.
pub(super) fn failed(doing: &str, error: ProviderError) -> Failure {
    let failure = Failure::from_read(doing, error);
    let hints =
        failure.hints.iter().filter(|hint| !hint.starts_with("nothing was changed")).cloned().collect();
    Failure { hints, ..failure }.hint("run it again: it goes on where it stopped")
}
