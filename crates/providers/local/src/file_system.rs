//! Which file systems a store may lie on. On one that is shared over a network, locks and hard links don't mean what
//! the store needs them to mean, and a lost answer of a link can't be told from a failure.

use crate::error::{Outcome, Trouble};
use crate::folder::Folder;
use promote_port::port::ErrorKind;

/// Refuses network file systems.
#[cfg(target_os = "linux")]
pub(crate) fn check(root: &Folder) -> Outcome<()> {
    let kind = rustix::fs::fstatfs(root.fd()).map_err(std::io::Error::from)?.f_type;
    // The type is a signed or unsigned word of 4 or 8 bytes by architecture; the magic numbers have 4.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::unnecessary_cast,
        reason = "see above"
    )]
    let magic = kind as u32;
    let mounted_as = if magic == FUSE { mounted_as(root)? } else { String::new() };
    judge(magic, &mounted_as)
}

/// Elsewhere the type can't be told, so the book warns.
#[cfg(not(target_os = "linux"))]
pub(crate) fn check(_root: &Folder) -> Outcome<()> {
    Ok(())
}

const FUSE: u32 = 0x6573_5546;

/// From `statfs(2)` and the kernel's `magic.h`.
const NETWORK: [(u32, &str); 16] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x0000_564c, "NCP"),
    (0x786f_4256, "VirtualBox's shared folder"),
    (0xaad7_aaea, "Panasas"),
];

/// File systems in user space that keep their files on this machine. All others may lie anywhere.
const LOCAL_FUSE: [&str; 3] = ["fuseblk", "fuse.fuse-overlayfs", "fuse.bindfs"];

fn judge(magic: u32, mounted_as: &str) -> Outcome<()> {
    let network = NETWORK.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name);
    let name = match network {
        Some(name) => name,
        None if magic != FUSE || LOCAL_FUSE.contains(&mounted_as) => return Ok(()),
        None if mounted_as.is_empty() => "a file system in user space",
        None => mounted_as,
    };
    let message = format!("the folder is on {name}, whose locks don't work between machines");
    Err(Trouble::new(ErrorKind::Unsupported, message))
}

/// The type under which the root's file system is mounted; empty when that can't be told.
#[cfg(target_os = "linux")]
fn mounted_as(root: &Folder) -> Outcome<String> {
    let device = rustix::fs::fstat(root.fd()).map_err(std::io::Error::from)?.st_dev;
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    Ok(type_of(&device, &mounts).unwrap_or_default().to_owned())
}

/// Finds a device in the text of `mountinfo`, whose lines read `36 35 98:0 / /mnt rw - ext3 …`.
fn type_of<'a>(device: &str, mounts: &'a str) -> Option<&'a str> {
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    line.split_once(" - ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_refused_by_name() {
        let refused = |magic, mounted| judge(magic, mounted).unwrap_err().message;
        assert!(refused(0x6969, "").contains("on NFS,"));
        assert!(refused(0xff53_4d42, "").contains("on CIFS,"));
        assert!(refused(FUSE, "fuse.sshfs").contains("on fuse.sshfs,"));
        assert!(refused(FUSE, "").contains("user space"));
        for (magic, mounted) in
            [(0xef53, ""), (0x0102_1994, ""), (FUSE, "fuseblk"), (FUSE, "fuse.fuse-overlayfs")]
        {
            assert!(judge(magic, mounted).is_ok(), "{magic:x} {mounted}");
        }
    }

    #[test]
    fn the_type_of_a_mount_is_found_by_its_device() {
        let mounts = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      90 22 0:47 / /mnt/far rw - fuse.sshfs me@far: rw,user_id=0\n";
        assert_eq!(type_of("0:47", mounts), Some("fuse.sshfs"));
        assert_eq!(type_of("8:1", mounts), Some("ext4"));
        assert_eq!(type_of("0:4", mounts), None);
    }
}
