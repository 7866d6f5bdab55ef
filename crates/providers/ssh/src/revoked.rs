//! Keys that were withdrawn: a file with one public key a line, as `ssh-keygen -Y verify -r` takes it. OpenSSH's binary
//! key revocation lists are refused, and so is every line that is no key: nobody must believe a key withdrawn that is not.

use crate::allowed::{AllowedSigners, numbered};
use crate::key::blob_of;
use crate::unreadable::{Mistake, Unreadable};

const BINARY: &[u8] = b"SSHKRL\n\0";

impl AllowedSigners {
    /// The same list without the keys in `file`, whose content is `bytes`. Keys of any kind may stand there.
    ///
    /// # Errors
    /// Every line that is no public key, and a binary revocation list.
    pub fn without_revoked(mut self, bytes: &[u8], file: &str) -> Result<Self, Unreadable> {
        let unreadable = |mistakes| Unreadable { file: file.to_owned(), mistakes };
        if bytes.starts_with(BINARY) {
            let message = "this is a binary key revocation list, which is not supported";
            let hint = "list the public keys as text, one a line";
            return Err(unreadable(vec![Mistake::new(1, None, message).hint(hint)]));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
            unreadable(vec![Mistake::new(line, None, "the file is not UTF-8 text here")])
        })?;
        let mut mistakes = Vec::new();
        for (number, line) in numbered(text) {
            let line = line.trim_start_matches([' ', '\t']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match blob_of(line) {
                Ok((_, blob)) => {
                    self.revoked.insert(blob);
                }
                Err(why) => {
                    let message = format!("the key can't be read: {why}");
                    mistakes
                        .push(Mistake::new(number, None, message).hint("write it as `ssh-ed25519 AAAA…`"));
                }
            }
        }
        if mistakes.is_empty() { Ok(self) } else { Err(unreadable(mistakes)) }
    }
}
