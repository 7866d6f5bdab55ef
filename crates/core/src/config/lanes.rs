//! What moves as one: environments that read the same targets share a lane. Targets that touch without being the same
//! are refused, since moving one would change the other.

use super::diagnostic::Diagnostic;
use super::environments::Draft;
use super::locations::ParsedLocation;
use super::model::{Lane, LedgerPlace};
use super::reading::Reading;
use std::collections::BTreeSet;

/// Finds the lanes, names them in the environments, and refuses what can't move.
pub(super) fn read(reading: &mut Reading<'_, '_>, drafts: &mut [Draft<'_, '_>]) -> Vec<Lane> {
    let mut lanes: Vec<(Lane, usize)> = Vec::new();
    for index in 0..drafts.len() {
        let (before, rest) = drafts.split_at_mut(index);
        let Some(draft) = rest.first_mut() else { continue };
        let mut joined = None;
        for (at, (lane, first)) in lanes.iter().enumerate() {
            let Some(other) = before.get(*first) else { continue };
            match compare(draft, other) {
                Meeting::Apart => {}
                Meeting::Same => {
                    sources(reading, draft, other);
                    upstream(reading, draft, lane);
                    joined = Some(at);
                }
                Meeting::Partly(found) => reading.found.push(*found),
            }
        }
        match joined.and_then(|at| lanes.get_mut(at)) {
            Some((lane, _)) => {
                lane.environments.push(draft.environment.name.clone());
                draft.environment.lane = lane.name.clone();
            }
            None => {
                let lane = Lane {
                    name: draft.environment.lane.clone(),
                    environments: vec![draft.environment.name.clone()],
                };
                lanes.push((lane, index));
            }
        }
    }
    lanes.into_iter().map(|(lane, _)| lane).collect()
}

enum Meeting {
    /// They share nothing.
    Apart,
    /// The very same targets.
    Same,
    /// Something in between.
    Partly(Box<Diagnostic>),
}

fn compare(draft: &Draft<'_, '_>, other: &Draft<'_, '_>) -> Meeting {
    let texts = |draft: &Draft<'_, '_>| -> BTreeSet<String> {
        draft
            .spots
            .iter()
            .filter_map(|spot| spot.target.as_ref())
            .map(|target| target.filled.clone())
            .collect()
    };
    let (mine, theirs) = (texts(draft), texts(other));
    if !mine.is_empty() && mine == theirs {
        return Meeting::Same;
    }
    let (a, b) = (&draft.environment.name, &other.environment.name);
    for target in draft.spots.iter().filter_map(|spot| spot.target.as_ref()) {
        for meets in other.spots.iter().filter_map(|spot| spot.target.as_ref()) {
            if target.filled == meets.filled {
                let message = format!("`{a}` and `{b}` share some targets, but not all");
                let found = Diagnostic::error(target.span.clone(), message).label("shared");
                let found = found.hint("environments that share every target move as one; others share none");
                return Meeting::Partly(Box::new(beside(found, target, meets)));
            }
            if target.place.touches(&meets.place) {
                let message =
                    format!("the targets of `{a}` and `{b}` are the same, or one is inside the other");
                let found = Diagnostic::error(target.span.clone(), message);
                let found = found.hint("name the environment in the target: `{env}`");
                return Meeting::Partly(Box::new(beside(found, target, meets)));
            }
        }
    }
    Meeting::Apart
}

/// Shows the other target, where it is written at another place.
fn beside(
    found: Diagnostic,
    target: &super::artifacts::Target,
    other: &super::artifacts::Target,
) -> Diagnostic {
    if target.span == other.span { found } else { found.also(other.span.clone(), "the other") }
}

/// What moves as one comes from one place.
fn sources(reading: &mut Reading<'_, '_>, draft: &Draft<'_, '_>, other: &Draft<'_, '_>) {
    for spot in &draft.spots {
        let twin = other.spots.iter().find(|twin| {
            twin.target.as_ref().map(|target| &target.filled)
                == spot.target.as_ref().map(|target| &target.filled)
        });
        if let Some(twin) = twin.filter(|twin| twin.source != spot.source) {
            let (a, b) = (&draft.environment.name, &other.environment.name);
            let message = format!("`{a}` and `{b}` share a target, but not its source");
            reading.found.push(
                Diagnostic::error(spot.source_span.clone(), message)
                    .also(twin.source_span.clone(), "the other source"),
            );
        }
    }
}

/// An environment can't be proven in one that moves with it.
fn upstream(reading: &mut Reading<'_, '_>, draft: &Draft<'_, '_>, lane: &Lane) {
    let name = &draft.environment.name;
    for from in draft.environment.from.iter().filter(|from| lane.environments.contains(from)) {
        let span = draft
            .spots
            .iter()
            .find_map(|spot| spot.target.as_ref())
            .map_or(draft.span.clone(), |t| t.span.clone());
        let message = format!("`{name}` promotes from `{from}`, but both read the same target");
        let hint =
            format!("make them one stage, `[\"{from}\", \"{name}\"]`, or give `{name}` its own target");
        reading.found.push(Diagnostic::error(span, message).hint(hint));
    }
}

/// A target must never be a source of another environment or artifact, nor may either lie in the ledger.
pub(super) fn collisions(
    reading: &mut Reading<'_, '_>,
    drafts: &[Draft<'_, '_>],
    ledger: Option<&LedgerPlace>,
) {
    let ledger = match ledger {
        Some(LedgerPlace { store, prefix }) => Some(ParsedLocation::Store {
            store: store.clone(),
            key: prefix.as_str().to_owned(),
            folder: true,
        }),
        _ => None,
    };
    let spots = || drafts.iter().flat_map(|draft| draft.spots.iter());
    for spot in spots() {
        for (place, span, what) in [
            Some((&spot.source, &spot.source_span, "source")),
            spot.target.as_ref().map(|target| (&target.place, &target.span, "target")),
        ]
        .into_iter()
        .flatten()
        {
            if ledger.as_ref().is_some_and(|ledger| ledger.touches(place)) {
                let found = Diagnostic::error(span.clone(), format!("this {what} and the ledger overlap"));
                reading
                    .found
                    .push(found.hint("the ledger needs a folder of its own, inside no other of these"));
            }
        }
    }
    let mut sources: Vec<_> = spots().map(|spot| (&spot.source, &spot.source_span)).collect();
    sources.sort_by_key(|(_, span)| span.start);
    sources.dedup();
    for target in spots().filter_map(|spot| spot.target.as_ref()) {
        for (source, span) in &sources {
            if source.touches(&target.place) && !reading.found.is_bad(&target.span) {
                let found = Diagnostic::error(target.span.clone(), "this target and a source overlap");
                reading.found.push(found.also((*span).clone(), "the source"));
            }
        }
    }
}
