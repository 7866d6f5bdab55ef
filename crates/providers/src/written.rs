//! Files that commands leave for people and for later jobs: whole, or not at all; never through a link that came with a
//! checkout; and without waiting for ever for somebody who reads a pipe.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::path::{Component, Path, PathBuf};
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
    let path = &folder.join(path);
    refuse_links(path, folder)?;
    // A link of the person's own stays one.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let before = std::fs::metadata(&place).ok();
    if before.as_ref().is_some_and(|found| !found.is_file()) {
        return into(&place, text);
    }
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
    open(path, OpenOptions::new().append(true))?.write_all(text.as_bytes())
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

fn into(place: &Path, text: &str) -> Result<()> {
    open(place, OpenOptions::new().write(true))?.write_all(text.as_bytes())
}

/// Opens without waiting for ever: a pipe that nobody reads would swallow the signal that ends the command.
fn open(place: &Path, options: &mut OpenOptions) -> Result<File> {
    let begun = Instant::now();
    loop {
        if let Some(file) = read_by_somebody(place, options)? {
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

/// Refuses a path that a link in a checkout leads elsewhere: whoever made the checkout would choose what is overwritten. A
/// link elsewhere, such as `/dev/stdout`, is the person's own.
///
/// # Errors
/// With the link.
pub fn refuse_links(path: &Path, folder: &Path) -> Result<()> {
    let path = folder.join(path);
    let Some(root) = root(&path, folder) else { return Ok(()) };
    let Ok(rest) = path.strip_prefix(&root) else { return Ok(()) };
    let mut here = root.clone();
    for part in rest.components() {
        match part {
            Component::ParentDir => {
                here.pop();
            }
            part => here.push(part),
        }
        if here.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            let what = format!(
                "`{}` is a symbolic link in the checkout, and nothing is written through one",
                here.display()
            );
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
    }
    Ok(())
}

/// The folder that may have come from somebody else and that the path lies in: the work tree, or where the command runs.
fn root(path: &Path, folder: &Path) -> Option<PathBuf> {
    let tree = path.ancestors().skip(1).find(|here| here.join(".git").symlink_metadata().is_ok());
    tree.or_else(|| path.starts_with(folder).then_some(folder)).map(Path::to_path_buf)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat};
    use std::io::Read as _;
    use std::os::unix::fs::{MetadataExt as _, symlink};

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

    #[test]
    fn links_of_a_checkout_are_refused_and_the_persons_own_are_followed() {
        let all = tempfile::tempdir().unwrap();
        let all = all.path().canonicalize().unwrap();
        let (tree, sub, home) = (all.join("tree"), all.join("tree/sub"), all.join("home"));
        for folder in [&tree.join(".git"), &sub, &home] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(home.join("key"), "before").unwrap();
        symlink(home.join("key"), sub.join("promote.env")).unwrap();
        symlink(home.join("new"), sub.join("dangling")).unwrap();
        symlink(&home, tree.join("out")).unwrap();
        symlink("/dev/null", sub.join("null")).unwrap();
        symlink(home.join("key"), all.join("own")).unwrap();
        for (path, folder) in [
            (sub.join("promote.env"), &sub),
            (sub.join("promote.env"), &home),
            (sub.join("dangling"), &sub),
            (sub.join("../out/key"), &sub),
            (tree.join("out/new"), &tree),
            (tree.join("out/../x"), &tree),
            (sub.join("null"), &sub),
        ] {
            let error = replace(&path, folder, "after").unwrap_err();
            assert!(
                error.to_string().contains("is a symbolic link in the checkout"),
                "{}: {error}",
                path.display()
            );
        }
        assert_eq!(std::fs::read_to_string(home.join("key")).unwrap(), "before");
        assert!(!home.join("new").exists() && !tree.join("x").exists());
        replace(&all.join("own"), &sub, "after").unwrap();
        assert_eq!(std::fs::read_to_string(home.join("key")).unwrap(), "after");
        replace(&sub.join("../sub/x"), &sub, "x").unwrap();
        // Without a work tree, what lies where the command runs may be somebody else's.
        symlink(home.join("key"), home.join("link")).unwrap();
        assert!(replace(&home.join("link"), &home, "x").is_err());
    }
}
