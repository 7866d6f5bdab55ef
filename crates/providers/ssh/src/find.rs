//! Finding the key that signs: asking git and the agent, and looking at files. Which of what is found counts is decided
//! in `choice`.

use crate::choice::{Origin, Place, Said, USUAL, VARIABLE, at_hand};
use crate::key::PublicKey;
use crate::keygen::KeygenSigner;
use crate::process::finish;
use crate::surroundings::Surroundings;
use chrono::{DateTime, Utc};
use promote_port::names::visible;
use promote_port::port::{NotSigned, Signers, SigningError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long git and the agent may take to say what they have.
const ANSWER: Duration = Duration::from_secs(10);

/// More than any public key has.
const LARGEST_FILE: u64 = 64 * 1024;

/// What a key is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The key that somebody named on the command line: a path, or a public key whose other half the agent has.
    pub key: Option<&'w str>,
    /// For what it is to sign.
    pub namespace: &'w str,
    /// When it is to sign.
    pub at: DateTime<Utc>,
}

impl KeygenSigner {
    /// The key to sign with: the one that is given, else that of `PROMOTE_SIGNING_KEY`, else git's (where it signs with
    /// SSH and the list does not say that the key is no one's), else the first of the agent's that the list has, else
    /// the first usual one of `~/.ssh` that it has. Nobody is asked for anything.
    ///
    /// # Errors
    /// `NoKey` where there is none; `Unusable` for a named one that is none. Whether a named key is in the list is told by
    /// [`Signers::holder`], where its fingerprint is known, and else by the signature.
    pub async fn find(
        wanted: &Wanted<'_>,
        signers: &dyn Signers,
        surroundings: &Surroundings,
    ) -> Result<Self, SigningError> {
        let is_listed =
            |key: &PublicKey| signers.holder(&key.fingerprint(), wanted.namespace, wanted.at).is_some();
        let made = |place, key: Option<PublicKey>| Self::new(place, key.as_ref(), surroundings.clone());
        let mut tried = Vec::new();
        if let Some((name, origin)) = said(wanted.key, surroundings).await? {
            let place = Place::named(&name, origin, surroundings.home(), surroundings.folder())?;
            let key = match &place {
                Place::Agent(key) => Some(key.clone()),
                Place::File(path) => in_file(path, origin)?,
            };
            match key {
                // What git signs commits with need not be what counts here.
                Some(key) if origin == Origin::Git && !is_listed(&key) => {
                    tried.push(format!("git's key `{}` is not in the list", visible(&name)));
                }
                key => return Ok(made(place, key)),
            }
        }
        let (agent, of_agent) = of_agent(surroundings).await;
        tried.extend(of_agent);
        let files = usual(surroundings.home());
        if let Some((place, key)) = at_hand(&agent, &files, is_listed) {
            return Ok(made(place, Some(key)));
        }
        let (held, lying) = (agent.len(), files.len());
        let tried = tried.iter().map(|tried| format!("; {tried}")).collect::<String>();
        let message = format!(
            "no key that may sign for `{}` was found: the list of signers has none of the {held} keys of the agent and of the {lying} in `~/.ssh`{tried}",
            wanted.namespace
        );
        Err(SigningError::new(NotSigned::NoKey, message)
            .hint(format!("name the key to sign with: export {VARIABLE}=~/.ssh/id_ed25519"))
            .hint("add your public key with your name before it to the list of signers"))
    }
}

/// The name of the key that somebody gave, and who.
async fn said(
    given: Option<&str>,
    surroundings: &Surroundings,
) -> Result<Option<(String, Origin)>, SigningError> {
    let variable = surroundings.variable(VARIABLE).map(|value| {
        let text = value.to_str().filter(|text| !text.chars().any(char::is_control));
        text.ok_or_else(|| {
            SigningError::new(NotSigned::Unusable, format!("`{VARIABLE}` is not a line of text"))
        })
    });
    let variable = variable.transpose()?;
    let near = Said { given, variable, ..Said::default() };
    if let Some((name, origin)) = near.nearest() {
        return Ok(Some((name.to_owned(), origin)));
    }
    let git_format = of_git(surroundings, "gpg.format").await;
    let git_key = of_git(surroundings, "user.signingkey").await;
    let all = Said { git_format: git_format.as_deref(), git_key: git_key.as_deref(), ..near };
    Ok(all.nearest().map(|(name, origin)| (name.to_owned(), origin)))
}

/// A setting of git's; `None` as well where there is no git.
async fn of_git(surroundings: &Surroundings, setting: &str) -> Option<String> {
    let mut command = surroundings.command("git");
    command.args(["config", "--get", setting]);
    let ended = finish(command, b"", ANSWER, &|_| {}).await.ok()?;
    (ended.code == Some(0)).then(|| ended.out.trim_end_matches('\n').to_owned())
}

/// The keys of the agent that can count; and why there are none, where that is no one's wish.
async fn of_agent(surroundings: &Surroundings) -> (Vec<PublicKey>, Option<String>) {
    if surroundings.variable("SSH_AUTH_SOCK").is_none() {
        return (Vec::new(), None);
    }
    let mut command = surroundings.command("ssh-add");
    command.arg("-L");
    match finish(command, b"", ANSWER, &|_| {}).await {
        Ok(ended) if matches!(ended.code, Some(0 | 1)) => {
            (ended.out.lines().filter_map(|line| PublicKey::from_text(line).ok()).collect(), None)
        }
        _ => (Vec::new(), Some("the agent of `SSH_AUTH_SOCK` does not answer".to_owned())),
    }
}

/// The usual keys of a home whose public half lies there.
fn usual(home: Option<&Path>) -> Vec<(PathBuf, PublicKey)> {
    let Some(home) = home else { return Vec::new() };
    let paths = USUAL.iter().map(|name| home.join(".ssh").join(name));
    paths.filter_map(|path| public_half(&path).map(|key| (path, key))).collect()
}

/// The public key of a named file; `None` where only `ssh-keygen` can tell.
fn in_file(path: &Path, origin: Origin) -> Result<Option<PublicKey>, SigningError> {
    let named = visible(&path.to_string_lossy());
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(public_half(path)),
        Ok(_) => {
            Err(SigningError::new(NotSigned::Unusable, format!("the key `{named}` ({origin}) is no file")))
        }
        Err(error) => {
            let message = format!("the key `{named}` ({origin}) can't be read: {error}");
            Err(SigningError::new(NotSigned::Unusable, message)
                .hint("name the file of a key, private or public"))
        }
    }
}

/// The public key in a file that ends in `.pub`, or in the one beside it that does. What may be private is not opened.
fn public_half(path: &Path) -> Option<PublicKey> {
    let mut file = path.to_owned();
    if path.extension().is_none_or(|end| end != "pub") {
        file.as_mut_os_string().push(".pub");
    }
    // What is no file could be read for ever.
    std::fs::metadata(&file).ok().filter(std::fs::Metadata::is_file)?;
    let mut text = String::new();
    std::fs::File::open(&file).ok()?.take(LARGEST_FILE).read_to_string(&mut text).ok()?;
    PublicKey::from_text(text.lines().next()?).ok()
}
