//! Freezing all environments of a project at once, and lifting that: one entry beside the lanes. No promotion holds it up:
//! what is under way looks once more before it writes.

use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ledger::Actor;
use crate::ledger::{AppendError, LedgerError, Standstill, StoredStandstill, not_taken, standstill};
use crate::observe::genesis_to_write;
use crate::ports::Ports;
use crate::reason;
use chrono::{DateTime, Utc};

/// What to say about all environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectMark {
    /// They take nothing.
    Freeze {
        /// Until then, or until it is lifted.
        until: Option<DateTime<Utc>>,
        /// Where more can be read of it.
        link: Option<String>,
    },
    /// The freeze is lifted. What is frozen by itself stays so.
    Unfreeze,
}

/// Writes it into the ledger, and gives the entry's number. `None` when it is so already.
///
/// # Errors
/// `Usage` when a freeze has no reason or its link is none; `Failed` where something else lies in the place of an entry;
/// and when the ledger does not take it.
pub async fn say_of_all(
    ports: &Ports,
    config: &Config,
    actor: &Actor,
    mark: &ProjectMark,
    given: Option<&str>,
) -> Result<Option<u32>, Failure> {
    let (reason, until, link) = match mark {
        ProjectMark::Freeze { until, link } => {
            let link = link.as_deref().map(reason::link).transpose()?;
            (Some(reason::needed(given, "a freeze")?), *until, link)
        }
        ProjectMark::Unfreeze => (reason::allowed(given)?, None, None),
    };
    let (genesis, _) = genesis_to_write(&ports.view(), config).await?;
    let reader = ports.ledger.reader();
    for _ in 0..16 {
        let last = reader.standstill(Some(&genesis.ledger)).await.map_err(LedgerError::read_failure)?;
        if *mark == ProjectMark::Unfreeze && !says_frozen(last.as_ref()) {
            return Ok(None);
        }
        let number = match &last {
            None => 1,
            Some(StoredStandstill { number: Some(number), .. }) => number.saturating_add(1),
            Some(StoredStandstill { content, .. }) => {
                let why = content.as_ref().err().cloned().unwrap_or_default();
                return Err(Failure::new(
                    ExitStatus::Failed,
                    format!("the freezes of the ledger are not in order: {why}"),
                )
                .state("Nothing was recorded. Everything stays frozen.")
                .hint("take away what does not belong there; `promote verify --ledger` names it"));
            }
        };
        let said = Standstill {
            schema: standstill::SCHEMA.to_owned(),
            ledger: genesis.ledger.clone(),
            number,
            frozen: *mark != ProjectMark::Unfreeze,
            until,
            reason: reason.clone(),
            link: link.clone(),
            at: ports.clock.now(),
            actor: actor.to_write(),
            prev: last.as_ref().and_then(|last| last.digest),
        };
        match ports.ledger.still(&said).await {
            Ok(()) => return Ok(Some(number)),
            // Somebody else said something in the same moment: look again.
            Err(AppendError::Lost { .. }) => {}
            Err(AppendError::Refused { source, .. }) => return Err(not_taken("writing the ledger", source)),
            Err(error) => {
                return Err(Failure::new(ExitStatus::Unfinished, "whether the ledger took it is not known")
                    .hint("`promote status` tells")
                    .caused_by(error));
            }
        }
    }
    Err(Failure::new(ExitStatus::Conflict, "others freeze and unfreeze everything all the time"))
}

/// Whether the newest entry says that everything is frozen, whatever the time is. What can't be read says so.
pub fn says_frozen(last: Option<&StoredStandstill>) -> bool {
    last.is_some_and(|last| last.content.as_ref().map_or(true, |said| said.frozen))
}
