//! The single changes of the file system that a write is made of. Tests stop a writer before any of them, as a kill
//! does, and look at the order in which things become durable. In a shipped build nothing of it is left.

use std::io;

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A file is made.
    Create,
    /// Bytes are written to a file.
    Fill,
    /// A file's bytes are made durable.
    SyncFile,
    /// A folder is made.
    MakeFolder,
    /// A folder's names are made durable.
    SyncFolder,
    /// A file gets one more name.
    Link,
    /// A file replaces another.
    Rename,
    /// A name is taken away.
    Remove,
}

/// Told about each change before it happens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps {
    #[cfg(test)]
    watched: std::sync::Arc<std::sync::Mutex<Watched>>,
}

#[cfg(test)]
#[derive(Debug, Default)]
struct Watched {
    trace: Vec<(Act, String)>,
    stop_at: Option<usize>,
}

#[cfg(not(test))]
impl Steps {
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the tests' version needs both")]
    #[inline]
    pub(crate) fn take(&self, _act: Act, _path: &str) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
impl Steps {
    /// Lets `n` changes happen and none after them.
    pub(crate) fn stopping_after(n: usize) -> Self {
        let steps = Self::default();
        steps.watched.lock().unwrap().stop_at = Some(n);
        steps
    }

    /// All changes so far.
    pub(crate) fn trace(&self) -> Vec<(Act, String)> {
        self.watched.lock().unwrap().trace.clone()
    }

    pub(crate) fn take(&self, act: Act, path: &str) -> io::Result<()> {
        let mut watched = self.watched.lock().unwrap();
        if watched.stop_at.is_some_and(|stop_at| watched.trace.len() >= stop_at) {
            return Err(io::Error::other("the process was killed here"));
        }
        watched.trace.push((act, path.to_owned()));
        Ok(())
    }
}
