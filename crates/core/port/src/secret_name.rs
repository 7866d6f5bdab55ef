//! What is secret by its name, wherever names are judged: in locations, in files, and in what steps say. One list of words; who
//! hides a value takes more names than who refuses one, since to hide too much costs nothing.

/// Words that make a name that of a secret wherever they stand in it.
const WORDS: [&str; 8] =
    ["secret", "token", "password", "passwd", "passphrase", "api_key", "access_key", "private_key"];
/// The same where they are one of the parts of a name: `GH_PAT`, `DB_PASS`.
const PARTS: [&str; 6] = ["pass", "pat", "pw", "pwd", "apikey", "accesskey"];
/// Words that are in the names of secrets, and in those of files and kinds as well.
const MAYBE: [&str; 4] = ["key", "credential", "creds", "auth"];
/// What a name ends with that tells of a secret without being one.
const ABOUT: [&str; 8] = ["file", "path", "url", "name", "arn", "id", "dir", "type"];
/// The folder that a shell is in, and the one before.
const FOLDERS: [&str; 2] = ["pwd", "oldpwd"];

/// Whether what is called so is a secret: it must stand in no file, and be sent nowhere.
pub fn is_secret(name: &str) -> bool {
    let name = plain(name);
    has_word(&name) && !ABOUT.iter().any(|end| name.ends_with(end))
}

/// Whether what is called so may be a secret, so that its value is not shown.
pub fn may_be_secret(name: &str) -> bool {
    let name = plain(name);
    has_word(&name) || MAYBE.iter().any(|word| name.contains(word))
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

fn has_word(name: &str) -> bool {
    let word = WORDS.iter().any(|word| name.contains(word));
    let part = || name.split('_').any(|part| PARTS.contains(&part));
    !FOLDERS.contains(&name) && (word || part())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_secret() {
        for name in [
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY",
            "db_password",
            "dbPassword",
            "DB_PASS",
            "DB_PWD",
            "DB_PW",
            "GH_PAT",
            "PAT",
            "GPG_PASSPHRASE",
            "api-key",
            "APIKEY",
        ] {
            assert!(is_secret(name) && may_be_secret(name), "{name}");
        }
        for name in [
            "CACHE_KEY",
            "AWS_ACCESS_KEY_ID",
            "TOKEN_FILE",
            "GPG_KEY",
            "REGISTRY_CREDS",
            "GOOGLE_CREDENTIALS",
            "NPM_AUTH",
        ] {
            assert!(!is_secret(name) && may_be_secret(name), "{name}");
        }
        for name in ["BUCKET", "PATH", "PWD", "OLDPWD", "COMPASS", "PATTERN", "BYPASS", "DATABASE_URL"] {
            assert!(!is_secret(name) && !may_be_secret(name), "{name}");
        }
    }
}
