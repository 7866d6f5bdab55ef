//! Which key signs: what somebody said, from the nearest to the farthest, and else the first key at hand that the list
//! has. Pure: what lies where is looked up in `find`.

use crate::key::PublicKey;
use promote_port::names::{escape, visible};
use promote_port::port::{NotSigned, SigningError};
use std::fmt;
use std::path::{Path, PathBuf};

/// The variable that names a key.
pub(crate) const VARIABLE: &str = "PROMOTE_SIGNING_KEY";

/// Keys that OpenSSH makes when no name is given, in its order of today.
pub(crate) const USUAL: [&str; 5] = ["id_ed25519", "id_ed25519_sk", "id_ecdsa", "id_ecdsa_sk", "id_rsa"];

/// What every private key has in it: its first line, in base64 as well, and the beginning of OpenSSH's form.
const PRIVATE: [&str; 3] = ["PRIVATE KEY", "LS0tLS1CRUdJTi", "b3BlbnNzaC1rZXktdjE"];

/// Who named a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Given,
    Variable,
    Git,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("as given"),
            Self::Variable => write!(f, "from `{VARIABLE}`"),
            Self::Git => f.write_str("from git's `user.signingkey`"),
        }
    }
}

/// What was said of the key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said<'s> {
    pub(crate) given: Option<&'s str>,
    pub(crate) variable: Option<&'s str>,
    /// `gpg.format` of git, and `user.signingkey`.
    pub(crate) git_format: Option<&'s str>,
    pub(crate) git_key: Option<&'s str>,
}

impl<'s> Said<'s> {
    /// The name of the key that counts, and who gave it.
    pub(crate) fn nearest(self) -> Option<(&'s str, Origin)> {
        let git = self.git_key.filter(|_| self.git_format == Some("ssh"));
        let all = [(self.given, Origin::Given), (self.variable, Origin::Variable), (git, Origin::Git)];
        all.into_iter()
            .find_map(|(name, origin)| name.filter(|name| !name.is_empty()).map(|name| (name, origin)))
    }
}

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file: of the private key, or of the public one, whose other half lies beside it or in the agent.
    File(PathBuf),
    /// In the agent.
    Agent(PublicKey),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&visible(&path.to_string_lossy())),
            Self::Agent(key) => write!(f, "{} (agent)", key.fingerprint()),
        }
    }
}

impl Place {
    /// Reads the name of a key: a path, which may begin with `~/`, or the public key itself, as git allows it.
    pub(crate) fn named(
        name: &str,
        origin: Origin,
        home: Option<&Path>,
        folder: &Path,
    ) -> Result<Self, SigningError> {
        if PRIVATE.iter().any(|mark| name.contains(mark)) {
            let message = format!("a private key itself stands in the place of its name ({origin})");
            return Err(
                SigningError::new(NotSigned::Unusable, message).hint("put it into a file, and name that")
            );
        }
        if name.chars().any(char::is_control) {
            let message = format!("the name of the key ({origin}) has a control character in it");
            return Err(SigningError::new(NotSigned::Unusable, message));
        }
        let literal = name.strip_prefix("key::");
        let literal = literal.or_else(|| Some(name).filter(|name| is_public_key(name)));
        if let Some(literal) = literal {
            return PublicKey::from_text(literal).map(Self::Agent).map_err(|unfit| {
                let message = format!("the key `{}` ({origin}): {unfit}", escape(name));
                SigningError::new(NotSigned::Unusable, message)
            });
        }
        let path = match (name.strip_prefix("~/"), home) {
            (Some(below), Some(home)) => home.join(below),
            _ => folder.join(name),
        };
        Ok(Self::File(path))
    }
}

fn is_public_key(name: &str) -> bool {
    let kind = name.split_once(' ').map(|(kind, _)| kind);
    kind.is_some_and(|kind| ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|start| kind.starts_with(start)))
}

/// The first key at hand that may sign: those of the agent, which need no passphrase, before those of files.
pub(crate) fn at_hand(
    agent: &[PublicKey],
    files: &[(PathBuf, PublicKey)],
    may_sign: impl Fn(&PublicKey) -> bool,
) -> Option<(Place, PublicKey)> {
    let agent = agent.iter().map(|key| (Place::Agent(key.clone()), key));
    let files = files.iter().map(|(path, key)| (Place::File(path.clone()), key));
    agent.chain(files).find(|(_, key)| may_sign(key)).map(|(place, key)| (place, key.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILljfCHzumnQMrtWeuoKkvC2ZOs2QvnSAnhC5NWwoEWN";
    const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0HaHh9LO852rCh36o2UBcrUvawmbbtLsouQBPL3UxB";

    #[test]
    fn the_nearest_word_counts() {
        let git = Said { git_format: Some("ssh"), git_key: Some("g"), ..Said::default() };
        for (said, wanted) in [
            (Said { given: Some("o"), variable: Some("v"), ..git }, Some(("o", Origin::Given))),
            (Said { variable: Some("v"), ..git }, Some(("v", Origin::Variable))),
            (Said { given: Some(""), variable: Some(""), ..git }, Some(("g", Origin::Git))),
            (git, Some(("g", Origin::Git))),
            (Said { git_format: Some("openpgp"), ..git }, None),
            (Said { git_format: None, ..git }, None),
            (Said { git_key: None, ..git }, None),
            (Said::default(), None),
        ] {
            assert_eq!(said.nearest(), wanted, "{said:?}");
        }
    }

    #[test]
    fn a_name_is_a_path_or_a_key() {
        let (home, folder) = (Path::new("/home/a"), Path::new("/work"));
        let named = |name: &str| Place::named(name, Origin::Git, Some(home), folder);
        for (name, path) in [
            ("~/.ssh/id", "/home/a/.ssh/id"),
            ("/etc/key", "/etc/key"),
            ("key.pub", "/work/key.pub"),
            ("-f", "/work/-f"),
            ("ssh-ed25519", "/work/ssh-ed25519"),
            ("~other/id", "/work/~other/id"),
        ] {
            assert_eq!(named(name), Ok(Place::File(path.into())), "{name}");
        }
        let key = Place::Agent(PublicKey::from_text(ONE).unwrap());
        for name in [ONE.to_owned(), format!("{ONE} me@home"), format!("key::{ONE}")] {
            assert_eq!(named(&name).as_ref(), Ok(&key), "{name}");
        }
        for name in ["key::", "key::ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA"] {
            let refused = named(name).unwrap_err();
            assert!(
                refused.why == NotSigned::Unusable && refused.message.contains("git's"),
                "{name}: {refused}"
            );
        }
    }

    #[test]
    fn what_is_private_is_not_shown() {
        for name in [
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAAsecret\n",
            "b3BlbnNzaC1rZXktdjEAAAAAsecret",
            "LS0tLS1CRUdJTiBPUEVOU1NIsecret",
            "secret\n",
        ] {
            let refused = Place::named(name, Origin::Variable, None, Path::new("/")).unwrap_err();
            assert!(
                refused.why == NotSigned::Unusable && !format!("{refused:?}").contains("secret"),
                "{refused}"
            );
        }
    }

    #[test]
    fn the_first_listed_key_at_hand_signs() {
        let (one, two) = (PublicKey::from_text(ONE).unwrap(), PublicKey::from_text(TWO).unwrap());
        let files = [(PathBuf::from("/f"), two.clone())];
        let agent = [one.clone(), two.clone()];
        let held = |agent: &[PublicKey], listed: &[&PublicKey]| {
            at_hand(agent, &files, |key| listed.contains(&key)).map(|(place, _)| place)
        };
        assert_eq!(held(&agent, &[&two]), Some(Place::Agent(two.clone())));
        assert_eq!(held(&agent, &[&two, &one]), Some(Place::Agent(one.clone())));
        assert_eq!(held(&agent[..1], &[&two]), Some(Place::File("/f".into())));
        assert_eq!(held(&agent, &[]), None);
        assert_eq!(held(&[], &[&one]), None);
    }
}
