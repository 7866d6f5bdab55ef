//! From a template to the location it stands for.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::{Location, StoreId};
use crate::template::{Template, Values};

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
