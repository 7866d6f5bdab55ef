//! The step's log: our own sentences, foreign text fenced off, groups, annotations within the runner's limits, and
//! secrets hidden in all of it.

use crate::redact::redacted;
use crate::workflow::{ANNOTATIONS, FileSpan, Kind, annotation, escape_message, harmless, line, seen};
use promote_providers::step::Secrets;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The log of one step. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct Log(Arc<Mutex<Inner>>);

struct Inner {
    out: Box<dyn Write + Send>,
    /// Whether a runner reads it that understands commands.
    commands: bool,
    debug: bool,
    /// What ends a fence: nobody can guess it.
    token: String,
    fenced: bool,
    grouped: bool,
    counts: BTreeMap<Kind, usize>,
    secrets: Secrets,
    masked: BTreeSet<String>,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

impl Log {
    /// A log on `out`. `token`: hexadecimal digits of chance.
    pub(crate) fn new(out: Box<dyn Write + Send>, commands: bool, debug: bool, token: String) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            out,
            commands,
            debug,
            token,
            fenced: false,
            grouped: false,
            counts: BTreeMap::new(),
            secrets: Secrets::default(),
            masked: BTreeSet::new(),
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hides these from now on: here, and by the runner in everything that comes after.
    pub(crate) fn hide(&self, secrets: Secrets) {
        let mut inner = self.inner();
        inner.unfence();
        if inner.commands {
            for value in secrets.values() {
                if inner.masked.insert(value.to_owned()) {
                    inner.put(&format!("::add-mask::{}", escape_message(value)));
                }
            }
        }
        inner.secrets = secrets;
    }

    /// Hides one more.
    pub(crate) fn hide_too(&self, secret: &str) {
        let all = self.inner().secrets.clone().and(secret);
        self.hide(all);
    }

    /// A text without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.inner().clean(text)
    }

    /// The same for what is one of the project's own addresses and keeps its query.
    pub(crate) fn masked(&self, text: &str) -> String {
        self.inner().secrets.mask(text)
    }

    /// A sentence of our own.
    pub(crate) fn say(&self, text: &str) {
        let mut inner = self.inner();
        inner.unfence();
        let text = harmless(&inner.clean(text));
        inner.put(&text);
    }

    /// A line for whoever looks for a fault: shown when the runner debugs.
    pub(crate) fn debug(&self, text: &str) {
        let mut inner = self.inner();
        if !inner.debug {
            return;
        }
        inner.unfence();
        let text = inner.clean(text);
        let text = if inner.commands {
            format!("::debug::{}", escape_message(&seen(&text)))
        } else {
            harmless(&text)
        };
        inner.put(&text);
    }

    /// Text that somebody else wrote, line by line.
    pub(crate) fn foreign(&self, text: &str) {
        let mut inner = self.inner();
        let text = inner.clean(text);
        if inner.commands && !inner.fenced {
            let stop = format!("::stop-commands::{}", inner.token);
            inner.put(&stop);
            inner.fenced = true;
        }
        for one in text.split(['\n', '\r']) {
            // Without a runner's fence the text itself is made harmless.
            let one = if inner.commands { line(one) } else { harmless(one) };
            inner.put(&one);
        }
    }

    /// Begins a group; one that is open is closed, since the runner knows no groups in groups.
    pub(crate) fn group(&self, title: &str) {
        self.end_group();
        let mut inner = self.inner();
        let title = inner.clean(title);
        if inner.commands {
            inner.put(&format!("::group::{}", escape_message(&line(&title))));
            inner.grouped = true;
        } else {
            inner.put(&harmless(&title));
        }
    }

    /// Ends the group, if one is open.
    pub(crate) fn end_group(&self) {
        let mut inner = self.inner();
        inner.unfence();
        if std::mem::take(&mut inner.grouped) {
            inner.put("::endgroup::");
        }
    }

    /// An annotation; what is more than the runner keeps is said in the log.
    pub(crate) fn annotate(&self, kind: Kind, title: &str, message: &str, place: Option<&FileSpan>) {
        self.end_group();
        let mut inner = self.inner();
        let (title, message) = (inner.clean(title), inner.clean(message));
        let count = inner.counts.entry(kind).or_default();
        *count += 1;
        let kept = *count <= ANNOTATIONS;
        if inner.commands && kept {
            inner.put(&annotation(kind, &title, &message, place));
            return;
        }
        drop(inner);
        self.foreign(&format!("{}: {title}\n{message}", kind.name()));
        self.end_group();
    }
}

impl Inner {
    fn put(&mut self, text: &str) {
        // A closed log is the runner's matter; the exit status still tells.
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }

    fn unfence(&mut self) {
        if std::mem::take(&mut self.fenced) {
            let end = format!("::{}::", self.token);
            self.put(&end);
        }
    }

    fn clean(&self, text: &str) -> String {
        redacted(&self.secrets.mask(text))
    }
}

#[cfg(test)]
mod tests;
