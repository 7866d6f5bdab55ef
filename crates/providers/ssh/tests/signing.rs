//! Signing through the real `ssh-keygen`, with files, passphrases and agents, and finding the key that signs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod stage;

use promote_port::port::{NotSigned, Signer, Signers, SigningError};
use promote_ssh::{AllowedSigners, KeygenSigner, Surroundings, Wanted};
use stage::agent::Agent;
use stage::security_key::SecurityKey;
use stage::{MESSAGE, NAMESPACE, Stage, now, run, signed};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A home of its own, with what is to be set there.
struct Home<'s> {
    stage: &'s Stage,
    variables: Vec<(String, String)>,
    list: AllowedSigners,
}

impl<'s> Home<'s> {
    fn new(stage: &'s Stage, list: &str) -> Self {
        std::fs::create_dir_all(stage.path(".ssh")).unwrap();
        let home = stage.path("").to_string_lossy().trim_end_matches('/').to_owned();
        let path = std::env::var("PATH").unwrap();
        let variables = [("HOME", home), ("PATH", path), ("GIT_CONFIG_NOSYSTEM", "1".to_owned())];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self { stage, variables, list: AllowedSigners::read(list, "list").unwrap() }
    }

    fn with(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.variables.push((name.to_owned(), value.as_ref().to_string_lossy().into_owned()));
        self
    }

    async fn find(&self, key: Option<&str>) -> Result<KeygenSigner, SigningError> {
        let surroundings = Surroundings::new(self.variables.clone(), self.stage.path(""));
        KeygenSigner::find(&Wanted { key, namespace: NAMESPACE, at: now() }, &self.list, &surroundings).await
    }

    /// Who signed with the key that is found.
    async fn signs(&self, key: Option<&str>) -> String {
        let signer = self.find(key).await.unwrap();
        let made = signer.sign(NAMESPACE, MESSAGE).await.unwrap();
        let by = self.list.signed_by(&signed(&made)).unwrap();
        assert!(signer.fingerprint().is_none_or(|print| print == by.fingerprint));
        by.principal
    }
}

fn git(stage: &Stage, settings: &[(&str, &str)]) {
    for (name, value) in settings {
        let file = stage.path(".gitconfig");
        run(Command::new("git").arg("config").arg("--file").arg(file).args([name, value]), b"");
    }
}

#[tokio::test]
async fn the_key_that_is_named_signs_and_else_one_that_the_list_has() {
    let stage = Stage::new();
    let keys: Vec<_> = ["given", "variable", "git", "agent", "unlisted"]
        .map(|name| stage.key(name, &["-t", "ed25519"]))
        .into();
    std::fs::create_dir(stage.path(".ssh")).unwrap();
    let usual = stage.key(".ssh/id_ed25519", &["-t", "ed25519"]);
    let mut list: String =
        keys[..4].iter().map(|key| format!("{} {key}\n", key.split(' ').nth(2).unwrap())).collect();
    list.push_str(&format!("usual {usual}\n"));
    let home = || Home::new(&stage, &list);

    // From the farthest to the nearest.
    assert_eq!(home().signs(None).await, "usual");
    let agent = Agent::start(&stage);
    agent.add(&stage.path("unlisted"));
    agent.add(&stage.path("agent"));
    let held = || home().with("SSH_AUTH_SOCK", agent.socket());
    assert_eq!(held().signs(None).await, "agent", "the first that the list has");
    git(&stage, &[("user.signingkey", "~/git")]);
    assert_eq!(held().signs(None).await, "agent", "git does not sign with SSH");
    git(&stage, &[("gpg.format", "ssh")]);
    assert_eq!(held().signs(None).await, "git");
    git(&stage, &[("user.signingkey", "~/unlisted.pub")]);
    assert_eq!(held().signs(None).await, "agent", "git's key is nobody's here");
    git(&stage, &[("user.signingkey", &format!("key::{}", keys[3]))]);
    assert_eq!(held().signs(None).await, "agent", "a key in git's own settings");
    let named = || held().with("PROMOTE_SIGNING_KEY", stage.path("variable"));
    assert_eq!(named().signs(None).await, "variable");
    assert_eq!(named().signs(Some("given.pub")).await, "given");
    assert_eq!(named().signs(Some(&keys[3])).await, "agent", "a public key whose other half the agent has");
    // A named key signs even where the list does not have it: that is told by its signature.
    let foreign = held().find(Some("unlisted")).await.unwrap();
    let print = foreign.fingerprint().unwrap().to_owned();
    assert_eq!(home().list.holder(&print, NAMESPACE, now()), None);
    assert!(foreign.sign(NAMESPACE, MESSAGE).await.is_ok());
}

#[tokio::test]
async fn without_a_key_it_is_said_where_one_was_looked_for() {
    let stage = Stage::new();
    let key = stage.key("k", &["-t", "ed25519"]);
    stage.key("o", &["-t", "ed25519"]);
    let home = || Home::new(&stage, &format!("a@x {key}\n"));
    let none = home().find(None).await.unwrap_err();
    assert!(none.why == NotSigned::NoKey && none.hints.len() == 2, "{none:?}");
    git(&stage, &[("gpg.format", "ssh"), ("user.signingkey", "~/o.pub")]);
    let dead = home().with("SSH_AUTH_SOCK", stage.path("nothing")).find(None).await.unwrap_err();
    assert_eq!(dead.why, NotSigned::NoKey);
    for words in ["git's key `~/o.pub` is not in the list", "the agent of `SSH_AUTH_SOCK` does not answer"] {
        assert!(dead.message.contains(words), "{dead}");
    }
    for (name, words) in [
        ("nowhere", "can't be read"),
        (".ssh", "is no file"),
        ("ssh-dss AAAA", "not supported"),
        ("key::nothing", "not supported"),
    ] {
        let told = home().with("PROMOTE_SIGNING_KEY", name).find(None).await.unwrap_err();
        assert!(told.why == NotSigned::Unusable && told.message.contains(words), "{told}");
        assert!(told.message.contains("from `PROMOTE_SIGNING_KEY`"), "{told}");
    }
}

#[tokio::test]
async fn why_a_key_does_not_sign_is_told() {
    let stage = Stage::new();
    let key = stage.key("k", &["-t", "ed25519"]);
    stage.key("locked", &["-t", "ed25519"]);
    run(
        Command::new("ssh-keygen").args(["-q", "-p", "-N", "secret words", "-f"]).arg(stage.path("locked")),
        b"",
    );
    stage.write("alone.pub", stage.public("k"));
    stage.write("junk", "junk\n");
    let home = || Home::new(&stage, &format!("a@x {key}\n"));
    let refused = async |home: Home<'_>, name: &str| {
        home.find(Some(name)).await.unwrap().sign(NAMESPACE, MESSAGE).await.unwrap_err()
    };
    // Answers for the person, in place of a terminal, which would be asked otherwise.
    let asked = |answer: &str| {
        let program = stage.program("ask", &format!("#!/bin/sh\n{answer}\n"));
        home().with("SSH_ASKPASS", program).with("SSH_ASKPASS_REQUIRE", "force")
    };
    assert_eq!(refused(asked("echo wrong"), "locked").await.why, NotSigned::Cancelled);
    assert_eq!(refused(asked("exit 1"), "locked").await.why, NotSigned::Cancelled);
    let open = asked("echo secret words").find(Some("locked")).await.unwrap();
    assert!(open.sign(NAMESPACE, MESSAGE).await.is_ok());
    assert_eq!(refused(home(), "alone.pub").await.why, NotSigned::Unusable);
    assert_eq!(refused(home(), "junk").await.why, NotSigned::Unusable);
    assert_eq!(refused(home(), &key).await.why, NotSigned::Agent, "no agent");
    let agent = Agent::start(&stage);
    let held = || home().with("SSH_AUTH_SOCK", agent.socket());
    assert_eq!(refused(held(), &key).await.why, NotSigned::Agent, "not in it");

    let late = asked("exec sleep 3").find(Some("locked")).await.unwrap();
    let late = late.with_patience(Duration::from_millis(300)).sign(NAMESPACE, MESSAGE).await.unwrap_err();
    assert_eq!(late.why, NotSigned::TimedOut);
    let missing = home().with("PATH", stage.path(".ssh"));
    assert_eq!(refused(missing, "k").await.why, NotSigned::Program);
}

/// What a program in its place makes is looked at before it is stored, and a touch is asked for in words.
#[tokio::test]
async fn what_does_not_verify_is_not_handed_on() {
    let stage = Stage::new();
    let key = stage.key("k", &["-t", "ed25519"]);
    let other = stage.write("other", stage.sign("k", "file", MESSAGE, &[]));
    let right = stage.write("right", stage.sign("k", NAMESPACE, MESSAGE, &[]));
    std::fs::create_dir(stage.path("bin")).unwrap();
    let home = || {
        let path = format!("{}:{}", stage.path("bin").display(), std::env::var("PATH").unwrap());
        Home::new(&stage, &format!("a@x {key}\n")).with("PATH", path)
    };
    let made = async |script: String| {
        stage.program("bin/ssh-keygen", &format!("#!/bin/sh\n{script}\n"));
        let (told, said) = std::sync::mpsc::channel();
        let signer = home().find(Some("k")).await.unwrap();
        let signer = signer.with_notices(move |notice: &str| told.send(notice.to_owned()).unwrap());
        (signer.sign(NAMESPACE, MESSAGE).await, said.try_iter().collect::<Vec<_>>())
    };
    let (refused, _) = made(format!("cat '{}'", other.display())).await;
    let refused = refused.unwrap_err();
    assert!(refused.why == NotSigned::Program && refused.message.contains("made for `file`"), "{refused}");
    assert_eq!(made("true".to_owned()).await.0.unwrap_err().why, NotSigned::Program);
    assert_eq!(made("kill -INT $$".to_owned()).await.0.unwrap_err().why, NotSigned::Cancelled);
    let touch = format!("echo Confirm user presence for key ED25519-SK x >&2; cat '{}'", right.display());
    let (made, said) = made(touch).await;
    assert!(made.is_ok());
    assert_eq!(said, ["touch the security key to sign"]);
}

/// The real program says that it waits only where it writes to a terminal, or leaves that to the agent.
#[tokio::test]
async fn whoever_has_a_security_key_is_told_to_touch_it() {
    let stage = Stage::new();
    let key = SecurityKey::ed25519();
    let signature = stage.write("signature", key.sign(MESSAGE, 0x01, 0x01));
    stage.write("token.pub", key.public());
    stage.write("token", "its handle");
    std::fs::create_dir(stage.path("bin")).unwrap();
    stage.program("bin/ssh-keygen", &format!("#!/bin/sh\ncat '{}'\n", signature.display()));
    let path = format!("{}:{}", stage.path("bin").display(), std::env::var("PATH").unwrap());
    let home = Home::new(&stage, &format!("a@x {}\n", key.public())).with("PATH", path);
    let in_agent = key.public();
    for name in ["token", "token.pub", in_agent.as_str()] {
        let (told, said) = std::sync::mpsc::channel();
        let signer = home.find(Some(name)).await.unwrap();
        let signer = signer.with_notices(move |notice: &str| told.send(notice.to_owned()).unwrap());
        signer.sign(NAMESPACE, MESSAGE).await.unwrap();
        assert_eq!(said.try_iter().collect::<Vec<_>>(), ["touch the security key to sign"], "{name}");
    }
}
