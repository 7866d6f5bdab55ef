//! What tells one state of a file from any other: its length and its time of change to the nanosecond, which every
//! write sets to a value that was never there before.

use chrono::{DateTime, Utc};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

/// A state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// Nanoseconds since 1970.
    changed: i128,
    pub(crate) inode: u64,
    /// When the file, its names or its rights last changed: can't be set by hand.
    pub(crate) touched: i128,
}

/// A moment in nanoseconds since 1970 as a time of change.
pub(crate) fn moment(nanos: i128) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(nanos).ok()?))
}

fn nanos(seconds: i64, rest: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(rest)
}

impl Stamp {
    /// The time of change, in nanoseconds since 1970.
    pub(crate) fn changed(&self) -> i128 {
        self.changed
    }

    /// The state of an open file.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        Ok(Self::from(&file.metadata()?))
    }

    /// Names the state in the store: the same for a faithful copy of the whole store.
    pub(crate) fn name(&self) -> String {
        format!("{:x}-{:x}", self.changed, self.size)
    }

    /// The token of a state that nobody described. Whoever writes into the file can set its time of change back, and not
    /// when it was touched.
    pub(crate) fn name_by_hand(&self) -> String {
        format!("hand-{:x}-{:x}-{}", self.inode, self.touched, self.name())
    }

    /// Whether it was touched so long ago that another touch would have another time, however coarse the file system's
    /// clock is.
    pub(crate) fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i128::try_from(now.as_nanos()).is_ok_and(|now| now - self.touched > 2_000_000_000)
    }

    /// When the content was last changed.
    pub(crate) fn changed_at(&self) -> DateTime<Utc> {
        let seconds = i64::try_from(self.changed.div_euclid(1_000_000_000)).unwrap_or_default();
        let rest = u32::try_from(self.changed.rem_euclid(1_000_000_000)).unwrap_or_default();
        DateTime::from_timestamp(seconds, rest).unwrap_or_default()
    }
}

impl From<&Metadata> for Stamp {
    fn from(found: &Metadata) -> Self {
        Self {
            size: found.size(),
            changed: nanos(found.mtime(), found.mtime_nsec()),
            inode: found.ino(),
            touched: nanos(found.ctime(), found.ctime_nsec()),
        }
    }
}

/// Sets the time of change to now, `nudge` nanoseconds or seconds further for each time that this was in vain: file
/// systems keep times of different precision.
pub(crate) fn set_now(file: &File, nudge: u32) -> io::Result<Stamp> {
    let step = if nudge < 4 { Duration::from_nanos(1) } else { Duration::from_secs(1) };
    file.set_modified(SystemTime::now() + step.saturating_mul(nudge))?;
    Stamp::of(file)
}
