//! What requests sign in with. A server, or whatever stands between, may send it back in its words: those are shown without
//! it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What stands for a secret.
const MASK: &str = "***";
/// Shorter ones are left alone: to mask `acme` would eat the text and protect nothing.
const SHORTEST: usize = 8;
/// How many are remembered. Tokens are renewed, and only what was sent lately can come back.
const MOST: usize = 16;

/// Secrets that were sent. Clones share them; `Debug` shows how many there are.
#[derive(Clone, Default)]
pub struct Confided(Arc<Mutex<Vec<String>>>);

impl Confided {
    /// Remembers a secret that is about to be sent, such as a token without the word `Bearer` before it.
    pub fn keep(&self, secret: &str) {
        let secret = secret.trim();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if secret.len() < SHORTEST || kept.iter().any(|known| known == secret) {
            return;
        }
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(secret.to_owned());
    }

    /// The text with each of them replaced. To be called before the text is cut short, since a part of a secret is not found.
    pub fn without(&self, text: &str) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut longest_first: Vec<&String> = kept.iter().collect();
        // A secret that has another one in it is replaced as a whole.
        longest_first.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        longest_first.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

impl fmt::Debug for Confided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Confided({})", self.0.lock().unwrap_or_else(PoisonError::into_inner).len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_without_what_was_sent() {
        let confided = Confided::default();
        for secret in ["acme-token", "acme-token-longer", "short", " padded-token\n", "acme-token"] {
            confided.keep(secret);
        }
        let said = "bad acme-token-longer, acme-token, short, padded-token.";
        assert_eq!(confided.clone().without(said), "bad ***, ***, short, ***.");
        assert_eq!(format!("{confided:?}"), "Confided(3)");
        for number in 0..MOST {
            confided.keep(&format!("renewed-{number:02}"));
        }
        assert_eq!(confided.without("acme-token renewed-00 renewed-15"), "acme-token *** ***");
    }
}
