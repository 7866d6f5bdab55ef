//! Targets that the file names at another place than the one where the ledger says that they were put. What lies at the
//! old place is written by nobody any more, and whoever reads it reads it still. Judging that is left to whoever asks.

use crate::commit::CommitId;
use crate::config::{Artifact, ArtifactKind, Config, Environment};
use crate::failure::Failure;
use crate::location::Location;
use crate::place::filled;
use crate::template::Values;

/// How many digits of a commit a name has at least that is told by it.
const SHORTEST: usize = 7;

/// A target whose recorded place is not the one that the file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relocated {
    /// Which artifact.
    pub artifact: String,
    /// Where the ledger says that it was put.
    pub recorded: Location,
    /// The target in the file, with what depends on the release or the moment left open; `None` where the file names none
    /// for it any more.
    pub named: Option<String>,
}

impl Relocated {
    /// What differs: a sentence without its end.
    pub fn told(&self) -> String {
        let (artifact, recorded) = (&self.artifact, &self.recorded);
        match &self.named {
            Some(named) => {
                format!(
                    "the target moved: the ledger has `{artifact}` at `{recorded}`, the file names `{named}`"
                )
            }
            None => format!(
                "the target moved: the ledger has `{artifact}` at `{recorded}`, the file names no target for it"
            ),
        }
    }
}

/// Where an artifact of a release was put, as the ledger says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Put<'r> {
    pub(crate) artifact: &'r str,
    pub(crate) at: &'r Location,
    pub(crate) commit: Option<&'r CommitId>,
}

/// Those of the recorded targets (an artifact's name and where it was put, and the release) that the file names elsewhere,
/// or not at all. `values`: what holds of the environment whatever the release.
///
/// # Errors
/// When a template can't be filled in.
pub(crate) fn relocated<'r>(
    config: &Config,
    environment: &Environment,
    values: &Values,
    recorded: impl IntoIterator<Item = Put<'r>>,
) -> Result<Vec<Relocated>, Failure> {
    let mut found: Vec<Relocated> = Vec::new();
    for put in recorded {
        let (name, place) = (put.artifact, put.at);
        let Some(named) = named(config, environment, values, put)? else { continue };
        let one = Relocated { artifact: name.to_owned(), recorded: place.clone(), named: named.elsewhere };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    Ok(found)
}

/// That a place is not the one in the file.
struct Other {
    elsewhere: Option<String>,
}

fn named(
    config: &Config,
    environment: &Environment,
    values: &Values,
    Put { artifact: name, at: place, commit }: Put<'_>,
) -> Result<Option<Other>, Failure> {
    let text = place.to_string();
    let mut elsewhere = None;
    for artifact in environment.artifacts.iter().filter(|artifact| artifact.kind != ArtifactKind::Git) {
        // What is not moved was recorded where it was published, and nothing was ever written for it.
        if artifact.name() == name && filled(&artifact.source, values)?.read(&text).is_some() {
            return Ok(None);
        }
        let Some(target) = &artifact.target else {
            // The source may have been named otherwise by then; its name has the commit, as that of no lasting target has.
            if artifact.name() == name && commit.is_some_and(|it| text.contains(it.short(SHORTEST))) {
                return Ok(None);
            }
            continue;
        };
        let target = filled(target, values)?;
        if is_at(target.as_str(), place) || target.read(&text).is_some() {
            return Ok(None);
        }
        if artifact.name() == name {
            elsewhere = Some(target.to_string());
        }
    }
    // Another environment of the lane may have more artifacts.
    let mut others = config.environments.values();
    let theirs = elsewhere.is_none()
        && others.any(|one| {
            let moved = |artifact: &Artifact| artifact.name() == name && artifact.target.is_some();
            one.lane == environment.lane && one.name != environment.name && one.artifacts.iter().any(moved)
        });
    Ok((!theirs).then_some(Other { elsewhere }))
}

/// Whether a text without placeholders stands for this very place, however it is written.
fn is_at(text: &str, place: &Location) -> bool {
    text.parse::<Location>().is_ok_and(|named| named == *place)
}
