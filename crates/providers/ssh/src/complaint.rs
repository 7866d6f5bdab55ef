//! What `ssh-keygen` means when it does not sign: its words, said in ours and sorted by what somebody can do.

use crate::choice::Place;
use promote_port::names::visible;
use promote_port::port::{NotSigned, SigningError};
use promote_port::shell::quoted;

/// Words of `ssh-keygen`, what they are, what they mean, and what to do. The first that are found count; `{add}`,
/// `{file}` (as it was named) and `{private}` (its private half) are put in.
const KNOWN: [(&str, NotSigned, &str, &str); 11] = [
    (
        "incorrect passphrase",
        NotSigned::Cancelled,
        "its passphrase was not given, or another one was",
        "try again in a terminal, or put the key into the agent: {add}",
    ),
    (
        "agent refused operation",
        NotSigned::Cancelled,
        "the agent refused it, or nobody confirmed or touched it",
        "try again, and confirm or touch the key when asked",
    ),
    (
        "Couldn't get agent socket",
        NotSigned::Agent,
        "no agent answers",
        "start one, and put the key into it: eval \"$(ssh-agent)\" && {add}",
    ),
    (
        "Couldn't find key in agent",
        NotSigned::Agent,
        "the agent does not hold it",
        "put it into the agent: {add}",
    ),
    (
        "communication with agent failed",
        NotSigned::Agent,
        "the agent does not answer",
        "see whether it does: ssh-add -l",
    ),
    (
        "UNPROTECTED PRIVATE KEY FILE",
        NotSigned::Unusable,
        "others may read its file, so OpenSSH ignores it",
        "keep the file to yourself: chmod 600 {private}",
    ),
    (
        "device not found",
        NotSigned::Unusable,
        "its security key is not plugged in",
        "plug the security key in, and try again",
    ),
    (
        "incorrect PIN",
        NotSigned::Cancelled,
        "the PIN was not the right one",
        "try again with the PIN of the security key",
    ),
    ("PIN required", NotSigned::Cancelled, "its PIN could not be asked for", "try again in a terminal"),
    (
        "No private key found",
        NotSigned::Unusable,
        "its private half is neither beside it nor in the agent",
        "put the private key beside the public one, or into the agent: {add}",
    ),
    (
        "Couldn't load public key",
        NotSigned::Unusable,
        "it is not a key in OpenSSH's form",
        "see what kind of file it is: ssh-keygen -l -f {file}",
    ),
];

/// What its standard error and its exit code tell about a key.
pub(crate) fn read(err: &str, code: Option<i32>, key: &Place) -> SigningError {
    let file = match key {
        Place::File(path) => Some(path.to_string_lossy().into_owned()),
        Place::Agent(_) => None,
    };
    if let Some((_, why, meaning, hint)) = KNOWN.iter().find(|(words, ..)| err.contains(words)) {
        let private = file.as_deref().map(|file| file.strip_suffix(".pub").unwrap_or(file));
        let add = private.map_or_else(|| "ssh-add".to_owned(), |file| format!("ssh-add {}", quoted(file)));
        let shown = |file: Option<&str>| file.map(quoted).unwrap_or_default();
        let hint = hint.replace("{add}", &add).replace("{private}", &shown(private));
        let hint = hint.replace("{file}", &shown(file.as_deref()));
        return SigningError::new(*why, format!("the key `{key}` can't sign: {meaning}")).hint(hint);
    }
    let Some(code) = code else {
        // Nobody but a person, or whoever stops the job, ends it so.
        return SigningError::new(NotSigned::Cancelled, format!("signing with `{key}` was stopped"));
    };
    let said = err.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gives no reason");
    let message = format!("`ssh-keygen` failed with {code} for the key `{key}`: {}", visible(said));
    SigningError::new(NotSigned::Program, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_sorted_by_what_helps() {
        let key = Place::File("/home/a b/k.pub".into());
        for (err, wanted) in [
            (
                "Enter passphrase: Load key \"p\": incorrect passphrase supplied to decrypt private key\r\n",
                NotSigned::Cancelled,
            ),
            (
                "Signing data on standard input\nCouldn't sign message (signer): agent refused operation\n",
                NotSigned::Cancelled,
            ),
            ("Couldn't get agent socket\n", NotSigned::Agent),
            ("Couldn't find key in agent\n", NotSigned::Agent),
            ("No private key found for public key \"alone.pub\"\n", NotSigned::Unusable),
            ("Couldn't load public key nope: No such file or directory\n", NotSigned::Unusable),
            (
                "@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nNo private key found for \"a\"\n",
                NotSigned::Unusable,
            ),
            ("Couldn't sign message: device not found\n", NotSigned::Unusable),
            ("unknown option -- Y\n\u{1b}[2J\n", NotSigned::Program),
            ("", NotSigned::Program),
        ] {
            let told = read(err, Some(255), &key);
            assert_eq!(told.why, wanted, "{told}");
            assert!(told.message.contains("`/home/a b/k.pub`") && !told.message.contains('\u{1b}'), "{told}");
            assert_eq!(told.hints.is_empty(), wanted == NotSigned::Program, "{told}");
            assert!(!told.hints.concat().contains('{'), "{told:?}");
        }
        assert_eq!(read("", None, &key).why, NotSigned::Cancelled);
        let long = format!("{} and what helps", "why ".repeat(30));
        assert!(read(&long, Some(1), &key).message.ends_with("and what helps"), "nothing is cut off");
    }

    #[test]
    fn hints_are_commands_that_a_shell_takes() {
        let hint = |path: &str, err: &str| read(err, Some(255), &Place::File(path.into())).hints.concat();
        assert!(hint("/k", "UNPROTECTED PRIVATE KEY FILE").ends_with(": chmod 600 /k"));
        for path in ["/a b/k", "/a b/k.pub"] {
            assert!(hint(path, "UNPROTECTED PRIVATE KEY FILE").ends_with(": chmod 600 '/a b/k'"), "{path}");
            assert!(hint(path, "incorrect passphrase").ends_with(": ssh-add '/a b/k'"), "{path}");
        }
    }
}
