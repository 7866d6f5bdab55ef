//! What a folder in place holds: the files that its manifest names, or files of which no manifest says anything.

use super::check::TargetCheck;
use crate::config::Environment;
use crate::failure::Failure;
use crate::folder::{self, Checked};
use crate::ledger::{LedgerError, State};
use crate::ports::ReadPorts;
use crate::snapshot::Seen;

/// Whether a folder's files are those that its manifest names: by listing them, or by reading them where `bytes` says so.
pub(super) async fn check(
    view: &ReadPorts,
    settings: &Environment,
    state: &State,
    seen: &Seen,
    bytes: bool,
    check: &mut TargetCheck,
) -> Result<(), Failure> {
    if seen.location.folder().is_none() {
        return Ok(());
    }
    let store = view.store(&seen.location.store)?;
    let listing = |error| Failure::from_read(&format!("listing `{}`", seen.location), error);
    let known = state.current.iter().flat_map(|current| &current.targets);
    let recorded = known.into_iter().find(|target| target.target == seen.location);
    let artifact = settings.artifacts.iter().find(|artifact| artifact.name() == check.artifact);
    let prunes = artifact.is_some_and(|artifact| artifact.prune);
    let Checked { mut wrong, strays, left_over, odd } = match (&seen.object, recorded) {
        (Some(_), _) => {
            let digest = recorded.and_then(|target| target.sha256);
            folder::check(&**store, &seen.location, digest, bytes).await.map_err(listing)?
        }
        (None, Some(_)) => {
            let held = folder::held(&**store, &seen.location).await.map_err(listing)?;
            check.detail = Some(match held {
                None => format!("`{}` is gone", seen.location),
                Some(held) => {
                    format!("`{}` has {}, its manifest is missing", seen.location, files(held.count()))
                }
            });
            return Ok(());
        }
        (None, None) => match folder::held(&**store, &seen.location).await.map_err(listing)? {
            None => return Ok(()),
            Some(held) => {
                let wrong = loose(view, settings, state, (seen, held.count()), check).await?;
                Checked { wrong, ..Checked::default() }
            }
        },
    };
    check.odd = odd;
    check.stays = check.matches && wrong.is_empty() && !strays.is_empty() && !prunes;
    wrong.extend(strays);
    // With `prune` a promotion deletes it, so that it came later.
    match prunes {
        true => wrong.extend(left_over),
        false => check.left_over = left_over,
    }
    if !wrong.is_empty() {
        check.matches = false;
        let told: Vec<String> = check.detail.iter().chain(&wrong).cloned().collect();
        check.detail = Some(told.join("; "));
        check.inside = wrong;
    }
    Ok(())
}

fn files(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// What is said of files without a manifest where nothing is recorded.
async fn loose(
    view: &ReadPorts,
    settings: &Environment,
    state: &State,
    (seen, count): (&Seen, u64),
    check: &TargetCheck,
) -> Result<Vec<String>, Failure> {
    let place = &seen.location;
    let files = files(count);
    if let Some(open) = &check.open {
        let sha = open.sha.get(..7).unwrap_or(&open.sha);
        return Ok(vec![format!(
            "`{place}` contains {files} and no manifest; promotion {} of {sha} by {} is unfinished",
            open.promotion,
            crate::names::escape(&open.by)
        )]);
    }
    // A promotion may have been begun, or ended, since the record was read.
    let now = view.ledger.state(&settings.lane).await.map_err(LedgerError::read_failure)?;
    match now.open == state.open && now.current == state.current {
        true => Ok(vec![format!("`{place}` contains {files} that no record accounts for")]),
        false => Ok(Vec::new()),
    }
}
