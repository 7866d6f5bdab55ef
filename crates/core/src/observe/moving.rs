//! Names that stand for another commit tomorrow: what they are now, and that they name no release. Putting that commit in
//! their place is left to those who can show it to somebody first.

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::port::{Commit, History};

/// The commit that a branch, or `HEAD`, is now; `None` when there is no such branch.
///
/// # Errors
/// When the repository can't be read.
pub async fn moving(history: &dyn History, name: &str) -> Result<Option<Commit>, Failure> {
    let places = match name.to_ascii_uppercase().as_str() {
        "HEAD" => vec!["HEAD".to_owned()],
        _ => vec![format!("refs/heads/{name}"), format!("refs/remotes/origin/{name}")],
    };
    for place in places {
        let found = history.resolve(&place).await;
        if let Some(commit) = found.map_err(|error| Failure::looking("asking the repository", error))? {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

/// A name that moves is no release, since nobody knows what it will be when it is looked up.
pub fn unfixed(name: &str, now: Option<&Commit>) -> Failure {
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
