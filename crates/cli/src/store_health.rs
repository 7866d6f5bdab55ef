//! What `promote doctor` finds of one store: whether it answers, its time, and what it honours.

use chrono::{DateTime, Utc};
use promote_core::exit::ExitStatus;
use promote_core::failure::{Failure, causes};
use promote_core::ledger::Genesis;
use promote_core::location::StoreId;
use promote_core::port::clock_is_off;
use promote_core::port::{Capabilities, ErrorKind, ProviderError};
use promote_core::ports::ReadPorts;
use serde::Serialize;

/// One store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StoreHealth {
    /// Its name.
    pub(crate) store: String,
    /// Whether its objects may be listed; `null` when that can't be told.
    pub(crate) may_list: Option<bool>,
    /// Its time.
    pub(crate) now: Option<DateTime<Utc>>,
    /// How many seconds this machine's clock is ahead of it; negative when behind.
    pub(crate) skew_s: Option<i64>,
    /// What it honours; `null` when that is not known.
    pub(crate) capabilities: Option<Capabilities>,
    /// Where that is known from: `nature`, `genesis`, `probe`.
    pub(crate) known_by: Option<&'static str>,
    /// What is wrong.
    pub(crate) problem: Option<String>,
    /// What can be done.
    pub(crate) hints: Vec<String>,
    #[serde(skip)]
    pub(crate) exit: Option<ExitStatus>,
}

impl StoreHealth {
    /// A store of which nothing is known yet.
    pub(crate) fn unchecked(id: &StoreId) -> Self {
        Self {
            store: id.to_string(),
            may_list: None,
            now: None,
            skew_s: None,
            capabilities: None,
            known_by: None,
            problem: None,
            hints: Vec::new(),
            exit: None,
        }
    }
}

/// Looks at a store.
pub(crate) async fn look(
    view: &ReadPorts,
    id: &StoreId,
    genesis: Option<&Genesis>,
) -> Result<StoreHealth, Failure> {
    let bucket = view.store(id)?;
    let mut found = StoreHealth::unchecked(id);
    match bucket.names("", 1).await {
        Ok(_) => found.may_list = Some(true),
        // Nobody is known there by these credentials, so nothing else can be told either.
        Err(error) if rejected(id, &error) => {
            found.exit = Some(ExitStatus::Denied);
            found.problem = Some(format!("not checked: {}", error.message));
            found.hints = error.hints;
            return Ok(found);
        }
        Err(error) if error.kind == ErrorKind::Denied => {
            found.may_list = Some(false);
            found.hints.extend(error.hints);
        }
        Err(error) => {
            // Whose problem it is stands beside it, so that it is the same text for all who have it.
            let why = error.message.clone();
            let failure = Failure::from_read(&format!("looking at `{id}`"), error);
            found.exit = Some(failure.exit);
            let below = causes(&failure).skip(1).map(ToString::to_string);
            found.problem = Some(std::iter::once(why).chain(below).collect::<Vec<_>>().join(": "));
            found.hints = failure.hints;
            return Ok(found);
        }
    }
    // By what that request was answered with.
    found.hints.extend(bucket.config_hints().into_iter().map(|(key, value)| {
        format!(
            "`{key} = \"{value}\"` in `[store.\"{id}\"]` saves requests: the registry need not be asked first"
        )
    }));
    if let Ok(now) = bucket.now().await {
        let ahead = view.clock.now() - now;
        found.skew_s = Some(ahead.num_seconds());
        found.now = Some(now);
        if clock_is_off(ahead).is_some() {
            found.exit = Some(ExitStatus::Blocked);
            found
                .hints
                .push("set this machine's clock: until then the rule `clock` lets nothing move".to_owned());
        }
    }
    let by_nature = bucket.capabilities();
    if by_nature.known() {
        found.capabilities = Some(by_nature);
        found.known_by = Some("nature");
        return Ok(found);
    }
    let probed = match genesis {
        Some(_) => view.ledger.probed(id).await.ok().flatten(),
        None => None,
    };
    if let Some(probed) = probed {
        found.capabilities = Some(probed.capabilities);
        found.known_by = Some("probe");
    } else if let Some(known) = genesis.and_then(|genesis| genesis.capabilities(id)) {
        found.capabilities = Some(known.clone());
        found.known_by = Some("genesis");
    } else if genesis.is_some() {
        found.hints.push("`promote doctor --probe` finds out".to_owned());
    }
    Ok(found)
}

/// Whether a store refused who asked, and not only what was asked, or who asks could not even be found out here.
pub(crate) fn rejected(id: &StoreId, error: &ProviderError) -> bool {
    let objects = matches!(id, StoreId::S3(_) | StoreId::Gcs(_));
    error.kind == ErrorKind::Denied && (error.is_refusal() || objects && !error.lacks_right())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program for credentials that is not installed was told as a right that is missing, which may be intended.
    #[test]
    fn credentials_that_can_not_be_had_are_no_missing_right() {
        let image = StoreId::Image("registry.example/app".to_owned());
        let bucket = StoreId::S3("releases".to_owned());
        let denied = || ProviderError::new(ErrorKind::Denied, "it", "names", "no");
        let right = || ProviderError::missing_right("it", "names", "s3:ListBucket", "releases");
        for (id, error, expected) in [
            (&image, denied(), false),
            (&image, denied().refusal(), true),
            (&bucket, denied(), true),
            (&bucket, right(), false),
            (&image, ProviderError::new(ErrorKind::Unavailable, "it", "names", "no").refusal(), false),
        ] {
            assert_eq!(rejected(id, &error), expected, "{id}: {error}");
        }
    }
}
