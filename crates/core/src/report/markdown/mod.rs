//! Reports as pages for a job's summary or a comment, in GitHub's and GitLab's Markdown, with a Mermaid picture of
//! the environments. Whatever somebody else wrote (subjects, names, answers of servers) is escaped, so that none of it
//! is markup; a page has a limit, and says what it leaves out.

mod advance;
mod failure;
mod page;
mod pipeline;
mod promotion;
mod publication;
mod standing;
mod text;

pub use advance::advance;
pub use failure::failure;
pub use pipeline::{Mark, pipeline};
pub use promotion::{Told, promotion};
pub use publication::publication;
pub use standing::{status, verify};
pub use text::{addresses, code, label, link, plain};

/// The most bytes that a page may have. A job's summary holds a mebibyte for all steps; a reader holds less.
pub const LIMIT: usize = 60_000;

/// Where commits can be looked at; addresses that end with a slash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The commit's name is put behind it.
    pub commit: Option<String>,
    /// `FROM...TO` is put behind it.
    pub compare: Option<String>,
}

impl Links {
    /// The first seven digits of a commit, leading to its page where there is one.
    fn sha(&self, sha: &str) -> String {
        let short = code(sha.get(..7).unwrap_or(sha));
        match &self.commit {
            Some(base) => link(&short, &format!("{base}{sha}")),
            None => short,
        }
    }
}

#[cfg(test)]
mod tests;
