//! From a template to the location it stands for.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::{Location, StoreId};
use crate::template::{Template, Values};

/// Whether a store copies from another by itself: they are of one kind. Else the bytes pass through this machine. Of a store
/// that a program brings along nothing is known but that it copies from itself.
pub fn copies(from: &StoreId, to: &StoreId) -> bool {
    match (from, to) {
        (StoreId::Other { .. }, StoreId::Other { .. }) => from == to,
        _ => matches!(
            (from, to),
            (StoreId::Local, StoreId::Local)
                | (StoreId::S3(_), StoreId::S3(_))
                | (StoreId::Gcs(_), StoreId::Gcs(_))
                | (StoreId::Image(_), StoreId::Image(_))
                | (StoreId::Memory(_), StoreId::Memory(_))
        ),
    }
}

/// The location that a template stands for.
///
/// # Errors
/// When a placeholder has no value here, or the result is no location.
pub fn locate(template: &Template, values: &Values) -> Result<Location, Failure> {
    let text = template.render(values).map_err(|error| {
        Failure::new(ExitStatus::Usage, format!("`{template}` can't be filled in")).caused_by(error)
    })?;
    text.parse::<Location>().map_err(|error| {
        Failure::new(ExitStatus::Usage, format!("`{template}` is not a valid location")).caused_by(error)
    })
}

/// A template of which only what differs from release to release is open.
///
/// # Errors
/// When a placeholder has no value here.
pub fn filled(template: &Template, values: &Values) -> Result<Template, Failure> {
    template.fill(values).map_err(|error| {
        Failure::new(ExitStatus::Usage, format!("`{template}` can't be filled in")).caused_by(error)
    })
}

/// What every key begins with that a template makes in its store.
pub fn prefix<'t>(store: &StoreId, template: &'t Template) -> &'t str {
    let text = template.start();
    let name = match store {
        StoreId::Local => return text,
        other => other.to_string(),
    };
    text.strip_prefix(&name).map_or("", |rest| rest.trim_start_matches(['/', ':']))
}
