//! What a file asks for and this version does not do. Nothing is written as long as it stands there: a gate that was
//! asked for and is not kept is worse than none, because people count on it.

use super::diagnostic::Diagnostic;
use super::keys::KeySupport;
use super::model::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use std::ops::Range;

/// The finding about a key, where this version does not act on it.
pub(super) fn of_key(standing: KeySupport, name: &str, span: Range<usize>) -> Option<Diagnostic> {
    match standing {
        KeySupport::Acted => None,
        KeySupport::Unacted => Some(
            Diagnostic::error(span, format!("`{name}` is read, and this version does not act on it"))
                .label("nothing is done about it")
                .hint("take it out; until then nothing is published, moved or recorded"),
        ),
    }
}

/// The finding about an artifact that is the commit itself.
pub(super) fn of_git(span: Range<usize>) -> Diagnostic {
    Diagnostic::error(span, "this version can't move the commit itself")
        .label("nothing is done about it")
        .hint("name a file, an image or a folder that was built from it")
}

impl Config {
    /// Refuses to write as long as the file asks for something that this version does not do.
    ///
    /// # Errors
    /// `Usage`, with every such place.
    pub fn to_write(&self) -> Result<(), Failure> {
        if self.unacted.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(
            ExitStatus::Usage,
            "`promote.toml` asks for what this version of promote does not do",
        );
        let failure = self.unacted.iter().fold(failure, |failure, one| failure.state(sentence(one)));
        Err(failure
            .state("Nothing was changed.")
            .hint("`promote check` shows each place and what to do about it"))
    }

    /// The same in words, one for each place.
    pub fn unacted(&self) -> impl Iterator<Item = String> + '_ {
        self.unacted.iter().map(sentence)
    }
}

fn sentence(one: &Diagnostic) -> String {
    format!("line {}, column {}: {}", one.line, one.column, one.message)
}
