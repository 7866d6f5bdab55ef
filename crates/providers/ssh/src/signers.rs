//! Whose a signature is by the list, and why it does not count: first the signature itself, then the key, then what its
//! lines allow. Where several lines have the key, one that allows it is enough.

use crate::allowed::{AllowedSigners, Line};
use crate::key::fingerprint;
use crate::pattern::list_matches;
use crate::sshsig::SshSignature;
use crate::verify::Flags;
use chrono::{DateTime, Utc};
use promote_port::port::{Presence, Signed, SignedBy, Signers, Uncounted};

impl Signers for AllowedSigners {
    fn signed_by(&self, signed: &Signed<'_>) -> Result<SignedBy, Uncounted> {
        let signature = SshSignature::read(signed.signature)?;
        let flags = signature.verify(signed.namespace, signed.message)?;
        let blob = &signature.key.blob;
        let key = fingerprint(blob);
        let mut refusal = Uncounted::UnknownKey { fingerprint: key.clone() };
        for (at, line) in self.lines.iter().filter(|line| line.key.blob == *blob).enumerate() {
            match line.allows(signed.namespace, signed.at).and_then(|who| Ok((who, line.presence(flags)?))) {
                Ok((who, presence)) => {
                    let (person, names, principal) = (who.to_owned(), line.person.clone(), line.principal());
                    return Ok(SignedBy { person, names, principal, fingerprint: key, presence });
                }
                Err(first) if at == 0 => refusal = first,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    fn people(&self, namespace: &str, at: DateTime<Utc>) -> Vec<String> {
        let mut people: Vec<String> = Vec::new();
        for line in &self.lines {
            if let Ok(who) = line.allows(namespace, at)
                && !people.iter().any(|known| known == who)
            {
                people.push(who.to_owned());
            }
        }
        people
    }

    fn holder(&self, fingerprint: &str, namespace: &str, at: DateTime<Utc>) -> Option<Vec<String>> {
        let mut of_key = self.lines.iter().filter(|line| line.key.fingerprint() == fingerprint);
        of_key.find_map(|line| line.allows(namespace, at).ok().map(|_| line.person.clone()))
    }
}

impl Line {
    /// The name that stands beside the key.
    fn principal(&self) -> String {
        self.principals.names.first().cloned().unwrap_or_default()
    }

    /// Whose signature it is that this line's key makes for a purpose at a time.
    fn allows(&self, namespace: &str, at: DateTime<Utc>) -> Result<&str, Uncounted> {
        let Some(person) = self.person.first() else {
            let pattern = self.principals.pattern().unwrap_or_default().to_owned();
            return Err(Uncounted::Wildcard { pattern });
        };
        if let Some(list) = &self.options.namespaces
            && !list_matches(list, namespace)
        {
            return Err(Uncounted::NamespaceNotAllowed {
                principal: self.principal(),
                namespace: namespace.to_owned(),
            });
        }
        // In whole seconds, as OpenSSH judges: both ends are within.
        let second = at.timestamp();
        match (self.options.after, self.options.before) {
            (Some(from), _) if second < from.timestamp() => {
                Err(Uncounted::NotYetValid { principal: self.principal(), from, at })
            }
            (_, Some(until)) if second > until.timestamp() => {
                Err(Uncounted::Expired { principal: self.principal(), until, at })
            }
            _ => Ok(person),
        }
    }

    fn presence(&self, flags: Option<Flags>) -> Result<Option<Presence>, Uncounted> {
        match flags {
            None => Ok(None),
            Some(flags) if !flags.touched() => Err(Uncounted::NoPresence { principal: self.principal() }),
            Some(flags) if flags.verified() => Ok(Some(Presence::Verified)),
            Some(_) => Ok(Some(Presence::Touched)),
        }
    }
}
