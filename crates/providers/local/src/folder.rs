//! One folder, held open. Every name is looked up in a folder that is already held and never through a symbolic
//! link, so that no key can lead out of the store, whatever happens to the folders in the meantime.

use crate::steps::{Act, Steps};
use promote_port::digest::Digest;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
/// Read, write and search for all; the user's umask takes away what it wants.
const ANY_FOLDER: Mode = Mode::RWXU.union(Mode::RWXG).union(Mode::RWXO);
const ANY_FILE: Mode = Mode::from_bits_retain(0o666);

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder {
    fd: OwnedFd,
    /// Its path below the root, with a slash at its end, for messages and tests. Empty for the root.
    path: String,
    steps: Steps,
}

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
    /// Whether it is neither a file nor a folder that a key can name: a link, a pipe, a device, or a name that is no part
    /// of a key.
    pub(crate) is_odd: bool,
    /// The name as it is, where it is no part of a key: `name` then only shows it.
    pub(crate) unnamable: Option<CString>,
}

impl Entry {
    /// What may have this name and is neither a file nor a folder.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), is_folder: false, is_odd: true, unnamable: None }
    }
}

/// How long a name is at most that only shows another one, in bytes: as long as the name of a file.
const LONGEST: usize = 255;

/// A name as a key can show it: whatever no key has is written as U+FFFD and its bytes in hexadecimal digits. What would be
/// longer than a name of a file can be ends with the beginning of its digest, so that two stay two. `None` where it is part
/// of a key as it stands.
fn shown(name: &CStr) -> Option<String> {
    let fits = |c: char| !c.is_control() && c != '\\';
    if name.to_str().is_ok_and(|name| name.chars().all(fits)) {
        return None;
    }
    let mut shown = String::new();
    let hex = |shown: &mut String, bytes: &[u8]| {
        shown.push('\u{fffd}');
        bytes.iter().for_each(|byte| shown.push_str(&format!("{byte:02X}")));
    };
    for chunk in name.to_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if fits(c) { shown.push(c) } else { hex(&mut shown, c.to_string().as_bytes()) }
        }
        if !chunk.invalid().is_empty() {
            hex(&mut shown, chunk.invalid());
        }
    }
    if shown.len() > LONGEST {
        let digest = Digest::of(name.to_bytes()).hex();
        let end = format!("\u{fffd}{}", digest.get(..16).unwrap_or_default());
        shown.truncate(shown.floor_char_boundary(LONGEST - end.len()));
        shown.push_str(&end);
    }
    Some(shown)
}

/// What is neither a file nor a folder, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Odd {
    /// Another one of the same name has another state.
    pub(crate) state: String,
    /// What it is, as a content type.
    pub(crate) kind: &'static str,
    /// How long it is: of a link, where it leads.
    pub(crate) size: u64,
    /// When it was changed, in seconds.
    pub(crate) changed_s: i64,
}

impl Folder {
    /// The root itself may be reached through symbolic links: it is the user's choice.
    pub(crate) fn root(path: &Path, steps: Steps) -> io::Result<Self> {
        let fd = rustix::fs::open(path, FOLDER, Mode::empty())?;
        Ok(Self { fd, path: String::new(), steps })
    }

    pub(crate) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// The folder of this name.
    pub(crate) fn sub(&self, name: &str) -> io::Result<Self> {
        let fd = rustix::fs::openat(&self.fd, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Self { fd, path: format!("{}{name}/", self.path), steps: self.steps.clone() })
    }

    /// The same folder once more.
    pub(crate) fn again(&self) -> io::Result<Self> {
        Ok(Self { fd: self.fd.try_clone()?, path: self.path.clone(), steps: self.steps.clone() })
    }

    /// The folder of this name, durably made when it is not there.
    pub(crate) fn make(&self, name: &str) -> io::Result<Self> {
        match self.sub(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            end => return end,
        }
        self.steps.take(Act::MakeFolder, &self.at(name))?;
        match rustix::fs::mkdirat(&self.fd, name, ANY_FOLDER) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        // Also when another made it: that it made it durable by now is not known.
        self.sync()?;
        self.sub(name)
    }

    /// What there is of this name, without following it.
    pub(crate) fn kind(&self, name: &str) -> io::Result<FileType> {
        let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }

    /// Opens for reading whatever has this name, and never waits for the other end of a pipe.
    pub(crate) fn open(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        Ok(rustix::fs::openat(&self.fd, name, flags, Mode::empty())?.into())
    }

    /// A new file; an old one is an error.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        self.steps.take(Act::Create, &self.at(name))?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(&self.fd, name, flags, ANY_FILE)?.into())
    }

    /// A file that is made when it is not there.
    pub(crate) fn open_or_create(&self, name: &str) -> io::Result<File> {
        self.steps.take(Act::Create, &self.at(name))?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(&self.fd, name, flags, ANY_FILE)?.into())
    }

    /// Notes that bytes are going to be written to a file of this folder.
    pub(crate) fn fills(&self, name: &str) -> io::Result<()> {
        self.steps.take(Act::Fill, &self.at(name))
    }

    /// Makes the bytes of a file of this folder durable.
    pub(crate) fn sync_file(&self, name: &str, file: &File) -> io::Result<()> {
        self.steps.take(Act::SyncFile, &self.at(name))?;
        file.sync_all()
    }

    /// Gives a file one more name in `to`; an old one there is an error.
    pub(crate) fn link(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        self.steps.take(Act::Link, &to.at(new))?;
        Ok(rustix::fs::linkat(&self.fd, name, &to.fd, new, AtFlags::empty())?)
    }

    /// Moves a file over whatever has the new name.
    pub(crate) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        self.steps.take(Act::Rename, &to.at(new))?;
        Ok(rustix::fs::renameat(&self.fd, name, &to.fd, new)?)
    }

    /// Takes a file's name away.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        self.steps.take(Act::Remove, &self.at(name))?;
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    /// Takes an empty folder's name away.
    pub(crate) fn remove_folder(&self, name: &str) -> io::Result<()> {
        self.steps.take(Act::Remove, &self.at(name))?;
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR)?)
    }

    /// Makes the names in this folder durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.steps.take(Act::SyncFolder, &self.path)?;
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    /// What has this name and is neither a file nor a folder; `None` where it is one of them, or nothing.
    pub(crate) fn odd(&self, name: &str) -> io::Result<Option<Odd>> {
        self.strange(name, None)
    }

    /// What an entry is that no key can name, or that is neither a file nor a folder; `None` where it is gone.
    pub(crate) fn odd_entry(&self, entry: &Entry) -> io::Result<Option<Odd>> {
        match &entry.unnamable {
            Some(name) => self.strange(name.as_c_str(), Some("inode/unnamable")),
            None => self.odd(&entry.name),
        }
    }

    /// The entry that a listing shows by this name, where that is no part of a key as it stands.
    pub(crate) fn unnamable(&self, name: &str) -> io::Result<Option<Entry>> {
        let mut found = None;
        if name.contains('\u{fffd}') {
            self.each(|entry| {
                if entry.unnamable.is_some() && entry.name == name {
                    found = Some(entry);
                }
            })?;
        }
        Ok(found)
    }

    /// Takes such a file's name away.
    pub(crate) fn remove_entry(&self, entry: &Entry) -> io::Result<()> {
        let Some(name) = &entry.unnamable else { return self.remove(&entry.name) };
        self.steps.take(Act::Remove, &self.at(&entry.name))?;
        Ok(rustix::fs::unlinkat(&self.fd, name.as_c_str(), AtFlags::empty())?)
    }

    /// What has this name, where it is neither a file nor a folder; or, as `plain`, where it is one of them.
    fn strange(&self, name: impl rustix::path::Arg, plain: Option<&'static str>) -> io::Result<Option<Odd>> {
        let stat = match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let kind = match (FileType::from_raw_mode(stat.st_mode), plain) {
            (FileType::Directory | FileType::RegularFile, None) => return Ok(None),
            (FileType::Directory, Some(_)) => "inode/unnamable-directory",
            (FileType::RegularFile, Some(plain)) => plain,
            (kind, _) => kind_of(kind),
        };
        let state = format!("odd-{}-{}-{}", stat.st_ino, stat.st_ctime, stat.st_ctime_nsec);
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        Ok(Some(Odd { state, kind, size, changed_s: stat.st_mtime }))
    }

    /// The files and folders in it that can be part of a key, in no order. Links and devices are left out.
    pub(crate) fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.each(|entry| entries.extend((!entry.is_odd).then_some(entry)))?;
        Ok(entries)
    }

    /// Whatever lies in it, one by one: none of a folder of very many need be held.
    pub(crate) fn each(&self, mut take: impl FnMut(Entry)) -> io::Result<()> {
        for entry in Dir::read_from(&self.fd)? {
            let entry = entry?;
            let whole = entry.file_name();
            if whole == c"." || whole == c".." {
                continue;
            }
            let Some(name) = whole.to_str().ok().filter(|_| shown(whole).is_none()) else {
                let name = shown(whole).unwrap_or_default();
                take(Entry { name, is_folder: false, is_odd: true, unnamable: Some(whole.to_owned()) });
                continue;
            };
            let kind = match entry.file_type() {
                FileType::Unknown => self.kind(name)?,
                known => known,
            };
            let is_folder = kind == FileType::Directory;
            take(Entry { name: name.to_owned(), is_folder, is_odd: !is_plain(kind), unnamable: None });
        }
        Ok(())
    }

    fn at(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}

/// What is neither a file nor a folder, as a content type.
fn kind_of(kind: FileType) -> &'static str {
    match kind {
        FileType::Symlink => "inode/symlink",
        FileType::Fifo => "inode/fifo",
        FileType::Socket => "inode/socket",
        FileType::BlockDevice => "inode/blockdevice",
        _ => "inode/chardevice",
    }
}

fn is_plain(kind: FileType) -> bool {
    matches!(kind, FileType::Directory | FileType::RegularFile)
}
