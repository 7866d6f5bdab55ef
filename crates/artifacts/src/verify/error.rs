//! Why an archive is refused: one reason for each attack or damage, with the member that shows it.

use crate::member_name::{NameProblem, spelled};
use promote_core::names::escape;
use std::io;

/// Why an archive is not to be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The file can't be read.
    #[error("the archive can't be read")]
    Read(#[source] io::Error),
    /// The file was written meanwhile.
    #[error("the archive changed while it was read")]
    Changed,
    /// The file has no bytes.
    #[error("the file is empty")]
    ZeroBytes,
    /// There is no end of a zip in it.
    #[error("the file is not a zip, or its end is missing")]
    NotZip,
    /// The directory or a member goes on behind the end of the file.
    #[error("the archive is cut off or its offsets are wrong{}", at(.name))]
    Truncated {
        /// The member, when it is one.
        name: Option<String>,
    },
    /// Headers that make no sense.
    #[error("the archive is damaged{}: {reason}", at(.name))]
    Damaged {
        /// The member, when it is one.
        name: Option<String>,
        /// What the reader met.
        reason: String,
    },
    /// The archive has no members.
    #[error("the archive has no file")]
    NoMembers,
    /// Bytes before the first member, between members, or behind the end.
    #[error("the archive has bytes that belong to no member {place}")]
    StrayBytes {
        /// Where.
        place: &'static str,
    },
    /// Zeros behind the end, as tools write that fill up blocks.
    #[error("the archive is followed by zeros, which belong to no member")]
    Padded,
    /// The directory has another number of members than it says.
    #[error("the archive says that it has {declared} members, and its directory has {found}")]
    Count {
        /// What it says.
        declared: u64,
        /// What it has.
        found: u64,
    },
    /// The end says something else of the directory than the file shows.
    #[error(
        "the archive's end says that the directory's {what} is {declared}, and it is {found}: readers disagree"
    )]
    Directory {
        /// What of it.
        what: &'static str,
        /// What the end says.
        declared: u64,
        /// What the file shows.
        found: u64,
    },
    /// Over one of the [`Limits`](super::Limits).
    #[error("the archive has more {what} than the limit of {limit}{}", at(.name))]
    Limit {
        /// Of what there is too much.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// The member, when it is one.
        name: Option<String>,
    },
    /// It unpacks to far more than it is.
    #[error("the archive is a bomb: `{}` unpacks to more than {limit} times its packed size", escape(.name))]
    Bomb {
        /// The member.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// A member's name is read as something else somewhere.
    #[error("`{}` is refused: {problem}", escape(.name))]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// An extra field gives the member another name than its header.
    #[error("`{}` has a second name in an extra field", escape(.name))]
    SecondName {
        /// The name.
        name: String,
    },
    /// An extra field that some readers act on.
    #[error("`{}` has an extra field (0x{id:04x}) that some readers act on and others don't", escape(.name))]
    ExtraField {
        /// The name.
        name: String,
        /// The field's number.
        id: u16,
    },
    /// Attributes that some readers act on.
    #[error("`{}` has attributes that readers take in different ways: {what}", escape(.name))]
    Attributes {
        /// The member.
        name: String,
        /// What they say.
        what: &'static str,
    },
    /// Stored, and its length comes behind the data.
    #[error("`{}` is stored unpacked with its length behind it, so that a reader of a stream can't tell where it ends", escape(.name))]
    Streamed {
        /// The name.
        name: String,
    },
    /// A second reader, written by others, can't read it.
    #[error("a second reader can't read it{}: {what}", at(.name))]
    Unread {
        /// The member, when it is one.
        name: Option<String>,
        /// What it met.
        what: String,
    },
    /// A second reader, written by others, sees something else.
    #[error("two readers see different things{}: {what}", at(.name))]
    Readers {
        /// The member, when it is one.
        name: Option<String>,
        /// In what they differ.
        what: String,
    },
    /// Two members have one name.
    #[error("the archive has `{}` twice", escape(.name))]
    Duplicate {
        /// The name.
        name: String,
    },
    /// Two members, or folders of members, have names that macOS and libarchive take for one.
    #[error("`{}` is there in two spellings, `{}` and `{}`: some readers make one file of both", escape(.first), spelled(.first), spelled(.second))]
    TwoSpellings {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A member lies below a file or link.
    #[error("`{}` is below `{}`, which is not a folder", escape(.name), escape(.file))]
    BelowFile {
        /// The member.
        name: String,
        /// The file or link.
        file: String,
    },
    /// Two members share bytes.
    #[error("`{}` overlaps with what follows it", escape(.name))]
    Overlap {
        /// The first of them.
        name: String,
    },
    /// Encrypted in whatever way.
    #[error("`{}` is encrypted", escape(.name))]
    Encrypted {
        /// The member.
        name: String,
    },
    /// Neither stored nor deflated.
    #[error("`{}` is packed by {}; only deflate and stored are taken", escape(.name), packer(*.method))]
    Method {
        /// The member.
        name: String,
        /// The method's number.
        method: u16,
    },
    /// A device, pipe or socket.
    #[error("`{}` is neither a file, a folder nor a symbolic link", escape(.name))]
    Special {
        /// The member.
        name: String,
    },
    /// A symbolic link leads out of the archive, or nowhere.
    #[error("the symbolic link `{}` leads out of the archive or in a circle: `{}`", escape(.name), escape(.target))]
    Link {
        /// The link.
        name: String,
        /// Where it leads.
        target: String,
    },
    /// The member's own header says something else than the directory.
    #[error("the two headers of `{}` differ in {what}", escape(.name))]
    Mismatch {
        /// The member, as the directory names it.
        name: String,
        /// In what they differ.
        what: &'static str,
    },
    /// The data has another length than declared.
    #[error("`{}` does not unpack to the {declared} bytes that it declares", escape(.name))]
    Size {
        /// The member.
        name: String,
        /// The declared length.
        declared: u64,
    },
    /// The data is no deflate stream, or there are bytes behind it.
    #[error("the packed data of `{}` is damaged", escape(.name))]
    Data {
        /// The member.
        name: String,
    },
    /// The checksum is wrong.
    #[error("`{}` has another checksum than it declares", escape(.name))]
    Checksum {
        /// The member.
        name: String,
    },
}

fn at(name: &Option<String>) -> String {
    name.as_deref().map(|name| format!(" at `{}`", escape(name))).unwrap_or_default()
}

impl VerifyError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Changed => Some("publish when no build is running"),
            Self::ZeroBytes | Self::NotZip | Self::Truncated { .. } | Self::Checksum { .. } => {
                Some("build or download the archive again")
            }
            Self::Padded => {
                Some("turn off the padding of whatever wrote or moved it, or pack it with `promote pack`")
            }
            Self::TwoSpellings { .. } => Some("rename one of them, and build the archive again"),
            Self::Encrypted { .. } => Some("pack it without a password"),
            Self::Name { problem: NameProblem::Unmarked | NameProblem::OfDos, .. } => {
                Some("pack it with `promote pack`, or with Python's `zipfile` on Linux or macOS")
            }
            Self::StrayBytes { .. }
            | Self::Damaged { .. }
            | Self::Count { .. }
            | Self::Duplicate { .. }
            | Self::Overlap { .. }
            | Self::Mismatch { .. }
            | Self::Method { .. }
            | Self::Streamed { .. }
            | Self::Attributes { .. }
            | Self::ExtraField { .. }
            | Self::SecondName { .. }
            | Self::Directory { .. }
            | Self::Unread { .. }
            | Self::Readers { .. } => Some("pack it with `promote pack` or `zip`"),
            _ => None,
        }
    }
}

/// What a method of packing is called.
fn packer(method: u16) -> String {
    let known = match method {
        9 => "deflate64",
        12 => "bzip2",
        14 => "lzma",
        93 => "zstd",
        95 => "xz",
        _ => return format!("method {method}"),
    };
    known.to_owned()
}
