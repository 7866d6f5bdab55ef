//! Files of credentials as Google's tools keep them, opened with care: somebody else's `promote.toml` may name a pipe that
//! nobody writes to, or a device without an end. What the files say is read elsewhere.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What the file holds.
///
/// # Errors
/// [`ErrorKind::InvalidInput`], in words, when it is no regular file or too large; and what the system says.
pub(super) fn content(path: &Path) -> Result<Vec<u8>, Error> {
    let refused = |why: String| Err(Error::new(ErrorKind::InvalidInput, why));
    let opened = open(path)?;
    if !opened.metadata()?.is_file() {
        return refused("it is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    opened.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return refused(format!("it has more than {LARGEST} bytes"));
    }
    Ok(bytes)
}

/// Without waiting for whoever writes to a pipe of that name.
fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK.bits();
        options.custom_flags(i32::try_from(flags).unwrap_or_default());
    }
    options.open(path)
}
