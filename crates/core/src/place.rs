//! From a template to the location it stands for.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::location::{Location, StoreId, image_parts};
use crate::template::{Template, Values};

/// The store that a template names, as far as that can be told before it is filled in.
pub fn store_of(template: &Template) -> Option<StoreId> {
    match template.as_str().split_once("://") {
        None => match image_parts(&bare(template.as_str())) {
            Some((repository, _)) if repository.contains('{') => None,
            Some((repository, _)) => Some(StoreId::Image(repository.to_owned())),
            None => Some(StoreId::Local),
        },
        Some((scheme, rest)) => {
            let bucket = rest.split('/').next().filter(|name| !name.contains('{'))?.to_owned();
            match scheme {
                "s3" => Some(StoreId::S3(bucket)),
                "gs" => Some(StoreId::Gcs(bucket)),
                "memory" => Some(StoreId::Memory(bucket)),
                _ => None,
            }
        }
    }
}

/// A template's text with nothing between its braces: colons in there separate no tag.
fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        inside = (inside || c == '{') && c != '}';
        if !inside || c == '{' {
            out.push(c);
        }
    }
    out
}

/// Whether a store copies from another by itself: they are of one kind. Else the bytes pass through this machine.
pub const fn copies(from: &StoreId, to: &StoreId) -> bool {
    matches!(
        (from, to),
        (StoreId::Local, StoreId::Local)
            | (StoreId::S3(_), StoreId::S3(_))
            | (StoreId::Gcs(_), StoreId::Gcs(_))
            | (StoreId::Image(_), StoreId::Image(_))
            | (StoreId::Memory(_), StoreId::Memory(_))
    )
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
        Failure::new(ExitStatus::Usage, format!("`{template}` is no location here")).caused_by(error)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_known_before_a_template_is_filled_in() {
        for (text, store) in [
            ("quay.io/acme/core:{sha:8}", Some("quay.io/acme/core")),
            ("quay.io/acme/core:{env}-{sha:8}-{date:%H:%M}.{timestamp}", Some("quay.io/acme/core")),
            ("localhost:5000/app:{sha}", Some("localhost:5000/app")),
            ("quay.io/acme/{project}:{sha:8}", None),
            ("s3://acme/{sha:8}.zip", Some("s3://acme")),
            ("s3://acme-{env}/x.zip", None),
            ("releases/{sha:8}.zip", Some("local folder")),
        ] {
            let found = store_of(&Template::parse(text).unwrap()).map(|store| store.to_string());
            assert_eq!(found.as_deref(), store, "{text}");
        }
    }
}
