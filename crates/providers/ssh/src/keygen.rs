//! Signing through `ssh-keygen -Y sign`, as git does it: agents, passphrases, security keys and smart cards work as they
//! do everywhere else, and no private key is ever read here. Which key signs is found in `find`.

use crate::choice::Place;
use crate::complaint;
use crate::key::PublicKey;
use crate::process::finish;
use crate::sshsig::SshSignature;
use crate::surroundings::Surroundings;
use async_trait::async_trait;
use promote_port::port::{NotSigned, Signer, SigningError};
use std::fmt;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

/// How long somebody may take for a passphrase or a touch.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is to be done when `ssh-keygen` waits for a touch.
const TOUCH: &str = "touch the security key to sign";

/// Takes what a person is to do meanwhile.
type Notices = dyn Fn(&str) + Send + Sync;

/// Signs with one key.
#[derive(Clone)]
pub struct KeygenSigner {
    pub(crate) place: Place,
    pub(crate) fingerprint: Option<String>,
    /// Whether the key is known to be a security key.
    touched: bool,
    surroundings: Surroundings,
    patience: Duration,
    notices: Option<Arc<Notices>>,
}

impl KeygenSigner {
    /// `key` is its public half, where that is known.
    pub(crate) fn new(place: Place, key: Option<&PublicKey>, surroundings: Surroundings) -> Self {
        let fingerprint = key.map(PublicKey::fingerprint);
        let touched = key.is_some_and(|key| key.algorithm.is_security_key());
        Self { place, fingerprint, touched, surroundings, patience: PATIENCE, notices: None }
    }

    /// The same, waiting for a person no longer than this.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The same, telling what a person must do meanwhile, such as touching a security key. Passphrases are asked for at
    /// the terminal by `ssh-keygen` itself.
    #[must_use]
    pub fn with_notices(mut self, notices: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.notices = Some(Arc::new(notices));
        self
    }
}

#[async_trait]
impl Signer for KeygenSigner {
    fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    async fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SigningError> {
        let mut command = self.surroundings.command("ssh-keygen");
        command.args(["-Y", "sign", "-n", namespace]);
        let held = match &self.place {
            Place::File(path) => {
                command.arg("-f").arg(path);
                None
            }
            Place::Agent(key) => {
                let file = public_file(&key.line()).map_err(|error| {
                    let message = format!("no private file could be written for the key `{self}`: {error}");
                    SigningError::new(NotSigned::Program, message)
                })?;
                command.arg("-U").arg("-f").arg(file.path());
                Some(file)
            }
        };
        let touch = || {
            if let Some(notices) = &self.notices {
                notices(TOUCH);
            }
        };
        // It says by itself that it waits for a touch only where its standard error is a terminal, which ours is not.
        if self.touched {
            touch();
        }
        let heard = |line: &str| {
            if !self.touched && line.starts_with("Confirm user presence") {
                touch();
            }
        };
        let ended =
            finish(command, message, self.patience, &heard).await.map_err(|error| self.not_run(&error))?;
        drop(held);
        if ended.code != Some(0) {
            return Err(complaint::read(&ended.err, ended.code, &self.place));
        }
        // What can't be verified now must not be found out after it was stored.
        match SshSignature::read(&ended.out).and_then(|made| made.verify(namespace, message)) {
            Ok(_) => Ok(ended.out),
            Err(why) => {
                let message = format!("what `ssh-keygen` made with the key `{self}` does not count: {why}");
                Err(SigningError::new(NotSigned::Program, message))
            }
        }
    }
}

impl KeygenSigner {
    fn not_run(&self, error: &io::Error) -> SigningError {
        match error.kind() {
            io::ErrorKind::TimedOut => {
                let seconds = self.patience.as_secs();
                let message = format!("nobody unlocked or touched the key `{self}` within {seconds} s");
                SigningError::new(NotSigned::TimedOut, message)
                    .hint("try again, or put the key into the agent: ssh-add")
            }
            io::ErrorKind::NotFound => {
                let message = "`ssh-keygen`, which signs, is not installed or not on the `PATH`";
                SigningError::new(NotSigned::Program, message).hint("install OpenSSH's client programs")
            }
            _ => SigningError::new(NotSigned::Program, format!("`ssh-keygen` could not be run: {error}")),
        }
    }
}

/// A file that only we can read. Its name must end as that of a public key does.
fn public_file(line: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("promote-key-").suffix(".pub").tempfile()?;
    file.write_all(line.as_bytes())?;
    file.flush()?;
    Ok(file)
}

impl fmt::Display for KeygenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl fmt::Debug for KeygenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeygenSigner").field("place", &self.place).finish_non_exhaustive()
    }
}
