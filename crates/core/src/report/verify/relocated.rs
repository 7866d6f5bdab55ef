//! Targets that the file names elsewhere than the ledger says that they were put: the recorded place is looked at, too,
//! where its store is connected.

use super::check::{FoundTarget, TargetCheck};
use super::expected;
use crate::config::{Config, Environment};
use crate::failure::Failure;
use crate::invocation::others;
use crate::ledger::State;
use crate::observe::{begun_intent, put, recorded, standing};
use crate::ports::ReadPorts;
use crate::relocated::{Relocated, relocated};
use crate::rule::{drift, unended};
use crate::snapshot::Seen;

/// Adds what is known of them to the checks of an environment.
pub(super) async fn check(
    view: &ReadPorts,
    config: &Config,
    settings: &Environment,
    state: &State,
    checks: &mut Vec<TargetCheck>,
) -> Result<(), Failure> {
    let begun = begun_intent(&view.ledger, &settings.lane, state).await?;
    let puts = recorded(state).chain(begun.iter().flat_map(put));
    for one in relocated(config, settings, &standing(config, settings), puts)? {
        let (held, found) = at_recorded(view, state, &one).await;
        let mut told = vec![one.told(), held];
        let place = one.recorded.to_string();
        match checks.iter_mut().find(|check| check.artifact == one.artifact) {
            Some(check) => {
                told.extend(check.detail.take());
                check.detail = Some(told.join("; "));
                check.inside = told;
                (check.matches, check.recorded_at) = (false, Some(place));
            }
            None => checks.push(TargetCheck {
                environment: settings.name.to_string(),
                artifact: one.artifact.clone(),
                target: place.clone(),
                matches: false,
                detail: Some(told.join("; ")),
                inside: told,
                left_over: Vec::new(),
                stays: false,
                odd: false,
                points: false,
                unfit: false,
                drifted: false,
                recorded_at: Some(place),
                unread: false,
                along: others(config, settings),
                back: None,
                open: expected::open(config, settings, state),
                recorded: expected::recorded(state, &one.artifact),
                found,
            }),
        }
    }
    Ok(())
}

/// What the recorded place holds, in words, and as it was found.
async fn at_recorded(view: &ReadPorts, state: &State, one: &Relocated) -> (String, Option<FoundTarget>) {
    let place = &one.recorded;
    let Some(store) = view.stores.get(&place.store) else {
        let told = format!("`{place}` was not looked at: the file names nothing in {}", place.store);
        return (told, None);
    };
    let object = match store.head(&place.key).await {
        Ok(object) => object,
        Err(error) if error.is_finding() => return (format!("`{place}`: {}", error.message), None),
        // Nobody has to have access to an old place for ever, and the rest is checked all the same.
        Err(error) => return (format!("`{place}` could not be looked at: {}", error.message), None),
    };
    let found = object.as_ref().map(FoundTarget::of);
    let seen = Seen { location: place.clone(), object, files: None };
    let current = state.current.iter().flat_map(|current| &current.targets);
    let is_recorded = current.into_iter().any(|target| target.target == *place);
    let told = match drift(state, &one.artifact, &seen).or_else(|| unended(state, &one.artifact, &seen)) {
        Some(words) => words,
        None if !is_recorded => format!("`{place}` is not there yet, where an unfinished promotion puts it"),
        None if place.folder().is_some() => format!("`{place}` has the manifest that is recorded"),
        None => format!("`{place}` contains what is recorded"),
    };
    (told, found)
}
