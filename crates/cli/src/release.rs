//! From the name of a release to its commit.

use promote_core::commit::CommitId;
use promote_core::exit::ExitStatus;
use promote_core::failure::Failure;
use promote_core::names::shown;
use promote_core::observe::{moving, resolve_prefix, unfixed};
use promote_core::request::Wanted;
use promote_core::world::View;

/// The published release that is meant by a commit or a tag.
pub(crate) async fn published(view: &View, wanted: &Wanted) -> Result<CommitId, Failure> {
    match wanted {
        Wanted::Commit(prefix) => Ok(resolve_prefix(view, prefix).await?.0),
        Wanted::Tag(tag) => in_repository(view, tag).await,
        Wanted::Moving(name) => {
            let now = match &view.history {
                Some(history) => moving(history.as_ref(), name).await?,
                None => None,
            };
            Err(unfixed(name, now.as_ref()))
        }
        // A tag may well look like the name of an environment.
        Wanted::Environment(name) => in_repository(view, name.as_str()).await,
        Wanted::Unnamed | Wanted::Previous => {
            Err(Failure::new(ExitStatus::Usage, "a release is named here by its commit or a tag"))
        }
    }
}

pub(crate) async fn in_repository(view: &View, name: &str) -> Result<CommitId, Failure> {
    let Some(history) = &view.history else {
        return Err(Failure::new(
            ExitStatus::Missing,
            format!("no git repository here to look `{}` up in", shown(name)),
        )
        .hint("name the release by its commit"));
    };
    let found =
        history.resolve(name).await.map_err(|error| Failure::looking("reading the repository", error))?;
    found.map(|commit| commit.id).ok_or_else(|| {
        Failure::new(
            ExitStatus::Missing,
            format!("no commit, branch or tag `{}` in the repository", shown(name)),
        )
        .hint("`promote history` lists releases, `git fetch --tags` gets the tags of the remote")
    })
}
