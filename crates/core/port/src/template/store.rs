//! The store that a template names.

use super::Template;
use crate::location::{StoreId, image_parts, is_scheme};

impl Template {
    /// The store that it names, as far as that can be told before it is filled in.
    pub fn store(&self) -> Option<StoreId> {
        match self.as_str().split_once("://") {
            None => match image_parts(&bare(self.as_str())) {
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
                    scheme if is_scheme(scheme) => {
                        Some(StoreId::Other { scheme: scheme.to_owned(), name: bucket })
                    }
                    _ => None,
                }
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
            ("acme://vault/{sha:8}.zip", Some("acme://vault")),
            ("acme://{env}/x.zip", None),
            ("ftp://host/x.zip", None),
        ] {
            let found = Template::parse(text).unwrap().store().map(|store| store.to_string());
            assert_eq!(found.as_deref(), store, "{text}");
        }
    }
}
