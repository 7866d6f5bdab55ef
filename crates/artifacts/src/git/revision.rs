//! Names of commits, tags and branches as they may be passed to git. Whether one exists is asked elsewhere.

use super::GitError;

const LONGEST: usize = 250;

/// Whether the text may be handed to git as a revision: the characters of ref names, and `~N` and `^N` behind them.
/// No option, no range, no path, no search.
pub(super) fn check(name: &str) -> Result<&str, GitError> {
    let plain = |c: char| c.is_alphanumeric() || "._/-+=#@~^".contains(c);
    let odd = name.is_empty()
        || name.len() > LONGEST
        || name.starts_with(['-', '^', '~', '/', '.', '@'])
        || name.ends_with(['/', '.'])
        || name.contains("..")
        || name.contains("//")
        || !name.chars().all(plain);
    if odd { Err(GitError::Revision(name.to_owned())) } else { Ok(name) }
}

/// Whether the text may be a branch: a revision without `~` and `^`.
pub(super) fn check_branch(name: &str) -> Result<&str, GitError> {
    if name.contains(['~', '^']) { Err(GitError::Revision(name.to_owned())) } else { check(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_reach_git() {
        for good in
            ["HEAD", "HEAD~2", "main", "feature/x-1", "v1.2.3", "v1.2.3+build", "ce96f07", "fix#12", "über"]
        {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-h",
            "--output=x",
            "a..b",
            "^main",
            ":/fix",
            "main:path",
            "HEAD@{1}",
            "a b",
            "a\nb",
            "$(id)",
            "a;b",
            "refs/*",
            "a\\b",
            "/etc",
            "../x",
            &"a".repeat(300),
        ] {
            assert!(matches!(check(bad), Err(GitError::Revision(_))), "{bad:?}");
        }
        assert!(check_branch("main~1").is_err());
    }
}
