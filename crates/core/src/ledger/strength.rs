//! How well it is known who acts. Anybody can say a name; that a name is verified follows from a signature that was
//! checked, and from nothing else. What a record says of its writer is kept as it is, and proves nothing about who acts now.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// How well it is known who acts: `claimed` when anyone could have said so, `verified` when something signed it.
///
/// A value that was read from a record or any other text is never [proven](Self::is_proven), whatever it says.
///
/// ```
/// use promote_core::ledger::Strength;
///
/// let claimed = Strength::claimed();
/// assert_eq!(claimed.as_str(), "claimed");
/// let read: Strength = serde_json::from_str("\"verified\"").unwrap();
/// assert_eq!(read.as_str(), "verified");
/// assert!(!read.is_proven(), "a text proves nothing");
/// ```
#[derive(Clone)]
pub struct Strength(Grade);

#[derive(Clone)]
enum Grade {
    Claimed,
    /// A signature was checked in this process.
    Proven,
    /// As a text says it.
    Told(String),
}

/// That a signature was checked and holds, for the words that it vouches for. Only who checks signatures makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof(());

impl Proof {
    /// The signature over what names the actor was checked against a key that its issuer is known to have, by the caller,
    /// just now.
    pub const fn of_checked_signature() -> Self {
        Self(())
    }
}

impl Strength {
    /// Anyone could have said so.
    pub const fn claimed() -> Self {
        Self(Grade::Claimed)
    }

    /// Something signed it.
    pub const fn verified(_proof: &Proof) -> Self {
        Self(Grade::Proven)
    }

    /// As it is stored: `claimed` or `verified`; of a record of another version, whatever that wrote.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Grade::Claimed => "claimed",
            Grade::Proven => "verified",
            Grade::Told(text) => text,
        }
    }

    /// Whether a signature was checked in this process. What a record says of its own writer is not that.
    pub const fn is_proven(&self) -> bool {
        matches!(self.0, Grade::Proven)
    }

    /// The same for a new record: what was only read is claimed.
    #[must_use]
    pub fn to_write(&self) -> Self {
        match self.0 {
            Grade::Proven => Self(Grade::Proven),
            _ => Self::claimed(),
        }
    }
}

/// As it is stored.
impl PartialEq for Strength {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Strength {}

impl PartialEq<str> for Strength {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for Strength {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Strength {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Strength {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(Self(match String::deserialize(input)? {
            text if text == "claimed" => Grade::Claimed,
            text => Grade::Told(text),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proof_verifies_and_what_is_stored_stays_as_it_was() {
        let proven = Strength::verified(&Proof::of_checked_signature());
        assert!(proven.is_proven() && proven.to_write().is_proven());
        for (text, written) in [("claimed", "claimed"), ("verified", "claimed"), ("odd", "claimed")] {
            let read: Strength = serde_json::from_value(text.into()).unwrap();
            assert_eq!((read.as_str(), read.is_proven()), (text, false));
            assert_eq!(serde_json::to_value(&read).unwrap(), text);
            assert_eq!(read.to_write().as_str(), written);
        }
        assert_eq!(serde_json::to_value(&proven).unwrap(), "verified");
    }
}
