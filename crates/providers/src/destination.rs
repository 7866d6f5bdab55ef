//! Where an output goes that a person named: a file that is replaced as a whole, or something that is only written to. One
//! rule for all commands: never through a link that came with a checkout, never into git's folder or promote's own; through a
//! person's own link to where it leads; and what is no file, or is open already, stays what it is. Writing is left to
//! `written`, and where a project keeps its releases is known to whoever read its file.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

/// As many links after one another as Linux follows.
const LINKS: usize = 40;

/// Where an output goes, with all links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A regular file, or nothing yet: another file takes its place.
    File(PathBuf),
    /// A device, a pipe, or what a process has open, such as `/dev/stdout` and `/dev/fd/3`: written to, at its end.
    Stream(PathBuf),
}

impl Destination {
    /// Where what is written to this path goes. `folder` is where the command runs.
    ///
    /// # Errors
    /// With the link in a checkout that is on the way, or when it lies in git's folder.
    pub fn of(path: &Path, folder: &Path) -> Result<Self> {
        let mut here = folder.join(path);
        for _ in 0..LINKS {
            refuse_links(&here, folder)?;
            if is_open_already(&here) {
                return Ok(Self::Stream(here));
            }
            let Ok(target) = here.read_link() else {
                refuse_kept(&here)?;
                let found = std::fs::metadata(&here);
                let stream = found.is_ok_and(|found| !found.is_file());
                return Ok(if stream { Self::Stream(here) } else { Self::File(here) });
            };
            // What is joined to an absolute path is that path.
            here = here.parent().unwrap_or(Path::new("/")).join(target);
        }
        Err(Error::new(ErrorKind::InvalidInput, "too many symbolic links lead on from there"))
    }

    /// Whether it is what this process writes its answers to.
    pub fn is_standard_output(&self) -> bool {
        matches!(self, Self::Stream(path) if descriptor(path) == Some(1))
    }
}

/// What this process has open as its output or its messages, when that is what the path names: opened once more, a file
/// would be written from its beginning, over what is there.
///
/// # Errors
/// When it is closed.
#[cfg(unix)]
pub(crate) fn standard(path: &Path) -> Result<Option<File>> {
    use std::os::fd::AsFd as _;
    let own = match descriptor(path) {
        Some(1) => std::io::stdout().as_fd().try_clone_to_owned()?,
        Some(2) => std::io::stderr().as_fd().try_clone_to_owned()?,
        _ => return Ok(None),
    };
    Ok(Some(File::from(own)))
}

/// There are no such paths.
#[cfg(not(unix))]
pub(crate) fn standard(_: &Path) -> Result<Option<File>> {
    Ok(None)
}

/// The number of what this process has open, where the path names that.
fn descriptor(path: &Path) -> Option<u32> {
    let folder = path.parent()?.canonicalize().ok()?;
    let own = ["/dev/fd", "/proc/self/fd"]
        .iter()
        .any(|own| Path::new(own).canonicalize().is_ok_and(|own| own == folder));
    path.file_name()?.to_str()?.parse().ok().filter(|_| own)
}

/// Whether the path names what a process has open. It looks like a link to a file, and a file in its place would be another.
fn is_open_already(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    descriptor(path).is_some() || folder.is_some_and(|folder| folder.starts_with("/proc"))
}

/// Git runs what stands in its folder, and `promote` goes by what stands in its own.
fn refuse_kept(path: &Path) -> Result<()> {
    let place = resolved(path);
    let whose = place.components().find_map(|part| {
        let name = part.as_os_str();
        let ours = name.to_str().is_some_and(promote_core::folder::is_own);
        if name.eq_ignore_ascii_case(".git") { Some("git's") } else { ours.then_some("promote's") }
    });
    match whose {
        Some(whose) => {
            let what = format!("`{}` is {whose} own, and nothing is written there", place.display());
            Err(Error::new(ErrorKind::InvalidInput, what))
        }
        None => Ok(()),
    }
}

/// The path without links in what is there of its folders; its last part stays as it is.
pub fn resolved(path: &Path) -> PathBuf {
    let (mut folder, mut rest) = (path.to_owned(), Vec::new());
    while let Some(name) = folder.file_name().map(std::ffi::OsStr::to_owned) {
        folder.pop();
        rest.push(name);
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        if let Ok(found) = here.canonicalize() {
            return found.join(rest.iter().rev().collect::<PathBuf>());
        }
    }
    path.to_owned()
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

/// The folder that may have come from somebody else and that the path lies in: the work tree, or where the command runs,
/// unless that is the root of everything.
fn root(path: &Path, folder: &Path) -> Option<PathBuf> {
    let tree = path.ancestors().skip(1).find(|here| here.join(".git").symlink_metadata().is_ok());
    tree.or_else(|| (folder.parent().is_some() && path.starts_with(folder)).then_some(folder))
        .map(Path::to_path_buf)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::written::replace;
    use std::os::unix::fs::symlink;

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

    #[test]
    fn a_link_of_ones_own_stays_and_what_is_open_is_written_to() {
        let all = tempfile::tempdir().unwrap();
        let all = all.path().canonicalize().unwrap();
        let tree = all.join("tree");
        std::fs::create_dir_all(tree.join(".git")).unwrap();
        symlink("target", all.join("first")).unwrap();
        symlink("first", all.join("second")).unwrap();
        // Nothing is there yet: it comes into being where the link leads.
        replace(&all.join("second"), &tree, "made").unwrap();
        assert_eq!(std::fs::read_to_string(all.join("target")).unwrap(), "made");
        assert!(all.join("second").is_symlink() && all.join("first").is_symlink());
        // As a shell opens it with `3>FILE`, and links to it as the system does with its own `/dev/stdout`.
        use std::io::{Seek as _, Write as _};
        use std::os::fd::AsRawFd as _;
        let mut open = File::create(all.join("open")).unwrap();
        open.write_all(b"before ").unwrap();
        let number = open.as_raw_fd();
        for path in [format!("/dev/fd/{number}"), format!("/proc/self/fd/{number}")] {
            if !Path::new(&path).exists() {
                continue;
            }
            replace(Path::new(&path), &tree, "a ").unwrap();
            symlink(&path, all.join("own")).unwrap();
            replace(&all.join("own"), &tree, "b ").unwrap();
            assert!(all.join("own").is_symlink());
            std::fs::remove_file(all.join("own")).unwrap();
        }
        let text = std::fs::read_to_string(all.join("open")).unwrap();
        assert!(text.starts_with("before a b "), "{text}");
        assert_eq!(open.seek(std::io::SeekFrom::End(0)).unwrap(), text.len() as u64, "it is the same file");
        symlink("/dev/fd/1", all.join("output")).unwrap();
        assert!(Destination::of(&all.join("output"), &tree).unwrap().is_standard_output());
        symlink("round", all.join("round")).unwrap();
        assert!(Destination::of(&all.join("round"), &tree).is_err());
    }

    #[test]
    fn nothing_is_written_into_gits_own_folder() {
        let all = tempfile::tempdir().unwrap();
        let all = all.path().canonicalize().unwrap();
        std::fs::create_dir_all(all.join("tree/.git/hooks")).unwrap();
        std::fs::write(all.join("tree/.git/config"), "before").unwrap();
        symlink(all.join("tree/.git/config"), all.join("own")).unwrap();
        for path in
            ["tree/.git/config", "tree/.git/hooks/post-checkout", "tree/.GIT/config", "own", "tree/.git"]
        {
            let error = replace(&all.join(path), &all.join("tree"), "after").unwrap_err();
            let known = ["is git's own", "No such file"].iter().any(|why| error.to_string().contains(why));
            assert!(known, "{path}: {error}");
        }
        assert_eq!(std::fs::read_to_string(all.join("tree/.git/config")).unwrap(), "before");
        assert!(!all.join("tree/.git/hooks/post-checkout").exists());
    }

    #[test]
    fn nothing_is_written_into_promotes_own_folders() {
        let all = tempfile::tempdir().unwrap();
        let all = all.path().canonicalize().unwrap();
        std::fs::create_dir_all(all.join("tree/.promote/shop")).unwrap();
        std::fs::write(all.join("tree/.promote/shop/ledger.json"), "before").unwrap();
        symlink(all.join("tree/.promote/shop/ledger.json"), all.join("link")).unwrap();
        for path in
            ["tree/.promote/shop/ledger.json", "tree/.Promote/new", "tree/deploy/.promote-store/x", "link"]
        {
            let error = replace(&all.join(path), &all.join("tree"), "after").unwrap_err();
            assert!(error.to_string().contains("is promote's own"), "{path}: {error}");
        }
        assert_eq!(std::fs::read_to_string(all.join("tree/.promote/shop/ledger.json")).unwrap(), "before");
        replace(&all.join("tree/.promoted"), &all.join("tree"), "other").unwrap();
    }
}
