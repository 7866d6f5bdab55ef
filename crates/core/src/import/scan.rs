//! Reading what stores hold of a template: which names it made, and what they name. What to make of it is left to
//! others.

use super::Left;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::{Location, StoreId};
use crate::place::prefix;
use crate::port::{ErrorKind, Object};
use crate::ports::ReadPorts;
use crate::template::Template;
use futures_util::future::try_join_all;

/// How many pages of names are read of one store.
const PAGES: usize = 50;
/// How many objects are looked at side by side.
const AT_ONCE: usize = 8;

/// An object as it is now.
pub(super) async fn look(view: &ReadPorts, location: &Location) -> Result<Option<Object>, Failure> {
    let failed = |error| Failure::from_read(&format!("looking at `{location}`"), error);
    view.store(&location.store)?.head(&location.key).await.map_err(failed)
}

/// The same; why it can't be read where it is there and of no use: an image in a form that nobody promotes any more.
pub(super) async fn readable(
    view: &ReadPorts,
    location: &Location,
) -> Result<Result<Option<Object>, String>, Failure> {
    match view.store(&location.store)?.head(&location.key).await {
        Ok(found) => Ok(Ok(found)),
        Err(error) if matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Corrupt) => {
            Ok(Err(error.message.clone()))
        }
        Err(error) => Err(Failure::from_read(&format!("looking at `{location}`"), error)),
    }
}

/// The names that can have been made from a template, by the text before its first placeholder.
pub(super) async fn named(view: &ReadPorts, template: &Template) -> Result<Vec<Location>, Failure> {
    let Some(id) = template.store() else { return Ok(Vec::new()) };
    let prefix = prefix(&id, template);
    let failed = |error| Failure::from_read(&format!("listing `{id}`"), error);
    let found = view.store(&id)?.names(prefix, PAGES).await.map_err(failed)?;
    if found.more {
        return Err(endless(&id, prefix));
    }
    Ok(found.keys.into_iter().map(|key| Location { store: id.clone(), key }).collect())
}

/// What lies under the names that a template made. Where each has to be asked for by itself, as in a registry, what
/// the template does not make is left alone; what can't be read is said.
pub(super) async fn all(
    view: &ReadPorts,
    template: &Template,
    left: &mut Vec<Left>,
) -> Result<Vec<(Location, Object)>, Failure> {
    let Some(id) = template.store() else { return Ok(Vec::new()) };
    if !matches!(id, StoreId::Image(_)) {
        return listed(view, template, &id).await;
    }
    let mut names = named(view, template).await?;
    names.retain(|location| template.read(&location.to_string()).is_some());
    let mut found = Vec::with_capacity(names.len());
    for batch in names.chunks(AT_ONCE) {
        let looks = try_join_all(batch.iter().map(|location| readable(view, location))).await?;
        for (location, object) in batch.iter().zip(looks) {
            match object {
                // A listing vouches for no digest, so neither does this: what follows asks again where it counts.
                Ok(Some(object)) => found.push((location.clone(), Object { sha256: None, ..object })),
                Ok(None) => {}
                Err(why) => left.push(Left { what: location.to_string(), why }),
            }
        }
    }
    Ok(found)
}

async fn listed(
    view: &ReadPorts,
    template: &Template,
    id: &StoreId,
) -> Result<Vec<(Location, Object)>, Failure> {
    let store = view.store(id)?;
    let prefix = prefix(id, template);
    let failed = |error| Failure::from_read(&format!("listing `{id}`"), error);
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = store.list(prefix, after.as_ref(), 1000).await.map_err(failed)?;
        after = page.objects.last().map(|object| object.key.clone());
        found.extend(
            page.objects
                .into_iter()
                .map(|object| (Location { store: id.clone(), key: object.key.clone() }, object)),
        );
        if !page.more {
            return Ok(found);
        }
    }
    Err(endless(id, prefix))
}

fn endless(id: &StoreId, prefix: &str) -> Failure {
    let message = format!("`{id}` has more names below `{prefix}` than {PAGES} pages of a listing hold");
    Failure::new(ExitStatus::Failed, message)
        .hint("an import reads them all: make the fixed beginning of the template longer")
}
