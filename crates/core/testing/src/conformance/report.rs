//! How checks ended.

use promote_port::port::ProviderError;
use std::error::Error;
use std::fmt;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The store does not do what it must.
    Failed(String),
    /// The store can't do what the check needs, and says so.
    Skipped(String),
}

/// How a check ended.
pub type Verdict = Result<(), Stop>;

impl From<ProviderError> for Stop {
    /// An error that no check expected.
    fn from(error: ProviderError) -> Self {
        let mut message = format!("{error} ({:?})", error.kind);
        let mut cause = error.source();
        while let Some(inner) = cause {
            message = format!("{message}: {inner}");
            cause = inner.source();
        }
        Self::Failed(message)
    }
}

/// How all checks ended, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Passed.
    pub passed: Vec<&'static str>,
    /// Left out, and why.
    pub skipped: Vec<(&'static str, String)>,
    /// Failed, and why.
    pub failed: Vec<(&'static str, String)>,
}

impl Report {
    /// Adds one verdict.
    pub fn note(&mut self, check: &'static str, verdict: Verdict) {
        match verdict {
            Ok(()) => self.passed.push(check),
            Err(Stop::Skipped(why)) => self.skipped.push((check, why)),
            Err(Stop::Failed(why)) => self.failed.push((check, why)),
        }
    }

    /// The names of the checks that were left out.
    pub fn skipped_names(&self) -> Vec<&'static str> {
        self.skipped.iter().map(|(check, _)| *check).collect()
    }

    /// The names of the checks that failed.
    pub fn failed_names(&self) -> Vec<&'static str> {
        self.failed.iter().map(|(check, _)| *check).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, why) in &self.failed {
            writeln!(f, "failed  {check}: {why}")?;
        }
        for (check, why) in &self.skipped {
            writeln!(f, "skipped {check}: {why}")?;
        }
        let (passed, failed, skipped) = (self.passed.len(), self.failed.len(), self.skipped.len());
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}
