//! The release that something is said about, by its name.

use super::by_name::{refused, tagged};
use super::release::resolve_prefix;
use crate::commit::CommitId;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::ports::ReadPorts;
use crate::request::Wanted;

/// The release that something is said about, by its commit or a tag. A branch stands for another commit tomorrow, and nobody is
/// asked, so it is refused.
///
/// # Errors
/// `Usage` for a name that moves, `Missing` when there is no such release.
pub async fn published(view: &ReadPorts, wanted: &Wanted) -> Result<CommitId, Failure> {
    let name = match wanted {
        Wanted::Commit(prefix) => return Ok(resolve_prefix(view, prefix).await?.0),
        // A tag may well look like the name of an environment.
        Wanted::Environment(name) => name.as_str(),
        Wanted::Tag(name) => name,
        Wanted::Moving(name) => return Err(refused(view, name).await?),
        Wanted::Unnamed | Wanted::Previous => {
            return Err(Failure::new(ExitStatus::Usage, "a release is named here by its commit or a tag")
                .hint("`promote history` lists releases"));
        }
    };
    let Some(history) = &view.history else {
        let message = format!("no release `{name}`, and no git repository here to look it up in");
        return Err(Failure::new(ExitStatus::Missing, message).hint("name the release by its commit"));
    };
    tagged(history.as_ref(), name).await?.ok_or_else(|| {
        Failure::new(ExitStatus::Missing, format!("no release `{name}`"))
            .hint("`git fetch --tags` gets the tags of the remote; `promote history` lists releases")
    })
}
