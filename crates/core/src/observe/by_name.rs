//! What a name is in the repository: a tag stays where it is, a branch or `HEAD` stands for another commit tomorrow and names no
//! release. Putting the commit in the place of a name that moves is left to those who can show it to somebody first.

use crate::commit::CommitId;
use crate::config::Config;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::port::{Commit, History};
use crate::ports::ReadPorts;
use crate::request::Wanted;

/// The commit that a branch, or `HEAD`, is now; `None` when there is no such branch.
///
/// # Errors
/// When the repository can't be read.
async fn moving(history: &dyn History, name: &str) -> Result<Option<Commit>, Failure> {
    let places = match name.to_ascii_uppercase().as_str() {
        "HEAD" => vec!["HEAD".to_owned()],
        _ => ["refs/heads/", "refs/remotes/origin/", "refs/remotes/"]
            .map(|place| format!("{place}{name}"))
            .into(),
    };
    for place in places {
        let found = history.resolve(&place).await;
        if let Some(commit) = found.map_err(|error| Failure::from_read("asking the repository", error))? {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

/// What a name is in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A tag: it stays where it is.
    Tag(Commit),
    /// A branch or `HEAD`, and the commit that it is now.
    Moving(Commit),
}

/// What a name is; `None` when it is neither a tag nor a branch.
///
/// # Errors
/// When the repository can't be read.
pub async fn by_name(history: &dyn History, name: &str) -> Result<Option<Named>, Failure> {
    let tag = history.resolve(&format!("refs/tags/{name}")).await;
    match tag.map_err(|error| Failure::from_read("asking the repository", error))? {
        Some(commit) => Ok(Some(Named::Tag(commit))),
        None => Ok(moving(history, name).await?.map(Named::Moving)),
    }
}

/// The name that moves by which a release is wanted, with the commit that it is now; `None` for whatever stays.
///
/// # Errors
/// When the repository can't be read.
pub async fn wanted_by_moving(
    view: &ReadPorts,
    config: &Config,
    wanted: &Wanted,
) -> Result<Option<(String, Commit)>, Failure> {
    let Some(history) = view.history.as_deref() else { return Ok(None) };
    let (name, found) = match wanted {
        Wanted::Moving(name) => (name.as_str(), moving(history, name).await?.map(Named::Moving)),
        Wanted::Tag(name) => (name.as_str(), by_name(history, name).await?),
        Wanted::Environment(name) if !config.environments.contains_key(name) => {
            (name.as_str(), by_name(history, name.as_str()).await?)
        }
        _ => return Ok(None),
    };
    Ok(match found {
        Some(Named::Moving(now)) => Some((name.to_owned(), now)),
        _ => None,
    })
}

/// The commit of a tag; `None` when there is none.
///
/// # Errors
/// `Usage` for a name that moves, with the commit that it is now.
pub(super) async fn tagged(history: &dyn History, name: &str) -> Result<Option<CommitId>, Failure> {
    match by_name(history, name).await? {
        Some(Named::Tag(commit)) => Ok(Some(commit.id)),
        Some(Named::Moving(now)) => Err(unfixed(name, Some(&now))),
        None => Ok(None),
    }
}

/// A name that moves is no release, since nobody knows what it will be when it is looked up.
fn unfixed(name: &str, now: Option<&Commit>) -> Failure {
    match now {
        Some(commit) => {
            let message = format!("promote needs a fixed commit; `{name}` is {} now", commit.id.short(7));
            Failure::new(ExitStatus::Usage, message)
                .hint(format!("give the commit itself: {}", commit.id.short(12)))
        }
        None => Failure::new(ExitStatus::Usage, format!("promote needs a fixed commit; `{name}` moves"))
            .hint("give a commit: `promote history` lists those that were promoted"),
    }
}

/// The refusal of a name that is known to move, with the commit that it is now.
///
/// # Errors
/// When the repository can't be read.
pub(super) async fn refused(view: &ReadPorts, name: &str) -> Result<Failure, Failure> {
    let now = match &view.history {
        Some(history) => moving(history.as_ref(), name).await?,
        None => None,
    };
    Ok(unfixed(name, now.as_ref()))
}
