//! Files that commands leave for people and for later jobs: whole, or not at all, and without waiting for ever for somebody
//! who reads a pipe. Where they go is decided in `destination`.

use crate::destination::{Destination, standard};
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a pipe's reader may take to come.
const READER: Duration = Duration::from_secs(2);
/// How long until it is looked for again.
const STEP: Duration = Duration::from_millis(20);

/// Writes a file. What was there stays until all of the new one is: a full disk takes nothing away. Devices and pipes are
/// written to as they are. `folder` is where the command runs.
///
/// # Errors
/// When it can't be written; what was there is then as it was.
pub fn replace(path: &Path, folder: &Path, text: &str) -> Result<()> {
    let place = match Destination::of(path, folder)? {
        Destination::File(place) => place,
        Destination::Stream(place) => return append(&place, text),
    };
    let before = std::fs::metadata(&place).ok();
    let folder = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".promote-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The system takes the umask off, as for any new file.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut made = match builder.tempfile_in(folder) {
        // Whoever may write the file need not be allowed to make another one beside it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && before.is_some() => {
            return std::fs::write(&place, text);
        }
        made => made?,
    };
    made.write_all(text.as_bytes())?;
    if let Some(before) = before {
        made.as_file().set_permissions(before.permissions())?;
    }
    made.persist(&place).map_err(|error| error.error)?;
    Ok(())
}

/// Writes to what is no file, or to the end of a file that is there.
///
/// # Errors
/// When it can't be written, or is a pipe that nobody reads.
pub fn append(path: &Path, text: &str) -> Result<()> {
    open(path)?.write_all(text.as_bytes())
}

/// Opens a pipe for writing, when that is what is there, and waits for as long as it takes until somebody reads it:
/// `waiting` is called once when nobody does. It is waited for in small steps, so that a signal ends it. `None` for whatever
/// is no pipe.
///
/// # Errors
/// When it can't be opened.
#[cfg(unix)]
pub async fn pipe(path: &Path, waiting: impl FnOnce()) -> Result<Option<File>> {
    use std::os::unix::fs::FileTypeExt as _;
    if !std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
        return Ok(None);
    }
    let mut waiting = Some(waiting);
    loop {
        if let Some(file) = read_by_somebody(path, OpenOptions::new().write(true))? {
            return Ok(Some(file));
        }
        if let Some(say) = waiting.take() {
            say();
        }
        tokio::time::sleep(STEP).await;
    }
}

/// There are no such pipes.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub async fn pipe(_: &Path, _: impl FnOnce()) -> Result<Option<File>> {
    Ok(None)
}

/// Opens what is there, to write at its end, without waiting for ever: a pipe that nobody reads would swallow the signal
/// that ends the command.
///
/// # Errors
/// When it can't be opened, or is a pipe that nobody reads.
pub fn open(place: &Path) -> Result<File> {
    if let Some(own) = standard(place)? {
        return Ok(own);
    }
    let begun = Instant::now();
    loop {
        if let Some(file) = read_by_somebody(place, OpenOptions::new().append(true))? {
            return Ok(file);
        }
        if begun.elapsed() >= READER {
            return Err(Error::new(ErrorKind::NotConnected, "it is a pipe that nobody reads"));
        }
        std::thread::sleep(STEP);
    }
}

/// What is there, open, unless it is a pipe that nobody reads.
#[cfg(unix)]
fn read_by_somebody(place: &Path, options: &mut OpenOptions) -> Result<Option<File>> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default());
    match options.open(place) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => Ok(None),
        opened => {
            let file = opened?;
            // From here on it is written to as anything else.
            let flags = rustix::fs::fcntl_getfl(&file)?;
            rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
            Ok(Some(file))
        }
    }
}

#[cfg(not(unix))]
fn read_by_somebody(place: &Path, options: &mut OpenOptions) -> Result<Option<File>> {
    options.open(place).map(Some)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat};
    use std::io::Read as _;
    use std::os::unix::fs::MetadataExt as _;

    fn pipe(path: &Path) -> rustix::io::Result<()> {
        mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR)
    }

    #[test]
    fn a_file_is_replaced_and_what_is_none_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a"), "before").unwrap();
        let before = std::fs::metadata(at("a")).unwrap();
        replace(Path::new("a"), folder.path(), "after").unwrap();
        assert_eq!(std::fs::read_to_string(at("a")).unwrap(), "after");
        let after = std::fs::metadata(at("a")).unwrap();
        assert_ne!(before.ino(), after.ino(), "another file took its place");
        assert_eq!(before.mode(), after.mode());
        let device = std::fs::metadata("/dev/null").unwrap();
        replace(Path::new("/dev/null"), folder.path(), "x").unwrap();
        assert_eq!(std::fs::metadata("/dev/null").unwrap().ino(), device.ino());
        pipe(&at("p")).unwrap();
        let reader = std::thread::spawn({
            let path = at("p");
            move || {
                let mut text = String::new();
                // Later than the writer, and more than a pipe holds.
                std::thread::sleep(Duration::from_millis(100));
                File::open(path).unwrap().read_to_string(&mut text).unwrap();
                text.len()
            }
        });
        replace(&at("p"), folder.path(), &"x".repeat(300_000)).unwrap();
        assert_eq!(reader.join().unwrap(), 300_000);
        append(&at("a"), " all").unwrap();
        assert_eq!(std::fs::read_to_string(at("a")).unwrap(), "after all");
        assert!(append(&at("none"), "x").is_err() && !at("none").exists());
    }

    #[test]
    fn a_pipe_that_nobody_reads_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        pipe(&path).unwrap();
        for end in [replace(&path, folder.path(), "x"), append(&path, "x")] {
            assert!(end.unwrap_err().to_string().contains("a pipe that nobody reads"));
        }
    }
}
