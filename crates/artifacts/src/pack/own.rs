//! What is never packed: what `promote` keeps for itself, and where a project keeps releases, targets and its ledger on
//! this disk. A release that held them would hold the releases before it, and differ each time it is packed.

use promote_core::config::{ArtifactKind, Config};
use promote_core::folder::is_own;
use promote_core::location::{Key, StoreId};
use promote_core::template::{Template, Values};
use std::path::{Path, PathBuf};

/// The places of a project on this disk. Without any, only the names that are `promote`'s everywhere are kept out.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// The folder that the places are relative to, without links.
    base: PathBuf,
    /// Names of releases and targets.
    templates: Vec<Template>,
    /// The folder of the ledger.
    ledger: Option<Key>,
}

impl Own {
    /// The places of a project whose `promote.toml` lies in `base`.
    pub fn of(config: &Config, base: &Path) -> Self {
        let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
        // Where the folder is not there, nothing lies below it.
        let Ok(base) = base.canonicalize() else { return Self::default() };
        let mut templates: Vec<Template> = Vec::new();
        for environment in config.environments.values() {
            let values = Values {
                env: Some(environment.name.clone()),
                project: Some(config.project.clone()),
                ..Values::default()
            };
            for artifact in &environment.artifacts {
                if !matches!(artifact.kind, ArtifactKind::Object | ArtifactKind::Folder) {
                    continue;
                }
                let places = std::iter::once(&artifact.source).chain(&artifact.target);
                let local = places.filter(|place| place.store() == Some(StoreId::Local));
                let filled = local.filter_map(|place| place.fill(&values).ok());
                // What may stand for any name says nothing about the one it meets.
                let telling = filled.filter(|one| !one.start().is_empty() || one.uses_sha());
                for one in telling {
                    if !templates.contains(&one) {
                        templates.push(one);
                    }
                }
            }
        }
        let ledger = (config.ledger.store == StoreId::Local).then(|| config.ledger.prefix.clone());
        Self { base, templates, ledger }
    }

    /// Whether the file or folder lies where the project keeps something of its own. `path` has no links on its way.
    pub fn keeps(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.base).ok().and_then(Path::to_str);
        let Some(below) = below.filter(|below| !self.base.as_os_str().is_empty() && !below.is_empty()) else {
            return false;
        };
        let ends = below.match_indices('/').map(|(at, _)| at).chain([below.len()]);
        ends.filter_map(|end| below.get(..end)).any(|part| {
            let folder = format!("{part}/");
            self.ledger.as_ref().is_some_and(|ledger| ledger.as_str() == part)
                || self.templates.iter().any(|one| one.read(part).or_else(|| one.read(&folder)).is_some())
        })
    }

    /// Whether a member of this name, which lies at `path`, is left out of an archive.
    pub(super) fn holds(&self, name: &str, path: &Path) -> bool {
        name.split('/').any(is_own) || self.keeps(path)
    }
}
