//! What is wrong in a list of signers: each mistake with its line, and how to put it right. A list with a mistake
//! counts for nobody.

use promote_port::names::visible;
use std::fmt;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in letters, from 1, where there is one.
    pub column: Option<usize>,
    /// What is wrong, a fragment.
    pub message: String,
    /// How to put it right.
    pub hint: Option<String>,
}

impl Mistake {
    pub(crate) fn new(line: usize, column: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        Self { line, column: column.into(), message: message.into(), hint: None }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// A file that can't be read as what it is to be. Shown with one line for each mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The file, as it was named.
    pub file: String,
    /// What is wrong with it: at least one mistake, in the order of the lines.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = visible(&self.file);
        for (at, mistake) in self.mistakes.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}`{file}`, {mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Unreadable {}
