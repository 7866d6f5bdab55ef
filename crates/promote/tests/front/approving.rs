//! Approving with a key that the program brings.

use crate::stage::{FILE, Stage};
use promote::port::{Signer, SigningError};
use promote::{Approval, Ended, Promotion};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Runs `ssh-keygen`, as another program would ask its own agent.
#[derive(Debug)]
struct Key {
    file: PathBuf,
    fingerprint: String,
}

fn keygen(words: &[&str], file: &Path, more: &[&str]) -> String {
    let done = Command::new("ssh-keygen").args(words).arg(file).args(more).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

impl Key {
    fn new(folder: &Path, name: &str) -> Self {
        let file = folder.join(name);
        keygen(&["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"], &file, &[]);
        let listed = keygen(&["-l", "-f"], &file, &[]);
        Self { fingerprint: listed.split(' ').nth(1).unwrap().to_owned(), file }
    }

    fn public(&self) -> String {
        std::fs::read_to_string(self.file.with_extension("pub")).unwrap()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())
    }
}

#[async_trait::async_trait]
impl Signer for Key {
    fn fingerprint(&self) -> Option<&str> {
        Some(&self.fingerprint)
    }

    async fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SigningError> {
        let text = self.file.with_extension("text");
        std::fs::write(&text, message).unwrap();
        keygen(&["-q", "-Y", "sign", "-n", namespace, "-f"], &self.file, &[text.to_str().unwrap()]);
        let signature = self.file.with_extension("text.sig");
        let signed = std::fs::read_to_string(&signature).unwrap();
        std::fs::remove_file(&signature).unwrap();
        Ok(signed)
    }
}

#[tokio::test]
async fn a_program_signs_with_a_key_of_its_own() {
    let file = format!("{FILE}signers = \"signers\"\n[env.prod]\napprovals = 1\n");
    let stage = Stage::new(&file);
    let out = tempfile::tempdir().unwrap();
    let (bob, eve) = (Key::new(out.path(), "bob"), Key::new(out.path(), "eve"));
    std::fs::write(stage.folder.path().join("signers"), format!("bob@example.com {}", bob.public())).unwrap();
    let opened = |key: Key| stage.opening(&[]).signing_with(Arc::new(key)).build().unwrap();
    let project = opened(bob);
    project.publish("HEAD").await.unwrap();
    let prod = || Promotion::to("prod").unwrap();
    assert_eq!(project.promote(prod()).await.unwrap().ended, Ended::Refused);
    let refused = opened(eve).approve(Approval::of("prod").unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("counts for nobody in the file of signers"), "{refused}");
    let said = project.approve(Approval::of("prod").unwrap()).await.unwrap();
    assert_eq!((said.by.as_str(), said.strength), ("bob@example.com", "signed"), "{said:?}");
    assert_eq!(project.promote(prod()).await.unwrap().ended, Ended::Moved);
}
