//! Why something could not be packed, each reason with the path it is about.

use crate::git::GitError;
use crate::member_name::{NameProblem, spelled};
use promote_core::names::escape;
use std::io;

/// Why no archive was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Nothing would be in the archive.
    #[error("there is nothing to pack")]
    Empty,
    /// A member would have a name that some system reads as something else.
    #[error("`{}` can't be packed: {problem}", escape(.name))]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// A file of a folder has a name that no store takes.
    #[error("`{}` can't be published: {reason}", escape(.name))]
    Unnamable {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two members would have one name.
    #[error("two files would be `{}` in the archive", escape(.name))]
    Duplicate {
        /// The name.
        name: String,
    },
    /// Two members, or folders of members, would have names that macOS and libarchive take for one.
    #[error("`{}` is there in two spellings, `{}` and `{}`: some systems make one file of both", escape(.first), spelled(.first), spelled(.second))]
    TwoSpellings {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A member would lie below a file or link.
    #[error("`{}` would be below `{}`, which is not a folder", escape(.name), escape(.file))]
    BelowFile {
        /// The member.
        name: String,
        /// The file or link.
        file: String,
    },
    /// A symbolic link leads out of the archive, or nowhere.
    #[error("the symbolic link `{}` leads out of the archive or in a circle: `{}`", escape(.name), escape(.target))]
    Link {
        /// The link.
        name: String,
        /// Where it leads.
        target: String,
    },
    /// A symbolic link where there can be none: in a folder that is published file by file.
    #[error("`{}` is a symbolic link, which no bucket can hold", escape(.path))]
    Unfit {
        /// The path.
        path: String,
    },
    /// A repository of its own inside of what is taken: its history does not belong there, and leaving it out silently
    /// would be another folder than the one that was given.
    #[error("`{}` belongs to a git repository of its own, which is not part of a release", escape(.path))]
    Nested {
        /// The path.
        path: String,
    },
    /// Neither file, folder nor link.
    #[error("`{}` is neither a file nor a symbolic link", escape(.path))]
    Special {
        /// The path.
        path: String,
    },
    /// The file or folder that is to be packed is not there.
    #[error("there is no file or folder `{}`", escape(.path))]
    NotThere {
        /// The path.
        path: String,
    },
    /// A file or folder can't be read.
    #[error("`{}` can't be read", escape(.path))]
    Unreadable {
        /// The path.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file was written, replaced or removed meanwhile.
    #[error("`{}` changed while it was packed", escape(.path))]
    Changed {
        /// The path.
        path: String,
    },
    /// A submodule: its files are not in this repository.
    #[error("`{}` is a submodule, whose files are not part of the commit", escape(.path))]
    Submodule {
        /// The path.
        path: String,
    },
    /// A pointer of Git LFS: the file itself is not in this repository.
    #[error("`{}` is a Git LFS pointer, and the file itself is not part of the commit", escape(.path))]
    LfsPointer {
        /// The path.
        path: String,
    },
    /// A path that was asked for is neither in the commit nor in the work tree.
    #[error("`{}` is neither in the commit nor in the work tree", escape(.path))]
    Nothing {
        /// The path as configured.
        path: String,
    },
    /// A path of the configuration leads out of the repository or is no path.
    #[error("`{}` in `[pack]` is not a path below the repository", escape(.path))]
    Path {
        /// The path as configured.
        path: String,
    },
    /// A pattern of the configuration is none.
    #[error("`{}` in `exclude` is not a pattern: {reason}", escape(.pattern))]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why not.
        reason: String,
    },
    /// The repository could not be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The archive could not be written.
    #[error("the archive can't be written")]
    Write(#[source] io::Error),
    /// The encoder or a thread failed.
    #[error("packing failed inside: {0}")]
    Inside(&'static str),
}

impl PackError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Empty => Some("look at `include`, `exclude` and the commit's tree"),
            Self::Unnamable { .. } => Some("rename it"),
            Self::Name { .. } | Self::Special { .. } => Some("rename it, or leave it out with `exclude`"),
            Self::Link { .. } => {
                Some("let the link lead to a file in the archive, or leave it out with `exclude`")
            }
            Self::Nested { .. } => Some(
                "remove its `.git` or export it (`git archive`); in `[pack]`, `exclude = [\".git\"]` leaves it out",
            ),
            Self::Unfit { .. } => Some("put the file itself there, or pack the folder into a zip"),
            Self::TwoSpellings { .. } => Some("rename one of them, or leave it out with `exclude`"),
            Self::Duplicate { .. } | Self::BelowFile { .. } => Some("look at `root` and `include`"),
            Self::Changed { .. } => Some("pack when no build is running"),
            Self::Submodule { .. } => {
                Some("leave it out with `exclude`, or copy its files to a build folder and include that")
            }
            Self::LfsPointer { .. } => Some(
                "leave it out with `exclude`; when the release needs it, run `git lfs pull`, let the build copy it to a folder that is not in git, and include that folder",
            ),
            Self::Nothing { .. } | Self::NotThere { .. } => Some("run the build first, or correct the path"),
            Self::Git(error) => return error.hint(),
            _ => None,
        };
        hint.map(str::to_owned)
    }
}
