//! `sign-in` of `[store."HOST/REPOSITORY"]`: what may stand there, and that all stores of one registry say the same.
//! What comes of it is the provider's business.

use super::address;
use super::diagnostic::Diagnostic;
use super::reading::{Reading, Value};
use super::variables::Wrong;
use crate::location::{is_bucket, is_repository};
use crate::names::escape;
use crate::suggest::closest;
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands there when it is no address.
pub(super) const WORDS: [&str; 2] = ["none", "password"];

/// What is wrong with a text that says how a registry is signed in to.
pub(super) fn check(text: &str) -> Option<Wrong> {
    let whole = 0..text.len();
    if WORDS.contains(&text) {
        return None;
    }
    if !text.starts_with("https://") && !text.starts_with("http://") {
        let hint = match closest(text, WORDS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "`none`, `password`, or the address of the token server: `https://HOST/PATH?service=NAME`"
                    .to_owned()
            }
        };
        return Some(Wrong {
            place: whole,
            message: format!("`{}` is not known here", escape(text)),
            hint: Some(hint),
        });
    }
    if let Some(at) = text.find('#') {
        let message = "the address of a token server has no `#`".to_owned();
        return Some(Wrong { place: at..text.len(), message, hint: None });
    }
    let query = text.split_once('?').map(|(_, query)| query).unwrap_or_default();
    if query.split('&').filter(|part| part.starts_with("service=")).count() > 1 {
        return Some(Wrong { place: whole, message: "it names `service` twice".to_owned(), hint: None });
    }
    address::check(text, true)
}

/// What was said of each registry's host so far: by which store, what, and where.
#[derive(Default)]
pub(super) struct SignIns<'a>(BTreeMap<&'a str, (&'a str, &'a str, Range<usize>)>);

impl<'a> SignIns<'a> {
    /// The value for the store `name`, when it can be kept to.
    pub(super) fn read(
        &mut self,
        reading: &mut Reading<'_, '_>,
        name: &'a str,
        value: Option<&'a Value<'_>>,
    ) -> Option<String> {
        let value = value?;
        let (text, span) = (value.get_ref().as_str()?, value.span());
        if text.trim().is_empty() || check(text).is_some() {
            return None;
        }
        if is_bucket(name) {
            let message =
                format!("`sign-in` is for repositories of images, and `{}` is a bucket", escape(name));
            let hint = "`[store.\"HOST/REPOSITORY\"]` is about a repository of images";
            reading.found.push(Diagnostic::error(span.clone(), message).hint(hint));
        }
        // A name that is neither was told already.
        if !is_repository(name) {
            return None;
        }
        let host = name.split('/').next().unwrap_or_default();
        if text.starts_with("http://") && !address::host(host).is_some_and(address::is_loopback) {
            let message =
                format!("`http` is for a registry on this machine only, not for `{}`", escape(host));
            reading.found.push(Diagnostic::error(span, message).hint("use `https`"));
            return None;
        }
        let (other, before, first) = self.0.entry(host).or_insert((name, text, span.clone()));
        if *before != text {
            let message = format!("`{name}` and `{other}` are at one registry, which has one way to sign in");
            let found = Diagnostic::error(span, message).also(first.clone(), "said here");
            reading
                .found
                .push(found.hint("one of the two lines is enough: it applies to the whole registry"));
            return None;
        }
        Some(text.to_owned())
    }
}
