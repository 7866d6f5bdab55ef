//! What is secret by its name, wherever names are judged: in locations, in files, and in what steps say. One list of words, read
//! at three strengths: what stands in a file is refused only for sure names, what is sent to a location for all that may be a
//! secret, and what is shown hides those as well whose name says that they are about one.

/// Words that make a name that of a secret wherever they stand in it.
const WORDS: [&str; 9] = [
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "api_key",
    "access_key",
    "private_key",
];
/// The same where they are one of the parts of a name: `GH_PAT`, `DB_PASS`.
const PARTS: [&str; 7] = ["pass", "pat", "pw", "pwd", "apikey", "accesskey", "jwt"];
/// Parts that are in the names of secrets, and in those of files and kinds as well: `DEPLOY_KEY`, `CACHE_KEY`.
const MAYBE: [&str; 16] = [
    "key",
    "keys",
    "keystore",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "cred",
    "creds",
    "cookie",
    "cookies",
    "pem",
    "pfx",
    "otp",
    "sas",
    "dsn",
];
/// The same at the end of a part, where words were run together: `DEPLOYKEY`, `NPMAUTH`.
const ENDS: [&str; 6] = ["key", "keys", "auth", "jwt", "creds", "credentials"];
/// Words that end so and have nothing to do with it.
const WORDS_OF_ENGLISH: [&str; 6] = ["monkey", "turkey", "donkey", "hockey", "jockey", "whiskey"];
/// Parts before `key` that make it one of those that are no secret.
const KEYS: [&str; 13] = [
    "cache",
    "public",
    "primary",
    "partition",
    "sort",
    "object",
    "foreign",
    "row",
    "index",
    "restore",
    "shard",
    "lookup",
    "idempotency",
];
/// What a name ends with that tells of a secret without being one.
const ABOUT: [&str; 14] = [
    "file", "path", "url", "name", "dir", "type", "arn", "id", "keyid", "sock", "prefix", "version",
    "length", "ttl",
];
/// How many of those end a longer part as well: `TOKENFILE`. The others end too many words: `ANDROID`.
const LONG: usize = 6;
/// The folder that a shell is in, and the one before.
const FOLDERS: [&str; 2] = ["pwd", "oldpwd"];

/// Whether what is called so is a secret for sure: it must stand in no file.
pub fn is_secret(name: &str) -> bool {
    let name = Name::of(name);
    name.is_sure() && !name.is_about()
}

/// Whether what is called so must not be sent to whoever a file names, since it may be a secret.
pub fn stays_here(name: &str) -> bool {
    let name = Name::of(name);
    (name.is_sure() || name.is_maybe()) && !name.is_about()
}

/// Whether what is called so may be a secret, or give a part of one, so that its value is not shown.
pub fn may_be_secret(name: &str) -> bool {
    let name = Name::of(name);
    name.is_sure() || name.is_maybe() || name.has_a_key()
}

/// A name in one spelling: `DEPLOY-KEY2` and `deployKey` are `deploy_key`.
struct Name(String);

impl Name {
    fn of(name: &str) -> Self {
        let mut plain = String::with_capacity(name.len() + 4);
        let mut small = false;
        for c in name.chars() {
            if small && c.is_ascii_uppercase() {
                plain.push('_');
            }
            small = c.is_ascii_lowercase();
            plain.push(if c == '-' || c == '.' { '_' } else { c.to_ascii_lowercase() });
        }
        Self(plain)
    }

    /// Its parts, without the numbers behind them.
    fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('_').map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()))
    }

    fn is_sure(&self) -> bool {
        let name = self.0.replace("tokeniz", "").replace("secretar", "");
        let word = WORDS.iter().any(|word| name.contains(word));
        let part = || self.parts().any(|part| PARTS.contains(&part));
        !FOLDERS.contains(&self.0.as_str()) && (word || part())
    }

    fn is_maybe(&self) -> bool {
        let mut before = "";
        for part in self.parts() {
            let run_together =
                ENDS.iter().any(|end| part.ends_with(end)) && !WORDS_OF_ENGLISH.contains(&part);
            let harmless = matches!(part, "key" | "keys") && KEYS.contains(&before);
            if (MAYBE.contains(&part) || run_together) && !harmless {
                return true;
            }
            before = part;
        }
        // Of a pair of keys: `SSH_PRIVATE` and `SSH_PUBLIC`.
        before == "private"
    }

    fn has_a_key(&self) -> bool {
        self.parts().any(|part| matches!(part, "key" | "keys"))
    }

    fn is_about(&self) -> bool {
        let last = self.0.rsplit('_').next().unwrap_or_default();
        ABOUT.contains(&last) || ABOUT.iter().take(LONG).any(|end| last.ends_with(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For a name: whether it is refused in a file, refused in a location, and hidden.
    fn judged(name: &str) -> [bool; 3] {
        [is_secret(name), stays_here(name), may_be_secret(name)]
    }

    #[test]
    fn names_tell_what_is_secret() {
        let names = "GITHUB_TOKEN AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY db_password dbPassword DB_PASS DB_PWD DB_PW GH_PAT PAT \
                     GPG_PASSPHRASE PASSCODE api-key apiKey APIKEY API_KEY2 CI_JOB_JWT CI_JOB_JWT_V2 JWT JWT2 SSH_PRIVATE_KEY \
                     SECRET_ANDROID TOKEN_VALID";
        for name in names.split_whitespace() {
            assert_eq!(judged(name), [true; 3], "{name}");
        }
    }

    #[test]
    fn what_may_be_secret_is_sent_nowhere_and_hidden() {
        let names = "DEPLOY_KEY DEPLOY_KEY_2 deployKey DEPLOYKEY SIGNING_KEY GPG_KEY KEY ENCRYPTION_KEYS SSHKEY NPM_AUTH NPMAUTH \
                     npm_config__auth AUTH BASIC_AUTH OAUTH HTTP_AUTHORIZATION DOCKER_AUTH_CONFIG CREDENTIALS GOOGLE_CREDENTIALS \
                     REGISTRY_CREDS SSH_PRIVATE SERVER_PEM SENTRY_DSN SESSION_COOKIE ANDROID_KEYSTORE_BASE64 AZURE_SAS";
        for name in names.split_whitespace() {
            assert_eq!(judged(name), [false, true, true], "{name}");
        }
    }

    #[test]
    fn what_is_about_a_secret_is_only_hidden() {
        let names = "AWS_ACCESS_KEY_ID TOKEN_FILE TOKENFILE PASSWORD_FILE SIGNING_KEY_PATH KMS_KEY_ARN KEY_PREFIX CACHE_KEY \
                     PUBLIC_KEY SSH_AUTH_SOCK AUTH_TYPE GOOGLE_APPLICATION_CREDENTIALS_FILE";
        for name in names.split_whitespace() {
            assert_eq!(judged(name), [false, false, true], "{name}");
        }
    }

    #[test]
    fn words_that_only_look_alike_are_none() {
        let names = "AUTHOR GIT_AUTHOR_NAME CI_COMMIT_AUTHOR AUTHORITY KEYBOARD REGISTRY_KEYSPACE KEYCLOAK_REALM MONKEY TURKEY_REGION \
                     HOCKEY_TEAM PATH PWD OLDPWD COMPASS PATTERN PATCH BYPASS PASSENGER PASSED BUCKET DATABASE_URL TOKENIZER \
                     TOKENIZER_VERSION SECRETARIAT PRIVATE_BUCKET CREDIT ACCREDITED REGION AWS_PROFILE CI_COMMIT_SHA IMAGE SASSY \
                     OPTION CERT_NAME";
        for name in names.split_whitespace() {
            assert_eq!(judged(name), [false; 3], "{name}");
        }
    }
}
