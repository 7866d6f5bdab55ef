//! Opening files that others may have made: whatever lies there, nothing is waited for. What is read from them, and what
//! follows from a refusal, belongs to the caller.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Opens for reading whatever the path leads to, without waiting for whoever writes to a pipe of that name.
///
/// # Errors
/// What the system says.
pub fn unwaited(path: &Path) -> Result<File> {
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

/// Opens the regular file that the path leads to.
///
/// # Errors
/// When it is something else, such as a pipe or a folder; and what the system says.
pub fn regular(path: &Path) -> Result<File> {
    let odd = || Error::new(ErrorKind::InvalidInput, "it is no regular file");
    match unwaited(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(_) => Err(odd()),
        // A socket can't be opened at all.
        Err(_) if path.metadata().is_ok_and(|found| !found.is_file()) => Err(odd()),
        Err(error) => Err(error),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat};
    use std::os::unix::{fs::symlink, net::UnixListener};

    #[test]
    fn only_a_regular_file_is_opened_and_nothing_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        symlink("file", at("link")).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        mkfifoat(CWD, at("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        for name in ["file", "link"] {
            regular(&at(name)).unwrap();
        }
        for path in [at("folder"), at("pipe"), at("socket"), "/dev/zero".into()] {
            let refused = regular(&path).unwrap_err();
            assert_eq!(refused.to_string(), "it is no regular file", "{}", path.display());
        }
        assert_eq!(regular(&at("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
