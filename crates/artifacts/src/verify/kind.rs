//! What a member is: a file, one that can be run, a link or a folder. Readers tell by the name's end, by Unix modes or
//! by DOS attributes; all that are there must say the same.

use crate::pack::MemberKind;

const UNIX: u16 = 3;
const MACOS: u16 = 19;
/// FAT, NTFS as PKWARE numbers it, NTFS as Info-ZIP does, VFAT: APPNOTE 4.4.2.
const DOS: [u16; 4] = [0, 10, 11, 14];
const DOS_FOLDER: u32 = 1 << 4;
/// Info-ZIP's reader leaves such members out where they come from DOS or Windows; no packer writes it for a file.
const DOS_LABEL: u32 = 1 << 3;
/// Set-user, set-group and sticky.
const SPECIAL: u32 = 0o7000;
/// That it is text, which no reader acts upon unasked. Another of these bits makes Info-ZIP's reader write a file for a link.
const TEXT: u16 = 1;

/// What a record says of a member's kind, besides its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes {
    /// The system it was made on, in the upper half.
    pub(super) made_by: u16,
    pub(super) internal: u16,
    /// DOS attributes, and a Unix mode in the upper half.
    pub(super) external: u32,
}

impl Attributes {
    fn mode(self) -> u32 {
        self.external >> 16
    }

    /// Whether it has rights that some readers set and others drop.
    pub(super) fn is_special(self) -> bool {
        self.made_by >> 8 == UNIX && self.mode() & SPECIAL != 0
    }

    /// What of this readers take in different ways, whatever the member is.
    pub(super) fn disputed(self, is_folder: bool) -> Option<&'static str> {
        if self.external & DOS_LABEL != 0 {
            Some("it is marked as the label of a volume")
        } else if self.internal & !TEXT != 0 {
            Some("its internal attributes are not those of a file")
        } else if self.is_special() && !is_folder {
            Some("its mode is setuid, setgid or sticky")
        } else {
            None
        }
    }
}

/// Whether it was made where Info-ZIP takes names for those of DOS, whatever their flag says.
pub(super) fn is_of_dos(made_by: u16) -> bool {
    DOS.contains(&(made_by >> 8))
}

/// What it is; `Some(None)` is a folder, `None` something else, or something on which readers don't agree.
#[allow(clippy::option_option, reason = "the inner one is what a record keeps")]
pub(super) fn of(attributes: Attributes, is_folder: bool) -> Option<Option<MemberKind>> {
    let system = attributes.made_by >> 8;
    let known = DOS.contains(&system) || system == UNIX || system == MACOS;
    if !known || (attributes.external & DOS_FOLDER != 0 && !is_folder) {
        return None;
    }
    let mode = attributes.mode();
    match (mode & 0o170_000, is_folder) {
        (0 | 0o040_000, true) => Some(None),
        (0 | 0o100_000, false) if mode & 0o100 != 0 && !DOS.contains(&system) => {
            Some(Some(MemberKind::Executable))
        }
        (0 | 0o100_000, false) => Some(Some(MemberKind::File)),
        // The mode of a Mac's archive is not looked at by every reader, which makes a file of the link.
        (0o120_000, false) if system == UNIX => Some(Some(MemberKind::Link)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_modes_and_names_agree() {
        let of = |made_by, external, is_folder| of(Attributes { made_by, internal: 0, external }, is_folder);
        let unix = |mode: u32, is_folder| of(UNIX << 8 | 20, mode << 16, is_folder);
        assert_eq!(unix(0o100_644, false), Some(Some(MemberKind::File)));
        assert_eq!(unix(0o755, false), Some(Some(MemberKind::Executable)));
        assert_eq!(unix(0o120_777, false), Some(Some(MemberKind::Link)));
        assert_eq!(unix(0o040_755, true), Some(None));
        for (mode, is_folder) in
            [(0o040_755, false), (0o100_644, true), (0o020_644, false), (0o120_777, true)]
        {
            assert_eq!(unix(mode, is_folder), None, "{mode:o}");
        }
        assert_eq!(of(20, 0o755 << 16, false), Some(Some(MemberKind::File)), "FAT has no such bit");
        assert_eq!(of(20, 16, true), Some(None));
        assert_eq!(of(20, 16, false), None, "a folder by its attribute, a file by its name");
        assert_eq!(of(MACOS << 8, 0o120_777 << 16, false), None, "a link for some readers alone");
        assert_eq!(of(2 << 8, 0, false), None, "VMS has names of its own");
    }
}
