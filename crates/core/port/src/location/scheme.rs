//! The schemes of stores that a program brings along beside promote's own, and the names that such stores have.

/// What stands before `://` of what is no store that a program could bring along: promote's own stores, and addresses of
/// other things, which are most likely meant as such.
const TAKEN: [&str; 15] = [
    "s3", "gs", "memory", "oci", "git", "local", "http", "https", "ftp", "ftps", "file", "ssh", "sftp",
    "docker", "data",
];

/// Whether a program can bring along a store for this scheme: 2 to 32 lower-case letters, digits, `+` and `-`, a letter
/// first, and none that means something else already (`s3`, `gs`, `https`, `file`, …).
///
/// ```
/// use promote_port::location::is_scheme;
///
/// assert!(is_scheme("acme") && is_scheme("acme-cold2"));
/// assert!(!is_scheme("https") && !is_scheme("s3") && !is_scheme("Acme"));
/// ```
pub fn is_scheme(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-".contains(&b);
    (2..=32).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(letter)
        && !TAKEN.contains(&text)
}

/// Whether `name` can be what follows a scheme of a program's own: 1 to 222 letters, digits, `.`, `_` and `-`, a letter or
/// digit at both ends.
pub fn is_other(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    (1..=222).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        && name.starts_with(edge)
        && name.ends_with(edge)
        && !name.contains("..")
}
