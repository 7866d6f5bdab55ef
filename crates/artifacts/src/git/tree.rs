//! The tree of a commit, as a flat list. Content is read by `blobs`.

use super::{GitError, GitRepository, reason, run};
use promote_core::commit::CommitId;

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TreeKind {
    File,
    Executable,
    Link,
    Submodule,
}

/// One file, link or submodule of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    pub(crate) kind: TreeKind,
    /// 40 hexadecimal digits.
    pub(crate) object: String,
    pub(crate) path: String,
}

impl GitRepository {
    /// Every file, link and submodule of the commit, sorted as git sorts them.
    pub(crate) fn tree(&self, commit: &CommitId) -> Result<Vec<TreeEntry>, GitError> {
        let mut command = self.command("ls-tree");
        command.args(["-r", "-z", "--full-tree", "--end-of-options", commit.as_str()]);
        let output = run(&mut command)?;
        if !output.status.success() {
            let reason = reason(&output.stderr);
            let missing = reason.contains("Not a valid object") || reason.contains("not a tree object");
            return Err(if missing {
                GitError::Missing(commit.to_string())
            } else {
                GitError::Failed { command: "ls-tree".into(), reason }
            });
        }
        output.stdout.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(parse).collect()
    }
}

fn parse(line: &[u8]) -> Result<TreeEntry, GitError> {
    let odd = || GitError::Answer { command: "ls-tree" };
    let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(odd)?;
    let (head, path) = (line.get(..tab).ok_or_else(odd)?, line.get(tab + 1..).ok_or_else(odd)?);
    let head = std::str::from_utf8(head).map_err(|_| odd())?;
    let path = std::str::from_utf8(path)
        .map_err(|_| GitError::NotUtf8(String::from_utf8_lossy(path).into_owned()))?
        .to_owned();
    let mut words = head.split(' ');
    let (mode, _, object) = (words.next(), words.next(), words.next().ok_or_else(odd)?);
    let kind = match mode {
        Some("100644" | "100664") => TreeKind::File,
        Some("100755") => TreeKind::Executable,
        Some("120000") => TreeKind::Link,
        Some("160000") => TreeKind::Submodule,
        _ => return Err(odd()),
    };
    if object.len() != 40 || !object.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(odd());
    }
    Ok(TreeEntry { kind, object: object.to_owned(), path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_tree_are_read() {
        let object = "0123456789012345678901234567890123456789";
        let entry = parse(format!("100755 blob {object}\ta b\tc\n").as_bytes()).unwrap();
        assert_eq!((entry.kind, entry.path.as_str()), (TreeKind::Executable, "a b\tc\n"));
        assert!(parse(format!("040000 tree {object}\ta").as_bytes()).is_err());
        assert!(parse(b"100644 blob 12\ta").is_err());
        assert!(parse(b"").is_err());
        assert!(parse(format!("100644 blob {object}\t\u{e4}").as_bytes()).is_ok());
        let latin = [format!("100644 blob {object}\t").as_bytes(), b"\xe4"].concat();
        assert!(matches!(parse(&latin), Err(GitError::NotUtf8(_))));
    }
}
