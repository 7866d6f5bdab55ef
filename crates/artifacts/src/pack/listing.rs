//! What goes into an archive: a sorted list of members that passed every check that can be made before reading them.

use super::error::PackError;
use crate::file_identity::FileIdentity;
use crate::git::GitRepository;
use crate::member_name;
use promote_core::digest::{Digest, Hasher};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

/// What a member is. File modes say no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// A file, mode 644.
    File,
    /// A file that may be run, mode 755.
    Executable,
    /// A symbolic link; its content is its target.
    Link,
}

impl MemberKind {
    /// The Unix mode with the file type, as the archive and the content digest hold it.
    pub const fn mode(self) -> u32 {
        match self {
            Self::File => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Link => 0o120_777,
        }
    }
}

/// Where a member's bytes come from.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    File {
        path: PathBuf,
        identity: FileIdentity,
    },
    /// The name of a blob in the listing's repository.
    Blob(String),
}

/// One member before it is read.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) kind: MemberKind,
    pub(crate) content: Content,
}

/// Something that is allowed and yet worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Two names that macOS and Windows take for one. Allowed, since archives are unpacked on Linux as a rule.
    SameButForCase {
        /// The one that sorts first.
        first: String,
        /// The other.
        second: String,
    },
    /// Names that begin with `./`, as some packers write them; every reader unpacks them to the same place.
    Relative {
        /// The first of them.
        name: String,
        /// How many more there are.
        more: u64,
    },
    /// Folders with nothing in them: only files are packed and published.
    EmptyFolder {
        /// The first of them.
        name: String,
        /// How many more there are.
        more: u64,
    },
    /// What `promote` or the project keeps there: its ledger, releases, targets.
    Own {
        /// The first of them.
        name: String,
        /// How many more there are.
        more: u64,
    },
    /// The folder is a git repository, and its `.git` stays out.
    Repository,
    /// A folder has an entry of its own twice, which changes nothing.
    FolderTwice {
        /// The first of them.
        name: String,
        /// How many more there are.
        more: u64,
    },
    /// A folder whose mode is setuid, setgid or sticky, which some unpackers keep and others drop.
    SpecialFolder {
        /// The first of them.
        name: String,
        /// How many more there are.
        more: u64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use promote_core::names::escape;
        match self {
            Self::SameButForCase { first, second } => write!(
                f,
                "`{}` and `{}` are one file on systems that ignore case",
                escape(first),
                escape(second)
            ),
            Self::Relative { name, more: 0 } => {
                write!(f, "`{}` begins with `./`, which is left out", escape(name))
            }
            Self::Relative { more, .. } => {
                write!(f, "{} names begin with `./`, which is left out", more.saturating_add(1))
            }
            Self::EmptyFolder { name, more } => {
                write!(f, "the folder `{}` is empty and left out{}", escape(name), others(*more))
            }
            Self::Own { name, more } => {
                write!(
                    f,
                    "`{}` is kept by promote for this project, and left out{}",
                    escape(name),
                    others(*more)
                )
            }
            Self::Repository => f.write_str("the folder's own `.git` is left out"),
            Self::FolderTwice { name, more } => {
                write!(f, "the folder `{}` is there twice{}", escape(name), others(*more))
            }
            Self::SpecialFolder { name, more } => write!(
                f,
                "the folder `{}` is setuid, setgid or sticky, which some unpackers drop{}",
                escape(name),
                others(*more)
            ),
        }
    }
}

/// That there are more of a kind.
fn others(more: u64) -> String {
    match more {
        0 => String::new(),
        1 => ", and so is one more".to_owned(),
        more => format!(", and so are {more} more"),
    }
}

pub(crate) fn case_warnings<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Warning> {
    let pair = |(first, second)| Warning::SameButForCase { first, second };
    member_name::same_but_for_case(names).into_iter().map(pair).collect()
}

/// Where the files of one configured path came from, for telling the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The path as configured; empty for the whole tree or folder.
    pub path: String,
    /// Taken from the commit; otherwise from the file system.
    pub commit: bool,
    /// How many members it gave.
    pub members: usize,
}

/// The members of an archive to be, sorted by the bytes of their names.
#[derive(Debug, Clone)]
pub struct Listing {
    pub(crate) items: Vec<Item>,
    pub(crate) repository: Option<GitRepository>,
    warnings: Vec<Warning>,
    origins: Vec<Origin>,
}

impl Listing {
    pub(crate) fn new(
        mut items: Vec<Item>,
        repository: Option<GitRepository>,
        origins: Vec<Origin>,
    ) -> Result<Self, PackError> {
        items.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        if items.is_empty() {
            return Err(PackError::Empty);
        }
        for item in &items {
            member_name::check(&item.name, member_name::LONGEST)
                .map_err(|problem| PackError::Name { name: item.name.clone(), problem })?;
        }
        for pair in items.windows(2) {
            if let [first, second] = pair
                && first.name == second.name
            {
                return Err(PackError::Duplicate { name: first.name.clone() });
            }
        }
        let names = items.iter().map(|item| item.name.as_str());
        if let Some((first, second)) = member_name::two_spellings(names.clone()) {
            return Err(PackError::TwoSpellings { first: first.to_owned(), second: second.to_owned() });
        }
        if let Some((name, file)) = member_name::below_a_file(names.clone()) {
            return Err(PackError::BelowFile { name: name.to_owned(), file: file.to_owned() });
        }
        check_links(&items)?;
        let warnings = case_warnings(names);
        Ok(Self { items, repository, warnings, origins })
    }

    /// With more that is to be told.
    pub(crate) fn saying(mut self, warnings: Vec<Warning>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// How many bytes its members have together; `None` where only git knows that.
    pub(crate) fn size(&self) -> Option<u64> {
        let sizes = self.items.iter().map(|item| match &item.content {
            Content::Bytes(bytes) => Some(bytes.len() as u64),
            Content::File { identity, .. } => Some(identity.size),
            Content::Blob(_) => None,
        });
        sizes.sum()
    }

    /// How many members there are.
    pub fn members(&self) -> usize {
        self.items.len()
    }

    /// Their names, sorted by bytes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.name.as_str())
    }

    /// What is allowed and yet worth telling.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Where the members came from, one entry for each configured path.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }
}

fn check_links(items: &[Item]) -> Result<(), PackError> {
    let mut links = HashMap::new();
    for item in items {
        if let (MemberKind::Link, Content::Bytes(target)) = (item.kind, &item.content) {
            let target = std::str::from_utf8(target).map_err(|_| PackError::Link {
                name: item.name.clone(),
                target: String::from_utf8_lossy(target).into_owned(),
            })?;
            links.insert(item.name.as_str(), target);
        }
    }
    for (name, target) in &links {
        if !member_name::stays_inside(name, &links) {
            return Err(PackError::Link { name: (*name).to_owned(), target: (*target).to_owned() });
        }
    }
    Ok(())
}

/// Computes the content digest: the identity of what an archive holds, whichever packer and encoder made it. It is
/// the SHA-256 of one line for each member in the order of names: the mode in octal, the SHA-256 of the content (of a
/// link: of its target), the name, separated by single spaces and ended by a zero byte.
#[derive(Debug, Default)]
pub(crate) struct ContentHasher(Hasher);

impl ContentHasher {
    pub(crate) fn member(&mut self, kind: MemberKind, content: &Digest, name: &str) {
        self.0.update(format!("{:o} {} {name}\0", kind.mode(), content.hex()).as_bytes());
    }

    pub(crate) fn finish(self) -> Digest {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(items: &[(&str, MemberKind, &str)]) -> Result<Listing, PackError> {
        let item = |(name, kind, content): &(&str, MemberKind, &str)| Item {
            name: (*name).into(),
            kind: *kind,
            content: Content::Bytes(content.as_bytes().into()),
        };
        Listing::new(items.iter().map(item).collect(), None, Vec::new())
    }

    #[test]
    fn members_are_sorted_by_bytes() {
        let file = |name| (name, MemberKind::File, "");
        let sorted = listing(&[file("b"), file("a/b"), file("a.x"), file("B"), file("ä")]).unwrap();
        assert_eq!(sorted.names().collect::<Vec<_>>(), ["B", "a.x", "a/b", "b", "ä"]);
        assert_eq!(sorted.warnings().len(), 1);
    }

    #[test]
    fn what_can_not_be_unpacked_is_refused() {
        let file = |name| (name, MemberKind::File, "");
        let link = |name, target| (name, MemberKind::Link, target);
        assert!(matches!(listing(&[]), Err(PackError::Empty)));
        assert!(matches!(listing(&[file("a"), file("a")]), Err(PackError::Duplicate { .. })));
        assert!(matches!(listing(&[file("a/b"), link("a", "c")]), Err(PackError::BelowFile { .. })));
        assert!(matches!(listing(&[file("a\u{7}")]), Err(PackError::Name { .. })));
        let twins = listing(&[file("\u{fc}"), file("u\u{308}")]);
        assert!(matches!(twins, Err(PackError::TwoSpellings { .. })), "{twins:?}");
        assert!(matches!(listing(&[link("a", "../b")]), Err(PackError::Link { .. })));
        assert!(matches!(listing(&[link("a/b", "/b")]), Err(PackError::Link { .. })));
        assert!(listing(&[link("a/b", "../b"), file("b")]).is_ok());
    }
}
