//! Targets that the file names at another place than the one where the ledger says that they were put. What lies at the
//! old place is written by nobody any more, and whoever reads it reads it still. Judging that is left to whoever asks.

use crate::config::{ArtifactKind, Config, Environment};
use crate::failure::Failure;
use crate::location::Location;
use crate::place::filled;
use crate::template::Values;

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

/// Those of the recorded targets (an artifact's name and where it was put) that the file names elsewhere. `values`: what
/// holds of the environment whatever the release.
///
/// # Errors
/// When a template can't be filled in.
pub(crate) fn relocated<'r>(
    config: &Config,
    environment: &Environment,
    values: &Values,
    recorded: impl IntoIterator<Item = (&'r str, &'r Location)>,
) -> Result<Vec<Relocated>, Failure> {
    let mut found: Vec<Relocated> = Vec::new();
    for (name, place) in recorded {
        let Some(named) = named(config, environment, values, (name, place))? else { continue };
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
    (name, place): (&str, &Location),
) -> Result<Option<Other>, Failure> {
    let text = place.to_string();
    let mut elsewhere = None;
    for artifact in environment.artifacts.iter().filter(|artifact| artifact.kind != ArtifactKind::Git) {
        // What is not moved was recorded where it was published, and nothing was ever written for it.
        if artifact.name() == name && filled(&artifact.source, values)?.read(&text).is_some() {
            return Ok(None);
        }
        let Some(target) = &artifact.target else {
            if artifact.name() == name {
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
    let others = config.environments.values().filter(|one| one.lane == environment.lane);
    let mut others = others.flat_map(|one| &one.artifacts);
    let theirs = elsewhere.is_none() && others.any(|artifact| artifact.name() == name);
    Ok((!theirs).then_some(Other { elsewhere }))
}

/// Whether a text without placeholders stands for this very place, however it is written.
fn is_at(text: &str, place: &Location) -> bool {
    text.parse::<Location>().is_ok_and(|named| named == *place)
}
