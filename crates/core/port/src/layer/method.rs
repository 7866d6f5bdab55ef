//! The methods of the object store port, by name.

use std::fmt;

/// A method of [`Bucket`](crate::port::Bucket) that may send a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// `now`: may be answered without a request.
    Now,
    /// `head`
    Head,
    /// `get`
    Get,
    /// `read`
    Read,
    /// `read_range`
    ReadRange,
    /// `list`
    List,
    /// `versions`
    Versions,
    /// `versioning`
    Versioning,
    /// `tags`
    Tags,
    /// `expires`: seldom a request.
    Expires,
    /// `write`
    Write,
    /// `copy`
    Copy,
    /// `delete`
    Delete,
    /// `probe`
    Probe,
}

impl Method {
    /// Whether it leaves the store as it was.
    pub fn reads(self) -> bool {
        matches!(
            self,
            Self::Now
                | Self::Head
                | Self::Get
                | Self::Read
                | Self::ReadRange
                | Self::List
                | Self::Versions
                | Self::Versioning
                | Self::Tags
                | Self::Expires
        )
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Now => "now",
            Self::Head => "head",
            Self::Get => "get",
            Self::Read => "read",
            Self::ReadRange => "read_range",
            Self::List => "list",
            Self::Versions => "versions",
            Self::Versioning => "versioning",
            Self::Tags => "tags",
            Self::Expires => "expires",
            Self::Write => "write",
            Self::Copy => "copy",
            Self::Delete => "delete",
            Self::Probe => "probe",
        })
    }
}
